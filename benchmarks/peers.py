"""What people use today for the same work, each a script: `python -m benchmarks.peers NAME M DIR`.

Durations, rates and word lengths, each in the peer's own way. The loops of Speech Data Explorer
(`load_data`) and Speech Data Processor (one pass over the manifest for each filter, entries handed
to processes by joblib) are written anew after their public sources of 2025, without their servers,
logs and audio. The scripts for Polars, DuckDB and pandas are what a user would write by hand for
char_rate, word_len and repetitions (docs/metrics.md) of sound manifests: they do not distinguish
writing systems, and prove no line. `benchmarks/commands.py` measures them; this file imports what
one of them needs.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
Script = Callable[[Path, Path], object]
"""What it does with a manifest, its results in a folder."""


def explorer(manifest: Path, folder: Path) -> int:
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


def pandas_script(manifest: Path, folder: Path) -> None:
    """pandas: rates and word lengths by its string methods."""
    import pandas

    rows = pandas.read_json(manifest, lines=True)
    words = rows["text"].str.split()
    rows["char_rate"] = rows["text"].str.len() / rows["duration"]
    rows["word_rate"] = words.str.len() / rows["duration"]
    rows["word_len"] = words.map(lambda tokens: max(map(len, tokens), default=0))
    rows[["duration", "char_rate", "word_rate", "word_len"]].describe()


def polars_script(manifest: Path, folder: Path) -> None:
    """Polars: the three metrics in expressions alone, written to Parquet.

    A phrase of n tokens is repeated where a token equals the one n before it: a run of k such
    tokens is k // n + 1 occurrences.
    """
    import polars as pl

    columns = {"audio_filepath": pl.String, "duration": pl.Float64, "text": pl.String}
    text, token, row = pl.col("text"), pl.col("token"), pl.col("row")
    rows = pl.scan_ndjson(manifest, schema=columns).with_row_index("row").collect()
    tokens = (
        rows.lazy()
        .select("row", token=text.str.to_lowercase().str.extract_all(r"\S+"))
        .explode("token")
        .drop_nulls()
        .select("row", token=token.str.strip_chars(PUNCTUATION))
        .collect()
    )
    runs = []
    for size in range(1, 6):
        same = (token == token.shift(size)) & (row == row.shift(size))
        run = tokens.lazy().select("row", same=same, run=same.rle_id()).filter("same")
        runs.append(
            run.group_by("row", "run").len().select("row", repetitions=pl.col("len") // size + 1)
        )
    repetitions = pl.concat(runs).group_by("row").agg(pl.col("repetitions").max())
    words = text.str.extract_all(r"[^\s\-_/]+")
    measured = rows.lazy().select(
        "row",
        "audio_filepath",
        char_rate=text.str.len_chars() / pl.col("duration"),
        word_len=words.list.eval(pl.element().str.len_chars()).list.max(),
    )
    joined = measured.join(repetitions, on="row", how="left", maintain_order="left")
    joined.with_columns(pl.col("repetitions").fill_null(1)).collect().write_parquet(
        folder / "polars.parquet"
    )


PUNCTUATION = ".,!?;:\"'()"


def polars_function_script(manifest: Path, folder: Path) -> None:
    """Polars: char_rate and word_len in expressions, repetitions by a Python function a text."""
    import polars as pl

    columns = {"audio_filepath": pl.String, "duration": pl.Float64, "text": pl.String}
    text = pl.col("text")
    words = text.str.extract_all(r"[^\s\-_/]+")
    pl.scan_ndjson(manifest, schema=columns).select(
        "audio_filepath",
        char_rate=text.str.len_chars() / pl.col("duration"),
        word_len=words.list.eval(pl.element().str.len_chars()).list.max(),
        repetitions=text.map_elements(repetitions_of, return_dtype=pl.Int64),
    ).collect().write_parquet(folder / "polars_function.parquet")


def repetitions_of(text: str) -> int:
    """Most back-to-back occurrences of a phrase of 1 to 5 tokens."""
    tokens = [token.strip(PUNCTUATION).casefold() or token for token in text.split()]
    most = 1 if tokens else 0
    for size in range(1, 6):
        run = 0
        for at in range(size, len(tokens)):
            run = run + 1 if tokens[at] == tokens[at - size] else 0
            most = max(most, run // size + 1)
    return most


def duckdb_script(manifest: Path, folder: Path) -> None:
    """DuckDB: char_rate and word_len, written to Parquet; SQL has no short way to repetitions."""
    import duckdb

    columns = "{audio_filepath: 'VARCHAR', duration: 'DOUBLE', text: 'VARCHAR'}"
    words = r"regexp_split_to_array(text, '[\s\-_/]+')"
    duckdb.sql(f"""
        COPY (
            SELECT audio_filepath, length(text) / duration AS char_rate,
                list_max([length(word) FOR word IN {words}]) AS word_len
            FROM read_json('{manifest}', format = 'newline_delimited', columns = {columns})
        ) TO '{folder / "duckdb.parquet"}'
    """)


SCRIPTS: Mapping[str, Script] = {
    "duckdb": duckdb_script,
    "polars": polars_script,
    "polars-function": polars_function_script,
    "explorer": explorer,
    "pandas": pandas_script,
    "processor": processor,
}

if __name__ == "__main__":
    name, manifest, folder = sys.argv[1:]
    SCRIPTS[name](Path(manifest), Path(folder))
