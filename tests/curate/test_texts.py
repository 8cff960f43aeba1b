"""Texts read alone are those that a manifest's reading gives."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.artifacts.columns import LINE
from curate.artifacts.frames import Clips, Spans
from curate.manifest.read import read_manifest
from curate.manifest.texts import read_texts

LINES = (
    b'{"audio_filepath": "a.wav", "duration": 1.0, "text": "plain"}',
    b"",
    b'{"text": "tab\\t and \\u00e9 \\ud83d\\ude00", "audio_filepath": "b", "duration": 2}',
    '{"audio_filepath": "c", "duration": 1, "text": "Ünï", "f\u00fcr": 1}'.encode(),  # odd to scan
    b'{"audio_filepath": "d", "duration": 1, "text": 7}',
    b"no record at all",
    b'{"audio_filepath": "e", "duration": 1, "text": ""}',
)


def _decoded(texts: Spans) -> list[str]:
    return [texts.decode(row) for row in range(texts.start.size)]


def test_texts_read_alone_are_those_of_the_whole_reading(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(b"\n".join(LINES))

    def work(clips: Clips) -> pl.DataFrame:
        return clips.frame.select(LINE.name).with_columns(
            pl.Series("text", _decoded(clips.texts), pl.String)
        )

    whole = [text for piece in read_manifest(str(path), work) for text in piece.frame["text"]]
    data = memoryview(path.read_bytes())
    separate = [text for texts in read_texts([data], _decoded) for text in texts]
    assert separate == whole
    assert len(separate) == len(LINES) - 1
    assert separate[2] == "Ünï"
