"""The corner cases, line by line: what must be refused, what must not, what is our policy."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from curate.errors import InputError
from curate.manifest.read import read_manifest
from curate.metrics.measure import measure
from curate.rules.evaluate import tag
from curate.rules.file import load_rules
from tests.lines import lines_of
from tests.profiling import write_profile as profile

REJECTING = {"malformed", "bad", "untranscribed"}

# (file, line, verdict): where the reference leaves it to us. docs/adr/0004 says why.
POLICY = [
    ("durations.jsonl", 9, "malformed"),  # a numeric string is no number; NeMo would fail later
    ("durations.jsonl", 16, "bad"),  # two words in 24 h: too little text for the time
    ("text.jsonl", 2, "bad"),  # empty text
    ("text.jsonl", 3, "bad"),
    ("text.jsonl", 4, "bad"),  # blank by Unicode's blanks
    ("text.jsonl", 5, "untranscribed"),  # the text is null: nobody has transcribed the audio
    ("text.jsonl", 17, "bad"),  # 45 letters in one word: the user's limit, a preset may relax it
    ("text.jsonl", 18, "bad"),  # exactly 15 repeats
    ("text.jsonl", 19, "borderline"),  # 14 repeats
    ("text.jsonl", 20, "bad"),  # a phrase 15 times
    ("text.jsonl", 21, "bad"),  # 16 repeats but for case and punctuation
    ("text.jsonl", 22, "bad"),  # exactly 30 characters a second
    ("text.jsonl", 24, "borderline"),  # a word of 24
    ("text.jsonl", 25, "bad"),  # a word of 25
    ("malformed.jsonl", 14, "malformed"),  # a duplicate key
]

# (file, rows, verdicts): whole files.
FILES = [
    ("plain.jsonl.gz", 50, {"clean"}),
    ("multi_member.jsonl.gz", 2, {"clean"}),
    ("plain_text_named.jsonl.gz", 1, {"clean"}),  # told by its first bytes, not by its name
    ("cr_only.jsonl", 1, {"malformed"}),  # three records on one line: never read as one
    ("only_newlines.jsonl", 0, set()),
    ("empty.jsonl", 0, set()),
    ("huge_line.jsonl", 3, {"clean", "bad"}),
    ("pretty_json_array.json", 4, {"malformed", "clean"}),  # its last record lacks no comma
]


def measured_and_tagged(path: Path) -> pl.DataFrame:
    rules = load_rules(None)
    frames = [
        tag(piece.frame.lazy(), rules).collect() for piece in read_manifest(str(path), measure)
    ]
    return pl.concat(frames) if frames else pl.DataFrame({"line": [], "verdict": []})


def test_verdicts_line_by_line(real_data: Path) -> None:
    corner = real_data / "corner"
    expected = [json.loads(line) for line in lines_of((corner / "expected.jsonl").read_text())]
    by_file: dict[str, dict[int, str]] = {}
    for case in expected:
        if case["line"] is not None and case["file"] != "utf16.jsonl":
            by_file.setdefault(case["file"], {})[case["line"]] = case["verdict"]
    checked = 0
    for name, cases in by_file.items():
        rows = measured_and_tagged(corner / name)
        verdicts = dict(zip(rows["line"], rows["verdict"], strict=True))
        for line, due in cases.items():
            if due == "policy":
                continue
            got = verdicts[line]
            assert (got in REJECTING) == (due == "reject"), (name, line, got, due)
            checked += 1
    assert checked > 500, f"only {checked} lines were checked"


def test_policy(real_data: Path) -> None:
    seen = 0
    for name, line, verdict in POLICY:
        rows = measured_and_tagged(real_data / "corner" / name).filter(pl.col("line") == line)
        assert rows["verdict"].to_list() == [verdict], (name, line, rows["reason"].to_list())
        seen += 1
    assert seen == len(POLICY)


def test_files(real_data: Path) -> None:
    for name, count, verdicts in FILES:
        rows = measured_and_tagged(real_data / "corner" / name)
        assert rows.height == count, name
        assert set(rows["verdict"]) == verdicts, (name, rows["verdict"].to_list())


# (file, part of the message)
UNREADABLE = [
    ("utf16.jsonl", "UTF-16"),
    ("truncated.jsonl.gz", "damaged"),
    ("no_such_file.jsonl", "no such file"),
    (".", "is a directory"),
]


@pytest.mark.parametrize(("name", "message"), UNREADABLE)
def test_unreadable_files(real_data: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        measured_and_tagged(real_data / "corner" / name)


def test_composed_and_decomposed_texts_share_their_normal_key(real_data: Path) -> None:
    rows = measured_and_tagged(real_data / "corner" / "text.jsonl")
    keys = dict(zip(rows["line"], rows["normal_key"], strict=True))
    texts = dict(zip(rows["line"], rows["text_key"], strict=True))
    assert keys[9] == keys[10]
    assert texts[9] != texts[10]


# (directory or file, rows, malformed); None: refused whole
FORMS: list[tuple[str, int | None, int]] = [
    ("shar_golden", 14, 0),
    ("shar_small", 4, 0),
    ("shar_missing_tar", 4, 0),  # fields only: `curate shard --verify` is for the audio
    ("shar_truncated_tar", 4, 0),
    ("shar_misordered", 4, 0),
    ("shar_truncated_cuts", None, 0),
    ("nemo_tarred/tarred_audio_manifest.json", 14, 0),
    ("nemo_tarred/manifest__OP_0..1_CL_.json", 14, 0),
    ("nemo_tarred/broken_manifest.json", None, 0),
    ("longfile/manifest.jsonl", 17, 0),
]


def test_other_forms(real_data: Path, tmp_path: Path) -> None:
    seen = 0
    for name, count, malformed in FORMS:
        folder = tmp_path / name.replace("/", "_")
        folder.mkdir()
        source = str(real_data / "corner" / name)
        if count is None:
            with pytest.raises(InputError, match=r"damaged|no line is usable"):
                profile([source], folder, load_rules(None))
        else:
            content = profile([source], folder, load_rules(None))
            assert content.totals.rows == count, name
            rows = pl.read_parquet(folder / "records.parquet")
            assert rows.height - rows["malformed"].null_count() == malformed, name
        seen += 1
    assert seen == len(FORMS)
