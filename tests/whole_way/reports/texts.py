"""Texts of public reports: a row's fields on top of a sound row's, its verdict, and the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Text:
    """A row of a text: `seconds` of audio, the verdict, the rule or words of the reason."""

    text: str
    verdict: str
    reason: str = ""
    seconds: float = 2.0
    row: dict[str, Any] = field(default_factory=dict)


LOOP = "very easy to make christmas tree is a very simple and"
IDLE = "It is intended to be used to support the content of this audio."

TEXTS = {
    "timestamps": Text("<|0.00|> yes we do <|2.00|>", "borderline", "markup_chars"),
    "unknown-piece": Text("yes \u2047 we do so", "borderline", "markup_chars"),
    "unknown-token": Text("yes <unk> we do so", "borderline", "markup_chars"),
    "lost-letters": Text(
        "Ku?ier tu lab?k proti", "borderline", "damaged_chars 2", row={"lang": "lv"}
    ),
    "misread-letters": Text(
        "das sch\u00c3\u00b6ne f\u00c3\u00bcr uns", "borderline", "damaged_chars 4",
        row={"lang": "de"},
    ),
    "subtitle-times": Text(
        "1 00:00:01,000 --> 00:00:04,000 yes we do", "borderline", "markup_chars 27", 4.0
    ),
    "speaker-change": Text(">> yes we do so", "borderline", "markup_chars 2"),
    "not-scored": Text("ignore_time_segment_in_scoring", "bad", "remarks_alone 1", 4.0),
    "notes-alone": Text("\u266a \u266a", "bad", "letters 0"),
    "long-loop": Text(" ".join([LOOP] * 5), "borderline", "loop_share 1", 20.0),
    "idle-sentences": Text(f"{IDLE} {IDLE}", "borderline", "loop_share 1", 10.0),
    "one-word-500-times": Text("yes we do " + "thing " * 60, "bad", "repetitions 60", 29.0),
    "lone-you": Text("you", "bad", "char_rate 0.6", 5.0),
    "broadcaster-credit": Text(
        "Untertitel im Auftrag des ZDF, 2020", "bad", "credit_share", 3.0, {"lang": "de"}
    ),
    "control-character": Text("yes we\x07 do so", "borderline", "hidden_chars"),
    "wide-blanks": Text("yes\u00a0we\u3000do so", "clean"),
    "line-end": Text("yes we\ndo\tso", "clean"),
    "no-time": Text("yes we do", "malformed", "not positive", row={"duration": 0}),
    "too-many-characters": Text(
        "so this is seventy seven characters long and it is said in two seconds or so.", "bad",
        "char_rate 38.5",
    ),
}  # fmt: skip
