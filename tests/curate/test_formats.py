"""The same corpus in every format is the same corpus; what formats cannot read is accounted for."""

from __future__ import annotations

import gzip
import json
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import ConfigError, CurateError, InputError
from curate.manifest.formats import BY_NAME, FORMATS
from curate.manifest.mapping import ReadOptions
from curate.manifest.nemo_lines import NEMO
from curate.manifest.origins import expand
from curate.manifest.read import find_sources
from curate.metrics import chosen
from curate.profiles.request import ProfileRequest
from curate.profiles.run import profile_into
from curate.splits import SplitRequest, Targets, split_profile
from tests.curate.format_writers import (
    WRITERS,
    Rows,
    blend,
    cut,
    held_rows,
    jsonl,
    kaldi,
    nemo,
    shar,
    tarred,
)
from tests.lines import lines_of

RECORDS = [
    {"audio_filepath": "a.wav", "duration": 2.5, "text": "hello there you", "speaker": "s1"},
    {"audio_filepath": "b.wav", "duration": 0.75, "text": 'she said "no no no"', "speaker": "s2"},
    {"audio_filepath": "c.wav", "duration": 12.3, "text": "ñandú à la carte", "speaker": "s1"},
    {"audio_filepath": "d.wav", "duration": 1.0, "text": "", "speaker": "s3"},
]


def profiled(
    names: Sequence[object], out: Path, by: Sequence[str] = (), format: str | None = None
) -> tuple[Mapping[str, Any], pl.DataFrame]:
    out.mkdir(parents=True)
    request = ProfileRequest(
        manifests=[str(name) for name in names], by=by, reading=ReadOptions(format)
    )
    content = profile_into(request.resolve(), out)
    ledger = json.loads((out / "ledger.json").read_text())
    assert ledger["balanced"]
    return content.as_json(), pl.read_parquet(out / "records.parquet")


COMPARED = ["speaker", "duration_us", "text_key", *(metric.name for metric in chosen()), "verdict"]


