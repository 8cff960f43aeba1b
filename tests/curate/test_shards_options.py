"""What can be asked of an export: forms, audio, sizes, strata; and what it says to nonsense."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf
import yaml
from typer.testing import CliRunner

import curate
from curate.artifacts.shard_index import check_files, read_index
from curate.audio.faults import Unusable
from curate.cli.app import app
from curate.errors import ConfigError, GateFailed, InputError, parameters_as
from curate.files.state import sha256_of
from curate.shards.audio import load_segment
from curate.shards.export import ShardOptions, StoredAudio, check_options, parse_size
from curate.shards.headers import plain_header
from curate.shards.input_cfg import temperature_weights
from curate.shards.options import ShardSize
from curate.shards.tar import HashedFile, TarFile
from curate.splits.lock import CHANGED
from curate.terminal.command import option_of
from tests.curate.shard_fixtures import sharded, splitted
from tests.lines import lines_of

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
pytest.importorskip("lhotse", reason="the shards extra is not installed")


@pytest.fixture(scope="module")
def split(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    manifest = root / "examples" / "speech" / "manifest.jsonl"
    return splitted(manifest, tmp_path_factory.mktemp("split"))


def cuts_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(gzip.decompress(path.read_bytes()))]


def test_any_number_of_workers_writes_the_same_bytes(split: Path, tmp_path: Path) -> None:
    contents = []
    for workers in (1, 2, 3):
        out = tmp_path / str(workers) / "shards"
        out.parent.mkdir()
        sharded(split, out, 30, workers)
        files = [p for p in out.rglob("*") if p.is_file() and p.name != "input_cfg.yaml"]
        contents.append({str(p.relative_to(out)): p.read_bytes() for p in files})
    assert len(contents[0]) > 20
    assert contents[0] == contents[1] == contents[2]


def test_each_shard_is_a_fair_sample(split: Path, tmp_path: Path) -> None:
    index = sharded(split, tmp_path / "shards", 60)
    sizes = [shard["cuts"] for shard in index["shards"]]
    assert max(sizes) - min(sizes) <= 1, "of like size"
    for shard in index["shards"]:
        langs = Counter(
            cut["custom"]["source_lang"]
            for cut in cuts_in(tmp_path / "shards" / shard["cuts_file"])
        )
        assert 0.2 < langs["de"] / langs.total() < 0.6, "German is two fifths of the whole"


def test_sizes_by_bytes(split: Path, tmp_path: Path) -> None:
    index = sharded(split, tmp_path / "shards", size=ShardSize(bytes=1_000_000))
    sizes = [shard["sizes"]["recording"] for shard in index["shards"]]
    assert 3 <= len(sizes) <= 8
    assert max(sizes) < 1.3e6, "a guess, and a good one"


def test_strata_are_kept_apart_and_weighted(split: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    index = sharded(split, out, 40, shard_by=("lang",), temperature=0.0)
    for shard in index["shards"]:
        langs = {cut["custom"]["source_lang"] for cut in cuts_in(out / shard["cuts_file"])}
        assert langs == set(shard["stratum"])
    entries = yaml.safe_load((out / "input_cfg.yaml").read_text())
    assert [entry["tags"]["lang"] for entry in entries] == ["de", "en"]
    assert [entry["weight"] for entry in entries] == [0.5, 0.5], "0 draws all alike"
    assert entries[0]["shar_path"]["cuts"].startswith(str(out / "train" / "cuts."))


def test_weights_go_by_hours_to_a_power() -> None:
    assert temperature_weights([100.0, 1.0], 1.0) == [round(100 / 101, 6), round(1 / 101, 6)]
    assert temperature_weights([100.0, 1.0], 0.5) == [round(10 / 11, 6), round(1 / 11, 6)]


def test_weights_and_tags_of_the_split_are_passed_on(split: Path, tmp_path: Path) -> None:
    copy = tmp_path / "split"
    shutil.copytree(split, copy)
    lock = pl.read_parquet(copy / "splits.lock.parquet")
    lock.with_columns(weight=pl.lit(2.5)).write_parquet(copy / "splits.lock.parquet")
    index = sharded(copy, tmp_path / "shards", format="shar")
    cuts = cuts_in(tmp_path / "shards" / index["shards"][0]["cuts_file"])
    assert {cut["custom"]["weight"] for cut in cuts} == {2.5}
    row = json.loads(lines_of((tmp_path / "shards" / "eval.jsonl").read_text())[0])
    assert row["_curate"]["weight"] == 2.5


def test_lines_that_a_person_mended_are_stored_mended(split: Path, tmp_path: Path) -> None:
    copy = tmp_path / "split"
    shutil.copytree(split, copy)
    lines = lines_of((copy / "train.jsonl").read_text())
    record = json.loads(lines[0])
    corrected = {**record, "text": "A text that is mended.", "text_before": record["text"]}
    (copy / "train.jsonl").write_text("\n".join([json.dumps(corrected), *lines[1:]]) + "\n")
    with pytest.raises(InputError, match="is not the line that was split"):
        sharded(copy, tmp_path / "refused")
    lock = pl.read_parquet(copy / "splits.lock.parquet")
    first = lock.with_row_index().filter(pl.col("split") == "train")["index"][0]
    changed = pl.int_range(pl.len()) == first
    lock.with_columns(changed.alias(CHANGED.name)).write_parquet(copy / "splits.lock.parquet")
    sharded(copy, tmp_path / "shards")
    rows = [json.loads(line) for line in (tmp_path / "shards" / "train.jsonl").open()]
    assert [row["text_before"] for row in rows if "text_before" in row] == [record["text"]]


def test_audio_is_looked_for_where_the_profile_found_it(root: Path, tmp_path: Path) -> None:
    speech = root / "examples" / "speech"
    manifest = shutil.copy(speech / "manifest.jsonl", tmp_path)  # its audio stays where it is
    profile, split, shards = (str(tmp_path / name) for name in ("profile", "split", "shards"))
    for words in (
        ["profile", manifest, "--audio", "header", "--audio-root", str(speech), "--out", profile],
        ["split", profile, "--eval", "45s", "--test", "60s", "--out", split],
        ["shard", split, "--out", shards],
    ):
        done = CliRunner().invoke(app, [*words, "--quiet"])
        assert done.exit_code == 0, done.output
    index = json.loads((tmp_path / "shards" / "shards.json").read_bytes())
    assert index["cuts"] > 20
    assert index["skipped_rows"] == 0
    assert index["options"]["audio_root"] == str(speech)


@pytest.mark.parametrize("form", ["shar", "nemo_tarred", "hf"])
def test_shards_of_which_nothing_can_be_stored_leave_no_gap(
    root: Path, tmp_path: Path, form: str
) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(root / "examples" / "speech", corpus)
    out = splitted(corpus / "manifest.jsonl", tmp_path / "made")
    for path in sorted((corpus / "audio").iterdir())[::2]:
        path.unlink()
    index = sharded(out, tmp_path / "shards", 1, format=form)
    planned = len(lines_of((out / "train.jsonl").read_text()))
    assert 50 < len(index["shards"]) < planned - 50
    assert [shard["index"] for shard in index["shards"]] == list(range(len(index["shards"])))
    assert curate.verify_shards(tmp_path / "shards", "none").cuts == index["cuts"]
    if form == "nemo_tarred":
        numbers = [
            json.loads((tmp_path / "shards" / shard["manifest_file"]).read_text())["shard_id"]
            for shard in index["shards"]
        ]
        assert numbers == list(range(len(numbers)))


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE: dict[str, Callable[[Path], None]] = {
    "flipped": _flip,
    "truncated": _truncate,
    "lost": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("form", ["nemo_tarred", "hf"])
def test_damage_is_found_in_every_form(split: Path, tmp_path: Path, form: str, damage: str) -> None:
    out = tmp_path / "shards"
    index = sharded(split, out, 80, format=form)
    assert curate.verify_shards(out).cuts == index["cuts"]
    kinds = [key for key in index["shards"][1] if key.endswith("_file")]
    assert kinds
    for kind in kinds:
        path = out / index["shards"][1][kind]
        original = path.read_bytes()
        DAMAGE[damage](path)
        with pytest.raises(GateFailed):
            curate.verify_shards(out)
        quick = check_files(out, read_index(out), hashes=damage == "flipped")
        assert [fault.where for fault in quick] == [str(path)]
        path.write_bytes(original)
    assert not check_files(out, read_index(out), hashes=True)


@pytest.fixture
def tone(tmp_path: Path) -> np.ndarray[Any, Any]:
    samples: np.ndarray[Any, Any] = (np.sin(np.arange(32_000) * 0.05) * 8000).astype(np.int16)
    return samples


# what is asked, extension, samples, rate of what is stored of two seconds at 16 kHz
STORED_AS = [
    (StoredAudio(), "wav", 32_000, 16_000),
    (StoredAudio("wav"), "wav", 32_000, 16_000),
    (StoredAudio("flac"), "flac", 32_000, 16_000),
    (StoredAudio("opus"), "opus", 32_000, 16_000),
    (StoredAudio(rate=8_000), "flac", 16_000, 8_000),
    (StoredAudio("wav", rate=24_000), "wav", 48_000, 24_000),
]


@pytest.mark.parametrize(("storage", "extension", "samples", "rate"), STORED_AS)
def test_audio_as_it_is_wanted(
    tone: np.ndarray[Any, Any], tmp_path: Path, storage: StoredAudio, extension: str, samples: int,
    rate: int,
) -> None:  # fmt: skip
    path = tmp_path / "a.wav"
    sf.write(path, tone, 16_000)
    segment = load_segment(path, 0.0, 2.0, storage)
    assert (segment.extension, segment.samples, segment.rate) == (extension, samples, rate)
    assert segment.data == load_segment(path, 0.0, 2.0, storage).data, "the same bytes each time"
    decoded, decoded_rate = sf.read(io.BytesIO(segment.data))
    assert (len(decoded), decoded_rate) == (samples, rate)
    assert np.sqrt(np.mean(decoded**2)) == pytest.approx(8000 / 2**15 / 2**0.5, rel=0.05)


def test_channels_are_mixed_only_on_request(tone: np.ndarray[Any, Any], tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.stack([tone, 0 * tone], axis=1), 16_000)
    with pytest.raises(Unusable, match="--mono"):
        load_segment(tmp_path / "a.wav", 0.0, 2.0)
    mixed = load_segment(tmp_path / "a.wav", 0.0, 2.0, StoredAudio(mono=True))
    samples, _ = sf.read(io.BytesIO(mixed.data), dtype="int16")
    np.testing.assert_allclose(samples, tone / 2, atol=1)
    sf.write(tmp_path / "b.wav", np.stack([tone, -tone], axis=1), 16_000)
    with pytest.raises(Unusable, match="have opposite phase"):
        load_segment(tmp_path / "b.wav", 0.0, 2.0, StoredAudio(mono=True))


def test_samples_of_floats_are_not_lost(tone: np.ndarray[Any, Any], tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", tone / 2**15, 16_000, subtype="FLOAT")
    part = load_segment(tmp_path / "a.wav", 0.5, 1.0)
    decoded, _ = sf.read(io.BytesIO(part.data), dtype="int16")
    np.testing.assert_array_equal(decoded, tone[8_000:24_000])


COMPRESSED = [("common_voice_en_651325.mp3", "mp3"), ("mono_c0.opus", "opus")]


@pytest.mark.parametrize(("name", "extension"), COMPRESSED)
def test_compressed_files_keep_their_bytes(real_data: Path, name: str, extension: str) -> None:
    lhotse = pytest.importorskip("lhotse")
    path = real_data / "audio" / "fixtures" / name
    info = sf.info(str(path))
    segment = load_segment(path, 0.0, info.duration)
    assert segment.data == path.read_bytes()
    decoded, rate = sf.read(str(path))
    assert (segment.extension, segment.samples, segment.rate) == (extension, len(decoded), rate)
    read = lhotse.Recording.from_bytes(segment.data, "x")
    read.num_samples, read.duration = segment.samples, segment.duration_s
    assert read.load_audio().shape == (1, segment.samples)


@pytest.mark.parametrize("extension", ["flac", "wav"])
def test_plain_headers_say_what_libsndfile_says(
    tone: np.ndarray[Any, Any], tmp_path: Path, extension: str
) -> None:
    seen = 0
    for rate in (8_000, 16_000, 44_100):
        for channels in (1, 2):
            path = tmp_path / f"{rate}-{channels}.{extension}"
            sf.write(path, np.repeat(tone[:, None], channels, axis=1), rate)
            info = sf.info(str(path))
            header = plain_header(path.read_bytes())
            assert header == (info.frames, info.samplerate, info.channels, extension)
            assert plain_header(path.read_bytes()[:-1]) == (header if extension == "flac" else None)
            seen += 1
    assert seen == 6
    assert plain_header(b"") is plain_header(b"fLaC") is plain_header(b"RIFF" + bytes(60)) is None


def test_tar_reads_our_tar_files(tmp_path: Path) -> None:
    tar = TarFile(HashedFile.create(tmp_path / "a.tar"))
    contents = {"a.flac": b"x" * 1000, "b.json": b"", "c.flac": bytes(1 << 17)}
    for name, data in contents.items():
        tar.add(name, data)
    written = tar.close()
    assert written.bytes == (tmp_path / "a.tar").stat().st_size
    subprocess.run(["tar", "-xf", "a.tar"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in contents} == contents


def test_a_tar_file_is_whole_where_the_system_writes_less_than_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"{size}": bytes(range(256)) * size for size in (0, 100, 200, 1, 700, 3)}
    files = []
    for most in (None, 40, 60_000):
        if most is not None:
            monkeypatch.setattr(os, "writev", partial(_write_some, most))
        files.append(tmp_path / f"{most}.tar")
        tar = TarFile(HashedFile.create(files[-1]))
        for name, data in contents.items():
            tar.add(name, data)
        assert tar.close().sha256 == sha256_of(files[-1])
    assert len({path.read_bytes() for path in files}) == 1


def _write_some(most: int, descriptor: int, parts: Sequence[bytes]) -> int:
    return os.write(descriptor, b"".join(parts)[:most])


# options, the field of the request, the option of the command, what is wrong
NONSENSE = [
    (ShardOptions(format="zip"), "format", "--format", "'zip' is not known"),
    (ShardOptions(shard_by=("lang", "mood")), "shard_by", "--shard-by", "'mood' is not known"),
    (
        ShardOptions(audio=StoredAudio("mp3")),
        *("audio.format", "--audio-format", "'mp3' is not known"),
    ),
    (
        ShardOptions(audio=StoredAudio(rate=1)),
        *("audio.rate", "--resample", "1 Hz is not a valid sampling rate"),
    ),
    (
        ShardOptions(audio=StoredAudio("opus", 44_100)),
        *("audio.rate", "--resample", "Opus has no 44100 Hz"),
    ),
    (ShardOptions(temperature=3.0), "temperature", "--temperature", "3 is not between"),
    (ShardOptions(buckets=1), "buckets", "--buckets", "1 is too few"),
    (
        ShardOptions(tokenizers=("nowhere.model",)),
        *("tokenizers", "--tokenizer", "nowhere.model is not a file"),
    ),
]


@pytest.mark.parametrize(("options", "field", "option", "what"), NONSENSE)
def test_nonsense_is_refused(options: ShardOptions, field: str, option: str, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_options(options)
    assert str(error.value).startswith(f"{field}: {what}")
    with parameters_as(option_of), pytest.raises(ConfigError) as error:
        check_options(options)
    assert str(error.value).startswith(f"{option}: {what}")


# text, size
SIZES = [
    ("1000", ShardSize(cuts=1000)), ("512MB", ShardSize(bytes=512_000_000)),
    (" 2 gb ", ShardSize(bytes=2_000_000_000)), ("1.5MB", ShardSize(bytes=1_500_000)),
    ("0", None), ("-3", None), ("10KB", None), ("1.5", None), ("many", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes(text: str, size: ShardSize | None) -> None:
    if size is None:
        with pytest.raises(ConfigError, match="is not a valid shard size"):
            parse_size(text)
    else:
        assert parse_size(text) == size
