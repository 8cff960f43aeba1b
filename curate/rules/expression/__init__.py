"""The language of rules: operators, the words a rule may use, expressions and their meaning."""

from curate.rules.expression.declare import BY_SYMBOL, FIELDS, OPERATORS, Kind, Operator, vocabulary
from curate.rules.expression.evaluate import Batch, Truth, holds
from curate.rules.expression.parse import parse
from curate.rules.expression.program import Output, Program
from curate.rules.expression.syntax import (
    And,
    Arithmetic,
    Comparison,
    IsNull,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Or,
    Text,
    names_in,
)

__all__ = [
    "BY_SYMBOL",
    "FIELDS",
    "OPERATORS",
    "And",
    "Arithmetic",
    "Batch",
    "Comparison",
    "IsNull",
    "Kind",
    "Member",
    "Name",
    "Negative",
    "Node",
    "Not",
    "Number",
    "Operator",
    "Or",
    "Output",
    "Program",
    "Text",
    "Truth",
    "holds",
    "names_in",
    "parse",
    "vocabulary",
]
