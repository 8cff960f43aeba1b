"""A piece is one manifest, measured and evaluated into files of its own; pieces make a profile.

In the folder of a job stand, for piece 7, `000007.parquet` (its rows), `000007.counts` (what was
counted of them), `000007.audio_cache` (what its audio showed, where that is requested) and,
written last, `000007.json`: with it the piece is complete. A task that dies leaves none; one that
runs twice writes the same bytes twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.measured import PieceMarker
from curate.artifacts.outputs import whole_file
from curate.environment.execution import Execution
from curate.errors import CurateError, Fault, InputError
from curate.manifest.origin import Origin
from curate.manifest.path_sample import most_of_each
from curate.metrics import chosen
from curate.metrics.measure import Settings
from curate.profiles.audio.depth import GROUPS_OF, AudioScan
from curate.profiles.measure.code_version import audio_code, measuring_code
from curate.profiles.measure.record_fields import records_schema
from curate.profiles.measure.records import write_records
from curate.profiles.measure.reuse import BATCH, reusable, settings_name
from curate.profiles.measure.source import Source
from curate.profiles.measure.unchanged import file_state
from curate.profiles.request import ProfilePlan
from curate.profiles.statistics.counts import Counted

TABLE, COUNTS, AUDIO_CACHE = "parquet", "counts", "audio_cache"
_DAMAGE = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars raises for a file that is no table."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is measured, and the folder of its pieces (one that all workers can see)."""

    folder: Path
    plan: ProfilePlan
    audio_caches: tuple[Path, ...] = ()
    """Tables of earlier results for the same audio."""

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The manifests, a piece each."""
        return self.plan.sources

    @property
    def audio_paths(self) -> int:
        """Audio paths that are kept of each manifest."""
        return most_of_each(len(self.origins))

    def path(self, index: int, kind: str) -> Path:
        """A file of a piece."""
        return self.folder / f"{index:06d}.{kind}"

    def key(self, index: int) -> str:
        """One name for all that a piece's rows depend on, but for the content of its manifest."""
        plan, origin = self.plan, self.origins[index]
        audio = analyses_audio(plan.settings)
        named = {
            "origin": [origin.name, origin.as_json()],
            "rules": plan.rules.sha256,
            "fields": plan.fields,
            "groups": sorted(plan.settings.groups),
            "settings": settings_name(plan.settings),
            "audio": plan.settings.audio.recorded().as_json() if audio else None,
            "overrides": plan.overrides.log.sha256 if plan.overrides.log else None,
            "code": [measuring_code(), audio_code() if audio else None],
            "audio_paths": self.audio_paths,
        }
        return hashlib.blake2b(json.dumps(named).encode(), digest_size=16).hexdigest()


def measure_piece(job: Job, index: int, threads: int | None = 1) -> tuple[Fault, ...]:
    """Measure one piece; returns why that cannot be done, nothing where it was.

    Faults are returned, not raised, since they have to come from another machine.
    """
    plan = job.plan._replace(sources=(job.origins[index],))
    try:
        with whole_file(job.path(index, TABLE)) as rows:
            execution = Execution(threads=threads)
            (source,), total, counted = write_records(plan, rows, execution)
    except CurateError as error:
        return error.faults
    kinds = [TABLE, COUNTS]
    if analyses_audio(plan.settings):
        from curate.profiles.audio.scan import analyse_records

        kinds.append(AUDIO_CACHE)
        scan = AudioScan((source,), plan.settings, job.audio_caches, threads)
        with whole_file(job.path(index, AUDIO_CACHE)) as noted:
            analyse_records(job.path(index, TABLE), scan, noted)
    with whole_file(job.path(index, COUNTS)) as sums:
        counted.save(sums)
    source.sample.keep(job.audio_paths)
    marker = PieceMarker(
        key=job.key(index),
        rows=total.rows,
        bytes={kind: job.path(index, kind).stat().st_size for kind in kinds},
        source=source.as_measured(),
    )
    write_artifact(job.path(index, "json"), marker)
    return ()


def analyses_audio(settings: Settings) -> bool:
    """Whether audio is analysed."""
    return bool(settings.groups & GROUPS_OF["vad"])


def is_complete(job: Job, index: int) -> bool:
    """Whether a piece was measured by this very job, and its manifest has not changed since."""
    marker = _marker(job, index)
    return marker is not None and not _changed(job.origins[index], marker.source.state)


def _marker(job: Job, index: int) -> PieceMarker | None:
    """The marker of a piece of this very job whose files are all there; else None."""
    try:
        marker = read_artifact(job.path(index, "json"), PieceMarker)
        written = {kind: job.path(index, kind).stat().st_size for kind in marker.bytes}
    except (InputError, OSError):
        return None
    return marker if marker.key == job.key(index) and marker.bytes == written else None


def _changed(origin: Origin, state: Mapping[str, int]) -> bool:
    """Whether a manifest is another than it was; of those that are not watched nothing is known."""
    try:
        return reusable(origin) and file_state(origin.name) != state
    except OSError:
        return True


class Pieces:
    """The complete pieces of a job, as what a profile keeps: its rows are not measured again."""

    has_verdicts = True

    def __init__(self, job: Job) -> None:
        self._job = job
        self._index = {origin.name: at for at, origin in enumerate(job.origins)}
        markers = [_marker(job, index) for index in range(len(job.origins))]
        assert all(markers), "every piece is complete"
        sources = [Source.of(marker.source) for marker in markers if marker]
        self.sources = {source.name: (0, source) for source in sources}

    @property
    def audio_caches(self) -> Sequence[Path]:
        """Audio results of the pieces, and earlier ones."""
        if not analyses_audio(self._job.plan.settings):
            return ()
        own_caches = [self._job.path(index, AUDIO_CACHE) for index in range(len(self._job.origins))]
        return [*own_caches, *self._job.audio_caches]

    def rows(self, sources: Sequence[Source]) -> Iterator[pl.DataFrame]:
        """The rows of these sources, in order. InputError for a damaged piece."""
        for source in sources:
            table = self.table(source)
            plan = pl.scan_parquet(table)
            try:
                for at in range(0, source.rows, BATCH):
                    yield plan.slice(at, min(BATCH, source.rows - at)).collect()
            except _DAMAGE:
                raise _damaged(table) from None

    def table(self, source: Source) -> Path:
        """The rows of one source. InputError for a damaged piece, as far as its footer shows it."""
        path = self._job.path(self._index[source.name], TABLE)
        plan = self._job.plan
        try:
            columns = pl.read_parquet_schema(path)
        except _DAMAGE:
            raise _damaged(path) from None
        if columns != records_schema(plan.fields, plan.settings.groups):
            raise _damaged(path)
        return path

    def counted(self, source: Source) -> Counted:
        """What was counted of a source's rows."""
        path = self._job.path(self._index[source.name], COUNTS)
        metrics = chosen(self._job.plan.settings.groups)
        try:
            return Counted.load(path, metrics, self._job.plan.rules)
        except (OSError, ValueError):
            raise InputError.of(
                path, "it is damaged", "remove it, and measure its part again"
            ) from None


def _damaged(path: Path) -> InputError:
    return InputError.of(path, "it is damaged", "remove it, and measure its part again")


def incomplete(job: Job) -> list[int]:
    """The pieces that are still to be measured, in order."""
    return [index for index in range(len(job.origins)) if not is_complete(job, index)]
