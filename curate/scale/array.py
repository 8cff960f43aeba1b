"""A profile made by an array of jobs (SLURM and its like): shares of the manifests, then a merge.

`job.json` in the folder of pieces says what was asked for; every share must ask for the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curate.artifacts.outputs import write_json
from curate.audio.options import AudioWish
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.manifest import find_sources
from curate.manifest.mapping import ReadAs, Reading
from curate.manifest.spool import STDIN
from curate.profiles import Engine, fields_of, settings_for
from curate.rules.file import load_rules
from curate.rules.overrides import Overrides, read
from curate.scale.parts import Job, Pieces, incomplete, measure_piece

SCHEMA = "curate.job/1"
NAME = "job.json"
_SHARE = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})\Z")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a profile was asked for, as typed."""

    manifests: Sequence[str]
    rules: str | None = None
    by: Sequence[str] = ()
    groups: Sequence[str] = ()
    phrases: Sequence[str] = ()
    format: ReadAs = None
    tokenizer: str | None = None
    overrides: str | None = None
    audio_root: str | None = None
    allow_root: Sequence[str] = ()
    audio_sample: str | None = None
    normalise: Sequence[str] = ()

    @property
    def audio(self) -> AudioWish:
        """Where audio is found and of which records; ConfigError for what cannot be."""
        root = None if self.audio_root is None else Path(self.audio_root)
        return AudioWish.of(root, [Path(name) for name in self.allow_root], self.audio_sample)


def job_of(wish: Wish, folder: Path) -> Job:
    """The job behind a wish. InputError and ConfigError as `curate profile` raises them."""
    refuse_stdin(wish.manifests)
    rules = load_rules(wish.rules)
    settings = settings_for(
        rules, wish.groups, wish.phrases, wish.tokenizer, wish.audio, wish.normalise
    )
    origins = find_sources(wish.manifests, wish.format)
    _, fields = fields_of(wish.by, origins)
    people = Overrides(read(Path(wish.overrides)) if wish.overrides else None)
    return Job(folder, tuple(origins), rules, tuple(fields), settings, people)


def refuse_stdin(manifests: Sequence[str]) -> None:
    """ConfigError where standard input is named: no other process can read it."""
    if STDIN in manifests:
        what, hint = "standard input can be read by this process alone", "name files"
        raise ConfigError.of(STDIN, what, hint)


def share_of(text: str) -> tuple[int, int]:
    """`3/8` as numbers. ConfigError for anything else.

    >>> share_of("3/8")
    (3, 8)
    """
    match = _SHARE.match(text)
    k, n = map(int, match.groups()) if match else (0, 0)
    if not 1 <= k <= n:
        what, hint = f"{text!r} is no share", "write k/n, with k from 1 to n: --piece 3/8"
        raise ConfigError.of("--piece", what, hint)
    return k, n


def measure_share(wish: Wish, folder: Path, share: str) -> str:
    """Measure every n-th manifest, from the k-th on; says what was done, in words.

    What is complete already is not measured again. InputError with every manifest that cannot be
    read, when the others of the share are measured.
    """
    k, n = share_of(share)
    job = job_of(wish, folder)
    _note(wish, job)
    mine = range(k - 1, len(job.origins), n)
    left = sorted(set(incomplete(job)) & set(mine))
    faults = [fault for index in left for fault in measure_piece(job, index, threads=None)]
    raise_all(InputError, faults)
    kept = len(mine) - len(left)
    more = f", {kept} more were measured before" if kept else ""
    return f"share {k} of {n}: {len(left)} of {len(job.origins)} manifests measured{more}"


def _note(wish: Wish, job: Job) -> None:
    """Say in the folder what is asked for; ConfigError where it holds pieces of something else."""
    folder = job.folder
    if folder.is_dir() and any(folder.iterdir()):
        if _noted(folder) != _said(wish, job):
            what = "holds something else than pieces of this very profile"
            raise ConfigError.of(folder, what, "name a new directory, or ask for the same")
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / NAME, _said(wish, job))


def _said(wish: Wish, job: Job) -> dict[str, object]:
    plain = json.loads(json.dumps(asdict(wish)))
    origins = [origin.name for origin in job.origins]
    return {"schema": SCHEMA, "wish": plain, "rules": job.rules.sha256, "origins": origins}


def _noted(folder: Path) -> object:
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def merged(folder: Path) -> tuple[Wish, Engine]:
    """What the pieces of a folder were asked for, and the engine that takes their rows.

    InputError where the folder holds no pieces, or some are missing or of manifests, rules or code
    that have changed: each is named, with the share that measures it.
    """
    noted = _noted(folder)
    if not isinstance(noted, dict) or noted.get("schema") != SCHEMA:
        hint = "measure some: curate profile ... --piece 1/8 --out FOLDER"
        raise InputError.of(folder, f"holds no pieces (no {NAME})", hint)
    wish = Wish(**_with_reading(noted["wish"]))
    job = job_of(wish, folder)
    if _said(wish, job) != noted:
        what = "the rules or the list of manifests are others than when it was measured"
        raise InputError.of(folder, what, "measure every share again, into a new folder")
    raise_all(InputError, [_missing(job, index) for index in incomplete(job)])
    return wish, lambda *_: Pieces(job)


def _with_reading(noted: Mapping[str, Any]) -> Mapping[str, Any]:
    """A wish as noted, with its mapping of fields as a Reading."""
    read_as = noted["format"]
    return {**noted, "format": Reading(**read_as) if isinstance(read_as, dict) else read_as}


def _missing(job: Job, index: int) -> Fault:
    share = f"--piece {index + 1}/{len(job.origins)}"
    return Fault(
        job.origins[index].name,
        "was not measured, or has changed since",
        f"run its share again; {share} measures it alone",
    )
