"""A stand-in for the model that scores, and a folder with what it scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
import soundfile

from curate.nemo.archive import Archive
from tests.lines import lines_of
from train import score as scoring
from train.runs import lines
from train.score import SCORES, ScoreRequest, pieces
from train.scoring.row_scores import RowScore

CANARY = "nemo.collections.asr.models.aed_multitask_models.EncDecMultiTaskModel"
LINES = 4


class Stub:
    """Scores rows by their durations; drops audio, and stops at texts, as it is given them."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.calls: list[list[str]] = []
        self._dies_at = dies_at

    def supports(self, language: str) -> bool:
        return language != "xx"

    def score(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[RowScore]:
        self.calls.append([row["text"] for row in rows])
        if self._dies_at is not None and len(self.calls) > self._dies_at:
            raise KeyboardInterrupt
        usable = [row for row in rows if row["text"] != "dropped"]
        return [RowScore(f"say {row['text']}", {"token_loss": row["duration"]}) for row in usable]


AnyStub = TypeVar("AnyStub", bound=Stub)


class Site:
    """A folder with a manifest, and requests to score it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._patch = folder, monkeypatch
        (folder / "m.nemo").write_bytes(b"model")
        soundfile.write(folder / "a.wav", [0.0] * 16000, 16000)
        archive = Archive(folder / "m.nemo", 5, CANARY, {})
        monkeypatch.setattr(scoring, "archive_of", lambda _: archive)
        monkeypatch.setattr(lines, "PIECE", LINES)

    def request(self, *content: str, out: str = "out", **options: Any) -> ScoreRequest:
        manifest = self.folder / "m.jsonl"
        if content:
            manifest.write_text("".join(f"{each}\n" for each in content), encoding="utf-8")
        return ScoreRequest("m.nemo", [manifest], self.folder / out, **options)

    def use(self, stub: AnyStub) -> AnyStub:
        """Score by the stand-in from now on."""
        self._patch.setattr(pieces.Bench, "load", lambda _: stub)
        return stub

    def scores(self, out: str = "out") -> list[str]:
        return lines_of((self.folder / out / SCORES).read_text(encoding="utf-8"))


def line(text: str, **fields: Any) -> str:
    row = {"audio_filepath": "a.wav", "duration": 1.0, "text": text, "lang": "de"}
    return json.dumps(row | fields, ensure_ascii=False)


def scoring_request(site: Site, out: str = "out") -> Any:
    """Fourteen rows, of four pieces."""
    durations = [0.5 + number % 3 / 10 for number in range(14)]
    rows = [line(f"n{at}", duration=seconds) for at, seconds in enumerate(durations)]
    return site.request(*rows, out=out)
