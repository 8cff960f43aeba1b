"""What the bench of explorers takes from a manifest."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.explorers import corpus_of
from tests.lines import lines_of

ROWS = [
    {"audio_filepath": "a.wav", "duration": 2.0, "text": "always a fox", "speaker": "ann"},
    {"audio_filepath": "a.wav", "duration": 1.0, "text": "always there", "speaker": "ben"},
    {"audio_filepath": "a.wav", "duration": 1.0, "text": "", "speaker": "ben"},
]


def test_copies_of_a_manifest_have_audio_paths_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    manifest = tmp_path / "m.jsonl"
    rows = [{**row, "pred_text": "a fox"} for row in ROWS]
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    corpus = corpus_of(manifest, tmp_path, copies=1)
    assert (corpus.word, corpus.speaker, corpus.fast, corpus.audio) == ("always", "ann", 12.0, True)
    corpus = corpus_of(manifest, tmp_path, copies=3)
    lines = [json.loads(each) for each in lines_of(corpus.manifest.read_text(encoding="utf-8"))]
    assert len(lines) == 6, "a record without a text stops Speech Data Explorer"
    assert {each["audio_filepath"] for each in lines} == {f"copy{n}/a.wav" for n in range(3)}
    assert (corpus.once, corpus.audio) == (3, False)
