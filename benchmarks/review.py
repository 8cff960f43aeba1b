"""The review server over HTTP: `python -m benchmarks.review [ROWS]`.

The profile of a generated manifest is served by `curate review` itself; each kind of question is
asked several times with other values, so that nothing is answered from memory. A search may need
several requests: the table has the whole until its answer is complete, the longest single request,
and the processor time of the server.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from benchmarks import corpus
from curate.rules.file import load_rules
from tests.profiling import write_profile

WORK = Path(tempfile.gettempdir()) / "curate-bench"
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "speech" / "manifest.jsonl"
POLL_S = 0.02
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def profile_of(manifest: Path, folder: Path) -> Path:
    """A profile directory of a manifest, made unless it is there."""
    if not (folder / "profile.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_profile([str(manifest)], folder, load_rules(None))
    return folder


def large_profile(rows: int) -> Path:
    """A profile directory of so many generated rows."""
    WORK.mkdir(parents=True, exist_ok=True)
    manifest = corpus.make(WORK / f"rows{rows}.jsonl", rows)
    return profile_of(manifest, WORK / f"review-of-{rows}")


class ReviewServer:
    """`curate review` in a process of its own, and how long it took to be ready."""

    def __init__(self, profile: Path) -> None:
        command = [str(Path(sys.executable).parent / "curate"), "review", str(profile)]
        log = str(profile / "overrides.jsonl")
        begun = time.perf_counter()
        self.run = subprocess.Popen(
            [*command, "--no-browser", "--overrides", log],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.run.stderr is not None
        address = re.search(r"(http://\S+)/\?token=(\S+)", self.run.stderr.readline())
        assert address is not None
        self.ready_s = time.perf_counter() - begun
        self.address = address[1]
        self._cookie = f"curate_review_{self.address.rpartition(':')[2]}={address[2]}"

    def ask(self, path: str) -> tuple[float, bytes]:
        """(seconds, answer) of one request."""
        request = urllib.request.Request(self.address + path, headers={"cookie": self._cookie})
        begun = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
        return time.perf_counter() - begun, content

    def answer(self, path: str) -> tuple[float, float]:
        """(seconds until the answer is complete, seconds of the longest request)."""
        begun, longest = time.perf_counter(), 0.0
        while True:
            seconds, content = self.ask(path)
            longest = max(longest, seconds)
            answer = json.loads(content)
            if answer.get("searched", 1) == answer.get("loaded", 1) == 1:
                return time.perf_counter() - begun, longest
            time.sleep(POLL_S)

    def file(self, path: str) -> tuple[float, float]:
        """The same of an answer that is no JSON."""
        seconds = self.ask(path)[0]
        return seconds, seconds

    def stop(self) -> None:
        """End the server."""
        self.run.terminate()
        self.run.wait()

    def processor_ms(self) -> float:
        """Processor time of the server so far."""
        fields = Path(f"/proc/{self.run.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK_MS


def questions(times: int) -> dict[str, list[str]]:
    """Kinds of questions, each with other values."""

    def records(**parameters: object) -> str:
        return "/api/records?" + urllib.parse.urlencode(parameters)

    def kind(**parameters: str) -> list[str]:
        return [
            records(**{name: value.format(n) for name, value in parameters.items()})
            for n in range(times)
        ]

    def each(path: str) -> list[str]:
        return [path.format(n) for n in range(times)]

    rate = {"sort": "char_rate", "metric": "char_rate"}
    regex = {"how": "regex"}
    return {
        "input order": kind(count="5{0}"),
        "deep in it": kind(after="[null, 4{0}00000]"),
        "verdict": kind(
            verdict="borderline", sort="duration_s", metric="duration_s", least="0.{0}"
        ),
        "rule, by metric": kind(tag="bad:repetitions", most="9{0}", **rate),
        "language, by metric": kind(lang="de", least="{0}", **rate),
        "speaker": kind(speaker="spk0000{0}", sort="words"),
        "metric range": kind(least="1{0}", most="1{0}.5", order="up", **rate),
        "not decided yet": kind(decided="no", sort="chars", metric="chars", least="{0}"),
        "all, by metric": kind(sort="char_rate", count="5{0}"),
        "substring": kind(text="ow {0}"),
        "substring, by metric": kind(text="fox{0}|fox", sort="char_rate", **regex),
        "word": kind(text="rain {0}", how="word"),
        "regex without a literal": kind(text="[aeiou]{{3}}[^aeiou]{{{0}}}", **regex),
        "regex in a hostile form": kind(text="(x+x+)+y{0}", **regex),
        "histogram": each("/api/histogram?of=char_rate&metric=chars&least=1{0}"),
        "histogram of a language": each(
            "/api/histogram?of=char_rate&lang=de&metric=chars&least={0}"
        ),
        "words, by count": each("/api/words?least={0}"),
        "words, the worst recognised": each("/api/words?sort=accuracy&order=up&least=1{0}"),
        "words with a part": each("/api/words?part=a{0}"),
    }


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=5_000_000)
    arguments.add_argument("--times", type=int, default=9)
    options = arguments.parse_args()
    print(f"{options.rows:,} rows, load {os.getloadavg()[0]:.1f}")
    server = ReviewServer(large_profile(options.rows))
    try:
        server.ask("/")
        print(f"ready to answer after {server.ready_s:.1f} s, {server.processor_ms():.0f} ms")
        taken = server.answer("/api/records?text=zebra")[0]
        print(f"texts read after {taken:.1f} s, {server.processor_ms():.0f} ms")
        taken = server.answer("/api/words")[0]
        print(f"words counted after {taken:.1f} s, {server.processor_ms():.0f} ms")
        show(server, questions(options.times))
    finally:
        server.stop()
    server = ReviewServer(profile_of(EXAMPLE, WORK / "review-example"))
    try:
        row = json.loads(server.ask("/api/records?verdict=clean&count=1")[1])["records"][0]["row"]
        paths = {name: f"/api/records/{row}/{name}" for name in ("audio", "spectrogram")}
        show(server, {name: [path] * options.times for name, path in paths.items()})
    finally:
        server.stop()


def show(server: ReviewServer, questions: dict[str, list[str]]) -> None:
    """Print one table."""
    print("| question | median ms | worst ms | longest request, ms | processor ms |")
    print("|---|---|---|---|---|")
    for name, paths in questions.items():
        before = server.processor_ms()
        ask = server.answer if name not in {"audio", "spectrogram"} else server.file
        taken = [ask(path) for path in paths]
        processor = (server.processor_ms() - before) / len(paths)
        whole = [1000 * each for each, _ in taken]
        longest = max(1000 * each for _, each in taken)
        print(
            f"| {name} | {statistics.median(whole):.0f} | {max(whole):.0f} | {longest:.0f} "
            f"| {processor:.0f} |"
        )


if __name__ == "__main__":
    main()
