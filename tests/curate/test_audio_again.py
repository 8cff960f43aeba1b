"""Audio in a profile that was made before: heard again is only what changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from curate.audio.analyse import analyse_segments
from curate.audio.options import AudioOptions, Sample
from curate.environment.execution import Execution
from curate.profiles.audio import cache as heard_module
from curate.profiles.audio.depth import AUDIO_CACHE
from curate.profiles.request import MeasureOptions, ProfileRequest
from curate.profiles.run import unchanged
from tests.curate.test_audio import ANYWHERE, profiled, tone


@pytest.fixture
def corpus(tmp_path: Path) -> list[dict[str, object]]:
    """Twelve files, three segments of one of them, a missing one, and a command."""
    for at in range(12):
        tone(tmp_path / f"a{'x' * at}.wav")
    names = [f"a{'x' * at}.wav" for at in range(12)] + ["gone.wav", "touch marker |"]
    records: list[dict[str, object]] = [{"audio_filepath": name} for name in names]
    records += [{"audio_filepath": "ax.wav", "offset": at, "duration": 1.0} for at in (1.5, 0.5)]
    return records


def state(folder: Path) -> dict[str, bytes]:
    names = ("records.parquet", "profile.json", "ledger.json")
    return {name: (folder / "out" / name).read_bytes() for name in names}


def test_threads_change_nothing(tmp_path: Path, corpus: list[dict[str, object]]) -> None:
    made = []
    for threads in (1, 2, 5):
        profiled(tmp_path, corpus, execution=Execution(threads=threads))
        made.append(state(tmp_path))
    assert made[0] == made[1] == made[2]


Change = Callable[[Path], object]
# what happens between two profiles, and which files are then opened again
CHANGES: list[tuple[str, Change, set[str]]] = [
    ("nothing", lambda folder: None, set()),
    ("a file is touched", lambda folder: (folder / "ax.wav").touch(), {"ax.wav"}),
    ("a file's content changes", lambda folder: tone(folder / "axx.wav", 3.0), {"axx.wav"}),
    ("a missing file appears", lambda folder: tone(folder / "gone.wav"), set()),
    ("a file goes", lambda folder: (folder / "axxx.wav").unlink(), {"axxx.wav"}),
]
NEVER_KEPT = {"gone.wav", "touch marker |"}
"""Nothing was opened that could be known again; asking is cheap."""


@pytest.mark.parametrize(("name", "change", "again"), CHANGES, ids=[row[0] for row in CHANGES])
def test_only_what_changed_is_heard_again(
    tmp_path: Path,
    corpus: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    change: Change,
    again: set[str],
) -> None:
    profiled(tmp_path, corpus)
    age(tmp_path)
    change(tmp_path)
    analysed: list[str] = []

    def noted(name: str, *more: Any) -> Any:
        analysed.append(name)
        return analyse_segments(name, *more)

    monkeypatch.setattr(heard_module, "analyse_segments", noted)
    profiled(tmp_path, corpus, old=tmp_path / "out")
    assert set(analysed) == again | NEVER_KEPT
    with_cache = state(tmp_path)
    profiled(tmp_path, corpus)
    assert state(tmp_path) == with_cache, "what was kept is what would be heard"


def age(folder: Path) -> None:
    """Let the cache be written long after the audio, as it is outside of tests."""
    later = (folder / "out" / AUDIO_CACHE).stat().st_mtime_ns + 10**10
    os.utime(folder / "out" / AUDIO_CACHE, ns=(later, later))


def test_a_profile_is_kept_only_while_its_audio_is(
    tmp_path: Path, corpus: list[dict[str, object]]
) -> None:
    def is_reused(groups: Sequence[str] = ("signal",), audio: AudioOptions = ANYWHERE) -> bool:
        """Whether the profile that is there would be kept; if not, it is made anew."""
        measure = MeasureOptions(metrics=groups, audio=audio)
        request = ProfileRequest(manifests=[str(tmp_path / "m.jsonl")], measure=measure)
        same = unchanged(tmp_path / "out", request.resolve())
        if not same:
            profiled(tmp_path, corpus, groups=groups, audio=audio)
            age(tmp_path)
        return same

    profiled(tmp_path, corpus)
    age(tmp_path)
    assert is_reused()
    tone(tmp_path / "gone.wav")
    assert not is_reused()
    assert is_reused()
    (tmp_path / "ax.wav").unlink()
    assert not is_reused()
    assert not is_reused(("audio",)), "looked at less closely"
    assert not is_reused(("audio",), AudioOptions(sample=Sample(rows=3)))
    assert is_reused(("audio",), AudioOptions(sample=Sample(rows=3)))
    assert not is_reused(("audio",), AudioOptions(allowed=(tmp_path,)))


def test_text_metrics_are_not_measured_again_for_audio(
    tmp_path: Path, corpus: list[dict[str, object]]
) -> None:
    lines: list[str] = []
    profiled(tmp_path, corpus, groups=())
    rows = profiled(
        tmp_path,
        corpus,
        groups=("signal",),
        old=tmp_path / "out",
        execution=Execution(notify=lines.append),
    )
    assert "1 of 1 manifest is unchanged" in " ".join(lines)
    assert rows["rms_db"].null_count() == 2
    without = profiled(tmp_path, corpus, groups=(), old=tmp_path / "out")
    assert "rms_db" not in without.columns
