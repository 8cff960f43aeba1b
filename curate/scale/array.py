"""A profile made by an array of jobs (SLURM and its like): shares of the manifests, then a merge.

`job.json` in the folder of pieces holds the request; every share must have the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.measured import Job as JobFile
from curate.audio.options import AudioOptions, Sample
from curate.errors import ConfigError, Fault, InputError, parameter, raise_all
from curate.manifest.mapping import ReadOptions
from curate.manifest.spool import STDIN
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions
from curate.profiles.run import Engine
from curate.scale.parts import Job, Pieces, incomplete, measure_piece

_PART = re.compile(r"([1-9]\d{0,5})/([1-9]\d{0,5})\Z")


def job_of(request: ProfileRequest, folder: Path) -> Job:
    """The job behind a request. InputError and ConfigError as `curate profile` raises them."""
    refuse_stdin(request.manifests)
    return Job(folder, request.resolve())


def refuse_stdin(manifests: Sequence[str]) -> None:
    """ConfigError where standard input is named: no other process can read it."""
    if STDIN in manifests:
        what, hint = "standard input can be read only by this process", "name files"
        raise ConfigError.of(STDIN, what, hint)


def part_of(text: str) -> tuple[int, int]:
    """`3/8` as numbers. ConfigError for anything else.

    >>> part_of("3/8")
    (3, 8)
    """
    match = _PART.match(text)
    k, n = map(int, match.groups()) if match else (0, 0)
    if not 1 <= k <= n:
        hint = f"write k/n, with k from 1 to n: {parameter('part')} 3/8"
        raise ConfigError.of(parameter("part"), f"{text!r} is no part", hint)
    return k, n


def measure_part(request: ProfileRequest, folder: Path, part: str) -> str:
    """Measure every n-th manifest, from the k-th on; returns what was done, in words.

    What is complete already is not measured again. InputError with every manifest that cannot be
    read, when the others of the part are measured.
    """
    k, n = part_of(part)
    job = job_of(request, folder)
    _note(job)
    numbers = range(k - 1, len(job.origins), n)
    left = sorted(set(incomplete(job)) & set(numbers))
    faults = [fault for index in left for fault in measure_piece(job, index, threads=None)]
    raise_all(InputError, faults)
    before = len(numbers) - len(left)
    more = f", {before} more were measured before" if before else ""
    return f"part {k} of {n}: {len(left)} of {len(job.origins)} manifests measured{more}"


def _note(job: Job) -> None:
    """Write the request into the folder; ConfigError where it holds pieces of another one."""
    folder = job.folder
    if folder.is_dir() and any(folder.iterdir()):
        if _read_job(folder) != _as_artifact(job):
            what = "holds something else than pieces of this very profile"
            raise ConfigError.of(folder, what, "name a new directory, or repeat the same request")
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_artifact(folder, _as_artifact(job))


def _as_artifact(job: Job) -> JobFile:
    return JobFile(
        request=json.loads(json.dumps(asdict(job.plan.request), default=str)),
        rules=job.plan.rules.sha256,
        origins=tuple(origin.name for origin in job.origins),
    )


def _read_job(folder: Path) -> JobFile | None:
    """job.json; None where there is none, or it is of another version."""
    try:
        return read_artifact(folder, JobFile)
    except InputError:
        return None


def merged(folder: Path) -> tuple[ProfileRequest, Engine]:
    """The request that the pieces of a folder are of, and the engine that takes their rows.

    InputError where the folder holds no pieces, or some are missing or of manifests, rules or code
    that have changed: each is named, with the part that measures it.
    """
    noted = _read_job(folder)
    if noted is None:
        hint = f"measure some: curate profile ... {parameter('part')} 1/8 --out FOLDER"
        raise InputError.of(folder, f"holds no pieces (no {JobFile.file})", hint)
    request = _request_of(noted.request)
    job = job_of(request, folder)
    if _as_artifact(job) != noted:
        what = "the rules or the list of manifests are others than when it was measured"
        raise InputError.of(folder, what, "measure every part again, into a new folder")
    raise_all(InputError, [_missing(job, index) for index in incomplete(job)])
    return request, lambda _: Pieces(job)


def _request_of(noted: Mapping[str, Any]) -> ProfileRequest:
    """A request as it was noted."""
    measure = noted["measure"]
    audio = measure["audio"]
    root = None if audio["root"] is None else Path(audio["root"])
    sample = None if audio["sample"] is None else Sample(**audio["sample"])
    return ProfileRequest(
        manifests=noted["manifests"],
        rule_options=RuleOptions(**noted["rule_options"]),
        by=noted["by"],
        measure=MeasureOptions(
            **{**measure, "audio": AudioOptions(root, tuple(map(Path, audio["allowed"])), sample)}
        ),
        reading=ReadOptions(**noted["reading"]),
    )


def _missing(job: Job, index: int) -> Fault:
    part = f"{parameter('part')} {index + 1}/{len(job.origins)}"
    return Fault(
        job.origins[index].name,
        "was not measured, or has changed since",
        f"run its part again; {part} measures only that",
    )
