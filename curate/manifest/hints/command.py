"""The whole `curate manifest` command that reads an input whose columns have other names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from curate.manifest.hints.given import as_option_words, stem_of, whole_command
from curate.manifest.hints.guesses import guess_columns
from curate.manifest.hints.nearby import are_there, placed_near
from curate.manifest.hints.samples import Sample, sample_of
from curate.manifest.sniff import Look
from curate.manifest.tables import columns_of
from curate.text.ids import SPEAKER_FIELDS

UNKNOWN = "COLUMN"
"""Stands for a column that nothing points to."""
NEEDED = ("audio_filepath", "text")
"""Fields for which a column is needed; durations may be measured."""
_LANGUAGES = ("lang", "target_lang", "source_lang")


@dataclass(frozen=True, slots=True)
class Proposal:
    """How an input may be read: by field the column that is to be mapped (UNKNOWN where nothing
    points to one), further options, the input's `columns`, and by field those that are `guessed`.
    `has_lengths` is false where rows are segments of which only the beginning is given: then no
    length is right.
    """

    maps: Mapping[str, str]
    options: Sequence[str]
    columns: Sequence[str]
    guessed: Mapping[str, str]
    has_lengths: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether a column is known for all that a record needs, and something is proposed."""
        is_known = UNKNOWN not in self.maps.values() and self.has_lengths
        return is_known and bool(self.guessed or self.options)

    @property
    def places_audio(self) -> bool:
        """Whether the audio was found."""
        return not {"--audio-root", "--path-map"}.isdisjoint(self.options)

    def command(self, name: str) -> str:
        """The command that reads the input of this name: the one that was typed, completed."""
        maps = [("--map", "=".join(pair)) for pair in self.maps.items()]
        return whole_command([name], [*maps, *as_option_words(self.options)], stem_of(name))

    def hint(self, name: str) -> str:
        """The command, after the columns where not all are recognised; empty where no length is
        right.
        """
        if not self.has_lengths:
            return ""
        command = self.command(name)
        if UNKNOWN not in self.maps.values():
            return command
        return (
            f"its columns are {', '.join(self.columns)}; put the right one for {UNKNOWN}: {command}"
        )


def propose(look: Look, options: Sequence[str] = ()) -> Proposal | None:
    """What to read of a file's columns; None of what has none. `options` are given already."""
    sample = sample_of(look)
    if sample is None:
        return None
    known = _known(sample, look.fields)
    guessed = guess_columns(sample, known)
    fields = {**known, **guessed}
    if len(sample.names) < len(NEEDED):
        return None
    unknown = {name: UNKNOWN for name in NEEDED if name not in fields}
    maps = {**look.fields, **unknown, **guessed}
    given = [*options, *_number_options(sample, fields)]
    if look.audio_root is not None:
        given += ["--audio-root", look.audio_root]
    elif "--path-map" not in given:
        given += _places(sample, fields, look.name)
    order = [
        *(name for name in _ORDER if name in maps),
        *(name for name in maps if name not in _ORDER),
    ]
    proposed = {name: maps[name] for name in order}
    return Proposal(proposed, given, sample.names, guessed, not _lacks_end(fields))


def columns_hint(look: Look, folder: str | None = None) -> str:
    """A command for a table or JSON lines, which reads the file itself, or the `folder` that it is
    in, where audio is found by its name only; empty of what has no columns.
    """
    proposal = propose(look)
    if proposal is None or folder is None:
        return "" if proposal is None else proposal.hint(look.name)
    options = [each for each in proposal.options if each == "--cast"]
    return replace(proposal, options=options).hint(folder)


_ORDER = ("audio_filepath", "text", "duration", "offset", "end", "lang", "speaker")


def _lacks_end(fields: Mapping[str, str]) -> bool:
    """Whether rows are segments of which only the beginning is read."""
    return "offset" in fields and not {"duration", "end"} & fields.keys()


def _known(sample: Sample, fields: Mapping[str, str]) -> dict[str, str]:
    """The columns that are read as a field without any mapping, or with that which is given."""
    if sample.is_table:
        return dict(columns_of(sample.names, fields))
    own = {name: name for name in ("audio_filepath", "text", "duration", "offset")}
    own["speaker"] = next((name for name in SPEAKER_FIELDS if name in sample.names), "speaker")
    own["lang"] = next((name for name in _LANGUAGES if name in sample.names), "lang")
    return {name: its for name, its in {**own, **fields}.items() if its in sample.names}


def _number_options(sample: Sample, fields: Mapping[str, str]) -> list[str]:
    """Options that read durations and offsets as they stand, or measure the durations of JSON lines
    that have none (those of tables are measured without).
    """
    times = [name for field in ("duration", "offset", "end") if (name := fields.get(field))]
    options = ["--cast"] if any(sample.is_written(name) for name in times) else []
    has_length = "end" in fields or sample.has_numbers(fields.get("duration", ""))
    if not sample.is_table and not has_length:
        options.append("--measure-duration")
    return options


def _places(sample: Sample, fields: Mapping[str, str], name: str) -> list[str]:
    """Options that say where the audio is, where its paths as they stand lead to none."""
    column = fields.get("audio_filepath")
    paths = [value for value in sample.values(column or "") if isinstance(value, str)]
    folder = os.path.dirname(name) or "."  # noqa: PTH120 - as it is written
    if not paths or are_there(paths, folder):
        return []
    return list(placed_near(paths, folder) or ())
