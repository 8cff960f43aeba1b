"""Shards: Lhotse reads what was written, damage is found, and a manifest never runs anything."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import curate
from curate.audio.faults import Unusable
from curate.errors import CurateError, GateFailed
from curate.nemo.canary_prompt import complete, plain_pnc
from curate.shards.audio import check_segment, load_segment
from tests.curate.shard_fixtures import sharded, splitted
from tests.lines import lines_of

# Lhotse's Shar reader leaves its tar files to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:.*recording\.\d+\.tar:pytest.PytestUnraisableExceptionWarning"
)
lhotse = pytest.importorskip("lhotse", reason="the shards extra is not installed")


def export(manifest: Path, folder: Path) -> Mapping[str, Any]:
    return sharded(splitted(manifest, folder), folder / "shards")


@pytest.fixture(scope="module")
def example(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    export(root / "examples" / "speech" / "manifest.jsonl", folder)
    return folder


def test_lhotse_reads_the_shards(example: Path, root: Path) -> None:
    cuts = list(lhotse.CutSet.from_shar(in_dir=str(example / "shards" / "train")))
    split_rows = lines_of((example / "split" / "train.jsonl").read_text())
    assert len(cuts) == len(split_rows)
    by_text = sorted(json.loads(row)["text"] for row in split_rows)
    assert sorted(cut.supervisions[0].text for cut in cuts) == by_text
    source = root / "examples" / "speech"
    for cut in cuts:
        record_line = int(cut.custom["record_id"].rpartition(":")[2])
        original = (source / "manifest.jsonl").read_bytes().split(b"\n")[record_line - 1]
        record = json.loads(original)
        samples, rate = sf.read(source / record["audio_filepath"], dtype="float32")
        assert rate == cut.sampling_rate
        np.testing.assert_array_equal(cut.load_audio()[0], samples)
        assert cut.supervisions[0].speaker == record["speaker"]
        assert cut.supervisions[0].language == record["lang"]
        assert cut.custom["source_lang"] == cut.custom["target_lang"] == record["lang"]
        assert cut.custom["pnc"] in {"yes", "no"}


def test_manifests_are_usable_from_anywhere(example: Path) -> None:
    seen = 0
    for name in ("train", "eval", "test"):
        rows = lines_of((example / "shards" / f"{name}.jsonl").read_text())
        assert len(rows) == len(lines_of((example / "split" / f"{name}.jsonl").read_text()))
        for row in map(json.loads, rows):
            assert Path(row["audio_filepath"]).is_absolute()
            assert Path(row["audio_filepath"]).is_file()
            assert row["_curate"]["verdict"] in {"clean", "borderline"}
            seen += 1
    assert seen > 250


def test_verification_proves_our_shards(example: Path) -> None:
    verification = curate.verify_shards(example / "shards")
    index = json.loads((example / "shards" / "shards.json").read_text())
    assert verification.cuts == index["cuts"] == index["verified"]["cuts"]
    assert verification.shards == len(index["shards"]) >= 2


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a lost shard": lambda shar: lose(shar, "*.000001.*"),
    "a lost recording": lambda shar: (shar / "recording.000001.tar").unlink(),
    "a bit flipped in the audio": lambda shar: flip(shar / "recording.000000.tar", 3000),
    "a bit flipped in the cuts": lambda shar: flip(shar / "cuts.000000.jsonl.gz", 300),
    "a tar cut at a member": lambda shar: cut_tar(shar / "recording.000000.tar"),
    "a foreign file": lambda shar: (shar / "README").write_text("hello"),
    "shards changed places": lambda shar: swap(shar),
}


def lose(shar: Path, pattern: str) -> None:
    for path in list(shar.glob(pattern)):
        path.unlink()


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def cut_tar(path: Path) -> None:
    import tarfile

    with tarfile.open(path) as tar:
        third = tar.getmembers()[4]
    path.write_bytes(path.read_bytes()[: third.offset])


def swap(shar: Path) -> None:
    one, two = shar / "recording.000000.tar", shar / "recording.000001.tar"
    one.rename(shar / "x")
    two.rename(one)
    (shar / "x").rename(two)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(example: Path, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "shards"
    shutil.copytree(example / "shards", copy)
    DAMAGE[damage](copy / "train")
    with pytest.raises(CurateError):
        curate.verify_shards(copy)


# What the shards themselves can prove, without shards.json.
FOREIGN = [
    ("shar_golden", 14),
    ("shar_small", 4),
    ("shar_missing_tar", None),
    ("shar_truncated_tar", None),
    ("shar_truncated_cuts", None),
    ("shar_misordered", None),
]


@pytest.mark.parametrize(("name", "cuts"), FOREIGN)
def test_foreign_shar(real_data: Path, name: str, cuts: int | None) -> None:
    folder = real_data / "corner" / name
    if cuts is None:
        with pytest.raises(GateFailed):
            curate.verify_shards(folder)
    else:
        assert curate.verify_shards(folder).cuts == cuts


def test_the_same_bytes_again(example: Path, root: Path, tmp_path: Path) -> None:
    export(root / "examples" / "speech" / "manifest.jsonl", tmp_path)
    first = {path.name: path.read_bytes() for path in (example / "shards" / "train").iterdir()}
    again = {path.name: path.read_bytes() for path in (tmp_path / "shards" / "train").iterdir()}
    assert first == again


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    samples = (np.sin(np.arange(32_000) * 0.05) * 8000).astype(np.int16)
    sf.write(path, samples, 16_000)
    return path


def test_segments_are_exact(tone: Path) -> None:
    whole = load_segment(tone, 0.0, 2.0)
    assert whole.data == tone.read_bytes(), "a whole file is copied as it is"
    part = load_segment(tone, 0.5, 1.0)
    assert (part.extension, part.samples) == ("flac", 16_000)
    Path(tone.parent / "part.flac").write_bytes(part.data)
    got, _ = sf.read(tone.parent / "part.flac", dtype="int16")
    want, _ = sf.read(tone, dtype="int16")
    np.testing.assert_array_equal(got, want[8_000:24_000])


# offset, duration, part of the message
OUTSIDE = [
    (0.0, 9.0, "ends at"),
    (1.5, 1.0, "ends at"),
    (-1.0, 1.0, "negative offset"),
    (2.0, 0.1, "begins behind"),
]


@pytest.mark.parametrize(("offset", "duration", "message"), OUTSIDE)
def test_segments_outside_their_file(
    tone: Path, offset: float, duration: float, message: str
) -> None:
    for attempt in (load_segment, check_segment):
        with pytest.raises(Unusable, match=message):
            attempt(tone, offset, duration)


def test_stereo_is_refused(tmp_path: Path) -> None:
    sf.write(tmp_path / "s.wav", np.zeros((16_000, 2)), 16_000)
    with pytest.raises(Unusable, match="2 channels"):
        load_segment(tmp_path / "s.wav", 0.0, 1.0)


# declared pnc, text, what is written
PNC = [
    ("yes", "hello", "yes"),
    ("Yes", "hello", "yes"),  # NeMo itself would train this as nopnc
    (True, "hello", "yes"),  # and fail on this
    ("no", "Hello.", "no"),
    (None, "Hello.", "yes"),
    (None, "hello there", "no"),
    (None, "hello, there", "yes"),
    ("perhaps", "hello", "no"),
]


@pytest.mark.parametrize(("declared", "text", "written"), PNC)
def test_pnc(declared: object, text: str, written: str) -> None:
    assert plain_pnc(declared, text) == written


def test_records_are_completed() -> None:
    record, changed = complete({"text": "Hallo.", "x": [1], "audio_filepath": "a"}, "de")
    assert record == {
        "text": "Hallo.",
        "x": [1],
        "audio_filepath": "a",
        "source_lang": "de",
        "target_lang": "de",
        "lang": "de",
        "pnc": "yes",
    }
    assert sorted(changed) == ["lang", "pnc", "source_lang", "target_lang"]
    translation = {"text": "hi", "source_lang": "de", "target_lang": "en", "pnc": "no"}
    completed, _ = complete(translation, "en")
    assert (completed["source_lang"], completed["target_lang"]) == ("de", "en")


def test_missing_audio_is_named_and_kept(tmp_path: Path, root: Path) -> None:
    source = root / "examples" / "speech"
    corpus = tmp_path / "corpus"
    shutil.copytree(source, corpus)
    gone = sorted((corpus / "audio").iterdir())[:40]
    for path in gone:
        path.unlink()
    index = export(corpus / "manifest.jsonl", tmp_path / "out")
    assert index["skipped"]
    assert all("No such file" in entry["reason"] for entry in index["skipped"])
    skipped = lines_of((tmp_path / "out" / "shards" / "skipped.jsonl").read_text())
    assert len(skipped) == len(index["skipped"])
    ledger = json.loads((tmp_path / "out" / "shards" / "ledger.json").read_text())
    assert ledger["balanced"]
    assert index["warnings"]
