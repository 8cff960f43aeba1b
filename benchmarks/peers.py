"""What peers need for the work that they do too, on the same rows in one run.

    .venv/bin/python -m benchmarks.peers --rows 100000

Durations, rates and word lengths, each in the peer's own way; ours does all its metrics, judges and
writes. The loops of Speech Data Explorer (`load_data`) and Speech Data Processor (one pass over
the manifest for each filter, entries handed to processes by joblib) are written anew after their
public sources of 2025, without their servers, logs and audio; Lhotse and pandas are called.
Runs are interleaved and the best of each is shown, in seconds on the clock and of processors.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.corpus import make
from benchmarks.profile import WORK, whole_profile
from benchmarks.ratios import best

Entry = dict[str, Any]


def explorer(manifest: Path) -> int:
    """Speech Data Explorer: a list of dictionaries, a vocabulary and an alphabet."""
    vocabulary: defaultdict[str, int] = defaultdict(int)
    alphabet: set[str] = set()
    data: list[Entry] = []
    hours = 0.0
    with manifest.open(encoding="utf8") as file:
        for line in file:
            item = json.loads(line)
            words = item["text"].split()
            for word in words:
                vocabulary[word] += 1
            for char in item["text"]:
                alphabet.add(char)
            hours += item["duration"]
            entry = {
                "audio_filepath": item["audio_filepath"],
                "duration": round(item["duration"], 2),
                "num_words": len(words),
                "num_chars": len(item["text"]),
                "word_rate": round(len(words) / item["duration"], 2),
                "char_rate": round(len(item["text"]) / item["duration"], 2),
                "text": item["text"],
            }
            for key in item:
                if key not in entry:
                    entry[key] = item[key]
            data.append(entry)
    [{"word": word, "count": count} for word, count in vocabulary.items()]
    return len(data)


def by_char_rate(entry: Entry) -> list[Entry]:
    rate = len(entry["text"]) / entry["duration"]
    return [] if rate > 30 else [entry]


def by_word_rate(entry: Entry) -> list[Entry]:
    rate = len(entry["text"].split()) / entry["duration"]
    return [] if rate > 10 else [entry]


def by_duration(entry: Entry) -> list[Entry]:
    return [] if not 0.1 <= entry["duration"] <= 40 else [entry]


def by_word_length(entry: Entry) -> list[Entry]:
    longest = max(map(len, entry["text"].split()), default=0)
    return [] if longest >= 25 else [entry]


def processor(manifest: Path, folder: Path) -> int:
    """Speech Data Processor: each filter reads a manifest, spreads its entries, writes another."""
    from joblib import Parallel, delayed

    before, passed = manifest, 0
    for number, keep in enumerate((by_char_rate, by_word_rate, by_duration, by_word_length)):
        after = folder / f"{number}.jsonl"
        passed = 0
        with after.open("w", encoding="utf8") as out:
            for entries in chunks_of(before, 100_000):
                work = Parallel(n_jobs=os.cpu_count(), backend="multiprocessing")
                for entries_left in work(delayed(keep)(entry) for entry in entries):
                    for entry in entries_left:
                        json.dump(entry, out, ensure_ascii=False)
                        out.write("\n")
                        passed += 1
        before = after
    return passed


def chunks_of(manifest: Path, size: int) -> Iterator[list[Entry]]:
    entries: list[Entry] = []
    with manifest.open(encoding="utf8") as file:
        for line in file:
            entries.append(json.loads(line))
            if len(entries) == size:
                yield entries
                entries = []
    if entries:
        yield entries


def lhotse_cuts(manifest: Path, folder: Path) -> Path:
    """The same records as Lhotse cuts; not timed."""
    path = folder / "cuts.jsonl"
    with manifest.open(encoding="utf8") as file, path.open("w", encoding="utf8") as out:
        for number, line in enumerate(file):
            item = json.loads(line)
            key, seconds = f"c{number}", item["duration"]
            supervision = {
                "id": key, "recording_id": key, "start": 0.0, "duration": seconds, "channel": 0,
                "text": item["text"], "language": item["lang"], "speaker": item["speaker"],
            }  # fmt: skip
            recording = {
                "id": key, "sampling_rate": 16000, "num_samples": round(seconds * 16000),
                "duration": round(seconds * 16000) / 16000, "channel_ids": [0],
                "sources": [{"type": "file", "channels": [0], "source": item["audio_filepath"]}],
            }  # fmt: skip
            cut = {
                "id": key, "start": 0.0, "duration": seconds, "channel": 0, "type": "MonoCut",
                "supervisions": [supervision], "recording": recording,
            }  # fmt: skip
            out.write(json.dumps(cut, ensure_ascii=False) + "\n")
    return path


def describe(cuts: Path) -> None:
    """`lhotse cut describe`: durations alone."""
    from lhotse import CutSet

    CutSet.from_file(cuts).describe()


def frame(manifest: Path) -> int:
    """pandas: rates and word lengths by its string methods."""
    import pandas

    rows = pandas.read_json(manifest, lines=True)
    words = rows["text"].str.split()
    rows["char_rate"] = rows["text"].str.len() / rows["duration"]
    rows["word_rate"] = words.str.len() / rows["duration"]
    rows["longest"] = words.map(lambda tokens: max(map(len, tokens), default=0))
    rows[["duration", "char_rate", "word_rate", "longest"]].describe()
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--work", type=Path, default=WORK)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    manifest = make(given.work / f"rows{given.rows}.jsonl", given.rows)
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        folder = Path(name)
        cuts = lhotse_cuts(manifest, folder)
        whole_profile(make(given.work / "warm.jsonl", 1000), folder)
        runs: Mapping[str, Callable[[], object]] = {
            "asr-curate, all metrics, judged, written": lambda: whole_profile(manifest, folder),
            "Speech Data Explorer, load_data": lambda: explorer(manifest),
            "Speech Data Processor, four filters": lambda: processor(manifest, folder),
            "Lhotse, cut describe (durations)": lambda: describe(cuts),
            "pandas": lambda: frame(manifest),
        }
        took = best(dict(runs), given.repeat)
    own_times = next(iter(took.values()))
    print(f"{given.rows:,} rows, best of {given.repeat}\n")
    print("| | s | processor s | slower than ours, clock | processors |\n|---|---|---|---|---|")
    for label, (clock, cpu) in took.items():
        slower = f"{clock / own_times[0]:.1f} | {cpu / own_times[1]:.1f}"
        print(f"| {label} | {clock:.2f} | {cpu:.2f} | {slower} |")


if __name__ == "__main__":
    main()
