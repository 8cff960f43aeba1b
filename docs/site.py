"""MkDocs hooks: add pages from elsewhere in the repository, and rewrite links to them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = {
    "rules.md": "rules/README.md",
    "results.md": "benchmarks/results.md",
    "changelog.md": "CHANGELOG.md",
}
"""Pages of the site, and the files that they are."""

PICTURE = re.compile(r"!\[([^\]]*)\]\((?:\.\./|docs/)*images/([^)\s]+)\)")
"""A picture of a page: what it shows, and its name in docs/images."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages, and an index of the decisions."""
    from mkdocs.structure.files import File

    for page, source in ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    files.append(File.generated(config, "decisions.md", content=_decisions()))
    files.append(File.generated(config, "gallery.md", content=gallery()))
    return files


def _decisions() -> str:
    """Every decision by its title."""
    lines = [
        "# Decisions",
        "",
        "One page each: context, decision, alternatives, consequences.",
        "",
    ]
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        title = path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
        if not path.name.startswith("0000"):
            lines.append(f"- [{title}](adr/{path.name})")
    return "\n".join(lines) + "\n"


def gallery() -> str:
    """Every picture of the pages, each below the title of its page; a picture stands once."""
    docs = {path.name: path for path in sorted((ROOT / "docs").glob("*.md"))}
    pages = docs | {page: ROOT / source for page, source in ELSEWHERE.items()}
    lines = ["# Gallery", "", "The pictures of all pages; each title leads to its page.", ""]
    shown: set[str] = set()
    for page, path in pages.items():
        text = path.read_text(encoding="utf-8")
        pictures = {name: alt for alt, name in PICTURE.findall(text) if name not in shown}
        shown |= set(pictures)
        if pictures:
            title = text.split("\n", 1)[0].removeprefix("# ")
            lines += [f"## [{title}]({page})", ""]
            lines += [f"![{alt}](images/{name})\n\n{alt}\n" for name, alt in pictures.items()]
    return "\n".join(lines)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite links to the site's pages; a link to any other file becomes its plain text."""
    name = page.file.src_uri
    source = ROOT / ELSEWHERE.get(name, f"docs/{name}")
    up = "../" * name.count("/")

    def linked(match: re.Match[str]) -> str:
        sign, text, target, anchor = match.groups()
        if "://" in target or not source.is_file():
            return match[0]
        page = _page((source.parent / target).resolve())
        return text if page is None else f"{sign}[{text}]({up}{page}{anchor or ''})"

    return _LINK.sub(linked, markdown)


def _page(path: Path) -> str | None:
    """The page, or picture, of the site that a file of the repository is; None for none.

    What does not exist counts as a page, so that MkDocs finds it missing.
    """
    docs = ROOT / "docs"
    elsewhere = {ROOT / source: page for page, source in ELSEWHERE.items()}
    if path in elsewhere:
        return elsewhere[path]
    if (path.is_relative_to(docs) and path.suffix in {".md", ".png", ".svg"}) or not path.exists():
        return Path(os.path.relpath(path, docs)).as_posix()
    return None
