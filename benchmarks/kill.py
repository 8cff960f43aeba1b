"""kill -9 at random moments of a profile: the old output or the new one, whole, each time.

.venv/bin/python -m benchmarks.kill --times 50 --seed 1
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.corpus import make

COMMAND = [sys.executable, "-c", "from curate.cli import main; main()", "profile", "--quiet"]


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        small, big = make(work / "small.jsonl", 500), make(work / "big.jsonl", given.rows)
        out = work / "out"
        subprocess.run([*COMMAND, str(small), "--out", str(out)], check=True)
        begun = time.monotonic()
        subprocess.run([*COMMAND, str(big), "--out", str(work / "new")], check=True)
        whole_s = time.monotonic() - begun
        old, new = state(out), state(work / "new")
        killed = replaced = 0
        for _ in range(given.times):
            process = subprocess.Popen([*COMMAND, str(big), "--out", str(out)])
            time.sleep(rng.uniform(0, 1.05) * whole_s)
            if process.poll() is None:
                process.kill()
                killed += 1
            process.wait()
            now = state(out)
            if now != old:
                assert now["records.parquet"] == new["records.parquet"], "a mixture"
                assert now.keys() == new.keys()
                replaced += 1
                subprocess.run([*COMMAND, str(small), "--no-cache", "--out", str(out)], check=True)
                old = state(out)
        left = [path.name for path in work.iterdir() if path.name.endswith(".tmp")]
        subprocess.run([*COMMAND, str(big), "--out", str(out)], check=True)
        after = [path.name for path in work.iterdir() if path.name.endswith(".tmp")]
        assert not after, f"left behind: {after}"
    print(f"{given.times} runs of {whole_s:.1f} s, {killed} killed, {replaced} had finished")
    print(
        f"every one left the old output or the new one; {len(left)} leftovers, cleared by the next"
    )


if __name__ == "__main__":
    main()
