"""The requests of shards: to write them, and to verify them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from curate.artifacts.profile import Profile
from curate.artifacts.split import Split
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.errors.nearest import lacking
from curate.gates import Gate
from curate.manifest.read import find_sources
from curate.profiles.request import RuleOptions, Rules
from curate.shards.options import ShardOptions
from curate.splits.given_options import NamedManifests, read_inputs
from curate.splits.request import SplitRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRequest:
    """Shards of a `split`: its directory, or the request of one that is made first."""

    split: Path | SplitRequest
    options: ShardOptions = field(default_factory=ShardOptions)
    gates: Sequence[Gate] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """A folder of shards to verify; `decode` is how many recordings of each: none, sample, all."""

    folder: Path
    decode: str = "sample"
    gates: Sequence[Gate] = ()


def read_source(
    names: Sequence[str],
    given: Sequence[str] = (),
    whole: Sequence[str] = (),
    rules: Rules = None,
) -> Path | SplitRequest:
    """What is sharded: the one split directory of that name, or a split of `given` manifests (see
    `read_inputs`), or of manifests that are all training data.

    ConfigError or InputError with every fault.
    """
    folder = Path(names[0]) if len(names) == 1 else None
    if not given and folder is not None and (folder / Split.file).is_file():
        _refuse_evaluated(rules, whole)
        return folder
    if names and not given:
        _refuse_directory(names)
        given, names = [f"train={name}" for name in names], []
    inputs, targets = read_inputs("curate shard", names, given, whole)
    assert targets is not None, "manifests are given"
    return SplitRequest(inputs=inputs, targets=targets, rule_options=RuleOptions(rules=rules))


def split_command(request: SplitRequest) -> str:
    """The command that makes the same split of given manifests."""
    targets, rules = request.targets, request.rule_options.rules
    assert isinstance(targets, NamedManifests), "the manifests are named"
    of = targets.of.items()
    manifests = [f"{name}={pattern}" for name, patterns in of for pattern in patterns]
    options = chain(
        (("--given", each) for each in manifests),
        (("--keep-whole", name) for name in sorted(targets.whole)),
        () if rules is None else (("--rules", str(rules)),),
    )
    return shlex.join(["curate", "split", *request.inputs, *chain(*options)])


def _refuse_evaluated(rules: Rules, whole: Sequence[str]) -> None:
    """ConfigError with all that was fixed when the split was made, and cannot be named now."""
    what, hint = "a split has been evaluated already", "split again with it, then shard"
    named = {"rules": rules, "keep_whole": whole}
    raise_all(
        ConfigError, [Fault(parameter(name), what, hint) for name, value in named.items() if value]
    )


def _refuse_directory(names: Sequence[str]) -> None:
    """InputError for a directory that is no split and holds no manifest either."""
    if len(names) != 1 or not Path(names[0]).is_dir():
        return
    folder = Path(names[0])
    fault = lacking(folder, Split.file, "run curate split first, or name manifests in it")
    if (folder / Profile.file).is_file():
        raise InputError(fault)
    try:
        find_sources(names)
    except InputError as error:
        is_empty = all(each.where == names[0] for each in error.faults)
        raise InputError(fault) if is_empty else error from None
