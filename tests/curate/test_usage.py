"""A command line with several faults: each is named once, and nothing that follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import processes
from tests.lines import lines_of

# what is typed, what is named of it
TYPED: list[tuple[str, list[str]]] = [
    ("profile m.jsonl --ot o --strickt", ["--ot", "--strickt"]),
    ("profile m.jsonl --ot=o --strickt", ["--ot", "--strickt"]),
    ("profile --no-such 3 --out o", ["--no-such"]),
    ("profile", ["MANIFESTS", "--out"]),
    ("split m.jsonl --out o --seed x --evil 3h --strict=3", ["--evil", "--strict", "--seed"]),
    ("split m.jsonl --out o --seed x --seed y", ["--seed"]),
    ("shard s --out o --workers 0 --buckets q", ["--workers", "--buckets"]),
    ("rules explain --zzz 3 --qqq=x", ["--zzz", "--qqq"]),
    ("rules --zzz explain", ["--zzz"]),
    ("head p -n x --whare a", ["--whare", "--count"]),
    ("profle m.jsonl --ot o", ["profle"]),
]


@pytest.mark.parametrize(("typed", "named"), TYPED, ids=[typed for typed, _ in TYPED])
def test_all_faults_at_once(tmp_path: Path, typed: str, named: list[str]) -> None:
    done = processes.curate(*typed.split(), cwd=tmp_path)
    faults = [line for line in lines_of(done.stderr) if not line.startswith("  hint: ")]
    assert [fault.partition(": ")[0] for fault in faults] == named
    assert (done.returncode, done.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []
