"""Everything that can be known of a run before it begins: `make_plan(config, archive)`.

No NeMo, no GPU, no unpacking: the archive's configuration and tokenizers, the data's durations, a
sample of its texts. The table CHECKS turns them into findings; `refuse` raises the errors among
them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.artifacts.base import write_artifact
from curate.errors import ConfigError, Fault, GateFailed
from curate.gates import Checked, Figure, Figures, Gate
from curate.nemo.archive import Archive
from train.artifacts.plan import Finding, Level, PlanLengths, PlanModel
from train.artifacts.plan import Plan as PlanRecord
from train.config import RunConfig
from train.data import Blend
from train.plan import checks_data, checks_model, checks_run
from train.plan.augmentation import plan_augmentation
from train.plan.demand import GPUS, Gpu
from train.plan.facts import Facts, gather
from train.plan.findings import LEVELS, Check
from train.plan.rows.findings import row_findings, superseded
from train.plan.rows.kinds import KINDS
from train.plan.validation import plan_validation
from train.pretrained import archive_of
from train.runs.provenance import versions

__all__ = [
    "CHECKS",
    "GPUS",
    "Plan",
    "PlanRequest",
    "figures_of",
    "find_gpu",
    "make_plan",
    "plan_run",
    "refuse",
]

CHECKS: tuple[Check, ...] = (*checks_model.CHECKS, *checks_data.CHECKS, *checks_run.CHECKS)
"""Every check; the one place to add one."""


@dataclass(frozen=True)
class Plan:
    """The facts about a run, and the findings about them, the worst first."""

    facts: Facts
    findings: tuple[Finding, ...]

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def faults(self, name: str) -> tuple[Fault, ...]:
        """The findings of a level or of a check, as errors."""
        data = str(self.facts.run.data)
        return tuple(
            Fault(f"{(*each.places, data)[0]} [{each.code}]", f"{each.what}: {each.why}", each.hint)
            for each in self.findings
            if name in (each.level, each.code)
        )

    def record(self, command: str = "") -> PlanRecord:
        """The artifact plan.json."""
        facts = self.facts
        return PlanRecord(
            command=command,
            versions=versions(),
            model=_model(facts),
            tokenizer=facts.tokenizer.record(),
            data=facts.corpus.record(),
            lengths=_lengths(facts),
            slots=facts.slots,
            rows=facts.rows.sets,
            validation=plan_validation(facts),
            batches=facts.batches.record(),
            augmentation=plan_augmentation(facts),
            trainable=facts.trainable.record() if facts.trainable else None,
            demand=facts.demand.record(),
            host=facts.host.record(),
            findings=self.findings,
            differences=facts.recipe.differences,
            settings=facts.run.model_dump(mode="json"),
            config=facts.recipe.config,
        )


def _model(facts: Facts) -> PlanModel:
    return PlanModel(
        source=facts.run.model,
        class_name=facts.archive.target,
        bytes=facts.archive.size_bytes,
        recipe=facts.recipe.name,
        script=facts.recipe.script,
    )


def _lengths(facts: Facts) -> PlanLengths:
    return PlanLengths(
        around_a_transcript=facts.around,
        longest_allowed=facts.longest_allowed,
        by_language=tuple(item.record() for item in facts.lengths),
    )


def make_plan(
    run: RunConfig, archive: Archive, gpu: Gpu = GPUS[3], blend: Blend | None = None
) -> Plan:
    """Work out what the run would be. ConfigError or InputError where that cannot be known.

    `blend` is what the run draws from, where that has been opened already.
    """
    facts = gather(run, archive, gpu, blend)
    return Plan(facts, tuple(sorted(_findings(facts), key=lambda f: LEVELS.index(f.level))))


def _findings(facts: Facts) -> Iterator[Finding]:
    """Where all rows were checked, a sample shows nothing more of the same kinds."""
    of_rows = tuple(row_findings(facts.rows))
    yield from of_rows
    known = superseded(facts.rows, of_rows)
    for check in CHECKS:
        if check.code not in known:
            yield from check.run(facts)


def refuse(plan: Plan, but: Collection[str] = ()) -> None:
    """Raise a ConfigError with every error of the plan; return where there is none, or none but of
    these codes.
    """
    if {error.code for error in plan.of("error")} - set(but):
        raise ConfigError(*plan.faults("error"))


def figures_of(plan: Plan) -> Figures:
    """The figures that gates may name: findings by level and check, missing recordings."""
    codes = (*(check.code for check in CHECKS), *KINDS)
    names = {f"{level}s": level for level in LEVELS} | {code: code for code in codes}
    figures = {key: _figure(plan.faults(name)) for key, name in names.items()}
    corpus = plan.facts.corpus
    missing = Figure(len(corpus.missing_audio), None, "recordings", (), corpus.audio_checked)
    return figures | {"missing_audio": missing}, Figure(len(plan.findings))


def _figure(faults: tuple[Fault, ...]) -> Figure:
    return Figure(len(faults), None, "findings", faults)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A run to plan for a GPU, gates to check, and where to write plan.json, if anywhere."""

    config: RunConfig
    gpu: str = "h100"
    gates: Sequence[Gate] = ()
    out: Path | None = None
    command: str = ""


@dataclass(frozen=True)
class Planned:
    """A plan, its plan.json, and the error of its gates, if one failed."""

    plan: Plan
    record: PlanRecord
    failed: GateFailed | None


def plan_run(request: PlanRequest) -> Planned:
    """Make the plan, check its gates, and write plan.json where the request names a place."""
    config = request.config
    plan = make_plan(config, archive_of(config.model), find_gpu(request.gpu))
    checked = Checked.of(request.gates, figures_of(plan), "train plan")
    record = plan.record(request.command).with_gates(checked.results)
    if request.out is not None:
        write_artifact(request.out, record)
    return Planned(plan, record, checked.failed)


def find_gpu(name: str) -> Gpu:
    """The GPU of that name; ConfigError where none is known."""
    known = {gpu.name: gpu for gpu in GPUS}
    if name not in known:
        raise ConfigError.of("--gpu", f"no GPU {name!r} is known", f"known: {', '.join(known)}")
    return known[name]
