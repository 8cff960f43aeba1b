"""Fields that a profile is grouped by may have any name, those of its own SQL too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import curate
from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Profile
from curate.errors import ConfigError

NAMES = (
    "kind", "us", "bad", "clean", "value", "bin", "n", "upto", "middle", "rank", "rates",
    "counted", "running", "records", "numbered", "select", "group", "row", "x", "y", "len",
)  # fmt: skip


def test_any_name_can_be_grouped_by(manifest: Callable[..., Path], tmp_path: Path) -> None:
    """A field named as an alias of a query was taken for it."""
    lines = [
        json.dumps({
            "audio_filepath": f"{at}.wav", "duration": 40.0, "text": text,
            **{name: f"{name}-{at % 2}" for name in NAMES},
        })
        for at, text in enumerate([" ".join(map(str, range(100, 300))), ""] * 2)
    ]  # fmt: skip
    path = manifest(*lines, "{broken")
    curate.profile([path], tmp_path / "p", by=NAMES)
    profile = read_artifact(tmp_path / "p", Profile)
    assert profile.coverage is not None
    for name in NAMES:
        values = {each.value: each for each in profile.strata[name]}
        assert set(values) - {None} == {f"{name}-0", f"{name}-1"}, name
        assert values[f"{name}-1"].rows == 2
        assert values[f"{name}-1"].bad_hours == round(80 / 3600, 6)
        assert profile.coverage[name].values == 2
        assert [group.value for group in profile.worst_groups[name]] == [f"{name}-1"], name


OWN = ("split", "route", "group", "us", "known", "rows", "stratum")
"""Names of columns that a split adds."""
OTHER = ("place", "words2", "target", "best", "random", "weight", "score", "value")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    lines = [
        json.dumps({
            "audio_filepath": f"{at}.wav", "duration": 4.0, "speaker": f"s{at % 40}",
            "text": " ".join(str(at * 1000 + n) for n in range(6)),
            **{name: f"{name}-{at % 2}" for name in (*OWN, *OTHER)},
        })
        for at in range(400)
    ]  # fmt: skip
    (folder / "m.jsonl").write_text("\n".join(lines))
    curate.profile([folder / "m.jsonl"], folder / "p", by=[*OWN, *OTHER])
    return folder / "p"


def test_a_selection_has_strata_of_any_name(profile: Path, tmp_path: Path) -> None:
    for name in (*OWN, *OTHER):
        made = curate.select(profile, tmp_path / "s", hours=0.1, lowest="char_rate", by=[name])
        assert sorted(str(each.stratum[name]) for each in made.strata) == [f"{name}-0", f"{name}-1"]


def test_a_split_has_strata_of_any_other_name(profile: Path, tmp_path: Path) -> None:
    sizes = {"eval": "60s", "test": "60s"}
    made = curate.split(profile, tmp_path / "s", sizes=sizes, by=OTHER)
    for name in OTHER:
        values = {str(each.stratum[name]) for each in made.strata}
        assert values == {f"{name}-0", f"{name}-1"}
    with pytest.raises(ConfigError) as refused:
        curate.split(profile, tmp_path / "t", sizes=sizes, by=OWN)
    assert [fault.what.split("'")[1] for fault in refused.value.faults] == list(OWN)
    assert not (tmp_path / "t").exists()
