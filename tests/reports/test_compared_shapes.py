"""Charts of two distributions, and of speakers as dots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import curate
from curate.artifacts.diff import Drift, Shapes
from curate.artifacts.profile import Stratum
from curate.inspect.diff import DRAWN
from reports.charts.shapes import moved, shapes_chart
from reports.charts.speakers import speakers_chart

DRIFT = Drift(
    name="char_rate", unit="characters/s", a_p50=14.0, a_p99=22.0, b_p50=15.5, b_p99=27.0,
    a_nulls=0, b_nulls=0, same=False, ks=0.31, psi=0.4,
    shapes=Shapes(edges=(0.0, 10.0, 20.0), whole=False, a=(1, 3), b=(1, 1), a_beyond=0, b_beyond=2),
)  # fmt: skip


def test_shares_are_of_all_rows_also_those_beyond() -> None:
    chart = shapes_chart(DRIFT)
    assert chart is not None
    assert "0 to 10: A 25.0 %, B 25.0 % of rows" in chart.unescape().replace("\u00a0", " ")
    assert "10 to 20: A 75.0 %, B 25.0 % of rows" in chart.unescape().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("shapes", "drawn"),
    [
        ({}, True),
        ({"a": (0, 0)}, False),  # no row of A lies in a bin
        ({"b": (1,)}, False),  # a bin is missing
        ({"edges": (0.0, 20.0, 10.0)}, False),
    ],
)
def test_only_shapes_that_make_sense_are_drawn(shapes: dict[str, object], drawn: bool) -> None:
    assert DRIFT.shapes is not None
    changed = DRIFT.shapes.model_copy(update=shapes)
    assert (shapes_chart(DRIFT.model_copy(update={"shapes": changed})) is not None) == drawn


@pytest.mark.parametrize(
    ("psi", "size"), [(0.02, "small"), (0.1, "notable"), (0.25, "large"), (None, "not measured")]
)
def test_a_shift_has_a_size(psi: float | None, size: str) -> None:
    assert moved(DRIFT.model_copy(update={"psi": psi})).startswith(f"Shift: {size}; median 14 in A")


def test_both_distributions_hold_all_rows(tmp_path: Path) -> None:
    for name, seconds in (("a", 3.0), ("b", 5.0)):
        lines = [
            {"audio_filepath": f"{at}.wav", "duration": seconds + at / 40, "text": "so " * (at + 1)}
            for at in range(40)
        ]
        lines.append({"audio_filepath": "long.wav", "duration": 4000.0, "text": "beyond"})
        manifest = tmp_path / f"{name}.jsonl"
        manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
        curate.profile([manifest], tmp_path / name)
    diff = curate.diff(tmp_path / "a", tmp_path / "b")
    drawn = [each for each in diff.metrics if each.shapes is not None]
    assert 1 <= len(drawn) <= DRAWN
    assert drawn == list(diff.metrics[: len(drawn)])  # the metrics that moved furthest
    for each in drawn:
        assert each.shapes is not None
        assert sum(each.shapes.a) + each.shapes.a_beyond == 41 - each.a_nulls
        assert sum(each.shapes.b) + each.shapes.b_beyond == 41 - each.b_nulls


def _speaker(value: str | None, bad: float, rate: float | None = 12.0) -> Stratum:
    return Stratum(
        value=value, rows=100, hours=1.0, clean_hours=1.0 - bad, borderline_hours=0.0,
        unknown_hours=0.0, bad_hours=bad, char_rate_p50=rate,
    )  # fmt: skip


def test_speakers_with_bad_hours_are_rings() -> None:
    strata = [_speaker("a", 0.0), _speaker("<b>", 0.1), _speaker("c", 0.5), _speaker(None, 0.9)]
    chart = speakers_chart("speaker", [*strata, _speaker("d", 0.9, None)])
    assert chart is not None
    assert (chart.count('fill="none" stroke-width="1.3"'), chart.count('class="f-ink"/>')) == (2, 1)
    assert "&lt;b&gt;: 100 utterances" in chart
    assert "<b>" not in chart


def test_two_speakers_are_no_chart() -> None:
    assert speakers_chart("speaker", [_speaker("a", 0.0), _speaker("b", 0.0)]) is None
