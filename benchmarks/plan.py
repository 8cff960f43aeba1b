"""How long `train plan` takes on a model of 1 GB and a profile of 5 million rows.

The profile is one of a thousand lines, with durations, languages and verdicts drawn for so many
rows of them; the model is one of the tests' tiny ones with a gigabyte of stand-in weights. Prints
the seconds that a process of its own takes, and its processor time, three times. Run it from the
project's root: `python -m benchmarks.plan` (as a script it would find benchmarks/train.py where
`train` is meant).
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.files.marked_yaml import plain_value, read_tree
from tests.profiling import write_profile
from tests.train.planted import TEXTS, tokenizer_of
from train.tiny import ARCHITECTURES, FAMILIES

PLACES = ["source", "byte_offset", "byte_length"]
"""The columns of records.parquet that are not drawn here."""


def make_profile(folder: Path, rows: int) -> Path:
    """A profile of a manifest of a thousand lines, with so many rows that point into it."""
    folder.mkdir()
    texts = [text for group in TEXTS.values() for text in group]
    record = {"audio_filepath": "a.wav", "duration": 5.0, "lang": "de"}
    lines = [json.dumps(record | {"text": texts[n % len(texts)]}) + "\n" for n in range(1000)]
    (folder / "m.jsonl").write_text("".join(lines), encoding="utf-8")
    write_profile([str(folder / "m.jsonl")], folder)
    records = pl.read_parquet(folder / "records.parquet", columns=PLACES)
    random = np.random.default_rng(0)
    at = random.integers(0, records.height, rows)
    records[at].with_columns(
        lang=pl.Series(np.array(["de", "en"])[at % 2]),
        duration_us=pl.Series((random.gamma(2.0, 3.5, rows) * 1e6).astype(np.int64)),
        verdict=pl.Series(np.array(["clean", "borderline", "bad"])[at % 3]),
    ).write_parquet(folder / "records.parquet")
    return folder


def write_big_model(path: Path, size: int) -> Path:
    """A tiny Canary with stand-in weights of this size."""
    text = (ARCHITECTURES / "canary.yaml").read_text(encoding="utf-8")
    section, files = tokenizer_of("canary", 24)
    config: Any = plain_value(read_tree(text, "canary.yaml"))
    config |= {"target": FAMILIES["canary"].target, "tokenizer": section}
    with tempfile.TemporaryFile() as weights, tarfile.open(path, "w") as tar:
        weights.truncate(size)
        for name, content in ({"model_config.yaml": json.dumps(config).encode()} | files).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo("model_weights.ckpt")
        info.size = size
        tar.addfile(info, weights)
    return path


def processor_s() -> float:
    """Processor time of all children so far, seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--bytes", type=int, default=2**30)
    options = parser.parse_args()
    program = Path(sys.executable).with_name("train")
    with tempfile.TemporaryDirectory() as name:
        profile = make_profile(Path(name) / "profile", options.rows)
        model = write_big_model(Path(name) / "model.nemo", options.bytes)
        given = ["--data", profile, "--model", model, "--config", "tiny", "--json"]
        command = [str(part) for part in (program, "plan", *given)]
        print(f"{options.rows:,} rows, {options.bytes:,} bytes")
        for _ in range(3):
            began, before = time.perf_counter(), processor_s()
            done = subprocess.run(command, capture_output=True, check=False)
            seconds, spent = time.perf_counter() - began, processor_s() - before
            if not done.stdout:  # a plan with errors, of audio that is not there, is a plan
                raise SystemExit(done.stderr.decode())
            cuts = json.loads(done.stdout)["data"]["cuts"]
            print(f"{seconds:.2f} s, processor {spent:.2f} s, {cuts:,} records to train on")


if __name__ == "__main__":
    main()
