"""Every row of published layouts, from its source to the manifest, its split and the shards: the
text as it was typed, and the length that ffprobe measures of its file.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import soundfile

from tests.curate.folder_writers import sound, write
from tests.lines import lines_of
from tests.whole_way.journey import command

pytestmark = [  # Lhotse leaves shards open
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed"),
]

Rows = dict[str, float]
"""By text, which no other row has, the seconds of the audio."""

TEXTS = (
    'She said "no", and went home',
    "“Grüße aus Köln”, schrieb sie",
    "it's 50 % of 3,5 liters; or so",
    "two  spaces  between its words",
    "=SUM(A1:A3) is no formula here",
    "naïve café, in letters of two parts",
    "мороз и солнце день чудесный",
    "comma, semicolon; and | a bar",
    "one\\two is a backslash in a text",
    "null",
    "001 is written with its zeros",
    "true is a word of the sentence",
    "an emoji 🎈 flies over the town",
    "the last but three of the rows",
    "the last but two of the rows now",
    "and this is where the rows end",
)


RULES = """\
schema: curate.rules/1
name: loose
rules:
  - {id: rate, metric: char_rate, bad: ">= 1000", why: no text of the test is so fast}
"""


def clips(folder: Path, suffix: str) -> list[Path]:
    """Audio files of different lengths, one for each text."""
    paths = [folder / f"clip_{at:02d}{suffix}" for at in range(len(TEXTS))]
    for at, path in enumerate(paths):
        sound(path, 24_000 + 1_511 * at)
    return paths


def common_voice(folder: Path) -> Path:
    """Tab-separated, without quoting: a quotation mark is part of the sentence."""
    names = [path.name for path in clips(folder / "de/clips", ".wav")]
    rows = [
        f"client{at:02d}\t{name}\t{text}\t2\t0\t\t\t\tde"
        for at, (name, text) in enumerate(zip(names, TEXTS, strict=True))
    ]
    columns = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale"
    write(folder / "de/validated.tsv", columns, *rows)
    return folder


def fleurs(folder: Path) -> Path:
    """No header; the third column is the text as it is spoken and written."""
    for split, part in (("train", slice(0, 10)), ("dev", slice(10, 16))):
        paths = clips(folder / "all", ".wav")[part]
        rows = []
        for at, (path, text) in enumerate(zip(paths, TEXTS[part], strict=True)):
            place = folder / "de_de/audio" / split / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            path.rename(place)
            frames = soundfile.info(place).frames
            spelled = "|".join(text.lower())
            rows.append(f"{at}\t{path.name}\t{text}\t{text.lower()}\t{spelled}\t{frames}\tMALE")
        write(folder / f"de_de/{split}.tsv", *rows)
    shutil.rmtree(folder / "all")
    return folder


def workbook(folder: Path) -> Path:
    """A sheet without lengths."""
    book = openpyxl.Workbook()
    book.active.append(["audio_filepath", "text"])
    for path, text in zip(clips(folder / "audio", ".flac"), TEXTS, strict=True):
        book.active.append([f"audio/{path.name}", text])
        book.active.cell(book.active.max_row, 2).data_type = "s"  # else openpyxl takes a formula
    book.save(folder / "sheet.xlsx")
    return folder / "sheet.xlsx"


def webdataset(folder: Path) -> Path:
    """Two tars, each sample a .flac and a .txt."""
    folder.mkdir()
    for number in range(2):
        with tarfile.open(folder / f"{number:06d}.tar", "w") as tar:
            for path, text in list(zip(clips(folder / "x", ".flac"), TEXTS, strict=True))[
                number::2
            ]:
                tar.add(path, path.name)
                content = text.encode()
                member = tarfile.TarInfo(path.with_suffix(".txt").name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return folder


def measured(path: Path) -> float:
    """The seconds of an audio file by ffprobe, started once for files of the same bytes."""
    content = path.read_bytes()
    if content not in _MEASURED:
        words = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
        _MEASURED[content] = float(subprocess.check_output([*words, str(path)], text=True))
    return _MEASURED[content]


_MEASURED: dict[bytes, float] = {}


def source_rows(folder: Path) -> Rows:
    """The texts as they were typed, with the lengths of the files, which are in their order."""
    paths = sorted((*folder.rglob("*.wav"), *folder.rglob("*.flac")), key=lambda path: path.name)
    return dict(zip(TEXTS, map(measured, paths), strict=True))


def manifest_rows(*manifests: Path) -> Iterator[tuple[str, float]]:
    for manifest in manifests:
        for line in lines_of(manifest.read_text(encoding="utf-8")):
            row = json.loads(line)
            yield row["text"], row["duration"]


def cut_rows(shards: Path) -> Iterator[tuple[str, float]]:
    """Text of each cut of the shards, with the length of the audio that is stored for it."""
    for cuts in sorted(shards.glob("cuts.*.jsonl.gz")):
        name = cuts.name.replace("cuts.", "recording.").replace(".jsonl.gz", ".tar")
        with tarfile.open(shards / name) as tar:
            audio = {Path(each.name).stem: each for each in tar if "json" not in each.name}
            for line in lines_of(gzip.decompress(cuts.read_bytes()).decode()):
                cut = json.loads(line)
                member = tar.extractfile(audio[cut["id"]])
                assert member is not None
                info = soundfile.info(io.BytesIO(member.read()))
                assert cut["duration"] == pytest.approx(info.frames / info.samplerate)
                yield cut["supervisions"][0]["text"], info.frames / info.samplerate


def plain_rows(folder: Path) -> Iterator[tuple[str, float]]:
    """Text of each line of eval and test, with the length of the file that it names, by ffprobe."""
    for name in ("eval", "test"):
        for line in lines_of((folder / f"{name}.jsonl").read_text(encoding="utf-8")):
            row = json.loads(line)
            path = folder / row["audio_filepath"]
            yield row["text"], measured(path)


def check(rows: Iterator[tuple[str, float]], source: Rows) -> None:
    """Every row once, with its own length."""
    listed = list(rows)
    assert sorted(text for text, _ in listed) == sorted(source)
    for text, seconds in listed:
        assert seconds == pytest.approx(source[text], abs=1e-3), text


MADE = [common_voice, fleurs, workbook, webdataset]


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_every_row_arrives_with_its_text_and_length(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    given = make(tmp_path / "corpus")
    source = source_rows(tmp_path / "corpus")
    assert len(source) == len(set(source.values())) == 16
    shutil.rmtree(tmp_path / "corpus/x", ignore_errors=True)  # tars hold their audio
    out = tmp_path / "out"
    ran = command("curate", "manifest", given, "--out", out / "m.jsonl", "-q")
    assert ran.exit_code == 0, ran.stderr
    check(manifest_rows(out / "m.jsonl"), source)
    rules = out / "none.yaml"  # texts are here to be odd
    rules.write_text(RULES)
    ran = command("curate", "profile", given, "--out", out / "p", "--rules", rules, "-q")
    assert ran.exit_code == 0, ran.stderr
    sizes = ("--eval", "4s", "--test", "5s", "--cap", "0.5")
    ran = command("curate", "split", out / "p", "--out", out / "s", *sizes, "-q")
    assert ran.exit_code == 0, ran.stderr
    parts = [out / f"s/{name}.jsonl" for name in ("train", "eval", "test")]
    assert all(part.stat().st_size for part in parts)
    check(manifest_rows(*parts), source)
    ran = command("curate", "shard", out / "s", "--out", out / "sh", "--workers", "1", "-q")
    assert ran.exit_code == 0, ran.stderr
    check(iter([*cut_rows(out / "sh/train"), *plain_rows(out / "sh")]), source)
