"""Which patterns are proposed for group keys, by layouts of a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import polars as pl
import pytest

from curate.splits.path_patterns import group_pattern, groups_of
from curate.splits.path_proposals import proposals

PEOPLE = ("anna", "ben", "carla", "dora", "emil", "fritz")


def names(layout: str, groups: Iterable[object], numbers: Iterable[object]) -> list[str]:
    return [layout.format(g=group, n=number) for group, number in product(groups, numbers)]


LAYOUTS = {
    "six folders, a counter in each": (
        names("c/speaker{g:02d}/utt_{n:04d}.wav", range(1, 7), range(1, 13)),
        [("folder", 6)],
    ),
    "forty folders, a counter of as many": (
        names("speaker{g:02d}/utt_{n:04d}.wav", range(40), range(40)),
        [("folder", 40)],
    ),
    "a counter with letters": (
        names("c/{g}/rec-a{n:02d}.wav", PEOPLE, range(12)),
        [("folder", 6)],
    ),
    "one other name among the counters": (
        [*names("c/{g}/rec_{n:02d}.wav", PEOPLE, range(12)), "c/anna/for_all.wav"],
        [("folder", 6)],
    ),
    "the speaker and a counter in one folder": (
        names("wavs/{g}_{n:03d}.wav", PEOPLE, range(20)),
        [("file name before its last number", 6)],
    ),
    "the speaker and a counter before an extension with a digit": (
        names("talks/{g}{n}.m4a", PEOPLE, range(20)),
        [("file name before its last number", 6)],
    ),
    "no number but that of the extension": (
        names("talks/{g}{n}.mp3", "abcdef", names("{g}{n}", "uvwxyz", "uvwxyz")),
        [],
    ),
    "names without an extension": (
        names("{g}_{n:03d}", PEOPLE, range(20)),
        [("name before its last number", 6)],
    ),
    "numbered speakers before the counter": (
        names("{g:03d}_{n:03d}.wav", range(20), range(15)),
        [("file name before its last number", 20)],
    ),
    "prompts come behind speakers": (
        names("c/{g}/cmd_{n}.wav", PEOPLE, [f"prompt{x}" for x in "abcdefghijkl"]),
        [("folder", 6), ("file name behind the last - or _", 12)],
    ),
    "days of several people": (
        names("day{g}/{n}.wav", range(1, 6), names("{g}{g}_{n}", "abcdefghijkl", range(3))),
        [("file name before its last number", 12), ("folder", 5)],
    ),
    "chapters of speakers": (
        names("LS/{g}/{n}.flac", range(100, 112), names("{g}/utt-{n:04d}", range(3), range(4))),
        [("folder", 36), ("folder above", 12)],
    ),
    "kinds of files": (
        names("{g}/utt_{n:04d}.wav", ("clean", "noisy", "other"), range(30)),
        [],
    ),
    "portions": (names("part{g}/{n:04d}.wav", range(4), range(30)), []),
    "two folders": (names("{g}/{n:04d}.wav", PEOPLE[:2], range(30)), []),
    "nearly all in one folder": (
        [*names("a/{g}{n}.wav", "x", range(60)), "b/1.wav", "b/2.wav", "c/1.wav"],
        [],
    ),
    "a counter alone": (names("wavs/utt_{n:04d}.wav", [0], range(60)), []),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_proposals_of_a_layout(layout: str) -> None:
    paths, expected = LAYOUTS[layout]
    made = proposals(pl.Series(paths, dtype=pl.String))
    assert [(each.what, each.groups) for each in made] == expected
    assert all(each.rows >= 0.95 * len(paths) for each in made)


def test_a_proposal_states_its_groups() -> None:
    """Of 8 + 3 * 4 rows in four folders the largest is the one of 8."""
    paths = [*names("a/{n}.wav", [0], range(8)), *names("{g}/{n}.wav", "bcd", range(4))]
    (made,) = proposals(pl.Series(paths, dtype=pl.String))
    assert (made.groups, made.rows, made.of, made.largest, made.example) == (4, 20, 20, 8, "a")


@pytest.mark.parametrize("suffix", ["m4a", "mp3", "wav", "3gp"])
def test_an_extension_is_no_part_of_a_group(suffix: str) -> None:
    paths = names(f"x/{{g}}{{n}}.{suffix}", ["talk", "episode", "show"], range(1, 5))
    (made,) = proposals(pl.Series(paths, dtype=pl.String))
    groups = groups_of(pl.Series(paths), group_pattern(made.pattern))
    assert set(groups) == {"talk", "episode", "show"}


def test_no_path_has_no_proposal() -> None:
    assert proposals(pl.Series([], dtype=pl.String)) == ()


@pytest.mark.parametrize("name", ["9" * 1_000_000, "a-" * 200_000 + "9", "9" * 256, "9/" * 2_049])
def test_names_that_no_file_has_are_in_no_group(name: str) -> None:
    """Nor does one of them take a minute."""
    paths = names("c/{g}/rec_{n:02d}.wav", PEOPLE, range(12))
    (proposed,) = proposals(pl.Series([*paths, name]))
    (expected,) = proposals(pl.Series(paths))
    assert (proposed.pattern, proposed.groups) == (expected.pattern, expected.groups)
