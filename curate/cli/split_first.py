"""`curate shard` of manifests: split as given first, so that shards always have a certificate."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from curate.artifacts.outputs import check_out, writable
from curate.cli.given import Inputs, read_inputs
from curate.cli.splitting import Wish
from curate.cli.splitting import split as write_split
from curate.environment.execution import Progress
from curate.errors import ConfigError, Fault, InputError
from curate.errors.nearest import lacking
from curate.manifest import find_sources
from curate.manifest.mapping import ReadOptions
from curate.profiles.request import RuleOptions
from curate.splits import AS_THEY_ARE, SplitTerms
from curate.splits.given_options import NamedManifests

SPLIT = "split"
"""The folder of a result that holds the split which was made first."""

_PROFILE = "profile.json"


@dataclass(frozen=True, slots=True)
class Source:
    """What is sharded: a split directory, or manifests (or a profile of them) that are split as
    given first.
    """

    directory: Path | None
    inputs: Inputs | None = None
    rules: str | None = None

    @classmethod
    def of(
        cls, words: Sequence[str], given: Sequence[str], whole: Sequence[str], rules: str | None
    ) -> Source:
        """The words of `curate shard`: one split directory, or manifests of training data, or
        `given` ones. ConfigError or InputError with every fault.
        """
        split = _split_directory(words)
        if not given and split is not None:
            faults = [
                Fault(
                    option, "a split has been evaluated already", "split again with it, then shard"
                )
                for option, value in (("--rules", rules), ("--keep-whole", whole))
                if value
            ]
            if faults:
                raise ConfigError(*faults)
            return cls(split)
        if words and not given:
            _refuse_directory(words)
            given = [f"train={word}" for word in words]
            words = []
        return cls(None, read_inputs("curate shard", words, given, whole), rules)

    @property
    def given(self) -> NamedManifests:
        """The manifests by split."""
        assert self.inputs is not None, "no split directory"
        assert self.inputs.given is not None, "they are named"
        return self.inputs.given

    @property
    def names(self) -> Sequence[str]:
        """The profile beside them, if there is one."""
        return self.inputs.names if self.inputs else ()

    @property
    def command(self) -> str:
        """The command that makes the same split."""
        given = self.given
        of = given.of.items()
        manifests = [f"{name}={pattern}" for name, patterns in of for pattern in patterns]
        of = self.given.of.items()
        manifests = [f"{name}={pattern}" for name, patterns in of for pattern in patterns]
        named = [("--given", each) for each in manifests]
        whole_options = [("--keep-whole", name) for name in sorted(given.whole)]
        rules_option = [] if self.rules is None else [("--rules", self.rules)]
        return shlex.join(
            ["curate", "split", *self.names, *chain(*named, *whole_options, *rules_option)]
        )


def _split_directory(words: Sequence[str]) -> Path | None:
    one = Path(words[0]) if len(words) == 1 else None
    return one if one is not None and (one / "split.json").is_file() else None


def _refuse_directory(words: Sequence[str]) -> None:
    """InputError for a directory that is no split and holds no manifest either."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        return
    folder = Path(words[0])
    fault = lacking(folder, "split.json", "run curate split first, or name manifests in it")
    if (folder / _PROFILE).is_file():
        raise InputError(fault)
    try:
        find_sources(words)
    except InputError as error:
        mine = all(fault.where == words[0] for fault in error.faults)
        raise InputError(fault) if mine else error from None


@contextmanager
def split_of(source: Source, out: Path, advance: Progress) -> Iterator[Path]:
    """The split directory to shard: as it is, or made of the manifests for as long as the block
    lasts, beside `out`. ConfigError where `out` is no place for shards.
    """
    if source.directory is not None:
        yield source.directory
        return
    check_out(out, "shards.json")
    place = Path(os.path.abspath(out))  # noqa: PTH100 - as the outputs have it
    scratch = place.parent / f".{place.name}.{SPLIT}.{os.getpid()}.tmp"
    try:
        with writable(out):
            scratch.mkdir(parents=True, exist_ok=True)
        inputs = Inputs(source.names, source.given)
        write_split(inputs, scratch / SPLIT, _wish(source), source.command, advance)
        with _named(source.given, scratch):
            yield scratch / SPLIT
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _wish(source: Source) -> Wish:
    """All that `curate split` would be asked for."""
    return Wish(
        sizes={}, splits=[], seed=0, by=[], group=[], lock=None, resplit=False,
        reading=ReadOptions(), to=None, terms=SplitTerms(), marks=AS_THEY_ARE,
        judging=RuleOptions(rules=source.rules),
        group_from=None, audio_identity="path",
    )  # fmt: skip


@contextmanager
def _named(given: NamedManifests, scratch: Path) -> Iterator[None]:
    """Faults name the manifests, not the split that was made of them for a while."""
    try:
        yield
    except InputError as error:
        names = ", ".join(given.of["train"])
        raise InputError(
            *(
                replace(fault, where=names) if fault.where.startswith(str(scratch)) else fault
                for fault in error.faults
            )
        ) from None


def keep_split(split: Path, source: Source, result: Path) -> None:
    """Put a split that was made for these shards beside them."""
    if source.directory is None:
        shutil.copytree(split, result / SPLIT)
