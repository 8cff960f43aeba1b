"""Measured rows to tagged rows: what each rule says of a row, the verdict, and why, in words.

A rule says of a row `bad`, `unknown` (it cannot be decided), `borderline`, or nothing. The verdict
is the worst of these, in that order; a row in which no rule triggered is clean, and a line that
is no record is malformed whatever the rules say, one that carries _skipme skipped. Unknown and
borderline both go to train only; unknown counts as worse because nothing is known of it, borderline
because little is wrong with it.
"""

from curate.rules.evaluate.examples import ExampleCheck, check_examples
from curate.rules.evaluate.explain import Finding, explain, verdict_of
from curate.rules.evaluate.verdicts import (
    evaluate_each,
    malformed_rows,
    tag,
    tag_batch,
    unread_verdicts,
)

__all__ = [
    "ExampleCheck",
    "Finding",
    "check_examples",
    "evaluate_each",
    "explain",
    "malformed_rows",
    "tag",
    "tag_batch",
    "unread_verdicts",
    "verdict_of",
]
