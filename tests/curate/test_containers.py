"""Workbooks, Arrow and WebDataset: odd and hostile ones are read as what they hold, or refused."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest
import soundfile as sf

from curate.api.manifest import write_manifest
from curate.errors import ConfigError, InputError
from curate.manifest import sheets
from curate.manifest.mapping import ReadOptions
from tests.lines import lines_of

Row = dict[str, Any]
HEADER = ("file_name", "text", "duration")


def wav(seconds: float = 0.5, format: str = "WAV") -> bytes:
    out = io.BytesIO()
    sf.write(out, np.zeros(round(seconds * 8000)), 8000, format=format)
    return out.getvalue()


def book(path: Path, *rows: Sequence[object], sheet: str = "clips") -> Path:
    made = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    page = made.create_sheet(sheet)
    for row in rows:
        page.append(list(row))
    made.save(path)
    return path


def tar(path: Path, members: Mapping[str, bytes | str]) -> Path:
    """A tar of members in order; text that begins with -> is a symlink."""
    with tarfile.open(path, "w") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str) and content.startswith("->"):
                info.type, info.linkname = tarfile.SYMTYPE, content[2:]
                out.addfile(info)
                continue
            data = content.encode() if isinstance(content, str) else content
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def read(source: Path, **options: Any) -> tuple[list[Row], list[Row]]:
    """The records of an input, and its malformed rows."""
    out = source.parent / "out" / "m.jsonl"
    write_manifest(source, out, reading=ReadOptions(**options))
    malformed = out.with_name("m.malformed.jsonl")
    lines = lines_of(malformed.read_text(encoding="utf-8")) if malformed.exists() else []
    records = lines_of(out.read_text(encoding="utf-8"))
    return list(map(json.loads, records)), list(map(json.loads, lines))


CELLS = [
    ("a text", "a text"),
    ("'=1+1", "'=1+1"),
    (123, "123"),  # typed as a number
    (2.0, "2"),
    (True, "TRUE"),
    ("two\nlines", "two\nlines"),
    ("ñandú 日本", "ñandú 日本"),
    (None, ""),
]


def test_cells_of_a_workbook_are_what_they_show(tmp_path: Path) -> None:
    rows = [(f"{at}.wav", cell, 1.5) for at, (cell, _) in enumerate(CELLS)]
    records, malformed = read(book(tmp_path / "t.xlsx", HEADER, *rows))
    assert [row["text"] for row in records] == [text for _, text in CELLS]
    assert (malformed, {row["duration"] for row in records}) == ([], {1.5})


def test_a_formula_is_never_computed(tmp_path: Path) -> None:
    """openpyxl saves formulas without a value: the cells are empty, and the row has no length."""
    path = book(tmp_path / "t.xlsx", HEADER, ("a.wav", '=HYPERLINK("http://x")', "=1+1"),
                ("b.wav", "plain", 1))  # fmt: skip
    records, malformed = read(path)
    assert [row["text"] for row in records] == ["plain"]
    assert [(row["line"], row["reason"]) for row in malformed] == [(2, "no duration (missing)")]
    assert "HYPERLINK" not in json.dumps(malformed)


def test_times_of_a_workbook_are_seconds(tmp_path: Path) -> None:
    time = datetime.time(0, 1, 2, 500_000)
    rows = [("a.wav", "x", time), ("b.wav", "x", datetime.timedelta(seconds=3.25)),
            ("c.wav", "x", "1,5")]  # fmt: skip
    records, malformed = read(book(tmp_path / "t.xlsx", HEADER, *rows), cast=True)
    assert [row["duration"] for row in records] == [62.5, 3.25, 1.5]
    assert malformed == []


def test_blank_and_broken_rows_of_a_workbook_are_counted(tmp_path: Path) -> None:
    rows = [("a.wav", "x", 1), (), ("b.wav", "x", 1, "more"), ("c.wav", "x", "long"), ("d.wav",)]
    records, malformed = read(book(tmp_path / "t.xlsx", HEADER, *rows))
    assert [row["audio_filepath"] for row in records] == [f"{tmp_path}/a.wav"]
    assert [row["line"] for row in malformed] == [4, 5, 6]
    assert malformed[0]["reason"] == "the row has more cells than the header (4)"


def not_a_book(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("xl/workbook.xml", "<not xml")
    return path


def no_header(path: Path) -> Path:
    return book(path, ("file", "words"), ("a.wav", "x"))


def two_sheets(path: Path) -> Path:
    return book(book(path, HEADER, ("a.wav", "x", 1)), HEADER, sheet="more")


def declares_little(path: Path) -> Path:
    """A zip bomb whose directory gives its sheet 64 bytes, so that it passes for a small one."""
    many = [(f"{n}.wav", "x" * 50, 1) for n in range(500)]
    data = bytearray(book(path, HEADER, *many).read_bytes())
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet2.xml"))
    data[entry + 24 : entry + 28] = (64).to_bytes(4, "little")
    path.write_bytes(data)
    return path


BROKEN: list[tuple[Callable[[Path], Path], str, str]] = [
    (declares_little, "cannot be read as an Excel workbook", "save it as CSV"),
    (not_a_book, "cannot be read as an Excel workbook", "save it as CSV"),
    (no_header, r"no sheet whose first row names audio and text \(.*clips: file, words\)", "--map"),
    (two_sheets, r"several sheets with records \(clips, more\)", "as CSV"),
]


@pytest.mark.parametrize(("make", "what", "hint"), BROKEN)
def test_a_workbook_that_is_not_read_is_named(
    make: Callable[[Path], Path], what: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=what) as error:
        read(make(tmp_path / "t.xlsx"))
    assert hint in str(error.value)


def test_a_workbook_that_unpacks_to_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip bomb of 20 kB that would take 16 MiB: refused by its directory, nothing unpacked."""
    path = book(tmp_path / "t.xlsx", HEADER, ("a.wav", "x", 1))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/media/bomb.xml", bytes(16 << 20))
    assert path.stat().st_size < 1 << 16
    monkeypatch.setattr(sheets, "LARGEST", 8 << 20)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(InputError, match=r"unpacks to 16,[0-9,]+ bytes") as error:
        read(path)
    assert "save it as CSV" in str(error.value)


