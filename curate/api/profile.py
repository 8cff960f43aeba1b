"""Profiles: every record of manifests measured and given a verdict by the rules."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.api.outcome import Outcome
from curate.artifacts.base import read_artifact, write_artifact
from curate.artifacts.outputs import whole_directory
from curate.audio.options import AudioOptions
from curate.environment.execution import QUIET, Execution
from curate.errors import ConfigError, Fault, InputError, raise_all
from curate.gates import Checked, Gate
from curate.manifest.mapping import ReadOptions
from curate.profiles import named
from curate.profiles.decided import Decided
from curate.profiles.measure.code_version import measuring_code
from curate.profiles.opened import open_profile
from curate.profiles.request import MeasureOptions, ProfilePlan, ProfileRequest, RuleOptions, Rules
from curate.profiles.run import OUTPUT_FILES, Engine, profile_into, unchanged
from curate.scale.engines import engine_of

if TYPE_CHECKING:
    from curate.api.explore import Explorer
    from curate.api.review import ReviewOptions
    from curate.artifacts.profile import Profile as ProfileFile

__all__ = [
    "Amount",
    "AudioOptions",
    "MeasureOptions",
    "MetricSummary",
    "Profile",
    "ProfileRequest",
    "ReadOptions",
    "RuleOptions",
    "measure_part",
    "merge",
    "merge_parts",
    "profile",
    "read_profile",
    "run_profile",
]

_LARGE = 1 << 22
"""Bytes of manifests from which on their records table is not held in memory, or nearly."""
_UNCHANGED = "nothing has changed since this profile was made; it is reused (--no-cache recomputes)"


@dataclass(frozen=True, slots=True)
class Amount:
    """So many rows, and their declared hours."""

    rows: int
    hours: float


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """How a metric is spread over the rows that have it; None where no row has.

    `quantiles` goes by p01, p05, p25, p50, p75, p95, p99, p999 and is exact (nearest rank).
    """

    name: str
    unit: str
    rows: int
    nulls: int
    mean: float | None
    min: float | None
    max: float | None
    quantiles: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile directory: `path`, what it says in short, and `artifact`, all of profile.json."""

    path: Path
    totals: Amount
    verdicts: Mapping[str, Amount]
    metrics: Mapping[str, MetricSummary]
    artifact: ProfileFile

    @property
    def json(self) -> Mapping[str, Any]:
        """All of profile.json as plain JSON values."""
        return MappingProxyType(self.artifact.as_json())

    def records(self, *fields: str) -> pl.LazyFrame:
        """One row per non-blank line of the manifests, with metrics, verdict, tags and reason.

        `fields` are names of the manifests' own (`text`, `audio_filepath`, any other; `record` is
        the whole line): columns that are read from the manifests when rows are collected, of the
        rows that are left then. InputError where a manifest has changed since it was profiled,
        ConfigError for a field that no line has.
        """
        plan = pl.scan_parquet(self.path / "records.parquet")
        further = [name for name in fields if name not in plan.collect_schema().names()]
        if not further:
            return plan
        from curate.profiles.own_fields import OwnFields

        own = OwnFields(self.path)
        kinds = own.kinds(further)
        what = "no line of the manifests has this field"
        raise_all(ConfigError, [Fault(name, what) for name in further if name not in kinds])
        return own.beside(plan, {name: kinds[name] for name in further})

    def explore(
        self,
        overrides: str | Path = "overrides.jsonl",
        *,
        split: str | Path | None = None,
        evaluation: str | Path | None = None,
        options: ReviewOptions | None = None,
    ) -> Explorer:
        """Open the review app of the records in the background: `curate.explore` of this
        directory.
        """
        from curate.api.explore import explore

        return explore(self.path, overrides, split=split, evaluation=evaluation, options=options)

    def __str__(self) -> str:
        verdicts = ", ".join(f"{each.rows:,} {name}" for name, each in self.verdicts.items())
        return f"{self._headline()} ({verdicts})"

    def _headline(self) -> str:
        return f"Profile {self.path}: {self.artifact.headline()}"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self.artifact.html(self._headline())


def profile(
    manifests: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    rules: Rules | RuleOptions = None,
    by: Sequence[str] = (),
    measure: MeasureOptions | None = None,
    reading: ReadOptions | None = None,
    cached: bool = True,
) -> Profile:
    """Measure every record of `manifests`, evaluate the rules, and write the directory `out`, which
    is replaced.

    As `curate profile`, without the page. `rules` is a preset's name, a rule file, loaded rules, or
    options with manual overrides beside them; `by` names further manifest fields to keep and to
    group by; `measure` says what is measured beside what always is, `reading` how manifests are
    read that are not NeMo's. With `cached`, what has not changed since `out` was made is not
    measured again. Raises curate.errors.CurateError with every fault.

    >>> import tempfile, curate
    >>> folder = Path(tempfile.mkdtemp())
    >>> line = '{"audio_filepath": "a.wav", "duration": 2.0, "text": "two words"}'
    >>> _ = (folder / "manifest.jsonl").write_text(line)
    >>> profile = curate.profile(folder / "manifest.jsonl", out=folder / "profile")
    >>> profile.totals.rows, profile.verdicts["clean"].rows, profile.metrics["char_rate"].max
    (1, 1, 4.5)
    >>> profile.records().select("words", "verdict").collect().row(0)
    (2, 'clean')
    """
    names = [manifests] if isinstance(manifests, str | Path) else manifests
    request = ProfileRequest(
        manifests=[str(name) for name in names],
        rule_options=rules if isinstance(rules, RuleOptions) else RuleOptions(rules=rules),
        by=by,
        measure=measure or MeasureOptions(),
        reading=reading or ReadOptions(),
    )
    run_profile(request, Path(out), cached=cached).passed()
    return read_profile(out)


