"""`curate profile`: measure and judge every record, and say what was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.ledger import Amount, Entry, Ledger
from curate.manifest import find_sources
from curate.manifest.fields import FIELDS
from curate.manifest.formats import kept_fields
from curate.metrics import BY_NAME
from curate.outputs import write_json
from curate.profile.records import Progress, records_schema, write_records
from curate.profile.summary import Json, read_profile, summarise
from curate.ruleset import RuleSet

__all__ = ["OURS", "profile", "read_profile"]

SCHEMA = "curate.profile/1"
OURS = frozenset({"records.parquet", "profile.json", "ledger.json", "report.html"})
"""What a profile directory holds."""

_LIBRARIES = ("asr-curate", "polars", "duckdb", "numba", "numpy")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def profile(
    manifests: Sequence[str],
    folder: Path,
    rules: RuleSet,
    by: Sequence[str] = (),
    command: str = "",
    on_progress: Progress = lambda size, rows: None,
    threads: int | None = None,
    format: str | None = None,
) -> Json:
    """Profile `manifests` into `folder` (which exists): records.parquet, profile.json, ledger.json.

    `by` names further manifest fields to keep and to group by, beside lang and speaker; what a
    format keeps anyway (shard_id, a blend's tags) is added. `format` names the inputs' format
    where sniffing would not do. Returns
    profile.json's content. Raises InputError where a manifest cannot be read or none holds a
    record line, ConfigError for a field that cannot be a column.
    """
    sources = find_sources(manifests, format)
    extra_fields = _extra_fields(by, kept_fields(sources))
    read, total = write_records(
        sources, rules, extra_fields, folder / "records.parquet", on_progress, threads
    )
    if not total.rows:
        raise InputError(
            *(Fault(source.name, "holds no record: every line is blank") for source in sources)
        )
    strata = ["lang", "speaker", *extra_fields]
    summary = summarise(folder / "records.parquet", rules, strata, sources)
    found: Json = {
        "schema": SCHEMA,
        "command": command,
        "versions": versions(_LIBRARIES),
        "rules": {"name": rules.name, "path": str(rules.path), "sha256": rules.sha256},
        "by": extra_fields,
        "inputs": [source.as_json() for source in read],
        **summary,
    }
    blank = Amount(
        sum(source.blank_lines for source in read), sum(source.blank_bytes for source in read)
    )
    ledger = Ledger("profile", total, [Entry("records.parquet", total)], blank=blank)
    ledger.check()
    assert total.rows == sum(source.rows for source in read), "every line read was written"
    write_json(folder / "profile.json", found)
    write_json(folder / "ledger.json", ledger.as_json())
    return found


def versions(libraries: Sequence[str]) -> dict[str, str]:
    """Installed versions, for an artefact's provenance."""
    return {name: version(name) for name in libraries}


def _extra_fields(by: Sequence[str], kept: Sequence[str]) -> list[str]:
    """The fields of `by` that are not columns anyway, and those kept; all faults at once."""
    known = records_schema([])
    wanted = [name for name in dict.fromkeys(by) if name not in {"lang", "speaker"}]
    faults = [
        Fault("--by", f"{name!r} {what}", "name a plain field of the manifest")
        for name in wanted
        for what in _field_faults(name, known)
    ]
    raise_all(ConfigError, faults)
    implied = [name for name in kept if not _field_faults(name, known)]
    return list(dict.fromkeys([*wanted, *implied]))


def _field_faults(name: str, known: object) -> list[str]:
    if not _FIELD.match(name):
        return ["is no field name"]
    if name in FIELDS or name in BY_NAME or name in known:  # type: ignore[operator]
        return ["is measured anyway and cannot be grouped by"]
    return []
