"""Kaldi folders as people have them go the whole way: each utterance is its segment, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.train.world import NEMO, World
from tests.whole_way.corpus import RATE, sentence
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.stepped import Case, Place, miscounted, misplaced, stepped, write_stepped

pytestmark = NEMO

SPLIT = ("--eval", "6s", "--test", "6s", "--floor", "0s", "--cap", "0.6")
FILE_S = 8


@dataclass(frozen=True, slots=True)
class Utterance:
    """An utterance with a recording of its own: its line in each file, without the first word.

    `segment` may hold the recording's id as {0}, `audio` the path of its file as {0}; None leaves
    the line out.
    """

    name: str
    due: tuple[int, float] | str
    segment: str | None = None
    audio: str = "{0}"
    reco2dur: str | None = None
    utt2dur: str | None = None
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Folder:
    """A data directory; which files it has follows from its utterances."""

    name: str
    utterances: Sequence[Utterance] = field(default_factory=list)


FOLDERS = [
    Folder("segments alone", [
        Utterance("start and end", (2, 2.0), "{0} 2 4"),
        Utterance("to its end, measured", (6, 2.0), "{0} 6.0 -1"),
        Utterance("written -1.00", (6, 2.0), "{0} 6.0 -1.00"),
        Utterance("decimal digits", (3, 1.999), "{0} 3.000 4.999"),
        Utterance("two blanks", (2, 2.0), " {0}  2.0   4.0 "),
        Utterance("the second channel", (2, 2.0), "{0} 2 4 1", channels=2),
        Utterance("no length", "duration is not positive (0)", "{0} 2 2"),
        Utterance("end before its start", "duration is not positive (-1)", "{0} 3 2"),
        Utterance("past the recording", "ends at 9.00 s, the audio at 8.00 s", "{0} 6 9"),
        Utterance("behind the recording", "ends at 11.00 s, the audio at 8.00 s", "{0} 9 11"),
        Utterance("no such recording", "its recording is not in wav.scp (nobody)", "nobody 2 4"),
        Utterance("no times", "its line in segments holds no times", "{0} two 4"),
        Utterance("three words", "its line in segments has 3 words, not 4", "{0} 2"),
        Utterance("not in segments", "the utterance is not in segments"),
        Utterance("a pipe", "a command, not a file", "{0} 2 4", audio="cat {0} |"),
        Utterance("a pipe to its end", "whose length is not known", "{0} 2 -1", audio="cat {0} |"),
        Utterance("sph2pipe", "a command, not a file", "{0} 2 4", audio="sph2pipe -p {0} |"),
        Utterance("a place in an archive", "No such file", "{0} 2 4", audio="{0}.ark:12"),
        Utterance("a path with a blank", (2, 2.0), "{0} 2 4", audio="{0} b.wav"),
    ]),
    Folder("reco2dur", [
        Utterance("to its end", (5, 3.0), "{0} 5 -1", reco2dur="8"),
        Utterance("reco2dur rounds", (5, 2.999), "{0} 5 -1", reco2dur="7.999"),
        Utterance("start and end", (1, 2.0), "{0} 1 3", reco2dur="8.0"),
        Utterance("begins behind its end", "duration is not positive", "{0} 5 -1", reco2dur="4"),
        Utterance("reco2dur that is none", "no times", "{0} 5 -1", reco2dur="long"),
        Utterance("past reco2dur", "reaches behind its recording", "{0} 6 9", reco2dur="8"),
    ]),
    Folder("utt2dur beside segments", [
        Utterance("agree", (2, 2.0), "{0} 2 4", utt2dur="2.0"),
        Utterance("rounded to frames", (2, 1.98), "{0} 2 4", utt2dur="1.98"),
        Utterance("to its end", (6, 2.0), "{0} 6 -1", utt2dur="2.0"),
        Utterance("disagree", "its length in utt2dur is not its segment's", "{0} 2 4",
                  utt2dur="3.5"),
        Utterance("of the recording", "its length in utt2dur is not its segment's", "{0} 2 4",
                  utt2dur="8.0"),
    ]),
    Folder("whole recordings", [
        Utterance("utt2dur", (0, 8.0), utt2dur="8.0"),
        Utterance("rounded", (0, 7.995), utt2dur="7.995"),
        Utterance("in no file of durations", "in no file of durations"),
        Utterance("no number", "duration is not a number", utt2dur="eight"),
        Utterance("none", "duration is not positive", utt2dur="0"),
    ]),
    Folder("to draw from", [Utterance("sound", (2, 2.0), "{0} 2 4")] * 24),
]  # fmt: skip


def write(root: Path, folder: Folder, first: int) -> tuple[Path, list[Case]]:
    """Write a data directory; `first` is the number of its first recording."""
    place = root / folder.name
    place.mkdir()
    files: dict[str, list[str]] = {"text": [], "wav.scp": [], "utt2spk": [], "utt2lang": []}
    cases = []
    for number, each in enumerate(folder.utterances, first):
        audio = root / ("{0}.wav" if "{0} b" not in each.audio else "{0} b.wav").format(number)
        text = sentence(number)
        if each.channels == 1:
            write_stepped(audio, number)
        else:
            silence = np.zeros(FILE_S * RATE)
            sf.write(audio, np.stack([silence, stepped(number)], axis=1), RATE)
        path = str(audio) if "b.wav" in each.audio else each.audio.format(audio)
        lines = {
            "text": text, "wav.scp": path, "utt2spk": f" s{number}", "utt2lang": "en",
            "segments": None if each.segment is None else each.segment.format(f"r{number}"),
            "reco2dur": each.reco2dur, "utt2dur": each.utt2dur,
        }  # fmt: skip
        of_recording = {"wav.scp", "reco2dur"}
        for file, line in lines.items():
            whole = not any(one.segment for one in folder.utterances)
            id = f"u{number}" if whole or file not in of_recording else f"r{number}"
            if line is not None:
                files.setdefault(file, []).append(f"{id} {line}\n")
        due = each.due if isinstance(each.due, str) else Place(number, *each.due)
        cases.append(Case(f"{folder.name}: {each.name}", text, due))
    for file, written in files.items():
        (place / file).write_text("".join(written), encoding="utf-8")
    return place / "text", cases


def test_utterances_are_their_segments_or_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus: dict[str, list[Case]] = {}
    for folder in FOLDERS:
        text, cases = write(tmp_path, folder, sum(map(len, corpus.values())))
        corpus[str(text)] = cases
    options = replace(USUAL, split=SPLIT)
    inputs = [Path(text).parent for text in corpus]
    journey = Journey(inputs, tmp_path / "out", options, world.model("ctc").path)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, corpus) == []
    assert miscounted(journey) == []
