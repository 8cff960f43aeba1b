"""Near-duplicate texts on two sides: read from the lines to be written, held out or counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.columns import DURATION_US, LINE, NORMAL_KEY
from curate.artifacts.frames import Spans
from curate.artifacts.leaks import Leak
from curate.manifest.texts import read_texts
from curate.rules.routes import TRAIN
from curate.splits.codes import named
from curate.splits.lock import HELD_OUT, LOCKED
from curate.text.minhash import NearIndex, shingle_sets

Near = Mapping[str, pl.DataFrame]
"""For each output what each of its rows is near: the `sides` (bits, in the order of the splits),
one `partner` (its place among the texts of the splits), and how many `partners`."""

Work = Callable[[pl.DataFrame, Spans], pl.DataFrame]
Frames = Callable[[Work, Sequence[str]], Iterator[pl.DataFrame]]
"""What a piece of work makes of a side's rows (with these further fields) and their texts."""

LinesOf = Callable[[Sequence[str]], Iterator[Sequence[memoryview]]]
"""The lines of these outputs, some at a time (see `curate.splits.write.read_lines`)."""

_NONE = np.uint64(0)
_HITS = {"sides": pl.UInt64(), "partner": pl.Int32(), "partners": pl.Int32()}


def near_texts(lines_of: LinesOf, names: Sequence[str]) -> tuple[Near, int]:
    """Compare the texts of train and of the splits `names` with those of each of these splits.

    The lines of the splits are all in memory, train's pass by. And how many texts of splits are so
    like all others that a near one may be overlooked.
    """
    lines: dict[str, list[memoryview]] = {name: [] for name in names}
    for parts in lines_of(names) if names else ():
        for name, part in zip(names, parts, strict=True):
            lines[name].append(part)
    index = NearIndex.of(*gather_sets([_frames_of(lines[name]) for name in names]))
    near = {name: _near(_frames_of(lines[name]), index) for name in names}
    train = _frames_of(part for (part,) in lines_of([TRAIN]))
    return {**near, TRAIN: _near(train, index)}, index.unsure


def gather_sets(
    sides: Sequence[Frames],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """What `NearIndex.of` wants, of several sides."""
    sets, sizes, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], []
    for side, frames in enumerate(sides):
        for frame in frames(_sets_of, []):
            sets.append(frame["shingles"].explode(empty_as_null=False).to_numpy())
            sizes.append(frame["shingles"].list.len().cast(pl.Int64).to_numpy())
            numbers.append(np.full(frame.height, side, np.int8))
    bounds = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
    joined = np.concatenate(numbers) if numbers else np.empty(0, np.int8)
    return np.concatenate(sets), bounds, joined


def _sets_of(frame: pl.DataFrame, texts: Spans) -> pl.DataFrame:
    """Each row's distinct shingles, sorted."""
    hashes, bounds = shingle_sets(texts.data, texts.start, texts.length)
    number = np.repeat(np.arange(bounds.size - 1, dtype=np.uint32), np.diff(bounds))
    sets_by_number = (
        pl.DataFrame({"number": number, "shingles": hashes}).group_by("number").agg("shingles")
    )
    rows = frame.select(LINE.name).with_row_index("number")
    both = rows.join(sets_by_number, on="number", how="left", maintain_order="left")
    return both.select(LINE.name, pl.col("shingles").fill_null([]).list.sort())


