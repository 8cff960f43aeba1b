"""The leak audit of any manifests: what is planted is found, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.artifacts.audit import Audit
from curate.artifacts.frames import Spans
from curate.errors import ConfigError
from curate.splits.audit import AuditRequest, audit
from curate.text.minhash import FEWEST, NEAR, NearIndex, shingle_sets
from tests import processes

LONG = "the quick brown fox jumps over the lazy dog while nobody is looking at it"
Row = Mapping[str, object]


def row(audio: str, text: str, **more: object) -> Row:
    return {"audio_filepath": audio, "duration": 2.5, "text": text, **more}


def write(path: Path, rows: list[Row]) -> str:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return str(path)


def counts(made: Audit) -> dict[str, int]:
    return {leak.kind: leak.count for leak in made.leaks if leak.count}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (row("a.wav", "one text"), row("b.wav", "another text"), {}),
        (row("a.wav", "one", speaker="x"), row("b.wav", "two", speaker="x"), {"speaker": 1}),
        (row("a.wav", "one", speaker=7), row("b.wav", "two", speaker="7"), {"speaker": 1}),
        (row("a.wav", "one"), row("a.wav", "two"), {"recording": 1, "audio": 1}),
        # another segment of the same file: the recording leaks, the audio does not
        (row("a.wav", "one", offset=0), row("a.wav", "two", offset=9), {"recording": 1}),
        (row("a.wav", "Hello, you!"), row("b.wav", "hello you"), {"text": 1}),
        (row("a.wav", LONG), row("b.wav", LONG.replace("dog", "cat")), {"near-duplicate text": 1}),
        (row("a.wav", LONG), row("b.wav", LONG.upper() + "!"), {"text": 1}),  # same, so not near
        (row("a.wav", "who are you"), row("b.wav", "how are you"), {}),  # too short to say
        (row("a.wav", "..."), row("b.wav", "!!!"), {}),  # no text is no text
        # one text in two ways of writing it
        (row("a.wav", f"caf\u00e9 {LONG}"), row("b.wav", f"cafe\u0301 {LONG}"), {"text": 1}),
        (row("a.wav", "\u06a9\u06cc\u200c\u06a9"), row("b.wav", "\u0643\u064a\u0643"), {"text": 1}),
        (row("a.wav", "\uff21\uff22\uff11"), row("b.wav", "ab1"), {"text": 1}),
        (row("a.wav", "soft\u00adhyphen\u200b"), row("b.wav", "softhyphen"), {"text": 1}),
        (row("a.wav", "1.250 m", lang="de"), row("b.wav", "1250 m", lang="de"), {"text": 1}),
        (row("a.wav", "1.250 m", lang="en"), row("b.wav", "1250 m", lang="en"), {}),
        # ... and near another one, however it is written
        (
            row("a.wav", f"\u00e9\u00e8\u00ea\u00eb\u00e0\u00e2\u00e4 {LONG}"),
            row("b.wav", f"e\u0301e\u0300e\u0302e\u0308a\u0300a\u0302a\u0308 {LONG}s"),
            {"near-duplicate text": 1},
        ),
    ],
)
def test_what_is_planted_is_found(
    tmp_path: Path, one: Row, other: Row, expected: Mapping[str, int]
) -> None:
    filler = [row(f"{n}.wav", f"a sentence of its own, number {n}") for n in range(10)]
    a = write(tmp_path / "a.jsonl", [*filler, one])
    others = [row(f"{n}.flac", f"{n} birds sang in some tree") for n in range(10)]
    b = write(tmp_path / "b.jsonl", [other, *others])
    certificate = audit(AuditRequest(inputs=[a, b]))
    assert counts(certificate) == expected
    for leak in certificate.leaks:
        if leak.count:
            assert leak.examples == ((f"{a}:11", f"{b}:1"),)
    assert counts(audit(AuditRequest(inputs=[b, a]))) == expected, "either way round"


def test_a_benchmark_counts_by_its_texts_only(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", [row("a.wav", LONG, speaker="x"), row("b.wav", "alone")])
    texts = tmp_path / "bench.txt"
    texts.write_text(f"\ufeffsomething else\r\n\r\n{LONG.title()}\n", encoding="utf-8")
    certificate = audit(AuditRequest(inputs=[a], against=[str(texts)]))
    assert counts(certificate) == {"text": 1}
    assert {leak.kind for leak in certificate.leaks} == {"text", "near-duplicate text"}
    assert certificate.leaks[0].examples == ((f"{a}:1", f"{texts}:3"),)


def test_opt_in_group_fields_are_compared(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", [row("a.wav", "one", session="s")])
    rows = [row("b.wav", "two", session="s"), row("c.wav", "three", session="t")]
    b = write(tmp_path / "b.jsonl", rows)
    assert counts(audit(AuditRequest(inputs=[a, b], group=["session"]))) == {"session": 1}
    with pytest.raises(ConfigError, match="no record has a field 'sesion'"):
        audit(AuditRequest(inputs=[a, b], group=["sesion"]))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a.jsonl"], 2, "needs two datasets"),
        (["a.jsonl", "a.jsonl"], 2, "named twice"),
        (["a.jsonl", "no.jsonl"], 3, "no.jsonl"),
        (["a.jsonl", "b.jsonl"], 1, "1 text leak between a.jsonl and b.jsonl"),
        (["a.jsonl", "c.jsonl", "--out", "o"], 0, "report: o/report.html"),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    write(tmp_path / "a.jsonl", [row("a.wav", "one")])
    write(tmp_path / "b.jsonl", [row("b.wav", "One.")])
    write(tmp_path / "c.jsonl", [row("c.wav", "three")])
    done = processes.curate("audit", *arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr


VOCABULARY = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8), st.lists(WORDS, min_size=1, max_size=8))
def test_near_is_what_all_pairs_say(one: list[list[str]], other: list[list[str]]) -> None:
    sides = [Spans.of([" ".join(words) for words in side]) for side in (one, other)]
    sets, bounds = shingle_sets(sides[0].data, sides[0].start, sides[0].length)
    index = NearIndex.of(sets, bounds, np.zeros(len(one), np.int8))
    near, _, partners = index.sides_near(sides[1].data, sides[1].start, sides[1].length)
    known = [set(sets[a:b].tolist()) for a, b in pairwise(bounds)]
    sets, bounds = shingle_sets(sides[1].data, sides[1].start, sides[1].length)
    queries = [set(sets[a:b].tolist()) for a, b in pairwise(bounds)]
    expected = [
        sum(len(k) >= FEWEST and k != a and len(k & a) >= NEAR * len(k | a) for k in known)
        for a in queries
    ]
    assert partners.tolist() == expected
    assert (near > 0).tolist() == [count > 0 for count in expected]


def test_texts_whose_shingles_are_mostly_common_are_found_or_counted() -> None:
    """With k of the rarest looked up, a near text has all of these but those that it may lack."""
    shared = "the words that everybody in this corpus has to say again and again "
    unlike = [f"{shared}{chr(97 + n % 26) * 7}{chr(97 + n // 26) * 7}" for n in range(200)]
    rare = "quick brown foxes jump"
    indexed = Spans.of([*unlike, shared + rare, *[shared] * 2])
    sets, bounds = shingle_sets(indexed.data, indexed.start, indexed.length)
    index = NearIndex.of(sets, bounds, np.zeros(indexed.start.size, np.int8))
    query = Spans.of([shared + rare[:-14]])
    near, partner, _ = index.sides_near(query.data, query.start, query.length)
    one, other = (
        set(hashes.tolist())
        for hashes in (
            sets[bounds[200] : bounds[201]],
            shingle_sets(query.data, query.start, query.length)[0],
        )
    )
    assert len(one & other) >= NEAR * len(one | other)
    assert (near[0], partner[0]) == (1, 200)
    assert index.unsure == 202


def test_real_splits_of_one_corpus(real_data: Path) -> None:
    """Validated and invalidated Indonesian clips share speakers and most sentences."""
    names = [
        str(real_data / "manifests" / f"{name}.jsonl") for name in ("cv_id", "cv_id_invalidated")
    ]
    leak_counts = counts(audit(AuditRequest(inputs=names)))
    assert leak_counts["speaker"] == 153
    assert leak_counts["text"] > 2_000
    assert "audio" not in leak_counts
