"""Results of the audio analysis: faults by kind, and formats."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.profile import Profile
from reports.charts import drawn
from reports.charts.drawn import Figure
from reports.format import count, percent, plural, share
from reports.sections.declare import joined, titled
from reports.tables import Column, Table
from reports.transcripts import visible

_DEPTHS = {
    "header": "headers only",
    "signal": "all samples",
    "vad": "all samples, and voice activity (VAD)",
}


def audio(profile: Profile) -> Markup | None:
    """How much was analysed, what is at fault, and in which formats it is."""
    analysis = profile.audio
    if analysis is None:
        return None
    looked = share(analysis.analysed, analysis.rows)
    faulty = sum(each.rows for each in analysis.faults)
    figures = drawn.figures(
        (
            Figure("analysed", _DEPTHS.get(analysis.depth, visible(analysis.depth))),
            Figure("rows analysed", count(analysis.analysed), f"{percent(looked)} of all"),
            Figure("at fault", count(faulty), f"of {plural(analysis.analysed, 'row')}"),
        )
    )
    return joined(figures, _faults(profile), titled("Formats", _codecs(profile)))


def _faults(profile: Profile) -> Markup | None:
    if profile.audio is None or not profile.audio.faults:
        return None
    columns = (
        Column("fault", "name"),
        Column("rows", "count"),
        Column("hours", "hours"),
        Column("first seen at", "name"),
        Column("what is wrong there", "text"),
    )
    rows = [
        (each.fault, each.rows, each.hours, each.example.id, each.example.why)
        for each in profile.audio.faults
    ]
    return Table("Audio faults", columns, rows).render()


def _codecs(profile: Profile) -> Markup | None:
    if profile.audio is None or not profile.audio.codecs:
        return None
    columns = (Column("format", "name"), Column("rows", "count"), Column("hours", "hours"))
    rows = [(each.codec, each.rows, each.hours) for each in profile.audio.codecs]
    return Table("Formats", columns, rows).render()
