"""What Lhotse makes of cuts goes the whole way: carried as it is, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile as sf

from tests.train.world import NEMO, World
from tests.whole_way.corpus import RATE, sentence
from tests.whole_way.journey import USUAL, Journey
from tests.whole_way.stepped import (
    Case,
    Place,
    miscounted,
    misplaced,
    stepped,
    write_stepped,
)

if TYPE_CHECKING:
    from lhotse.cut import Cut

pytestmark = NEMO

SPLIT = ("--eval", "12s", "--test", "12s", "--floor", "0s", "--cap", "0.6")
START_S, LENGTH_S = 3, 2.0
"""Of the cut of each case in its recording, and how long."""

Make = Callable[["Cut"], "Cut"]


def as_it_is(cut: Cut) -> Cut:
    return cut


def later(seconds: float) -> Make:
    """The cut from `seconds` behind its start on; its supervision stays where it is."""
    return lambda cut: cut.truncate(offset=seconds, keep_excessive_supervisions=True)


def with_supervision(*spans: tuple[float, float]) -> Make:
    """The cut with a supervision at each of these starts and lengths, its words shared out."""

    def make(cut: Cut) -> Cut:
        (one,) = cut.supervisions
        words = str(one.text).split()
        order = sorted(range(len(spans)), key=lambda at: spans[at])
        texts = dict(zip(order, _shares(words, len(spans)), strict=True))
        cut.supervisions = [_moved(one, at, span, texts[at]) for at, span in enumerate(spans)]
        return cut

    return make


def _moved(one: Any, at: int, span: tuple[float, float], text: str) -> Any:
    return replace(one, id=f"{one.id}-{at}", start=span[0], duration=span[1], text=text)


def _shares(words: list[str], count: int) -> Iterator[str]:
    bounds = [len(words) * at // count for at in range(count + 1)]
    return (" ".join(words[one:two]) for one, two in pairwise(bounds))


def last_window(cut: Cut) -> Cut:
    """The last of the windows that the cut is made into; the supervision covers all of them."""
    return list(cut.cut_into_windows(1.0, keep_excessive_supervisions=True))[-1]


def silent_first(cut: Cut) -> Cut:
    """The cut with a supervision without a word before its own."""
    (one,) = cut.supervisions
    silence = replace(one, id=f"{one.id}-0", duration=0.5, text="")
    cut.supervisions = [silence, replace(one, start=0.5, duration=1.5)]
    return cut


CHANGED = "its recording is changed while it is loaded"

# what Lhotse does to the cut, and from when on it is how long, or why it is refused
CUTS: list[tuple[str, Make, tuple[int, float] | str]] = [
    ("as it is", as_it_is, (START_S, LENGTH_S)),
    ("resampled", lambda cut: cut.resample(8_000), (START_S, LENGTH_S)),
    ("resampled up", lambda cut: cut.resample(44_100), (START_S, LENGTH_S)),
    ("moved", lambda cut: cut.truncate(offset=1.0).with_id("m"), "lies outside its cut"),
    ("longer than its text", with_supervision((0.5, 1.0)), (START_S, LENGTH_S)),
    ("two in order", with_supervision((0.0, 1.0), (1.0, 1.0)), (START_S, LENGTH_S)),
    ("two out of order", with_supervision((1.0, 1.0), (0.0, 0.9)), (START_S, LENGTH_S)),
    ("three, rounded", with_supervision((0.0, 0.72), (0.7, 0.65), (1.3, 0.7)), (START_S, LENGTH_S)),
    ("the first of two silent", silent_first, (START_S, LENGTH_S)),
    ("around its text", lambda cut: cut.extend_by(duration=1.0, pad_silence=False), (2, 4.0)),
    ("as one channel", lambda cut: cut.to_mono()[0] if cut.num_channels > 1 else cut,
     (START_S, LENGTH_S)),
    ("speed", lambda cut: cut.perturb_speed(1.1), f"{CHANGED} (Speed)"),
    ("slower", lambda cut: cut.perturb_speed(0.9), f"{CHANGED} (Speed)"),
    ("tempo", lambda cut: cut.perturb_tempo(1.1), f"{CHANGED} (Tempo)"),
    ("volume", lambda cut: cut.perturb_volume(0.5), f"{CHANGED} (Volume)"),
    ("speed and resampled", lambda cut: cut.perturb_speed(1.1).resample(8_000), "(Speed"),
    ("loudness", lambda cut: cut.normalize_loudness(-20.0), CHANGED),
    ("reverberation", lambda cut: cut.reverb_rir(affix_id=True), CHANGED),
    ("padded", lambda cut: cut.pad(duration=4.0), "a Lhotse MixedCut is not a segment"),
    ("padded to the left", lambda cut: cut.pad(duration=4.0, direction="left"), "MixedCut"),
    ("mixed", lambda cut: cut.mix(cut.with_id("n"), snr=10), "MixedCut"),
    ("appended", lambda cut: cut.append(cut.with_id("n")), "MixedCut"),
    ("overlap", with_supervision((0.0, 1.5), (0.5, 1.5)), "its supervisions overlap"),
    ("one inside another", with_supervision((0.0, 2.0), (0.5, 0.5)), "its supervisions overlap"),
    ("behind its cut", with_supervision((1.0, 2.0)), "lies outside its cut (1 to 3 s of 2 s)"),
    ("before its cut", later(1.0), "lies outside its cut (-1 to 1 s of 1 s)"),
    ("a window", last_window, "lies outside its cut (-1 to 1 s of 1 s)"),
    ("no supervision", lambda cut: cut.drop_supervisions(), "the cut has no supervision"),
]  # fmt: skip


SOUND = CUTS[:1] * 16
"""Enough to draw splits from."""

# channels of the cut and of its supervisions, of a stereo recording; the one that is carried
STEREO: list[tuple[str, int | list[int], Sequence[int | list[int]], int | str]] = [
    ("first", 0, [0], 0),
    ("second", 1, [1], 1),
    ("second of both", [0, 1], [1], 1),
    ("a list of one", [0, 1], [[0]], 0),
    ("a MultiCut of one", [1], [[1]], 1),
    ("twice on one", [0, 1], [1, 1], 1),
    ("both at once", [0, 1], [[0, 1]], "2 channels"),
    ("one after the other", [0, 1], [0, 1], "its supervisions are on different channels (0, 1)"),
    ("the other one", 0, [1], "its supervision is on another channel (1, the cut is of 0)"),
    ("none that is there", 2, [2], "its text is on channels 2 of 0, 1"),
]


def cuts(folder: Path) -> tuple[list[Cut], list[Case]]:
    """The cuts of all cases, each of a recording of its own."""
    from lhotse import Recording

    made, cases = [], []
    for number, (name, make, due) in enumerate([*CUTS, *SOUND]):
        recording = Recording.from_file(write_stepped(folder / f"{number}.wav", number))
        cut = recording.to_cut().truncate(offset=START_S, duration=LENGTH_S)
        cut.supervisions = spoken(number)
        made.append(make(cut.with_id(f"c{number}")))
        place = due if isinstance(due, str) else Place(number, *due)
        cases.append(Case(name, sentence(number), place))
    return made, cases


def stereo_cuts(folder: Path, first: int) -> tuple[list[Cut], list[Case]]:
    """The cuts of stereo recordings; `first` is the number of the first file."""
    from lhotse import MonoCut, MultiCut, Recording

    made: list[Cut] = []
    cases = []
    for at, (name, channel, spoken_on, due) in enumerate(STEREO):
        left, right, number = first + at, first + at + len(STEREO), first + at
        audio = folder / f"{number}.wav"
        sf.write(audio, np.stack([stepped(left), stepped(right)], axis=1), RATE)
        kind = MultiCut if isinstance(channel, list) else MonoCut
        parts = spoken(number, spoken_on)
        recording = Recording.from_file(audio)
        made.append(kind(f"c{number}", START_S, LENGTH_S, channel, parts, recording=recording))
        place = due if isinstance(due, str) else Place((left, right)[due], START_S, LENGTH_S)
        cases.append(Case(name, sentence(number), place))
    return made, cases


# what is done to the recording, start, length and channel of the supervision, and what is due
SEGMENTS: list[tuple[str, Callable[[Any], Any], tuple[float, float, int], Place | str]] = [
    ("a segment", lambda cut: cut, (3.0, 2.0, 0), Place(0, 3, 2.0)),
    ("a rounded end", lambda cut: cut, (6.0, 2.005, 0), Place(0, 6, 2.005)),
    ("resampled", lambda cut: cut.resample(8_000), (3.0, 2.0, 0), Place(0, 3, 2.0)),
    ("speed", lambda cut: cut.perturb_speed(1.1), (3.0, 2.0, 0), CHANGED),
    ("tempo", lambda cut: cut.perturb_tempo(0.9), (3.0, 2.0, 0), CHANGED),
    ("behind the end", lambda cut: cut, (7.0, 2.0, 0), "reaches behind its recording (ends at 9 s"),
    ("no such channel", lambda cut: cut, (3.0, 2.0, 1), "its text is on channels 1 of 0"),
]


def supervisions(folder: Path, first: int) -> tuple[Path, list[Case]]:
    """Supervisions with their recordings beside; `first` is the number of the first file."""
    from lhotse import Recording, RecordingSet, SupervisionSet

    recordings, segments, cases = [], [], []
    for number, (name, change, (start, length, channel), due) in enumerate(SEGMENTS, first):
        recording = Recording.from_file(write_stepped(folder / f"{number}.wav", number))
        recordings.append(replace(change(recording), id=f"r{number}"))
        (one,) = spoken(number)
        moved = replace(one, start=start, duration=length, channel=channel)
        segments.append(replace(moved, recording_id=f"r{number}"))
        place = due if isinstance(due, str) else replace(due, file=number)
        cases.append(Case(name, sentence(number), place))
    path = folder / "supervisions.jsonl.gz"
    SupervisionSet.from_segments(segments).to_file(path)
    RecordingSet.from_recordings(recordings).to_file(folder / "recordings.jsonl.gz")
    return path, cases


def spoken(number: int, channels: Sequence[int | list[int]] = (0,)) -> list[Any]:
    """The supervisions of a cut, one after the other on these channels."""
    from lhotse import SupervisionSegment

    length = LENGTH_S / len(channels)
    texts = _shares(sentence(number).split(), len(channels))
    return [
        SupervisionSegment(
            f"s{number}-{at}", f"{number}", at * length, length, channel, text, "en", f"s{number}"
        )
        for at, (channel, text) in enumerate(zip(channels, texts, strict=True))
    ]


def test_cuts_are_what_lhotse_made_of_them_or_refused(world: World, tmp_path: Path) -> None:
    from lhotse import CutSet

    mono, cases = cuts(tmp_path)
    stereo, more = stereo_cuts(tmp_path, len(mono))
    beside, others = supervisions(tmp_path, len(mono) + len(stereo) + len(STEREO))
    path = tmp_path / "cuts.jsonl.gz"
    CutSet.from_cuts([*mono, *stereo]).to_file(path)
    options = replace(USUAL, split=SPLIT)
    model = world.model("ctc").path
    journey = Journey([path, beside], tmp_path / "out", options, model)
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    assert misplaced(journey, {str(path): [*cases, *more], str(beside): others}) == []
    assert miscounted(journey) == []
