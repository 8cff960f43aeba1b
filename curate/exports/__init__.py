"""One manifest of whatever the formats read, as NeMo's lines or in another form of OUTPUTS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from curate.artifacts.manifest import ConvertedInput, ManifestWritten
from curate.artifacts.outputs import check_out, full_disk_as_error, whole_directory, whole_file
from curate.environment.execution import QUIET, Execution
from curate.errors import ConfigError, InputError, parameter
from curate.errors.nearest import suggest
from curate.exports.output import Output, Report
from curate.exports.outputs import NEMO, OUTPUTS
from curate.exports.spooled import Spooled
from curate.formatting.units import US_PER_HOUR, plural
from curate.manifest.convert import Converter
from curate.manifest.read import find_sources
from curate.manifest.recipes import prepare
from curate.manifest.text_tally import tally_of, with_changes
from curate.manifest.unread_tiers import tier_warnings
from curate.manifest.unusable import warnings_of
from curate.manifest.write import (
    ManifestRequest,
    answer,
    refuse_inputs,
    try_text_rules,
    without_files,
    write_malformed,
    write_manifest,
)

_BY_SUFFIX = {".csv": "csv"}
"""The form of an output whose name says it."""


def write_records(
    request: ManifestRequest, to: str | None = None, execution: Execution = QUIET
) -> ManifestWritten:
    """Write the records of all inputs in the form `to`; by default NeMo's lines, or what the
    output's name says.

    As `write_manifest`: whole, or nothing. A record that the form cannot hold goes to
    `request.malformed` with the reason, as a line does that holds no record. What a recipe prepares
    stays in `request.prepared`, whose lines the records are. A dry run writes only what text rules
    change. ConfigError for an
    unknown form, and for a folder that this command did not write.
    """
    if request.recipe is not None:
        prepared = prepare(request.recipe, request.inputs, request.prepared)
        made = write_records(
            replace(request, inputs=[str(prepared.folder)], recipe=None), to, execution
        )
        return made.model_copy(update={"warnings": (*made.warnings, *prepared.warnings)})
    name = to or _BY_SUFFIX.get(request.out.suffix.lower(), NEMO)
    if request.dry_run:
        return try_text_rules(request, execution)
    output = next((each for each in OUTPUTS if each.name == name), None)
    if request.mono and not (output and output.holds_audio):
        holding = " or ".join(each.name for each in OUTPUTS if each.holds_audio)
        what, hint = f"is for forms that hold the audio; this is {name}", f"--to {holding}"
        raise ConfigError.of(parameter("mono"), what, hint)
    if name == NEMO:
        return write_manifest(request, execution)
    if output is None:
        hint = suggest(name, [NEMO, *(each.name for each in OUTPUTS)])
        raise ConfigError.of(parameter("to"), f"unknown form {name!r}", hint)
    if output.is_folder:
        check_out(request.out, output.marker)
    with full_disk_as_error(request.out), TemporaryFile() as malformed, TemporaryFile() as file:
        spooled = Spooled(file, find_sources(request.inputs, request.reading_in_root))
        refuse_inputs(spooled.origins, request)
        tally = tally_of(spooled.origins, request.text_changes)
        convert = Converter(None, request.audio_root, spooled, malformed, tally, request.channel)
        inputs = convert.add_all(spooled.origins)
        if not any(each.records for each in inputs):
            raise InputError(*convert.unusable)
        report = Report(malformed, request.out, request.mono)
        with _place(output, request.out) as scratch:
            output.write(spooled, scratch, report)
            inputs = tuple(_held(each, at, report) for at, each in enumerate(inputs))
            _refuse_empty(inputs, output, report)
        write_malformed(malformed, request.malformed)
    elsewhere: list[str] = []
    if not output.holds_audio:
        elsewhere += convert.audio_warnings(request.out)
        elsewhere += without_files(spooled.origins, request)
    made = answer(
        request,
        inputs,
        convert.reasons + report.reasons,
        [
            *warnings_of(convert.unusable),
            *convert.undecoded.warnings(),
            *elsewhere,
            *tier_warnings(spooled.origins),
            *report.warnings,
        ],
        name,
    )
    return with_changes(made, tally, request.text_changes, execution)


def _place(output: Output, out: Path) -> AbstractContextManager[Path]:
    """The scratch path of an output. Of an older folder, files with names of its own go."""
    if not output.is_folder:
        return whole_file(out)
    there = out.iterdir() if out.is_dir() else ()
    own = frozenset(each.name for each in there if re.fullmatch(output.own_names, each.name))
    return whole_directory(out, own, output.marker)


def _held(each: ConvertedInput, number: int, report: Report) -> ConvertedInput:
    """What became of an input, less the records that the output could not hold."""
    refused, skipped = report.refused[number], report.refused_skipped[number]
    return each.model_copy(
        update={
            "records": each.records - refused,
            "skipped": each.skipped - skipped,
            "malformed": each.malformed + refused + skipped,
            "hours": each.hours - report.refused_us[number] / US_PER_HOUR,
        }
    )


def _refuse_empty(inputs: Sequence[ConvertedInput], output: Output, report: Report) -> None:
    """InputError where the output would hold no record, with the commonest reason."""
    if not any(each.records for each in inputs):
        reason, count = report.reasons.most_common(1)[0]
        what = f"no record can be written as {output.name}: {reason} ({plural(count, 'record')})"
        raise InputError.of(inputs[0].source, what)
