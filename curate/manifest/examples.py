"""A few records given as Python mappings, read as if they stood in a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from curate.artifacts.frames import Clips
from curate.manifest.chunks import Chunk
from curate.manifest.nemo import read_batch


def clips_of(records: Sequence[Mapping[str, object]], extra_fields: Sequence[str] = ()) -> Clips:
    """Clips of records; `audio_filepath` may be left out, since no audio is read.

    A record that no manifest could hold gives a malformed row, as it would there.
    """
    lines = [json.dumps({"audio_filepath": "example.wav", **record}) for record in records]
    chunk = Chunk("examples", 0, "\n".join(lines).encode())
    return read_batch(chunk, extra_fields)
