"""What the example corpus holds: who speaks, what they say, and what is wrong with some lines.

Pure plan, no audio: `plan()` gives the same rows on every machine. `make.py` speaks and writes
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from texts import SHAPES, Texts, punctuated, rank


class Speaker(NamedTuple):
    """One espeak-ng voice with its own pitch (0-99) and speed (words a minute)."""

    name: str
    lang: str
    voice: str
    pitch: int
    wpm: int
    gender: str
    clean_rows: int


# Two voices a language hold half of it, as a few speakers do in most corpora.
SPEAKERS = (
    Speaker("en01", "en", "en-us+m3", 50, 160, "male", 40),
    Speaker("en02", "en", "en-gb+f2", 55, 155, "female", 30),
    Speaker("en03", "en", "en-us+f4", 60, 165, "female", 16),
    Speaker("en04", "en", "en-gb-x-rp+m1", 40, 150, "male", 14),
    Speaker("en05", "en", "en-gb-scotland+m7", 45, 155, "male", 12),
    Speaker("en06", "en", "en-us+f3", 65, 160, "female", 10),
    Speaker("en07", "en", "en-gb+m5", 35, 145, "male", 10),
    Speaker("en08", "en", "en-us-nyc+m2", 55, 155, "male", 8),
    Speaker("en09", "en", "en-029+f1", 50, 150, "female", 8),
    Speaker("en10", "en", "en-gb-x-gbclan+f5", 45, 150, "female", 8),
    Speaker("de01", "de", "de+m3", 45, 155, "male", 28),
    Speaker("de02", "de", "de+f2", 55, 150, "female", 20),
    Speaker("de03", "de", "de+m6", 40, 155, "male", 12),
    Speaker("de04", "de", "de+f4", 60, 150, "female", 10),
    Speaker("de05", "de", "de+m1", 50, 145, "male", 10),
    Speaker("de06", "de", "de+f3", 50, 155, "female", 8),
    Speaker("de07", "de", "de+m7", 35, 150, "male", 8),
    Speaker("de08", "de", "de+f1", 65, 150, "female", 8),
)
SPEAKER = {speaker.name: speaker for speaker in SPEAKERS}


class Kind(NamedTuple):
    """What is special about a line, the verdict that the default rules owe it, and why."""

    name: str
    verdict: str
    why: str


KINDS = (
    Kind("plain", "clean", "lower-case sentence without punctuation, said as written"),
    Kind("punctuated", "clean", "capitals and a full stop, pnc yes"),
    Kind("prompt_overlap", "clean", "another speaker says the same sentence: leaks if split apart"),
    Kind("same_audio", "clean", "the same audio and text as another line, as after a merge"),
    Kind("foreign_keys", "clean", "keys that no tool of ours knows"),
    Kind("number_format", "clean", "the duration in an unusual but valid number format"),
    Kind("key_order", "clean", "keys in another order, other blanks between them"),
    Kind("unicode_escaped", "clean", "umlauts as JSON escapes; elsewhere they stand raw"),
    Kind("slots_missing", "clean", "no pnc, source_lang or target_lang"),
    Kind("fast_speech", "borderline", "honest text, said very fast: char_rate 22 to 30"),
    Kind("long_word", "borderline", "an honest word of 20 to 24 characters"),
    Kind("repeats", "borderline", "a word or phrase really said 4 to 14 times in a row"),
    Kind("long_silence", "borderline", "a short sentence, then silence: char_rate 1 to 4"),
    Kind("short_clip", "borderline", "one word of 0.3 to 0.5 s"),
    Kind("fast_text", "bad", "the transcript of longer speech: char_rate >= 30"),
    Kind("glued_words", "bad", "blanks lost: word_len >= 25"),
    Kind("loop", "bad", "a transcript that loops: repetitions >= 15"),
    Kind("empty_text", "bad", "speech, but empty text"),
    Kind("blank_text", "bad", "speech, but text of blanks only"),
    Kind("no_letters", "bad", "speech, but no letter in the text"),
    Kind("placeholder", "bad", "a placeholder for seconds of speech: char_rate < 1"),
    Kind("too_short", "bad", "declared shorter than 0.1 s; the audio is longer"),
    Kind("too_long", "bad", "declared longer than 40 s; the audio is shorter"),
    Kind("not_json", "malformed", "a row of a tab-separated table"),
    Kind("truncated", "malformed", "JSON cut off"),
    Kind("no_duration", "malformed", "duration missing"),
    Kind("nan_duration", "malformed", "duration NaN, which is no JSON number"),
    Kind("negative_duration", "malformed", "duration negative"),
    Kind("string_duration", "malformed", "duration is a string"),
    Kind("null_text", "malformed", "text is null"),
    Kind("number_text", "malformed", "text is a number"),
    Kind("no_audio", "malformed", "audio_filepath missing"),
    Kind("duplicate_key", "malformed", "the key text twice: readers disagree which one counts"),
)
KIND = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One manifest line to be: `said` is spoken, `text` is written."""

    speaker: Speaker
    kind: str
    said: str
    text: str
    name: str = ""
    wpm: int | None = None  # the speaker's own where None
    length_s: float | None = None  # silence is added up to here
    declared_s: float | None = None  # the measured duration where None

