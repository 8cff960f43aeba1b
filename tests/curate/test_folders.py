"""Folders of audio: every layout gives its texts, and what has no partner is counted."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import polars as pl
import pytest
import zstandard

import curate
from curate.errors import InputError
from curate.manifest.folders.layouts import LAYOUTS
from curate.manifest.formats import BY_NAME
from curate.manifest.mapping import ReadOptions
from curate.manifest.read import find_sources
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate import folder_writers as made
from tests.curate.folder_writers import CLIPS, sound, write
from tests.lines import lines_of

NO_AUDIO = "the audio that it names is not in the folder"
NO_TEXT = "no text belongs to the audio file"


def rows_of(folder: Path, audio_root: Path | None = None) -> list[dict[str, Any] | str]:
    """The records of a folder, and the reasons of rows that are none."""
    root = None if audio_root is None else str(audio_root)
    (origin,) = find_sources([str(folder)], ReadOptions(audio_root=root))
    assert origin.format == "folder"
    rows: list[dict[str, Any] | str] = []
    for portion in BY_NAME["folder"].read(origin):
        for row, line in enumerate(lines_of(portion.chunk.data)):
            rows.append(portion.reasons.get(row) or json.loads(line))
    return rows


def reasons_of(folder: Path) -> list[str]:
    return [row for row in rows_of(folder) if isinstance(row, str)]


def records_of(folder: Path, audio_root: Path | None = None) -> list[dict[str, Any]]:
    return [row for row in rows_of(folder, audio_root) if isinstance(row, dict)]


@pytest.mark.parametrize("lay", made.LAYOUTS, ids=lambda lay: lay.__name__)
def test_compressed_transcripts_are_read_as_their_content(
    tmp_path: Path, lay: Callable[[Path], None]
) -> None:
    for folder in (tmp_path / "plain", tmp_path / "packed"):
        lay(folder)
    suffixes = (".wav", ".flac", ".mp3", ".ogg", ".sph")
    texts = [each for each in (tmp_path / "packed").rglob("*") if each.is_file()]
    texts = [each for each in texts if each.suffix.lower() not in suffixes]
    assert texts != []
    for at, path in enumerate(texts):
        data = path.read_bytes()
        packed = gzip.compress(data) if at % 2 else zstandard.compress(data)
        path.with_name(f"{path.name}{'.gz' if at % 2 else '.zst'}").write_bytes(packed)
        path.unlink()

    def without_place(folder: Path) -> list[object]:
        rows = [row | {"text_file": ""} for row in records_of(folder)]
        return sorted(rows, key=lambda row: json.dumps(row))

    records = records_of(tmp_path / "packed")
    assert len(records) == len(CLIPS)
    for record in records:
        assert (tmp_path / "packed" / record["text_file"].partition(":")[0]).is_file()
    assert without_place(tmp_path / "packed") == without_place(tmp_path / "plain")


def test_a_text_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 1000)
    sound(tmp_path / "b.wav", 1000)
    write(tmp_path / "a.txt", "a text")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"x" * (3 << 20)))
    (reason,) = [row for row in reasons_of(tmp_path) if not row.startswith(NO_TEXT)]
    assert "1 MiB" in reason or "1,048,576" in reason, reason


@pytest.mark.parametrize("lay", made.LAYOUTS, ids=lambda lay: lay.__name__)
def test_a_layout_gives_every_text_with_its_audio(
    tmp_path: Path, lay: Callable[[Path], None]
) -> None:
    lay(tmp_path)
    rows = rows_of(tmp_path)
    records = [row for row in rows if isinstance(row, dict)]
    assert len(rows) == len(records) == len(CLIPS)
    for record in records:
        seconds = record["duration"]
        clip = min(CLIPS, key=lambda clip: abs(clip.seconds - seconds))
        assert record["text"] == clip.text
        assert record["duration"] == pytest.approx(clip.seconds, abs=0.0006)
        assert (tmp_path / record["audio_filepath"]).is_file()
        assert record.get("speaker", clip.speaker) == clip.speaker
        place = Path(tmp_path, record["text_file"].partition(":")[0])
        assert clip.text in place.read_text(encoding="utf-8")


def test_every_layout_is_tested() -> None:
    assert len(made.LAYOUTS) > len(LAYOUTS)
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)


def test_what_has_no_partner_is_a_malformed_row(tmp_path: Path) -> None:
    made.librispeech(tmp_path)
    chapter = tmp_path / "dev-clean/84/100"
    sound(chapter / "84-100-0099.flac", 16_000)
    (chapter / "84-100-0000.flac").write_bytes(b"")
    with (chapter / "84-100.trans.txt").open("ab") as file:
        file.write(b"84-100-0077 nobody\n84-100-0001 another text\n84-100-0098 caf\xe9\n\n")
    assert len(records_of(tmp_path)) == len(CLIPS) - 1
    assert reasons_of(tmp_path) == [
        "its audio has no header that can be read (empty): dev-clean/84/100/84-100-0000.flac",
        f"{NO_AUDIO} (84-100-0077)",
        "its audio has a text already (dev-clean/84/100/84-100-0001.flac: "
        "dev-clean/84/100/84-100.trans.txt:2)",
        "not UTF-8 (byte 0xe9 at 15)",
        f"{NO_TEXT} (dev-clean/84/100/84-100-0099.flac)",
    ]


def test_audio_whose_table_is_passed_over_names_the_table(tmp_path: Path) -> None:
    header, row = "client_id\tpath\tsentence", "s\t{0}.wav\ttext of {0}"
    for name in "abc":
        sound(tmp_path / f"clips/{name}.wav", 16_000)
    write(tmp_path / "validated.tsv", header, row.format("a"))
    write(tmp_path / "other.tsv", header, row.format("b"), row.format("gone"), row.format("a"))
    assert [record["text"] for record in records_of(tmp_path)] == ["text of a"]
    assert reasons_of(tmp_path) == [
        "the table of its text is not read where validated.tsv is (other.tsv:2: clips/b.wav)",
        f"{NO_TEXT} (clips/c.wav)",
    ]


def test_a_damaged_transcript_is_named(tmp_path: Path) -> None:
    for name in "abcde":
        sound(tmp_path / f"{name}.wav", 16_000)
    write(tmp_path / "a.txt", "a text")
    (tmp_path / "e.json").write_bytes(gzip.compress(b"{}")[:-4])
    write(tmp_path / "a.json", "{")  # its audio has a text
    write(tmp_path / "b.json", '{"text": "cut')
    write(tmp_path / "c.TextGrid", 'File type = "ooTe')
    write(tmp_path / "nobody.json", "{")
    assert len(records_of(tmp_path)) == 1
    assert reasons_of(tmp_path) == [
        "the transcript of its name is not JSON (b.json: b.wav)",
        "the transcript of its name is not recognised (c.TextGrid: c.wav)",
        f"{NO_TEXT} (d.wav)",
        "the transcript of its name is not read: the compressed data are damaged: Compressed file "
        "ended before the end-of-stream marker was reached (e.json: e.wav)",
    ]


def test_a_segment_behind_the_end_of_its_audio_is_a_malformed_row(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 16_000)
    cues = "1\n00:00:00,500 --> 00:00:01,000\none\n\n2\n00:08:20,000 --> 00:08:25,000\ntwo\n"
    (tmp_path / "a.srt").write_text(cues)
    (tmp_path / "orphan.srt").write_text(cues)
    out = tmp_path / "out.jsonl"
    assert write_manifest(ManifestRequest([str(tmp_path)], out)).records == 1
    rows = [json.loads(line) for line in lines_of((tmp_path / "out.malformed.jsonl").read_text())]
    assert rows[0]["reason"] == "it begins behind the end of its audio (500 s of 1 s: a.wav)"
    assert json.loads(rows[0]["as_read"])["text"] == "two"
    assert rows[1]["as_read"] == "orphan.srt"


# (names of files below the folder, the text of each text file, what becomes of it)
BESIDE: list[tuple[list[str], dict[str, str | bytes], list[str]]] = [
    (["a.wav"], {"a.txt": "one\n two \n"}, ["one two"]),
    (["a.WAV"], {"a.TXT": "one"}, ["one"]),
    (["a.wav"], {"a.wav.txt": "one"}, ["one"]),
    (["a.wav"], {"a.lab": "\ufeffone"}, ["one"]),
    (["a.wav"], {"a.txt": "one".encode("utf-16")}, ["one"]),
    (["a.wav"], {"a.txt": ""}, [""]),
    (["a.wav"], {"a.normalized.txt": "one", "a.original.txt": "One!"}, ["one"]),
    (["a.wav", "b.wav"], {"a.txt": "one"}, ["one", NO_TEXT]),
    (["a.wav"], {"a.txt": "one", "b.txt": "two"}, ["one", "no audio file has the name of the"]),
    (["a.wav", "a.flac"], {"a.txt": "one"}, ["several audio files have its name", NO_TEXT,
                                             NO_TEXT]),
    (["a.wav"], {"a.txt": "one", "a.lab": "two"}, ["two", "its audio has a text already"]),
    (["a.wav"], {"a.txt": b"caf\xe9"}, ["not UTF-8 (byte 0xe9 at 3)", NO_TEXT]),
    (["a.wav"], {"a.lab": "0 1000000 sil\n"}, ["its text file holds HTK labels", NO_TEXT]),
    (["a.wav"], {"a.txt": "0.0\t0.5\tone\n0.5\t1.0\ttwo\n"}, ["one", "two"]),
    (["a.wav"], {"a.txt": "one", "README.txt": "a"}, ["one"]),
    (["a.wav"], {"a.txt": "one", ".b.txt": "a"}, ["one"]),
    (["x/1.wav", "y/1.wav"], {"x/1.txt": "one"}, ["one", NO_TEXT]),
    (["x/1.wav"], {"x/1.txt": "one", "y/1.txt": "two"}, ["one", "its audio has a text already"]),
    (["x/1.wav", "y/2.wav"], {"x/1.txt": "one", "x/2.txt": "two"},
     ["one", "no audio file has the name of the text file (x/2.txt)", NO_TEXT]),
    (["wav/x/1.wav", "wav/y/1.wav"], {"txt/x/1.txt": "one", "txt/y/1.txt": "two"}, ["one", "two"]),
    (["a/1.wav", "b/1.wav"], {"txt/1.txt": "one"}, ["several audio files", NO_TEXT, NO_TEXT]),
]  # fmt: skip


@pytest.mark.parametrize(("audio", "texts", "expected"), BESIDE, ids=range(len(BESIDE)))
def test_texts_beside_audio(
    tmp_path: Path, audio: list[str], texts: dict[str, str | bytes], expected: list[str]
) -> None:
    for name in audio:
        sound(tmp_path / name, 16_000)
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    rows = rows_of(tmp_path)
    shown = [row if isinstance(row, str) else row["text"] for row in rows]
    for text, start in zip(shown, expected, strict=True):
        assert text.startswith(start) if start else text == ""
    for row in rows:
        assert isinstance(row, str) or row["duration"] in {0.5, 1.0}


# (what a list says, the audio that it means: a name below the folder, or why none)
NAMED = [
    ("clips/a.wav", "clips/a.wav"),
    ("a.wav", "clips/a.wav"),
    ("a", "clips/a.wav"),
    ("a.mp3", "clips/a.wav"),  # converted since
    ("/data/corpus/clips/a.wav", "clips/a.wav"),
    (r"C:\corpus\clips\a.wav", "clips/a.wav"),
    ("s3://bucket/clips/a.wav", "clips/a.wav"),
    ("./clips/../clips/a.wav", "clips/a.wav"),
    ("other/a.wav", NO_AUDIO),
    ("../clips/a.wav", "the path of its audio leads out of the folder"),
    ("../../etc/passwd", "the path of its audio leads out of the folder"),
    ("/etc/passwd", NO_AUDIO),
    ("b", "several audio files have the name that it gives (x/b.wav, y/b.wav)"),
    ("x/b", "x/b.wav"),
    (normalize("NFC", "é"), normalize("NFD", "é.wav")),
    (normalize("NFD", "é"), normalize("NFD", "é.wav")),
]


@pytest.mark.parametrize(("written", "expected"), NAMED)
def test_which_audio_a_list_means(tmp_path: Path, written: str, expected: str) -> None:
    corpus = tmp_path / "corpus"
    for name in ("clips/a.wav", "x/b.wav", "y/b.wav", normalize("NFD", "é.wav"), "z.wav"):
        sound(corpus / name, 1600)
    write(corpus / "list.txt", "z.wav|a text", f"{written}|a text")
    first = next(row for row in rows_of(corpus)[1:])
    if isinstance(first, str):
        assert first.startswith(expected)
    else:
        assert first["audio_filepath"] == expected


def test_a_folder_with_audio_only_has_null_texts(tmp_path: Path) -> None:
    for clip in CLIPS:
        sound(tmp_path / "in" / f"{clip.id}.wav", clip.frames)
    write(tmp_path / "in/README.md", "nothing to read")
    records = records_of(tmp_path / "in")
    assert [row["text"] for row in records] == [None] * len(CLIPS)
    profile = curate.profile(tmp_path / "in", out=tmp_path / "p")
    assert profile.totals.hours == pytest.approx(
        sum(clip.seconds for clip in CLIPS) / 3600, abs=1e-6
    )


# (name, content, the hint)
UNREAD = [
    ("m.jsonl", '{"audio_filepath": "a.wav"}', "name the file: "),
    ("t.csv", "Satz;Datei\nja;a.wav\n", "--map audio_filepath=Datei --map text=Satz"),
    ("t.csv", "nr;Satz;Datei\n1;ja;x/a.wav\n", "--map audio_filepath=Datei --map text=Satz"),
    ("t.tsv", "Satz\tDatei\r\nja\tb.wav\r\n", "--map audio_filepath=Datei --map text=Satz"),
    ("t.csv", "nr,mal\n1,2\n", "put the right one for COLUMN: curate manifest"),
    ("t.xlsx", "PK", "name the file: "),
]


@pytest.mark.parametrize(("name", "content", "hint"), UNREAD)
def test_texts_that_are_not_recognised_are_an_error(
    tmp_path: Path, name: str, content: str, hint: str
) -> None:
    sound(tmp_path / "x/a.wav", 1600)
    (tmp_path / name).write_bytes(content.encode())
    with pytest.raises(InputError) as raised:
        find_sources([str(tmp_path)])
    (fault,) = raised.value.faults
    assert fault.what == f"holds audio and {name}, whose layout is not recognised"
    assert hint in fault.hint
    if "Datei --map text=Satz" in hint:
        fields = {"audio_filepath": "Datei", "text": "Satz"}
        assert len(find_sources([str(tmp_path)], ReadOptions(fields=fields))) == 1


def test_symlinks_in_circles_and_pipes_are_inert(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    made.text_beside(corpus)
    (corpus / "84/again").symlink_to(corpus)
    (corpus / "copy").symlink_to(corpus / "84")
    (corpus / "circle.wav").symlink_to(corpus / "circle.wav")
    (corpus / "nowhere.wav").symlink_to(tmp_path / "nowhere")
    os.mkfifo(corpus / "pipe.wav")
    write(corpus / "pipe.txt", "a text")
    assert len(records_of(corpus)) == len(CLIPS)
    reasons = reasons_of(corpus)
    assert len(reasons) == 3
    assert reasons[0] == "its audio has no header that can be read (not a regular file): pipe.wav"
    assert [each.partition(" (")[0] for each in reasons[1:]] == [NO_TEXT] * 2


def test_a_folder_is_read_as_it_is_now(tmp_path: Path) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "p"
    made.text_beside(corpus)
    text = corpus / "84/84-100-0000.txt"
    sound(corpus / "84/84-100-0000.ogg", 16_000)
    (corpus / "84/84-100-0000.wav").unlink()
    assert curate.profile(corpus, out=out).totals.rows == len(CLIPS)
    before = text.stat()
    text.write_text("another text, as long as..", encoding="utf-8")
    os.utime(text, ns=(before.st_atime_ns, before.st_mtime_ns))
    sound(corpus / "84/84-100-0000.ogg", 32_000)
    profile = curate.profile(corpus, out=out)
    rows = pl.read_parquet(out / "records.parquet")
    assert 2_000_000 in rows["duration_us"].to_list()
    text.unlink()
    with pytest.raises(InputError, match="changed since it was profiled"):
        curate.split(out, out=tmp_path / "s", sizes={"eval": "5s"})
    assert profile.totals.rows == len(CLIPS)


def test_an_audio_root_is_where_the_audio_is(tmp_path: Path) -> None:
    made.ljspeech(tmp_path / "all")
    (tmp_path / "texts").mkdir()
    shutil.move(tmp_path / "all/metadata.csv", tmp_path / "texts/metadata.csv")
    records = records_of(tmp_path / "texts", tmp_path / "all")
    assert len(records) == len(CLIPS)
    assert {row["audio_filepath"].partition("/")[0] for row in records} == {"wavs"}


def test_headers_are_read_fast_enough(tmp_path: Path) -> None:
    made.text_beside(tmp_path / "one")
    (source,) = (tmp_path / "one/84").glob("*0000.wav")
    for number in range(1000):
        os.link(source, tmp_path / "one" / f"{number}.wav")
        write(tmp_path / "one" / f"{number}.txt", "a text")
    begin = time.process_time()
    assert len(records_of(tmp_path / "one")) == 1000 + len(CLIPS)
    assert 1000 / (time.process_time() - begin) > 1500  # 16,000 files a second were measured


@pytest.mark.skipif(shutil.which("soxi") is None, reason="soxi is not installed")
@pytest.mark.parametrize("lay", [made.librispeech, made.text_beside, made.audio_folder],
                         ids=lambda lay: lay.__name__)  # fmt: skip
def test_hours_are_those_of_soxi_and_counts_those_of_find(
    tmp_path: Path, lay: Callable[[Path], None]
) -> None:
    lay(tmp_path)
    suffix = {path.suffix for path in tmp_path.rglob("*")} & {".wav", ".flac", ".ogg"}
    command = ["find", str(tmp_path), "-name", f"*{suffix.pop()}"]
    files = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    total = subprocess.run(["soxi", "-T", "-D", *files], capture_output=True, text=True, check=True)
    records = records_of(tmp_path)
    assert len(records) == len(files) == len(CLIPS)
    assert sum(row["duration"] for row in records) == pytest.approx(float(total.stdout), abs=0.001)
