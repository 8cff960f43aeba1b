"""Buckets of training batches, as NeMo's data loader takes them.

A bucket takes recordings up to its longest, the longest included: Lhotse and NeMo look a length up
by `bisect_left`. Without sizes the last bucket has no upper end, and `batch_duration` closes
batches; with sizes a recording beyond the last bucket would be left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bucket:
    """Recordings of at most `upto_s` seconds, and in 2-D buckets of at most `upto_tokens` tokens.

    `batch_size` is None where a batch is closed by its duration.
    """

    upto_s: float
    upto_tokens: int | None = None
    batch_size: int | None = None


@dataclass(frozen=True, slots=True)
class Buckets:
    """Buckets in ascending order; `source` is what they come from, in words."""

    buckets: tuple[Bucket, ...]
    source: str

    @property
    def is_2d(self) -> bool:
        """Whether buckets are by tokens too."""
        return any(bucket.upto_tokens is not None for bucket in self.buckets)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The batch size of each bucket; empty where batches are closed by their duration."""
        return tuple(b.batch_size for b in self.buckets if b.batch_size is not None)

    def settings(self) -> dict[str, Any]:
        """The keys of `train_ds` that they decide."""
        if not self.sizes:
            tops = [bucket.upto_s for bucket in self.buckets[:-1]]
            return {"num_buckets": len(self.buckets), "bucket_duration_bins": tops} if tops else {}
        settings: dict[str, Any] = {
            "batch_duration": None,
            "quadratic_duration": None,
            "num_buckets": len(self.buckets),
            "bucket_batch_size": list(self.sizes),
            "bucket_duration_bins": [bucket.upto_s for bucket in self.buckets],
        }
        if self.is_2d:
            pairs = [[bucket.upto_s, bucket.upto_tokens] for bucket in self.buckets]
            # Strict mode would leave a recording out whose tokens exceed its own duration's last
            # bucket, where a longer bucket holds it.
            settings |= {"bucket_duration_bins": pairs, "bucketing_2d_strict_mode": False}
        return settings

    def least_buffer(self) -> int:
        """Recordings that the bucket buffer must hold so that every bucket can fill a batch."""
        return 2 * sum(self.sizes)
