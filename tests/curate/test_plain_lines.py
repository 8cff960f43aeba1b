"""An input that is taken for NeMo's lines without the other formats is one that none of them is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.manifest.formats import FORMATS, format_of
from curate.manifest.nemo_lines import NEMO, is_plain
from curate.manifest.sniff import Look

LINE = {"audio_filepath": "a.wav", "duration": 1.5, "text": "one"}
OTHERS = {
    "recording_id": "a", "start": 0, "sources": [], "num_samples": 1, "shard_id": 0,
    "supervisions": [], "segments": [], "text": "1\t2\tlabel", "id": "00:00 --> 00:01",
}  # fmt: skip
FIELDS = [*LINE, *OTHERS]
WRITTEN = ["", "\n", "\r\n", " ", "1\t2\tlabel\n", "WEBVTT\n\n", "a 1 0.5 0.2 word\n", ";; a\n"]


@given(
    st.sampled_from(["m.jsonl", "m.json", "m.ctm", "m.stm", "m.srt", "m.yaml", "m.txt", "m"]),
    st.lists(st.tuples(st.sampled_from(WRITTEN), st.sets(st.sampled_from(FIELDS))), max_size=3),
)
@example("m.jsonl", [("", set(LINE) | {"supervisions"})])
@example("m.jsonl", [("", set(LINE) | {"shard_id"})])
@example("m.json", [("", set(LINE) | {"segments"})])
def test_no_other_format_takes_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, lines: list[tuple[str, set[str]]]
) -> None:
    path = tmp_path_factory.mktemp("plain") / name
    values = {**OTHERS, **LINE}
    rows = [before + json.dumps({key: values[key] for key in sorted(its)}) for before, its in lines]
    path.write_text("\n".join(rows), encoding="utf-8", newline="")
    look = Look.at(str(path))
    if is_plain(look):
        assert [each.name for each in FORMATS[:-1] if each.sniff(look)] == []
        assert format_of(look) == NEMO


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        (json.dumps(LINE), True),
        (json.dumps(LINE) + "\nbroken\n", False),
        (json.dumps({**LINE, "shard_id": 1}), False),
        (json.dumps({"text": "x" * 5000, "audio_filepath": "a.wav"}), False),
        (json.dumps({**LINE, "text": "<ANNOTATION_DOCUMENT"}), False),
        ("", False),
    ],
)
def test_what_is_plain(tmp_path: Path, content: str, plain: bool) -> None:
    (tmp_path / "m.jsonl").write_text(content, encoding="utf-8")
    assert is_plain(Look.at(str(tmp_path / "m.jsonl"))) is plain
    assert not is_plain(Look.at(str(tmp_path)))
