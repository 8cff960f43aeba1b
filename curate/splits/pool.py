"""From records with verdicts to what the search works on: rows by group, their cells, shared
texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.arrays import Bools, Floats, Int32s, Int32Table, Int64s, UInt64s, Word
from curate.artifacts.columns import AUDIO_KEY, DURATION_US, NORMAL_KEY, TEXT_KEY
from curate.native import kernel
from curate.rules.routes import POOL, TRAIN
from curate.splits.groups import room_of
from curate.splits.lock import HELD_OUT, LOCKED
from curate.splits.moves import COVARIATE, Rows
from curate.splits.strata import GENDER, RATE, covariate_cells
from curate.statistics.splitmix import splitmix64


@dataclass(frozen=True, slots=True)
class Pool:
    """The search's rows: `row` is where each is among the records.

    `offered` are the groups in the order in which they are tried, `clean_us` their clean time,
    `strata` how many of the cells are strata, `available_us` the clean time of each stratum.
    """

    rows: Rows
    row: Int64s
    offered: Int64s
    clean_us: Int64s
    strata: int
    available_us: Int64s


def build(
    records: pl.DataFrame,
    by: Sequence[str],
    strata: int,
    seed: int,
    barred: pl.Series | None = None,
) -> Pool:
    """The pool of records with group, stratum and route; what is due is filled in by `aim`.

    `barred`: texts (normal keys) that no split may have; records that an earlier lock held out stay
    out. The order of the records changes nothing:
    groups and rows are taken in the order of their mixed audio keys.
    """
    usable = np.flatnonzero(records["route"].is_in([POOL, TRAIN]).to_numpy()).astype(np.int64)
    keys = mixed(records[AUDIO_KEY.name].gather(usable).to_numpy(), seed)
    group = records["group"].to_numpy()[usable]
    groups = int(records["group"].to_numpy().max(initial=-1)) + 1
    first = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))]).astype(np.int64)
    order = _order(group, first, keys, records[TEXT_KEY.name], usable)
    keys, group, usable = keys[order], group[order], usable[order]
    taken = records.select(pl.col(*_searched(records, by)).gather(usable))
    clean, us = taken["route"].eq(POOL).to_numpy(), taken[DURATION_US.name].to_numpy()
    free = clean & ~taken[LOCKED.name].eq_missing(HELD_OUT).to_numpy()
    texts, total = _shared_texts(taken[NORMAL_KEY.name], group, us)
    cells, covariates = _stacked(taken["stratum"].to_numpy(), strata, covariate_cells(taken, by))
    available = np.zeros(strata, np.int64)
    np.add.at(available, cells[clean, 0], us[clean])
    weight = np.concatenate([np.ones(strata), np.full(covariates, COVARIATE)])
    return Pool(
        rows=Rows(
            first, free, us, cells, texts, total,
            _barred(taken[NORMAL_KEY.name], texts, total.size, barred),
            np.zeros((1, weight.size), np.int64), weight, np.zeros(1, np.int64),
        ),
        row=usable,
        offered=_offered(first, keys),
        clean_us=_sums(group[free], us[free], groups),
        strata=strata,
        available_us=available,
    )  # fmt: skip


def _order(group: Int64s, first: Int64s, keys: UInt64s, texts: pl.Series, row: Int64s) -> Int64s:
    """The rows by group, key and text; texts are compared only where keys are not distinct."""
    by_key = np.argsort(keys)
    sorted_keys = keys[by_key]
    if (sorted_keys[1:] == sorted_keys[:-1]).any():
        return np.lexsort((texts.gather(row).to_numpy(), keys, group)).astype(np.int64)
    order = np.empty(by_key.size, np.int64)
    _by_group(by_key.astype(np.int64, copy=False), group, first.copy(), order)
    return order


def _searched(records: pl.DataFrame, by: Sequence[str]) -> list[str]:
    """The columns that the pool is made of, a few of many."""
    columns = (DURATION_US.name, RATE, NORMAL_KEY.name, LOCKED.name, "route", "stratum", *by)
    return list(dict.fromkeys([*columns, *([GENDER] if GENDER in records.columns else [])]))


def aim(pool: Pool, due_s: Mapping[str, Floats]) -> Pool:
    """The pool with what each split is due of each stratum, and so of each covariate's cell."""
    rows = pool.rows
    due = np.zeros((len(due_s), rows.weight.size), np.int64)
    share = np.zeros(pool.strata)
    for split, seconds in enumerate(due_s.values()):
        due[split, : pool.strata] = np.rint(seconds * 1e6)
        np.divide(due[split, : pool.strata], pool.available_us, share, where=pool.available_us > 0)
        exact = np.zeros(rows.weight.size)
        _spread(rows.cells, rows.clean, rows.us, share, exact)
        due[split, pool.strata :] = np.rint(exact[pool.strata :])
    return Pool(rows._replace(due=due), *_rest(pool))


