"""Splits that a corpus comes with, as typed (`eval=dev.jsonl`), and the sources that they are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from curate.errors import ConfigError, CurateError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import nearest
from curate.manifest.mapping import ReadAs
from curate.manifest.read import find_sources
from curate.manifest.spool import is_local
from curate.rules.routes import TRAIN
from curate.splits.given_strategy import GivenSplits
from curate.splits.targets import TAKEN_NAMES

EVAL_NAMES = ("dev", "val", "valid", "validation")
"""What corpora call the set that is measured while training: eval, here."""

_USUAL = (TRAIN, "eval", "test")
_FURTHER = re.compile(rf"(?:eval|test|{'|'.join(EVAL_NAMES)})[-_0-9][a-z0-9_-]*\Z")
_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class NamedManifests:
    """Manifests (or patterns) by split, in the order typed, and the splits to keep whole."""

    of: Mapping[str, Sequence[str]]
    whole: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The splits beside train."""
        return [name for name in self.of if name != TRAIN]

    @property
    def patterns(self) -> list[str]:
        """All manifests as typed."""
        return [pattern for patterns in self.of.values() for pattern in patterns]

    def resolve(self, read_as: ReadAs = None, known: Sequence[str] | None = None) -> GivenSplits:
        """The split of each source. `known` are those of a profile, where one was made already.

        ConfigError where a source is given twice, or is not among `known`, or one of these is not
        given; InputError where one cannot be read; with every fault.
        """
        matched = _MatchedSources()
        for name, patterns in self.of.items():
            for pattern in patterns:
                matched.add(name, pattern, read_as)
        if known is not None:
            matched.match(known)
        matched.raise_faults()
        return GivenSplits(matched.splits, self.whole)


@dataclass(slots=True)
class _MatchedSources:
    """Sources as they are parsed: the split of each, and what is wrong."""

    splits: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    wrong: list[Fault] = field(default_factory=list)
    unreadable: list[Fault] = field(default_factory=list)

    def add(self, name: str, pattern: str, read_as: ReadAs) -> None:
        """Add what is behind a pattern."""
        try:
            sources = [origin.name for origin in find_sources([pattern], read_as)]
        except CurateError as error:
            (self.unreadable if isinstance(error, InputError) else self.wrong).extend(error.faults)
            return
        for source in sources:
            other = self.places.get(_place(source))
            if other is None:
                self.places[_place(source)] = self.splits[source] = name
                continue
            places = f"twice for {name}" if other == name else f"for {other} and for {name}"
            what = f"{source} is given {places}"
            self.wrong.append(_fault(what, "a manifest belongs to one split: name it once"))

    def match(self, known: Sequence[str]) -> None:
        """Take the names that a profile has for its sources."""
        by_place = {_place(source): source for source in known}
        for source in list(self.splits):
            there = by_place.pop(_place(source), None)
            name = self.splits.pop(source)
            if there is None:
                what = f"{source} is not a manifest of the profile"
                self.wrong.append(_fault(what, "profile it with the others"))
            else:
                self.splits[there] = name
        for source in by_place.values():
            what = f"no split is given for {source}, which the profile has"
            self.wrong.append(_fault(what, f"add {parameter('given')} NAME={source}"))

    def raise_faults(self) -> None:
        """ConfigError or InputError, with all that is wrong."""
        if self.wrong:
            raise ConfigError(*self.wrong, *self.unreadable)
        raise_all(InputError, self.unreadable)


def _place(source: str) -> str:
    return os.path.realpath(source) if is_local(source) else source


def parse_given(
    texts: Sequence[str], whole: Sequence[str] = (), further: Sequence[Fault] = ()
) -> NamedManifests:
    """Read NAME=MANIFEST texts; ConfigError with every fault, `further` ones among them.

    A name may stand several times. `dev` and its like are eval.

    >>> parse_given(["train=a.jsonl", "dev=b.jsonl", "train=c.jsonl"]).of
    {'train': ['a.jsonl', 'c.jsonl'], 'eval': ['b.jsonl']}
    """
    patterns: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    faults = list(further)
    for text in texts:
        typed, mark, pattern = text.partition("=")
        if not (mark and typed and pattern):
            faults.append(_fault(f"{text!r} is not NAME=MANIFEST", _form()))
            continue
        name = "eval" if typed in EVAL_NAMES else typed
        other = spelled.setdefault(name, typed)
        faults += _faults(typed) if other == typed else [_ambiguous(other, typed)]
        patterns.setdefault(name, []).append(pattern)
    whole_names = [("eval" if name in EVAL_NAMES else name) for name in whole]
    faults += _without_train(patterns, faults) + _not_given(whole_names, patterns)
    raise_all(ConfigError, list(dict.fromkeys(faults)))
    return NamedManifests(patterns, frozenset(whole_names))


