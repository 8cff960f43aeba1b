"""Text that is not UTF-8: a warning names the file, the lines, and the command that converts it."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.errors import InputError
from curate.manifest.encodings import encoding_of, possible_encodings
from curate.manifest.mapping import ReadOptions
from curate.manifest.origin import Origin
from curate.manifest.undecoded import utf8_hint
from curate.manifest.write import ManifestRequest, write_manifest
from tests import processes
from tests.curate.folder_writers import sound
from tests.lines import lines_of

GERMAN = "Schöne Grüße aus Köln"
MAPS = {"audio_filepath": "Datei", "text": "Satz"}


def table(folder: Path, codec: str, rows: int = 6) -> Path:
    """A table whose every other row has umlauts, with its audio below."""
    lines = ["Datei;Satz"]
    for row in range(rows):
        sound(folder / "ton" / f"{row}.wav", 1600)
        lines.append(f"ton/{row}.wav;{GERMAN if row % 2 else 'Das ist ein Satz'} {row}")
    (folder / "liste.csv").write_bytes("\r\n".join([*lines, ""]).encode(codec))
    return folder / "liste.csv"


def written(name: Path, out: Path) -> ManifestWritten:
    return write_manifest(ManifestRequest([str(name)], out, ReadOptions(fields=MAPS)))


def command_in(warning: str) -> str:
    return warning[warning.index("mv " if "mv " in warning else "iconv ") :]


@pytest.mark.parametrize("is_folder", [False, True])
def test_lines_in_another_encoding_are_warned_about_with_a_command_that_converts_them(
    is_folder: bool, tmp_path: Path
) -> None:
    file = table(tmp_path / "mein korpus", "cp1252")
    named = file.parent if is_folder else file
    made = written(named, tmp_path / "m.jsonl")
    assert made.records == 3
    assert made.reasons["not UTF-8"] == 3
    (warning,) = made.warnings if is_folder else made.warnings[:1]
    assert warning.startswith(
        f"{file}: 3 lines are not UTF-8 and hold no record, the first is line 3 (byte 0xf6 at 13); "
        f"as WINDOWS-1252 it reads `ton/1.wav;{GERMAN} 1`: "
    )
    subprocess.run(["bash", "-c", command_in(warning)], check=True)
    again = named if is_folder else file.with_name("liste.utf8.csv")
    assert written(again, tmp_path / "again.jsonl").records == 6
    assert GERMAN in (tmp_path / "again.jsonl").read_text()


def test_a_file_that_is_partly_utf8_is_not_to_be_converted_as_a_whole(tmp_path: Path) -> None:
    file = table(tmp_path, "utf-8")
    file.write_bytes(file.read_bytes() + f"ton/1.wav;{GERMAN}\r\n".encode("cp1252"))
    (warning, *_) = written(file, tmp_path / "m.jsonl").warnings
    assert "1 line is not UTF-8" in warning
    assert "the first is line 8 " in warning
    assert "convert only those that are not" in warning
    assert "iconv" not in warning


def test_an_encoding_that_is_not_sure_is_left_to_the_user(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    good = '{"audio_filepath": "a.wav", "duration": 1, "text": "a"}\n'
    czech = good.replace('"a"}', '"Příliš žluťoučký kůň"}').encode("cp1250")
    file.write_bytes(good.encode() + czech)
    (warning, *_) = write_manifest(ManifestRequest([str(file)], tmp_path / "out.jsonl")).warnings
    command = f"iconv -f WINDOWS-1250 -t UTF-8 {file} > {tmp_path}/m.utf8.jsonl"
    assert warning.endswith(
        f'it reads as WINDOWS-1250 `"Příliš žluťoučký kůň"}}`; if that is right: {command}'
    )


def test_an_encoding_of_which_no_reading_is_a_text_is_left_to_the_user(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    good = b'{"audio_filepath": "a.wav", "duration": 1, "text": "a"}\n'
    file.write_bytes(good + good.replace(b'"a"}', b'"\xb0 \x98 \xff"}'))
    (warning, *_) = write_manifest(ManifestRequest([str(file)], tmp_path / "out.jsonl")).warnings
    assert f"iconv -f ENCODING -t UTF-8 {file} > {tmp_path}/m.utf8.jsonl" in warning


@pytest.mark.parametrize("command", ["manifest", "profile"])
@pytest.mark.parametrize("header", ["Datei;Satz", "Tonträger;Satz"])
def test_the_command_converts_the_file_and_reads_it(
    header: str, command: str, tmp_path: Path
) -> None:
    """Where the header is not UTF-8, its columns are named only when it is."""
    file = table(tmp_path, "cp1252")
    file.write_bytes(file.read_bytes().replace(b"Datei;Satz", header.encode("cp1252")))
    maps = f"audio_filepath={header.partition(';')[0]},text=Satz"
    words = [command, "liste.csv", "--map", maps, "--out", "o.jsonl"]
    made = processes.curate(*words, cwd=tmp_path, COLUMNS="900")
    is_read = header.isascii()
    assert made.returncode == (0 if is_read else 3), made.stderr
    (line,) = [each for each in lines_of(made.stderr) if "WINDOWS-1252 it reads" in each]
    assert "\ufffd" not in made.stderr
    convert, _, again = command_in(line).partition(" && curate ")
    assert convert == "iconv -f WINDOWS-1252 -t UTF-8 liste.csv > liste.utf8.csv"
    subprocess.run(["bash", "-c", convert], check=True, cwd=tmp_path)
    made = processes.curate(*shlex.split(again), "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    counted = json.loads(made.stdout)
    rows = counted["totals"]["rows"] if command == "profile" else counted["records"]
    malformed = sum(each["rows"] for each in counted["malformed"]) if command == "profile" else 0
    assert (rows, malformed) == (6, 0)


def test_a_profile_of_a_folder_names_what_names_the_files(tmp_path: Path) -> None:
    for name, text in (("a", GERMAN), ("b", "ja")):
        sound(tmp_path / "in" / f"{name}.wav", 1600)
        (tmp_path / "in" / f"{name}.txt").write_bytes(text.encode("cp1252"))
    made = processes.curate("profile", "in", "--out", "p", cwd=tmp_path, COLUMNS="900")
    assert made.returncode == 0, made.stderr
    what = "in: 1 text is not UTF-8 and holds no record: curate manifest in --out in.nemo.jsonl "
    assert what in made.stderr


def test_input_of_which_every_line_is_in_another_encoding_gives_the_command(tmp_path: Path) -> None:
    sound(tmp_path / "in" / "a.wav", 1600)
    (tmp_path / "in" / "a.txt").write_bytes(GERMAN.encode("cp1252"))
    with pytest.raises(InputError) as refused:
        written(tmp_path / "in", tmp_path / "m.jsonl")
    (fault,) = refused.value.faults
    text = tmp_path / "in" / "a.txt"
    assert fault.hint.endswith(
        f"mv {text} {text}.windows-1252 && iconv -f WINDOWS-1252 -t UTF-8 {text}.windows-1252 "
        f"> {text}"
    )


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (GERMAN, "cp1252"),
        ("L’été à Besançon, où naquit cœur", "cp1252"),
        ("¿Dónde está el niño?", "cp1252"),
        ("It’s fine – “really”", "cp1252"),
        ("The café on the corner of the street is where they met one day last spring", "cp1252"),
        (f"Herr René {GERMAN * 6}", "cp1252"),
        ("Погода сегодня хорошая, и дети играют на улице", "cp1251"),
        ("Погода сегодня хорошая, и дети играют на улице", "koi8_r"),
        ("Погода сегодня хорошая, и дети играют на улице", "iso8859_5"),
        ("Погода сегодня хорошая, и дети играют на улице", "cp866"),
    ],
)
def test_an_encoding_is_known_by_its_letters(text: str, codec: str) -> None:
    assert encoding_of([text.encode(codec)]) == codec


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Zażółć gęślą jaźń", "cp1250"),
        ("Pijamalı hasta yağız şoföre çabucak güvendi", "cp1254"),
        ("Ξεσκεπάζω την ψυχοφθόρα βδελυγμία", "cp1253"),
        ("日本語のテキスト", "shift_jis"),
    ],
)
def test_no_encoding_is_guessed_where_letters_are_of_none_that_is_known(
    text: str, codec: str
) -> None:
    data = text.encode(codec)
    assert encoding_of([data]) is None
    assert codec in possible_encodings([data])


def test_encodings_that_give_the_same_text_are_one() -> None:
    """Letters of two languages, which stand at the same places in those of Central Europe."""
    lines = [each.encode("cp1252") for each in ("Für Renée heißt es Café", "„Ja“ – sagte er")]
    assert encoding_of(lines) is None
    assert possible_encodings(lines) == ["cp1252"]


@pytest.mark.parametrize("blank", [b"\xa0", b"\x1c\xa0"], ids=["no-break", "two"])
def test_a_line_whose_only_odd_character_is_a_blank_has_a_hint(
    tmp_path: Path, blank: bytes
) -> None:
    file = tmp_path / "m.jsonl"
    file.write_bytes(b'{"audio_filepath": "a.wav", "duration": 1, "text": "so%bit was"}\n' % blank)
    hint = utf8_hint(Origin(str(file)), str(file))
    assert hint.startswith('as WINDOWS-1252 it reads `"so it was"}`: iconv -f WINDOWS-1252 ')
