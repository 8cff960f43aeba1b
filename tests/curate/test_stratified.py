"""Histograms by stratum hold the rows of each stratum, in the bins of the histogram of all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb
import pytest

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Profile
from curate.profiles.statistics.strata import LARGEST, MOST_METRICS
from reports.charts.bars import bars_of
from reports.charts.hints import condition

SPEAKERS = 30
LANGS = ("en", "zh", "de' OR 1=1", None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Profiles of 2,000 rows with limits, values beyond every range, and lines that are none."""
    folder, rng = tmp_path_factory.mktemp("strata"), random.Random(3)
    for name in ("train", "dev"):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as out:
            for at in range(1000):
                seconds = rng.choice([0.05, 0.5, 30.0, 700.0, rng.lognormvariate(1.2, 0.8)])
                lang = rng.choice(LANGS)
                words = "人" * rng.randint(1, 40) if lang == "zh" else "ab " * rng.randint(1, 60)
                line = {"audio_filepath": f"{name}{at}.wav", "duration": round(seconds, 3)}
                line |= {"text": words, "speaker": f"spk{rng.randrange(SPEAKERS)}"}
                out.write(json.dumps(line | ({"lang": lang} if lang else {})) + "\n")
            out.write("no record\n")
    curate.profile([folder / "train.jsonl", folder / "dev.jsonl"], folder / "p")
    return folder / "p"


def _profile(folder: Path) -> Profile:
    return read_artifact(folder, Profile)


def test_every_stratum_has_its_rows_in_every_bin(folder: Path) -> None:
    profile, checked = _profile(folder), 0
    metrics = {metric.name: metric for metric in profile.metrics}
    with duckdb.connect() as records:
        records.execute(f"CREATE VIEW records AS FROM '{folder / 'records.parquet'}'")
        for name, strata in (profile.stratified or {})["lang"].metrics.items():
            bars = bars_of(metrics[name])
            assert bars is not None
            for stratum in strata:
                counted = [
                    records.execute(
                        f"SELECT count(*) FROM records WHERE {condition(metrics[name], bars, bar)}"
                        " AND lang IS NOT DISTINCT FROM $1",
                        [stratum.value],
                    ).fetchall()[0][0]
                    for bar in bars.bars
                ]
                assert list(stratum.rows) == counted, (name, stratum.value)
                checked += sum(counted) > 0
    assert checked >= 4 * len(LANGS)


def test_strata_add_up_to_all_rows(folder: Path) -> None:
    profile = _profile(folder)
    metrics = {metric.name: metric.histogram for metric in profile.metrics}
    for column in ("lang", "source"):
        for name, strata in (profile.stratified or {})[column].metrics.items():
            whole = metrics[name]
            added = [sum(counts) for counts in zip(*(each.rows for each in strata), strict=True)]
            assert added == list(whole.rows), (column, name)
            assert sum(each.below + each.above for each in strata) == whole.below + whole.above


def test_the_largest_are_shown_and_all_are_counted(folder: Path) -> None:
    speakers = (_profile(folder).stratified or {})["speaker"]
    assert speakers.strata == SPEAKERS
    assert {len(strata) for strata in speakers.metrics.values()} == {LARGEST}
    assert 4 <= len(speakers.metrics) <= MOST_METRICS


def test_a_tag_has_the_rows_that_its_rule_flagged(folder: Path) -> None:
    profile = _profile(folder)
    tags = {each.value: each for each in (profile.stratified or {})["tag"].metrics["duration_s"]}
    flagged = {f"{hit.severity}:{hit.rule}": hit.rows for hit in profile.rules_hit if hit.rows}
    assert len(tags) == min(len(flagged), LARGEST) >= 2
    for tag, each in tags.items():
        assert tag is not None
        assert sum(each.rows) + each.below + each.above == flagged[tag]


def test_a_single_stratum_is_none(tmp_path: Path) -> None:
    line = {"audio_filepath": "a.wav", "duration": 2.0, "text": "two words", "lang": "en"}
    (tmp_path / "m.jsonl").write_text(json.dumps(line) + "\n")
    curate.profile([tmp_path / "m.jsonl"], tmp_path / "p")
    assert _profile(tmp_path / "p").stratified == {}
