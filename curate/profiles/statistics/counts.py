"""What is counted of the metrics in one pass over rows; parts of the rows add up exactly."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import zstandard

from curate.arrays import ByteTable, Int64s, UInt32s, UInt64s
from curate.artifacts.columns import DURATION_US, TAGS, VERDICT
from curate.metrics.declare import Metric
from curate.native import kernel
from curate.native.columns import Columns, as_readable, columns_of
from curate.profiles.statistics.correlation import PairSums, Products
from curate.profiles.statistics.histogram import cuts_of
from curate.profiles.statistics.tally import HIT_VERDICTS, NO_HITS, Hits, Tally
from curate.rules.file import RuleSet

_WAITING = 2
"""Frames that wait to be counted, so that memory does not grow where counting is slower."""


class Triggered:
    """What the rules on each metric gave to rows, as the rows' tags have it."""

    def __init__(self, metrics: Iterable[tuple[str, str]]) -> None:
        """`metrics`: each rule's id and the metric that it is on, empty for none."""
        of_tag = {
            f"{verdict}:{rule}": (metric, at + 1)
            for rule, metric in metrics
            for at, verdict in enumerate(HIT_VERDICTS)
        }
        self._tags = pl.Enum([*of_tag])
        self._metrics = [metric for metric, _ in of_tag.values()]
        # By metric, what each tag gave on it; the last place is of tags of no rule.
        self._verdicts: dict[str, npt.NDArray[np.uint8]] = {}
        for at, (metric, verdict) in enumerate(of_tag.values()):
            if metric:
                none = np.zeros(len(of_tag) + 1, np.uint8)
                self._verdicts.setdefault(metric, none)[at] = verdict

    def hits(self, frame: pl.DataFrame) -> Mapping[str, Hits]:
        """By metric, of rows with a verdict, those that a rule on the metric triggered on: the
        worst. All metrics have the rows' codes in common.

        Rows that a person calls clean got nothing, whatever rules triggered.
        """
        if not self._verdicts:
            return {}
        is_unclean = frame[VERDICT.name] != "clean"
        if is_unclean.null_count():
            is_unclean = is_unclean.fill_null(False)
        unclean = np.flatnonzero(is_unclean.to_numpy())
        if not unclean.size:
            return {}
        code = np.zeros(frame.height, np.uint32)
        code[unclean] = np.arange(1, unclean.size + 1)
        of_code = np.ones(unclean.size + 1, np.int64)
        of_code[0] = frame.height - unclean.size
        return {
            metric: Hits(code, np.concatenate([[np.uint8(0)], verdict]), of_code)
            for metric, verdict in self._by_metric(frame[TAGS.name][unclean])
        }

    def _by_metric(self, lists: pl.Series) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
        """The metrics that have one of the tags, and the worst verdict of each list on them."""
        tags = lists.explode().cast(self._tags, strict=False).to_physical()
        if tags.null_count():
            tags = tags.cast(pl.UInt32).fill_null(len(self._metrics))
        tag = tags.to_numpy()
        # An empty list explodes to a null.
        size = np.maximum(lists.list.len().to_numpy(), 1).astype(np.intp)
        first = np.cumsum(size) - size
        present = np.flatnonzero(np.bincount(tag)[: len(self._metrics)]).tolist()
        for metric in dict.fromkeys(self._metrics[at] for at in present):
            if metric:
                yield metric, np.maximum.reduceat(self._verdicts[metric][tag], first)


