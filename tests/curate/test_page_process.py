"""The page that a child process draws: the same page, and no process is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.lines import lines_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")

RUN = """
import os, sys
from pathlib import Path
import curate.cli.page_process as beside
import reports
from curate.environment import cores
beside.thread_count = lambda: {processors}
drawn = reports.build
def build(kind, folder):
    with open({log!r}, "a") as log:
        print(os.getpid() == MAIN, file=log)
    {fault}
    return drawn(kind, folder)
reports.build = build
from curate.cli import script
sys.argv = ["curate", *{words!r}]
script()
"""


class Command:
    """`curate profile` of a small manifest in a process of its own, and who drew its page."""

    def __init__(self, folder: Path) -> None:
        self.manifest, self.out, self.log = folder / "a.jsonl", folder / "out", folder / "log"
        line = '{"audio_filepath": "a.wav", "duration": 2.0, "text": "two words"}\n'
        self.manifest.write_text(line, encoding="utf-8")
        self.words: Sequence[str | Path] = ("profile", self.manifest)

    def run(
        self, *options: str, processors: int = 2, fault: str = "pass", prelude: str = ""
    ) -> subprocess.CompletedProcess[str]:
        code = RUN.format(
            processors=processors, log=str(self.log), fault=fault,
            words=[*map(str, self.words), "--out", str(self.out), *options],
        )  # fmt: skip
        late = code.rindex("from curate.cli import script")
        code = f"import os\nMAIN = os.getpid()\n{code[:late]}{prelude}{code[late:]}"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
        )

    @property
    def by_command(self) -> list[bool]:
        """Of each time that a page was begun, whether the command itself did."""
        if not self.log.exists():
            return []
        return [line == "True" for line in lines_of(self.log.read_text(encoding="utf-8"))]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_a_child_process_draws_the_page_that_the_command_would(command: Command) -> None:
    pages = []
    for processors in (2, 1):
        done = command.run("--no-cache", processors=processors)
        assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
        pages.append((command.out / "report.html").read_bytes())
    assert command.by_command == [False, True]
    assert pages[0] == pages[1]
    assert sorted(path.name for path in command.out.iterdir()) == sorted(FILES)


def test_tables_made_meanwhile_are_printed_once_and_are_those_of_one_processor(
    command: Command,
) -> None:
    """Tables that fail are made again where they are printed."""
    log = command.log.with_name("tables")
    code = f"""
import curate.cli.render.profile as tables
made = tables._tables
def failing(*given):
    with open({str(log)!r}, "a+") as log:
        first = log.tell() == 0
        log.write("made ")
    if first and {{fails}}:
        raise ValueError("too early")
    return made(*given)
tables._tables = failing
"""
    outputs = []
    for processors, fails in ((1, False), (2, False), (2, True)):
        log.unlink(missing_ok=True)
        done = command.run(
            "--no-cache", processors=processors, prelude=code.format(fails=fails)
        )  # fmt: skip
        outputs.append((done.returncode, done.stdout, len(log.read_text().split())))
    (_, tables, _), two, failed = outputs
    assert "more metrics are on the page" in tables
    assert outputs[0] == (0, tables, 1)
    assert two == (0, tables, 1)
    assert failed == (0, tables, 2)


FILES = ("ledger.json", "measured.json", "profile.json", "records.parquet", "report.html")


def test_it_draws_the_page_of_a_split(command: Command, root: Path) -> None:
    command.words = ("split", root / "examples" / "speech" / "manifest.jsonl")
    done = command.run("--eval", "45s", "--test", "60s", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert command.by_command == [False]
    assert b"<title>split: " in (command.out / "report.html").read_bytes()


def test_none_is_begun_where_nothing_may_be_drawn(command: Command) -> None:
    assert command.run().returncode == 0
    assert command.run().returncode == 0  # unchanged: nothing is drawn
    command.manifest.write_text(command.manifest.read_text() * 2, encoding="utf-8")
    assert command.run().returncode == 0
    assert command.by_command == [False, True]


@pytest.mark.parametrize(
    "fault",
    [
        "if os.getpid() != MAIN: raise ValueError('no such section')",
        "if os.getpid() != MAIN: os.kill(os.getpid(), 9)",
        "if os.getpid() != MAIN: os._exit(0)",
    ],
)
def test_where_it_fails_the_command_draws(command: Command, fault: str) -> None:
    done = command.run("-q", fault=fault)
    assert (done.returncode, done.stderr) == (0, "")
    assert command.by_command == [False, True]
    assert (command.out / "report.html").is_file()


def test_what_fails_in_both_is_reported_once(command: Command) -> None:
    fault = "raise __import__('curate.errors').errors.ConfigError.of('page', 'no space left')"
    done = command.run(fault=fault)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("page: no space left") == 1
    assert not command.out.exists()


def test_it_ends_with_a_command_that_is_killed(command: Command) -> None:
    """It waits for a request, and has no stream of the command that a reader would wait for."""
    code = """
import os, signal
from pathlib import Path
import curate.terminal.process as process
process._commands.append(None)
import curate.cli.page_process as beside
beside.thread_count = lambda: 2
page = beside.begin_page('profile', [])
print(page._pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    until = time.monotonic() + 30
    while _runs(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _runs(int(done.stdout))


def _runs(pid: int) -> bool:
    """Whether a process does anything still: one that nobody waits for has ended, too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_none_is_left_where_the_command_fails_before(command: Command) -> None:
    done = command.run("--rules", "nowhere.yaml")
    assert done.returncode == 2
    assert command.by_command == []
    assert [path for path in Path("/proc").glob("[0-9]*") if _names(path, command.out)] == []


def _names(process: Path, out: Path) -> bool:
    try:
        return str(out).encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False
