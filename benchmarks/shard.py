"""Shard export beside Lhotse's own and `tar`, in one run: `python -m benchmarks.shard [FILES]`.

Made speech-like noise, 8 s at 16 kHz a file, FLAC and WAV. Lhotse writes what we write: one
process, the same cuts and shard size, cuts made beforehand. Ours begins at the split's lines and
ends with the ledger, workers' start and reading back included. Runs are interleaved; the best of
each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from benchmarks.memory import watch
from curate.api.shard import run_shard
from curate.environment.execution import Execution
from curate.rules.file import load_rules
from curate.shards.export import ShardOptions, StoredAudio
from curate.shards.request import ShardRequest
from curate.splits import SplitRequest, Targets, split_profile
from tests.profiling import write_profile

WORK = Path(tempfile.gettempdir()) / "curate-bench"
SECONDS, RATE = 8, 16_000


def corpus(folder: Path, files: int, extension: str) -> Path:
    """Audio files and their manifest, unless they stand there already."""
    manifest = folder / "manifest.jsonl"
    if manifest.is_file():
        return manifest
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    envelope = np.abs(np.sin(np.arange(SECONDS * RATE) * 2 * np.pi * 3 / RATE)) ** 2
    with manifest.open("w") as out:
        for number in range(files):
            noise = np.convolve(rng.normal(0, 3000, SECONDS * RATE), np.ones(4) / 4, "same")
            name = f"{number:06d}.{extension}"
            sf.write(folder / name, (noise * envelope).astype(np.int16), RATE)
            record = {
                "audio_filepath": name, "duration": float(SECONDS), "lang": "en",
                "text": f"this is utterance number {number} of a corpus that was made up",
                "speaker": f"speaker{number % 300}",
            }  # fmt: skip
            out.write(json.dumps(record) + "\n")
    return manifest


def split_of(manifest: Path, folder: Path) -> Path:
    """A split in which nearly everything is train."""
    if not (folder / "split.json").is_file():
        profile = folder.with_name(folder.name + ".profile")
        for made in (folder, profile):
            made.mkdir(parents=True, exist_ok=True)
        write_profile([str(manifest)], profile, load_rules(None))
        targets = Targets.parse({"eval": "30s", "test": "30s"})
        request = SplitRequest(targets=targets, by=["lang"], group=["speaker"])
        split_profile(profile, folder, request)
    return folder


def rows_of(split: Path) -> list[dict[str, Any]]:
    """The train rows."""
    return [json.loads(line) for line in (split / "train.jsonl").open()]


def cuts_of(split: Path, audio: Path) -> Any:
    """The same rows as Lhotse cuts over the files."""
    from lhotse import CutSet, MonoCut, Recording, SupervisionSegment  # workers need none of it

    cuts = []
    for number, row in enumerate(rows_of(split)):
        recording = Recording.from_file(audio / row["audio_filepath"], recording_id=f"r{number}")
        spoken = SupervisionSegment(
            f"r{number}", f"r{number}", 0.0, SECONDS, text=row["text"], language="en"
        )
        cut = MonoCut(f"r{number}", 0.0, SECONDS, 0, [spoken], recording=recording)
        cuts.append(cut)
    return CutSet.from_cuts(cuts)


def export_with_curate(split: Path, folder: Path, storage: StoredAudio, workers: int) -> None:
    """Our export, as the command does it, but for its imports and its page."""
    request = ShardRequest(split=split, options=ShardOptions(audio=storage))
    made = run_shard(request, folder / "out", Execution(workers=workers))
    assert made.artifact.cuts == len(rows_of(split))


def export_with_lhotse(cuts: Callable[[], Any], folder: Path, form: str) -> None:
    """Lhotse's export."""
    cuts().to_shar(folder, fields={"recording": form}, shard_size=1000)


def tar(split: Path, audio: Path, folder: Path) -> None:
    """The same files by tar."""
    names = "\n".join(row["audio_filepath"] for row in rows_of(split))
    command = ["tar", "-C", str(audio), "-cf", str(folder / "all.tar"), "-T", "-"]
    subprocess.run(command, input=names.encode(), check=True)