def test_columns_of_a_workbook_are_mapped(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", ("file", "words", "duration"), ("a.wav", "x", 1))
    records, _ = read(path, fields={"text": "words"})
    assert records[0]["text"] == "x"


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "t.xlsx", HEADER, ("a.wav", "x", 1))
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ConfigError, match=r"asr-curate\[xlsx\]"):
        read(path)


SAMPLES: Mapping[str, bytes | str] = {
    "sub/a.wav": wav(0.5), "sub/a.txt": "first\n",
    "b.flac": wav(1.25, "FLAC"),
    "b.json": '{"text": "sec\u2028ond",\n "speaker": "s", "wav": "/x"}',
    "../../evil.wav": wav(0.75), "../../evil.txt": "third",
    "/etc/passwd.ogg": wav(1.0, "OGG"), "/etc/passwd.json": '{"transcription": "fourth"}',
    "c.x.y.wav": wav(0.25), "c.x.y.txt": "fifth", "c.cls": "3",
}  # fmt: skip


def test_samples_of_a_tar_are_records(tmp_path: Path) -> None:
    records, malformed = read(tar(tmp_path / "0.tar", SAMPLES))
    assert malformed == []
    assert [(row["text"], round(row["duration"], 3)) for row in records] == [
        ("first", 0.5), ("sec\u2028ond", 1.25), ("third", 0.75), ("fourth", 1.0), ("fifth", 0.25),
    ]  # fmt: skip
    assert records[1]["speaker"] == "s"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0.tar", "out"]


