"""The vocabulary of gates: for each command, what is counted by which name, and its presets.

docs/gates.md is made of this table, and a test holds the commands' figures against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from curate.artifacts.verdicts import VERDICTS


class Name(NamedTuple):
    """A name and what it counts; `*` in it stands for any word, as in `*_audio`.

    `part_of` names the figure that it is a part of: a gate on the part is one on the whole.
    """

    name: str
    counts: str
    part_of: str = ""


class Gated(NamedTuple):
    """What may be named at a command, and gates that hold without being named.

    `default` always does, `strict` with `--strict`; a preset's gate gives way to one that is named
    for the same figure or a part of it.
    """

    names: tuple[Name, ...]
    default: str = ""
    strict: str = ""

    def find(self, name: str) -> Name | None:
        """The entry of a name; None where nothing is counted under it."""
        return next((each for each in self.names if fnmatchcase(name, each.name)), None)


_VERDICTS = Name(", ".join(VERDICTS), "rows by verdict")
_OVER = (
    Name("over_rejected", "strata beyond --max-rejected, single speakers aside"),
    Name("over_borderline", "strata beyond --max-borderline, single speakers aside"),
)
_UNCHECKED = Name("unchecked", "keys (speaker, ...) that are not known of all rows")
_LEAKS = Name("leaks", "values that occur in two splits, over all keys")


def _each(entry: Name) -> tuple[Name, ...]:
    """One entry for each of the names that it lists."""
    return tuple(Name(name, entry.counts) for name in entry.name.split(", "))


_PROFILE = Gated(
    (
        *_each(_VERDICTS),
        *_OVER,
        Name("*_audio", "rows by fault of their audio, with --audio: `missing_audio`, ..."),
        Name("*", "rows by the rule that triggered: `char_rate`, ..."),
    ),
    strict="over_rejected>0,over_borderline>0",
)

GATED: Mapping[str, Gated] = {
    "curate profile": _PROFILE,
    "curate merge": _PROFILE,
    "curate split": Gated(
        (
            *_each(Name("train, eval, test, held_out, rejected", "rows of the output")),
            *_each(_VERDICTS),
            _LEAKS,
            Name(
                "missed_targets",
                "targets that were lowered or missed; given sets that have lost rows",
            ),
            Name("over_held_out", "1 where more hours are held out than --max-held-out"),
            _UNCHECKED,
            *_OVER,
            Name("*", "rows of a further output: a name of --split, `eval_borderline`"),
        ),
        strict="leaks>0,missed_targets>0,over_held_out>0,unchecked>0,over_rejected>0,"
        "over_borderline>0",
    ),
    "curate audit": Gated(
        (
            Name("leaks", "values that occur in two datasets, over all kinds"),
            Name("*_leaks", "by kind: `speaker_leaks`, `near_text_leaks`, ...", "leaks"),
            _UNCHECKED,
            *_each(
                Name("malformed, skipped, untranscribed", "lines that are compared with nothing")
            ),
        ),
        default="leaks>0",
        strict="unchecked>0",
    ),
    "curate shard": Gated(
        (
            Name("left_out", "rows that are in no output, for their audio"),
            Name("shards", "shards written"),
            Name("train", "rows of train that are stored in shards"),
            Name("*", "rows of a plain manifest: `eval`, `test`, ..."),
        ),
        strict="left_out>0",
    ),
    "curate shard --verify": Gated(
        (
            Name("faults", "what is wrong with files, cuts and audio"),
            Name("undecoded", "recordings that were not decoded (--decode)"),
            *_each(Name("shards, cuts", "what there is")),
        ),
        default="faults>0",
        strict="undecoded>0",
    ),
    "curate diff": Gated(
        (
            Name("drifted", "metrics whose population stability index is 0.25 or more"),
            Name("uncompared", "metrics that one of the profiles lacks"),
        )
    ),
    "curate rules compare": Gated(
        (
            Name("moved", "rows whose verdict changes"),
            Name("to_*", "rows that get this verdict from another: `to_bad`, ...", "moved"),
            Name("from_*", "rows that had this verdict and lose it: `from_clean`, ...", "moved"),
        )
    ),
    "train plan": Gated(
        (
            *_each(Name("errors, warnings, notes", "findings of the level")),
            Name("missing_audio", "recordings that were looked for and are not there"),
            Name("*", "findings of one check, by the code in its brackets: `data-missing`, ..."),
        ),
        strict="warnings>0",
    ),
    "train eval": Gated(
        (
            Name("unscored", "rows without a prediction: they count in no rate"),
            Name("forgetting", "1 where the guardrail's rate rose by more than --max-forgetting"),
            *_each(Name("wer, cer", "errors, as % of the reference's words or characters")),
            Name("skipped", "rows with _skipme, which are left out"),
            Name("hallucinations", "rows with a loop, a runaway, or words out of nothing"),
        ),
        default="unscored>0,forgetting>0",
    ),
}
"""Every command with `--fail-on`, by its words."""
