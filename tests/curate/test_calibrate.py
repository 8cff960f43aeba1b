"""Calibration recovers a planted speaking rate, and proposes sound limits that only tighten."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.artifacts.verdicts import VERDICTS
from curate.errors import ConfigError
from curate.rules.file import load_rules
from curate.whatif.calibrate import propose_limits, where
from curate.whatif.preset import MARK, write_preset
from curate.whatif.speaking_rate import fit_speaking_rate
from tests import processes

WORDS = " ".join(map("".join, product("bdgk", "aeiou", "lmnr", "aeiou")))
"""Text of which no piece repeats itself."""


def _spoken(rows: int, lead_s: float, rate: float, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    chars = rng.integers(10, 150, rows).astype(np.float64)
    return chars, (lead_s + chars / rate) * np.exp(rng.normal(0, 0.15, rows))


@settings(max_examples=40, deadline=None)
@given(
    lead_s=st.floats(0.2, 3),
    rate=st.floats(3, 25),
    junk=st.floats(0, 0.2),
    seed=st.integers(0, 1000),
)
def test_a_planted_pace_is_found_under_junk(
    lead_s: float, rate: float, junk: float, seed: int
) -> None:
    chars, duration_s = _spoken(2000, lead_s, rate, seed)
    swapped = int(2000 * junk)
    duration_s[:swapped] = duration_s[:swapped][::-1]  # as good as drawn at random
    speaking_rate = fit_speaking_rate(chars, duration_s)
    assert speaking_rate is not None
    expected = (lead_s + chars / rate) / (speaking_rate.lead_s + speaking_rate.char_s * chars)
    assert np.median(np.abs(np.log(expected))) < 0.08
    assert np.abs(np.log(expected)).max() < 0.5  # at the shortest texts, where the lead is most
    assert 1.4 < speaking_rate.fast < 2.9
    assert 1.4 < 1 / speaking_rate.slow < 2.9


@given(factor=st.floats(0.25, 4))
def test_slower_speech_moves_the_line_and_not_the_fences(factor: float) -> None:
    chars, duration_s = _spoken(500, 1.0, 15, 1)
    one, other = fit_speaking_rate(chars, duration_s), fit_speaking_rate(chars, duration_s * factor)
    assert one is not None
    assert other is not None
    assert other.char_s == pytest.approx(one.char_s * factor, rel=0.02)
    assert other.fast == pytest.approx(one.fast, rel=0.05)


@pytest.mark.parametrize(
    ("chars", "duration_s", "why"),
    [
        ([10.0] * 99, [1.0] * 99, "too few"),
        ([10.0] * 200, [1.0] * 200, "all alike: no spread to measure"),
        ([float(n) for n in range(1, 201)], [200.0 - n for n in range(200)], "longer is quicker"),
    ],
)
def test_no_pace_is_made_up(chars: list[float], duration_s: list[float], why: str) -> None:
    speaking_rate = fit_speaking_rate(np.array(chars), np.array(duration_s))
    assert speaking_rate is None or (speaking_rate.lead_s, why) == (0.0, "longer is quicker")


def test_fewer_records_get_wider_fences() -> None:
    chars, duration_s = _spoken(10_000, 1.0, 15, 2)
    many, few = (
        fit_speaking_rate(chars, duration_s),
        fit_speaking_rate(chars[:120], duration_s[:120]),
    )
    assert many is not None
    assert few is not None
    assert few.fast > many.fast
    assert few.slow < many.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of three strata: one that speaks at 15 characters a second, one at 5 (with a name
    that is no word), and one of ten records; a fifth of the first are texts of other records.
    """
    folder = tmp_path_factory.mktemp("calibrate")
    rows = []
    for lang, rate, size in (("en", 15.0, 600), ("x-'q\"", 9.0, 150), ("zh CN/1", 5.0, 300)):
        chars, duration_s = _spoken(size, 1.0, rate, 3)
        texts = [WORDS[at : at + int(n)] for at, n in enumerate(chars)]
        if lang == "en":
            texts[:120] = texts[:120][::-1]
        rows += [
            {"duration": round(float(s), 3), "text": text, "lang": lang}
            for s, text in zip(duration_s, texts, strict=True)
        ]
    rows += [{"duration": 2.0, "text": "ten of these", "lang": "de"}] * 10
    lines = [json.dumps({"audio_filepath": f"{n}.wav", **row}) for n, row in enumerate(rows)]
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    curate.profile(folder / "manifest.jsonl", out=folder / "profile")
    return folder