# Who says the same sentence: four islands of speakers, and the others share with nobody.
OVERLAPS = (
    ("en01", "en04", "en06"),
    ("en01", "en04"),
    ("en04", "en06"),
    ("en02", "en05"),
    ("en02", "en05"),
    ("en02", "en05"),
    ("de01", "de04", "de06"),
    ("de01", "de04"),
    ("de02", "de05"),
    ("de02", "de05"),
)
FAST_WPM = 330
SLOW_CHAR_RATE = 2.5

# How many clean lines of each special kind.
SPECIAL = (
    ("unicode_escaped", 4),
    ("foreign_keys", 5),
    ("number_format", 5),
    ("key_order", 4),
    ("slots_missing", 5),
    ("punctuated", 22),
)


def plan() -> list[Utterance]:
    """Every line but the blank one, in the manifest's order, named."""
    texts = {lang: Texts(lang) for lang in SHAPES}
    rows = [*_clean(texts), *_faulty(texts)]
    counts = dict.fromkeys(SPEAKER, 0)
    named = []
    for row in rows:
        number = counts[row.speaker.name]
        counts[row.speaker.name] += 1
        named.append(replace(row, name=f"{row.speaker.name}_{number:03d}"))
    named.append(replace(named[7], kind="same_audio"))
    return sorted(named, key=lambda row: rank(row.kind + row.name))


def _clean(texts: dict[str, Texts]) -> list[Utterance]:
    shared = list(_overlapping(texts))
    rows = []
    for speaker in SPEAKERS:
        own = sum(row.speaker is speaker for row in shared)
        for _ in range(speaker.clean_rows - own):
            text = texts[speaker.lang].next()
            rows.append(Utterance(speaker, "plain", text, text))
    return shared + _with_special_kinds(rows)


def _overlapping(texts: dict[str, Texts]) -> Iterator[Utterance]:
    """The first of each is written as a sentence: only normalised texts show these overlaps."""
    for number, names in enumerate(OVERLAPS):
        said = texts[SPEAKER[names[0]].lang].next()
        for place, name in enumerate(names):
            speaker = SPEAKER[name]
            text = punctuated(said, speaker.lang) if place == 0 and number % 3 == 2 else said
            yield Utterance(speaker, "prompt_overlap", said, text)


def _with_special_kinds(rows: list[Utterance]) -> list[Utterance]:
    free = sorted(range(len(rows)), key=lambda index: rank(rows[index].text))
    for kind, wanted in SPECIAL:
        fit = [index for index in free if kind != "unicode_escaped" or not rows[index].text.isascii()]
        for index in fit[:wanted]:
            rows[index] = _special(rows[index], kind)
            free.remove(index)
    return rows


def _special(row: Utterance, kind: str) -> Utterance:
    text = punctuated(row.text, row.speaker.lang) if kind == "punctuated" else row.text
    return replace(row, kind=kind, text=text)


