"""What the first screen states: better or worse than before, and where the worst problem is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from reports import Kind, build
from reports.artefacts import load
from reports.headlines import Headline, headline
from reports.sections.gates import demand
from tests.reports.corpus_fixtures import ledger
from tests.reports.fixtures import MAKERS, STAGES, write
from tests.reports.run_fixtures import slice_of


def first_screen(kind: Kind, folder: Path, data: dict[str, Any]) -> Headline:
    write(folder, MAKERS[kind][0], json.loads(json.dumps(data)))
    if kind in STAGES:
        write(folder, "ledger.json", ledger(STAGES[kind]))
    return headline(load(kind, folder))[2]


def sentence(kind: Kind, folder: Path, data: dict[str, Any]) -> str:
    return Markup(first_screen(kind, folder, data).sentence).striptags()


def advice(kind: Kind, folder: Path, data: dict[str, Any]) -> str:
    return Markup(first_screen(kind, folder, data).advice or "").striptags()


def an_evaluation(**overall: Any) -> dict[str, Any]:
    data = MAKERS["eval"][1]() | {"translations": [], "against": None, "by": {}}
    data["overall"] = data["overall"] | overall
    data["hallucinations"] |= {"rows": 0, "words_inserted": 0}
    return data


NO_WORDS = {
    "rows": 32, "ref_words": 217, "wer": 1.0, "cer": 1.0, "wer_low": 1.0, "wer_high": 1.0,
    "substitutions": 0, "deletions": 217, "insertions": 0,
}  # fmt: skip


def test_a_model_that_writes_nothing_is_named_so(tmp_path: Path) -> None:
    data = an_evaluation(**NO_WORDS)
    assert sentence("eval", tmp_path / "none", data) == (
        "The model writes no words: 217 of 217 are deleted. "
        "WER 100 %, CER 100 %, over 217 words in 32 utterances."
    )
    few = an_evaluation(**NO_WORDS | {"deletions": 210, "substitutions": 7})
    assert sentence("eval", tmp_path / "few", few).startswith(
        "The model writes hardly any words: 210 of 217 are deleted. "
    )
    some = an_evaluation(**NO_WORDS | {"deletions": 200, "substitutions": 17})
    assert sentence("eval", tmp_path / "some", some).startswith("WER 100 %")


@pytest.mark.parametrize(
    ("rates", "conclusion", "text"),
    [
        ((0.171, 0.0963), "better", "Better than base.nemo: WER 17.1 % before, 9.6 % after, 7.5 "
         "points less. "),
        ((0.1, 0.15), "worse", "Worse than base.nemo: WER 10.0 % before, 15.0 % after, 5.0 "
         "points more. "),
        ((1.0, 1.0), "no measurable difference", "No better than base.nemo: WER 100 % before, "
         "100 % after. "),
        ((0.2, 0.19), "no measurable difference", "No better than base.nemo: WER 20.0 % before, "
         "19.0 % after (1.0 points less, no measurable difference). "),
    ],
)  # fmt: skip
def test_an_evaluation_states_before_and_after(
    tmp_path: Path, rates: tuple[float, float], conclusion: str, text: str
) -> None:
    against = MAKERS["eval"][1]()["against"] | {"model": "base.nemo", "guardrail": None}
    against["overall"] |= {
        "wer_old": rates[0], "wer_new": rates[1], "difference": rates[1] - rates[0],
        "conclusion": conclusion,
    }  # fmt: skip
    data = an_evaluation() | {"against": against}
    assert sentence("eval", tmp_path, data).startswith(text)
    assert "--against BASE" not in advice("eval", tmp_path / "b", data)


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (
            # Of 1,000 words 100 are wrong: 60 of them in 200 words of de, 40 in 800.
            {"lang": [slice_of("de", 0.3, 200), slice_of("en", 0.05, 800)],
             "speaker": [slice_of("a", 0.2, 300), slice_of("b", 0.0571, 700)]},
            "Errors are worst in language de: WER 30.0 % over 200 words, "
            "60 % of all errors at 20 % of the words.",
        ),
        (
            {"lang": [slice_of("de", 0.12, 200), slice_of("en", 0.095, 800)],
             "tag": [slice_of(None, 0.1, 1000)]},
            "Errors are spread evenly: none of 2 languages is measurably above the mean.",
        ),
    ],
)  # fmt: skip
def test_where_the_errors_are_is_on_the_first_screen(
    tmp_path: Path, by: dict[str, Any], text: str
) -> None:
    edits = {"substitutions": 40, "deletions": 40, "insertions": 20}
    data = an_evaluation(ref_words=1000, wer=0.1, **edits) | {"by": by}
    assert advice("eval", tmp_path, data).startswith(text)


def test_errors_stand_before_gates_and_gates_are_named_by_what_they_demand(tmp_path: Path) -> None:
    data = an_evaluation()
    data["by"] = {"lang": [slice_of("de", 0.3, 200)]}
    write(tmp_path, "wer.json", data)
    html = build("eval", tmp_path).read_text(encoding="utf-8")
    titles = [html.index(f"</span> {title}</h2>") for title in ("Errors", "Where the errors are")]
    assert titles == sorted(titles)
    assert titles[-1] < html.index("</span> Gates</h2>")
    assert "every row scored" in html
    assert "95 % CI 8.9 to 10.4 %" in html


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("unscored>0", "every row scored"),
        ("leaks>0", "no leaks"),
        ("bad>5%", "bad at most 5%"),
        ("wer>=12%", "WER below 12%"),
        ("train<100", "train at least 100"),
        ("shards<=1", "shards above 1"),
        ("2 speaker leaks", "2 speaker leaks"),
    ],
)
def test_a_gate_is_named_by_what_it_demands(gate: str, text: str) -> None:
    assert demand(gate) == text