@pytest.mark.parametrize(("write", "format"), WRITERS, ids=[write.__name__ for write, _ in WRITERS])
def test_the_same_corpus_gives_the_same_rows(
    tmp_path: Path, write: Callable[[Path, Rows], Path], format: str
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    records = held_rows(format, RECORDS)
    plain, expected = profiled([nemo(tmp_path / "one", records)], tmp_path / "p1")
    content, rows = profiled([write(tmp_path / "two", RECORDS)], tmp_path / "p2")
    assert content["inputs"][0]["format"] == format
    assert rows["malformed"].null_count() == len(records) >= 3
    assert rows.select(COMPARED).equals(expected.select(COMPARED))
    assert rows.select(pl.struct("source", "line").n_unique()).item() == len(records)
    for key in ("totals", "verdicts", "duplicates"):
        assert content[key] == plain[key], key
    worst = [[row["text"] for row in metric["worst"]] for metric in content["metrics"]]
    assert worst == [[row["text"] for row in metric["worst"]] for metric in plain["metrics"]]


@pytest.mark.parametrize(("write", "format"), WRITERS, ids=[write.__name__ for write, _ in WRITERS])
def test_splits_of_every_format_hold_every_record(
    tmp_path: Path, write: Callable[[Path, Rows], Path], format: str
) -> None:
    (tmp_path / "in").mkdir()
    profiled([write(tmp_path / "in", RECORDS)], tmp_path / "p")
    out = tmp_path / "out"
    out.mkdir()
    targets = Targets.parse({"eval": "1s", "test": "1s"})
    request = SplitRequest(targets=targets, by=["lang"], group=["speaker"], to="lhotse")
    certificate = split_profile(tmp_path / "p", out, request)
    lines = [
        json.loads(line)
        for path in out.glob("*.jsonl")
        if ".reasons" not in path.name
        for line in lines_of(path.read_bytes())
    ]
    texts = [line["text"] for line in lines]
    assert sorted(texts) == sorted(str(row["text"]) for row in held_rows(format, RECORDS))
    converted = BY_NAME[format].converted or write is blend
    assert any("not its original bytes" in warning for warning in certificate.warnings) == converted
    cuts = [
        json.loads(line)
        for path in out.glob("*.cuts.jsonl.gz")
        for line in lines_of(gzip.decompress(path.read_bytes()))
    ]
    assert sorted(c["supervisions"][0]["text"] for c in cuts) == sorted(texts)


def test_cuts_that_were_written_are_read_back(tmp_path: Path) -> None:
    _, expected = profiled([nemo(tmp_path, RECORDS)], tmp_path / "p")
    out = tmp_path / "out"
    out.mkdir()
    targets = Targets.parse({"eval": "1s", "test": "1s"})
    request = SplitRequest(targets=targets, by=["lang"], group=["speaker"], to="lhotse")
    split_profile(tmp_path / "p", out, request)
    names = sorted(
        path for path in out.glob("*.cuts.jsonl.gz") if gzip.decompress(path.read_bytes())
    )
    _, rows = profiled(names, tmp_path / "again")
    assert rows.select(COMPARED).sort("text_key").equals(expected.select(COMPARED).sort("text_key"))
    with pytest.raises(ConfigError, match="unknown format"):
        split_profile(tmp_path / "p", out, replace(request, to="kaldi"))


def test_a_blend_keeps_its_weights_and_tags(tmp_path: Path) -> None:
    content, rows = profiled([blend(tmp_path, RECORDS)], tmp_path / "p")
    assert rows["corpus"].to_list() == ["no", "no", "b", "b"]
    assert rows["_weight"].to_list() == ["0.5"] * 4  # alone in its group: all of the group
    assert [entry["value"] for entry in content["strata"]["corpus"]] == ["b", "no"]


def test_a_tarred_manifest_keeps_its_shards(tmp_path: Path) -> None:
    _, rows = profiled([tarred(tmp_path, RECORDS)], tmp_path / "p")
    assert rows["shard_id"].to_list() == ["3"] * len(RECORDS)


def test_manifests_add_up_and_order_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = nemo(tmp_path / "one", RECORDS[:1]), shar(tmp_path / "two", RECORDS[1:])
    whole, _ = profiled([nemo(tmp_path, RECORDS)], tmp_path / "whole")
    for number, names in enumerate(([first, second], [second, first])):
        content, _ = profiled(names, tmp_path / f"p{number}")
        assert content["totals"] == whole["totals"]
        assert content["verdicts"] == whole["verdicts"]
        assert content["duplicates"] == whole["duplicates"]
        for one, two in zip(content["metrics"], whole["metrics"], strict=True):
            assert one["quantiles"] == two["quantiles"]
            assert one["histogram"] == two["histogram"]


# format, files, name, reasons of the rows in order (None: a sound record)
ODD: list[tuple[str, Mapping[str, bytes], str, list[str | None]]] = [
    ("kaldi", {"text": b"a x\n\xff y\nb\n", "utt2dur": b"a 1\n"}, ".",
     [None, "not UTF-8 (byte 0xff at 0)", "the utterance is in no file of durations"]),
    ("kaldi", {"text": b"a x\nb y\nc z\n", "segments": b"a r 0.1 0.3\nb r x y\nc r\n"}, ".",
     [None, "its line in segments holds no times", "its line in segments has 2 words, not 4"]),
    ("kaldi", {"text": b"a x\nb y\n", "utt2dur": b"a 1\nb 1\n", "wav.scp": b"b f.wav\n"}, ".",
     ["its recording is not in wav.scp (a)", None]),
    ("common_voice", {"v.tsv": b"client_id\tpath\tsentence\ns\ta\tx\ns\ta\ns\tb\ty\n",
                      "clip_durations.tsv": b"clip\tduration[ms]\na\t100\n"}, "v.tsv",
     [None, "the row has not the header's number of cells (2)",
      "the clip is not in clip_durations.tsv"]),
    ("table", {"t.csv": b'path,text,duration\na,"x\ny",1\nb,z,nan\nc,"open,1\nd,w,2\n'}, "t.csv",
     [None, "duration is not a number (string)", "no row of a CSV (unexpected end of data)", None]),
    ("lhotse_cuts", {"c.jsonl": jsonl([
        cut(RECORDS[0], {}), {**cut(RECORDS[0], {}), "supervisions": []},
        {**cut(RECORDS[0], {}), "type": "MixedCut"}, {**cut(RECORDS[0], {}), "duration": 0},
    ]) + b"{oops\n"}, "c.jsonl",
     [None, "the cut has no supervision", "a Lhotse MixedCut is not a segment of one recording",
      "duration is not positive (0)",
      "not JSON (Expecting property name enclosed in double quotes, column 2)"]),
    ("nemo_tarred", {"m.json": jsonl([{**RECORDS[0], "shard_id": 7}, RECORDS[0],
                                      {**RECORDS[0], "shard_id": 0}]),
                     "audio_0.tar": tarfile.TarInfo("a.wav").tobuf() + bytes(10240)}, "m.json",
     ["its shard has no tar (7)", "no shard_id in a tarred manifest", None]),
    ("srt", {"t.wav": b"", "t.srt": b"1\n00:00:01,000 --> 00:00:02,000\nx\n\nlost\n\n"
                                    b"2\n00:00:03,000 -->\ny\n"}, "t.srt",
     [None, "text outside of a cue", "its timing line has no two times (00:00:03,000 -->)"]),
    ("stm", {"t.wav": b"", "t.stm": b";; x\nt 1 s 0 1 a b\nt 1 s 1\nu 1 s 0 1 a\n"}, "t.stm",
     [None, "an STM line has 5 fields before its text (4)",
      "the audio of its recording is missing (u)"]),
    ("textgrid", {"t.wav": b"", "t.TextGrid": b'"ooTextFile"\n"TextGrid"\n0 9 <exists> 1\n'
                  b'"IntervalTier" "a" 0 9 3\n0 1 "a"\n1 "b"\n2 3 "c"\n'}, "t.TextGrid",
     [None, "an interval has a start, an end and a text", None]),
]  # fmt: skip


@pytest.mark.parametrize(("format", "files", "name", "reasons"), ODD)
def test_what_a_format_cannot_read_is_malformed(
    tmp_path: Path,
    format: str,
    files: Mapping[str, bytes],
    name: str,
    reasons: Sequence[str | None],
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    profile_json, rows = profiled([folder / name], tmp_path / "p")
    assert profile_json["inputs"][0]["format"] == format
    assert rows["malformed"].to_list() == list(reasons)
    source = Path(profile_json["inputs"][0]["source"]).read_bytes()
    lines = source.split(b"\n")
    for line, offset, length in rows.select("line", "byte_offset", "byte_length").rows():
        start = sum(len(text) + 1 for text in lines[: line - 1])
        assert offset == start
        assert source[offset : offset + length].split(b"\n")[0] == lines[line - 1]


# files, name, part of the message
REFUSED: list[tuple[Mapping[str, bytes], str, str]] = [
    ({"text": b"a x\n"}, ".", "holds no durations"),
    ({"supervisions.jsonl": b'{"recording_id": "a", "start": 0}\n'}, ".", "recordings do not lie"),
    ({"b.yaml": b"- type: txt\n  paths: x\n"}, "b.yaml", "b.yaml:1: type 'txt' holds no speech"),
    ({"b.yaml": b"- type: nemo\n"}, "b.yaml", "needs manifest_filepath"),
    ({"b.yaml": b"- type: nemo\n  manifest_filepath: gone.jsonl\n"}, "b.yaml", "no such file"),
    ({"b.yaml": b"- &a {type: nemo}\n- *a\n"}, "b.yaml", "b.yaml:2: alias"),
    ({"b.yaml": b"- type: nemo\n  type: nemo\n"}, "b.yaml", "b.yaml:2: key 'type' occurs twice"),
    ({"b.yaml": b"- type: group\n  input_cfg: b.yaml\n"}, "b.yaml", "nested too deeply"),
    ({"b.yaml": b"- type: nemo\n  weight: x\n"}, "b.yaml", "b.yaml:2: weight"),
    ({"b.yaml": b"[" * 5000}, "b.yaml", "b.yaml:1: nested more than 20 deep"),
    ({"t.parquet": b"PAR1 and no more"}, "t.parquet", "cannot be read as Parquet"),
    ({"cut.zst": b"\x28\xb5\x2f\xfd\x04"}, "cut.zst", "damaged"),
    ({}, "https://example.org/m.jsonl", "web address"),
    ({}, "m_OP_0..99999999_CL_.json", "matches more than"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "name", "message"), REFUSED)
def test_what_is_refused_says_why(
    tmp_path: Path, files: Mapping[str, bytes], name: str, message: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_bytes(content)
    with pytest.raises(InputError, match=message):
        profiled([name if "://" in name else folder / name], tmp_path / "p")


def test_format_can_be_named(tmp_path: Path) -> None:
    path = kaldi(tmp_path, RECORDS)
    assert find_sources([str(path)], "kaldi")[0].format == "kaldi"
    with pytest.raises(ConfigError, match="unknown format"):
        find_sources([str(path)], "kaldy")
    for format in FORMATS:
        if format.name in {"kaldi", "lhotse_supervisions"}:
            continue
        with pytest.raises(CurateError):
            find_sources([str(path)], format.name)
    assert FORMATS[-1] is NEMO, "what takes every file is asked last"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("m__OP_0..2_CL_.json", ["m_0.json", "m_1.json", "m_2.json"]),
        ("m_{08..10}.json", ["m_08.json", "m_09.json", "m_10.json"]),
        ("_OP_a,b_CL_/_OP_1..2_CL_", ["a/1", "a/2", "b/1", "b/2"]),
        ("plain.json", ["plain.json"]),
        ("{odd}.json", ["{odd}.json"]),
        ("-", ["-"]),
    ],
)
def test_patterns(pattern: str, names: Sequence[str]) -> None:
    assert expand(pattern) == names


def test_remote_files_come_through_fsspec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.setattr("curate.manifest.spool.REMOTE", ("memory://",))
    fsspec.filesystem("memory").pipe("/corpus/m.jsonl", jsonl(RECORDS))
    content, rows = profiled(["memory://corpus/m.jsonl"], tmp_path / "p")
    assert rows.height == len(RECORDS)
    assert content["inputs"][0]["source"] == "memory://corpus/m.jsonl"
    with pytest.raises(InputError, match="cannot be fetched"):
        profiled(["memory://corpus/gone.jsonl"], tmp_path / "gone")


def test_without_fsspec_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ConfigError, match=r"asr-curate\[remote\]"):
        profiled(["s3://bucket/m.jsonl"], tmp_path / "p")