def merge(parts: str | Path, out: str | Path) -> Profile:
    """Merge the parts that an array of jobs measured into the profile directory `out`, which is
    replaced; nothing is measured again.

    As `curate merge`: `parts` is the folder that `curate profile --part` wrote into. Raises
    curate.errors.CurateError with every part that is missing.
    """
    merge_parts(Path(parts), Path(out)).passed()
    return read_profile(out)


def run_profile(
    request: ProfileRequest, out: Path, execution: Execution = QUIET, cached: bool = True
) -> Outcome[ProfileFile]:
    """`curate profile`: profile.json's content, and the gates that failed.

    Where nothing changed since `out` was made, nothing is done.
    """
    with engine_of(execution, out, cached) as engine:
        plan = request.resolve()
        if cached and _is_current(out, plan, execution):
            execution.notify(_UNCHANGED)
            from curate.artifacts.profile import Profile as ProfileFile

            made = read_artifact(out, ProfileFile)
            return Outcome(made, _checked(plan, made, out).failed)
        return _run(plan, out, execution, out if cached else None, engine)


def measure_part(request: ProfileRequest, folder: Path, part: str) -> str:
    """`curate profile --part k/n`: measure this part of the manifests into `folder`; what to do
    next, in words.
    """
    from curate.scale.array import measure_part as measure

    return measure(request, folder, part)


def merge_parts(
    folder: Path, out: Path, execution: Execution = QUIET, gates: Sequence[Gate] = ()
) -> Outcome[ProfileFile]:
    """`curate merge`: the profile of the pieces in `folder`, measured as parts; nothing is measured
    again.
    """
    from curate.scale.array import merged

    request, engine = merged(folder)
    plan = replace(request, gates=gates).resolve()
    return _run(plan, out, execution, None, engine)


def _run(
    plan: ProfilePlan, out: Path, execution: Execution, old: Path | None, engine: Engine | None
) -> Outcome[ProfileFile]:
    with (
        whole_directory(out, OUTPUT_FILES, "profile.json") as folder,
        ThreadPoolExecutor(1) as beside,
    ):
        # A daemon: a signal that stops this thread within an import leaves the others waiting for
        # the import lock, and nothing may wait for them.
        Thread(target=_load_ahead, args=(plan, execution), daemon=True).start()
        counts: list[Future[None]] = []
        made = profile_into(
            plan,
            folder,
            execution,
            old,
            engine,
            lambda decided: counts.append(beside.submit(_count_limits, decided, execution.threads)),
        )
        checked = _checked(plan, made, out)
        if checked.results:
            made = made.with_gates(checked.results)
            write_artifact(folder, made)
        if plan.request.clips:
            from curate.profiles.examples.clips import AudioSource, of_profile, write_clips

            sound = AudioSource(folder, made.inputs, plan.settings.audio, plan.request.clips)
            write_clips(folder, of_profile(made), sound)
        execution.draw("profile", folder, made)
        for each in counts:
            each.result()
    return Outcome(made, checked.failed)


def _load_ahead(plan: ProfilePlan, execution: Execution) -> None:
    """Import while records are measured what is needed after: libraries of the page, and those that
    small profiles do not use. What fails here fails again where it is needed.
    """
    with suppress(Exception):
        importlib.import_module("curate.profiles.concluded").build_models()
        importlib.import_module("curate.api.figures")
        execution.prepare_page("profile")
        files = [path for path in map(Path, plan.request.manifests) if path.is_file()]
        if sum(path.stat().st_size for path in files) >= _LARGE:
            importlib.import_module("curate.profiles.large_table")
        measuring_code()


def _count_limits(decided: Decided, threads: int | None) -> None:
    """Count ahead what `curate rules what-if` reads, while the profile is summed up and drawn."""
    if decided.rows >= named.COUNTED_AHEAD_ROWS:
        from curate.whatif.stored_counts import count_ahead

        count_ahead(decided, threads)


def _checked(plan: ProfilePlan, made: ProfileFile, out: Path) -> Checked:
    from curate.api import figures  # what sums up a profile; nothing measures with it

    return Checked.of(plan.request.gates, figures.of_profile(made), out)


def _is_current(out: Path, plan: ProfilePlan, execution: Execution) -> bool:
    """Whether `out` holds what would be made now, with its page where pages are drawn."""
    request = plan.request
    if execution.build_page is not None:
        from curate.profiles.examples.clips import clip_limit_of

        gates = [gate.text for gate in request.gates]
        same = (out / "report.html").is_file() and clip_limit_of(out) == request.clips
        if not same or _gates_of(out) != gates:
            return False
    return unchanged(out, plan)


def _gates_of(folder: Path) -> list[str] | None:
    """The gates of a profile that was made earlier; None where there is none."""
    from curate.artifacts.profile import Profile as ProfileFile

    try:
        return [each.gate for each in read_artifact(folder, ProfileFile).fail_on]
    except InputError:
        return None


def read_profile(folder: str | Path) -> Profile:
    """A profile directory made earlier. InputError where it is none."""
    path = Path(folder)
    profile = open_profile(path)
    metrics = {
        metric.name: MetricSummary(
            name=metric.name,
            unit=metric.unit,
            rows=metric.rows,
            nulls=metric.nulls,
            mean=metric.mean,
            min=metric.min,
            max=metric.max,
            quantiles=MappingProxyType(metric.quantiles),
        )
        for metric in profile.metrics
    }
    return Profile(
        path=path,
        totals=Amount(profile.totals.rows, profile.totals.hours),
        verdicts=MappingProxyType(
            {each.verdict: Amount(each.rows, each.hours) for each in profile.verdicts}
        ),
        metrics=MappingProxyType(metrics),
        artifact=profile,
    )
