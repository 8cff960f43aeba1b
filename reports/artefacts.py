"""Reading the JSON artefacts: the contracts are in `reports.contracts`, one model per file."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple, NoReturn

from pydantic import ValidationError

from curate.errors import Fault, InputError, raise_all
from reports.contracts import (
    Artefact,
    Audit,
    Compare,
    Diff,
    Ledger,
    Model,
    Profile,
    Reconsider,
    Run,
    Shards,
    Split,
    Twin,
    Verification,
    Wer,
    WhatIf,
)
from reports.contracts.profile import Clips

CLIPS = "clips.json"
"""Stands beside profile.json, or what-if.json, where clips were asked for."""

_HEARD = frozenset({"profile", "what-if"})

_SURROGATE = re.compile("[\ud800-\udfff]")


class Source(NamedTuple):
    """Where a kind of page reads: its model, its file, and who writes the file."""

    model: type[Artefact]
    file: str
    ledger: bool
    writer: str


SOURCES: dict[str, Source] = {
    "profile": Source(Profile, "profile.json", True, "curate profile"),
    "split": Source(Split, "split.json", True, "curate split"),
    "shards": Source(Shards, "shards.json", True, "curate shard"),
    "train": Source(Run, "run.json", False, "train run"),
    "eval": Source(Wer, "wer.json", False, "train eval"),
    "audit": Source(Audit, "audit.json", False, "curate audit"),
    "diff": Source(Diff, "diff.json", False, "curate diff"),
    "compare": Source(Compare, "compare.json", False, "curate rules compare"),
    "reconsider": Source(Reconsider, "reconsider.json", False, "curate reconsider"),
    "what-if": Source(WhatIf, "what-if.json", False, "curate rules what-if"),
    "verification": Source(Verification, "verification.json", False, "curate shard --verify"),
}


def load(kind: str, folder: Path) -> Artefact:
    """Read the artefact of `kind`, with its ledger where it keeps one. `InputError` if unreadable.

    A null is the same as a missing key: both mean "not known", and show as a dash.
    """
    source = SOURCES.get(kind)
    if source is None:
        fault = Fault("kind", f"there is no page of kind {kind!r}", f"known: {', '.join(SOURCES)}")
        raise InputError(fault)
    faults: list[Fault] = []
    twins: list[Twin] = []
    artefact = _read(folder / source.file, source.model, source, twins, faults)
    ledger = _read(folder / "ledger.json", Ledger, source, twins, faults) if source.ledger else None
    added: dict[str, object] = {"ledger": ledger}
    if kind in _HEARD and (folder / CLIPS).is_file():
        added["clips"] = _read(folder / CLIPS, Clips, source, twins, faults)
    raise_all(InputError, faults)
    assert isinstance(artefact, source.model)
    return artefact.model_copy(update={**added, "twins": tuple(twins)})


def _read(
    path: Path, model: type[Model], source: Source, twins: list[Twin], faults: list[Fault]
) -> Model | None:
    hint = f"write it anew with `{source.writer}`"
    try:
        raw = path.read_bytes()
        twins.append(Twin(file=path.name, sha256=hashlib.sha256(raw).hexdigest(), bytes=len(raw)))
        return model.model_validate(_known(json.loads(raw, parse_constant=_no_constant)))
    except ValidationError as error:
        faults.extend(
            Fault(f"{path}: {_place(item['loc'])}", item["msg"], hint) for item in error.errors()
        )
    except OSError as error:
        faults.append(Fault(str(path), error.strerror or "cannot be read", hint))
    except (ValueError, RecursionError) as error:
        faults.append(Fault(str(path), f"is not JSON: {error}", hint))
    return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(top level)"


def _known(value: object) -> object:
    """`value` without the keys that hold null, and with lone surrogates spelt out."""
    if isinstance(value, dict):
        return {_whole(key): _known(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