# What is said and what is written instead; None: any short or long sentence. The trouble sits
# with few speakers, as it does in real corpora; the others have spotless audio only.
SAID_AS_WRITTEN = (
    ("long_word", "en01", "the electroencephalograph sings"),
    ("long_word", "en02", "my teacher finds the counterrevolutionaries"),
    ("long_word", "en03", "your friend likes deinstitutionalisation"),
    ("long_word", "de01", "die frau wartet an der straßenbahnhaltestelle"),
    ("long_word", "de03", "der lehrer malt den weihnachtsbaumschmuck"),
    ("repeats", "en01", "no no no no no"),
    ("repeats", "en03", "the cat is very very very very small"),
    ("repeats", "en02", "one two one two one two one two"),
    ("repeats", "de02", "ja ja ja ja ja ja"),
    ("repeats", "de03", "la la la la la la la la singt das kind"),
    ("short_clip", "en01", "no"),
    ("short_clip", "en02", "yes"),
    ("short_clip", "en03", "stop"),
    ("short_clip", "de01", "ja"),
    ("short_clip", "de03", "nein"),
)
WRITTEN_INSTEAD = (
    ("loop", "en03", "no " * 16),
    ("loop", "en03", "the dog sleeps " * 15),
    ("loop", "en02", "thank you " * 20),
    ("loop", "de03", "ja " * 18),
    ("loop", "de03", "und dann " * 16),
    ("empty_text", "en03", ""),
    ("empty_text", "de01", ""),
    ("blank_text", "en03", "   "),
    ("blank_text", "de03", "\u00a0 \u3000"),
    ("no_letters", "en02", "- -"),
    ("no_letters", "en03", "..."),
    ("no_letters", "de03", "♪ ♪"),
)
MALFORMED = (
    ("not_json", "en03"),
    ("truncated", "de03"),
    ("no_duration", "en02"),
    ("nan_duration", "en03"),
    ("negative_duration", "de01"),
    ("string_duration", "de03"),
    ("null_text", "en03"),
    ("number_text", "en01"),
    ("no_audio", "de02"),
    ("duplicate_key", "en03"),
)


def _faulty(texts: dict[str, Texts]) -> Iterator[Utterance]:
    for kind, name, said in SAID_AS_WRITTEN:
        yield Utterance(SPEAKER[name], kind, said, said)
    for kind, name, text in WRITTEN_INSTEAD:
        said = texts[SPEAKER[name].lang].longest()
        yield Utterance(SPEAKER[name], kind, said, text if text.isspace() else text.strip())
    for kind, name in MALFORMED:
        said = texts[SPEAKER[name].lang].next()
        yield Utterance(SPEAKER[name], kind, said, said)
    yield from _too_fast(texts)
    yield from _too_slow(texts)
    for kind, name, declared_s in (
        ("too_short", "en03", 0.05),
        ("too_short", "de02", 0.03),
        ("too_long", "en01", 61.5),
        ("too_long", "de03", 125.0),
    ):
        said = texts[SPEAKER[name].lang].longest()
        yield Utterance(SPEAKER[name], kind, said, said, declared_s=declared_s)


def _too_fast(texts: dict[str, Texts]) -> Iterator[Utterance]:
    for name in ("en01", "en02", "en03", "de01", "de02", "de03"):
        said = texts[SPEAKER[name].lang].longest()
        yield Utterance(SPEAKER[name], "fast_speech", said, said, wpm=FAST_WPM)
    for name in ("en01", "en03", "en03", "de03", "de03"):
        speaker, more = SPEAKER[name], texts[SPEAKER[name].lang]
        joined = f"{more.longest()} {'und' if speaker.lang == 'de' else 'and'} {more.longest()}"
        yield Utterance(speaker, "fast_text", more.shortest(), joined)
    for name in ("en02", "en03", "en03", "de03"):
        said = texts[SPEAKER[name].lang].longest()
        first, *glued = said.split()
        yield Utterance(SPEAKER[name], "glued_words", said, f"{first} {''.join(glued)}")


def _too_slow(texts: dict[str, Texts]) -> Iterator[Utterance]:
    for name in ("en01", "en03", "de01", "de03"):
        said = texts[SPEAKER[name].lang].shortest()
        length_s = round(len(said) / SLOW_CHAR_RATE, 2)
        yield Utterance(SPEAKER[name], "long_silence", said, said, length_s=length_s)
    for name, text, length_s in (
        ("en03", "text", None),
        ("de03", "tbd", None),
        ("en01", "EXAMPLE OF TEXT", 18.0),
    ):
        more = texts[SPEAKER[name].lang]
        said = ", ".join((more.longest(), more.longest()))
        yield Utterance(SPEAKER[name], "placeholder", said, text, length_s=length_s)
