"""What each command does: compose the stages, and put their results in place whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import reports
from curate.errors import ConfigError, CurateError, GateFailed, raise_all
from curate.manifest import find_sources
from curate.manifest.examples import clips_of
from curate.metrics import groups_of
from curate.metrics.measure import Settings, measure
from curate.outputs import whole_directory, write_json
from curate.profile import OURS as PROFILE_FILES
from curate.profile import profile_into as build_profile
from curate.profile import read_profile, settings_for, unchanged
from curate.profile.records import Progress
from curate.profile.summary import Json
from curate.ruleset import load_rules
from curate.tags import check_examples


def input_bytes(names: Sequence[str]) -> int:
    """Size of the inputs for a progress bar; 0 where it cannot be told."""
    try:
        return sum(Path(name).stat().st_size for name in names if Path(name).is_file())
    except OSError:
        return 0


def profile(
    manifests: Sequence[str],
    out: Path,
    rules: str | None,
    by: Sequence[str],
    command: str,
    advance: Progress,
    cached: bool = True,
    say: Callable[[str], None] = lambda said: None,
    groups: Sequence[str] = (),
    phrases: Sequence[str] = (),
    format: str | None = None,
) -> Json:
    """`curate profile`: returns profile.json's content. Where nothing changed, nothing is done."""
    chosen = load_rules(rules)
    settings = settings_for(chosen, groups, phrases)
    kept = cached and (out / "report.html").is_file()
    if kept and unchanged(out, manifests, chosen, by, settings, format):
        say("nothing has changed since this profile was made; it is kept (--no-cache makes anew)")
        return read_profile(out)
    old = out if cached else None
    with whole_directory(out, PROFILE_FILES, "profile.json") as folder:
        found = build_profile(
            manifests, folder, chosen, by, command, advance,
            settings=settings, old=old, on_reuse=say, format=format,
        )  # fmt: skip
        reports.build("profile", folder)
    return found


def check_rules(name: str) -> str:
    """`curate rules check`: one line about a sound file; ConfigError with every fault else."""
    rules = load_rules(name)
    settings = Settings(groups_of(rules.names))
    checked = check_examples(rules, lambda records: measure(clips_of(records), settings))
    raise_all(ConfigError, checked.faults)
    return f"{name}: {len(rules.rules)} rules, {checked.run} examples hold"


@dataclass(frozen=True, slots=True)
class SplitWish:
    """What `curate split` was asked for, as typed."""

    eval: str
    test: str
    seed: int
    by: list[str]
    group: list[str]
    strict: bool
    format: str | None = None
    to: str | None = None


def split(
    inputs: Sequence[str],
    out: Path,
    rules: str | None,
    wish: SplitWish,
    command: str,
    advance: Progress,
) -> tuple[Json, CurateError | None]:
    """`curate split`: split.json's content, and the gate that failed under --strict."""
    from curate.splits import OURS, Targets, split_profile

    targets = Targets.parse({"eval": wish.eval, "test": wish.test})
    with whole_directory(out, OURS, "split.json") as folder:
        profiled = _profiled(inputs, folder, rules, wish, command, advance)
        found = split_profile(
            profiled, folder, targets, wish.seed, wish.by, wish.group, command, wish.to
        )
        if profiled.parent == folder:
            shutil.rmtree(profiled)
        reports.build("split", folder)
    failed = wish.strict and bool(found["warnings"])
    return found, (GateFailed.of(out, "a target was not met (--strict)") if failed else None)


def _profiled(
    inputs: Sequence[str],
    folder: Path,
    rules: str | None,
    wish: SplitWish,
    command: str,
    advance: Progress,
) -> Path:
    """The profile to split: the one that was named, or one made now of the manifests named."""
    if len(inputs) == 1 and (Path(inputs[0]) / "records.parquet").is_file():
        if rules is not None:
            raise ConfigError.of(
                "--rules",
                "a profile was judged already, by the rules it was made with",
                "profile again with these rules, or name the manifests instead of the profile",
            )
        return Path(inputs[0])
    find_sources(inputs, wish.format)
    scratch = folder / ".profile"
    scratch.mkdir()
    fields = [*wish.by, *wish.group]
    build_profile(inputs, scratch, load_rules(rules), fields, command, advance, format=wish.format)
    return scratch


def shard(
    split_folder: Path,
    out: Path,
    shard_size: int,
    seed: int,
    audio_root: Path | None,
    command: str,
    advance: Progress,
) -> Json:
    """`curate shard`: returns shards.json's content."""
    from curate.shards import OURS, shard_split

    with whole_directory(out, OURS, "shards.json") as folder:
        found = shard_split(split_folder, folder, shard_size, seed, audio_root, command, advance)
        reports.build("shards", folder)
    return found


def verify(folder: Path) -> Mapping[str, object]:
    """`curate shard --verify`: what was proven; GateFailed with every fault found."""
    from curate.shards import verify_shards

    return verify_shards(folder)


def diff(a: Path, b: Path, out: Path | None, command: str) -> Json:
    """`curate diff`: diff.json's content, written with a page where `out` is named."""
    from curate.profile import LIBRARIES, versions
    from curate.profile.compare import OURS, compare

    found = compare(a, b, command, versions(LIBRARIES))
    if out is not None:
        with whole_directory(out, OURS, "diff.json") as folder:
            write_json(folder / "diff.json", found)
            reports.build("diff", folder)
    return found
