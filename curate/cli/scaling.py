"""Where a profile is measured: here, on Ray, or by an array of jobs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from curate.artifacts.profile import Profile
from curate.cli import stages
from curate.errors import CurateError
from curate.gates import Gate
from curate.manifest.mapping import ReadAs
from curate.manifest.origin import Origin
from curate.metrics.measure import Settings
from curate.profiles import Engine
from curate.profiles.audio.cache import NAME as HEARD
from curate.profiles.measure.records import Progress
from curate.rules.file import RuleSet
from curate.rules.overrides import Overrides
from curate.scale.array import Wish, merged, refuse_stdin
from curate.scale.array import measure_share as measure
from curate.scale.cluster import run_on_ray
from curate.scale.engines import check_engine
from curate.scale.parts import Job, Pieces


@contextmanager
def chosen(
    name: str, address: str | None, out: Path, say: Callable[[str], None], cached: bool = True
) -> Iterator[Engine | None]:
    """The engine of a name; None for the local one. ConfigError for one that there is not.

    With `cached`, what an earlier profile at `out` heard of audio that is as it was is kept.
    Pieces stand in `OUT.pieces` beside the output, and go when it is in place.
    """
    check_engine(name, address)
    if name == "local":
        yield None
        return
    folder = Path(f"{out.resolve()}.pieces")

    def engine(
        origins: Sequence[Origin],
        rules: RuleSet,
        fields: Sequence[str],
        settings: Settings,
        overrides: Overrides,
    ) -> Pieces:
        refuse_stdin([origin.name for origin in origins])
        folder.mkdir(parents=True, exist_ok=True)
        heard = (out.resolve() / HEARD,) if cached else ()
        job = Job(folder, tuple(origins), rules, tuple(fields), settings, overrides, heard)
        run_on_ray(job, address, say=say)
        return Pieces(job)

    yield engine
    shutil.rmtree(folder, ignore_errors=True)


def measure_share(
    share: str,
    folder: Path,
    manifests: Sequence[str],
    rules: str | None,
    by: Sequence[str],
    groups: Sequence[str],
    phrases: Sequence[str],
    format: ReadAs,
    tokenizer: Path | None,
    overrides: Path | None,
    audio_root: Path | None,
    allow_root: Sequence[Path],
    audio_sample: str | None,
    normalise: Sequence[str] = (),
) -> str:
    """`curate profile --piece k/n`: what was done, in words."""
    wish = Wish(
        manifests, rules, by, groups, phrases, format, _name(tokenizer), _name(overrides),
        _name(audio_root), [str(root) for root in allow_root], audio_sample, normalise,
    )  # fmt: skip
    return measure(wish, folder, share)


def merge(
    folder: Path, out: Path, command: str, advance: Progress, gates: Sequence[Gate] = ()
) -> tuple[Profile, CurateError | None]:
    """`curate merge`: profile.json of the pieces, and the gates that failed."""
    wish, engine = merged(folder)
    return stages.profile(
        wish.manifests, out, wish.rules, wish.by, command, advance, False,
        groups=wish.groups, phrases=wish.phrases, format=wish.format,
        tokenizer=_path(wish.tokenizer), overrides=_path(wish.overrides), audio=wish.audio,
        engine=engine, normalise=wish.normalise, gates=gates,
    )  # fmt: skip


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
