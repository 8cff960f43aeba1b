"""What text rules changed, counted over all portions: rows, hours and examples of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.artifacts.base import RuleFile, write_artifact
from curate.artifacts.columns import DURATION_US, LANG, LINE, MALFORMED
from curate.artifacts.manifest import ManifestWritten
from curate.artifacts.outputs import check_out, whole_directory
from curate.artifacts.text_changes import ChangedByRule, ChangedText, TextChanges
from curate.environment.execution import Execution
from curate.environment.versions import versions
from curate.errors import ConfigError, parameter
from curate.formatting.units import plural
from curate.manifest import text_changes
from curate.manifest.origin import Origin
from curate.manifest.text_role import named_rules_of
from curate.text_rules import NamedTextRules, TextRules, stages
from curate.text_rules.marks import Mark, Rejection
from curate.text_rules.steps import NumbersInWords

MOST_EXAMPLES = 5
"""Examples of each rule, the first ones."""
LONGEST = 1000
"""Characters of a text in an example."""
_US_PER_HOUR = 3_600_000_000
OUTPUT_FILES = frozenset({TextChanges.file, "report.html"})
Counts = npt.NDArray[np.int64]


@dataclass(slots=True)
class TextTally:
    """Counts of the text rules `named`: microseconds are of rows with a duration."""

    named: NamedTextRules
    rules: TextRules = field(init=False)
    totals: Counts = field(default_factory=lambda: np.zeros((4, 2), np.int64))
    by_rule: Counts = field(init=False)
    unstable_rows: int = 0
    digits_left: int = 0
    examples: list[list[ChangedText]] = field(init=False)
    emptied: list[ChangedText] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = self.named.rules()
        count = len(self.rules.rules)
        self.by_rule = np.zeros((count, 4), np.int64)
        self.examples = [[] for _ in range(count)]

    def add(self, changes: text_changes.TextChanges, rows: pl.DataFrame, source: str) -> None:
        """Count a portion; `rows` are the records of all its lines, of this source."""
        records = rows[changes.rows]
        rejected = changes.applied.by_rule[self._rejects].any(axis=0)  # its line has _skipme now
        is_record = records[MALFORMED.name].is_null().to_numpy() | rejected
        us = records[DURATION_US.name].fill_null(0).to_numpy()
        by_rule = changes.applied.by_rule & is_record
        changed = by_rule.any(axis=0)
        emptied = changed & _blank(changes.applied.texts) & ~_blank(changes.before)
        for at, chosen in enumerate((is_record, changed, emptied, rejected)):
            self.totals[at] += int(chosen.sum()), int(us[chosen].sum())
        if self._spells_numbers:
            left = changes.applied.texts.str.contains("[0-9]").to_numpy()
            self.digits_left += int((left & is_record).sum())
        unstable = changes.unstable & is_record
        self.unstable_rows += int(unstable.any(axis=0).sum())
        self.by_rule[:, 0] += by_rule.sum(axis=1)
        self.by_rule[:, 1] += by_rule @ us
        self.by_rule[:, 2] += (by_rule & (by_rule.sum(axis=0) == 1)).sum(axis=1)
        self.by_rule[:, 3] += unstable.sum(axis=1)
        self._take_examples(changes, by_rule, emptied, _Places(records, source))

    @property
    def _rejects(self) -> list[int]:
        """Which rules reject records."""
        rules = enumerate(self.rules.rules)
        return [at for at, rule in rules if isinstance(rule.step, Rejection)]

    @property
    def _spells_numbers(self) -> bool:
        return any(isinstance(rule.step, NumbersInWords) for rule in self.rules.rules)

    def _take_examples(
        self,
        changes: text_changes.TextChanges,
        by_rule: npt.NDArray[np.bool_],
        emptied: npt.NDArray[np.bool_],
        places: _Places,
    ) -> None:
        first = [
            np.flatnonzero(rows)[: MOST_EXAMPLES - len(known)]
            for rows, known in zip([*by_rule, emptied], [*self.examples, self.emptied], strict=True)
        ]
        chosen = np.unique(np.concatenate(first))
        if not chosen.size:
            return
        picked = {name: values.gather(chosen) for name, values in changes.fields.items()}
        texts = stages(self.rules, changes.before.gather(chosen), picked)
        at_stage = [stage.to_list() for stage in texts]
        for rule, rows in enumerate(first[:-1]):
            for row, at in zip(rows, np.searchsorted(chosen, rows), strict=True):
                pair = at_stage[rule][at], at_stage[rule + 1][at]
                self.examples[rule].append(places.example(int(row), *pair))
        for row, at in zip(first[-1], np.searchsorted(chosen, first[-1]), strict=True):
            self.emptied.append(places.example(int(row), at_stage[0][at], at_stage[-1][at]))

    def made(self, manifest: str, dry_run: bool, command: str) -> TextChanges:
        """The artifact."""
        (rows, us), (changed, changed_us), (emptied, emptied_us), rejected = self.totals.tolist()
        return TextChanges(
            command=command,
            versions=versions(("polars",)),
            warnings=tuple(self._warnings(emptied)),
            manifest=manifest,
            dry_run=dry_run,
            text_rules=RuleFile(
                name=self.rules.name or self.named.name,
                path=self.named.name,
                sha256=self.named.sha256,
            ),
            rows=rows,
            hours=us / _US_PER_HOUR,
            changed_rows=changed,
            changed_hours=changed_us / _US_PER_HOUR,
            rejected_rows=rejected[0] or None,
            rejected_hours=rejected[1] / _US_PER_HOUR if rejected[0] else None,
            emptied_rows=emptied,
            emptied_hours=emptied_us / _US_PER_HOUR,
            unstable_rows=self.unstable_rows,
            rules=tuple(map(self._rule, range(len(self.rules.rules)))),
            emptied=tuple(self.emptied),
        )

    def _rule(self, at: int) -> ChangedByRule:
        rule, (rows, us, unique, unstable) = self.rules.rules[at], self.by_rule[at].tolist()
        return ChangedByRule(
            rule=rule.id,
            why=rule.why,
            rows=rows,
            hours=us / _US_PER_HOUR,
            unique_rows=unique,
            unstable_rows=unstable,
            examples=tuple(self.examples[at]),
            sets=rule.step.member if isinstance(rule.step, Mark) else None,
        )

    def _warnings(self, emptied: int) -> Sequence[str]:
        warnings = []
        if rejected := int(self.totals[3, 0]):
            what = f"the rules reject {plural(rejected, 'record')}"
            warnings.append(f"{what}: they stay, with the rule in _skipme, and no split has them")
        if emptied:
            what = f"the rules leave {plural(emptied, 'text')} blank"
            warnings.append(f"{what}: the records stay, and the default rules reject them")
        if self.digits_left:
            what = f"{plural(self.digits_left, 'text')} still with digits"
            why = "no number words in their language, or no language, or signs or letters beside"
            warnings.append(f"{what}: {why}")
        if self.unstable_rows:
            ids = [
                rule.id
                for rule, count in zip(self.rules.rules, self.by_rule[:, 3], strict=True)
                if count
            ]
            what = f"applied again, the rules would change {plural(self.unstable_rows, 'text')}"
            warnings.append(f"{what} more: {', '.join(ids)}")
        return warnings


def tally_of(origins: Sequence[Origin], out: Path) -> TextTally | None:
    """A tally of the text rules of some origins; None where they have none. ConfigError where they
    have several, or `out` is a directory that holds something else.
    """
    named = {each: origin for origin in origins if (each := named_rules_of(origin)) is not None}
    if len(named) > 1:
        several = ", ".join(f"{each.name} for {origin.name}" for each, origin in named.items())
        raise ConfigError.of(
            parameter("text_rules"), f"several text rules: {several}", "name one for all"
        )
    if named:
        check_out(out, TextChanges.file)
    return next(map(TextTally, named), None)


def with_changes(
    made: ManifestWritten, tally: TextTally | None, out: Path, execution: Execution
) -> ManifestWritten:
    """The answer with what text rules changed, of which JSON and a page are written to `out`."""
    if tally is None:
        return made
    changes = tally.made(made.manifest, bool(made.dry_run), execution.command)
    with whole_directory(out, OUTPUT_FILES, TextChanges.file) as folder:
        write_artifact(folder, changes)
        execution.draw("text-changes", folder)
    return made.model_copy(
        update={
            "text_changes": str(out),
            "changed_texts": changes.changed_rows,
            "changed_by": {each.rule: each.rows for each in changes.rules},
            "warnings": (*made.warnings, *changes.warnings),
        }
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the records of a portion are."""

    records: pl.DataFrame
    source: str

    def example(self, row: int, before: str, after: str) -> ChangedText:
        """One of them with these texts."""
        line, lang = self.records[row].select(LINE.name, LANG.name).row(0)
        id = f"{self.source}:{line}"
        return ChangedText(id=id, before=before[:LONGEST], after=after[:LONGEST], lang=lang)


def _blank(texts: pl.Series) -> npt.NDArray[np.bool_]:
    """Which texts have nothing but white space."""
    blank: npt.NDArray[np.bool_] = ~texts.str.contains(r"\S").to_numpy()
    return blank
