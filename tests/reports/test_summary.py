"""Summaries for CI: gates and alerts of every artefact, in forms that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as Xml

import markdown
import pytest
from markupsafe import Markup
from typer.testing import CliRunner

from curate.cli.app import app
from curate.errors import InputError
from reports import Kind, summary
from reports.headlines.declare import Alert, Level, made
from reports.summaries import Summary, summarise
from reports.summaries.declare import pieces, plain_text
from reports.summaries.junit import junit
from tests.reports.fixtures import MAKERS, VARIANTS, make, write

EVERY = [(kind, variant) for kind in get_args(Kind) for variant in VARIANTS]
GATES = [
    {"gate": "bad>5%", "figure": "28 rows of 324, 8.642%", "failed": True},
    {"gate": "malformed>0", "figure": "0 rows", "failed": False},
]


def gated(folder: Path) -> Path:
    """A profile with one gate that failed and one that passed."""
    file, maker = MAKERS["profile"]
    make("profile", folder)
    write(folder, file, {**maker(), "fail_on": GATES})
    return folder


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_every_artefact_has_a_summary_in_every_form(
    kind: Kind, variant: str, tmp_path: Path
) -> None:
    make(kind, tmp_path, variant)
    (one,) = summarise([tmp_path])
    text = summary([tmp_path], "md")
    assert text.startswith(f"## {one.kind.capitalize()}: ")
    html = markdown.markdown(text, extensions=["tables"])
    for tag in ("<script", "<img", "<svg", "<a ", "\x1b", "\u202e", "\u200b"):
        assert tag not in html
    suite = Xml.fromstring(summary([tmp_path], "junit")).find("testsuite")
    assert suite is not None
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    (plain,) = json.loads(summary([tmp_path], "json"))
    assert plain["kind"] == one.kind
    assert plain["headline"] == plain_text(one.headline.sentence)
    assert len(plain["alerts"]) == len(one.headline.alerts)


def test_gates_stand_in_every_form(tmp_path: Path) -> None:
    folder = gated(tmp_path / "p")
    text = summary([folder], "md")
    assert "| `bad>5%` | 28 rows of 324, 8.642% | **failed** |" in text
    assert "| `malformed>0` | 0 rows | passed |" in text
    suite = Xml.fromstring(summary([folder], "junit"))[0]
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    failure = cases["bad>5%"].find("failure")
    assert failure is not None
    assert failure.get("message") == "28 rows of 324, 8.642%"
    assert cases["malformed>0"].find("failure") is None
    (plain,) = json.loads(summary([folder], "json"))
    assert plain["gates"] == GATES
    assert plain["failed"] is True


@pytest.mark.parametrize(("level", "failures"), [("fault", 1), ("warning", 0), ("note", 0)])
def test_a_fault_without_a_gate_fails_its_suite(
    level: Level, failures: int, tmp_path: Path
) -> None:
    (whole,) = summarise([make("split", tmp_path)])
    top = made(Markup("<b>1</b> lost"), [Alert(level, "lost\nrows")], "calm")
    suite = Xml.fromstring(junit([Summary(tmp_path, "split", "seed 0", top, whole.artefact)]))[0]
    (case,) = [each for each in suite.findall("testcase") if each.get("name") == "no fault"]
    assert len(case.findall("failure")) == failures


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("", []),
        ("plain &amp; simple", [("plain & simple", "")]),
        ("<b>1</b>, <b>2</b>.", [("1", "b"), (", ", ""), ("2", "b"), (".", "")]),
        ("run <code>a &lt; b</code>", [("run ", ""), ("a < b", "code")]),
        ('<b class="x">1</b>', [("1", "b")]),
    ],
)
def test_sentences_come_apart_into_plain_texts(html: str, texts: list[tuple[str, str]]) -> None:
    assert pieces(Markup(html)) == texts
    assert plain_text(Markup(html)) == "".join(text for text, _ in texts)


def test_directories_without_artefacts_are_named_all_at_once(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    write(broken, "split.json", {"schema": "curate.split/1"})
    with pytest.raises(InputError) as refused:
        summarise([tmp_path, tmp_path / "none", broken, gated(tmp_path / "p")])
    wheres = [fault.where for fault in refused.value.faults]
    assert wheres[:2] == [str(tmp_path), str(tmp_path / "none")]
    assert all("broken" in where for where in wheres[2:])
    assert len(wheres) > 2


def test_the_command_prints_or_writes_a_whole_file(tmp_path: Path) -> None:
    folder = gated(tmp_path / "p")
    printed = CliRunner().invoke(app, ["summary", str(folder)])
    assert (printed.exit_code, printed.stdout) == (0, summary([folder], "md"))
    out = tmp_path / "new" / "gates.xml"
    words = ["summary", str(folder), "--format", "junit", "--out", str(out)]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert out.read_text(encoding="utf-8") == summary([folder], "junit")
    assert [path.name for path in out.parent.iterdir()] == ["gates.xml"]
