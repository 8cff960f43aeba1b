"""What the terminal leaves out because it says nothing, and what it says instead."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from curate.artifacts.base import Gate
from curate.artifacts.leaks import Leak
from curate.artifacts.verification import Verification
from curate.cli.render.profile import sparkline
from curate.cli.render.shards import verify_table
from curate.cli.render.split import split_tables
from curate.cli.render.terminal import leak_lines, plain_table
from tests.curate.splitting import certificate, rows_of, split
from tests.curate.test_cli import curate
from tests.lines import lines_of


def printed(part: RenderableType, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("counts", "bars"),
    [([], ""), ([0, 0], ""), ([5], "█"), ([0, 1, 4, 8, 2, 0, 0], "▁▄█▂"), ([1, 0, 1000], "▁ █")],
)
def test_sparkline(counts: list[int], bars: str) -> None:
    assert sparkline(counts) == bars


def test_a_sparkline_is_never_wider_than_asked() -> None:
    for bins in range(1, 100):
        assert 1 <= len(sparkline([1] * bins, 10)) <= 10


def leak(kind: str, between: tuple[str, str], count: int | None) -> Leak:
    return Leak(kind=kind, between=between, count=count)


def test_no_leak_is_one_line_and_a_leak_a_table() -> None:
    pairs = (("train", "eval"), ("train", "test"), ("eval", "test"))
    none = [leak(kind, pair, 0) for kind in ("speaker", "text") for pair in pairs]
    [line] = leak_lines(none, (), "no leak found in speaker and text")
    assert printed(line) == "train, eval, test: no leak found in speaker and text\n"
    some = [*none[:-1], leak("text", ("eval", "test"), 1_200)]
    table, line = leak_lines(some, (), "leaks found in text")
    shown = printed(table)
    assert "must be 0" in shown
    assert "1,200" in shown
    assert len(lines_of(shown)) == 4
    assert printed(line) == "train, eval, test: leaks found in text\n"


def test_what_could_not_be_checked_is_no_zero() -> None:
    leaks = [leak("speaker", ("train", "eval"), None), leak("text", ("train", "eval"), 3)]
    shown = printed(next(leak_lines(leaks, (), "")))
    assert "not checked" in shown


def test_a_profile_lists_what_rules_have_limits_on(root: Path, tmp_path: Path) -> None:
    manifest = str(root / "examples" / "speech" / "manifest.jsonl")
    short = curate("profile", manifest, "--out", "p", cwd=tmp_path).stdout
    assert "char_rate" in short
    assert "markup_chars" not in short, "it is 0 in every row"
    assert "more metrics are on the page (--verbose lists them)" in short
    long = curate("profile", manifest, "--out", "p", "--verbose", cwd=tmp_path).stdout
    assert "markup_chars" in long
    assert len(lines_of(long)) > len(lines_of(short)) + 5


def test_what_was_verified_is_said_without_its_gates() -> None:
    verification = Verification(
        command="", versions={}, folder="x", format="shar", shards=1, cuts=25, hours=0.5, decoded=8,
        checked_against="shards.json", faults=(),
        fail_on=(Gate(gate="faults>0", figure="0 faults", failed=False),),
    )  # fmt: skip
    [table] = verify_table(verification)
    rows = [line.split() for line in lines_of(printed(table).strip())]
    assert rows[5:7] == [["cuts", "25"], ["length", "30.0", "min"]]
    assert [row[0] for row in rows[2:]] == [
        "folder", "format", "shards", "cuts", "length", "decoded", "checked",
    ]  # fmt: skip
    assert rows[7] == ["decoded", "8", "of", "25", "recordings"]


def test_a_title_wider_than_its_table_is_one_line() -> None:
    table = plain_table("a title of many words that no column is as wide as", "rows")
    table.add_row("1")
    assert lines_of(printed(table))[0] == "a title of many words that no column is as wide as"


@pytest.mark.parametrize(
    ("langs", "lines"),
    [
        ((None,), []),  # the line of all rows has it
        (("en", None), ["eval is too small to measure lang en, no lang separately"]),
    ],
)
def test_rows_without_a_language_are_named_so(
    tmp_path: Path, langs: tuple[str | None, ...], lines: list[str]
) -> None:
    rows = rows_of({f"s{n}": 5 for n in range(20)})
    rows = [{**row, "lang": langs[at % len(langs)]} for at, row in enumerate(rows)]
    split(tmp_path / "w", rows, {"eval": "40s"})
    output = "".join(map(printed, split_tables(certificate(tmp_path / "w"))))
    assert [line for line in lines_of(output) if "too small" in line] == lines
    assert "None" not in output


def test_a_warning_is_one_line_however_narrow_the_terminal(tmp_path: Path, root: Path) -> None:
    example = str(root / "examples" / "speech" / "manifest.jsonl")
    done = curate("split", example, "--out", "s", cwd=tmp_path, COLUMNS="60")
    assert done.returncode == 0, done.stderr
    (line,) = (each for each in lines_of(done.stderr) if each.startswith("warning: eval: "))
    assert len(line) > 60
