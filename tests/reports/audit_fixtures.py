"""An audit of manifests and a benchmark, as `curate audit` writes it."""

from __future__ import annotations

from itertools import combinations

from tests.reports.corpus_fixtures import VERSIONS, Json
from tests.reports.split_fixtures import COVERAGE

_SIDES = {"train.jsonl": False, "test.jsonl": False, "librispeech-test.txt": True}


def audit() -> Json:
    pairs = [list(pair) for pair in combinations(_SIDES, 2)]
    return {
        "schema": "curate.audit/1",
        "fail_on": [{"gate": "leaks>0", "figure": "leaks>0: 3 rows", "failed": True}],
        "command": "curate audit train.jsonl test.jsonl --against librispeech-test.txt --out audit",
        "versions": VERSIONS,
        "sides": [
            {
                "name": name,
                "files": [name],
                "against": against,
                "rows": 9_000 - 17 * at,
                "malformed": at,
                "skipped": 0,
                "hours": 0.0 if against else 20.5 / (at + 1),
                "speakers": 0 if against else 300,
            }
            for at, (name, against) in enumerate(_SIDES.items())
        ],
        "groups": ["speaker"],
        "coverage": COVERAGE,
        "proposals": [],
        "statement": "leaks found in text; sessions unknown",
        "leaks": [
            {
                "kind": kind,
                "between": pair,
                "count": 12 * (kind == "text" and at == 0),
                "examples": [["train.jsonl:17", "test.jsonl:4"]] if kind == "text" else [],
            }
            for kind in ("speaker", "recording", "audio", "text", "near-duplicate text")
            for at, pair in enumerate(pairs)
        ],
        "gates": ["12 texts stand in train.jsonl and in test.jsonl"],
        "unchecked": [],
    }
