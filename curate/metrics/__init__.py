"""METRICS: every measure of a record, one declared row each. Add a metric here."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from curate.artifacts.columns import DESCRIBED_BY
from curate.metrics.audio import SOUND
from curate.metrics.declare import Group, Metric

__all__ = [
    "BY_NAME",
    "GROUPS",
    "METRICS",
    "OPT_IN",
    "chosen",
    "groups_of",
    "with_needs",
]

_F, _I = pl.Float64(), pl.Int32()
_MALFORMED = "malformed rows"
_SPACELESS = "texts in scripts that write no spaces between words"
_UNHEARD = "rows without `pred_text`"
_RATE = "imprecise for segments under 0.5 s"

GROUPS: tuple[Group, ...] = (
    Group("agreement", "How the text agrees with `pred_text`, where a row has one.", opt_in=False),
    Group("translation", "How a translation's two sides compare, where both are there.", False),
    Group("compression", "How far the text can be compressed; ten times the work of all else."),
    Group("ngrams", "How much of the text its most repeated phrases cover."),
    Group("tokens", "What a model's tokenizer makes of the text; needs --tokenizer."),
    Group("lid", "Which language the text reads as: half a millisecond a row; extra [lid]."),
    Group("copies", "How often a text or a segment stands in the input; a second pass over it."),
    Group("near", "How often a text stands nearly the same in the input; extra [near]."),
    Group("audio", "What each audio file's header says, beside what the record says of it."),
    Group("signal", "What the decoded samples show.", needs=("audio",)),
    Group("voice", "Where somebody speaks; the extra [vad].", needs=("audio", "signal")),
)
"""Metrics beside those that are measured always."""

METRICS: tuple[Metric, ...] = (
    Metric(
        "duration_s", "s", "Length of the segment.", _MALFORMED, "both", 0, 40, 80, _F,
        "NeMo manifest field `duration`",
    ),
    Metric(
        "offset_fault", "0 or 1",
        "Whether an offset is given that is negative or no finite number.",
        _MALFORMED, "high", 0, 2, 2, _I,
    ),
    Metric(
        "rate_beside_offset", "0 or 1",
        "Whether `sampling_rate` (or `sample_rate`) stands beside `offset`: NeMo then takes the "
        "recording to end with the first `duration` seconds of its file, and loads "
        "`duration - offset` seconds or nothing. Splits write such rows without the rate.",
        _MALFORMED, "high", 0, 2, 2, _I, "nemo_toolkit 3.0, LazyNeMoIterator",
    ),
    Metric(
        "char_rate", "characters/s",
        f"Code points of the text as it stands, over duration; unrounded; {_RATE}.",
        _MALFORMED, "both", 0, 40, 80, _F, "NeMo SDP char rate, unrounded",
    ),
    Metric(
        "char_rate_nospace", "characters/s",
        f"Code points that are not white space, over duration; {_RATE}.",
        _MALFORMED, "both", 0, 40, 80, _F, "reference figures",
    ),
    Metric(
        "word_rate", "words/s", f"White-space separated tokens over duration; {_RATE}.",
        _MALFORMED, "both", 0, 10, 80, _F, "NeMo SDP word rate, unrounded",
    ),
    Metric(
        "chars", "characters", "Code points of the text as it stands.",
        _MALFORMED, "none", 0, 600, 60, _I,
    ),
    Metric(
        "words", "words", "White-space separated tokens (Python's str.split()).",
        _MALFORMED, "none", 0, 120, 60, _I,
    ),
    Metric(
        "letters", "characters", "Letters (Unicode categories L*) of the text.",
        _MALFORMED, "low", 0, 600, 60, _I,
    ),
    Metric(
        "word_len", "characters",
        "Longest word; words are split at white space, hyphen, underscore and slash.",
        f"{_MALFORMED}, and {_SPACELESS}",
        "high", 0, 40, 40, _I, "SDP DropHighLowWordLen family; script-aware, ours",
    ),
    Metric(
        "longest_token", "characters", "Longest white-space separated token, punctuation included.",
        _MALFORMED, "high", 0, 40, 40, _I, "reference figures",
    ),
    Metric(
        "repetitions", "times",
        "Most back-to-back occurrences of any phrase of 1 to 5 tokens, case-folded and stripped "
        "of punctuation; characters instead of tokens where the script writes no spaces.",
        _MALFORMED, "high", 0, 30, 30, _I,
    ),
    Metric(
        "word_run", "times", "Longest run of identical neighbouring tokens, as they stand.",
        _MALFORMED, "high", 0, 30, 30, _I, "reference figures",
    ),
    Metric(
        "phrase_run", "times",
        "Most back-to-back occurrences of any phrase of 1 to 5 tokens, as they stand.",
        _MALFORMED, "high", 0, 30, 30, _I, "reference figures",
    ),
    Metric(
        "second_longest_ratio", "ratio",
        "How much longer the longest token is than the second: (longest - second) / second.",
        f"{_MALFORMED}, texts of less than two tokens, and {_SPACELESS}",
        "high", 0, 5, 50, _F, "SDP DetectWhisperHallucinationFeatures (bad from 3)",
    ),
    Metric(
        "loop_share", "share",
        "Share of the tokens that lie in the longest loop: a phrase of 1 to 100 tokens at least "
        "twice back to back, compared as for `repetitions`; of texts beyond a MiB, of 1 to 5.",
        f"{_MALFORMED}, and texts without tokens",
        "high", 0, 1, 50, _F,
    ),
    Metric(
        "char_run", "characters", "Longest run of one character; white space ends it.",
        _MALFORMED, "high", 0, 20, 20, _I,
    ),
    Metric(
        "distinct_words", "share",
        "Distinct tokens over tokens, case-folded and stripped of punctuation.",
        f"{_MALFORMED}, texts without tokens or of more than a million bytes, and {_SPACELESS}",
        "low", 0, 1, 50, _F, "SDP, NeMo Curator (bad up to 0.4)",
    ),
    Metric(
        "digits_share", "share", "Decimal digits over characters that are not white space.",
        f"{_MALFORMED}, and blank texts", "high", 0, 1, 50, _F,
    ),
    Metric(
        "upper_share", "share", "Upper-case letters over letters that have a case.",
        f"{_MALFORMED}, and texts without such letters", "high", 0, 1, 50, _F,
    ),
    Metric(
        "has_punctuation", "0 or 1",
        "Whether a mark of sentences or their parts stands in the text: .,:;!? and their like in "
        "any script; no apostrophes, hyphens, quotes.",
        _MALFORMED, "none", 0, 2, 2, _I, "Unicode Terminal_Punctuation",
    ),
    Metric(
        "hidden_chars", "characters",
        "Characters that show nothing where they stand: control, zero-width, direction marks, "
        "private use, U+FFFD; joiners behind letters that they shape are not counted.",
        _MALFORMED, "high", 0, 20, 20, _I, "Unicode categories Cc, Cf, Co",
    ),
    Metric(
        "markup_chars", "characters",
        "Characters of marks for machines: tags (`<b>`, `<inaudible>`), entities (`&nbsp;`), what "
        "stands in braces or square brackets, web addresses with `http`, the times and changes of "
        "speaker of subtitles (`>>`), escapes (`\\\\N`, `\\\\u00e4`), U+2047, and emoji.",
        _MALFORMED, "high", 0, 40, 40, _I,
    ),
    Metric(
        "damaged_chars", "characters",
        "Characters that a wrong encoding left: a question mark within a word (`Ku?ier`), and "
        "UTF-8 that was read as Latin-1 or Windows-1252 (`sch\u00c3\u00b6n`).",
        _MALFORMED, "high", 0, 40, 40, _I,
    ),
    Metric(
        "foreign_share", "share",
        "Share of the letters that are of scripts the declared language is not written in.",
        f"{_MALFORMED}, texts without letters, and languages that are not declared or not known",
        "high", 0, 1, 50, _F, "CLDR 46 languageData",
    ),
    Metric(
        "remarks_alone", "0 or 1",
        "Whether all letters and digits stand in remarks: tags, braces, square brackets, and known "
        "remarks in parentheses, asterisks or notes.",
        _MALFORMED, "high", 0, 2, 2, _I, "rules/remarks.txt",
    ),
    Metric(
        "remark_chars", "characters",
        "Characters of known remarks in parentheses, asterisks or notes, and of notes.",
        _MALFORMED, "high", 0, 40, 40, _I, "rules/remarks.txt",
    ),
    Metric(
        "hallucination", "0 or 1",
        "Whether the whole text is made of phrases that recognisers invent over silence.",
        _MALFORMED, "high", 0, 2, 2, _I, "rules/phrases",
    ),
    Metric(
        "hallucination_share", "share",
        "Share of the text's letters and digits, normalised, that lie in such phrases.",
        _MALFORMED, "high", 0, 1, 50, _F, "rules/phrases",
    ),
    Metric(
        "credit_share", "share",
        "Share of them that lie in credits of subtitles, which nobody speaks.",
        _MALFORMED, "high", 0, 1, 50, _F, "rules/phrases",
    ),
    Metric(
        "wer", "errors/word",
        "Word edits from the text to `pred_text` over words, after the normaliser that "
        "`train eval` uses (`--normalise`); characters are words where no spaces are written.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "high", 0, 2, 80, _F, "jiwer 4, kaldialign 0.12", group="agreement",
    ),
    Metric(
        "cer", "errors/character",
        "Character edits from the text to `pred_text` over characters, blanks among them, after "
        "the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "high", 0, 2, 80, _F, "jiwer 4", group="agreement",
    ),
    Metric(
        "ref_words", "words", "Words of the normalised text: the denominator of `wer`.",
        f"{_MALFORMED}, {_UNHEARD}", "none", 0, 120, 60, _I, group="agreement",
    ),
    Metric(
        "ref_chars", "characters",
        "Characters of the normalised text: the denominator of `cer`.",
        f"{_MALFORMED}, {_UNHEARD}", "none", 0, 600, 60, _I, group="agreement",
    ),
    Metric(
        "word_edits", "words",
        "Word edits from the text to `pred_text`, after the normaliser: the numerator of `wer`.",
        f"{_MALFORMED}, {_UNHEARD}", "high", 0, 60, 60, _I, "jiwer 4, kaldialign 0.12",
        group="agreement",
    ),
    Metric(
        "char_edits", "characters",
        "Character edits from the text to `pred_text`, after the normaliser: numerator of `cer`.",
        f"{_MALFORMED}, {_UNHEARD}", "high", 0, 300, 60, _I, "jiwer 4", group="agreement",
    ),
    Metric(
        "insertion_rate", "insertions/word",
        "Words that `pred_text` adds, over words, after the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "high", 0, 2, 80, _F, "jiwer 4", group="agreement",
    ),
    Metric(
        "deletion_rate", "deletions/word",
        "Words that `pred_text` lacks, over words, after the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "high", 0, 1, 50, _F, "jiwer 4", group="agreement",
    ),
    Metric(
        "wer_raw", "errors/word",
        "Word edits from the text to `pred_text`, as they stand, over words.",
        f"{_MALFORMED}, {_UNHEARD}, and texts without words",
        "none", 0, 2, 80, _F, "jiwer 4", group="agreement",
    ),
    Metric(
        "cer_raw", "errors/character",
        "Character edits from the text to `pred_text`, as they stand, over characters.",
        f"{_MALFORMED}, {_UNHEARD}, and empty texts",
        "none", 0, 2, 80, _F, "jiwer 4", group="agreement",
    ),
    Metric(
        "word_edits_raw", "words",
        "Word edits from the text to `pred_text`, as they stand: the numerator of `wer_raw`.",
        f"{_MALFORMED}, {_UNHEARD}", "none", 0, 60, 60, _I, "jiwer 4", group="agreement",
    ),
    Metric(
        "char_edits_raw", "characters",
        "Character edits from the text to `pred_text`, as they stand: the numerator of `cer_raw`.",
        f"{_MALFORMED}, {_UNHEARD}", "none", 0, 300, 60, _I, "jiwer 4", group="agreement",
    ),
    Metric(
        "mismatch_run", "words",
        "Longest run of word edits without a matching word between them, after the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}", "high", 0, 40, 40, _I, "jiwer 4", group="agreement",
    ),
    Metric(
        "length_ratio", "ratio",
        "Characters of `pred_text` over those of the text, after the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "both", 0, 4, 80, _F, "Granary (length ratio of translations)", group="agreement",
    ),
    Metric(
        "edge_cer", "errors/character",
        "Character error rate of the first 5 characters or of the last 5, whichever is worse: a "
        "text that begins or ends elsewhere than its audio. After the normaliser.",
        f"{_MALFORMED}, {_UNHEARD}, and texts of which the normaliser leaves nothing",
        "high", 0, 1, 20, _F, "SDP GetEdgeCER", group="agreement",
    ),
    Metric(
        "compression_ratio", "ratio", "Bytes of the text over its bytes compressed by zlib.",
        f"{_MALFORMED}, and empty texts",
        "high", 0, 6, 60, _F, "Whisper (fails above 2.4)", group="compression",
    ),
    Metric(
        "translation_ratio", "ratio",
        "Characters of the longer of text and its other side (`source_text`, else `answer`), over "
        "those of the shorter.",
        f"{_MALFORMED}, rows whose two languages are not given or the same, and an empty side",
        "high", 1, 6, 50, _F, "Granary (up to 4)", group="translation",
    ),
    *(
        Metric(
            f"top_{size}gram_share", "share",
            f"Share of the characters that the most repeated phrase of {size} words covers, as it "
            "stands, white space not counted; 0 where none stands twice.",
            f"{_MALFORMED}, blank texts or of more than a million bytes, and {_SPACELESS}",
            "high", 0, 1, 50, _F, f"Gopher, datatrove (bad above {bad})", group="ngrams",
        )
        for size, bad in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    Metric(
        "tokens", "tokens", "Pieces that the tokenizer's model for the language makes of the text.",
        f"{_MALFORMED}, and languages that the tokenizer does not serve",
        "none", 0, 300, 60, _I, "sentencepiece", group="tokens",
    ),
    Metric(
        "token_rate", "tokens/s", f"Tokens over duration; {_RATE}.",
        f"{_MALFORMED}, and languages that the tokenizer does not serve",
        "both", 0, 40, 80, _F, "NeMo max_tps", group="tokens",
    ),
    Metric(
        "unknown_tokens", "share", "Share of the tokens that the model cannot write (`<unk>`).",
        f"{_MALFORMED}, texts without tokens, and languages that the tokenizer does not serve",
        "high", 0, 1, 50, _F, "sentencepiece", group="tokens",
    ),
    Metric(
        "lid_confidence", "probability", "How sure the model is of `detected_lang`.",
        f"{_MALFORMED}, and texts without letters", "low", 0, 1, 50, _F, "py3langid", group="lid",
    ),
    Metric(
        "lid_agrees", "0 or 1",
        "Whether `detected_lang` is the declared language (members of a macrolanguage are one).",
        f"{_MALFORMED}, texts without letters, and languages not declared or unknown to the model",
        "low", 0, 2, 2, _I, "py3langid", group="lid",
    ),
    Metric(
        "text_copies", "rows", "Rows of the input with the same normalised text, this one too.",
        f"{_MALFORMED}, and texts of which normalising leaves nothing",
        "high", 0, 50, 50, _I, group="copies",
    ),
    Metric(
        "audio_copies", "rows",
        "Rows of the input with the same audio file and offset, this one too.",
        _MALFORMED, "high", 0, 20, 20, _I, group="copies",
    ),
    Metric(
        "near_copies", "rows",
        "Rows of the input whose text is nearly the same, directly or by way of others: MinHash "
        "of 5 characters each of the normalised text (3 where no spaces are written); this one "
        "too.",
        f"{_MALFORMED}, and texts of which normalising leaves nothing",
        "high", 0, 50, 50, _I, "FineWeb (14 bands of 8), rensa", group="near",
    ),
    *SOUND,
)  # fmt: skip

BY_NAME = {metric.name: metric for metric in METRICS}
assert len(BY_NAME) == len(METRICS), "metric names are unique"

OPT_IN = frozenset(group.name for group in GROUPS if group.opt_in)
assert {metric.group for metric in METRICS} == {"", *(group.name for group in GROUPS)}


def chosen(groups: Collection[str] = ()) -> tuple[Metric, ...]:
    """The metrics that are measured where these opt-in groups are asked for, in METRICS' order."""
    return tuple(m for m in METRICS if m.group not in OPT_IN or m.group in groups)


def groups_of(names: Collection[str]) -> frozenset[str]:
    """The opt-in groups that metrics and columns of these names belong to, with what those need;
    others are passed over.

    >>> sorted(groups_of(["text_copies", "words", "detected_lang", "snr_db"]))
    ['audio', 'copies', 'lid', 'signal']
    """
    metrics = {BY_NAME[name].group for name in names if name in BY_NAME}
    beside = {
        group
        for group, columns in DESCRIBED_BY.items()
        if any(column.name in names for column in columns)
    }
    return with_needs(OPT_IN & (metrics | beside))


def with_needs(names: Collection[str]) -> frozenset[str]:
    """The groups, and those that they cannot be measured without."""
    needs = {group.name: group.needs for group in GROUPS}
    return frozenset(names).union(*(needs[name] for name in names))
