"""What `curate manifest --json` answers: where the records are, and how many of each input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import Artifact, Model, OptionalKey, SchemaId
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration, plural


class ConvertedInput(Model):
    """One file of records: its format, and what became of its rows.

    `hours` are those of its records; `skipped` records say themselves that they are to be skipped,
    `untranscribed` ones, which count among the records, have a text that is null.
    """

    source: str
    format: str
    records: int
    skipped: int
    untranscribed: OptionalKey[int] = None
    malformed: int
    hours: float


class ManifestWritten(Artifact):
    """What `curate manifest` wrote: the records of all inputs in `manifest`, as `form` has them.

    `malformed_lines` is the file of lines that hold no record; absent where there is none.
    `reasons` count them; `warnings` are about inputs that hold no record. Where text rules were
    applied, `text_changes` is the directory of their report, `changed_texts` counts records, and
    `changed_by` does so by rule. After a dry run only that directory is there.
    """

    made_by: ClassVar[str] = "curate manifest"

    schema_id: SchemaId[Literal["curate.manifest/1"]] = "curate.manifest/1"
    manifest: str
    form: str = "nemo"
    dry_run: OptionalKey[bool] = None
    malformed_lines: OptionalKey[str] = None
    text_changes: OptionalKey[str] = None
    changed_texts: OptionalKey[int] = None
    changed_by: OptionalKey[Mapping[str, int]] = None
    records: int
    malformed: int
    hours: float
    inputs: tuple[ConvertedInput, ...]
    reasons: Mapping[str, int]
    warnings: tuple[str, ...] = ()

    def headline(self) -> str:
        """How many records there are, and where."""
        size = f"{plural(self.records, 'record')}, {duration(hours=self.hours)}"
        return f"{self.manifest}: {size}; {self.malformed:,} malformed"

    def html_tables(self) -> Iterator[HtmlTable]:
        """The inputs."""
        head = ("input", "format", "records", "hours", "skipped", "malformed")
        rows = [
            (each.source, each.format, f"{each.records:,}", f"{each.hours:.2f}",
             f"{each.skipped:,}", f"{each.malformed:,}")
            for each in self.inputs
        ]  # fmt: skip
        yield HtmlTable(head, rows)
