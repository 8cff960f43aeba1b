"""What can be wrong with a row, why it matters, how to fix it, and what a run does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Policy = Literal["refuse", "few", "any"]
"""`refuse`: the run does not start. `few`: rows are set aside up to `faults.max_missing` of their
set, and refused beyond. `any`: rows are set aside, however many.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    policy: Policy
    why: str
    hint: str


_SHARD_SLOTS = "`curate shard` and `curate split --canary` write every slot as NeMo reads it"

KINDS: dict[str, Kind] = {
    "malformed": Kind(
        "refuse",
        "NeMo fails on the line, or trains on nothing",
        "correct or remove the line; `curate profile` lists all such lines",
    ),
    "no-supervision": Kind(
        "refuse",
        "NeMo stops with an IndexError when the cut is drawn",
        "write the shards with `curate shard`, one supervision for each cut",
    ),
    "channels": Kind(
        "refuse",
        "NeMo stops at a recording of several channels: `TypeError ... single channel`",
        "mix it down to one channel, or remove the row; `curate shard` leaves it out of train",
    ),
    "unknown-language": Kind(
        "refuse",
        "a unified tokenizer would train on <unk> without an error, an aggregate fails hours in",
        "leave the language out, or use a model that knows it",
    ),
    "slot-no-language": Kind(
        "refuse",
        "canary prompts need source_lang and target_lang on every row: NeMo stops without",
        f"declare both; {_SHARD_SLOTS}",
    ),
    "slot-no-task": Kind(
        "refuse",
        "the first canary's prompt needs taskname and pnc on every row",
        "add taskname: asr and pnc: yes or no to the manifest",
    ),
    "slot-not-text": Kind(
        "refuse",
        "NeMo asserts that slots are text: the run stops when the row is drawn",
        _SHARD_SLOTS,
    ),
    "slot-literal": Kind(
        "refuse",
        "NeMo asserts that the slot has one of few values: the run stops when the row is drawn",
        f"remove the field; {_SHARD_SLOTS}",
    ),
    "slot-read-as-no": Kind(
        "refuse",
        "NeMo reads yes, true, True and 1 as yes, all else as no: the prompt has the opposite "
        "meaning",
        _SHARD_SLOTS,
    ),
    "behavior": Kind(
        "refuse",
        "the prompt has no token for it: the run stops when the row is drawn",
        "yes or no, true or false, on or off, 1 or 0",
    ),
    "rate-beside-offset": Kind(
        "refuse",
        "sampling_rate beside offset: NeMo loads duration - offset seconds, or nothing",
        "`curate split` and `curate shard` write such rows without sampling_rate",
    ),
    "unreadable-validation": Kind(
        "refuse",
        "NeMo stops at it, in the first validation and not before",
        "repair the file or remove the row; `curate profile --audio signal` lists all such rows",
    ),
    "no-text": Kind(
        "refuse",
        "the model would learn to write nothing, and no error rate has a reference",
        "`curate profile` shows the field that holds the transcript (`--map text=...`)",
    ),
    "none-left": Kind(
        "refuse",
        "there is nothing to validate on",
        "see the other problems of this set",
    ),
    "leak": Kind(
        "few",
        "the model would be validated on what it has learned by heart",
        "`curate split` keeps them apart; `curate audit train.jsonl eval.jsonl` lists them",
    ),
    "too-long": Kind(
        "few",
        "the decoder has no positions for it: the run would stop there with an IndexError",
        "correct the transcript, or add a rule on its length; faults.max_missing allows more rows",
    ),
    "short-audio": Kind(
        "any",
        "words without audio count as deletions",
        "correct `duration`, or remove the row",
    ),
    "durations": Kind(
        "any",
        "one long recording makes its batch too large for the GPU",
        "cut the recording, or set validation_ds.min_duration and max_duration",
    ),
    "dropped": Kind(
        "any",
        "Lhotse leaves out what lies outside the durations, without a message",
        "set train_ds.min_duration and max_duration, or cut the recordings",
    ),
}
"""Every kind by its code, the worst first."""
