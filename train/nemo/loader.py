"""The training batches: what is in each, where in the endless order it stands, how to go there.

Lhotse's iterable Shar path keeps no state, and its order depends on random numbers that the model
draws too. So the loader gets a random stream of its own, and a run is continued by drawing the
cuts of the batches that were used, without decoding them, and going on behind them.
"""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lhotse import CutSet
from lightning.pytorch import seed_everything
from torch.utils.data import DataLoader, Dataset, get_worker_info

from train.artifacts.run import Recordings
from train.data import ALL
from train.data.cuts import cut_key
from train.nemo.blend import CUT_ID
from train.nemo.blend import SOURCE as BLEND_SOURCE
from train.runs.signals import Stopped, StopRequest

MOST_NAMED = 100
"""So many lost records are listed by name; the rest is counted."""


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """What a batch was made of: record ids, those whose audio was unreadable, seconds of speech.

    `spoken_s` are the seconds by source of a blend; of data without one, all under one name.
    """

    ids: tuple[str, ...]
    lost: tuple[str, ...]
    longest_s: float
    spoken_s: Mapping[str, float]

    @property
    def speech_s(self) -> float:
        """Seconds of speech in all."""
        return sum(self.spoken_s.values())

    @property
    def shape(self) -> str:
        """The batch for people: `12 x 9.8 s`."""
        return f"{len(self.ids)} recordings, the longest {self.longest_s:.1f} s"


NOTHING = BatchInfo((), (), 0.0, {})


