"""Parquet as people and Hugging Face write it: the whole way where the audio stands in files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from tests.train.world import NEMO, World
from tests.whole_way.corpus import sentence
from tests.whole_way.journey import USUAL, Journey, Options
from tests.whole_way.stepped import (
    FILE_S,
    Case,
    Place,
    miscounted,
    misplaced,
    stepped,
    write_stepped,
)

pytestmark = NEMO

SPLIT = ("--eval", "10s", "--test", "10s", "--floor", "0s", "--cap", "0.6", "--max-held-out", "0%")
ROWS = 6
"""Of each table, two of each speaker."""
START_S, LENGTH_S = 3, 2.0

MEASURED = "the whole file"
"""Of a table without durations, whose rows are as long as their audio."""

Columns = Mapping[str, Any]
Make = Callable[[Sequence[str], Sequence[str], Sequence[str]], Columns]
"""From the paths, texts and speakers of a table's rows to its columns."""


def times(**columns: object) -> Columns:
    return {name: [value] * ROWS for name, value in columns.items()}


def categories(values: Sequence[str]) -> pl.Series:
    return pl.Series(values, dtype=pl.Categorical)


def as_struct(paths: Sequence[str]) -> list[Columns]:
    """Hugging Face's audio column where the audio stays in files."""
    return [{"bytes": None, "path": path} for path in paths]


SEGMENT = times(start=float(START_S), duration=LENGTH_S)

# columns of a table whose audio stands in files, by paths, texts and speakers
TABLES: list[tuple[str, Make, str]] = [
    ("plain", lambda paths, texts, who: {
        "audio_filepath": paths, "text": texts, "speaker": who, **SEGMENT}, ""),
    ("audio struct beside a column path", lambda paths, texts, who: {
        "client_id": who, "path": [f"en_test_0/{n}.mp3" for n in range(ROWS)],
        "audio": as_struct(paths), "sentence": texts, **SEGMENT}, ""),
    ("column path behind audio struct", lambda paths, texts, who: {
        "audio": as_struct(paths), "path": ["x"] * ROWS, "transcription": texts,
        "speaker_id": who, **SEGMENT}, ""),
    ("Dictionary and Categorical", lambda paths, texts, who: {
        "audio_filepath": categories(paths), "text": categories(texts),
        "speaker": categories(who), **SEGMENT}, ""),
    ("Enum", lambda paths, texts, who: {
        "file_name": paths, "text": texts, **SEGMENT,
        "speaker": pl.Series(who, dtype=pl.Enum(sorted(set(who))))}, ""),
    ("Duration", lambda paths, texts, who: {
        "path": paths, "text": texts, "speaker": who,
        **times(start=timedelta(seconds=START_S), duration=timedelta(seconds=LENGTH_S))}, ""),
    ("Duration, called ms", lambda paths, texts, who: {
        "path": paths, "text": texts, "speaker": who,
        **times(start_ms=timedelta(seconds=START_S), duration_ms=timedelta(seconds=LENGTH_S))}, ""),
    ("Decimal", lambda paths, texts, who: {
        "path": paths, "text": texts, "speaker": who,
        **times(start=Decimal("3.000"), duration=Decimal("2.000"), price=Decimal("1.5"))}, ""),
    ("length, no audio inside", lambda paths, texts, who: {
        "path": paths, "text": texts, "speaker": who,
        **times(start=float(START_S), length=LENGTH_S)}, ""),
    ("UInt64 speakers", lambda paths, texts, who: {
        "path": paths, "text": texts, **SEGMENT,
        "speaker": pl.Series([int(name[1:]) for name in who], dtype=pl.UInt64)}, ""),
    ("length in characters, no audio inside", lambda paths, texts, who: {
        "path": paths, "text": texts, "speaker": who, "length": [len(text) for text in texts]},
     "the audio at 8.00 s"),
    ("no durations", lambda paths, texts, who: {
        "audio": as_struct(paths), "text": texts, "speaker": who}, MEASURED),
]  # fmt: skip


def tables(folder: Path) -> dict[str, list[Case]]:
    """The tables, every row with a file of its own, and their cases."""
    corpus = {}
    for number, (name, make, reason) in enumerate(TABLES):
        files = range(number * ROWS, (number + 1) * ROWS)
        for file in files:
            write_stepped(folder / f"{file}.wav", file)
        texts = [sentence(file) for file in files]
        columns = make([f"{n}.wav" for n in files], texts, [f"s{n // 2}" for n in files])
        path = folder / f"{number}.parquet"
        pl.DataFrame({**columns, "lang": categories(["en"] * ROWS)}).write_parquet(path)
        corpus[str(path)] = [
            Case(name, text, whole if reason == MEASURED else reason or segment)
            for file, text in zip(files, texts, strict=True)
            for whole, segment in [(Place(file, 0, FILE_S), Place(file, START_S, LENGTH_S))]
        ]
    return corpus


