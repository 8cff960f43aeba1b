"""The moving line of a fit; no NeMo in here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.text import Text

from train.cli.render.progress import clock, figures, progress_bar
from train.runs.job import Progress

FIT = Progress(120, 1000, 1.23456, None, 0.5, 0.01, 3725)


@pytest.mark.parametrize(
    ("progress", "parts"),
    [
        (
            FIT,
            ["loss 1.235", "RTFx 1,800", "waiting for data 1%", "1:02:05 left"],
        ),
        (replace(FIT, val_wer=0.0825), ["WER 8.2%"]),
    ],
)
def test_what_the_line_says(progress: Progress, parts: list[str]) -> None:
    text = Text.from_markup(figures(progress)).plain
    assert [part for part in parts if part not in text] == []


def test_waiting_is_marked_where_it_is_worth_a_word() -> None:
    styles = [
        bool(Text.from_markup(figures(replace(FIT, waiting_share=share))).spans)
        for share in (0.04, 0.06)
    ]
    assert styles == [False, True]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (90061, "25:01:01")]
)
def test_the_time_left(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as show:
        show(FIT)
    assert capsys.readouterr().err.strip() == ""
