"""What gates may name of each artefact, and how much there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.audio.faults import FAULTS
from curate.gates import Figure
from curate.profile.rejected import gated_strata

Figures = tuple[Mapping[str, Figure], Figure]
"""Figures by name, and what all of it is."""


def of_profile(found: Mapping[str, Any]) -> Figures:
    """Verdicts, rules (rows that got a tag for it), audio faults as NAME_audio where audio was
    looked at, over_rejected and over_borderline (strata beyond --max-rejected and
    --max-borderline, single speakers aside): both are what --strict fails on.
    """
    figures = {each["verdict"]: Figure(each["rows"], each["hours"]) for each in found["verdicts"]}
    for rule in found["rules_hit"]:
        had = figures.get(rule["rule"], Figure(0, 0.0))
        figures[rule["rule"]] = Figure(had.rows + rule["rows"], (had.hours or 0) + rule["hours"])
    audio = found.get("audio")
    if audio:
        figures |= {f"{fault.name}_audio": Figure(0, 0.0) for fault in FAULTS}
        figures |= {
            f"{each['fault']}_audio": Figure(each["rows"], each["hours"])
            for each in audio["faults"]
        }
    figures["over_rejected"] = Figure(len(gated_strata(found["rejected"])))
    figures["over_borderline"] = Figure(len(gated_strata(found["kept_from_eval"])))
    return figures, Figure(found["totals"]["rows"], found["totals"]["hours"])


def of_split(found: Mapping[str, Any]) -> Figures:
    """Outputs and verdicts, leaks, missed_targets, and gates: all that --strict fails on."""
    outputs = found["outputs"]
    figures = {each["name"]: Figure(each["rows"], each["hours"]) for each in outputs}
    for verdict in outputs[0]["verdicts"]:
        rows = sum(each["verdicts"][verdict] for each in outputs)
        figures.setdefault(verdict, Figure(rows))
    missed = [each for each in found["targets"].values() if each["shrunk"] or not each["met"]]
    figures |= {
        "held_out": figures.get("held_out", Figure(0, 0.0)),
        "skipped": figures.get("skipped", Figure(0, 0.0)),
        "leaks": Figure(sum(each["count"] or 0 for each in found["leaks"])),
        "missed_targets": Figure(len(missed)),
        "gates": Figure(len(found["gates"])),
    }
    whole = Figure(sum(each["rows"] for each in outputs), sum(each["hours"] for each in outputs))
    return figures, whole


def of_audit(found: Mapping[str, Any]) -> Figures:
    """Leaks in all and by kind (speaker_leaks, near_text_leaks), malformed and skipped rows, and
    unchecked: what could not be compared.
    """
    kinds: dict[str, int] = {}
    for each in found["leaks"]:
        name = f"{each['kind'].replace(' ', '_')}_leaks"
        kinds[name] = kinds.get(name, 0) + (each["count"] or 0)
    sides = found["sides"]
    counted = {name: sum(side[name] for side in sides) for name in ("malformed", "skipped")}
    every = {**kinds, **counted, "leaks": sum(kinds.values()), "unchecked": len(found["unchecked"])}
    whole = Figure(sum(side["rows"] for side in sides), sum(side["hours"] for side in sides))
    return {name: Figure(count) for name, count in every.items()}, whole
