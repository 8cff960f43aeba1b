"""Gates: what a result may not exceed or fall below, `--fail-on 'bad>5%,malformed>0'`.

A gate is NAME, one of > >= < <=, and a number: of rows (`bad>100`), a share of rows (`bad>5%`),
hours (`bad>2h`) or a share of hours (`bad>5%h`). Outputs are written; the command ends in 1.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from curate.errors import ConfigError, Fault, GateFailed, raise_all

OPTION = "--fail-on"
Json = dict[str, object]

_GATE = re.compile(r"([A-Za-z_][\w.:-]*)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)(%h|%|h|)\Z")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """So many rows (or other things that are counted), and their hours; None where not known."""

    rows: int
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: it fails where the figure stands so to the limit."""

    text: str
    name: str
    sign: str
    limit: float
    unit: Literal["", "%", "h", "%h"]

    def against(self, figure: Figure, whole: Figure) -> Json:
        """The gate as artefacts have it: `gate`, the figure in words, and whether it failed."""
        count = figure.hours if "h" in self.unit else figure.rows
        total = whole.hours if "h" in self.unit else whole.rows
        if count is None or total is None:
            raise ConfigError.of(
                OPTION, f"{self.text!r}: hours of {self.name} are not counted", "give rows"
            )
        value = 100 * count / max(total, 1e-12) if "%" in self.unit else count
        said = f"{figure.rows:,} rows" if "h" not in self.unit else f"{count:.4g} h"
        share = f" of {total:,.6g}, {value:.4g}%" if "%" in self.unit else ""
        failed = _OPERATORS[self.sign](value, self.limit)
        return {"gate": self.text, "figure": f"{said}{share}", "failed": failed}


def parse_gates(texts: Sequence[str]) -> tuple[Gate, ...]:
    """Gates as typed, several separated by commas. ConfigError with every one that is none."""
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    found = [(part, _GATE.match(part)) for part in parts]
    hint = (
        "write NAME>NUMBER, of rows (bad>100), % (bad>5%), hours (bad>2h) or % of hours (bad>5%h)"
    )
    faults = [Fault(OPTION, f"{part!r} is no gate", hint) for part, match in found if not match]
    raise_all(ConfigError, faults)
    return tuple(
        Gate(part, match[1], match[2], float(match[3]), match[4])  # type: ignore[arg-type]
        for part, match in found
        if match
    )


def check_gates(gates: Sequence[Gate], figures: Mapping[str, Figure], whole: Figure) -> list[Json]:
    """Each gate with its figure. ConfigError with every name that nothing is counted under."""
    known = sorted(figures)
    faults = [
        Fault(OPTION, f"nothing is counted as {gate.name!r}", _nearest(gate.name, known))
        for gate in gates
        if gate.name not in figures
    ]
    raise_all(ConfigError, faults)
    return [gate.against(figures[gate.name], whole) for gate in gates]


def failures(checked: object, where: object) -> GateFailed | None:
    """The gates that failed, by what artefacts say of them; None where all passed."""
    assert isinstance(checked, list)
    faults = [
        Fault(str(where), f"{each['gate']}: {each['figure']} ({OPTION})")
        for each in checked
        if each["failed"]
    ]
    return GateFailed(*faults) if faults else None


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 3)
    if name.endswith("_audio"):
        return "audio was not looked at: add --audio header"
    return f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known[:12])}, ..."