def _rest(pool: Pool) -> tuple[Int64s, Int64s, Int64s, int, Int64s]:
    return pool.row, pool.offered, pool.clean_us, pool.strata, pool.available_us


def mixed(keys: npt.NDArray[Word], seed: int) -> npt.NDArray[Word]:
    """Keys in an order that depends only on the seed: blake2b of the seed, mixed by splitmix64.

    The keys are stable hashes already; a cryptographic hash of each would cost seconds per million.
    """
    digest = hashlib.blake2b(seed.to_bytes(16, "little", signed=True), digest_size=8).digest()
    return splitmix64(keys ^ np.frombuffer(digest, np.uint64)[0])


def _offered(first: Int64s, keys: UInt64s) -> Int64s:
    """Groups with rows, by the least key of each: rows are in the order of their keys."""
    present = np.flatnonzero(np.diff(first))
    return present[np.argsort(keys[first[present]], kind="stable")].astype(np.int64)


def _stacked(strata: Int32s, count: int, covariates: Sequence[Int32s]) -> tuple[Int32s, int]:
    """All cells of each row in one numbering, and how many are not strata."""
    columns, at = [strata.astype(np.int32)], count
    for cells in covariates:
        columns.append(np.where(cells >= 0, cells + at, -1).astype(np.int32))
        at += int(cells.max(initial=-1)) + 1
    return np.ascontiguousarray(np.stack(columns, axis=1)), at - count


def _sums(places: Int64s, values: Int64s, size: int) -> Int64s:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, places, values)
    return sums


def _shared_texts(keys: pl.Series, group: Int64s, us: Int64s) -> tuple[Int32s, Int64s]:
    """Numbers of the texts that several groups share, -1 for any other; and their time."""
    slots = room_of(keys.len())
    firsts, texts = np.empty(keys.len(), np.int32), np.full(keys.len(), -1, np.int32)
    known = keys.is_not_null().to_numpy()
    shared = _number_shared(keys.fill_null(0).to_numpy(), known, group, slots, firsts, texts)
    total = np.zeros(shared, np.int64)
    _add_shared(firsts, us, texts, total)
    return texts, total


def _barred(keys: pl.Series, texts: Int32s, count: int, barred: pl.Series | None) -> Bools:
    is_barred = np.zeros(count, np.bool_)
    if barred is not None and count:
        is_barred[texts[keys.is_in(barred.implode()).to_numpy() & (texts >= 0)]] = True
    return is_barred


@kernel("pool")
def _by_group(by_key: Int64s, group: Int64s, places: Int64s, order: Int64s) -> None:
    """The rows by group, those of a group in the order that they have; `places` is where each
    group begins.
    """
    raise NotImplementedError


@kernel("pool")
def _number_shared(
    keys: UInt64s, known: Bools, group: Int64s, slots: Int32s, firsts: Int32s, texts: Int32s
) -> int:
    """Number each text of several groups, at its first row; `firsts` gets the first row of each
    row's text. `slots` is room for a hash table. Returns how many there are.
    """
    raise NotImplementedError


@kernel("pool")
def _add_shared(firsts: Int32s, us: Int64s, texts: Int32s, total: Int64s) -> None:
    """Give every row the number of its first row, and sum up the time of each text."""
    raise NotImplementedError


@kernel("pool")
def _spread(cells: Int32Table, clean: Bools, us: Int64s, share: Floats, exact: Floats) -> None:
    """What is due of each covariate's cell, were each stratum's due taken at random."""
    raise NotImplementedError
