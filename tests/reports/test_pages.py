"""Every page, from good artefacts and from bad ones."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from curate.artifacts.base import write_artifact
from curate.artifacts.clips import Clip, Clips, LeftOut
from curate.errors import ConfigError, InputError
from reports import Kind, build
from tests.reports.fixtures import MAKERS, STAGES, VARIANTS, make

KINDS: tuple[Kind, ...] = get_args(Kind)
EVERY = [(kind, variant) for kind in KINDS for variant in VARIANTS]
TEXTS = {"text", "pred_text", "reference", "hypothesis"}
VOID = {"meta", "wbr", "br", "img", "input", "link", "rect", "line", "use"}


class Reader(HTMLParser):
    """Elements with their attributes, text without style and script, and unclosed elements."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & {*self.open}:
            self.text += data


def read(path: Path) -> tuple[str, Reader]:
    html = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(html)
    reader.close()
    return html, reader


def test_every_kind_has_fixtures() -> None:
    assert tuple(MAKERS) == KINDS
    assert len(EVERY) == 5 * len(KINDS)


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_a_page_stands_on_its_own(kind: Kind, variant: str, tmp_path: Path) -> None:
    path = build(kind, make(kind, tmp_path, variant))
    html, reader = read(path)
    names = {name for name, _ in reader.elements}
    ids = [attrs["id"] for _, attrs in reader.elements if "id" in attrs]
    assert path == tmp_path / "report.html"
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted(
        ["report.html", MAKERS[kind][0], *(["ledger.json"] if kind in STAGES else [])]
    )
    assert reader.open == []
    assert len(ids) == len(set(ids)) > 0
    assert not names & {"img", "link", "iframe", "object", "embed", "form", "base", "image"}
    assert not re.search(r"https?:|javascript:|@import|url\((?!#c)", html)
    assert html.count("<script>") == html.count("</script>") == 1
    for _, attrs in reader.elements:
        assert not [name for name in attrs if name.startswith("on") or name in {"style", "src"}]
        assert (attrs.get("href") or "#").startswith("#") or attrs["href"] in (
            MAKERS[kind][0],
            "ledger.json",
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_policy_allows_the_style_and_script_of_the_page_only(
    kind: Kind, tmp_path: Path
) -> None:
    _, reader = read(build(kind, make(kind, tmp_path)))
    policies = [
        attrs["content"] or ""
        for name, attrs in reader.elements
        if name == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policies[0]
    assert ("html", {"lang": "en"}) in reader.elements


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_from_outside_becomes_markup(kind: Kind, tmp_path: Path) -> None:
    html, reader = read(build(kind, make(kind, tmp_path, "spoilt")))
    assert "onerror=alert(1)" in reader.text
    assert "{{ 7 * 7 }}" in reader.text
    assert "<img" not in html
    assert "<svg onload" not in html
    hidden = [c for c in html if re.match("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e]", c)]
    assert hidden == []
    assert "U+202E" in html


LISTS: dict[Kind, dict[str, tuple[int, dict[str, int]]]] = {
    "profile": {"metrics": (50, {"worst": 8}), "borderline": (30, {"records": 4})},
    "what-if": {"limits": (50, {"flagged": 3, "passed": 3})},
    "compare": {"rules": (50, {"got_records": 4, "lost_records": 4})},
    "reconsider": {"limits": (60, {"examples": 5})},
    "eval": {"worst": (40, {})},
}
"""As many records as each page may come to hold."""


def flood(kind: Kind, text: str, folder: Path) -> int:
    """Artefacts with as many records as there may be, each with this text; how many of them."""
    file = make(kind, folder) / MAKERS[kind][0]
    data = json.loads(file.read_text())
    number = 0
    for outer, (many, inner) in LISTS[kind].items():
        data[outer] = [{**data[outer][at % len(data[outer])]} for at in range(many)]
        for at, each in enumerate(data[outer]):
            each.update(
                (name, [{**each[name][0], "id": f"{outer}:{at}:{n}"} for n in range(count)])
                for name, count in inner.items()
                if each[name]
            )
            for record in [
                each,
                *(record_of_list for name in inner for record_of_list in each[name]),
            ]:
                here = TEXTS & record.keys()
                number += bool(here)
                record.update(dict.fromkeys(here, text))
                if "pred_text" in here:
                    record["pred_text"] = text[::-1]
    file.write_text(json.dumps(data))
    if kind in {"profile", "what-if"}:
        ids = sorted(set(re.findall(r'"id": "(\w+:\d+:\d+)"', file.read_text())))[:40]
        outline = "M0 0V1" * 160
        clip = Clip(type="audio/ogg", data="A" * 40_000, outline=outline, seconds=1, cut=False)
        left_out = LeftOut(no_audio=0, no_room=0, more=0)
        clips = Clips(most=40, clips=dict.fromkeys(ids, clip), left_out=left_out)
        write_artifact(folder, clips)
    return number


@pytest.mark.parametrize(
    "text",
    ["\x1b" * 4500, "नमस्ते &<> " * 900, "\u202e ا" * 3000],
    ids=["controls", "devanagari", "bidi"],
)
@pytest.mark.parametrize("kind", LISTS)
def test_no_text_makes_a_page_too_large_to_pass_round(
    kind: Kind, text: str, tmp_path: Path
) -> None:
    assert flood(kind, text, tmp_path) >= 40
    page = build(kind, tmp_path)
    assert page.stat().st_size < 3_000_000
    html = page.read_text()
    assert "too long for this page" in html or len(html) < 900_000
    if kind in {"profile", "what-if"}:
        assert html.count("<audio") == 40


BUILD_EACH = """
import sys, pathlib, reports
for kind in sys.argv[2:]:
    reports.build(kind, pathlib.Path(sys.argv[1], kind))
"""


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of each kind, whose page a process with another hash seed built."""
    folder = tmp_path_factory.mktemp("rebuilt")
    for kind in KINDS:
        make(kind, folder / kind)
    subprocess.run(
        [sys.executable, "-c", BUILD_EACH, str(folder), *KINDS],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1234"},
    )
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_same_artefacts_same_bytes(kind: Kind, rebuilt: Path, tmp_path: Path) -> None:
    first = build(kind, make(kind, tmp_path)).read_bytes()
    assert (rebuilt / kind / "report.html").read_bytes() == first


def test_a_page_needs_no_matplotlib(tmp_path: Path) -> None:
    folder = make("profile", tmp_path)
    code = "import sys, pathlib, reports; reports.build('profile', pathlib.Path(sys.argv[1]))"
    code += "; print(*sys.modules)"
    words = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    modules = {*done.stdout.split()}
    assert "reports.charts.histograms" in modules
    assert not {"matplotlib", "scipy", "numba"} & modules


def test_importing_reports_is_cheap() -> None:
    code = "import sys, reports; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"matplotlib", "jinja2", "jiwer", "pydantic", "polars"} & {*done.stdout.split()}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("profile.json", None, "No such file"),
        ("profile.json", "{", "is not JSON"),
        ("profile.json", "[" * 100_000, "is not JSON"),
        ("profile.json", '{"schema": "curate.profile/1", "totals": {"hours": NaN}}', "NaN"),
        ("profile.json", '{"schema": "curate.profile/1", "totals": {"hours": 1e999}}', "finite"),
        ("profile.json", '{"schema": "curate.profile/2"}', "reads curate.profile/1"),
        ("profile.json", "{}", "schema"),
        ("profile.json", '{"schema": "curate.profile/1", "metrics": 3}', "metrics"),
        ("profile.json", "[]", "(top level)"),
        ("ledger.json", None, "No such file"),
    ],
)
def test_unreadable_artefacts_are_named(
    file: str, content: str | None, message: str, tmp_path: Path
) -> None:
    make("profile", tmp_path)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_text(content)
    with pytest.raises(InputError) as raised:
        build("profile", tmp_path)
    assert str(tmp_path / file) in str(raised.value)
    assert message in str(raised.value)
    assert "hint: write it again with `curate profile`" in str(raised.value)
    assert not (tmp_path / "report.html").exists()


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    wrong = MAKERS["split"][1]() | {"seed": "many", "leaks": 1}
    (tmp_path / "split.json").write_text(json.dumps(wrong))
    with pytest.raises(InputError) as raised:
        build("split", tmp_path)
    places = [fault.where.rpartition("/")[2] for fault in raised.value.faults]
    assert places == ["split.json: seed", "split.json: leaks", "ledger.json"]


def test_a_page_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = build("split", make("split", tmp_path)).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        build("split", tmp_path)
    assert (tmp_path / "report.html").read_bytes() == old
    assert {item.name for item in tmp_path.iterdir()} == {
        "split.json",
        "ledger.json",
        "report.html",
    }


def test_unknown_keys_are_named(tmp_path: Path) -> None:
    make("eval", tmp_path)
    data = json.loads((tmp_path / "wer.json").read_text())
    (tmp_path / "wer.json").write_text(json.dumps({**data, "later": {"more": 1}}))
    with pytest.raises(InputError, match="later: is not a key of this schema"):
        build("eval", tmp_path)