def test_what_is_proposed_is_sound_and_only_tighter(folder: Path, tmp_path: Path) -> None:
    calibration = propose_limits(folder / "profile", load_rules())
    path = tmp_path / "mine.yaml"
    write_preset(calibration, path)
    rules = load_rules(path)
    ids = [rule.id for rule in rules.rules if rule.id.startswith("pace_")]
    # Most hours first: the same texts take longer at 5 characters a second.
    assert ids == ["pace_fast_zh_cn_1", "pace_slow_zh_cn_1", "pace_fast_en", "pace_slow_en"]
    assert all(rule.bad is None for rule in rules.rules if rule.id in ids)
    assert all(len(rule.examples) >= 2 and "Learnt from" in rule.why
               for rule in rules.rules if rule.id in ids)  # fmt: skip
    head = path.read_text().split("schema:")[0]
    assert head.startswith(MARK)
    assert "x-'q\"" in head  # no rule can name it
    assert "de (10 records)" in head
    records = pl.read_parquet(folder / "profile/records.parquet").drop("verdict", "tags", "reason")
    before, after = curate.apply_rules(records), curate.apply_rules(records, path)
    pairs = list(zip(before["verdict"], after["verdict"], strict=True))
    assert all(VERDICTS.index(one) <= VERDICTS.index(other) for one, other in pairs)
    assert sum(one != other for one, other in pairs) >= 5
    flagged = sum(side.new_rows for each in calibration.proposals for side in each.sides)
    tags = [tag for row in after["tags"] for tag in row if tag.startswith("borderline:pace_")]
    newly = sum(one == "clean" != other for one, other in pairs)
    assert flagged == newly <= len(tags)


def test_a_stratum_is_a_condition() -> None:
    assert where("lang", None).startswith("lang is null and")
    assert 'speaker in ["it\'s"]' in where("speaker", "it's")


def test_what_cannot_be_proposed_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no rule can be confined to 'gender'"):
        propose_limits(folder / "profile", load_rules(), by="gender")
    calibration = propose_limits(folder / "profile", load_rules(), least_rows=10_000)
    with pytest.raises(ConfigError, match="no stratum is large enough"):
        write_preset(calibration, tmp_path / "none.yaml")
    assert list(tmp_path.iterdir()) == []
    mine = tmp_path / "mine.yaml"
    mine.write_text("schema: curate.rules/1\n")
    with pytest.raises(ConfigError, match="not written by `curate rules calibrate`"):
        write_preset(propose_limits(folder / "profile", load_rules()), mine)
    assert mine.read_text() == "schema: curate.rules/1\n"


def test_the_command(folder: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return processes.curate("rules", *words, cwd=folder)

    made = run("calibrate", "profile", "--out", "sub/calibrated.yaml", "--json")
    assert made.returncode == 0, made.stderr
    strata = {each["value"]: each for each in json.loads(made.stdout)["strata"]}
    assert strata["en"]["chars_per_s"] == pytest.approx(15, rel=0.1)
    assert strata["zh CN/1"]["chars_per_s"] == pytest.approx(5, rel=0.1)
    assert not strata["de"]["proposed"]
    checked = run("check", "sub/calibrated.yaml")
    assert checked.returncode == 0, checked.stderr


def test_confirmed_and_voted_down_recordings(real_data: Path, tmp_path: Path) -> None:
    """The figures of the decision: more is found than by one limit for all languages, as
    reliably.
    """
    manifests = [real_data / "manifests" / f"cv_id{part}.jsonl" for part in ("", "_invalidated")]
    curate.profile(manifests, out=tmp_path / "profile")
    plain = tmp_path / "plain.yaml"
    rate = "{id: char_rate, override: true, metric: char_rate, bad: '>= 30', eval: '>= 22'}"
    plain.write_text(f"schema: curate.rules/1\nname: plain\nextends: default\nrules: [{rate}]\n")
    write_preset(propose_limits(tmp_path / "profile", load_rules(plain)), tmp_path / "mine.yaml")
    records = pl.read_parquet(tmp_path / "profile/records.parquet").drop(
        "verdict", "tags", "reason"
    )
    down = records["source"].str.contains("invalidated").to_numpy()
    scores = {}
    for name in (plain, tmp_path / "mine.yaml"):
        flagged = (curate.apply_rules(records, name)["verdict"] != "clean").to_numpy()
        scores[name] = (flagged & down).sum() / flagged.sum(), (flagged & down).sum() / down.sum()
    (precision, recall), (better, more) = scores.values()
    assert more > 1.4 * recall
    assert better >= precision
