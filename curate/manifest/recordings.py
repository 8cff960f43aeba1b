"""What Lhotse's JSON says of recordings, cuts and supervisions, as NeMo records.

A record is one stretch of one channel, or of all channels, of one file as it is stored. What Lhotse
would make of it while it loads (speed, gain, a mix), or whose text belongs to something else than
the audio of the record, is refused with the reason: nothing is guessed. Lhotse is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from curate.manifest.origin import command_of, is_command
from curate.manifest.strict import Malformed, Record

SLACK_S = 0.1
"""So far a supervision may reach out of its cut, or into the next: times are rounded."""
OVERRUN_S = 0.25
"""So far a segment may end behind its recording, as for audio files."""

_PLAIN_CUTS = frozenset({"MonoCut", "MultiCut", "Cut"})
_HARMLESS = frozenset({"Resample"})
"""Transforms that leave every time and sound in its place: NeMo resamples for itself."""


class Recording(NamedTuple):
    """A recording: its files with the channels in each, and what is done to them while loading."""

    id: str
    files: Sequence[tuple[str, Sequence[int]]]
    duration_s: float | None
    rate: object
    transforms: Sequence[str]

    @classmethod
    def of(cls, value: object) -> Recording | None:
        """The recording of a JSON object; None where there is none."""
        if not isinstance(value, dict) or not value:
            return None
        sources = value.get("sources")
        id = str(value.get("id"))
        files = (
            [_file(id, source) for source in sources if isinstance(source, dict)]
            if (isinstance(sources, list))
            else []
        )
        transforms = value.get("transforms")
        return cls(
            id,
            files,
            _number(value.get("duration")),
            value.get("sampling_rate"),
            [str(_object(each).get("name")) for each in transforms]
            if isinstance(transforms, list)
            else [],
        )

    @property
    def channels(self) -> list[int]:
        """All channels, over all files."""
        return sorted({channel for _, channels in self.files for channel in channels})

    def place_of(self, channels: frozenset[int]) -> tuple[str, int | None]:
        """The file of these channels, and the number of the channel in it; None for all of it.

        Malformed where the recording is not loaded as it is stored, or they are not one channel or
        all channels of one file.
        """
        changed = [name for name in self.transforms if name not in _HARMLESS]
        if changed:
            raise Malformed(f"its recording is changed while it is loaded ({', '.join(changed)})")
        if not self.files:
            return self.id, None
        for audio, there in self.files:
            if channels <= set(there):
                if len(there) == len(channels):
                    return audio, None
                if len(channels) == 1:
                    return audio, list(there).index(next(iter(channels)))
        known = ", ".join(map(str, self.channels))
        raise Malformed(f"its text is on channels {_listed(channels)} of {known}")


def record_of_cut(cut: Record) -> Record:
    """A cut as one NeMo record; Malformed where it is not one stretch of one recording.

    Several supervisions are read one after the other as one text, those without a word left out;
    their language and speaker count where all of them agree.
    """
    kind = cut.get("type", "MonoCut")
    if kind not in _PLAIN_CUTS:
        raise Malformed(f"a Lhotse {kind} is not a segment of one recording")
    supervisions = _in_order(cut)
    recording = Recording.of(cut.get("recording"))
    start, duration = cut.get("start"), cut.get("duration")
    _check_within(recording, start, duration)
    audio, channel = _place(cut, supervisions, recording)
    return {
        **_custom(cut, *supervisions),
        "id": cut.get("id"),
        "audio_filepath": audio,
        "offset": start,
        "duration": duration,
        **_text(supervisions),
        "lang": _agreed(supervisions, "language"),
        "speaker": _agreed(supervisions, "speaker"),
        "channel": channel,
        "recording_sampling_rate": None if recording is None else recording.rate,
    }


def record_of_supervision(one: Record, recordings: Mapping[str, Recording]) -> Record:
    """A supervision segment as one NeMo record."""
    recording = recordings.get(str(one.get("recording_id")))
    if recording is None:
        raise Malformed(f"its recording is not in the recordings file ({one.get('recording_id')})")
    start, duration = one.get("start"), one.get("duration")
    _check_within(recording, start, duration)
    audio, channel = recording.place_of(_channels(one.get("channel"), frozenset({0})))
    return {
        **_custom(one),
        "id": one.get("id"),
        "audio_filepath": audio,
        "offset": start,
        "duration": duration,
        **_text([one]),
        "lang": one.get("language"),
        "speaker": one.get("speaker"),
        "channel": channel,
    }


def _file(id: str, source: Record) -> tuple[str, Sequence[int]]:
    """The path of a source that is a file, the address of one on the web, else the recording's id.

    That of a command says so, and holds nothing of the command.
    """
    channels = source.get("channels")
    there = (
        [int(each) for each in channels if isinstance(each, int)]
        if (isinstance(channels, list))
        else [0]
    )
    place, kind = source.get("source"), source.get("type")
    if kind == "command" or (isinstance(place, str) and is_command(place)):
        return command_of(id), there
    return (str(place) if kind in {"file", "url"} and place else id), there


def _in_order(cut: Record) -> list[Record]:
    """The cut's supervisions by time; Malformed where they leave it, or speak at once."""
    supervisions = cut.get("supervisions")
    if not isinstance(supervisions, list) or not supervisions:
        raise Malformed("the cut has no supervision")
    if not all(isinstance(one, dict) for one in supervisions):
        raise Malformed("a supervision is not a JSON object")
    spans = [(_number(one.get("start")), _number(one.get("duration"))) for one in supervisions]
    length = _number(cut.get("duration"))
    if len(spans) == 1 and None in spans[0]:
        return list(supervisions)
    ends = []
    for start, duration in spans:
        if start is None or duration is None:
            raise Malformed("a supervision has no start or no duration")
        ends.append(start + duration)
        outside = start < -SLACK_S or ends[-1] > (length or 0.0) + SLACK_S
        if length is not None and length > 0 and outside:
            what = f"{start:g} to {ends[-1]:g} s of {length:g} s"
            raise Malformed(f"a supervision lies outside its cut ({what})")
    order = sorted(range(len(spans)), key=lambda at: (spans[at][0], ends[at]))
    for one, other in pairwise(order):
        start = spans[other][0]
        assert start is not None
        if ends[one] > start + SLACK_S:
            raise Malformed(f"its supervisions overlap (by {ends[one] - start:g} s)")
    return [supervisions[at] for at in order]


