"""Hours by a score, and random hours of the same strata: sizes, order, fairness, bytes."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.selection import Selection
from curate.cli.app import app
from curate.errors import ConfigError, InputError
from curate.selection.choose import choose, shares

ROW = st.tuples(
    st.sampled_from([math.nan, 0.0, 0.5, 1.0, 7.25]) | st.floats(-1e6, 1e6),
    st.integers(0, 10_000),
    st.integers(0, 3),
)


def plain(
    rows: Sequence[tuple[float, int, int]], noise: Sequence[int], limits: Sequence[float]
) -> set[int]:
    """The rows of each stratum by score, then noise, up to the limit of its time."""
    chosen: set[int] = set()
    for stratum, most in enumerate(limits):
        own = [at for at, row in enumerate(rows) if row[2] == stratum and not math.isnan(row[0])]
        spent = 0
        for at in sorted(own, key=lambda at: (rows[at][0], noise[at])):
            if spent + rows[at][1] / 2 <= most:
                chosen.add(at)
            spent += rows[at][1]
    return chosen


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=40), budget=st.integers(0, 150_000))
def test_choice_is_the_plain_definition(rows: list[tuple[float, int, int]], budget: int) -> None:
    names = sorted({row[2] for row in rows})
    rows = [(score, us, names.index(stratum)) for score, us, stratum in rows]
    score, us, stratum = (np.array(column) for column in zip(*rows, strict=True))
    noise = np.random.default_rng(1).permutation(len(rows)).astype(np.uint64)
    best, random = choose(score, us, stratum, noise, budget)
    usable, scored = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    for value, spent, of in rows:
        usable[of] += spent
        scored[of] += 0 if math.isnan(value) else spent
    limits = shares(usable, scored, budget)
    assert set(np.flatnonzero(best)) == plain(rows, noise.tolist(), limits.tolist())
    taken = np.bincount(stratum, np.where(best, us, 0), len(names)).tolist()
    anything = [(0.0, spent, of) for _, spent, of in rows]
    assert set(np.flatnonzero(random)) == plain(anything, noise.tolist(), taken)


@settings(max_examples=200, deadline=None)
@given(
    strata=st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1)), min_size=1, max_size=8),
    budget=st.integers(0, 10**10),
)
def test_shares_spend_the_budget_and_no_more_than_there_is(
    strata: list[tuple[int, float]], budget: int
) -> None:
    usable = np.array([time for time, _ in strata])
    available = np.array([int(time * part) for time, part in strata])
    given_each = shares(usable, available, budget)
    assert (given_each <= available * (1 + 1e-9) + 1e-6).all()
    assert given_each.sum() == pytest.approx(min(budget, available.sum()), rel=1e-9, abs=1e-3)
    is_open = (given_each < available - 1) & (usable > 0)
    rates = given_each[is_open] / usable[is_open]
    assert rates.size == 0 or np.ptp(rates) <= 1e-9 * max(1.0, rates.max())


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 rows of two languages with `pred_text`, some without; a few bad, some borderline."""
    folder, rng = tmp_path_factory.mktemp("select"), np.random.default_rng(5)
    lines = []
    for at in range(400):
        words = [f"word{n}" for n in rng.integers(0, 50, 8)]
        wrong = [word if rng.random() > at % 9 / 10 else "other" for word in words]
        seconds = 0.2 if at % 40 == 0 else round(float(rng.uniform(3, 6)), 3)
        line = {
            "audio_filepath": f"a/{at}.wav", "duration": seconds, "text": " ".join(words),
            "lang": "de" if at % 3 else "en", "speaker": f"s{at % 20}",
        }  # fmt: skip
        lines.append(line if at % 10 == 7 else {**line, "pred_text": " ".join(wrong)})
    manifest = folder / "m.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    curate.profile([manifest], folder / "p")
    return folder / "p"


def test_selected_lines_are_the_best_of_each_language(profile: Path, tmp_path: Path) -> None:
    made = curate.select(profile, tmp_path / "out", hours=0.1, lowest="wer")
    records = pl.read_parquet(profile / "records.parquet").with_columns(
        pl.col("verdict").cast(pl.String)
    )
    original = (profile.parent / "m.jsonl").read_bytes().split(b"\n")
    chosen = (tmp_path / "out" / "selected.jsonl").read_bytes().split(b"\n")[:-1]
    numbers = [original.index(line) for line in chosen]
    assert numbers == sorted(numbers)
    assert made.selected.rows == len(chosen)
    assert 0 < len(chosen) < 400
    usable = records.with_row_index("row").filter(pl.col("verdict") != "bad")
    for lang in ("de", "en"):
        own = usable.filter((pl.col("lang") == lang) & pl.col("wer").is_not_null())
        is_in = own["row"].is_in(numbers)
        taken, left = (own.filter(mask)["wer"].to_list() for mask in (is_in, ~is_in))
        assert max(taken) <= min(left)
        (stratum,) = [each for each in made.strata if each.stratum == {"lang": lang}]
        us = own.filter(is_in)["duration_us"].to_list()
        assert stratum.hours == round(sum(us) / 3.6e9, 6)
        assert stratum.last_score == max(taken)


