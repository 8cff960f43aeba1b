"""Sizes that a corpus can give, where those requested cannot be met.

Every candidate is drawn before it is proposed: the sizes that were requested, with little more held
out; then sizes that whole groups fill; then one split instead of several; then, where groups
share texts, half and a quarter of that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from curate.artifacts.split import Feasible
from curate.splits.drawing import Drawn, draw_targets
from curate.splits.moves import TO_TRAIN, TORN
from curate.splits.pool import Pool
from curate.splits.targets import DEFAULT_CAP, HOURS, Targets, is_default, share_of, size_s

LITTLE, MOST = 0.10, 0.50
"""Shares of the hours that a proposal holds out: for the sizes as they were requested before others
are tried, and at most."""
LARGEST_CAP = 0.8
"""The share of clean audio that the splits of a proposal may take: some is left for train."""
MOST_GROUPS = 10_000
"""With more groups than this there are small ones, and other sizes need not be looked for."""

Sizes = Mapping[str, float]


def feasible_request(
    pool: Pool, rows: pl.DataFrame, targets: Targets, drawn: Drawn
) -> Feasible | None:
    """What to request instead, where `drawn` lacks a size or lowered one that was typed, 0h for all
    where no split can be drawn; None where every size is met.
    """
    lowered = any(
        each.shrunk and not is_default(each.name, each.requested_s) for each in drawn.targets
    )
    if not targets.requested_s or (drawn.is_met and not lowered):
        return None
    search = _Search(pool, rows, targets, pool.available_us.sum() / 1e6)
    for sizes, most_held in _candidates(search, drawn):
        if (feasible := search.draw(sizes, most_held)) is not None:
            return feasible
    return search.proposal({}, targets)


@dataclass(frozen=True, slots=True)
class _Search:
    """Draws with other sizes from the pool of `rows`, which has `clean_s` seconds in all."""

    pool: Pool
    rows: pl.DataFrame
    targets: Targets
    clean_s: float

    @property
    def are_texts_shared(self) -> bool:
        """Whether groups have texts in common, which only one split may have."""
        return self.pool.rows.total.size > 0

    def draw(self, sizes: Sizes, most_held: float) -> Feasible | None:
        """The proposal of these sizes, where they can be drawn by holding out no more than a share
        of the hours, or than is allowed already.
        """
        exact = {name: size_s(typed(size)) or 0.0 for name, size in sizes.items()}
        cap = self._cap(exact)
        if cap is None:
            return None
        targets = Targets(exact, replace(self.targets.allocation, cap=cap))
        if self._is_drawn(targets) is not None:
            return self.proposal(exact, targets)
        share = self._is_drawn(_holding_out(targets, 1.0))
        if (share is None or share > most_held) and self.are_texts_shared:
            # Unbounded, a draw holds out more than it needs: it may take texts that cost most.
            share = self._is_drawn(_holding_out(targets, most_held - 0.01))
        if share is None or share > most_held:
            return None
        # The near-duplicates that are to be held out too are not known yet: half a per cent more.
        bounded = _holding_out(targets, math.ceil(100 * share + 0.5) / 100)
        return None if self._is_drawn(bounded) is None else self.proposal(exact, bounded)

    def proposal(self, sizes: Sizes, targets: Targets) -> Feasible:
        """These sizes as they are typed, none for other splits that were requested."""
        allocation, names = targets.allocation, self.targets.requested_s
        written = {name: typed(sizes[name]) if name in sizes else "0h" for name in names}
        return Feasible(sizes=written, cap=allocation.cap, max_held_out=allocation.max_held_out)

    def whole(self, sizes: Sizes, drawn: Drawn) -> Sizes | None:
        """Sizes that whole groups fill, near these; None where no group would be left."""
        clean_us, place = self.pool.clean_us, drawn.state.split
        is_free = (clean_us > 0) & (place != TO_TRAIN) & (place != TORN)
        left = np.sort(clean_us[is_free]) / 1e6
        totals = []
        for size in sorted(sizes.values(), reverse=True):
            total = 0.0
            while left.size > 1:
                at = int(np.abs(left - (size - total)).argmin())
                if total and abs(total + left[at] - size) >= abs(total - size):
                    break
                total += float(left[at])
                left = np.delete(left, at)
            if not total:
                return None
            totals.append(total)
        names = sorted(sizes, key=lambda name: (sizes[name], name))
        return dict(zip(names, sorted(totals), strict=True))

    def _cap(self, sizes: Sizes) -> float | None:
        """The cap that these sizes need, no less than the one that is given."""
        given = self.targets.allocation
        if not any(each.shrunk for each in Targets(sizes, given).within(self.clean_s)):
            return given.cap
        needed = math.ceil(100 * sum(sizes.values()) / self.clean_s) / 100
        cap = max(needed, DEFAULT_CAP + 0.01, given.cap)
        return cap if cap <= max(LARGEST_CAP, given.cap) else None

    def _is_drawn(self, targets: Targets) -> float | None:
        """The share of the hours that a draw of these targets holds out; None where one of them is
        not met, or nothing is left for train.

        What is preferred takes up to 24 draws: they are made where the first, by hours, is met.
        """
        if targets.allocation.prefer != HOURS:
            by_hours = replace(targets, allocation=replace(targets.allocation, prefer=HOURS))
            if self._held(by_hours) is None:
                return None
        return self._held(targets)

    def _held(self, targets: Targets) -> float | None:
        drawn = draw_targets(self.pool, self.rows, targets)
        total, held = int(self.pool.rows.us.sum()), int(drawn.state.held[0])
        is_left = total > held + int(drawn.state.sums.sum())
        return held / total if drawn.is_met and is_left else None


def _holding_out(targets: Targets, share: float) -> Targets:
    return replace(targets, allocation=replace(targets.allocation, max_held_out=share))


def _candidates(search: _Search, drawn: Drawn) -> Iterator[tuple[Sizes, float]]:
    """Sizes to try, each with the share of the hours that may be held out for it."""
    sizes = _near(search, drawn)
    if search.clean_s <= 0:
        return
    if np.count_nonzero(search.pool.clean_us) > MOST_GROUPS:
        yield sizes, 1.0
        return
    one = min(sizes, key=lambda name: (name != "eval", sizes[name], name))
    yield sizes, LITTLE
    for fewer in (sizes, {one: sizes[one]}) if len(sizes) > 1 else (sizes,):
        if (whole := search.whole(fewer, drawn)) is not None:
            yield whole, MOST
        yield fewer, MOST
    if search.are_texts_shared:  # a smaller split needs fewer of them
        for part in (2, 4):
            yield {one: sizes[one] / part}, MOST


def _near(search: _Search, drawn: Drawn) -> Sizes:
    """The sizes that were typed, and those that defaults shrank to; where these are too much for
    the corpus, the shares of it that are the default.
    """
    targets, clean_s = search.targets, search.clean_s
    aims = {each.name: each.target_s for each in drawn.targets}
    sizes = {
        name: aims[name] if is_default(name, size) else size
        for name, size in targets.requested_s.items()
    }
    if sum(sizes.values()) <= LARGEST_CAP * clean_s:
        return sizes
    shares = {name: share_of(name) for name in sizes}
    scale = 0.99 * min(1.0, DEFAULT_CAP / sum(shares.values())) * clean_s  # typed, it is rounded up
    return {name: share * scale for name, share in shares.items()}


def typed(seconds: float) -> str:
    """A size as one types it, at least the given one, and at most 1 % more from 10 seconds on.

    >>> typed(44.21), typed(60), typed(201.3), typed(615), typed(7200), typed(40000)
    ('44.3s', '1m', '202s', '10.3m', '2h', '11.2h')
    """
    for size, letter in ((3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{letter}"
    for least, size, letter in ((36000, 3600, "h"), (600, 60, "m"), (100, 1, "s"), (0, 1, "s")):
        if seconds >= least:
            step = 1 if (least, letter) == (100, "s") else 10
            return f"{math.ceil(round(step * seconds / size, 6)) / step:g}{letter}"
    raise AssertionError("a size is not negative")
