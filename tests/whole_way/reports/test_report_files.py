"""Kaldi directories and tables of public reports: what becomes of each row, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from tests.whole_way.corpus import sentence, write_audio
from tests.whole_way.journey import Ran, command

UTTERANCES = [(f"u{number}{part}", number, part) for number in range(6) for part in range(2)]

Lines = list[str]
Files = dict[str, Lines]


@dataclass(frozen=True)
class Directory:
    """A changed Kaldi directory: rows by verdict, words of the reasons, words of a warning."""

    change: Callable[[Files], None]
    verdicts: Mapping[str, int] = field(default_factory=lambda: {"clean": 12})
    reason: str = ""
    warning: str = ""
    ends: str = "\n"
    mark: str = ""


def nothing(_: Files) -> None:
    pass


def replaced(name: str, old: str, new: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = [line.replace(old, new) for line in files[name]]

    return change


def appended(name: str, *lines: str) -> Callable[[Files], None]:
    return lambda files: files[name].extend(lines)


def wide_blanks(files: Files) -> None:
    files["text"] = [
        f"{id} {text.replace(' ', chr(0xA0), 1).replace(' ', chr(0x3000))}"
        for id, _, text in (line.partition(" ") for line in files["text"])
    ]


def two_texts_missing(files: Files) -> None:
    del files["text"][-2:]


def own_speakers(files: Files) -> None:
    files["utt2spk"] = [f"{id} {id}" for id, _, _ in UTTERANCES]


def backwards(files: Files) -> None:
    for name in files:
        files[name] = files[name][::-1]


DIRECTORIES = {
    "kaldi-crlf": Directory(nothing, ends="\r\n"),
    "kaldi-bom": Directory(nothing, mark="\ufeff"),
    "kaldi-wide-blanks": Directory(wide_blanks),
    "kaldi-without-text": Directory(
        two_texts_missing, {"clean": 10}, warning="2 utterances of the files beside without a text"
    ),
    "kaldi-two-texts": Directory(
        appended("text", "u00 another text"), {"clean": 11, "malformed": 2},
        "u00 stands in text more than once",
    ),
    "kaldi-speaker-is-utterance": Directory(own_speakers),
    "kaldi-segment-backwards": Directory(
        replaced("segments", "2.00 4.00", "4.00 2.00"), {"clean": 6, "malformed": 6},
        "duration is not positive (-2)",
    ),
    "kaldi-sorted-otherwise": Directory(backwards),
}  # fmt: skip

SIBLINGS = {
    "the same text twice": Directory(
        appended("text", f"u00 {sentence(0)}"), {"clean": 13}
    ),
    "two segments": Directory(
        appended("segments", "u00 rec0 1.00 3.00"), {"clean": 11, "malformed": 1},
        "u00 stands in segments more than once",
    ),
    "two speakers": Directory(
        appended("utt2spk", "u00 s9"), {"clean": 11, "malformed": 1},
        "u00 stands in utt2spk more than once",
    ),
    "two files of a recording": Directory(
        appended("wav.scp", "rec0 r1.wav"), {"clean": 10, "malformed": 2},
        "rec0 stands in wav.scp more than once",
    ),
    "a text without a segment": Directory(
        appended("text", "u99 no segment"), {"clean": 12, "malformed": 1}, "not in segments"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for number in range(6):
        write_audio(folder / f"r{number}.wav", 4.0, seed=number)
    return folder


def directory(folder: Path, recordings: Path, of: Directory) -> Path:
    files: Files = {
        "wav.scp": [f"rec{number} {recordings}/r{number}.wav" for number in range(6)],
        "segments": [f"{id} rec{n} {2 * part}.00 {2 * part + 2}.00" for id, n, part in UTTERANCES],
        "text": [f"{id} {sentence(2 * n + part)}" for id, n, part in UTTERANCES],
        "utt2spk": [f"{id} s{n}" for id, n, _ in UTTERANCES],
    }
    of.change(files)
    folder.mkdir()
    for name, lines in files.items():
        text = of.mark + "".join(f"{line}{of.ends}" for line in lines)
        (folder / name).write_bytes(text.encode())
    return folder


def profiled(out: Path, *inputs: Path) -> tuple[Ran, pl.DataFrame]:
    ran = command("curate", "profile", *inputs, "--out", out)
    return ran, pl.read_parquet(out / "records.parquet").sort("line")


def verdicts(records: pl.DataFrame) -> Mapping[str, int]:
    return dict(records["verdict"].value_counts().iter_rows())


@pytest.mark.parametrize("id", [*DIRECTORIES, *SIBLINGS])
def test_directory(tmp_path: Path, recordings: Path, id: str) -> None:
    due = (DIRECTORIES | SIBLINGS)[id]
    ran, records = profiled(tmp_path / "p", directory(tmp_path / "k", recordings, due))
    assert ran.exit_code == 0
    assert verdicts(records) == due.verdicts
    reasons = records["malformed"].drop_nulls()
    assert len(reasons) == due.verdicts.get("malformed", 0)
    assert all(due.reason in reason for reason in reasons)
    assert due.warning in ran.stderr.replace("\n", " ")
    named = records.filter(pl.col("malformed").is_null())["speaker"].is_not_null()
    assert named.any() == named.all() == (id != "kaldi-speaker-is-utterance")
    if not reasons.len():
        assert records["words"].to_list() == [4] * records.height
        assert records["hidden_chars"].sum() == 0


@dataclass(frozen=True)
class Table:
    """A Common Voice table with some rows of its own: rows by verdict, and words of the reason."""

    sentences: Sequence[str]
    verdicts: Mapping[str, int]
    reason: str = ""


TABLES = {
    "tsv-open-quote": Table(
        ['"yes we do so', 'yes "we do so', 'yes we do so"', 'yes we "do" so'], {"clean": 12}
    ),
    "tsv-further-tab": Table(["yes\twe do so"], {"clean": 11, "malformed": 1}, "number of cells"),
    "tsv-line-end-in-a-cell": Table(
        ["yes we\ndo so"], {"clean": 11, "malformed": 2}, "number of cells"
    ),
}


@pytest.mark.parametrize("id", TABLES)
def test_table(tmp_path: Path, id: str) -> None:
    due = TABLES[id]
    sentences = [sentence(number) for number in range(12)]
    sentences[3 : 3 + len(due.sentences)] = due.sentences
    head = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment"
    rows = [f"c{n}\t{n}.mp3\t{text}\t2\t0\t\t\t\ten\t" for n, text in enumerate(sentences)]
    (tmp_path / "validated.tsv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    lengths = ["clip\tduration[ms]", *(f"{number}.mp3\t2000" for number in range(12))]
    (tmp_path / "clip_durations.tsv").write_text("\n".join(lengths) + "\n", encoding="utf-8")
    ran, records = profiled(tmp_path / "p", tmp_path / "validated.tsv")
    assert ran.exit_code == 0
    assert verdicts(records) == due.verdicts
    assert all(due.reason in reason for reason in records["malformed"].drop_nulls())
