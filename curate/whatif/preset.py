"""A calibration as a rule file that extends the rules it was made on, and says why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from curate.artifacts.outputs import whole_file
from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.formatting.units import duration, plural
from curate.manifest.examples import clips_of
from curate.metrics import groups_of
from curate.metrics.measure import Settings, measure
from curate.rules.evaluate import check_examples
from curate.rules.file import known_presets, load_rules
from curate.whatif.calibrate import Proposal, Proposals, ProposedLimit, where
from curate.whatif.speaking_rate import LEAST_ROWS, SpeakingRate

MARK = "# Proposed by `curate rules calibrate`: read it, change it, make it yours."
_REASONS = {
    "fast": "more text than fits the duration",
    "slow": "less text than the duration suggests",
}


def write_preset(calibration: Proposals, path: Path) -> None:
    """Write the proposals, after `curate rules check` would let them pass.

    ConfigError where `path` is a file that was not proposed by us, or nothing can be proposed.
    """
    if path.suffix not in {".yaml", ".yml"}:
        raise ConfigError.of(
            parameter("out"), f"'{path}' is not a valid name for a rule file", "end it in .yaml"
        )
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise ConfigError.of(
            path,
            "already exists and was not written by `curate rules calibrate`",
            "name another file",
        )
    if not any(each.speaking_rate for each in calibration.proposals):
        fewest = f"a stratum needs {parameter('min_rows')} sound records ({LEAST_ROWS} by default)"
        hint = f"{fewest}; or try another {parameter('by')}"
        raise ConfigError.of(
            calibration.folder, "no stratum is large enough to propose limits", hint
        )
    with whole_file(path) as scratch:
        scratch.write_text("\n".join(_lines(calibration, path)) + "\n", encoding="utf-8")
        _check(scratch, path)


def _check(written: Path, path: Path) -> None:
    """What is proposed must hold for its own examples."""
    rules = load_rules(written)
    settings = Settings(groups_of(rules.names))
    checked = check_examples(rules, lambda records: measure(clips_of(records), settings))
    faults = [
        Fault(fault.where.replace(str(written), str(path)), fault.what) for fault in checked.faults
    ]
    raise_all(ConfigError, faults)


def _lines(calibration: Proposals, path: Path) -> Iterator[str]:
    small = [each for each in calibration.proposals if each.speaking_rate is None]
    yield MARK
    yield "# Method and evaluation: docs/adr/0009 of asr-curate."
    if small:
        sizes = (f"{each.value or 'none'} ({plural(each.rows, 'record')})" for each in small)
        named = ", ".join(sizes)
        yield f"# Too small or too uniform to calibrate: {_plain(named)}"
    yield "schema: curate.rules/1"
    yield f"name: {_text(path.stem)}"
    yield f"extends: {_text(_base(calibration, path))}"
    yield f"about: {_text(f'Speaking rate by {calibration.by}; eval limits only.')}"
    yield ""
    yield "rules:"
    for each in calibration.proposals:
        if each.speaking_rate:
            for side in each.sides:
                yield from _rule(calibration, each, each.speaking_rate, side)


def _base(calibration: Proposals, path: Path) -> str:
    preset = calibration.base.path.removeprefix("rules/").removesuffix(".yaml")
    if preset in known_presets():
        return preset
    return os.path.relpath(calibration.base.path, path.parent)


def _rule(
    proposed: Proposals, each: Proposal, speaking_rate: SpeakingRate, side: ProposedLimit
) -> Iterator[str]:
    sign = ">=" if side.name == "fast" else "<="
    yield f"  - id: pace_{side.name}_{each.id}"
    yield f"    where: {_text(where(proposed.by, each.value))}"
    expected = f"({speaking_rate.lead_s:g} + {speaking_rate.char_s:g} * chars) / duration_s"
    yield f"    eval_if: {_text(f'{expected} {sign} {side.threshold:g}')}"
    yield f"    reason: {_text(_REASONS[side.name])}"
    yield f"    why: {_text(_why(proposed, each, speaking_rate, side))}"
    shown = [example for example in side.examples if proposed.by != "source"]
    if shown:
        yield "    examples:"
        yield from (f"      - {_record(example)}" for example in shown)
    yield ""


def _why(proposed: Proposals, each: Proposal, rate: SpeakingRate, side: ProposedLimit) -> str:
    low, middle, high = rate.quartiles
    name = "without one" if each.value is None else f"'{each.value}'"
    return (
        f"Learnt from {rate.rows:,} of {plural(each.rows, 'record')} ({duration(each.us / 1e6)}) "
        f"with {proposed.by} {name}: a text takes {rate.lead_s:g} s and a second for each "
        f"{1 / rate.char_s:.1f} characters; that over the real duration has the quartiles "
        f"{low:.3f}, {middle:.3f} and {high:.3f}. {side.threshold:g} lies {proposed.threshold:g} "
        f"robust standard deviations out. It flags {plural(side.rows, 'record')} "
        f"({duration(side.us / 1e6)}), {side.new_rows:,} of them "
        f"({duration(side.new_us / 1e6)}) clean by {proposed.base.name}."
    )


def _record(example: Mapping[str, object]) -> str:
    pairs = (
        f"{key}: {value if key == 'verdict' else _text(value)}" for key, value in example.items()
    )
    return "{" + ", ".join(pairs) + "}"


def _text(value: object) -> str:
    """A YAML scalar: JSON's, which says what it is."""
    return json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """Text that is safe in a comment."""
    return "".join(char if char.isprintable() else "?" for char in text)
