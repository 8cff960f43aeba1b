"""Everything that can be known of a run before it begins: `make_plan(config, archive)`.

No NeMo, no GPU, no unpacking: the archive's configuration and tokenizers, the data's durations, a
sample of its texts. What it finds is told by the table CHECKS; `refuse` turns its errors into one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, Fault
from train.archive import Archive
from train.config import RunConfig
from train.data import read_index
from train.plan import checks_data, checks_model, checks_run
from train.plan.demand import GPUS, Gpu
from train.plan.facts import Facts, gather
from train.plan.findings import LEVELS, Check, Finding, Level
from train.pretrained import archive_of
from train.runs.provenance import versions

__all__ = ["CHECKS", "GPUS", "Plan", "check_plan", "find_gpu", "make_plan", "refuse"]

SCHEMA = "train.plan/1"

CHECKS: tuple[Check, ...] = (*checks_model.CHECKS, *checks_data.CHECKS, *checks_run.CHECKS)
"""Every check; the one place to add one."""


@dataclass(frozen=True)
class Plan:
    """What is known, and what is to be said about it, the worst first."""

    facts: Facts
    findings: tuple[Finding, ...]

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def as_json(self, command: str = "") -> dict[str, Any]:
        """The artefact plan.json."""
        facts = self.facts
        return {
            "schema": SCHEMA,
            "command": command,
            "versions": versions(),
            "model": {
                "source": facts.run.model,
                "class": facts.archive.target,
                "bytes": facts.archive.size_bytes,
                "recipe": facts.recipe.name,
                "script": facts.recipe.script,
            },
            "tokenizer": facts.tokenizer.as_json(),
            "data": facts.corpus.as_json(),
            "lengths": {
                "around_a_transcript": facts.around,
                "longest_allowed": facts.longest_allowed,
                "by_language": [item.as_json() for item in facts.lengths],
            },
            "slots": [asdict(slot) for slot in facts.slots],
            "batches": facts.batches.as_json(),
            "demand": facts.demand.as_json(),
            "findings": [asdict(finding) for finding in self.findings],
            "differences": [asdict(trap) for trap in facts.recipe.differences],
            "settings": facts.run.model_dump(mode="json"),
            "config": facts.recipe.config,
        }


def make_plan(run: RunConfig, archive: Archive, gpu: Gpu = GPUS[3]) -> Plan:
    """Work out what the run would be. ConfigError or InputError where there is no telling."""
    facts = gather(run, archive, gpu)
    return Plan(facts, tuple(sorted(_findings(facts), key=lambda f: LEVELS.index(f.level))))


def _findings(facts: Facts) -> Iterator[Finding]:
    for check in CHECKS:
        yield from check.run(facts)


def refuse(plan: Plan) -> None:
    """Raise a ConfigError with every error of the plan; return where there is none."""
    where = Path(plan.facts.run.data)
    faults = [Fault(f"{where} [{f.code}]", f"{f.what}: {f.why}", f.hint) for f in plan.of("error")]
    if faults:
        raise ConfigError(*faults)


def check_plan(run: RunConfig) -> Plan:
    """The plan of a run that may begin; ConfigError with all that forbids it."""
    read_index(run.data)  # a run takes shards alone; nothing is downloaded for another folder
    plan = make_plan(run, archive_of(run.model))
    refuse(plan)
    return plan


def find_gpu(name: str) -> Gpu:
    """The GPU of that name; ConfigError where we know none."""
    known = {gpu.name: gpu for gpu in GPUS}
    if name not in known:
        raise ConfigError.of("--gpu", f"no GPU {name!r} is known", f"known: {', '.join(known)}")
    return known[name]
