"""The pictures of the documentation: each page has one, and one command makes them all."""

from __future__ import annotations

import runpy
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

WITHOUT = {"decisions.md": "a list of titles", "changelog.md": "a list of changes"}
"""Pages of the site that explain nothing that can be shown."""
LARGEST, ALL = 100_000, 900_000
"""Bytes of one picture, and of all: the repository carries every version of them."""


@pytest.fixture(scope="module")
def docs(root: Path) -> Any:
    """The modules beside the pages, by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "docs")
        names = ("site", "terminals", "terminal_picture", "illustrations", "pictures")
        yield {name: runpy.run_path(str(root / "docs" / f"{name}.py")) for name in names}
        for name in names[1:]:
            sys.modules.pop(name, None)


def pages_of(entries: Any) -> Iterator[str]:
    for each in entries:
        (value,) = each.values() if isinstance(each, dict) else (each,)
        if isinstance(value, list):
            yield from pages_of(value)
        else:
            yield value


def pictures_of(root: Path, docs: Any) -> Mapping[str, list[tuple[str, str]]]:
    """(alternative text, name) of the pictures of each page in the site's navigation."""
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    pages = list(pages_of(yaml.safe_load(text)["nav"]))
    elsewhere, picture = docs["site"]["ELSEWHERE"], docs["site"]["PICTURE"]
    sources = {page: root / elsewhere.get(page, f"docs/{page}") for page in pages}
    return {
        page: picture.findall(source.read_text(encoding="utf-8")) if source.is_file() else []
        for page, source in sources.items()
    }


def test_every_page_has_a_picture_that_the_command_makes(root: Path, docs: Any) -> None:
    pictures = pictures_of(root, docs)
    assert len(pictures) > 20
    images = root / "docs" / "images"
    made = {"review.png", "api.png"}
    made |= {f"{name}.png" for part in ("PAGES", "SECTIONS") for name in docs["pictures"][part]}
    made |= {f"{name}.svg" for name in docs["terminals"]["TERMINALS"]}
    made |= {"commands.svg"}  # docs/generate.py, from what benchmarks measured
    assert {path.name for path in images.iterdir()} == made
    lacking = [page for page, shown in pictures.items() if not shown and page not in WITHOUT]
    assert lacking == ["gallery.md"], "which is all pictures, put together by docs/site.py"
    shown = [each for some in pictures.values() for each in some]
    assert {name for _, name in shown} == made
    assert [name for alt, name in shown if len(alt) < 20] == []


def test_the_gallery_shows_each_picture_once(docs: Any, root: Path) -> None:
    gallery = docs["site"]["gallery"]()
    names = [name for _, name in docs["site"]["PICTURE"].findall(gallery)]
    assert sorted(names) == sorted(path.name for path in (root / "docs" / "images").iterdir())
    assert "](review.md)" in gallery


def test_pictures_are_small_and_load_nothing(root: Path) -> None:
    paths = sorted((root / "docs" / "images").iterdir())
    assert len(paths) > 15
    sizes = {path.name: path.stat().st_size for path in paths}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < ALL
    for path in paths:
        if path.suffix == ".svg":
            text = path.read_text(encoding="utf-8")
            assert ET.fromstring(text).get("aria-label")
            assert "prefers-color-scheme:dark" in text
            assert text.count("http") == text.count("http://www.w3.org/2000/svg"), path


def test_a_terminal_is_drawn_as_text(docs: Any) -> None:
    draw, most = (docs["terminal_picture"][name] for name in ("draw", "MOST_LINES"))
    drawn = ET.fromstring(draw(["$ a <b> & c", "", *(["x"] * most)], 'of "a"'))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "$ a <b> & c"
    assert texts[-1] == "...", "what is left out is marked"
    assert len(texts) == most
    assert drawn.get("aria-label") == 'of "a"'


def test_a_command_is_wrapped_as_a_shell_allows(docs: Any) -> None:
    words = [f"--option-{n}" for n in range(20)]
    lines = list(docs["terminals"]["_wrapped"](" ".join(words)))
    assert len(lines) > 1
    assert all(line.endswith(" \\") and len(line) <= 96 for line in lines[:-1])
    assert " ".join(lines).replace("\\", " ").split() == words
