"""A line with a true `_skipme` is one that NeMo does not read: a verdict and a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import InputError
from curate.splits import SplitRequest, Targets, split_profile
from curate.splits.audit import AuditRequest, audit

TEXT = "a usual sentence of eight or nine words"
GOOD = {"audio_filepath": "good.wav", "duration": 4.0, "text": TEXT, "speaker": "s1"}

# (what the line says of `_skipme`, its verdict, the reason); as Python, and so NeMo, takes it
VALUES: list[tuple[str, str, str | None]] = [
    ('"bad audio"', "skipped", "_skipme (bad audio)"),
    ('"na\\u00efve \\"x\\""', "skipped", '_skipme (naïve "x")'),
    ("true", "skipped", "_skipme (true)"),
    ("1", "skipped", "_skipme (1)"),
    ("0.5", "skipped", "_skipme (0.5)"),
    ('"false"', "skipped", "_skipme (false)"),  # a text that is not empty
    ('["a"]', "skipped", '_skipme (["a"])'),
    ("false", "clean", None),
    ("null", "clean", None),
    ("0", "clean", None),
    ('""', "clean", None),
    ("[]", "clean", None),
    ("{}", "clean", None),
]


def line(value: str | None, **more: object) -> str:
    record = {**GOOD, **more}
    text = json.dumps(record)
    return text if value is None else f'{text[:-1]}, "_skipme": {value}}}'


@pytest.mark.parametrize(("value", "verdict", "reason"), VALUES)
def test_what_nemo_skips_is_skipped(
    tmp_path: Path, value: str, verdict: str, reason: str | None
) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(line(value) + "\n" + line(None, audio_filepath="b.wav") + "\n")
    rows = curate.profile(path, tmp_path / "p").records().collect()
    row = rows.row(0, named=True)
    assert (str(row["verdict"]), row["malformed"]) == (verdict, reason)
    assert row["duration_us"] == 4_000_000
    assert (row["words"] is None) == (verdict == "skipped")
    assert row["tags"] == (["skipped"] if verdict == "skipped" else [])


def test_nemo_agrees(tmp_path: Path) -> None:
    """The condition of NeMo's readers: `data.get("_skipme", False)` is true."""
    for value, verdict, _ in VALUES:
        data = json.loads(line(value))
        assert bool(data.get("_skipme", False)) == (verdict == "skipped"), value


def corpus(folder: Path) -> Path:
    lines = [
        line(None, audio_filepath=f"{n}.wav", text=f"{TEXT} number {n}", speaker=f"s{n % 4}")
        for n in range(20)
    ]
    lines.insert(3, line('"clipped"', audio_filepath="x.wav"))
    lines.insert(9, line("true", audio_filepath="0.wav", text="x" * 400))
    (folder / "m.jsonl").write_text("".join(f"{each}\n" for each in lines))
    return folder / "m.jsonl"


def test_skipped_lines_stand_in_no_output_but_their_own(tmp_path: Path) -> None:
    manifest, out = corpus(tmp_path), tmp_path / "s"
    made = curate.profile(manifest, tmp_path / "p")
    assert made.verdicts["skipped"].rows == 2
    assert made.verdicts["skipped"].hours == pytest.approx(8 / 3600, abs=1e-6)
    assert (made.verdicts["malformed"].rows, made.json["malformed"]) == (0, [])
    assert made.json["metrics"][0]["rows"] == 20, "what is skipped is measured by nothing"
    out.mkdir()
    split = split_profile(tmp_path / "p", out, SplitRequest(targets=Targets.parse({"eval": "4s"})))
    given = manifest.read_bytes().split(b"\n")[:-1]
    assert (out / "skipped.jsonl").read_bytes().split(b"\n")[:-1] == [given[3], given[9]]
    reasons = [
        json.loads(each)
        for each in (out / "skipped.reasons.jsonl").read_text().rstrip("\n").split("\n")
    ]
    assert [each["reason"] for each in reasons] == ["_skipme (clipped)", "_skipme (true)"]
    for name in ("train", "eval", "rejected", "malformed"):
        assert b"_skipme" not in (out / f"{name}.jsonl").read_bytes()
    outputs = {each.name: each.rows for each in split.outputs}
    assert outputs["skipped"] == 2
    assert sum(outputs.values()) == 22
    ledger = json.loads((out / "ledger.json").read_text())
    assert ledger["balanced"]
    assert {"name": "skipped", "rows": 2, "bytes": len(given[3] + given[9]),
            "duration_us": 8_000_000} in ledger["outputs"]  # fmt: skip


def test_skipped_lines_are_no_leak(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(line(None) + "\n")
    other = line(None, audio_filepath="b.wav", text="another text altogether", speaker="s2")
    (tmp_path / "b.jsonl").write_text(line("1") + "\n" + other + "\n")
    made = audit(AuditRequest(inputs=[str(tmp_path / f"{name}.jsonl") for name in "ab"]))
    assert [leak for leak in made.leaks if leak.count] == []
    assert [(side.malformed, side.skipped) for side in made.sides] == [(0, 0), (0, 1)]


def test_rules_are_silent_about_a_skipped_line(tmp_path: Path) -> None:
    manifest = corpus(tmp_path)
    curate.profile(manifest, tmp_path / "p")
    (record,) = curate.explain(f"{manifest}:10", profile=tmp_path / "p").records
    assert (record.verdict, record.accounts) == ("skipped", ())
    assert "skipped.jsonl" in record.means


def test_a_manifest_of_skipped_lines_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(line("1") + "\n")
    with pytest.raises(InputError, match=r"_skipme(.|\n)*remove it"):
        curate.profile(tmp_path / "m.jsonl", tmp_path / "p")


def test_other_limits_move_no_skipped_line(tmp_path: Path) -> None:
    made = curate.profile(corpus(tmp_path), tmp_path / "p")
    tagged = curate.apply_rules(
        made.records().drop("verdict", "tags", "reason").collect(), "default"
    )
    assert tagged.filter(pl.col("verdict") == "skipped").height == 2