HOSTILE: Mapping[str, bytes | str] = {
    "good.wav": wav(), "good.txt": "x",
    "mute.txt": "no audio",
    "silent.wav": wav(),
    "twice.wav": wav(), "twice.flac": wav(0.5, "FLAC"), "twice.txt": "x",
    "link.wav": "->/etc/passwd", "link.txt": "x",
    "json.wav": wav(), "json.json": "{broken",
    "latin.wav": wav(), "latin.txt": b"caf\xe9",
    "noise.wav": b"no header", "noise.txt": "x",
    "array.wav": wav(), "array.json": "[1]",
    "long.wav": wav(), "long.txt": "x" * (1 << 20) + "x",
}  # fmt: skip


def test_broken_samples_are_listed_with_their_reasons(tmp_path: Path) -> None:
    records, malformed = read(tar(tmp_path / "0.tar", HOSTILE))
    assert [row["text"] for row in records] == ["x"]
    reasons = {row["as_read"]: row["reason"].partition(" (")[0] for row in malformed}
    assert reasons == {
        "mute": "no audio belongs to it", "silent": "no text belongs to it",
        "twice": "several audio files belong to it", "link": "its member is no plain file",
        "json": "not JSON", "latin": "not UTF-8",
        "noise": "its audio has no header that can be read", "array": "not a JSON object",
        "long": "its text has over 1,048,576 bytes",
    }  # fmt: skip
    assert [row["line"] for row in malformed] == list(range(2, 11))


def test_a_tar_that_is_cut_short_gives_what_is_whole(tmp_path: Path) -> None:
    path = tar(tmp_path / "0.tar", SAMPLES)
    with tarfile.open(path) as whole:
        cut = whole.getmember("/etc/passwd.ogg").offset_data + 100
    path.write_bytes(path.read_bytes()[:cut])
    records, malformed = read(path)
    assert [row["text"] for row in records] == ["first", "sec\u2028ond", "third"]
    assert malformed[-1]["reason"].startswith("the tar is damaged")


def test_a_compressed_tar_is_refused_with_the_way_out(tmp_path: Path) -> None:
    plain = tar(tmp_path / "0.tar", SAMPLES)
    (tmp_path / "1.tar.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(InputError, match="compressed tar") as error:
        read(tmp_path / "1.tar.gz")
    assert "gzip -d" in str(error.value)


def test_a_folder_of_tars_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("1", "0"):
        tar(tmp_path / "in" / f"{name}.tar", {"a.wav": wav(), "a.txt": f"of {name}"})
    records, _ = read(tmp_path / "in")
    assert [row["text"] for row in records] == ["of 0", "of 1"]


def saved(folder: Path, names: Sequence[object]) -> Path:
    folder.mkdir()
    pl.DataFrame({"path": ["a.wav"], "text": ["x"], "duration": [1]}).write_ipc_stream(
        folder / "a.arrow"
    )
    state = {"_data_files": [{"filename": name} for name in names]}
    (folder / "state.json").write_text(json.dumps(state))
    return folder


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["../secret.arrow"], "lists a file outside its folder"),
        (["/etc/passwd"], "lists a file outside its folder"),
        ([7], "lists no _data_files"),
        (["lost.arrow"], "No such file"),
    ],
)
def test_a_saved_data_set_that_leads_elsewhere_is_refused(
    names: Sequence[object], what: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"(?i){what}"):
        read(saved(tmp_path / "saved", names))


def test_splits_of_a_saved_data_set_are_all_read(tmp_path: Path) -> None:
    for split in ("train", "test"):
        saved(tmp_path / split, ["a.arrow"])
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    records, _ = read(tmp_path)
    assert [row["text"] for row in records] == ["x", "x"]


@pytest.mark.parametrize("cut", [10, 100, 300])
def test_an_arrow_stream_that_is_cut_short_is_refused(cut: int, tmp_path: Path) -> None:
    path = saved(tmp_path / "saved", ["a.arrow"]) / "a.arrow"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match="cannot be read as Arrow"):
        read(path)
