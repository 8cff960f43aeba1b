"""One file by many names, and many files by one name: profile, split, audit."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unicodedata import normalize

import polars as pl
import pytest

from curate.manifest import audio_files
from tests.curate.splitting import sentence
from tests.lines import lines_of
from tests.whole_way.corpus import Record, write_manifest
from tests.whole_way.journey import Options, command

SPLIT = Options(split=("--eval", "30s", "--test", "30s", "--floor", "0s", "--cap", "0.5")).split

FILES = 12


def corpus(
    folder: Path, spelled: Callable[[int], str], of: str, manifest: str = "m.jsonl", **more: object
) -> Path:
    """A manifest in `folder` of FILES rows of 5 s, their texts and speakers its own."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Record] = [
        {
            "audio_filepath": spelled(n), "duration": 5.0, "text": sentence(f"{of} {n}"),
            "lang": "en", "speaker": f"{of} {n}", **more,
        }
        for n in range(FILES)
    ]  # fmt: skip
    return write_manifest(folder / manifest, rows)


def touch(folder: Path, names: Callable[[int], str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(FILES):
        (folder / names(n)).touch()


def plain(n: int) -> str:
    return f"f{n:02d}.wav"


def accented(n: int) -> str:
    return f"\u00e9t\u00e9{n:02d}.wav"


SAME: list[tuple[str, Callable[[Path, int], str]]] = [
    ("as the other has it", lambda at, n: f"wavs/{plain(n)}"),
    ("./", lambda at, n: f"./wavs/{plain(n)}"),
    ("two slashes", lambda at, n: f"wavs//{plain(n)}"),
    ("/./", lambda at, n: f"wavs/./{plain(n)}"),
    ("..", lambda at, n: f"../data/wavs/{plain(n)}"),
    ("absolute", lambda at, n: f"{at}/wavs/{plain(n)}"),
    ("absolute with ..", lambda at, n: f"{at}/other/../wavs/{plain(n)}"),
    ("JSON escapes", lambda at, n: f"wavs/{plain(n)}"),
    ("a folder that is a symlink", lambda at, n: f"linked/{plain(n)}"),
    ("a symlink to a folder above", lambda at, n: f"above/wavs/{plain(n)}"),
    ("files that are symlinks", lambda at, n: f"links/{plain(n)}"),
    ("a symlink to a symlink", lambda at, n: f"links2/{plain(n)}"),
    ("names in NFD", lambda at, n: normalize("NFD", f"wavs/{accented(n)}")),
]


def is_link(spelled: Callable[[Path, int], str]) -> bool:
    """Whether a spelling goes by a symlink, which is known from the disk alone."""
    return any(word in spelled(Path("data"), 0) for word in ("link", "above"))


@pytest.mark.parametrize(
    ("spelled", "there"),
    [
        pytest.param(spelled, there, id=f"{name}-{'audio there' if there else 'no audio'}")
        for name, spelled in SAME
        for there in (True, False)
        if there or not is_link(spelled)
    ],
)
def test_one_file_by_two_names_is_one(
    tmp_path: Path, spelled: Callable[[Path, int], str], there: bool
) -> None:
    """An audit of the two finds every file; a split of both keeps the rows of each together."""
    data = tmp_path / "data"
    name = accented if "\u0301" in spelled(data, 0) else plain
    if there:
        _audio(data)
    manifests = [
        corpus(data, lambda n: f"wavs/{name(n)}", "a"),
        corpus(data, lambda n: spelled(data, n), "b", "n.jsonl"),
    ]
    ran = command("curate", "audit", *manifests, "--json", "-q")
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
    assert leaks == {"recording": FILES, "audio": FILES}
    assert ran.exit_code == 1
    profiled = tmp_path / "profile"
    command("curate", "profile", *manifests, "--out", profiled, "--metrics", "duplicates", "-q")
    copies = pl.read_parquet(profiled / "records.parquet")["audio_duplicates"]
    assert copies.to_list() == [2] * 2 * FILES
    split = tmp_path / "split"
    command("curate", "split", profiled, *SPLIT, "--out", split, "-q")
    assert json.loads((split / "split.json").read_text())["groups"]["total"] == FILES
    assert command("curate", "audit", split, "-q").exit_code == 0


def _audio(data: Path) -> None:
    touch(data / "wavs", plain)
    touch(data / "wavs", accented)
    for name in ("links", "links2", "other"):
        (data / name).mkdir()
    (data / "linked").symlink_to("wavs")
    (data / "above").symlink_to("..")
    (data.parent / "wavs").symlink_to("data/wavs")
    for n in range(FILES):
        (data / "links" / plain(n)).symlink_to(f"../wavs/{plain(n)}")
        (data / "links2" / plain(n)).symlink_to(data / "links" / plain(n))


@pytest.mark.parametrize("there", [True, False], ids=["audio there", "no audio"])
@pytest.mark.parametrize(
    "spelled", ["wavs/{}", "{}", "./wavs/{}", "../{of}/wavs/{}"], ids=["folder", "bare", "./", ".."]
)
def test_two_files_by_one_name_are_two(tmp_path: Path, spelled: str, there: bool) -> None:
    """Two folders each with `wavs/f00.wav`: no leak, no copies, and none in the split's audit."""
    manifests = []
    for of in ("a", "b"):
        if there:
            touch(tmp_path / of / Path(spelled.format("x", of=of)).parent, plain)
        path = spelled.replace("{of}", of)
        manifests.append(corpus(tmp_path / of, partial(_formatted, path), of))
    ran = command("curate", "audit", *manifests, "--json", "-q")
    assert [leak for leak in ran.answer["leaks"] if leak["count"]] == []
    assert ran.exit_code == 0
    profiled, split = tmp_path / "profile", tmp_path / "split"
    command("curate", "profile", *manifests, "--out", profiled, "--metrics", "duplicates", "-q")
    assert set(pl.read_parquet(profiled / "records.parquet")["audio_duplicates"]) == {1}
    ran = command("curate", "split", profiled, *SPLIT, "--out", split, "-q")
    certificate = json.loads((split / "split.json").read_text())
    assert certificate["groups"]["total"] == 2 * FILES
    assert not any(leak["count"] for leak in certificate["leaks"])
    written = [split / f"{name}.jsonl" for name in ("train", "eval", "test")]
    assert command("curate", "audit", split, "-q").exit_code == 0
    assert command("curate", "audit", *written, "-q").exit_code == 0
    # what the split holds of a manifest is that manifest's own audio, wherever the split lies
    again = command("curate", "audit", split / "train.jsonl", manifests[1], "--json", "-q")
    shared = {leak["kind"]: leak["count"] for leak in again.answer["leaks"]}
    lines = lines_of((split / "train.jsonl").read_text())
    assert shared["recording"] == sum(json.loads(line)["speaker"][0] == "b" for line in lines) > 0


def test_a_root_of_audio_is_where_all_paths_begin(tmp_path: Path) -> None:
    """With --audio-root one name in two folders is one file again, in the profile's cache too."""
    touch(tmp_path / "root" / "wavs", plain)
    manifests = [corpus(tmp_path / of, lambda n: f"wavs/{plain(n)}", of) for of in ("a", "b")]
    out = tmp_path / "profile"
    for words, copies in (((), 1), (("--audio-root", tmp_path / "root"), 2), ((), 1)):
        command(
            "curate", "profile", *manifests, "--out", out, "--metrics", "duplicates", *words, "-q"
        )
        assert set(pl.read_parquet(out / "records.parquet")["audio_duplicates"]) == {copies}


def test_an_offset_of_nothing_is_none(tmp_path: Path) -> None:
    """`offset` 0, 0.0, -0.0, null and none at all begin at the same place."""
    offsets: list[Record] = [{"offset": 0}, {"offset": -0.0}, {"offset": None}, {}]
    rows = [
        {"audio_filepath": "a.wav", "duration": 5.0, "text": sentence(str(n)), "lang": "en", **each}
        for n, each in enumerate(offsets)
    ]
    manifest = write_manifest(tmp_path / "m.jsonl", rows)
    command("curate", "profile", manifest, "--out", tmp_path / "p", "--metrics", "duplicates", "-q")
    assert set(pl.read_parquet(tmp_path / "p" / "records.parquet")["audio_duplicates"]) == {4}


def test_case_counts_but_where_the_disk_ignores_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "data" / "wavs", plain)
    manifests = [
        corpus(tmp_path / "data", lambda n: f"wavs/{plain(n)}", "a"),
        corpus(tmp_path / "data", lambda n: f"Wavs/{plain(n).upper()}", "b", "n.jsonl"),
    ]
    assert command("curate", "audit", *manifests, "-q").exit_code == 0
    entries = os.scandir
    monkeypatch.setattr(audio_files, "_lstat", _lstat_ignoring_case)
    monkeypatch.setattr(os, "scandir", lambda path: entries(_on_disk(str(path)) or path))
    ran = command("curate", "audit", *manifests, "--json", "-q")
    leaks = {leak["kind"]: leak["count"] for leak in ran.answer["leaks"] if leak["count"]}
    assert leaks == {"recording": FILES, "audio": FILES}


def _on_disk(path: str) -> Path | None:
    """Where a disk that ignores case has a path."""
    at = Path("/")
    for part in Path(path).parts[1:]:
        names = {each.name.casefold(): each for each in at.iterdir()} if at.is_dir() else {}
        if part.casefold() not in names:
            return None
        at = names[part.casefold()]
    return at


def _lstat_ignoring_case(path: str) -> os.stat_result | None:
    at = _on_disk(path)
    return None if at is None else at.lstat()


def _formatted(pattern: str, n: int) -> str:
    return pattern.format(plain(n))
