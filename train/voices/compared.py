"""How voices compare with their speakers: the lines of voices.jsonl, and voices.json."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.arrays import Int64s
from curate.artifacts.score_fields import (
    SCORE_FIELD,
    VOICE_CLUSTER,
    VOICE_NEAREST,
    VOICE_REASON,
    VOICE_VALUES,
)
from curate.errors import InputError
from train.artifacts.scores import Missing
from train.artifacts.voices import Voices
from train.data.rows import Row, Unread
from train.runs.lines import moved
from train.runs.pieces import Line, record_of
from train.runs.provenance import versions
from train.scoring.missing import count_reasons
from train.scoring.row_scores import line_with, score_of
from train.scoring.voice_clusters import cluster_voices
from train.scoring.voices import (
    VoiceScores,
    compare_voices,
    equal_error_rate,
    number_of,
)
from train.voices.embedding import Embedded
from train.voices.request import VoicesRequest

DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """Lines with how their voices compare: `given` as they are read, `records` as their manifests
    have them; `speaker` is the number of each line's name.
    """

    given: Sequence[Line]
    records: Sequence[Row | Unread]
    embedded: Embedded
    names: Sequence[str]
    speaker: Int64s
    scores: VoiceScores
    cluster: Int64s

    @classmethod
    def of(cls, lines: Sequence[Line], embedded: Embedded, same_voice: float) -> Compared:
        """InputError where no record has a voice."""
        records = [record_of(line) for line in lines]
        is_row = np.array([isinstance(record, Row) for record in records])
        embedded.voices[~is_row] = np.nan
        if np.isnan(embedded.voices[:, 0]).all():
            reasons = [each.reason for each in _missing(records, embedded.reasons)]
            what = f"no record has a voice ({'; '.join(reasons[:10])})"
            raise InputError.of("train voices", what, "correct the records or the embeddings")
        names, speaker = number_of(
            [record.speaker if isinstance(record, Row) else None for record in records]
        )
        scores = compare_voices(embedded.voices, speaker, len(names))
        cluster = cluster_voices(embedded.voices, speaker, len(names), same_voice)
        return cls(lines, records, embedded, names, speaker, scores, cluster)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.cluster.max()) + 1

    def lines(self) -> Iterator[bytes]:
        """Each line with its numbers; one that is no record as it is."""
        for at, (line, record) in enumerate(zip(self.given, self.records, strict=True)):
            if isinstance(record, Row):
                yield line_with(record, self._fields(at, record), moved(line)).encode()
            else:
                yield record.line.rstrip(b"\r") + b"\n"

    def _fields(self, at: int, row: Row) -> dict[str, Any]:
        scores, nearest, cluster = self.scores, self.scores.nearest[at], self.cluster[at]
        own, other = float(scores.own[at]), float(scores.other[at])
        numbers = {
            name: None if np.isnan(value) else round(value, DECIMALS)
            for name, value in zip(VOICE_VALUES, (own, other, own - other), strict=True)
        }
        reason = self.embedded.reasons[at]
        before = {name: value for name, value in score_of(row).items() if name != VOICE_REASON}
        return {
            SCORE_FIELD: before | numbers | ({VOICE_REASON: reason} if reason else {}),
            VOICE_NEAREST: self.names[nearest] if nearest >= 0 else None,
            VOICE_CLUSTER: f"voice{cluster + 1}" if cluster >= 0 else None,
        }

    def record(self, request: VoicesRequest) -> Voices:
        """voices.json."""
        there = ~np.isnan(self.embedded.voices[:, 0])
        rows = [record for record in self.records if isinstance(record, Row)]
        embedded = [record for at, record in enumerate(self.records) if there[at]]
        values = (self.scores.own, self.scores.other, self.scores.own - self.scores.other)
        return Voices(
            command=request.command,
            versions=versions(),
            model=self.embedded.model,
            dimensions=self.embedded.voices.shape[1],
            same_voice=request.same_voice,
            manifests=tuple(map(str, request.manifests)),
            data=tuple(map(str, request.data)) or None,
            lines=len(self.given),
            embedded=len(embedded),
            hours=round(sum(e.duration_s for e in embedded if isinstance(e, Row)) / 3600, 6),
            malformed=len(self.given) - len(rows),
            named=int((there & (self.speaker >= 0)).sum()),
            speakers=len(self.names),
            clusters=self.clusters,
            values={
                name: int((~np.isnan(each)).sum())
                for name, each in zip(VOICE_VALUES, values, strict=True)
            },
            equal_error_rate=equal_error_rate(self.embedded.voices, self.speaker),
            missing=_missing(self.records, self.embedded.reasons),
        )


def _missing(records: Sequence[Row | Unread], reasons: Sequence[str]) -> tuple[Missing, ...]:
    rows = zip(records, reasons, strict=True)
    return count_reasons((line, reason) for line, reason in rows if isinstance(line, Row))
