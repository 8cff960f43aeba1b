"""Score rows with NeMo: one pass of the encoder a batch gives hypothesis, confidence, loss and
alignment.

NeMo transcribes as it always does; what its forward pass computed is scored in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.nemo.archive import Archive
from train.nemo.heads import Values, head_of, token_confidence, with_token_confidence
from train.nemo.model import Transcriber
from train.nemo.spelling import Speller
from train.scoring.row_scores import RowScore
from train.scoring.scoring import NotTranscribed


class Scorer(Transcriber):
    """A restored model that scores manifest rows."""

    def __init__(self, archive: Archive, device: str = "auto") -> None:
        super().__init__(archive, device)
        with_token_confidence(self.model)
        self._speller, self._head = Speller(self.model), head_of(self.model)
        self._forward = self.model._transcribe_forward
        self.model._transcribe_forward = self._forward_and_score
        self._due: Sequence[Mapping[str, Any]] = ()
        self._known: list[tuple[Values, str]] = []

    def score(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[RowScore]:
        """The score of each row, in order; fewer where audio could not be read."""
        self._due, self._known = rows, []
        hypotheses = self.hypotheses(rows, batch_size, details=True)
        if len(hypotheses) != len(rows) or len(self._known) != len(rows):
            return []  # some row was dropped, so which one is which is not known
        return [
            RowScore(str(hypothesis.text), {**token_confidence(hypothesis), **values}, reason)
            for hypothesis, (values, reason) in zip(hypotheses, self._known, strict=True)
        ]

    def _forward_and_score(self, batch: Any, config: Any) -> Any:
        """NeMo's forward pass of a batch, whose rows are scored by its output."""
        output = self._forward(batch, config)
        first = len(self._known)
        rows = self._due[first : first + self._head.rows(output)]
        if len(rows) < self._head.rows(output):
            raise NotTranscribed(f"NeMo makes more than {len(self._due)} rows of as many")
        texts = [(str(row["text"]), row.get("target_lang")) for row in rows]
        tokens = [self._speller.tokens(text, language) for text, language in texts]
        self._known += self._head.values(output, batch, tokens)
        return output