class Loader:
    """What Lightning iterates over: the batches of the attached loader, from `position` on.

    `position` counts batches that were drawn up to the one in training, `current` is its note.
    Lightning draws ahead of what it trains on; `take` says that the next one is being trained on.
    Cuts whose keys (`train.data.cuts`) are in `aside` are left out of their batches.
    """

    def __init__(self, seed: int, stop: StopRequest, aside: frozenset[str] = frozenset()) -> None:
        self._aside = aside
        self.end_between_steps: Callable[[], None] | None = None
        """Ends the fit behind a checkpoint; None while a step is half done."""
        self.position = 0
        self.current = NOTHING
        self.drawn = 0
        self.lost = 0
        self.lost_ids: list[str] = []
        self.drawn_s: dict[str, float] = {}
        self._ahead: deque[tuple[int, BatchInfo]] = deque()
        self._stop = stop
        self._stream = _Stream(seed)
        self._drawing: Generator[Any, None, None] | None = None

    def attach(
        self, loader: DataLoader[Any], transforms: Iterable[Callable[[CutSet], CutSet]] = ()
    ) -> None:
        """Take the batches of `loader`, whose dataset is Lhotse's iterable wrapper.

        Each batch of cuts passes through the transforms, those that are skipped too.
        """
        self._loader = loader
        wrapper = loader.dataset
        for transform in transforms:
            wrapper.sampler.map(transform)
        wrapper.dataset = _Noting(wrapper.dataset, self._aside)
        wrapper.sampler = self._sampler = _Skipping(wrapper.sampler)

    def __iter__(self) -> Iterator[Any]:
        self._drawing = self._batches()
        return self._drawing

    def close(self) -> None:
        """End the data workers, each behind the batch that it reads; nothing is drawn any more.

        Left to the search for garbage, torch waits 5 s for each: the queues by which it ends the
        workers are garbage too, and closed before.
        """
        if self._drawing is not None:
            self._drawing.close()
        del self._loader  # the last reference, and with it torch's to the workers

    def _batches(self) -> Generator[Any, None, None]:
        # Data workers take turns, the first begins: whole rounds are skipped, the rest drawn.
        rest = self.position % max(1, self._loader.num_workers)
        self._sampler.skip = self.position - rest
        self._ahead.clear()
        with self._stream.flowing():
            batches = iter(self._loader)
            for _ in range(rest):
                next(batches)
        for index in itertools.count(self.position):
            batch, note = self._draw(batches)
            if batch is None:  # no recording of it could be read; several devices need one each
                self._count(note)
                continue
            self._ahead.append((index + 1, note))
            yield batch

    def _draw(self, batches: Iterator[Any]) -> Any:
        """The next batch; a signal is obeyed while it is waited for, if no step is half done."""
        end = self.end_between_steps
        try:
            with self._stream.flowing(), self._stop.waiting() if end else nullcontext():
                return next(batches)
        except Stopped:
            assert end is not None
            end()
            raise

    def take(self) -> BatchInfo:
        """The note of the batch that is trained on from now."""
        self.position, self.current = self._ahead.popleft()
        self._count(self.current)
        return self.current

    def _count(self, note: BatchInfo) -> None:
        self.drawn += len(note.ids) + len(note.lost)
        self.lost += len(note.lost)
        new = [name for name in note.lost if name not in self.lost_ids]
        self.lost_ids += new[: MOST_NAMED - len(self.lost_ids)]
        for source, spoken_s in note.spoken_s.items():
            self.drawn_s[source] = self.drawn_s.get(source, 0.0) + spoken_s

    def state(self) -> dict[str, Any]:
        """What continues it; to be taken between two steps."""
        return {
            "position": self.position,
            "drawn": self.drawn,
            "lost": self.lost,
            "lost_ids": list(self.lost_ids),
            "drawn_s": dict(self.drawn_s),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on behind the batches that `state` has seen."""
        for name, value in state.items():
            setattr(self, name, value)


def totals(states: Sequence[Mapping[str, Any]]) -> tuple[Recordings, Mapping[str, float]]:
    """The recordings, and the seconds of speech by source, of the loaders of all devices."""
    names = [name for state in states for name in state["lost_ids"]]
    drawn_s: dict[str, float] = {}
    for state in states:
        for source, spoken_s in state["drawn_s"].items():
            drawn_s[source] = drawn_s.get(source, 0.0) + spoken_s
    recordings = Recordings(
        drawn=sum(state["drawn"] for state in states),
        lost=sum(state["lost"] for state in states),
        lost_ids=tuple(dict.fromkeys(names))[:MOST_NAMED],
    )
    return recordings, drawn_s


class _Skipping:
    """A sampler without its first `skip` batches; each data worker leaves out its share."""

    def __init__(self, sampler: Any) -> None:
        self.skip = 0
        self._sampler = sampler

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        mine = self.skip // (worker.num_workers if worker else 1)
        return itertools.islice(iter(self._sampler), mine, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_sampler":  # while it is being unpickled
            raise AttributeError(name)
        return getattr(self._sampler, name)


class _Noting(Dataset):
    """Batches with their notes; None for a batch of which no audio could be read."""

    def __init__(self, dataset: Any, aside: frozenset[str] = frozenset()) -> None:
        self._dataset = dataset
        self._aside = aside
        self._survivors = _Survivors(dataset.load_audio)
        dataset.load_audio = self._survivors

    def __getitem__(self, cuts: Any) -> tuple[Any, BatchInfo]:
        if self._aside and any(_key(cut) in self._aside for cut in cuts):
            cuts = CutSet.from_cuts(cut for cut in cuts if _key(cut) not in self._aside)
        if not len(cuts):
            return None, NOTHING
        try:
            batch = self._dataset[cuts]
        except _NoneLeftError:
            batch = None
        return batch, _note(cuts, self._survivors.loaded_ids)


class _NoneLeftError(Exception):
    """Nothing of a batch could be read."""


class _Survivors:
    """Lhotse's loader of audio, which leaves out what it cannot read; `loaded_ids` are those of
    what was read.
    """

    def __init__(self, load_audio: Any) -> None:
        self.loaded_ids: frozenset[str] = frozenset()
        self._load_audio = load_audio

    def __call__(self, cuts: Any) -> Any:
        self.loaded_ids = frozenset()
        try:
            loaded = self._load_audio(cuts)
        except Exception as error:  # each collating function fails in its own way on nothing
            if any(_readable(cut) for cut in cuts):
                raise
            raise _NoneLeftError from error
        self.loaded_ids = frozenset(cut.id for cut in loaded[-1])
        if not self.loaded_ids:
            raise _NoneLeftError
        return loaded


def _readable(cut: Any) -> bool:
    try:
        cut.load_audio()
    except Exception:  # whatever the decoder raises
        return False
    return True


def _note(cuts: Any, loaded: frozenset[str]) -> BatchInfo:
    spoken_s: dict[str, float] = {}
    read = [cut for cut in cuts if cut.id in loaded]
    for cut in read:
        source = str((_first(cut).custom or {}).get(BLEND_SOURCE, ALL))
        spoken_s[source] = spoken_s.get(source, 0.0) + cut.duration
    return BatchInfo(
        ids=tuple(_name_of(cut) for cut in cuts if cut.id in loaded),
        lost=tuple(_name_of(cut) for cut in cuts if cut.id not in loaded),
        longest_s=max((cut.duration for cut in read), default=0.0),
        spoken_s=spoken_s,
    )


def _id_of(cut: Any) -> str:
    """The id that the cut has in the shards."""
    first = _first(cut)
    return str((first.custom or {}).get(CUT_ID, first.id))


def _name_of(cut: Any) -> str:
    """The id that curation gave the record, else the cut's."""
    return str((_first(cut).custom or {}).get("record_id", _id_of(cut)))


def _first(cut: Any) -> Any:
    """The cut itself, or of one that is padded or mixed its first part."""
    return getattr(cut, "_first_non_padding_cut", cut)


def _key(cut: Any) -> str:
    """What names the cut among all directories; Lhotse notes the shard that a cut is from."""
    return cut_key(_first(cut).shard_origin, _id_of(cut))


class _Stream:
    """Random numbers of one user, separate from all others."""

    def __init__(self, seed: int) -> None:
        outer = random_state()
        seed_everything(seed, workers=True, verbose=False)
        self._state = random_state()
        set_random_state(outer)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Draw from this stream while the block runs."""
        outer = random_state()
        set_random_state(self._state)
        try:
            yield
        finally:
            self._state = random_state()
            set_random_state(outer)


def random_state() -> tuple[Any, ...]:
    """The state of Python's, NumPy's and torch's generators on the CPU."""
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def set_random_state(state: tuple[Any, ...]) -> None:
    """Continue from `random_state`."""
    python, numpy, cpu = state
    random.setstate(python)
    np.random.set_state(numpy)
    torch.set_rng_state(cpu)
