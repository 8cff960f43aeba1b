"""Which rate an evaluation leads with, and how well it is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from reports import build
from tests.reports.run_fixtures import slice_of
from tests.reports.test_first_screens import NO_WORDS, an_evaluation, first_screen

TRAIN, TEST = slice_of("s/train.jsonl", 0.18, 1342), slice_of("s/test.jsonl", 0.28, 167)


def alerts(folder: Path, data: dict[str, Any]) -> list[str]:
    return [alert.what for alert in first_screen("eval", folder, data).alerts]


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        ((0.3, 0.02, 0.61), "the WER is uncertain, 95 % CI 2.0 to 61.0 %."),
        ((0.0, 0.0, 0.0), "without one error the WER may still be 1.4 %."),  # 3 / 217
    ],
)
def test_few_words_are_weighed_by_the_interval_of_the_page(
    tmp_path: Path, bounds: tuple[float, float, float], text: str
) -> None:
    rates = dict(zip(("wer", "wer_low", "wer_high"), bounds, strict=True))
    data = an_evaluation(**NO_WORDS | {"deletions": 0} | rates)
    few = [alert for alert in alerts(tmp_path, data) if "few" in alert]
    assert few == [f"217 reference words are few: {text}"]
    html = build("eval", tmp_path).read_text(encoding="utf-8")
    errors = html.partition("</span> Errors</h2>")[2].partition("</dl>")[0]
    assert ("95 % CI 2.0 to 61.0 %" in errors, "0 to 0" in errors) == (bounds[0] > 0, False)


def test_few_speakers_have_no_interval(tmp_path: Path) -> None:
    data = an_evaluation(**NO_WORDS | {"wer": 0.3, "wer_low": None, "wer_high": None})
    data["interval"]["clusters"] = 3
    text = "217 reference words are few, and 3 speakers too few for an interval of the WER."
    assert text in alerts(tmp_path, data)


@pytest.mark.parametrize(
    ("trained_on", "how"),
    [([], "training data by its name"), (["s/train.jsonl"], "seen in training")],
)
def test_training_data_is_not_what_an_evaluation_leads_with(
    tmp_path: Path, trained_on: list[str], how: str
) -> None:
    edits = {"substitutions": 33, "deletions": 9, "insertions": 251}
    data = an_evaluation(rows=254, ref_words=1509, wer=0.194, **edits)
    data["trained_on"] = trained_on
    data["by"] = {"manifest": [TRAIN, TEST]}
    text = first_screen("eval", tmp_path, data).sentence
    assert Markup(text).striptags() == (
        "WER on test.jsonl 28.0 % (too few for an interval: 12 speakers), CER 10.4 %, over 167 "
        f"words in 15 utterances. train.jsonl, {how}: 18.0 %."
    )
    assert "<b>28.0 %</b>" in text
    assert text.count("<b>") == 1, "only the rate of test is in bold"
    html = build("eval", tmp_path).read_text(encoding="utf-8")
    errors = html.partition("</span> Errors</h2>")[2].partition("</dl>")[0]
    assert "<dt>WER on test.jsonl</dt><dd>28.0 %" in errors
    assert "19.4 %" not in errors


def test_an_evaluation_of_training_data_alone_warns(tmp_path: Path) -> None:
    data = an_evaluation() | {"trained_on": ["s/train.jsonl"], "by": {"manifest": [TRAIN]}}
    text = "The model was trained on train.jsonl: no rate for audio that is new to it."
    assert text in alerts(tmp_path, data)


def test_manifests_without_training_data_are_pooled(tmp_path: Path) -> None:
    data = an_evaluation()
    data["by"] = {"manifest": [TEST, slice_of("other/test.jsonl", 0.1, 300)]}
    text = Markup(first_screen("eval", tmp_path, data).sentence).striptags()
    assert text.endswith(" WER: s/test.jsonl 28.0 %, other/test.jsonl 10.0 %.")


@pytest.mark.parametrize(
    ("manifests", "of"),
    [([TRAIN, TEST], "the WER over all manifests (19.4 %)"), ([TEST], "the overall WER")],
)
def test_a_part_is_compared_with_what_it_is_a_part_of(
    tmp_path: Path, manifests: list[Any], of: str
) -> None:
    """Parts are of all manifests, though the page leads with one."""
    data = an_evaluation(rows=254, ref_words=1509, wer=0.194)
    data["by"] = {"manifest": manifests, "lang": [slice_of("de", 0.582, 400)]}
    assert f"Language de: WER 58.2 %, 3 times {of}." in alerts(tmp_path, data)
