"""What gates may name of a plan and of an evaluation, and how much there is of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.errors import Fault
from curate.gates import Figure, Figures
from train.cli.app import percent

if TYPE_CHECKING:
    from train.evaluate import Evaluation
    from train.plan import Plan
    from train.scoring.against import Forgetting

NAMED = 10
"""So many rows that a gate fails on are named; the artefact names them all."""


def of_plan(plan: Plan) -> Figures:
    """Findings by level and by check, and recordings that are missing."""
    from train.plan import CHECKS
    from train.plan.findings import LEVELS

    where = plan.facts.run.data
    said = [
        (each, Fault(f"{where} [{each.code}]", f"{each.what}: {each.why}", each.hint))
        for each in plan.findings
    ]
    figures: dict[str, Figure] = {}
    for name in (*LEVELS, *(check.code for check in CHECKS)):
        faults = tuple(fault for each, fault in said if name in (each.level, each.code))
        figures[f"{name}s" if name in LEVELS else name] = Figure(
            len(faults), None, "findings", faults
        )
    missing, looked_for = len(plan.facts.corpus.missing_audio), plan.facts.corpus.looked_for
    figures["missing_audio"] = Figure(missing, None, "recordings", (), looked_for)
    return figures, Figure(len(plan.findings))


def of_evaluation(done: Evaluation) -> Figures:
    """Rows without a prediction, error rates, hallucinations, and, where a guardrail was named,
    what was forgotten.
    """
    overall = done.record["overall"]
    words = sum(overall[name] for name in ("substitutions", "deletions", "insertions"))
    chars = round((overall["cer"] or 0.0) * overall["ref_chars"])
    figures = {
        "unscored": Figure(len(done.unscored), None, "rows", tuple(_unscored(done))),
        "wer": Figure(words, None, "words", (), overall["ref_words"]),
        "cer": Figure(chars, None, "characters", (), overall["ref_chars"]),
        "skipped": Figure(len(done.record["skipped"])),
        "hallucinations": Figure(done.record["inventions"]["rows"]),
    }
    if done.forgetting is not None:
        faults = tuple(_forgotten(done.forgetting))
        figures["forgetting"] = Figure(len(faults), None, "guardrails", faults)
    return figures, Figure(done.rows)


def _unscored(done: Evaluation) -> Iterator[Fault]:
    yield from (Fault(where, why) for where, why in done.unscored[:NAMED])
    if done.unscored:
        what = f"{len(done.unscored)} of {done.rows} rows have no prediction and count in no rate"
        hint = "correct the manifest, or add --allow-missing; wer.json names them all"
        yield Fault("train eval", what, hint)


def _forgotten(guardrail: Forgetting) -> Iterator[Fault]:
    if not guardrail.passed:
        rise, limit = percent(guardrail.difference), percent(guardrail.limit)
        name = guardrail.metric.upper()
        what = f"{name} on the guardrail rose by {rise}, and {limit} is allowed"
        yield Fault("--guardrail", what, "mix general data into training, or lower the rate")
