"""The metrics of a record and its text, measured always. Add one here: docs/metrics.md follows."""

from __future__ import annotations

from curate.metrics.declare import INTEGER, MALFORMED, SHORT, SPACELESS, TEXTLESS, Metric, share

TEXT: tuple[Metric, ...] = (
    Metric(
        name="duration_s", unit="s", direction="both", low=0, high=40, bins=80,
        meaning="Length of the segment.",
        needs_text=False, null=MALFORMED, source="NeMo manifest field `duration`",
        compute=lambda batch: batch.duration_s,
    ),
    Metric(
        name="offset_fault", unit="0 or 1", direction="high", low=0, high=2, bins=2, dtype=INTEGER,
        meaning="Whether an offset is given that is negative or no finite number.",
        needs_text=False, null=MALFORMED,
        compute=lambda batch: batch.flags(batch.clips.offset_fault),
    ),
    Metric(
        name="rate_beside_offset", unit="0 or 1", direction="high", low=0, high=2,
        bins=2, dtype=INTEGER,
        meaning=(
            "Whether `sampling_rate` (or `sample_rate`) is given with `offset`: NeMo "
            "then takes the recording to end with the first `duration` seconds of its "
            "file, and loads `duration - offset` seconds or nothing. Splits write such "
            "rows without the rate."
        ),
        needs_text=False, null=MALFORMED, source="nemo_toolkit 3.0, LazyNeMoIterator",
        compute=lambda batch: batch.flags(batch.clips.rate_beside_offset),
    ),
    Metric(
        name="char_rate", unit="characters/s", direction="both", low=0, high=40, bins=80,
        meaning=f"Code points of the verbatim text, over duration; unrounded; {SHORT}.",
        null=TEXTLESS, source="NeMo SDP char rate, unrounded",
        compute=lambda batch: batch.per_second(batch.columns.chars),
    ),
    Metric(
        name="char_rate_nospace", unit="characters/s", direction="both", low=0, high=40, bins=80,
        meaning=f"Code points that are not white space, over duration; {SHORT}.",
        null=TEXTLESS, source="reference figures",
        compute=lambda batch: batch.per_second(batch.columns.chars_nospace),
    ),
    Metric(
        name="word_rate", unit="words/s", direction="both", low=0, high=10, bins=80,
        meaning=f"White-space separated tokens over duration; {SHORT}.",
        null=TEXTLESS, source="NeMo SDP word rate, unrounded",
        compute=lambda batch: batch.per_second(batch.columns.words),
    ),
    Metric(
        name="chars", unit="characters", direction="none", low=0, high=600, bins=60, dtype=INTEGER,
        meaning="Code points of the verbatim text.",
        null=TEXTLESS,
        compute=lambda batch: batch.columns.chars,
    ),
    Metric(
        name="words", unit="words", direction="none", low=0, high=120, bins=60, dtype=INTEGER,
        meaning="White-space separated tokens (Python's str.split()).",
        null=TEXTLESS,
        compute=lambda batch: batch.columns.words,
    ),
    Metric(
        name="letters", unit="characters", direction="low", low=0, high=600, bins=60, dtype=INTEGER,
        meaning="Letters (Unicode categories L*) of the text.",
        null=TEXTLESS,
        compute=lambda batch: batch.columns.letters,
    ),
    Metric(
        name="word_len", unit="characters", direction="high", low=0, high=40,
        bins=40, dtype=INTEGER,
        meaning="Longest word; words are split at white space, hyphen, underscore and slash.",
        null=f"{TEXTLESS}, and {SPACELESS}",
        source="SDP DropHighLowWordLen family; script-aware here",
        compute=lambda batch: batch.word_len,
    ),
    Metric(
        name="longest_token", unit="characters", direction="high", low=0, high=40,
        bins=40, dtype=INTEGER,
        meaning="Longest white-space separated token, punctuation included.",
        null=TEXTLESS, source="reference figures",
        compute=lambda batch: batch.columns.longest_token,
    ),
    Metric(
        name="repetitions", unit="times", direction="high", low=0, high=30, bins=30, dtype=INTEGER,
        meaning=(
            "Most back-to-back occurrences of any phrase of 1 to 5 tokens, case-folded "
            "and stripped of punctuation; characters instead of tokens where the script "
            "writes no spaces."
        ),
        null=TEXTLESS,
        compute=lambda batch: batch.columns.repetitions,
    ),
    Metric(
        name="word_run", unit="times", direction="high", low=0, high=30, bins=30, dtype=INTEGER,
        meaning="Longest run of identical neighbouring tokens, not normalised.",
        null=TEXTLESS, source="reference figures",
        compute=lambda batch: batch.columns.word_run,
    ),
    Metric(
        name="phrase_run", unit="times", direction="high", low=0, high=30, bins=30, dtype=INTEGER,
        meaning="Most back-to-back occurrences of any phrase of 1 to 5 tokens, not normalised.",
        null=TEXTLESS, source="reference figures",
        compute=lambda batch: batch.columns.phrase_run,
    ),
    Metric(
        name="second_longest_ratio", unit="ratio", direction="high", low=0, high=5, bins=50,
        meaning=(
            "How much longer the longest token is than the second: (longest - second) / "
            "second."
        ),
        null=f"{TEXTLESS}, texts of less than two tokens, and {SPACELESS}",
        source="SDP DetectWhisperHallucinationFeatures (bad from 3)",
        compute=lambda batch: batch.second_longest_ratio,
    ),
    Metric(
        name="loop_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning=(
            "Share of the tokens that lie in the longest loop: a phrase of 1 to 100 "
            "tokens at least twice back to back, compared as for `repetitions`; of "
            "texts beyond a MiB, of 1 to 5."
        ),
        null=f"{TEXTLESS}, and texts without tokens",
        compute=lambda batch: share(batch.counts.loop_tokens, batch.tokens),
    ),
    Metric(
        name="char_run", unit="characters", direction="high", low=0, high=20,
        bins=20, dtype=INTEGER,
        meaning="Longest run of one character; white space ends it.",
        null=TEXTLESS,
        compute=lambda batch: batch.columns.char_run,
    ),
    Metric(
        name="distinct_words", unit="share", direction="low", low=0, high=1, bins=50,
        meaning="Distinct tokens over tokens, case-folded and stripped of punctuation.",
        null=f"{TEXTLESS}, texts without tokens or of more than a million bytes, and {SPACELESS}",
        source="SDP, NeMo Curator (bad up to 0.4)",
        compute=lambda batch: share(batch.counts.distinct, batch.counts.words),
    ),
    Metric(
        name="digits_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Decimal digits over characters that are not white space.",
        null=f"{TEXTLESS}, and blank texts",
        compute=lambda batch: share(batch.counts.digits, batch.counts.chars_nospace),
    ),
    Metric(
        name="upper_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Upper-case letters over letters that have a case.",
        null=f"{TEXTLESS}, and texts without such letters",
        compute=lambda batch: share(batch.counts.uppers, batch.counts.cased),
    ),
    Metric(
        name="has_punctuation", unit="0 or 1", direction="none", low=0, high=2,
        bins=2, dtype=INTEGER,
        meaning=(
            "Whether the text has punctuation: .,:;!? and "
            "their like in any script; no apostrophes, hyphens, quotes."
        ),
        null=TEXTLESS, source="Unicode Terminal_Punctuation",
        compute=lambda batch: batch.columns.has_punctuation,
    ),
    Metric(
        name="hidden_chars", unit="characters", direction="high", low=0, high=20,
        bins=20, dtype=INTEGER,
        meaning=(
            "Invisible characters: control, zero-width, direction marks, "
            "private use, U+FFFD; joiners behind letters that they shape are not counted."
        ),
        null=TEXTLESS, source="Unicode categories Cc, Cf, Co",
        compute=lambda batch: batch.columns.hidden_chars,
    ),
    Metric(
        name="markup_chars", unit="characters", direction="high", low=0, high=40,
        bins=40, dtype=INTEGER,
        meaning=(
            "Characters of marks for machines: tags (`<b>`, `<inaudible>`), entities "
            "(`&nbsp;`), text in braces or square brackets, web addresses with "
            "`http`, the times and changes of speaker of subtitles (`>>`), escapes "
            "(`\\N`, `\\u00e4`), U+2047, and emoji."
        ),
        null=TEXTLESS,
        compute=lambda batch: batch.markup,
    ),
    Metric(
        name="damaged_chars", unit="characters", direction="high", low=0, high=40,
        bins=40, dtype=INTEGER,
        meaning=(
            "Characters that a wrong encoding left: a question mark within a word (`Ku?ier`), and "
            "UTF-8 that was read as Latin-1 or Windows-1252 (`sch\u00c3\u00b6n`)."
        ),
        null=TEXTLESS,
        compute=lambda batch: batch.damaged,
    ),
    Metric(
        name="foreign_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Share of the letters that are of scripts the declared language is not written in.",
        null=(
            f"{TEXTLESS}, texts without letters, and languages that are not declared or "
            "not known"
        ),
        source="CLDR 46 languageData",
        compute=lambda batch: share(batch.counts.foreign, batch.counts.letters),
    ),
    Metric(
        name="remarks_alone", unit="0 or 1", direction="high", low=0, high=2, bins=2, dtype=INTEGER,
        meaning=(
            "Whether all letters and digits are in remarks: tags, braces, square "
            "brackets, and known remarks in parentheses, asterisks or notes."
        ),
        null=TEXTLESS, source="rules/remarks.txt",
        compute=lambda batch: batch.remarks["remarks_alone"],
    ),
    Metric(
        name="remark_chars", unit="characters", direction="high", low=0, high=40,
        bins=40, dtype=INTEGER,
        meaning="Characters of known remarks in parentheses, asterisks or notes, and of notes.",
        null=TEXTLESS, source="rules/remarks.txt",
        compute=lambda batch: batch.remarks["remark_chars"],
    ),
    Metric(
        name="hallucination", unit="0 or 1", direction="high", low=0, high=2, bins=2, dtype=INTEGER,
        meaning="Whether the whole text consists of known ASR hallucination phrases.",
        null=TEXTLESS, source="rules/phrases",
        compute=lambda batch: batch.phrases["hallucination"],
    ),
    Metric(
        name="hallucination_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Share of the text's letters and digits, normalised, that lie in such phrases.",
        null=TEXTLESS, source="rules/phrases",
        compute=lambda batch: batch.phrases["hallucination_share"],
    ),
    Metric(
        name="credit_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning="Share of them that lie in subtitle credits.",
        null=TEXTLESS, source="rules/phrases",
        compute=lambda batch: batch.phrases["credit_share"],
    ),
)  # fmt: skip
