"""Real manifests give exactly the figures that an independent script found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.rules.file import load_rules
from tests.lines import lines_of
from tests.profiling import write_profile

MANIFESTS = 13


def profiled(folder: Path, *paths: Path) -> tuple[Mapping[str, Any], pl.DataFrame]:
    folder.mkdir()
    content = write_profile([str(path) for path in paths], folder, load_rules(None))
    return content.as_json(), pl.read_parquet(folder / "records.parquet")


def quantile(profile: Mapping[str, Any], metric: str, point: str) -> float:
    (entry,) = [entry for entry in profile["metrics"] if entry["name"] == metric]
    return float(entry["quantiles"][point])


def figures(profile: Mapping[str, Any], rows: pl.DataFrame) -> Mapping[str, object]:
    """Our figures under the reference's names."""
    good = rows.filter(pl.col("malformed").is_null())
    duration = good.select(pl.col("duration_s"))["duration_s"]
    tokens = pl.col("longest_token")
    langs = good.with_columns(pl.col("lang").fill_null("None"))["lang"].value_counts()
    return {
        "rows": profile["totals"]["rows"],
        "hours": round(duration.sum() / 3600, 6),
        "duration_min": round(float(duration.to_numpy().min()), 4),
        "duration_max": round(float(duration.to_numpy().max()), 4),
        "duration_p50": round(quantile(profile, "duration_s", "p50"), 4),
        "duration_p95": round(quantile(profile, "duration_s", "p95"), 4),
        "char_rate_ge30": good.filter(pl.col("char_rate") >= 30).height,
        "char_rate_lt1": good.filter(pl.col("char_rate") < 1).height,
        "char_rate_nospace_ge30": good.filter(pl.col("char_rate_nospace") >= 30).height,
        "char_rate_p50": round(quantile(profile, "char_rate", "p50"), 4),
        "char_rate_p95": round(quantile(profile, "char_rate", "p95"), 4),
        "char_rate_p99": round(quantile(profile, "char_rate", "p99"), 4),
        "char_rate_max": round(float(good["char_rate"].to_numpy().max()), 4),
        "char_rate_min": round(float(good["char_rate"].to_numpy().min()), 4),
        "char_rate_mean": round(float(good["char_rate"].to_numpy().mean()), 4),
        "word_rate_max": round(float(good["word_rate"].to_numpy().max()), 4),
        "word_rate_p50": round(quantile(profile, "word_rate", "p50"), 4),
        "longest_word_ge25": good.filter(tokens >= 25).height,
        "longest_word_max": good["longest_token"].max(),
        "longest_word_p50": quantile(profile, "longest_token", "p50"),
        "word_run_max": good["word_run"].max(),
        "ngram_run_max_n_le5": good["phrase_run"].max(),
        "ngram_run_ge3_n_le5": good.filter(pl.col("phrase_run") >= 3).height,
        "text_empty_or_blank": good.filter(pl.col("words") == 0).height,
        "unique_texts": profile["duplicates"]["unique_texts"],
        "rows_with_duplicated_text": profile["duplicates"]["rows_with_duplicated_text"],
        "duplicate_audio_offset_keys": profile["duplicates"]["duplicate_audio_offset_keys"],
        "speakers": good["speaker"].drop_nulls().n_unique(),
        "langs": dict(langs.iter_rows()),
    }


def agreement_figures(rows: pl.DataFrame) -> Mapping[str, object]:
    """The raw figures over rows with `pred_text`; the reference's CER passes over long texts."""
    predicted = rows.filter(pl.col("word_edits_raw").is_not_null())
    short = predicted.filter(pl.col("chars") <= 4000)
    edits, words = int(predicted["word_edits_raw"].sum()), int(predicted["words"].sum())
    return {
        "rows_with_pred_text": predicted.height,
        "wer_edits": edits,
        "wer_ref_words": words,
        "WER_corpus": edits / words,
        "CER_corpus": int(short["char_edits_raw"].sum()) / int(short["chars"].sum()),
    }


