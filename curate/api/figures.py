"""What gates may name of each artefact, and how much there is of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from curate.audio.faults import FAULTS
from curate.errors import Fault, parameter
from curate.gates import Figure, Figures
from curate.profiles.statistics.rejection import gated_strata, gates_of

if TYPE_CHECKING:  # a command is about one kind, and need not load the others
    from curate.artifacts.audit import Audit
    from curate.artifacts.compare import Compare
    from curate.artifacts.diff import Diff
    from curate.artifacts.profile import Profile
    from curate.artifacts.shard_index import ShardIndex
    from curate.artifacts.split import Split
    from curate.artifacts.verification import Verification


def of_profile(profile: Profile) -> Figures:
    """Verdicts, rules (rows that got a tag for it), audio faults as NAME_audio where audio was
    analysed, over_rejected and over_borderline (strata beyond --max-rejected and
    --max-borderline, single speakers aside).
    """
    figures = {each.verdict: Figure(each.rows, each.hours) for each in profile.verdicts}
    for rule in profile.rules_hit:
        had = figures.get(rule.rule, Figure(0, 0.0))
        figures[rule.rule] = Figure(had.count + rule.rows, (had.hours or 0) + rule.hours)
    if profile.audio:
        figures |= {f"{fault.name}_audio": Figure(0, 0.0) for fault in FAULTS}
        figures |= {
            f"{each.fault}_audio": Figure(each.rows, each.hours) for each in profile.audio.faults
        }
    shares = {"over_rejected": profile.rejected, "over_borderline": profile.kept_from_eval}
    for name, share in shares.items():
        faults = _faults(gates_of(share))
        figures[name] = Figure(len(gated_strata(share)), None, "strata", faults)
    return figures, Figure(profile.totals.rows, profile.totals.hours)


def of_split(split: Split) -> Figures:
    """Outputs and verdicts, leaks, targets that were missed, and what could not be checked."""
    figures = {each.name: Figure(each.rows, each.hours) for each in split.outputs}
    for verdict in split.outputs[0].verdicts:
        rows = sum(each.verdicts[verdict] for each in split.outputs)
        figures.setdefault(verdict, Figure(rows))
    faults = {name: _faults(texts) for name, texts in split.gates_by_figure.items()}
    missed = [each for each in split.targets.values() if each.shrunk or not each.met]
    leaks = sum(each.count or 0 for each in split.leaks)
    figures |= {
        "held_out": figures.get("held_out", Figure(0, 0.0)),
        "skipped": figures.get("skipped", Figure(0, 0.0)),
        "leaks": Figure(leaks, None, "leaks", faults["leaks"]),
        "missed_targets": Figure(len(missed), None, "targets", faults["missed_targets"]),
    }
    for name, unit in _LISTED.items():
        figures[name] = Figure(len(faults.get(name, ())), None, unit, faults.get(name, ()))
    whole = Figure(sum(each.rows for each in split.outputs), sum(it.hours for it in split.outputs))
    return figures, whole


_LISTED = {
    "over_held_out": "splits", "unchecked": "keys",
    "over_rejected": "strata", "over_borderline": "strata",
}  # fmt: skip


def of_audit(audit: Audit) -> Figures:
    """Leaks in all and by kind (speaker_leaks, near_text_leaks), malformed, skipped and
    untranscribed rows, and unchecked: what could not be compared.
    """
    figures: dict[str, Figure] = {}
    for each in audit.leaks:
        name = f"{each.kind.replace(' ', '_')}_leaks"
        count = (figures[name].count if name in figures else 0) + (each.count or 0)
        figures[name] = Figure(count, None, "leaks")
    leaks, unchecked = sum(each.count for each in figures.values()), _faults(audit.unchecked)
    figures["malformed"] = Figure(sum(side.malformed for side in audit.sides))
    figures["skipped"] = Figure(sum(side.skipped for side in audit.sides))
    figures["untranscribed"] = Figure(sum(side.untranscribed or 0 for side in audit.sides))
    figures["leaks"] = Figure(leaks, None, "leaks", _faults(audit.gates))
    figures["unchecked"] = Figure(len(unchecked), None, "keys", unchecked)
    whole = Figure(sum(side.rows for side in audit.sides), sum(it.hours for it in audit.sides))
    return figures, whole


def of_shards(index: ShardIndex) -> Figures:
    """What was stored and written, and rows that were left out for their audio."""
    left = tuple(Fault(each.id, f"left out: {each.reason}") for each in index.skipped)
    more = index.skipped_rows - len(left)
    if more > 0:
        left = (*left, Fault("skipped.reasons.jsonl", f"names {more:,} more that are left out"))
    figures = {name: Figure(each.rows, each.hours) for name, each in index.manifests.items()}
    figures |= {
        "train": Figure(index.cuts, index.hours),
        "shards": Figure(len(index.shards), None, "shards"),
        "left_out": Figure(index.skipped_rows, None, "rows", left[:_NAMED]),
    }
    plain = sum(each.rows for name, each in index.manifests.items() if name != "train")
    return figures, Figure(index.cuts + plain + index.skipped_rows)


_NAMED = 10
"""So many rows that a gate fails on are named; the artefact names them all."""


def of_verification(verification: Verification) -> Figures:
    """Faults, and recordings that were not decoded."""
    cuts, hours = verification.cuts, verification.hours
    left = cuts - verification.decoded
    what = f"{left:,} of {cuts:,} recordings were not decoded: NOT CHECKED"
    undecoded = (
        (Fault("", what, f"{parameter('decode')} all decodes every recording"),) if left else ()
    )
    faults = tuple(each.as_fault() for each in verification.faults)
    figures = {
        "faults": Figure(len(faults), None, "faults", faults),
        "undecoded": Figure(left, None, "recordings", undecoded),
        "shards": Figure(verification.shards, None, "shards"),
        "cuts": Figure(cuts, hours, "cuts"),
    }
    return figures, Figure(cuts, hours)


def of_diff(diff: Diff) -> Figures:
    """Metrics that drifted far, and those that one profile lacks."""
    from curate.artifacts.diff import LARGE_SHIFT

    drifted = [each for each in diff.metrics if (each.psi or 0.0) >= LARGE_SHIFT]
    faults = _faults(f"{each.name}: PSI {each.psi:.3g}" for each in drifted)
    uncompared = [*diff.metrics_of_one.a, *diff.metrics_of_one.b]
    figures = {
        "drifted": Figure(len(drifted), None, "metrics", faults),
        "uncompared": Figure(
            len(uncompared), None, "metrics", _faults(f"{n}: NOT CHECKED" for n in uncompared)
        ),
    }
    return figures, Figure(len(diff.metrics) + len(uncompared))


def of_comparison(comparison: Compare) -> Figures:
    """Rows that move between verdicts, and by the verdict that they get or lose."""
    figures = {"moved": Figure(comparison.moved.rows, comparison.moved.hours)}
    for each in comparison.verdicts:
        moves = each.before != each.after
        for name in (f"to_{each.after}", f"from_{each.before}"):
            had = figures.get(name, Figure(0, 0.0))
            rows, hours = (each.rows, each.hours) if moves else (0, 0.0)
            figures[name] = Figure(had.count + rows, (had.hours or 0.0) + hours)
    return figures, Figure(comparison.profile.rows, comparison.profile.hours)


def _faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """What is counted, in words; where it is, the gate says."""
    return tuple(Fault("", text) for text in texts)