def _frames_of(parts: Iterable[memoryview]) -> Frames:
    def frames(work: Work, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
        assert not fields, "only the texts of lines are read"
        return read_texts(parts, lambda texts: work(_numbered(texts), texts))

    return frames


def _numbered(texts: Spans) -> pl.DataFrame:
    return pl.DataFrame({LINE.name: np.arange(1, texts.start.size + 1)})


def _near(texts_of_side: Frames, index: NearIndex) -> pl.DataFrame:
    def work(frame: pl.DataFrame, texts: Spans) -> pl.DataFrame:
        sides, partner, partners = index.sides_near(texts.data, texts.start, texts.length)
        near_columns = {"sides": sides, "partner": partner, "partners": partners}
        return frame.select(LINE.name).hstack(pl.DataFrame(near_columns))

    frames = [frame.drop(LINE.name) for frame in texts_of_side(work, [])]
    return pl.concat(frames) if frames else pl.DataFrame(schema=_HITS)


def part_near(
    rows: pl.DataFrame, near: Near, names: Sequence[str], spare_us: int, slack_us: Mapping[str, int]
) -> tuple[pl.DataFrame, Near]:
    """Part rows of two splits whose texts are near each other; and what is left of them.

    A record of a split whose only near-duplicate is in train goes back there, as long as the split
    can spare it (`slack_us`); that costs nothing. Of any others, the one that was drawn later,
    train's last of all, is held out, for up to `spare_us` in all. Locked ones stay: a new record of
    a split yields to one that an earlier lock has in train.
    """
    codes = {name: code for code, name in enumerate([*names, TRAIN, HELD_OUT])}
    before = rows["split"].replace_strict(codes, default=-1, return_dtype=pl.Int16).to_numpy()
    split = before.copy()
    place = {name: np.flatnonzero(split == codes[name]) for name in near}
    locked = rows[LOCKED.name].is_in(list(names)).fill_null(False).to_numpy()
    back = _sent_back(rows, near, names, place, locked, dict(slack_us))
    was_train = rows[LOCKED.name].eq_missing(TRAIN).to_numpy()
    indexed = np.concatenate([*(place[name] for name in names), np.empty(0, np.int64)])
    us, left = rows[DURATION_US.name].to_numpy(), {}
    for name, pairs in near.items():
        earlier = names.index(name) if name in names else len(names)
        sides = pairs["sides"].to_numpy() & np.uint64((1 << earlier) - 1)
        if name == TRAIN:  # those whose one near-duplicate comes to them
            has_one_partner = (pairs["partners"] == 1).to_numpy()
            sides = np.where(has_one_partner & back[pairs["partner"].to_numpy()], _NONE, sides)
            sends_back = has_one_partner & (sides > 0) & was_train[place[name]]
            yields = np.unique(pairs["partner"].to_numpy()[sends_back])
            yields = yields[~locked[indexed[yields]]]
            split[indexed[yields]] = codes[HELD_OUT]
            sides = np.where(
                sends_back & np.isin(pairs["partner"].to_numpy(), yields), _NONE, sides
            )
        leaking = place[name][(sides > 0) & ~locked[place[name]]]
        affordable = leaking[np.cumsum(us[leaking]) <= spare_us]
        spare_us -= int(us[affordable].sum())
        split[affordable] = codes[HELD_OUT]
        stays = split[place[name]] == codes[name]
        left[name] = pairs.with_columns(pl.Series("sides", sides)).filter(pl.Series(stays))
    split[indexed[back[: indexed.size]]] = codes[TRAIN]
    moved = np.where(split != before, split, np.int16(-1)) + np.int16(1)
    changes = named("split", [None, *codes], moved)
    return rows.with_columns(changes.fill_null(rows["split"])), left


def _sent_back(
    rows: pl.DataFrame,
    near: Near,
    names: Sequence[str],
    place: Mapping[str, npt.NDArray[np.int64]],
    locked: npt.NDArray[np.bool_],
    slack_us: dict[str, int],
) -> npt.NDArray[np.bool_]:
    """Which indexed records go back to train; the last entry (for no partner) is false."""
    train = near[TRAIN].filter((pl.col("partners") == 1) & (pl.col("sides") > 0))
    partners = np.unique(train["partner"].to_numpy())
    back = np.zeros(sum(pairs.height for pairs in near.values()) + 1, np.bool_)
    us, first = rows[DURATION_US.name], 0
    for name in names:
        numbers = partners[(partners >= first) & (partners < first + place[name].size)]
        places = place[name][numbers - first]
        has_none = near[name]["partners"].to_numpy()[numbers - first] == 0
        goes = has_none & ~locked[places] & _are_single(rows, places)
        for number, its_us in zip(numbers[goes], us.gather(places[goes]), strict=True):
            if its_us <= slack_us[name]:
                back[number] = True
                slack_us[name] -= its_us
        first += place[name].size
    return back


def _are_single(rows: pl.DataFrame, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which of the rows at these places are a group of their own, with a text of their own."""
    group, keys = rows["group"].to_numpy(), rows[NORMAL_KEY.name]
    mine = keys.gather(places)
    alike = keys.filter(keys.is_in(mine.implode()))
    shared = alike.filter(alike.is_duplicated())
    has_own_text: npt.NDArray[np.bool_] = ~mine.is_in(shared.implode()).to_numpy()
    has_own_group: npt.NDArray[np.bool_] = np.bincount(group)[group[places]] == 1
    return has_own_text & has_own_group


def near_leaks(left: Near, names: Sequence[str]) -> list[Leak]:
    """How many texts of one split have a near one in another, for each pair."""
    pairs = [(TRAIN, name) for name in sorted(names)]
    pairs += [(one, other) for one in sorted(names) for other in sorted(names) if one < other]
    return [
        Leak(
            kind="near-duplicate text", between=(one, other), count=_count(left, names, one, other)
        )
        for one, other in pairs
    ]


def _count(left: Near, names: Sequence[str], one: str, other: str) -> int:
    """Rows of the later drawn near the earlier drawn; train comes last."""
    order = [*names, TRAIN]
    first, last = sorted((one, other), key=order.index)
    return int(
        ((left[last]["sides"].to_numpy() >> np.uint64(order.index(first))) & np.uint64(1)).sum()
    )
