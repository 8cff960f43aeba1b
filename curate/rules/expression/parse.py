"""Tokens to tree: a small recursive-descent parser. Nothing is ever evaluated as code.

condition   = conjunction ("or" conjunction)*
conjunction = negation ("and" negation)*
negation    = "not" negation | comparison
comparison  = sum [symbol sum | ["not"] "in" list | "is" ["not"] "null"]
sum         = product (("+" | "-") product)*
product     = factor (("*" | "/") factor)*
factor      = "-" factor | number | text | name | name "(" name ")" | "(" condition ")"
list        = "[" literal ("," literal)* "]"
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from curate.errors import ConfigError, Fault, raise_all
from curate.errors.nearest import suggest
from curate.rules.expression.declare import BY_SYMBOL, Kind, vocabulary
from curate.rules.expression.scan import Place, Token, scan
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
    kind_of,
    names_in,
)

MAX_DEPTH = 40

_KINDS: Mapping[Kind, str] = {"number": "a number", "text": "a text", "truth": "a condition"}


def parse(
    text: str,
    where: str,
    further: Mapping[str, Kind] = MappingProxyType({}),
    of: Mapping[str, Kind] | None = None,
) -> Node:
    """The tree of a condition, or ConfigError with every fault that could be seen at `where`.

    `further` are names that it may use beside the vocabulary of rules, or of `of` in its place. A
    name there may be that of a statistic, such as `median(char_rate)`.
    """
    known = vocabulary() if of is None else of
    return _Parser(Place(text, where), {**known, **further}).whole()


class _Parser:
    """One text, one pass: unknown names are collected, the first fault of syntax ends it."""

    def __init__(self, place: Place, known: Mapping[str, Kind]) -> None:
        self.place = place
        self.tokens = scan(place)
        self.known = known
        self.statistics = {name.partition("(")[0] for name in known if name.endswith(")")}
        self.faults: list[Fault] = []
        self.position = 0
        self.depth = 0

    def whole(self) -> Node:
        """The whole text as one condition."""
        tree = self._typed(self._condition, "truth")
        if self._peek().type != "end":
            raise self._stop(f"unexpected {self._peek()}", self._peek().at, self._joining())
        if not names_in(tree):
            raise self._stop("the condition names no metric and no field", 0)
        raise_all(ConfigError, self.faults)
        return tree

    def _peek(self) -> Token:
        return self.tokens[min(self.position, len(self.tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self.position += 1
        return token

    def _accept(self, *symbols: str) -> Token | None:
        token = self._peek()
        return self._next() if token.type == "symbol" and token.text in symbols else None

    def _demand(self, symbol: str) -> None:
        if self._accept(symbol) is None:
            raise self._stop(f"expected '{symbol}' before {self._peek()}", self._peek().at)

    def _stop(self, what: str, at: int, hint: str = "") -> ConfigError:
        return ConfigError(*self.faults, self.place.fault(what, at, hint))

    def _joining(self) -> str:
        if self._peek().text in BY_SYMBOL:
            return "comparisons do not chain: write 'a < b and b < c'"
        return "join conditions with 'and' or 'or'"

    def _typed(self, rule: Callable[[], Node], kind: Kind) -> Node:
        at = self._peek().at
        node = rule()
        self._check(node, kind, at)
        return node

    def _check(self, node: Node, kind: Kind, at: int) -> None:
        if kind_of(node) != kind:
            raise self._stop(f"expected {_KINDS[kind]}, found {_KINDS[kind_of(node)]}", at)

    def _condition(self) -> Node:
        parts = self._series(self._conjunction, "or")
        return parts[0] if len(parts) == 1 else Or(parts)

    def _conjunction(self) -> Node:
        parts = self._series(self._negation, "and")
        return parts[0] if len(parts) == 1 else And(parts)

    def _series(self, rule: Callable[[], Node], word: str) -> tuple[Node, ...]:
        at = self._peek().at
        parts = [rule()]
        while self._accept(word):
            self._check(parts[0], "truth", at)
            parts.append(self._typed(rule, "truth"))
        return tuple(parts)

    def _negation(self) -> Node:
        if self._accept("not"):
            return Not(self._deeper(lambda: self._typed(self._negation, "truth")))
        return self._comparison()

    def _comparison(self) -> Node:
        at = self._peek().at
        left = self._sum()
        token = self._accept(*BY_SYMBOL, "in", "is", "not")
        if token is None:
            return left
        if kind_of(left) == "truth":
            raise self._stop("expected a number or a text, found a condition", at)
        if token.text in BY_SYMBOL:
            return self._compared(left, token)
        return self._null_test(left) if token.text == "is" else self._membership(left, token)

    def _compared(self, left: Node, token: Token) -> Node:
        operator = BY_SYMBOL[token.text]
        if operator.ordered and kind_of(left) == "text":
            raise self._stop(f"texts have no order: {token} compares numbers", token.at)
        return Comparison(operator, left, self._typed(self._sum, kind_of(left)))

    def _null_test(self, left: Node) -> Node:
        negated = self._accept("not")
        self._demand("null")
        return Not(IsNull(left)) if negated else IsNull(left)

    def _membership(self, left: Node, token: Token) -> Node:
        if token.text == "not":
            self._demand("in")
        self._demand("[")
        values = [self._literal(kind_of(left))]
        while self._accept(","):
            values.append(self._literal(kind_of(left)))
        self._demand("]")
        member = Member(left, tuple(values))
        return Not(member) if token.text == "not" else member

    def _literal(self, kind: Kind) -> float | str:
        sign = -1.0 if kind == "number" and self._accept("-") else 1.0
        token = self._next()
        if token.type == "number" == kind:
            return sign * self._figure(token)
        if token.type == "text" == kind:
            return token.text[1:-1]
        raise self._stop(f"expected {_KINDS[kind]} in the list, found {token}", token.at)

    def _sum(self) -> Node:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Node:
        return self._chain(self._factor, "*", "/")

    def _chain(self, rule: Callable[[], Node], *symbols: str) -> Node:
        at = self._peek().at
        left = rule()
        while token := self._accept(*symbols):
            self._check(left, "number", at)
            left = Arithmetic(token.text, left, self._typed(rule, "number"))
        return left

    def _factor(self) -> Node:
        if self._accept("-"):
            return Negative(self._deeper(lambda: self._typed(self._factor, "number")))
        if self._accept("("):
            inner = self._deeper(self._condition)
            self._demand(")")
            return inner
        return self._atom(self._next())

    def _deeper(self, rule: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._stop(f"nested more than {MAX_DEPTH} deep", self._peek().at)
        node = rule()
        self.depth -= 1
        return node

    def _atom(self, token: Token) -> Node:
        match token.type:
            case "number":
                return Number(self._figure(token))
            case "text":
                return Text(token.text[1:-1])
            case "word":
                named = self._statistic(token) if token.text in self.statistics else token
                return Name(named.text, self._kind(named))
        what = f"expected a number, a text, a name or '(' before {token}"
        raise self._stop(what, token.at, "such as char_rate > 30 or lang == 'de'")

    def _statistic(self, token: Token) -> Token:
        """A statistic with what it is of, as one name."""
        self._demand("(")
        of = self._next()
        if of.type != "word":
            raise self._stop(f"expected a metric, found {of}", of.at)
        self._demand(")")
        return Token("word", f"{token.text}({of.text})", token.at)

    def _figure(self, token: Token) -> float:
        value = float(token.text)
        if not math.isfinite(value):
            raise self._stop(f"{token} is too large for a number", token.at)
        return value

    def _kind(self, token: Token) -> Kind:
        if token.text not in self.known:
            hint = suggest(token.text, tuple(self.known))
            what = f"unknown {'name' if self.statistics else 'metric or field'} {token}"
            self.faults.append(self.place.fault(what, token.at, hint))
        return self.known.get(token.text, "number")
