"""Single records and utterances, with their text: where one stops counting and starts reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from curate.artifacts.clips import Clip, Clips
from curate.artifacts.distributions import Metric
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import PredictedRecord
from curate.artifacts.records import MeasuredRecord, ShownRecord, TaggedRecord
from reports.align import MOST, alignment
from reports.artefacts import Loaded
from reports.format import UNKNOWN, number, percent, plural, seconds
from reports.sections.declare import joined
from reports.sections.room import SizeBudget
from reports.tables import name, verdict
from reports.templating import render
from reports.transcripts import WHOLE, Range, escaped, marked, transcript
from train.artifacts.wer import Utterance, Wer

_MOST = 40
_BORDERLINE, _WORST = 150_000, 250_000
"""Bytes of transcripts on the page of a profile."""


def borderline_records(page: Loaded[Profile]) -> Markup | None:
    """For each rule some of the records that it finds borderline."""
    profile, room, clips = page.artefact, SizeBudget(_BORDERLINE), clips_by_id(page.clips)
    shown = [item for item in profile.borderline if item.records]
    limits = {hit.rule: hit.condition for hit in profile.rules_hit if hit.severity == "borderline"}
    folds = [
        render(
            "fold",
            title=name(item.rule),
            note=limits.get(item.rule) or "",
            unfolded=at == 0,
            body=listed(item.records, room, clips, metric=item.metric),
        )
        for at, item in enumerate(shown)
    ]
    return joined(clips_note(page.clips), *folds) if folds else None


def clips_by_id(clips: Clips | None) -> dict[str, Clip]:
    """The clips that a page may play, to be taken out one by one."""
    return dict(clips.clips) if clips else {}


def clips_note(clips: Clips | None) -> Markup | None:
    """How much audio can be played on the page, and what cannot; nothing where no clips are
    requested.
    """
    if clips is None or not clips.most:
        return None
    out = clips.left_out
    reasons = (
        ("without usable audio", out.no_audio),
        ("beyond the page's size limit", out.no_room),
        ("beyond the requested number", out.more),
    )
    reasons_text = [f"{plural(many, 'record')} {why}" for why, many in reasons if many]
    shown = f"audio of {plural(len(clips.clips), 'record')} (at most {clips.most:,})"
    return Markup('<p class="note">{}.</p>').format("; ".join([shown, *reasons_text]))


def worst_records(page: Loaded[Profile]) -> Markup | None:
    """The outliers of each metric, metrics with limits first, the first one unfolded.

    A metric with one value has none.
    """
    profile = page.artefact
    metrics = [each for each in profile.metrics if each.worst and each.min != each.max]
    metrics.sort(key=lambda metric: not metric.thresholds)
    above = {record.id for item in profile.borderline for record in item.records}
    clips = {id: clip for id, clip in clips_by_id(page.clips).items() if id not in above}
    room = SizeBudget(_WORST)
    note = None if any(item.records for item in profile.borderline) else clips_note(page.clips)
    return joined(
        note if metrics else None,
        *(_fold(metric, clips, room, unfolded=at == 0) for at, metric in enumerate(metrics)),
    )


def _fold(metric: Metric, clips: dict[str, Clip], room: SizeBudget, *, unfolded: bool) -> Markup:
    amount = plural(len(metric.worst[:_MOST]), "record")
    return render(
        "fold",
        title=name(metric.name),
        note=f"{amount} ({metric.unit})" if metric.unit else amount,
        unfolded=unfolded,
        body=listed(metric.worst[:_MOST], room, clips, metric=metric.name),
    )


def facts(record: ShownRecord) -> list[Markup]:
    """What is known of a record beside its value and its text."""
    word = record.verdict if isinstance(record, MeasuredRecord | PredictedRecord) else None
    tags = record.tags if isinstance(record, TaggedRecord) else ()
    known = [name(record.id) if record.id else None, _length(record.duration_s)]
    known += [verdict(word) if word else None, _spoken(record.lang)]
    known += [_spoken(record.speaker, "speaker "), _spoken(", ".join(filter(None, tags)))]
    known += [name(record.audio_filepath) if record.audio_filepath else None]
    return [item for item in known if item]


def listed(
    records: Sequence[ShownRecord],
    room: SizeBudget,
    clips: dict[str, Clip] | None = None,
    about: Callable[[Any], list[Markup]] = facts,
    value: Callable[[Any], str] = lambda record: number(record.value),
    metric: str = "",
) -> Markup | None:
    """Records with their value, their text, their audio, and what is known of them; None for
    none. Clips that are shown are taken out of `clips`, and what is written out of `room`. With
    `metric` a chart of it finds those of a bar.
    """
    shown = [
        {
            "value": value(record),
            "by": getattr(record, "value", None),
            "text": _transcript(record, room),
            "prediction": _prediction(record, room),
            "about": about(record),
            "clip": _clip((clips or {}).pop(record.id or "", None), record),
        }
        for record in records
    ]
    return render("records", records=shown, metric=metric) if shown else None


def _clip(clip: Clip | None, record: ShownRecord) -> dict[str, object] | None:
    """A clip as the template plays it; each stands once on a page, where its record comes first."""
    if clip is None:
        return None
    label = f"{number(clip.seconds)} s of {record.id or UNKNOWN}"
    return {**clip.model_dump(), "label": f"the first {label}" if clip.cut else label}


def _transcript(record: ShownRecord, room: SizeBudget) -> Markup:
    """A record's transcript with its marks; of a long one only a stretch where there is no room."""
    parts = [Range(*mark.span, mark.what) for mark in record.marks]
    return room.fit(
        lambda: transcript(record.text, record.lang, parts),
        lambda: transcript(record.text, record.lang, parts, most=0),
        least=min(len(record.text or ""), WHOLE),
    )


def _prediction(record: ShownRecord, room: SizeBudget) -> Markup | None:
    """How `pred_text` differs from the text; None where it does not, or there is none."""
    text, hypothesis = record.text, record.pred_text
    if text is None or hypothesis is None or text.split() == hypothesis.split():
        return None
    least = min(len(text), MOST)
    return room.fit(
        lambda: alignment(text[:WHOLE], hypothesis[:WHOLE], record.lang, exact=False), least=least
    )


def _length(duration_s: float | None) -> Markup | None:
    return None if duration_s is None else Markup(escaped(seconds(duration_s)))  # noqa: S704


def _spoken(text: str | None, before: str = "") -> Markup | None:
    return Markup(f"{before}{marked(text)}") if text else None  # noqa: S704 - before is our own


def worst_utterances(wer: Wer) -> Markup | None:
    """The utterances with most errors, word by word."""
    if not wer.worst:
        return None
    room = SizeBudget()
    records = [
        {
            "value": percent(item.wer, 0),
            "text": room.fit(partial(alignment, item.reference, item.hypothesis, item.lang)),
            "about": _utterance(item),
        }
        for item in wer.worst[:_MOST]
    ]
    hidden = max(0, len(wer.worst) - _MOST)
    more = Markup('<p class="note">{:,} more are in wer.json.</p>').format(hidden)
    return joined(render("records", records=records), more if hidden else None)


def _utterance(item: Utterance) -> list[Markup]:
    known = [name(item.id), _length(item.duration_s), _spoken(item.lang)]
    return [part for part in (*known, _spoken(item.speaker, "speaker ")) if part]
