"""Real manifests give exactly the figures that an independent script found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.profile import profile
from curate.ruleset import load_rules

MANIFESTS = 13


def profiled(path: Path, folder: Path) -> tuple[Mapping[str, Any], pl.DataFrame]:
    folder.mkdir()
    found = profile([str(path)], folder, load_rules(None))
    return found, pl.read_parquet(folder / "records.parquet")


def quantile(found: Mapping[str, Any], metric: str, point: str) -> float:
    (entry,) = [entry for entry in found["metrics"] if entry["name"] == metric]
    return float(entry["quantiles"][point])


def figures(found: Mapping[str, Any], rows: pl.DataFrame) -> Mapping[str, object]:
    """Our figures under the reference's names."""
    good = rows.filter(pl.col("malformed").is_null())
    duration = good.select(pl.col("duration_s"))["duration_s"]
    tokens = pl.col("longest_token")
    langs = good.with_columns(pl.col("lang").fill_null("None"))["lang"].value_counts()
    return {
        "rows": found["totals"]["rows"],
        "hours": round(duration.sum() / 3600, 6),
        "duration_min": round(float(duration.min()), 4),  # type: ignore[arg-type]
        "duration_max": round(float(duration.max()), 4),  # type: ignore[arg-type]
        "duration_p50": round(quantile(found, "duration_s", "p50"), 4),
        "duration_p95": round(quantile(found, "duration_s", "p95"), 4),
        "char_rate_ge30": good.filter(pl.col("char_rate") >= 30).height,
        "char_rate_lt1": good.filter(pl.col("char_rate") < 1).height,
        "char_rate_nospace_ge30": good.filter(pl.col("char_rate_nospace") >= 30).height,
        "char_rate_p50": round(quantile(found, "char_rate", "p50"), 4),
        "char_rate_p95": round(quantile(found, "char_rate", "p95"), 4),
        "char_rate_p99": round(quantile(found, "char_rate", "p99"), 4),
        "char_rate_max": round(float(good["char_rate"].max()), 4),  # type: ignore[arg-type]
        "char_rate_min": round(float(good["char_rate"].min()), 4),  # type: ignore[arg-type]
        "char_rate_mean": round(float(good["char_rate"].mean()), 4),  # type: ignore[arg-type]
        "word_rate_max": round(float(good["word_rate"].max()), 4),  # type: ignore[arg-type]
        "word_rate_p50": round(quantile(found, "word_rate", "p50"), 4),
        "longest_word_ge25": good.filter(tokens >= 25).height,
        "longest_word_max": good["longest_token"].max(),
        "longest_word_p50": quantile(found, "longest_token", "p50"),
        "word_run_max": good["word_run"].max(),
        "ngram_run_max_n_le5": good["phrase_run"].max(),
        "ngram_run_ge3_n_le5": good.filter(pl.col("phrase_run") >= 3).height,
        "text_empty_or_blank": good.filter(pl.col("words") == 0).height,
        "unique_texts": found["duplicates"]["unique_texts"],
        "rows_with_duplicated_text": found["duplicates"]["rows_with_duplicated_text"],
        "duplicate_audio_offset_keys": found["duplicates"]["duplicate_audio_offset_keys"],
        "speakers": good["speaker"].drop_nulls().n_unique(),
        "langs": dict(langs.iter_rows()),
    }


def agreement_figures(rows: pl.DataFrame) -> Mapping[str, object]:
    """The corpus figures over rows with `pred_text`; the reference's CER passes over long texts."""
    heard = rows.filter(pl.col("word_edits").is_not_null())
    short = heard.filter(pl.col("chars") <= 4000)
    edits, words = int(heard["word_edits"].sum()), int(heard["words"].sum())
    return {
        "rows_with_pred_text": heard.height,
        "wer_edits": edits,
        "wer_ref_words": words,
        "WER_corpus": edits / words,
        "CER_corpus": int(short["char_edits"].sum()) / int(short["chars"].sum()),
    }


def test_reference_figures(real_data: Path, tmp_path: Path) -> None:
    reference = json.loads((real_data / "reference.json").read_text())["manifests"]
    assert len(reference) == MANIFESTS
    compared = 0
    for name, expected in sorted(reference.items()):
        found, rows = profiled(real_data / name, tmp_path / Path(name).stem)
        assert rows["malformed"].null_count() == expected["rows"], f"{name}: no line is malformed"
        for figure, value in figures(found, rows).items():
            assert value == pytest.approx(expected[figure], abs=1.1e-4), f"{name}: {figure}"
            compared += 1
        if "wer_edits" in expected:
            for figure, value in agreement_figures(rows).items():
                assert value == pytest.approx(expected[figure], abs=1e-6), f"{name}: {figure}"
                compared += 1
    assert compared == MANIFESTS * 29 + 2 * 5
