"""Audio analysis beside decoding only, in one run on the same files: `python -m benchmarks.audio`.

Figures are for each core: CPU seconds of one thread, so that what else the machine does counts
little. Runs are interleaved, and the best of each is compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile as sf

from curate.audio.analyse import Depth, Segment, analyse_segments
from curate.audio.vad import Detector, Wheel, detector_of

RATE = 16_000
SECONDS = 12.0


def make(folder: Path, files: int) -> list[str]:
    """16 kHz FLAC files of what is like speech to a codec: bursts of low-passed noise, pauses."""
    names = []
    for at in range(files):
        names.append(f"{at:05d}.flac")
        if (folder / names[-1]).exists():
            continue
        draw = np.random.default_rng(at)
        noise = draw.standard_normal(round(SECONDS * RATE))
        spectrum = np.fft.rfft(noise)
        spectrum /= 1 + (np.fft.rfftfreq(noise.size, 1 / RATE) / 500) ** 2
        shape = np.abs(np.sin(np.arange(noise.size) * (2 * np.pi / RATE))) ** 2
        sound = np.fft.irfft(spectrum, noise.size) * shape
        sound = 0.3 * sound / np.abs(sound).max() + draw.normal(0, 3e-4, noise.size)
        sf.write(folder / names[-1], sound, RATE)
    return names


def open_only(folder: Path, names: list[str]) -> None:
    """libsndfile's header alone, as `soundfile.info` gives it."""
    for name in names:
        with sf.SoundFile(folder / name) as sound:
            assert sound.frames


def decode_only(folder: Path, names: list[str]) -> None:
    """Every sample, into floats, and nothing else."""
    for name in names:
        samples, _ = sf.read(folder / name, dtype="float32")
        assert samples.size


def analyse(folder: Path, names: list[str], depth: Depth) -> None:
    """What a profile does with each file."""
    for name in names:
        _, results = analyse_segments(name, folder, [Segment(0, None, SECONDS)], depth)
        assert results[0].audio_fault == "none"


def detect(detector_for: Callable[[int], Detector], folder: Path, names: list[str]) -> None:
    """Voice activity of each file, its samples decoded to float before."""
    for name in names:
        samples, rate = sf.read(folder / name, dtype="float32")
        detector = detector_for(rate)
        whole = samples.size // detector.size * detector.size
        assert detector.probabilities(samples[:whole]).size


def cpu(what: Callable[[], None]) -> float:
    """CPU seconds of this thread."""
    begun = time.thread_time()
    what()
    return time.thread_time() - begun


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, default=300)
    arguments.add_argument("--repeat", type=int, default=7)
    arguments.add_argument("--voice", action="store_true", help="with speech detection")
    arguments.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "curate-bench" / "audio"
    )
    chosen = arguments.parse_args()
    chosen.work.mkdir(parents=True, exist_ok=True)
    names = make(chosen.work, chosen.files)
    jobs: dict[str, Callable[[], None]] = {
        "open (soundfile)": lambda: open_only(chosen.work, names),
        "--audio header": lambda: analyse(chosen.work, names, "header"),
        "decode (soundfile)": lambda: decode_only(chosen.work, names),
        "--audio signal": lambda: analyse(chosen.work, names, "signal"),
    }
    few = names[: max(1, chosen.files // 10)]
    if chosen.voice:
        jobs |= {
            "decode, and the wheel": lambda: detect(Wheel.of, chosen.work, few),
            "decode, and layers": lambda: detect(detector_of, chosen.work, few),
            "--audio vad": lambda: analyse(chosen.work, few, "vad"),
        }
    for name in VOICES if chosen.voice else ():
        jobs[name]()  # loads the models
    spent: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(chosen.repeat):
        for name, job in jobs.items():
            spent[name].append(cpu(job))
    files = {name: len(few if name in VOICES else names) for name in jobs}
    report({name: min(times) / files[name] for name, times in spent.items()}, len(names))


VOICES = ("decode, and the wheel", "decode, and layers", "--audio vad")
"""Jobs that take a tenth of the files."""


def report(best: dict[str, float], files: int) -> None:
    """Files a second and times real time for each core, and what analysing adds to decoding."""
    machine = f"{os.cpu_count()} processors, {platform.machine()}"
    print(f"{files} FLAC files of {SECONDS:g} s at 16 kHz, {machine}")
    for name, seconds in best.items():
        print(f"{name:22} {1 / seconds:9,.0f} files/s/core {SECONDS / seconds:9,.0f} x real time")
    print(f"signal / decoding {best['--audio signal'] / best['decode (soundfile)']:9.2f}")
    if all(name in best for name in VOICES):
        decoding = best["decode (soundfile)"]
        wheel, layers = (best[name] - decoding for name in VOICES[:2])
        print(f"the wheel / layers, without decoding {wheel / layers:9.2f}")


if __name__ == "__main__":
    main()