@dataclass(slots=True)
class Counted:
    """The fine bins of each metric, the sums behind their correlations, and how many rows.

    `rules` are those by which the rows got their verdicts: what each triggered is counted in the
    bins of its metric.
    """

    tallies: Mapping[str, Tally]
    products: Products
    triggered: Triggered
    rows: int = 0

    @classmethod
    def of(cls, metrics: Sequence[Metric], rules: RuleSet | None = None) -> Counted:
        """Nothing counted yet."""
        cuts = cuts_of(rules)
        tallies = {
            metric.name: Tally.of(metric, [cut.first for cut in cuts.get(metric.name, ())])
            for metric in metrics
        }
        on_metrics = ((rule.id, rule.metric or "") for rule in (rules.rules if rules else ()))
        return cls(tallies, Products(metrics), Triggered(on_metrics))

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a records table that come next."""
        values = {
            name: _numbers(frame[name])
            for name in self.tallies
            if frame[name].null_count() < frame.height
        }
        us = frame[DURATION_US.name].to_numpy()
        if us.dtype != np.int64:  # floats, in which null is NaN
            us = np.nan_to_num(us).astype(np.int64)
        hits = self.triggered.hits(frame)
        for name in hits.keys() & self.tallies.keys():
            self.tallies[name].hit_rows[:] += hits[name].rows()
        self._add_columns(values, us, {name: hits[name] for name in values if name in hits})
        self.rows += frame.height

    def _add_columns(
        self, values: Mapping[str, npt.NDArray[Any]], us: Int64s, hits: Mapping[str, Hits]
    ) -> None:
        """Count columns of metrics, and where rules on them triggered."""
        given = {name: at for at, name in enumerate(hits)}
        verdicts = [each.verdict for each in hits.values()]
        sums = self.products.begin([*values])
        _add(
            columns_of([*values.values()], us.size),
            us,
            self.rows,
            next(iter(hits.values()), NO_HITS).code,
            np.array(verdicts) if verdicts else np.zeros((0, 1), np.uint8),
            np.array([given.get(name, -1) for name in values], np.int64),
            np.array([self.tallies[name].address for name in values], np.uint64),
            sums,
        )
        self.products.add([*values], sums)

    def known(self) -> Mapping[str, int]:
        """Rows in which each metric is a finite number."""
        return {name: int(tally.rows.sum()) for name, tally in self.tallies.items()}

    def ends(self) -> list[int]:
        """The numbers of the rows that have the lowest and the highest values of a metric."""
        rows = np.unique([tally.worst_at for tally in self.tallies.values()])
        ends: list[int] = rows[rows >= 0].tolist()
        return ends

    def merge(self, other: Counted) -> None:
        """Count what was counted of the rows that come next."""
        for name, tally in self.tallies.items():
            tally.merge(other.tallies[name], self.rows)
        self.products.merge(other.products)
        self.rows += other.rows

    def save(self, path: Path) -> None:
        """Write all of it: a line that describes the arrays, then the arrays, compressed together.
        `load` reads it.

        Most bins are empty, and there are hundreds of arrays: one by one (numpy's .npz) they take
        ten times as long.
        """
        arrays = self._arrays()
        described = json.dumps(_described(arrays)).encode()
        packer = zstandard.ZstdCompressor(level=1).compressobj(size=_size(arrays))
        packed = [packer.compress(array.data) for array in arrays.values()]
        path.write_bytes(b"".join((described, b"\n", *packed, packer.flush())))

    @classmethod
    def load(cls, path: Path, metrics: Sequence[Metric], rules: RuleSet | None = None) -> Counted:
        """What `save` wrote of these metrics and rules. OSError or ValueError for what is not."""
        loaded = cls.of(metrics, rules)
        arrays = loaded._arrays()
        described, _, packed = path.read_bytes().partition(b"\n")
        if json.loads(described) != _described(arrays):
            raise ValueError(f"{path}: counts of other metrics or rules")
        try:
            if zstandard.frame_content_size(packed) != _size(arrays):
                raise ValueError(f"{path}: counts of another size")
            content = zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError as error:
            raise ValueError(f"{path}: {error}") from None
        at = 0
        for array in arrays.values():
            part = np.frombuffer(content, array.dtype, array.size, at)
            array[...] = part.reshape(array.shape)
            at += array.nbytes
        loaded.rows = int(arrays["rows"][0])
        return loaded

    def _arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All that was counted, by name; writing into them changes it, but for `rows`."""
        arrays: dict[str, npt.NDArray[np.generic]] = {"rows": np.array([self.rows], np.int64)}
        for name, tally in self.tallies.items():
            arrays |= {f"{name}/{part}": array for part, array in tally.arrays().items()}
        for k, array in enumerate(self.products.totals()):
            arrays[f"products/{k}"] = array
        return arrays


def _numbers(column: pl.Series) -> npt.NDArray[Any]:
    """The numbers of a column, as the compiled loop reads them; NaN for null."""
    return as_readable((column.cast(pl.Float64) if column.null_count() else column).to_numpy())


@kernel("counts")
def _add(
    columns: Columns,
    us: Int64s,
    first_row: int,
    code: UInt32s,
    verdicts: ByteTable,
    given: Int64s,
    tallies: UInt64s,
    sums: PairSums,
) -> None:
    """Count all columns in their tallies, whose addresses these are, and add up over pairs. `given`
    is the row of each column's verdicts, by the rows' codes; -1 where no rule gave any.
    """
    raise NotImplementedError


def _described(arrays: Mapping[str, npt.NDArray[np.generic]]) -> list[list[Any]]:
    """Name, type and shape of each, as JSON gives them back."""
    return [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]


def _size(arrays: Mapping[str, npt.NDArray[np.generic]]) -> int:
    """Bytes of all of them."""
    return sum(array.nbytes for array in arrays.values())


class Counter:
    """Counts frames on a thread of its own, in their order."""

    def __init__(self, make: Callable[[], Counted], pool: ThreadPoolExecutor) -> None:
        self._counted, self._pool = pool.submit(make), pool
        self._jobs: deque[Future[None]] = deque()

    def add(self, frame: pl.DataFrame) -> None:
        """Count a frame soon; errors of earlier ones are raised here."""
        self._jobs.append(self._pool.submit(lambda: self._counted.result().add(frame)))
        while len(self._jobs) > _WAITING:
            self._jobs.popleft().result()

    def merge(self, part: Counted) -> None:
        """Add what was counted elsewhere of the rows that come next."""
        self._jobs.append(self._pool.submit(lambda: self._counted.result().merge(part)))

    def finish(self) -> Counted:
        """What was counted, when all of it is."""
        while self._jobs:
            self._jobs.popleft().result()
        return self._counted.result()


@contextmanager
def counting(make: Callable[[], Counted]) -> Iterator[Counter]:
    """A counter for the rows met in the block; all are counted when it ends. `make` makes what
    they are counted in, on the counter's thread: rows are read meanwhile.
    """
    with ThreadPoolExecutor(1) as pool:
        counter = Counter(make, pool)
        yield counter
        counter.finish()
