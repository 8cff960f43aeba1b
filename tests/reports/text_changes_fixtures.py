"""What text rules changed, as `curate manifest --text-rules` writes it."""

from __future__ import annotations

from tests.reports.corpus_fixtures import VERSIONS, Json


def _text(line: int) -> Json:
    return {
        "id": f"raw.jsonl:{line}",
        "before": "so <i>  it</i> is \u2013 well",
        "after": "so it is - well",
        "lang": "en",
    }


def _rule(name: str, rows: int) -> Json:
    return {
        "rule": name,
        "why": "tags are not spoken",
        "rows": rows,
        "hours": rows / 1000,
        "unique_rows": rows // 2,
        "unstable_rows": 1,
        "examples": [_text(at + 1) for at in range(min(rows, 5))],
    }


def text_changes() -> Json:
    return {
        "schema": "curate.text_changes/1",
        "command": "curate manifest raw.jsonl --text-rules clean --out clean.jsonl",
        "versions": VERSIONS,
        "warnings": ["the rules leave 3 texts blank: the records stay"],
        "manifest": "clean.jsonl",
        "dry_run": True,
        "text_rules": {"name": "clean", "path": "rules/text/clean.yaml", "sha256": "0" * 64},
        "rows": 10_000,
        "hours": 22.1,
        "changed_rows": 230,
        "changed_hours": 0.5,
        "rejected_rows": 30,
        "rejected_hours": 0.03,
        "emptied_rows": 3,
        "emptied_hours": 0.01,
        "unstable_rows": 1,
        "rules": [
            _rule("tags", 200),
            {**_rule("foreign", 30), "sets": "_skipme"},
            _rule("blanks", 30),
            _rule("nfc", 0),
        ],
        "emptied": [{**_text(9), "after": ""}],
    }
