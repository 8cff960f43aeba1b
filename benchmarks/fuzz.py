"""Broken inputs of every format, for as long as you like: nothing crashes, every ledger balances.

    .venv/bin/python -m benchmarks.fuzz --minutes 10 --seed 1 --sanitized

Each round takes a small sound input, breaks its bytes, profiles and splits it. It may be refused
with an error of ours, and else must account for every line. What fails is kept in --keep, and its
round's number gives it again (--only). With --sanitized the loops in C are those that gcc compiles
with AddressSanitizer and UndefinedBehaviorSanitizer: a fault ends the run with their report, after
the name of its round.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import polars as pl
import zstandard

from curate.artifacts.profile import Profile
from curate.environment.execution import Execution
from curate.errors import CurateError
from curate.manifest.strict import parse_line, why_no_record
from curate.native.build import CHECKED_VARIABLE, find_compiler, shared_library
from curate.profiles.measure import row_groups
from curate.rules.file import load_rules
from curate.splits import SplitRequest, Targets, split_profile
from tests.profiling import write_profile

TEXTS = [
    "hello there you",
    "",
    "ना मैं",
    "a " * 20,
    'he said "no", twice',
    "北京 天气",
    "x" * 40,
    "\u2028",
]
TOKENS = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r\n", b"\r", b"\t", b"\0", b"\xff",
    b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"NaN", b"-Infinity", b"1e999", b"9" * 30,
    b"9" * 5000, b"null", b"true", b'"text"', b'"duration"', b'"duration": 1,', b"\xef\xbb\xbf",
    b"\xff\xfe", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1", b"[" * 200, b'""', b"  ", b"-",
    b"&a ", b"*a",
]  # fmt: skip
Files = Mapping[str, bytes]


def nemo_lines(rng: random.Random, **more: object) -> bytes:
    return b"".join(
        json.dumps(
            {
                "audio_filepath": f"{at}.wav",
                "duration": rng.choice([1, 2.5, 0.3, 11.25]),
                "text": rng.choice(TEXTS),
                "lang": rng.choice(["en", "hi", None]),
                "speaker": rng.choice(["a", "b", 7]),
                **more,
            },
            ensure_ascii=rng.random() < 0.5,
        ).encode()
        + b"\n"
        for at in range(rng.randrange(1, 12))
    )


def cuts(rng: random.Random) -> bytes:
    lines = []
    for line in nemo_lines(rng).split(b"\n")[:-1]:
        row = json.loads(line)
        supervision = {
            "id": "s", "recording_id": "r", "start": 0, "duration": row["duration"],
            "text": row["text"], "language": row["lang"], "speaker": str(row["speaker"]),
        }  # fmt: skip
        cut = {
            "id": row["audio_filepath"], "start": 0, "duration": row["duration"], "channel": 0,
            "supervisions": [supervision], "type": "MonoCut",
            "recording": {"id": "r", "sources": [{"type": "file", "source": "r.wav"}]},
        }  # fmt: skip
        lines.append(json.dumps(cut).encode())
    return b"\n".join(lines)


def samples(rng: random.Random) -> Iterator[tuple[Files, str]]:
    """Sound inputs: their files, and the name to profile."""
    lines = nemo_lines(rng)
    yield {"m.jsonl": lines}, "m.jsonl"
    yield {"m.jsonl.gz": gzip.compress(lines)}, "m.jsonl.gz"
    yield {"m.zst": zstandard.ZstdCompressor().compress(lines)}, "m.zst"
    yield {"t.json": nemo_lines(rng, shard_id=0), "audio_0.tar": bytes(1024)}, "t.json"
    yield {"c.jsonl": cuts(rng)}, "c.jsonl"
    yield {"shar/cuts.000000.jsonl.gz": gzip.compress(cuts(rng))}, "shar"
    supervisions = b'{"id":"s","recording_id":"r","start":0,"duration":2,"text":"hi you"}\n' * 3
    yield (
        {
            "p/supervisions.jsonl": supervisions,
            "p/recordings.jsonl": b'{"id":"r","sources":[],"num_samples":9,"duration":9}\n',
        },
        "p",
    )
    yield (
        {
            "k/text": b"u1 hello there\nu2 you\nu3\n",
            "k/segments": b"u1 r 0 2.5\nu2 r 2.5 4\nu3 r 4 5\n",
            "k/wav.scp": b"r sox x |\n",
            "k/utt2spk": b"u1 a\nu2 b\n",
        },
        "k",
    )
    row = "c{0}\tcommon_{0}.mp3\t{1}\t2\t0\ten\n"
    table = "client_id\tpath\tsentence\tup_votes\tdown_votes\tlocale\n" + "".join(
        row.format(at, rng.choice(TEXTS)) for at in range(5)
    )
    durations = "clip\tduration[ms]\n" + "".join(f"common_{at}.mp3\t{at}500\n" for at in range(5))
    yield {"v.tsv": table.encode(), "clip_durations.tsv": durations.encode()}, "v.tsv"
    yield {"f.tsv": b'1\ta.wav\tA "b"\ta b\ta |\t16000\tMALE\n' * 3}, "f.tsv"
    yield {"x.csv": b'path,text,duration\na.wav,"one, ""two""\nthree",2.5\nb.wav,four,1\n'}, "x.csv"
    blend = b"- type: nemo\n  manifest_filepath: m.jsonl\n  weight: 0.5\n  tags: {corpus: a}\n"
    yield {"b.yaml": blend, "m.jsonl": lines}, "b.yaml"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        pl.DataFrame(
            {"path": ["a", "b"], "text": ["x", None], "duration": [1.0, 2.0]}
        ).write_parquet(path)
        yield {"t.parquet": path.read_bytes()}, "t.parquet"


def broken(rng: random.Random, data: bytes) -> bytes:
    """Some bytes cut out, put in, doubled or changed."""
    for _ in range(rng.choice([0, 1, 1, 2, 4, 16])):
        at = rng.randrange(len(data) + 1)
        upto = min(len(data), at + rng.choice([0, 1, 2, 8, 64]))
        what = rng.randrange(5)
        if what == 0:
            data = data[:at] + data[upto:]
        elif what == 1:
            data = data[:at] + rng.choice(TOKENS) + data[upto:]
        elif what == 2:
            data = data[:at] + rng.randbytes(upto - at) + data[upto:]
        elif what == 3:
            data = data[:at] + data[at:upto] * 2 + data[upto:]
        else:
            data = data[:at] if rng.random() < 0.3 else data[:at] + rng.choice(TOKENS) + data[at:]
    return data


def one_round(seed: str, folder: Path) -> str:
    """Break one input and read it; what came of it."""
    rng = random.Random(seed)
    files, name = rng.choice(list(samples(rng)))
    target = rng.choice(sorted(files))
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(broken(rng, data) if path == target else data)
    profiled, out = folder / "profile", folder / "split"
    profiled.mkdir()
    out.mkdir()
    large = rng.choice([row_groups.LARGE, 4])  # from so many rows on columns of few values differ
    try:
        with patch.object(row_groups, "LARGE", large):
            content = write_profile(
                [str(folder / name)], profiled, load_rules(None), execution=Execution(threads=2)
            )
        request = SplitRequest(
            targets=Targets.parse({"eval": "1s", "test": "1s"}),
            by=["lang"],
            group=["speaker"],
            to=rng.choice([None, "lhotse"]),
        )
        split_profile(profiled, out, request)
    except CurateError as error:
        return f"refused {type(error).__name__}"
    check(content, profiled, out)
    formats = {entry.format for entry in content.inputs}
    return f"read {'+'.join(sorted(formats))}"


def check(content: Profile, profiled: Path, out: Path) -> None:
    """Every row is there once, in rows and in bytes."""
    for folder in (profiled, out):
        assert json.loads((folder / "ledger.json").read_text())["balanced"]
    rows = pl.read_parquet(profiled / "records.parquet")
    outputs = [path for path in out.glob("*.jsonl") if ".reasons" not in path.name]
    written = sum(
        path.read_bytes().count(b"\n") for path in outputs if path.stem != "eval_borderline"
    )
    assert written == rows.height, (written, rows.height)
    for path in outputs:
        if path.stem != "malformed":
            for line in path.read_bytes().split(b"\n")[:-1]:
                assert why_no_record(parse_line(line)) is None, line[:200]
    for entry in content.inputs:
        if entry.format != "nemo" or not entry.source.endswith("m.jsonl"):
            continue
        data = Path(entry.source).read_bytes()
        if data[:2] == b"\x1f\x8b" or data[:4] == b"\x28\xb5\x2f\xfd":
            continue
        lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        given = Counter(line for line in lines if line.strip(b" \t\r"))
        got: Counter[bytes] = Counter()
        for path in outputs:
            if path.stem != "eval_borderline":
                got.update(path.read_bytes().split(b"\n")[:-1])
        assert got == given, "the lines that went out are those that came in"


def run_sanitized() -> NoReturn:
    """Begin again in a process whose kernels are built with the sanitizers."""
    command = [*find_compiler().command, "-print-file-name=libasan.so"]
    runtime = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(runtime).is_absolute():
        raise SystemExit(f"{command[0]} has no libasan.so: --sanitized needs gcc ($CC names it)")
    environment = {
        **os.environ,
        CHECKED_VARIABLE: "sanitized",
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself leaks
    }
    arguments = [argument for argument in sys.argv[1:] if argument != "--sanitized"]
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks.fuzz", *arguments], environment)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="one round, by its name as printed")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings.tmp"))
    parser.add_argument("--sanitized", action="store_true", help="kernels built with sanitizers")
    given = parser.parse_args()
    if given.sanitized:
        run_sanitized()
    until = time.monotonic() + 60 * given.minutes
    tally: Counter[str] = Counter()
    number = failed = 0
    while time.monotonic() < until:
        name = given.only or f"{given.seed}/{number}"
        print(f"\rround {name} ", end="", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                tally[one_round(name, Path(folder))] += 1
            except Exception:
                failed += 1
                print(f"round {name}:\n{traceback.format_exc()}", flush=True)
                saved = given.keep / name.replace("/", "-")
                saved.parent.mkdir(parents=True, exist_ok=True)
                if not saved.exists():
                    Path(folder).rename(saved)
                    Path(folder).mkdir()
        number += 1
        if given.only:
            break
    print(f"kernels: {shared_library().name}")
    for what, count in sorted(tally.items()):
        print(f"{count:7d}  {what}")
    print(f"{number} rounds, {failed} findings")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
