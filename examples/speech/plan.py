"""Who says which sentence, and what is wrong with some lines: a plan without audio.

`plan()` gives the same rows on every machine; `make.py` speaks and writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from corpus import SPEAKER, SPEAKERS, Utterance
from texts import SHAPES, Texts, punctuated, rank

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
SLOW_CHAR_RATE = 2.5
# How many clean lines of each special kind there are.
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
    twin = next(row for row in named if row.kind == "plain" and row.speaker.name == "en02")
    named.append(replace(twin, kind="same_audio"))
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
    """Every third is once written as a sentence: only normalised texts show that overlap."""
    for number, names in enumerate(OVERLAPS):
        spoken = texts[SPEAKER[names[0]].lang].next()
        for place, name in enumerate(names):
            speaker = SPEAKER[name]
            text = punctuated(spoken, speaker.lang) if place == 0 and number % 3 == 2 else spoken
            yield Utterance(speaker, "prompt_overlap", spoken, text)


def _with_special_kinds(rows: list[Utterance]) -> list[Utterance]:
    free = sorted(range(len(rows)), key=lambda index: rank("kind of " + rows[index].text))
    for kind, amount in SPECIAL:
        fit = [
            index for index in free if kind != "unicode_escaped" or not rows[index].text.isascii()
        ]
        for index in fit[:amount]:
            rows[index] = _special(rows[index], kind)
            free.remove(index)
    return rows


def _special(row: Utterance, kind: str) -> Utterance:
    text = punctuated(row.text, row.speaker.lang) if kind == "punctuated" else row.text
    return replace(row, kind=kind, text=text)


# The trouble sits with a third of the speakers, most of it with two, as it does in real corpora.
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
    ("short_clip", "en03", "up"),
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
FAST_WPM = (
    ("en01", 290),
    ("en02", 275),
    ("en03", 330),
    ("de01", 270),
    ("de02", 285),
    ("de03", 240),
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
    for kind, name, spoken in SAID_AS_WRITTEN:
        yield Utterance(SPEAKER[name], kind, spoken, spoken)
    for kind, name, text in WRITTEN_INSTEAD:
        more = texts[SPEAKER[name].lang]
        spoken = more.longest() if kind == "loop" else more.next()
        yield Utterance(SPEAKER[name], kind, spoken, text if text.isspace() else text.strip())
    for kind, name in MALFORMED:
        spoken = texts[SPEAKER[name].lang].next()
        yield Utterance(SPEAKER[name], kind, spoken, spoken)
    yield from _too_fast(texts)
    yield from _too_slow(texts)
    for kind, name, declared_s in (
        ("too_short", "en03", 0.05),
        ("too_short", "de02", 0.03),
        ("too_long", "en01", 61.5),
        ("too_long", "de03", 125.0),
    ):
        spoken = texts[SPEAKER[name].lang].longest()
        yield Utterance(SPEAKER[name], kind, spoken, spoken, declared_s=declared_s)


def _too_fast(texts: dict[str, Texts]) -> Iterator[Utterance]:
    for name, wpm in FAST_WPM:
        spoken = texts[SPEAKER[name].lang].longest()
        yield Utterance(SPEAKER[name], "fast_speech", spoken, spoken, wpm=wpm)
    for name in ("en01", "en03", "en03", "de03", "de03"):
        speaker, more = SPEAKER[name], texts[SPEAKER[name].lang]
        joined = f"{more.longest()} {'und' if speaker.lang == 'de' else 'and'} {more.longest()}"
        yield Utterance(speaker, "fast_text", more.shortest(), joined)
    for name in ("en02", "en03", "en03", "de03"):
        spoken = texts[SPEAKER[name].lang].longest()
        first, *glued = spoken.split()
        blank = "" if SPEAKER[name].lang == "de" else " "  # German words are bad from 35 on
        yield Utterance(SPEAKER[name], "glued_words", spoken, f"{first}{blank}{''.join(glued)}")


def _too_slow(texts: dict[str, Texts]) -> Iterator[Utterance]:
    for name in ("en01", "en03", "de01", "de03"):
        spoken = texts[SPEAKER[name].lang].shortest()
        length_s = round(len(spoken) / SLOW_CHAR_RATE, 2)
        yield Utterance(SPEAKER[name], "long_silence", spoken, spoken, length_s=length_s)
    for name, text, length_s in (
        ("en03", "text", None),
        ("de03", "tbd", None),
        ("en01", "EXAMPLE OF TEXT", 18.0),
    ):
        more = texts[SPEAKER[name].lang]
        spoken = ", ".join((more.longest(), more.longest()))
        yield Utterance(SPEAKER[name], "placeholder", spoken, text, length_s=length_s)
