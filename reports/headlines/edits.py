"""Of which edits the errors of an evaluation consist, and what to do about them."""

from __future__ import annotations

from markupsafe import Markup

from reports.format import count, number, percent, plural, share
from reports.headlines.declare import line
from reports.rates import HALLUCINATIONS
from train.artifacts.wer import Wer

_MOST = 2 / 3
"""Share of all errors from which on one kind of edit is what is wrong."""
_FEW_RECORDS = 0.05
"""Share of the utterances up to which those that loop are few enough to read."""


def is_looping(wer: Wer) -> bool:
    """Whether most errors are words that the model inserts in few records."""
    all_of, of_loops = _errors(wer), wer.hallucinations
    return bool(
        all_of
        and of_loops.words_inserted >= all_of / 2
        and of_loops.rows <= max(1.0, _FEW_RECORDS * wer.overall.rows)
    )


def edits_sentence(wer: Wer) -> Markup | None:
    """That few records have most errors, else that most errors are of one kind; None for neither.

    The rate without the inserted words keeps the reference words of their records.
    """
    overall, errors, loops = wer.overall, _errors(wer), wer.hallucinations
    if not errors:
        return None
    if is_looping(wer):
        rest = share(errors - loops.words_inserted, overall.ref_words)
        link = Markup('<a href="#{}">{}</a>').format(HALLUCINATIONS, plural(loops.rows, "record"))
        text = line(
            "{} of all errors are words inserted in {{}}: without these {}, the WER of all {} is "
            "{}.",
            *(percent(share(loops.words_inserted, errors), 0), count(loops.words_inserted)),
            *(plural(overall.rows, "utterance"), percent(rest)),
        )
        return text.format(link)
    kinds = {
        "deleted": overall.deletions,
        "inserted": overall.insertions,
        "substituted": overall.substitutions,
    }
    kind = max(kinds, key=lambda name: kinds[name])
    if kinds[kind] < _MOST * errors or overall.deletions == overall.ref_words:
        return None
    part = percent(share(kinds[kind], errors), 0)
    return line("{} of all word errors are {} words.", part, kind)


def rate(value: float | None) -> str:
    """An error rate; far above 100 % as errors a word.

    >>> rate(0.281), rate(21.36)
    ('28.1 %', '21.4 errors a word')
    """
    if value is None or value < _MANY:
        return percent(value)
    return f"{number(round(value, 1))} errors a word"


_MANY = 3.0


def _errors(wer: Wer) -> int:
    overall = wer.overall
    return overall.substitutions + overall.deletions + overall.insertions