def flushed(task: Callable[[Path], None]) -> Callable[[Path], None]:
    """The task, and its files on the disk: as our export leaves them, and tar does not."""

    def both(folder: Path) -> None:
        task(folder)
        os.sync()

    return both


def measure(
    tasks: Mapping[str, Callable[[Path], None]], work: Path, repeat: int
) -> dict[str, float]:
    """Best seconds of each, interleaved, each into a fresh folder."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(repeat):
        for name, task in tasks.items():
            with tempfile.TemporaryDirectory(dir=work) as made:
                begun = time.perf_counter()
                task(Path(made))
                best[name] = min(best[name], time.perf_counter() - begun)
    return best


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("files", type=int, nargs="?", default=4000)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--work", type=Path, default=WORK)
    arguments.add_argument("--format", choices=("flac", "wav"), nargs="+", default=["flac", "wav"])
    arguments.add_argument("--only", nargs="+", default=[""], help="how tasks' names begin")
    chosen = arguments.parse_args()
    import_module("lhotse")  # workers need none of it; exports read back by it in this process
    for extension in chosen.format:
        bench(chosen.work / f"audio{chosen.files}.{extension}", extension, chosen)


def bench(audio: Path, extension: str, chosen: argparse.Namespace) -> None:
    """Copying, re-encoding, Lhotse and tar over one kind of files."""
    split = split_of(corpus(audio, chosen.files, extension), Path(f"{audio}.split"))
    cuts, many = cache(lambda: cuts_of(split, audio)), chosen.workers
    other = "wav" if extension == "flac" else "flac"
    tasks: dict[str, Callable[[Path], None]] = {
        "asr-curate, bytes copied": lambda to: export_with_curate(split, to, StoredAudio(), many),
        "lhotse, recording=original": lambda to: export_with_lhotse(cuts, to, "original"),
        f"lhotse, recording={extension}": lambda to: export_with_lhotse(cuts, to, extension),
        f"asr-curate, as {other}": lambda to: export_with_curate(
            split, to, StoredAudio(other), many
        ),
        f"lhotse, recording={other}": lambda to: export_with_lhotse(cuts, to, other),
        "tar": lambda to: tar(split, audio, to),
        "tar, flushed": flushed(lambda to: tar(split, audio, to)),
    }
    tasks = {name: task for name, task in tasks.items() if name.startswith(tuple(chosen.only))}
    if any(name.startswith("lhotse") for name in tasks):
        cuts()  # made beforehand
    times = measure(tasks, chosen.work, chosen.repeat)
    size = sum(path.stat().st_size for path in audio.glob(f"*.{extension}"))
    rows = len(rows_of(split))
    print(f"{rows:,} {extension} files, {size / 1e6:.0f} MB, {many} workers")
    for name, seconds in times.items():
        rate = f"{rows / seconds:8,.0f} cuts/s {size / seconds / 1e6:8,.0f} MB/s"
        print(f"  {name:28} {seconds:7.2f} s {rate}")
    copied, encoded = "asr-curate, bytes copied", f"asr-curate, as {other}"
    for name, of, over in (
        (f"copied / lhotse {extension}", copied, f"lhotse, recording={extension}"),
        ("copied / lhotse original", copied, "lhotse, recording=original"),
        (f"as {other} / lhotse {other}", encoded, f"lhotse, recording={other}"),
        ("copied / tar", copied, "tar"),
        ("copied / tar, flushed", copied, "tar, flushed"),
    ):
        if of in times and over in times:
            print(f"  {name:28} {times[over] / times[of]:7.2f} x")
    with tempfile.TemporaryDirectory(dir=chosen.work) as made, watch() as peak:
        export_with_curate(split, Path(made), StoredAudio(), many)
    print(f"  {'anonymous memory':28} {peak.mib:7.0f} MiB (this process)")


if __name__ == "__main__":
    main()
