"""What the example corpus is made of: its speakers and its kinds of lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


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
    Speaker("en01", "en", "en-us+m3", 50, 150, "male", 40),
    Speaker("en02", "en", "en-gb+f2", 55, 155, "female", 30),
    Speaker("en03", "en", "en-us+f4", 60, 155, "female", 16),
    Speaker("en04", "en", "en-gb-x-rp+m1", 40, 150, "male", 14),
    Speaker("en05", "en", "en-gb-scotland+m7", 45, 155, "male", 12),
    Speaker("en06", "en", "en-us+f3", 65, 150, "female", 10),
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
    Kind("glued_words", "bad", "blanks lost: word_len >= 25, in German >= 35"),
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
    Kind("null_text", "untranscribed", "text is null: nobody has transcribed it"),
    Kind("number_text", "malformed", "text is a number"),
    Kind("no_audio", "malformed", "audio_filepath missing"),
    Kind("duplicate_key", "malformed", "the key text twice: readers disagree which one counts"),
)
KIND = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One manifest line to be: `spoken` is the audio, `text` is written."""

    speaker: Speaker
    kind: str
    spoken: str
    text: str
    name: str = ""
    wpm: int | None = None  # the speaker's own where None
    length_s: float | None = None  # silence is added up to here
    declared_s: float | None = None  # the measured duration where None
