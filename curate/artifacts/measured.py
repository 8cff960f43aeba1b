"""What the next profile, and the merge of parts, must know to measure no row again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from curate.artifacts.base import Artifact, SchemaId
from curate.artifacts.profile import Input


class MeasuredInput(Input):
    """A manifest that was read, with the bytes of its blank lines, and its file's size, times and
    inode: `state` is empty where the file is not watched. `audio_paths` are some of those that its
    records name, `audio_ends_s` where these records end in them.
    """

    blank_bytes: int
    state: Mapping[str, int]
    audio_paths: tuple[str, ...] = ()
    audio_ends_s: tuple[float, ...] = ()


class Measured(Artifact):
    """Of which manifests records.parquet is, and by which code and settings they were
    measured (`measuring`, `phrases`) and evaluated (`all`).
    """

    file: ClassVar[str] = "measured.json"
    made_by: ClassVar[str] = "curate profile"

    schema_id: SchemaId[Literal["curate.measured/1"]] = "curate.measured/1"
    measuring: str
    all_code: str = Field(alias="all")
    by: tuple[str, ...]
    groups: tuple[str, ...]
    phrases: str
    audio_root: str | None
    records_bytes: int
    sources: tuple[MeasuredInput, ...]


class Job(Artifact):
    """job.json: the request that the parts of a folder are measured for."""

    file: ClassVar[str] = "job.json"
    made_by: ClassVar[str] = "curate profile --part"

    schema_id: SchemaId[Literal["curate.job/1"]] = "curate.job/1"
    request: Mapping[str, Any]
    rules: str
    origins: tuple[str, ...]


class PieceMarker(Artifact):
    """One for each manifest of a job, by its number: with it the manifest's rows are complete.
    `key` names all that they depend on but the manifest's content, `bytes` is the length of each
    file, by the end of its name.
    """

    file: ClassVar[str] = "000000.json"
    made_by: ClassVar[str] = "curate profile --part"

    schema_id: SchemaId[Literal["curate.piece/3"]] = "curate.piece/3"
    key: str
    rows: int
    bytes: Mapping[str, int]
    source: MeasuredInput
