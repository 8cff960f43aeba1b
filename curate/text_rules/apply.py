"""Text rules applied to many texts: what they become, and which rule changed which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.text.languages import language_code
from curate.text_rules.model import LANG, TextRule, TextRules

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Applied:
    """The texts that come of it. `by_rule` has a row for each rule: which texts it changed, those
    that end as they were aside.
    """

    texts: pl.Series
    by_rule: Rows

    @property
    def changed(self) -> Rows:
        """Which texts differ from what they were."""
        return np.asarray(self.by_rule.any(axis=0), np.bool_)


def apply(rules: TextRules, texts: pl.Series, fields: Mapping[str, pl.Series]) -> Applied:
    """Apply the rules in order to texts (none null); `fields` are those of `rules.fields`."""
    by_rule = np.zeros((len(rules.rules), texts.len()), np.bool_)
    current = texts
    for at, after in enumerate(_each_stage(rules, texts, fields)):
        by_rule[at] = (after != current).to_numpy()
        current = after
    by_rule[:, (current == texts).to_numpy()] = False
    return Applied(current, by_rule)


def stages(rules: TextRules, texts: pl.Series, fields: Mapping[str, pl.Series]) -> list[pl.Series]:
    """The texts before the first rule, and after each."""
    return [texts, *_each_stage(rules, texts, fields)]


def _each_stage(
    rules: TextRules, texts: pl.Series, fields: Mapping[str, pl.Series]
) -> Iterator[pl.Series]:
    langs = _codes(fields[LANG]) if LANG in fields else None
    for rule in rules.rules:
        texts = _run(rule, texts, langs, fields)
        yield texts


def run_rule(rule: TextRule, texts: pl.Series, lang: str | None) -> pl.Series:
    """What a rule makes of texts in one language, whatever its `where`."""
    langs = pl.Series([language_code(lang)] * texts.len(), dtype=pl.String)
    return rule.step.run(texts, langs)


def _run(
    rule: TextRule, texts: pl.Series, langs: pl.Series | None, fields: Mapping[str, pl.Series]
) -> pl.Series:
    chosen = pl.Series([True]).new_from_index(0, texts.len())
    for name, values in rule.where.items():
        column = langs if name == LANG else fields[name]
        assert column is not None, "the fields of a rule are given"
        chosen &= column.is_in(sorted(values)).fill_null(False)
    if not chosen.any():
        return texts
    after = rule.step.run(texts, langs)
    return after if chosen.all() else after.zip_with(chosen, texts)


def _codes(langs: pl.Series) -> pl.Series:
    """The code of each language; the name itself where it is none that is known."""
    names = langs.unique().drop_nulls().to_list()
    codes = [language_code(name) or name for name in names]
    return langs.replace_strict(names, codes, default=None, return_dtype=pl.String)
