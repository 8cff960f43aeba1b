"""What NeMo reads is not called missing or broken: where paths begin, and formats of ffmpeg's."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import soundfile as sf

from curate.artifacts.columns import AUDIO_FAULT, AUDIO_WHY, VERDICT
from curate.audio.faults import Unusable
from curate.audio.paths import find_audio
from curate.profiles.request import MeasureOptions
from curate.rules.file import load_rules
from tests import processes
from tests.profiling import write_profile
from tests.train.world import NEMO
from tests.whole_way.referee import nemo_manifest
from train.data.rows import read_rows
from train.runs import runtime

# the name in the manifest, and the folder in which the file is found (None: missing)
PATHS: list[tuple[str, str | None]] = [
    ("both.wav", "corpus"),  # the manifest's folder comes first
    ("here.wav", "cwd"),
    ("./here.wav", "cwd"),
    ("sub/deep.wav", "cwd"),
    ("~/home.wav", "home"),
    ("~/none.wav", None),
    ("none.wav", None),
    ("{0}/cwd/here.wav", "cwd"),
]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus, a working folder and a home with a file each; the command runs in `cwd`."""
    for name in ("corpus/both", "cwd/both", "cwd/here", "cwd/sub/deep", "home/home"):
        path = tmp_path / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, [0.1] * 32_000, 16_000)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path


@pytest.mark.parametrize(("name", "place"), PATHS)
@pytest.mark.nemo
@NEMO[1]
@NEMO[2]
def test_paths_begin_where_nemo_has_them(places: Path, name: str, place: str | None) -> None:
    runtime.prepare()
    from nemo.collections.common.parts.preprocessing.manifest import get_full_path

    name, manifest = name.format(places), places / "corpus" / "m.jsonl"
    row = {"audio_filepath": name, "duration": 2.0, "text": "so it was"}
    manifest.write_text(json.dumps(row) + "\n", encoding="utf-8")
    ((read,), _) = read_rows(manifest)
    assert read.audio.is_file() == (place is not None)
    if place is None:
        with pytest.raises(Unusable, match="cannot be opened"):
            find_audio(name, manifest.parent)
        return
    resolved = find_audio(name, manifest.parent)
    by_nemo = Path(get_full_path(name, str(manifest), force_cache=False))
    assert resolved.samefile(by_nemo)
    assert resolved == read.audio
    assert resolved.relative_to(places).parts[0] == place


FFMPEG = [
    ("m4a", ["-c:a", "aac"]),
    ("aac", ["-c:a", "aac"]),
    ("webm", ["-c:a", "libopus"]),
    ("wma", ["-c:a", "wmav2"]),
    ("mp4", ["-c:a", "aac"]),
]


@pytest.mark.parametrize(("ending", "codec"), FFMPEG)
@pytest.mark.nemo
@NEMO[1]
@NEMO[2]
def test_what_ffmpeg_decodes_is_unknown(
    tmp_path: Path, manifest: Callable[..., Path], ending: str, codec: list[str]
) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    sf.write(tmp_path / "a.wav", [0.1, -0.1] * 16_000, 16_000)
    audio = tmp_path / f"a.{ending}"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / "a.wav"), *codec, str(audio)]
    subprocess.run(command, check=True)
    rows = [
        {"audio_filepath": name, "duration": 2.0, "text": "so it was, you see", "lang": "en"}
        for name in ("a.wav", audio.name)
    ]
    path = manifest(*map(json.dumps, rows))
    records = profiled(path, tmp_path)
    assert records[AUDIO_FAULT.name].to_list() == ["none", None]
    assert "NeMo decodes by ffmpeg" in records[AUDIO_WHY.name][1]
    assert records[VERDICT.name].to_list() == ["clean", "unknown"]
    content = json.loads((tmp_path / "out/profile.json").read_text())
    why = records[AUDIO_WHY.name][1]
    assert content["audio"]["unread"] == [{"why": why, "rows": 1}]
    assert f"audio NOT CHECKED of 1 of 2 rows: {why}" in content["warnings"]
    loaded = nemo_manifest(path)
    assert (loaded.rows, loaded.failed, loaded.stopped) == (2, (), "")


def test_what_is_no_audio_stays_broken(tmp_path: Path, manifest: Callable[..., Path]) -> None:
    sf.write(tmp_path / "a.wav", [0.1, -0.1] * 16_000, 16_000)
    (tmp_path / "b.m4a").write_bytes(b"not audio at all, whatever its name is")
    row = {"duration": 2.0, "text": "so it was, you see", "lang": "en"}
    path = manifest(*(json.dumps({"audio_filepath": n, **row}) for n in ("a.wav", "b.m4a")))
    records = profiled(path, tmp_path)
    assert records[AUDIO_FAULT.name].to_list() == ["none", "undecodable"]
    assert records[VERDICT.name].to_list() == ["clean", "bad"]


def profiled(manifest: Path, folder: Path) -> pl.DataFrame:
    (folder / "out").mkdir()
    rules = load_rules("audio_header")
    settings = MeasureOptions()
    write_profile([str(manifest)], folder / "out", rules, measure=settings)
    return pl.read_parquet(folder / "out" / "records.parquet")


def test_shards_of_what_ffmpeg_alone_decodes_say_how_to_convert_it(
    tmp_path: Path, manifest: Callable[..., Path]
) -> None:
    pytest.importorskip("lhotse", reason="the shards extra is not installed")
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x18ftypM4A " + bytes(64))
    row = {"audio_filepath": "a.m4a", "duration": 2.0, "text": "so it was, you see", "lang": "en"}
    path = manifest(json.dumps(row))
    done = processes.curate("shard", path, "--out", "o", "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert "MP4 audio (m4a), which libsndfile does not read" in done.stderr
    assert "hint: ffmpeg -i a.m4a a.flac makes a FLAC beside each; sed -e " in done.stderr
    assert not (tmp_path / "o").exists()
