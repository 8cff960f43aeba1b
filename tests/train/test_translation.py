"""Rows whose languages differ: BLEU and chrF of each pair, and no error rate that counts them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from tests.train.evaluated import results
from train.cli.render.evaluation import tables
from train.data.rows import Row
from train.evaluate import Evaluation, figures_of
from train.scoring.against import compare
from train.scoring.rates import ScoredRows
from train.scoring.scoring import Scored, scored_rows
from train.scoring.translation import score_translations

GERMAN = {"source_lang": "de", "target_lang": "en"}
REFERENCES = (
    "The house is small.", "I do not know him at all.", "It rains again today, and it is cold.",
    "She has read the book twice.", "We will be there at nine o'clock.",
)  # fmt: skip
HYPOTHESES = (
    "The house is little.", "I don't know him at all.", "It rains today again, and it is cold.",
    "She has read this book two times.", "We will be there at nine o'clock.",
)  # fmt: skip


def row(text: str, number: int = 1, **fields: Any) -> Row:
    whole = {"audio_filepath": f"{number}.wav", "duration": 2.0, "text": text, "lang": "de"}
    whole |= fields
    return Row(Path("m.jsonl"), number, json.dumps(whole), whole)


def translated(
    hypotheses: Sequence[str] = HYPOTHESES, repeats: int = 1, **fields: Any
) -> list[Scored]:
    """The references with these hypotheses, each pair of them of one speaker."""
    rows, texts = [], []
    for repeat in range(repeats):
        for number, reference in enumerate(REFERENCES):
            speaker = f"s{number}-{repeat % 2}"
            number += len(REFERENCES) * repeat
            rows.append(row(reference, number, **{**GERMAN, "speaker": speaker, **fields}))
            texts.append(hypotheses[number % len(hypotheses)])
    return scored_rows(rows, texts, [""] * len(rows))


# (fields, the pair): what has one language twice, or none, is recognition
PAIRS = [
    ({"source_lang": "de", "target_lang": "en"}, ("de", "en")),
    ({"lang": "de", "target_lang": "en"}, ("de", "en")),  # as `curate shard` completes it
    ({"lang": "en", "source_lang": "de"}, ("de", "en")),
    ({"source_lang": "en-US", "target_lang": "en", "lang": None}, None),
    ({"lang": "de"}, None),
    ({"source_lang": "de", "lang": None}, None),
    ({"lang": None}, None),
]


@pytest.mark.parametrize(("fields", "pair"), PAIRS)
def test_what_is_a_translation(fields: dict[str, Any], pair: tuple[str, str] | None) -> None:
    assert row("ja", **fields).translation == pair


def test_scores_are_those_of_sacrebleu() -> None:
    (record,) = score_translations(ScoredRows(translated()))
    bleu, chrf = BLEU(), CHRF()
    expected = [m.corpus_score(HYPOTHESES, [REFERENCES]).score for m in (bleu, chrf)]
    assert [record.bleu.score, record.chrf.score] == pytest.approx(expected, abs=1e-4)
    assert record.bleu.score == pytest.approx(59.8977, abs=1e-4)
    assert record.bleu.signature == str(bleu.get_signature())
    assert record.chrf.signature == str(chrf.get_signature())
    assert (record.languages, record.rows, record.clusters) == ("de to en", 5, 5)


def test_an_interval_is_over_speakers_and_holds_the_score() -> None:
    (record,) = score_translations(ScoredRows(translated(repeats=8)))
    for score in (record.bleu, record.chrf):
        assert score.low is not None
        assert score.high is not None
        assert score.score is not None
        assert 0 < score.low < score.score < score.high < 100
    assert record.clusters == 10
    (few,) = score_translations(ScoredRows(translated(speaker="one")[:4]))
    assert (few.bleu.low, few.chrf.high) == (None, None)


@pytest.mark.parametrize(
    ("target", "text", "tokenizer"),
    [
        ("zh", "今天天气很好", "zh"),
        ("ja", "今日は天気がいい", "char"),
        ("en", "It is fine.", "13a"),
    ],
)
def test_scripts_without_spaces_are_counted_by_characters(
    target: str, text: str, tokenizer: str
) -> None:
    fields = {"source_lang": "de", "target_lang": target}
    rows = [row(text, number, **fields) for number in range(3)]
    (record,) = score_translations(ScoredRows(scored_rows(rows, [text] * 3, [""] * 3)))
    assert f"|tok:{tokenizer}|" in record.bleu.signature
    assert record.bleu.score == pytest.approx(100.0)


def test_nothing_to_translate_has_no_score() -> None:
    rows = [row("", number, **GERMAN) for number in range(3)]
    (record,) = score_translations(ScoredRows(scored_rows(rows, ["", "a", "b c"], [""] * 3)))
    assert (record.bleu.score, record.chrf.score, record.wer) == (None, None, None)


def test_an_error_rate_counts_no_translation() -> None:
    spoken = scored_rows([row("eins zwei", 90, speaker="x")], ["eins drei"], [""])
    record = results([*translated(), *spoken])
    assert (record.overall.rows, record.overall.wer) == (1, 0.5)
    assert [(part.value, part.rows) for part in record.by["lang"]] == [("de", 1)]
    assert [each.id for each in record.worst] == ["m.jsonl:90"]
    assert [(each.languages, each.rows) for each in record.translations] == [("de to en", 5)]
    assert record.translations[0].wer == pytest.approx(7 / 31, abs=0.1)
    assert figures_of(Evaluation(Path("out"), record, 6, ()))[0]["wer"].of == 2


def test_translations_alone_have_no_error_rate() -> None:
    record = results(translated())
    assert (record.overall.rows, record.overall.wer, record.macro.wer) == (0, None, None)
    assert record.weighted is None
    assert not any(record.by.values())


def test_pairs_are_counted_apart() -> None:
    french = translated(target_lang="fr", source_lang="de")
    record = results([*translated(), *french])
    assert [each.languages for each in record.translations] == ["de to en", "de to fr"]


WORSE = ("A home is small.", "Him is not known.", "Cold.", "The book was read.", "At nine.")


@pytest.mark.parametrize(
    ("old", "new", "conclusion"),
    [
        (WORSE, HYPOTHESES, "better"),
        (HYPOTHESES, WORSE, "worse"),
        (HYPOTHESES, HYPOTHESES, "no measurable difference"),
    ],
)
def test_models_are_compared_by_bleu(
    old: Sequence[str], new: Sequence[str], conclusion: str
) -> None:
    against = compare(translated(new, 8), translated(old, 8), "old")
    (change,) = against.translations
    assert change.conclusion == conclusion
    assert change.difference is not None
    assert change.bleu_new is not None
    assert change.bleu_old is not None
    assert change.difference == pytest.approx(change.bleu_new - change.bleu_old, abs=1e-3)
    assert against.overall.rows == 0
    assert against.missing == 0


def test_a_guardrail_counts_translations_by_their_words() -> None:
    new, old = translated(WORSE, 8), translated(HYPOTHESES, 8)
    guardrail = compare(new, old, "old", {"m.jsonl": 0.01}).guardrail
    assert guardrail is not None
    assert (guardrail.rows, guardrail.passed) == (40, False)


def test_the_terminal_shows_the_scores() -> None:
    new = translated(WORSE, 8)
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as shown:
        for table in tables(results(new, compare(new, translated(repeats=8), "old"))):
            console.print(table)
    assert "de to en" in shown.get()
    assert "BLEU" in shown.get()
    assert "worse" in shown.get()