def test_tables_whose_audio_stands_in_files(world: World, tmp_path: Path) -> None:
    corpus = tables(tmp_path)
    options = replace(USUAL, split=SPLIT)
    journey = Journey([*map(Path, corpus)], tmp_path / "out", options, world.model("ctc").path)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, corpus) == []
    assert miscounted(journey) == []
    coverage = {entry["key"]: entry for entry in journey.steps["audit"].artefact["coverage"]}
    rows = journey.steps["split"].rows["inputs"] - journey.steps["split"].rows["malformed"]
    assert coverage["speaker"]["known"] == coverage["speaker"]["rows"] == rows


# columns beside the audio struct as Hugging Face's own data sets have them
LAYOUTS: list[tuple[str, Callable[[Sequence[str], Sequence[str]], Columns]]] = [
    ("Common Voice", lambda texts, who: {
        "client_id": who, "path": [f"en_test_0/{n}.mp3" for n in range(len(texts))],
        "sentence": texts, "locale": ["en"] * len(texts), "up_votes": [2] * len(texts)}),
    ("MINDS-14", lambda texts, who: {
        "path": [f"en-US~A/{n}.wav" for n in range(len(texts))], "transcription": texts,
        "english_transcription": ["other"] * len(texts), "intent_class": [1] * len(texts)}),
    ("FLEURS", lambda texts, who: {
        "id": list(range(len(texts))), "num_samples": [7] * len(texts),
        "path": ["/root/.cache/1.wav"] * len(texts), "transcription": ["lower"] * len(texts),
        "raw_transcription": texts, "language": ["English"] * len(texts)}),
    ("length in characters", lambda texts, who: {
        "text": texts, "length": [len(text) for text in texts], "speaker": who}),
]  # fmt: skip


def embedded(path: Path, first: int, make: Callable[..., Columns], count: int = 16) -> list[str]:
    """Write a data set by Hugging Face's library, its audio embedded; the texts of its rows. A path
    without a suffix is the folder of `save_to_disk`.
    """
    from datasets import Audio, Dataset

    files = range(first, first + count)
    audio = [write_stepped(path.parent / f"{n}.flac", n) for n in files]
    texts = [f"{sentence(n)} {sentence(100 + n)}" for n in files]
    held = [{"bytes": each.read_bytes(), "path": each.name} for each in audio]
    columns = {"audio": held, **make(texts, [f"s{n}" for n in files])}
    data_set = Dataset.from_dict(columns).cast_column("audio", Audio())
    if path.suffix:
        data_set.to_parquet(path)
    else:
        data_set.save_to_disk(path, num_shards=2)
    for each in audio:
        each.unlink()  # what the table holds is all there is
    return texts


def test_tables_that_hold_their_audio(tmp_path: Path) -> None:
    """Split, audited and sharded by the seconds of the audio inside."""
    paths, texts = [], []
    for number, (name, make) in enumerate(LAYOUTS):
        paths.append(tmp_path / f"{name}.parquet")
        texts += embedded(paths[-1], 16 * number, make)
    paths.append(tmp_path / "saved")
    texts += embedded(paths[-1], 16 * len(LAYOUTS), LAYOUTS[0][1], 10)
    split = ("--eval", "40s", "--test", "40s", "--floor", "0s", "--cap", "0.6")
    journey = Journey(paths, tmp_path / "out", Options(profile=(), split=split))
    journey.go("profile", "split", "audit", "shard", "verify")
    assert (journey.failures, len(journey.steps)) == ([], 5)
    split_rows, seconds = journey.steps["split"].rows, journey.steps["split"].seconds
    assert split_rows["inputs"] == len(texts) == 74
    assert seconds["inputs"] == 74 * FILE_S
    written = [
        json.loads(line)["text"]
        for output in ("train", "eval", "test", "held_out")
        if (journey.split / f"{output}.jsonl").is_file()
        for line in (journey.split / f"{output}.jsonl").read_bytes().split(b"\n")[:-1]
    ]
    assert sorted(written) == sorted(texts)
    shard = journey.steps["shard"]
    assert {name: shard.rows[name] for name in ("train", "eval", "test", "skipped")} == {
        **{name: split_rows[name] for name in ("train", "eval", "test")}, "skipped": 0,
    }  # fmt: skip
    assert misplaced_audio(journey.shards, texts) == []


def misplaced_audio(shards: Path, texts: Sequence[str]) -> list[str]:
    """Texts of stored records beside audio of another row: row `n` has the n-th text and file."""
    from lhotse import CutSet

    cuts = CutSet.from_shar(in_dir=shards / "train")
    loaded = [(texts.index(cut.supervisions[0].text), cut.load_audio()) for cut in cuts]
    assert len(loaded) > len(texts) / 4
    return [texts[n] for n, samples in loaded if abs(samples[0] - stepped(n)).max() > 1e-3]
