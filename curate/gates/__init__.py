"""Gates: what a result may not exceed or fall below, `--fail-on 'bad>5%,malformed>0'`.

A gate is NAME, one of > >= < <=, and a number: of rows (`bad>100`), a share of rows (`bad>5%`),
hours (`bad>2h`) or a share of hours (`bad>5%h`). Outputs are written; the command ends in 1.
What may be named at which command, and the presets (`--strict` is one), is in `names`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, NamedTuple

from curate.artifacts.base import Gate as GateResult
from curate.errors import ConfigError, Fault, GateFailed, parameter, raise_all
from curate.gates.names import GATED

_GATE = r"([A-Za-z_][\w.:-]*)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)(%h|%|h|)\Z"
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """So many rows (or other `unit`), and their hours; None where not known.

    `faults` are what is counted, in words, where each can be named. `of` is what a rate is over:
    such a figure is a share, of that and not of all rows.
    """

    count: int
    hours: float | None = None
    unit: str = "rows"
    faults: tuple[Fault, ...] = ()
    of: int | None = None


Figures = tuple[Mapping[str, Figure], Figure]
"""Figures by name, and what all of it is."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: it fails where the comparison holds; a preset's is not `named`."""

    text: str
    name: str
    sign: str
    limit: float
    unit: Literal["", "%", "h", "%h"]
    named: bool = True

    def check(self, figure: Figure, whole: Figure) -> GateResult:
        """The gate as artifacts record it: the figure in words, and whether it failed."""
        if figure.of is not None:
            return self._check_rate(figure, figure.of)
        count = figure.hours if "h" in self.unit else figure.count
        total = whole.hours if "h" in self.unit else whole.count
        if count is None or total is None:
            raise ConfigError.of(
                parameter("gates"),
                f"{self.text!r}: hours of {self.name} are not counted",
                "give rows",
            )
        value = 100 * count / max(total, 1e-12) if "%" in self.unit else count
        amount = f"{figure.count:,} {_unit_of(figure)}"
        amount = amount if "h" not in self.unit else f"{count:.4g} h"
        share = f" of {total:,.6g}, {value:.4g}%" if "%" in self.unit else ""
        return self._result(f"{amount}{share}", value)

    def _check_rate(self, figure: Figure, over: int) -> GateResult:
        """A rate against a limit in percent; of nothing there is no rate, which passes no gate."""
        if self.unit != "%":
            what = f"{self.text!r}: {self.name} is a share of {figure.unit}"
            raise ConfigError.of(parameter("gates"), what, f"write {self.name}{self.sign}NUMBER%")
        if not over:
            text = f"0 {figure.unit}: NOT CHECKED"
            return GateResult(gate=self.text, figure=text, failed=True)
        value = 100 * figure.count / over
        return self._result(f"{figure.count:,} of {over:,} {figure.unit}, {value:.4g}%", value)

    def _result(self, figure: str, value: float) -> GateResult:
        failed = _OPERATORS[self.sign](value, self.limit)
        return GateResult(gate=self.text, figure=figure, failed=failed)


def _unit_of(figure: Figure) -> str:
    if figure.count != 1:
        return figure.unit
    return "stratum" if figure.unit == "strata" else figure.unit.removesuffix("s")


def parse_gates(texts: Sequence[str]) -> tuple[Gate, ...]:
    """Gates as typed, several separated by commas. ConfigError with every one that is none."""
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    matches = [(part, re.match(_GATE, part)) for part in parts]
    hint = (
        "write NAME>NUMBER, of rows (bad>100), % (bad>5%), hours (bad>2h) or % of hours (bad>5%h)"
    )
    faults = [
        Fault(parameter("gates"), f"{part!r} is not a gate", hint)
        for part, match in matches
        if not match
    ]
    raise_all(ConfigError, faults)
    return tuple(
        Gate(part, match[1], match[2], float(match[3]), match[4])  # type: ignore[arg-type]
        for part, match in matches
        if match
        if match
    )


def gates_for(
    command: str, texts: Sequence[str], strict: bool = False, less: Sequence[str] = ()
) -> tuple[Gate, ...]:
    """The gates of a command: those that were named, and those of its presets (GATED).

    A preset's gate gives way to one that is named for its figure, or for a part of it; `less` are
    figures that no preset gates. ConfigError for a name that the command does not know.
    """
    gated = GATED[command]
    named = parse_gates(texts)
    wrong = [gate for gate in named if gated.find(gate.name) is None]
    raise_all(ConfigError, [_unknown(gate.name, [n.name for n in gated.names]) for gate in wrong])
    entries = [gated.find(gate.name) for gate in named]
    taken = {*(gate.name for gate in named), *(each.part_of for each in entries if each), *less}
    presets = [replace(gate, named=False) for gate in parse_gates([gated.default])]
    presets = [*(parse_gates([gated.strict]) if strict else ()), *presets]
    return (*named, *(gate for gate in presets if gate.name not in taken))


def check_gates(
    gates: Sequence[Gate], figures: Mapping[str, Figure], whole: Figure
) -> tuple[GateResult, ...]:
    """Each gate with its figure. ConfigError with every name that nothing is counted under."""
    known = sorted(figures)
    raise_all(
        ConfigError, [_unknown(gate.name, known) for gate in gates if gate.name not in figures]
    )
    return tuple(gate.check(figures[gate.name], whole) for gate in gates)


class Checked(NamedTuple):
    """Gates held against figures: `results` as artifacts record them, and what failed, in words."""

    results: tuple[GateResult, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, gates: Sequence[Gate], figures: Figures, where: object) -> Checked:
        """Hold gates against figures; `where` is what the figures are of."""
        results = check_gates(gates, *figures)
        faults = [
            fault
            for gate, result in zip(gates, results, strict=True)
            if result.failed
            for fault in _faults(gate, figures[0][gate.name], result, str(where))
        ]
        return cls(results, tuple(faults))

    @property
    def failed(self) -> GateFailed | None:
        """The gates that failed; None where all passed."""
        return GateFailed(*self.faults) if self.faults else None


def _faults(gate: Gate, figure: Figure, result: GateResult, where: str) -> Iterator[Fault]:
    """What is wrong, one by one where each can be named; else the figure."""
    mark = f" ({gate.text})" if gate.named else ""
    if not figure.faults or "<" in gate.sign:
        yield Fault(where, f"{gate.text}: {result.figure}")
    else:
        for each in figure.faults:
            yield each._replace(where=each.where or where, what=f"{each.what}{mark}")


def _unknown(name: str, known: Sequence[str]) -> Fault:
    near = get_close_matches(name, known, 3)
    if name.endswith("_audio"):
        hint = "audio was not analysed: add --audio header"
    elif near:
        hint = f"did you mean {', '.join(near)}?"
    else:
        more = ", ..." if len(known) > 12 else ""
        hint = f"known: {', '.join(known[:12])}{more}"
    return Fault(parameter("gates"), f"nothing is counted as {name!r}", hint)
