"""Manual overrides of single records, with priority over the rules: overrides.jsonl.

A log of one JSON object a line that is only ever appended to. Its form is in docs/overrides.md,
why it is so in docs/adr/0008. For a program that reviews records: `read` the log, see what
`standing` is, `append` a Decision (made with `content_of` the record), or its `undone`.
"""

from curate.rules.overrides.apply import LINE_OF, Overrides
from curate.rules.overrides.decision import DECISIONS, Decision, Facet, undone
from curate.rules.overrides.identity import content_of, contents_of
from curate.rules.overrides.log import (
    Log,
    Standing,
    append,
    last_of_records,
    line_of,
    parse,
    read,
    standing,
)

__all__ = [
    "DECISIONS",
    "LINE_OF",
    "Decision",
    "Facet",
    "Log",
    "Overrides",
    "Standing",
    "append",
    "content_of",
    "contents_of",
    "last_of_records",
    "line_of",
    "parse",
    "read",
    "standing",
    "undone",
]