def _check_within(recording: Recording | None, start: object, duration: object) -> None:
    begin, length = _number(start), _number(duration)
    if recording is None or recording.duration_s is None or begin is None or length is None:
        return
    if begin + length > recording.duration_s + OVERRUN_S:
        what = f"ends at {begin + length:g} s, the recording at {recording.duration_s:g} s"
        raise Malformed(f"the segment reaches behind its recording ({what})")


def _place(
    cut: Record, supervisions: Sequence[Record], recording: Recording | None
) -> tuple[object, int | None]:
    """The audio of a cut, and which of its channels speaks; None for all of them."""
    channels = _channels(cut.get("channel"), frozenset({0}))
    spoken = {_channels(one.get("channel"), channels) for one in supervisions}
    if len(spoken) > 1:
        listed = ", ".join(sorted(map(_listed, spoken)))
        raise Malformed(f"its supervisions are on different channels ({listed})")
    (speaking,) = spoken
    if not speaking <= channels:
        what = f"{_listed(speaking)}, the cut is of {_listed(channels)}"
        raise Malformed(f"its supervision is on another channel ({what})")
    if recording is None:
        return supervisions[0].get("recording_id"), None
    return recording.place_of(speaking)


def _channels(value: object, otherwise: frozenset[int]) -> frozenset[int]:
    """Channels as Lhotse has them, one number or several; `otherwise` where none is given."""
    if value is None:
        return otherwise
    several = value if isinstance(value, list) else [value]
    if not several or not all(
        isinstance(channel, int) and not isinstance(channel, bool) for channel in several
    ):
        raise Malformed(f"its channel is not a number ({value!r})")
    return frozenset(several)


def _listed(channels: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(channels)))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _object(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _text(supervisions: Sequence[Record]) -> Record:
    """The field of the text; none where one lacks it, or where only some say that it is null."""
    texts = [one["text"] for one in supervisions if "text" in one]
    if len(texts) < len(supervisions) or len({text is None for text in texts}) > 1:
        return {}
    if len(texts) == 1 or not all(isinstance(text, str) for text in texts):
        return {"text": next((text for text in texts if not isinstance(text, str)), texts[0])}
    return {"text": " ".join(str(text) for text in texts if str(text).strip())}


def _agreed(supervisions: Sequence[Record], key: str) -> object:
    values = [one.get(key) for one in supervisions]
    return values[0] if all(value == values[0] for value in values) else None


def _custom(*holders: Record) -> Record:
    return {key: value for one in holders for key, value in _object(one.get("custom")).items()}
