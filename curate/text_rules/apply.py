"""Text rules applied to many texts: what they become, and which rule changed which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.text.languages import language_code
from curate.text_rules.marks import Mark
from curate.text_rules.model import LANG, TextRule, TextRules

Rows = npt.NDArray[np.bool_]
Fields = Mapping[str, pl.Series]


@dataclass(frozen=True, slots=True)
class Applied:
    """The texts that come of it, and the fields with those that rules set. `by_rule` has a row for
    each rule: which texts it changed, those that end as they were aside, or records it marked.
    """

    texts: pl.Series
    fields: Fields
    by_rule: Rows

    @property
    def changed(self) -> Rows:
        """Which records have another text, or another field, than they had."""
        return np.asarray(self.by_rule.any(axis=0), np.bool_)


def apply(rules: TextRules, texts: pl.Series, fields: Fields) -> Applied:
    """Apply the rules in order to texts (none null); `fields` are those of `rules.fields`."""
    by_rule = np.zeros((len(rules.rules), texts.len()), np.bool_)
    marks = np.array([isinstance(rule.step, Mark) for rule in rules.rules], np.bool_)
    current, known = texts, fields
    for at, (after, marked) in enumerate(_each_stage(rules, texts, fields)):
        step = rules.rules[at].step
        if isinstance(step, Mark):
            by_rule[at] = marked[step.member].ne_missing(known[step.member]).to_numpy()
        else:
            by_rule[at] = (after != current).to_numpy()
        current, known = after, marked
    by_rule[np.ix_(~marks, (current == texts).to_numpy())] = False
    return Applied(current, known, by_rule)


def stages(rules: TextRules, texts: pl.Series, fields: Fields) -> list[pl.Series]:
    """The texts before the first rule, and after each."""
    return [texts, *(after for after, _ in _each_stage(rules, texts, fields))]


def _each_stage(
    rules: TextRules, texts: pl.Series, fields: Fields
) -> Iterator[tuple[pl.Series, Fields]]:
    """The texts and the fields after each rule."""
    langs = _codes(fields[LANG]) if LANG in fields else None
    for rule in rules.rules:
        chosen = _chosen(rule, texts.len(), langs, fields)
        if isinstance(rule.step, Mark):
            before = fields[rule.step.member]
            after = rule.step.values(texts, before, rule.id).zip_with(chosen, before)
            fields = {**fields, rule.step.member: after}
        elif chosen.any():
            changed = rule.step.run(texts, langs)
            texts = changed if chosen.all() else changed.zip_with(chosen, texts)
        yield texts, fields


def run_rule(rule: TextRule, texts: pl.Series, lang: str | None) -> pl.Series:
    """What a rule makes of texts in one language, whatever its `where`: other texts, or the words
    of its mark.
    """
    if isinstance(rule.step, Mark):
        return rule.step.outcome(texts)
    langs = pl.Series([language_code(lang)] * texts.len(), dtype=pl.String)
    return rule.step.run(texts, langs)


def _chosen(rule: TextRule, rows: int, langs: pl.Series | None, fields: Fields) -> pl.Series:
    """Which records the rule is for."""
    chosen = pl.Series([True]).new_from_index(0, rows)
    for name, values in rule.where.items():
        column = langs if name == LANG else fields[name]
        assert column is not None, "the fields of a rule are given"
        chosen &= column.is_in(sorted(values)).fill_null(False)
    return chosen


def _codes(langs: pl.Series) -> pl.Series:
    """The code of each language; the name itself where it is none that is known."""
    names = langs.unique().drop_nulls().to_list()
    codes = [language_code(name) or name for name in names]
    return langs.replace_strict(names, codes, default=None, return_dtype=pl.String)