def test_reference_figures(real_data: Path, tmp_path: Path) -> None:
    reference = json.loads((real_data / "reference.json").read_text())["manifests"]
    assert len(reference) == MANIFESTS
    compared = 0
    for name, expected in sorted(reference.items()):
        content, rows = profiled(tmp_path / Path(name).stem, real_data / name)
        assert rows["malformed"].null_count() == expected["rows"], f"{name}: no line is malformed"
        for figure, value in figures(content, rows).items():
            assert value == pytest.approx(expected[figure], abs=1.1e-4), f"{name}: {figure}"
            compared += 1
        if "wer_edits" in expected:
            for figure, value in agreement_figures(rows).items():
                assert value == pytest.approx(expected[figure], abs=1e-6), f"{name}: {figure}"
                compared += 1
    assert compared == MANIFESTS * 29 + 2 * 5


RAW = {
    "cv_id": [f"raw/cv_id/{part}.tsv.gz" for part in ("train", "dev", "test")],
    "cv_id_invalidated": ["raw/cv_id/invalidated.tsv.gz"],
    "cv_tw": ["raw/cv_tw/validated.tsv.gz"],
    "kaldi_mini_librispeech": ["raw/kaldi_mini_librispeech"],
    "librispeech_devclean_part": ["raw/librispeech_sb/dev-clean.csv"],
}
UNSAID = {"kaldi_mini_librispeech": {"langs"}, "librispeech_devclean_part": {"langs", "speakers"}}
"""What the manifests say and the raw files do not: the language, and the speaker as such."""


def test_reference_figures_from_the_raw_files(real_data: Path, tmp_path: Path) -> None:
    reference = json.loads((real_data / "reference.json").read_text())["manifests"]
    compared = 0
    for name, sources in RAW.items():
        expected = reference[f"manifests/{name}.jsonl"]
        content, rows = profiled(tmp_path / name, *(real_data / source for source in sources))
        compared += compare(name, content, rows, expected, UNSAID.get(name, set()))
    assert compared == len(RAW) * 29 - 3


def compare(
    name: str,
    content: Mapping[str, Any],
    rows: pl.DataFrame,
    expected: Mapping[str, Any],
    unsaid: set[str],
) -> int:
    assert rows["malformed"].null_count() == expected["rows"], f"{name}: no line is malformed"
    got = {key: value for key, value in figures(content, rows).items() if key not in unsaid}
    for figure, value in got.items():
        assert value == pytest.approx(expected[figure], abs=1.1e-4), f"{name}: {figure}"
    return len(got)


def test_common_voice_of_thirty_languages(real_data: Path, tmp_path: Path) -> None:
    """The 6.1 sample is quoted and came without durations: the manifest's are put beside."""
    name = "manifests/cv61_dev_all.jsonl"
    expected = json.loads((real_data / "reference.json").read_text())["manifests"][name]
    lines = [json.loads(line) for line in lines_of((real_data / name).read_text())]
    clips = "".join(f"{Path(r['audio_filepath']).name}\t{r['duration'] * 1000}\n" for r in lines)
    tables = sorted((real_data / "raw" / "cv61").glob("*/validated.tsv"))
    assert len(tables) == 30
    for table in tables:
        folder = tmp_path / table.parent.name
        folder.mkdir()
        (folder / "validated.tsv").write_bytes(table.read_bytes())
        (folder / "clip_durations.tsv").write_text(f"clip\tduration[ms]\n{clips}")
    content, rows = profiled(tmp_path / "out", *sorted(tmp_path.glob("*/validated.tsv")))
    assert compare(name, content, rows, expected, set()) == 29


def test_the_same_audio_named_by_lhotse(real_data: Path, tmp_path: Path) -> None:
    _, kaldi = profiled(tmp_path / "k", real_data / "raw/kaldi_mini_librispeech")
    for number, form in enumerate(("lhotse", "lhotse-b")):
        _, rows = profiled(tmp_path / str(number), real_data / "raw/kaldi_mini_librispeech" / form)
        columns = ["duration_us", "text_key", "char_rate", "offset_s", "audio_key", "verdict"]
        assert rows.select(columns).equals(kaldi.select(columns))
