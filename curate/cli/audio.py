"""Options of commands that analyse audio, and the metrics that they request."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class AudioDepth(StrEnum):
    """How far `--audio` looks; each includes what is before it."""

    HEADER = "header"
    SIGNAL = "signal"
    VAD = "vad"


GROUPS = {AudioDepth.HEADER: "audio", AudioDepth.SIGNAL: "signal", AudioDepth.VAD: "vad"}
"""The group of metrics that each depth requests; groups bring those that they need."""

Audio = Annotated[
    AudioDepth | None,
    typer.Option(
        "--audio",
        help="Analyse audio: headers only, all samples, or all samples with voice activity (VAD).",
        show_default="what the rules need",
    ),
]
AudioSample = Annotated[
    str | None,
    typer.Option(
        "--audio-sample",
        help="Analyse the audio of a sample of the records: 5%, or 10000.",
        show_default="all",
    ),
]
AudioRoot = Annotated[
    Path | None,
    typer.Option(
        "--audio-root",
        exists=True,
        file_okay=False,
        help="Root of relative audio paths.",
        show_default="each manifest's folder",
    ),
]
AllowRoot = Annotated[
    list[Path],
    typer.Option(
        "--allow-root",
        exists=True,
        file_okay=False,
        help="Open no audio outside this directory, through links and .. too (repeatable).",
        show_default="anywhere",
    ),
]


def audio_metrics(depth: AudioDepth | None) -> list[str]:
    """The groups of metrics that the depth requests."""
    return [GROUPS[depth]] if depth else []
