"""Options of `curate shard`, validated all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import ConfigError, Fault, parameter, raise_all
from curate.formatting.units import parse_bytes
from curate.shards.audio import AUDIO_FORMATS, KEEP, OPUS_RATES, StoredAudio
from curate.shards.tokens import check_tokenizers

if TYPE_CHECKING:
    from curate.artifacts.shard_index import RecordedOptions

FORMATS = ("shar", "nemo_tarred", "hf")
"""What shards can be written as: Lhotse Shar, NeMo's tarred data set, Parquet for Hugging Face."""

SHARD_BY = ("lang", "source", "duration")
"""What shards can be separated by."""

_LEAST_BYTES = 1_000_000
_FASTEST, _SLOWEST = 192_000, 4_000


@dataclass(frozen=True, slots=True)
class ShardSize:
    """The most that a shard holds: so many `cuts`, or about so many `bytes` of audio."""

    cuts: int | None = None
    bytes: int | None = None


DEFAULT_SIZE = ShardSize(cuts=1000)


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """What is written, and how: all that decides on its bytes beside the split.

    `format` is one of FORMATS, `size` the most that a shard holds; `shard_by` are the kinds
    (SHARD_BY) that shards are separated by. `audio` is how audio is stored; `audio_root` is where
    relative paths begin (None: where the profile had it, else at each manifest's folder), `allowed`
    the roots that audio must lie in (empty: anywhere). Sampling weights go by hours to the power
    `temperature`; training gets duration `buckets`, by tokens too where `tokenizers` are named.
    """

    format: str = "shar"
    size: ShardSize = DEFAULT_SIZE
    seed: int = 0
    shard_by: tuple[str, ...] = ()
    audio: StoredAudio = KEEP
    audio_root: Path | None = None
    allowed: tuple[str, ...] = ()
    temperature: float = 0.5
    buckets: int = 30
    tokenizers: tuple[str, ...] = ()

    @property
    def roots(self) -> tuple[Path, ...]:
        """The `allowed` roots that audio must lie in, as paths; empty: anywhere."""
        return tuple(map(Path, self.allowed))

    def recorded(self) -> RecordedOptions:
        """The options as shards.json records them."""
        from curate.artifacts.shard_index import AudioOption, RecordedOptions, SizeOption

        audio = self.audio
        return RecordedOptions(
            format=self.format,
            size=SizeOption(cuts=self.size.cuts, bytes=self.size.bytes),
            seed=self.seed,
            shard_by=self.shard_by,
            audio=AudioOption(format=audio.format, rate=audio.rate, mono=audio.mono),
            audio_root=None if self.audio_root is None else str(self.audio_root),
            allowed=self.allowed,
            temperature=self.temperature,
            buckets=self.buckets,
            tokenizers=self.tokenizers,
        )


def parse_size(text: str) -> ShardSize:
    """`1000` is cuts, `512MB` bytes of audio; ConfigError for anything else.

    >>> parse_size("512MB")
    ShardSize(cuts=None, bytes=512000000)
    """
    size, number = parse_bytes(text), text.strip()
    if size is not None and size >= _LEAST_BYTES:
        return ShardSize(bytes=size)
    if number.isascii() and number.isdigit() and int(number) > 0:
        return ShardSize(cuts=int(number))
    hint = "a number of cuts (1000), or bytes of audio from 1MB on (512MB, 2GB)"
    raise ConfigError.of(parameter("size"), f"{text!r} is not a valid shard size", hint)


def check_options(options: ShardOptions) -> None:
    """ConfigError with everything that cannot be."""
    raise_all(ConfigError, list(_faults(options)))
    check_tokenizers(options.tokenizers)


def _faults(options: ShardOptions) -> Iterator[Fault]:
    yield from _unknown("format", (options.format,), FORMATS)
    yield from _unknown("shard_by", options.shard_by, SHARD_BY)
    audio = options.audio
    if audio.format is not None:
        yield from _unknown("audio.format", (audio.format,), AUDIO_FORMATS)
    if audio.rate is not None and not _SLOWEST <= audio.rate <= _FASTEST:
        yield Fault(
            parameter("audio.rate"),
            f"{audio.rate} Hz is not a valid sampling rate for speech",
            "try 16000",
        )
    elif audio.format == "opus" and audio.rate not in (None, *OPUS_RATES):
        known = ", ".join(map(str, OPUS_RATES))
        yield Fault(parameter("audio.rate"), f"Opus has no {audio.rate} Hz", f"it has {known}")
    if not 0.0 <= options.temperature <= 1.0:
        what = f"{options.temperature:g} is not between 0 (all alike) and 1 (by hours)"
        yield Fault(parameter("temperature"), what, "0.5 is usual")
    if options.buckets < 2:
        yield Fault(parameter("buckets"), f"{options.buckets} is too few", "2 or more; 30 is usual")


def _unknown(field: str, values: Sequence[str], known: Sequence[str]) -> Iterator[Fault]:
    for value in values:
        if value not in known:
            yield Fault(parameter(field), f"{value!r} is not known", f"known: {', '.join(known)}")
