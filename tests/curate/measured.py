"""Five manifests and their profile, measured at once, for what measures them in pieces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import reports
from curate.api.profile import run_profile
from curate.audio.options import AudioOptions
from curate.environment.execution import Execution
from curate.profiles.request import MeasureOptions, ProfileRequest
from curate.profiles.run import OUTPUT_FILES

COMMAND = "a command"
NAMES = [f"{letter}.jsonl" for letter in "abcde"]


def write_corpus(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Five manifests in the working folder: one empty but for blank lines, one with a bad line."""
    patch.chdir(folder)
    for at, name in enumerate(NAMES):
        lines = [
            json.dumps({
                "audio_filepath": f"{name}/{n}.wav", "duration": 1 + (n * 7 + at) % 9 / 8,
                "text": ("no " * (n % 17)).strip() or f"word {at} {n}",
                "lang": ("en", "de")[n % 2], "speaker": f"s{n % 5}", "corpus": name,
            })
            for n in range(40 * at)
        ]  # fmt: skip
        (folder / name).write_text("\n".join([*lines, "", "{broken" if at == 3 else ""]))
    return NAMES


RUN = Execution(command=COMMAND, build_page=reports.build)


def local(request: ProfileRequest, out: str) -> None:
    run_profile(request, Path(out), RUN, cached=False)


def request_of(names: Sequence[str], metrics: Sequence[str] = (), **audio: Any) -> ProfileRequest:
    measure = MeasureOptions(metrics=metrics, audio=AudioOptions(**audio))
    return ProfileRequest(manifests=names, by=["corpus"], measure=measure)


def bytes_of(out: str) -> dict[str, bytes]:
    contents = {path.name: path.read_bytes() for path in sorted(Path(out).iterdir())}
    assert {"records.parquet", "profile.json", "measured.json"} < contents.keys() <= OUTPUT_FILES
    return contents
