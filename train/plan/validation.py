"""How often a run validates, on how much, and what part of its time that takes."""

from __future__ import annotations

from train.artifacts.plan import PlanValidation
from train.artifacts.validation import FULL
from train.plan.facts import Facts

BACKWARD = 3
"""A step of training costs so many passes of the encoder over its audio: one forward, two back."""


def plan_validation(facts: Facts) -> PlanValidation:
    """Every validation of the run, the one before step 1 included.

    The share counts passes of the encoder over padded audio, and no decoding, which in validation
    is greedy and token by token.
    """
    run = facts.run.trainer
    number = run.max_steps // run.val_check_interval + 1
    full = _full_validations(facts, number)
    sampled_s = sum(each.padded_s for each in facts.validation if each.name != FULL)
    full_s = sum(each.padded_s for each in facts.validation if each.name == FULL)
    read_s = number * sampled_s + full * full_s
    batches = run.max_steps * run.accumulate_grad_batches * run.devices * run.num_nodes
    trained_s = BACKWARD * batches * facts.batches.speech_a_batch_s
    return PlanValidation(
        sets=tuple(each.record() for each in facts.validation),
        validations=number,
        full_validations=full,
        time_share=round(read_s / (read_s + trained_s), 4) if read_s else 0.0,
    )


def _full_validations(facts: Facts, number: int) -> int:
    """Validations of the whole eval manifest: the first, the last, and regular ones between."""
    if not facts.run.trainer.limit_val_batches:
        return number
    every = facts.run.validation_ds.full_every
    between = len(range(every, number - 1, every)) if every else 0
    return 2 + between