def test_random_hours_are_those_of_the_choice_in_each_stratum(
    profile: Path, tmp_path: Path
) -> None:
    made = curate.select(profile, tmp_path / "out", hours=0.2, highest="char_rate")
    longest = 6.0 / 3600
    for stratum in made.strata:
        assert stratum.random_hours == pytest.approx(stratum.hours, abs=longest / 2 + 1e-6)
    assert made.random.hours == pytest.approx(0.2, abs=2 * longest)
    hours: defaultdict[str, float] = defaultdict(float)
    for line in (tmp_path / "out" / "random.jsonl").read_text().split("\n")[:-1]:
        record = json.loads(line)
        hours[record["lang"]] += record["duration"] / 3600
    for stratum in made.strata:
        lang = stratum.stratum["lang"]
        assert hours[str(lang)] == pytest.approx(stratum.random_hours, abs=1e-6)


def test_a_seed_decides_and_bad_rows_are_in_neither(profile: Path, tmp_path: Path) -> None:
    texts = {}
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        curate.select(profile, tmp_path / name, hours=0.2, lowest="wer", seed=seed)
        texts[name] = (tmp_path / name / "random.jsonl").read_bytes()
    assert texts["one"] == texts["same"] != texts["other"]
    verdicts = pl.read_parquet(profile / "records.parquet")["verdict"].cast(pl.String).to_list()
    lines = (profile.parent / "m.jsonl").read_bytes().split(b"\n")
    bad = {line for line, verdict in zip(lines, verdicts, strict=False) if verdict == "bad"}
    assert len(bad) >= 5
    for text in texts.values():
        assert not bad & set(text.split(b"\n"))


def test_more_than_there_is_takes_all_and_warns(profile: Path, tmp_path: Path) -> None:
    made = curate.select(profile, tmp_path / "out", hours=50, lowest="wer")
    assert made.selected.rows == made.usable_rows - made.unscored_rows
    assert made.unscored_rows > 10
    assert len(made.warnings) == 1
    assert "50 h requested" in made.warnings[0]
    assert read_artifact(tmp_path / "out", Selection) == made


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hours", "1"], "exactly one is needed"),
        (["--hours", "1", "--lowest", "wer", "--highest", "wer"], "exactly one is needed"),
        (["--hours", "0", "--lowest", "wer"], "is no amount"),
        (["--hours", "nan", "--lowest", "wer"], "is no amount"),
        (["--hours", "1", "--lowest", "werr"], "did you mean 'wer'"),
        (["--hours", "1", "--lowest", "wer", "--by", "langs"], "did you mean 'lang'"),
    ],
)
def test_wrong_requests_are_one_fault_and_write_nothing(
    options: list[str], message: str, profile: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["select", str(profile), "--out", str(out), *options])
    assert done.exit_code != 0
    assert message in str(done.exception or "") + done.output
    assert not out.exists()


def test_a_manifest_that_has_changed_is_refused(
    manifest: Callable[..., Path], tmp_path: Path
) -> None:
    line = json.dumps({"audio_filepath": "a.wav", "duration": 4.0, "text": "one two three"})
    path = manifest(line, line.replace("a.wav", "b.wav"))
    curate.profile([path], tmp_path / "p")
    path.write_text(path.read_text().replace("one", "two"))
    with pytest.raises(InputError):
        curate.select(tmp_path / "p", tmp_path / "out", hours=1, lowest="char_rate")
    assert not (tmp_path / "out").exists()


def test_no_row_has_the_metric(manifest: Callable[..., Path], tmp_path: Path) -> None:
    path = manifest(json.dumps({"audio_filepath": "a.wav", "duration": 0.01, "text": "one two"}))
    curate.profile([path], tmp_path / "p")
    with pytest.raises(ConfigError, match="no usable row has"):
        curate.select(tmp_path / "p", tmp_path / "out", hours=1, lowest="char_rate")
