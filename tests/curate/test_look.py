"""Looking into profiles: SQL that reaches nothing else, and records by condition."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

import curate
from curate.errors import ConfigError, InputError
from curate.inspect.records import look
from curate.profiles.own_query import run_query
from tests import processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two profiles, `one` and `two`, and a file of secrets beside them."""
    folder = tmp_path_factory.mktemp("look")
    for name, lang in (("one", "de"), ("two", "=cmd()")):
        rows = [
            {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": "ab " * n, "lang": lang}
            for n in range(1, 31)
        ]
        rows[4]["text"] = "\x1b[31mred[/]"
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
        curate.profile(folder / f"{name}.jsonl", out=folder / name)
    (folder / "secret.csv").write_text("a,b\n1,2\n")
    (folder / "one/secret.csv").write_text("a,b\n1,2\n")
    return folder


def _query(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return processes.curate("query", *words, cwd=folder)


REFUSED = [
    "FROM read_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM read_text('/etc/passwd')",
    "FROM read_csv('secret.csv')",
    "FROM read_csv('{folder}/one/secret.csv')",  # beside the records, and yet another file
    "FROM read_json('{folder}/one/profile.json')",
    "FROM glob('{folder}/*')",
    "ATTACH '{folder}/x.db'",
    "COPY (SELECT 1) TO '{folder}/x.csv'",
    "COPY records TO '{folder}/one/records.parquet'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA version",
    "SET threads = 1",
    "SET enable_external_access = true",
    "CREATE TABLE x (i INT)",
    "DROP VIEW records",
    "EXPORT DATABASE '{folder}/x'",
    "SELECT 1; SELECT 2",
    "SELECT getenv('HOME')",
    "SELECT no_such FROM records",
    "SELEC",
    "",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_a_query_reaches_nothing_else(folder: Path, sql: str) -> None:
    table = folder / "one/records.parquet"
    before = table.read_bytes()
    stated = sql.format(folder=folder)
    with pytest.raises(ConfigError), run_query([table], stated) as answer:
        list(answer.rows)
    assert table.read_bytes() == before
    assert not list(folder.glob("x*"))


def test_a_view_cannot_be_used_to_see_python(folder: Path) -> None:
    secret = [1]  # noqa: F841 - what DuckDB must not find
    with pytest.raises(ConfigError), run_query([folder / "one/records.parquet"], "FROM secret"):
        pass


def test_several_profiles_are_one_view(folder: Path) -> None:
    sql = "SELECT profile, count(*) AS n, max(word_rate) AS most FROM records GROUP BY 1 ORDER BY 1"
    done = _query(folder, sql, "one", "two", "--json")
    assert json.loads(done.stdout) == [
        {"profile": "one", "n": 30, "most": 30.0},
        {"profile": "two", "n": 30, "most": 30.0},
    ]


def test_csv_runs_no_formula(folder: Path) -> None:
    done = _query(
        folder, "SELECT lang, -1.5 AS n, ['a'] AS tags FROM records LIMIT 1", "two", "--csv"
    )
    assert list(csv.reader(io.StringIO(done.stdout))) == [
        ["lang", "n", "tags"],
        ["'=cmd()", "-1.5", '["a"]'],
    ]


def test_people_see_no_control_characters(folder: Path) -> None:
    done = _query(folder, "SELECT chr(27) || '[31m' AS x, NULL AS y", "one")
    assert (done.returncode, done.stderr) == (0, "")
    assert "<U+001B>[31m" in done.stdout
    head = processes.curate("head", "one", "-n", "5", cwd=folder)
    assert "<U+001B>" in head.stdout
    assert "\x1b" not in head.stdout


def test_a_wrong_query_is_told_in_words(folder: Path) -> None:
    done = _query(folder, "SELECT no_such FROM records", "one")
    assert done.returncode == 2
    assert "no_such" in done.stderr
    assert "Traceback" not in done.stderr
    assert _query(folder, "SELECT 1", "nowhere").returncode == 3


# condition, count, seed, lines found
LOOKS: list[tuple[str | None, int, int | None, list[int]]] = [
    (None, 3, None, [1, 2, 3]),
    ("words >= 10", 3, None, [10, 11, 12]),
    ("words >= 29", 3, None, [29, 30]),  # fewer than asked for
    ("verdict == 'clean' and words > 1", 9, None, [2, 3]),
    ("lang == 'fr'", 9, None, []),
    ("words >= 28", 9, 0, [28, 29, 30]),
]


@pytest.mark.parametrize(("where", "count", "seed", "lines"), LOOKS)
def test_look(
    folder: Path, where: str | None, count: int, seed: int | None, lines: list[int]
) -> None:
    records = look(folder / "one", count, where, seed)
    assert [each.id for each in records] == [f"{folder}/one.jsonl:{line}" for line in lines]
    for each, line in zip(records, lines, strict=True):
        assert each.record["text"] == "ab " * line
        assert each.metrics["words"] == line


def test_samples_are_fair_and_repeat(folder: Path) -> None:
    def drawn(seed: int) -> list[object]:
        return [each.id for each in look(folder / "one", 6, None, seed)]

    assert drawn(1) == drawn(1)
    seen = {name for seed in range(60) for name in drawn(seed)}
    assert len(seen) == 30, "every row can be drawn"


@pytest.mark.parametrize("where", ["char_rat > 3", "words >", "__import__('os')", "txet == 'x'"])
def test_conditions_are_no_code(folder: Path, where: str) -> None:
    with pytest.raises(ConfigError, match="where"):
        look(folder / "one", 1, where)


def test_no_profile_no_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no records"):
        look(tmp_path, 1)
