"""What an evaluation's first screen says of its errors, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports import build
from reports.artefacts import load
from reports.headlines import headline
from reports.notebook import first_screen as in_a_notebook
from tests.reports.fixtures import MAKERS, write
from tests.reports.run_fixtures import slice_of
from tests.reports.test_first_screens import NO_WORDS, advice, an_evaluation

EDITS = {"rows": 254, "ref_words": 1509, "wer": 0.1942, "substitutions": 33, "deletions": 9,
         "insertions": 251}  # fmt: skip


def looping(rows: int = 1, words: int = 232) -> dict[str, Any]:
    data = an_evaluation(**EDITS)
    data["hallucinations"] |= {"rows": rows, "words_inserted": words}
    return data


def test_words_inserted_in_few_records_are_what_is_wrong(tmp_path: Path) -> None:
    data = looping() | {"by": {"tag": [slice_of("a", 21.4, 1000), slice_of("b", 0.1, 1000)]}}
    # 232 of 293 errors; the other 61 of 1,509 words.
    assert advice("eval", tmp_path, data) == (
        "79 % of all errors are words inserted in 1 record: without these 232, the WER of all 254 "
        "utterances is 4.0 %. Next: read these records: is their audio longer than their "
        "transcript, or silent?"
    )
    html = build("eval", tmp_path).read_text(encoding="utf-8")
    assert html.count('href="#hallucinations"') == 2
    assert html.count('id="hallucinations"') == 1
    assert "<a " not in in_a_notebook(load("eval", tmp_path)), "a frame has no such section"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (looping(rows=40), "86 % of all word errors are inserted words. "),  # 251 / 293, in many
        (looping(words=100), "86 % of all word errors are inserted words. "),
        (
            an_evaluation(ref_words=990, substitutions=77, deletions=265, insertions=4),
            "77 % of all word errors are deleted words. ",  # 265 / 346
        ),
        (
            an_evaluation(ref_words=990, substitutions=100, deletions=90, insertions=10),
            "Next: compare with the base: train eval --against BASE.",
        ),
        (an_evaluation(**NO_WORDS), "Next: back to training: the model has not learned to write "),
    ],
)
def test_the_kind_of_most_errors_is_named(tmp_path: Path, data: dict[str, Any], text: str) -> None:
    assert advice("eval", tmp_path, data).startswith(text)


@pytest.mark.parametrize(
    ("conclusion", "text"),
    [
        ("worse", "Next: keep base.nemo, or train with data of the old kind too."),
        ("better", "Next: see which limits the errors support: curate reconsider EVAL PROFILE."),
    ],
)
def test_the_next_step_after_a_comparison(tmp_path: Path, conclusion: str, text: str) -> None:
    data = MAKERS["eval"][1]() | {"translations": [], "by": {}}
    data["against"] |= {"model": "base.nemo", "guardrail": None}
    data["against"]["overall"] |= {"conclusion": conclusion}
    assert advice("eval", tmp_path, data).endswith(text)


def test_the_highest_rate_is_named_beside_the_part_with_most_errors(tmp_path: Path) -> None:
    edits = {"substitutions": 150, "deletions": 150, "insertions": 46}
    data = an_evaluation(ref_words=990, wer=0.35, **edits) | {
        "by": {
            "speaker": [slice_of("george", 0.45, 504), slice_of("jackson", 0.25, 486)],
            "duration": [slice_of("1-2 s", 0.48, 84), slice_of("2-5 s", 0.34, 906)],
        }
    }
    assert (
        "Errors are worst in speaker george: WER 45.0 % over 504 words, 65 % of all errors at "
        "51 % of the words. The highest rate is that of duration 1-2 s: 48.0 % over 84 words, "
        "which may be chance." in advice("eval", tmp_path, data)
    )


def test_a_title_shows_the_end_of_a_long_path(tmp_path: Path) -> None:
    data = an_evaluation() | {"model": f"/tmp/{'runs/' * 12}toward/run/model.nemo"}
    write(tmp_path / "eval", "wer.json", data)
    subject = headline(load("eval", tmp_path / "eval"))[1]
    assert subject.startswith("…/runs/")
    assert subject.endswith("/toward/run/model.nemo")
    write(tmp_path / "run", "run.json", MAKERS["train"][1]())
    subject = headline(load("train", tmp_path / "run"))[1]
    assert subject == "shards/v1 from canary-180m-flash.nemo"


def test_a_number_and_its_unit_stay_on_one_line(tmp_path: Path) -> None:
    write(tmp_path, "wer.json", an_evaluation(wer=0.281))
    html = build("eval", tmp_path).read_text(encoding="utf-8")
    assert "WER <b>28.1\u00a0%</b>" in html
