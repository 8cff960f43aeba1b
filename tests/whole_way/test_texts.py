"""Odd texts go the whole way: refused with the reason, or stored as they stand and scored alike."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.train.world import NEMO, World
from tests.whole_way.corpus import sentence, write_manifest
from tests.whole_way.journey import USUAL, Journey, command, evaluated
from tests.whole_way.stepped import Case, Place, miscounted, misplaced, write_stepped

pytestmark = NEMO

SPLIT = ("--eval", "10s", "--test", "10s", "--floor", "0s", "--cap", "0.6")

# text, language, and why it is refused; else it is stored as it stands
TEXTS: list[tuple[str, str, str]] = [
    ("<MUSIC>", "en", "remarks"),
    ("[BLANK_AUDIO]", "en", "remarks"),
    ("<noise> [laughter]", "en", "remarks"),
    ("(speaking in foreign language)", "en", "remarks"),
    ("\u266a\u266a", "en", "neither letter nor digit"),
    ("Untertitel im Auftrag des ZDF für funk, 2017", "de", "credit"),
    ("Ｕｎｔｅｒｔｉｔｅｌ im Auftrag des ZDF, 2021", "de", "credit"),
    ("Subtitles by the Amara. org community", "en", "credit"),
    ("Thank you for watching!", "en", "known ASR hallucination"),
    ("Thank you for watch\u00ading", "en", "known ASR hallucination"),
    ("", "en", "empty"),
    (" \t ", "en", "empty"),
    ("\u200b\u00ad\ufeff", "en", "neither letter nor digit"),
    ("...", "en", "neither letter nor digit"),
    ("ｙｅｓ ｎｏ ｗｅｌｌ", "en", ""),
    ("ye\u00ads no well n", "en", ""),
    ("y\u200bes no well so", "en", ""),
    ("\ufeffno yes well so", "en", ""),
    ("no\u00a0yes well\u00a0no", "en", ""),
    ("so yes\u2028no well", "en", ""),
    ("we soe\u0301 yes no", "en", ""),
    ("yes <b>no</b> well we", "en", ""),
    ("no (laughter) well yes", "en", ""),
    ("well \U0001f600 so no", "en", ""),
    ('she "yes" & <no>', "en", ""),
]
SOUND = 20


def corpus(folder: Path) -> tuple[Path, list[Case]]:
    """A row of 4 s for each text, and sound ones, every one of a file and a speaker of its own."""
    texts = [*TEXTS, *((sentence(n), "en", "") for n in range(SOUND))]
    rows, cases = [], []
    for number, (text, lang, reason) in enumerate(texts):
        audio = write_stepped(folder / f"{number}.wav", number, 4.0)
        rows.append(
            {"audio_filepath": audio.name, "duration": 4.0, "text": text, "lang": lang,
             "speaker": f"s{number}"}
        )  # fmt: skip
        cases.append(Case(repr(text), text, reason or Place(number, 0, 4.0)))
    return write_manifest(folder / "manifest.jsonl", rows), cases


def test_texts_are_refused_or_stored_as_they_stand(world: World, tmp_path: Path) -> None:
    path, cases = corpus(tmp_path)
    options = replace(USUAL, split=SPLIT)
    journey = Journey([path], tmp_path / "out", options, world.model("ctc").path)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, {str(path): cases}) == []
    assert miscounted(journey) == []


WRITINGS = [
    # a text, and the same words in another writing
    ("yes no well", "ｙｅｓ ｎｏ ｗｅｌｌ"),
    ("yes no well", "ye\u00ads no w\u00adell"),
    ("yes no well", "y\u200bes no\ufeff well"),
    ("yes no well", "YES, no\u00a0\u2014 Well!"),
    ("yes no well", "yes <noise> no [laughter] well"),
    ("don't yes", "don\u2019t yes"),
    ("caf\u00e9 no", "cafe\u0301 no"),
    ("1250 yes", "1,250 yes"),
]


def test_writings_of_the_same_words_are_scored_alike(world: World, tmp_path: Path) -> None:
    """Both are texts of one audio file, so the model says the same of both."""
    rows = []
    for number, pair in enumerate(WRITINGS):
        audio = write_stepped(tmp_path / f"{number}.wav", number, 2.0).name
        rows += [
            {"audio_filepath": audio, "duration": 2.0, "text": text, "lang": "en"}
            for text in pair
        ]  # fmt: skip
    path = write_manifest(tmp_path / "test.jsonl", rows)
    out = tmp_path / "evaluation"
    words = (world.model("ctc").path, "--manifest", path, "--out", out, "--json")
    step = evaluated(command("train", "eval", *words), out)
    assert step.rows == {"scored": len(rows), "unscored": 0, "predictions": len(rows)}
    lines = (out / "predictions.jsonl").read_bytes().split(b"\n")[:-1]
    scores = [
        (prediction["word_errors"], prediction["ref_words"], prediction["wer"])
        for prediction in map(json.loads, lines)
    ]
    assert scores[::2] == scores[1::2]
    assert all(words for _, words, _ in scores)
