"""clips.json: the sound of records that a page shows, beside the artifact of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import Artifact, Model, SchemaId


class Clip(Model):
    """A record's sound: `data` is a file of media type `type` as base64, `outline` its loudness as
    the path of an SVG, `cut` whether only the first `seconds` are there.
    """

    type: str
    data: str
    outline: str
    seconds: float
    cut: bool


class LeftOut(Model):
    """Records without a clip: unplayable audio, no room on the page, more than were requested."""

    no_audio: int
    no_room: int
    more: int


class Clips(Artifact):
    """At most `most` clips, by the ids of their records."""

    file: ClassVar[str] = "clips.json"
    made_by: ClassVar[str] = "--clips"

    schema_id: SchemaId[Literal["curate.clips/2"]] = "curate.clips/2"
    most: int
    clips: Mapping[str, Clip]
    left_out: LeftOut
