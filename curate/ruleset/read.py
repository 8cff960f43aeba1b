"""One rule file to rules: every key known, every fault collected at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from curate.columns import VERDICTS
from curate.errors import ConfigError, Fault
from curate.operators import (
    BY_SYMBOL,
    FIELDS,
    And,
    IsNull,
    Member,
    Name,
    Node,
    Not,
    Or,
    parse,
    suggest,
    vocabulary,
)
from curate.ruleset.limits import read_limits, superfluous
from curate.ruleset.marked import Listing, Scalar, Table, Tree, plain_value, read_tree
from curate.ruleset.model import Condition, Example, Limit, Rule, WhenNull

SCHEMA = "curate.rules/1"
FILE_KEYS = ("schema", "name", "extends", "about", "rules")
RULE_KEYS = (
    "id", "metric", "bad", "eval", "bad_if", "eval_if", "where", "null", "reason", "why",
    "examples", "override", "off",
)  # fmt: skip
"""`about`, `reason` and `why` are for people; `override` and `off` for files that extend."""