def read_inputs(
    command: str,
    names: Sequence[str],
    given: Sequence[str] = (),
    whole: Sequence[str] = (),
    faults: Sequence[Fault] = (),
) -> tuple[list[str], NamedManifests | None]:
    """The inputs of a command, and the splits that its corpus comes with: `given`, and names of the
    form NAME=MANIFEST beside them.

    ConfigError with every fault, `faults` among them where splits are given.
    """
    if given:
        more = [name for name in names if is_named(name)]
        inputs = [name for name in names if name not in more]
        all_faults = [*faults, *_not_profiles(inputs)]
        return inputs, parse_given([*given, *more], whole, all_faults)
    wrong = []
    if whole:
        wrong.append(Fault(parameter("keep_whole"), "applies to given splits only", _form()))
    if not names:
        hint = f"name a directory or manifests, or {_form()}"
        wrong.append(Fault(command, "no input is named", hint))
    raise_all(ConfigError, wrong)
    return list(names), None


def _not_profiles(names: Sequence[str]) -> list[Fault]:
    """A fault for each name beside given manifests, unless it is the one profile of them."""
    if len(names) <= 1 and all((Path(name) / "records.parquet").is_file() for name in names):
        return []
    what = f"is combined with {parameter('given')} but is not a profile directory"
    hint = f"name its split: {parameter('given')} NAME="
    return [Fault(name, what, f"{hint}{name}") for name in names]


def is_named(word: str) -> bool:
    """Whether a word is NAME=MANIFEST and no file.

    >>> is_named("dev=dev.jsonl"), is_named("dev.jsonl"), is_named("data/x=1/dev.jsonl")
    (True, False, False)
    """
    name, mark, _ = word.partition("=")
    return bool(mark) and bool(_NAME.match(name)) and not Path(word).exists()


def _fault(what: str, hint: str) -> Fault:
    """A fault of the given splits."""
    return Fault(parameter("given"), what, hint)


def _form() -> str:
    """How given splits are written."""
    given = parameter("given")
    return f"write {given} train=A.jsonl {given} eval=B.jsonl {given} test=C.jsonl"


def _faults(name: str) -> list[Fault]:
    if name in (*_USUAL, *EVAL_NAMES) or (_FURTHER.match(name) and name not in TAKEN_NAMES):
        return []
    if name in TAKEN_NAMES - {TRAIN}:
        return [_fault(f"{name!r} is the name of another output", _form())]
    close = nearest(name, (*_USUAL, *EVAL_NAMES))
    guess = f"did you mean {close!r}? " if close else ""
    if name.startswith(TRAIN):
        guess = "did you mean 'train'? it may be given several times; "
    known = (
        f"known: train, eval ({', '.join(EVAL_NAMES)}), test, and further sets such as test-clean"
    )
    return [_fault(f"no split is called {name!r}", f"{guess}{known}")]


def _ambiguous(one: str, other: str) -> Fault:
    what = f"{one!r} and {other!r} are both given, and both name eval"
    return _fault(what, "call the set of the final figures test, as in test=C.jsonl")


def _without_train(patterns: Mapping[str, object], faults: Sequence[Fault]) -> list[Fault]:
    """No training data, unless a name that is wrong may have been meant."""
    if TRAIN in patterns or faults:
        return []
    hint = (
        f"add {parameter('given')} train=A.jsonl; `curate audit` compares sets without training "
        "data"
    )
    return [_fault("no manifest is given for train", hint)]


def _not_given(whole: Sequence[str], patterns: Mapping[str, object]) -> list[Fault]:
    given = ", ".join(patterns)
    return [
        Fault(parameter("keep_whole"), f"no manifest is given for {name!r}", f"given: {given}")
        for name in whole
        if name not in patterns
    ]
