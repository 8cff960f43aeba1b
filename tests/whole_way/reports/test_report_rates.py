"""Error rates of public reports: in a profile, and what leak checks take for one text."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from curate.text.normal import normalise
from tests.whole_way.corpus import Record, write_manifest
from tests.whole_way.journey import command
from tests.whole_way.reports.rates import DIFFERENT, RATES

PAIRS = RATES | DIFFERENT


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, float | None]:
    folder = tmp_path_factory.mktemp("rates")
    rows: list[Record] = [
        {
            "audio_filepath": f"{number}.wav", "duration": 2.0, "text": pair.text,
            "pred_text": pair.prediction, **({"lang": pair.lang} if pair.lang else {}),
        }
        for number, pair in enumerate(PAIRS.values())
    ]  # fmt: skip
    ran = command(
        "curate", "profile", write_manifest(folder / "m.jsonl", rows), "--out", folder / "p", "-q"
    )
    assert ran.exit_code == 0
    records = pl.read_parquet(folder / "p" / "records.parquet").sort("line")
    return dict(zip(PAIRS, records["wer"], strict=True))


@pytest.mark.parametrize("id", PAIRS)
def test_report(rates: Mapping[str, float | None], id: str) -> None:
    assert rates[id] == PAIRS[id].wer


@pytest.mark.parametrize("id", [id for id, pair in RATES.items() if pair.wer == 0.0])
def test_two_spellings_are_one_text(id: str) -> None:
    """In leak checks and duplicates, by the declared language."""
    pair = RATES[id]
    text, hypothesis = normalise(pair.text, pair.lang), normalise(pair.prediction, pair.lang)
    assert (text == hypothesis) == (id != "number-words"), "numbers are a step of error rates alone"
