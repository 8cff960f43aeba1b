"""Eleven tasks of a data lead in asr-curate and in explorers: `python -m benchmarks.explorers M`.

M is a NeMo manifest whose records have `speaker` and `pred_text`. Each tool shows it in a headless
Chromium, driven by the same clicks and keys that a person needs: steps, and the median time from
the first step to the result. Peers that are not named are listed as not run:

    --sde data_explorer.py      NVIDIA/NeMo, tools/speech_data_explorer
    --spotlight spotlight       pip install renumics-spotlight
    --python PYTHON             the interpreter that has what data_explorer.py imports

`--copies N` repeats the records under other audio paths, for a large corpus without audio.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.explorer_peers import SpeechDataExplorer, Spotlight
from benchmarks.explorer_tools import Corpus, Curate, Explorer, Hands
from tests.browsing import browser
from tests.lines import lines_of

TASKS = (
    "usable hours",
    "the worst problem",
    "records of a bar of char_rate",
    "a word in all texts, and listen",
    "sort by WER, listen to the worst",
    "words that occur once",
    "words that are recognised worst",
    "records of a speaker",
    "trim an edge",
    "reject many by a filter, and undo",
    "export decisions, split by them",
)
SCREEN = {"width": 1400, "height": 900}


def corpus_of(manifest: Path, folder: Path, copies: int) -> Corpus:
    """What the tasks need of a manifest; records without a text stop Speech Data Explorer."""
    rows = [json.loads(line) for line in lines_of(manifest.read_text(encoding="utf-8")) if line]
    rows = [row for row in rows if row["text"].strip() and row["pred_text"].strip()]
    written = folder / "corpus.jsonl"
    with written.open("w", encoding="utf-8") as out:
        for copy in range(copies):
            for row in rows:
                path = str((manifest.parent / row["audio_filepath"]).absolute())
                named = f"copy{copy}/{row['audio_filepath']}" if copies > 1 else path
                out.write(json.dumps({**row, "audio_filepath": named}, ensure_ascii=False) + "\n")
    words = Counter(word for row in rows for word in re.findall(r"\b[a-z]{6,}\b", row["text"]))
    word, speaker = words.most_common(1)[0][0], rows[0]["speaker"]
    audio = copies == 1 and (manifest.parent / rows[0]["audio_filepath"]).is_file()
    rates = sorted(len(row["text"]) / row["duration"] for row in rows)
    fast = round(rates[-min(50, len(rates) // 2)], 3)
    return Corpus(written, folder / "table.parquet", word, speaker, copies, fast, audio)


def write_table(corpus: Corpus, profile: Path) -> None:
    """The manifest as Parquet, with the metrics that Spotlight does not compute."""
    records = pl.read_parquet(profile / "records.parquet", columns=["char_rate", "wer"])
    table = pl.read_ndjson(corpus.manifest)
    table = records.select("wer", "char_rate").hstack(table)
    first = ["char_rate", "wer", "text", "speaker", "duration", "pred_text", "audio_filepath"]
    table.select(first).write_parquet(corpus.table)


def timed(tool: Explorer, page: Any, number: int, times: int) -> str:
    """A cell of the table: steps and the median time, or why not."""
    task = tool.tasks()[number]
    if isinstance(task, str):
        return f"cannot: {task}"
    taken, steps = [], 0
    for _ in range(times):
        tool.open(page)
        page.wait_for_timeout(500)
        hands = Hands(page)
        begun = time.perf_counter()
        task(hands)
        taken.append(time.perf_counter() - begun)
        steps = hands.steps
    cell = f"{steps} {'step' if steps == 1 else 'steps'}, {statistics.median(taken):.2f} s"
    print(f"{tool.name}: {TASKS[number]}: {cell}", file=sys.stderr)
    return cell


def tools_of(options: argparse.Namespace, corpus: Corpus, folder: Path) -> Iterator[Explorer]:
    """asr-curate, then the other tools that the options name."""
    yield Curate(corpus, folder)
    if options.sde:
        yield SpeechDataExplorer(corpus, folder, options.python, options.sde, 8051)
    else:
        print("Speech Data Explorer was not run: no --sde")
    if options.spotlight:
        yield Spotlight(corpus, folder, options.spotlight, 8052)
    else:
        print("Spotlight was not run: no --spotlight")


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("manifest", type=Path)
    arguments.add_argument("--copies", type=int, default=1)
    arguments.add_argument("--times", type=int, default=3)
    arguments.add_argument("--only", type=int, nargs="*", default=range(len(TASKS)))
    arguments.add_argument("--sde")
    arguments.add_argument("--python", default="python")
    arguments.add_argument("--spotlight")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch, browser() as opened:
        folder = Path(scratch)
        corpus = corpus_of(options.manifest, folder, options.copies)
        columns: dict[str, list[str]] = {}
        for tool in tools_of(options, corpus, folder):
            page = opened.new_context(viewport=SCREEN).new_page()
            try:
                tool.start(page)
                print(f"{tool.name}: started in {tool.started_s:.1f} s", file=sys.stderr)
                if isinstance(tool, Curate):
                    write_table(corpus, tool.profile)
                cells = [timed(tool, page, number, options.times) for number in options.only]
                columns[tool.name] = [f"{tool.started_s:.1f} s", *cells]
                if isinstance(tool, Curate):
                    columns[tool.name][0] += f", application {tool.application_s:.1f} s"
            finally:
                tool.stop()
                page.context.close()
        rows = sum(1 for _ in corpus.manifest.open(encoding="utf-8"))
        print(f"\n{rows:,} records, load {os.getloadavg()[0]:.1f}\n")
        print(f"| task | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|")
        for at, task in enumerate(
            ["from Enter to the first view", *(TASKS[n] for n in options.only)]
        ):
            print(f"| {task} | {' | '.join(cells[at] for cells in columns.values())} |")


if __name__ == "__main__":
    main()
