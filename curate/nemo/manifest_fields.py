"""What NeMo's Lhotse adapter loads of a manifest's record, decided by the record's fields.

Shared by curation, which reports and corrects such records, and training, which refuses or reads
them. Source: nemo_toolkit 3.0, LazyNeMoIterator: where a record gives a sampling rate, NeMo does
not open the file and takes the recording to be `duration` seconds long. With `offset` beside it
the segment is then cut short, or lies behind the end; at offset 0 the load fails where the file is
longer. Standard library only.

Source of `audio_path`: get_full_path of the same release.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

RATE_FIELDS = ("sampling_rate", "sample_rate")
"""Fields that NeMo takes the sampling rate from, the first that is not null."""

NEMO = "NeMo 3.0"


def has_rate_beside_offset(record: Mapping[str, object]) -> bool:
    """Whether NeMo takes the record's recording to be as long as its segment.

    >>> has_rate_beside_offset({"offset": 0, "sample_rate": 16000})
    True
    >>> has_rate_beside_offset({"offset": None, "sampling_rate": 16000})
    False
    """
    given = record.get("offset") is not None
    return given and any(record.get(name) is not None for name in RATE_FIELDS)


def loaded_s(offset_s: float, duration_s: float) -> float:
    """Seconds that NeMo loads of a segment whose record gives a sampling rate and its offset.

    >>> loaded_s(5.0, 7.755), loaded_s(5.0, 3.0)
    (2.755, 0.0)
    """
    return max(0.0, duration_s - max(0.0, offset_s))


def as_segment(record: Mapping[str, object]) -> dict[str, object]:
    """The record as NeMo loads just its segment: with an offset, without which it loads the whole
    file, and without a sampling rate, beside which it misreads the offset.

    >>> as_segment({"duration": 2.5, "sampling_rate": 8000})
    {'duration': 2.5, 'offset': 0.0}
    """
    offset = record.get("offset")
    return without_rate({**record, "offset": 0.0 if offset is None else offset})


def without_rate(record: Mapping[str, object]) -> dict[str, object]:
    """The record as NeMo reads it right: without a sampling rate where it gives an offset."""
    if not has_rate_beside_offset(record):
        return dict(record)
    return {name: value for name, value in record.items() if name not in RATE_FIELDS}


def audio_path(name: str, folder: Path | str) -> str:
    """Where NeMo looks for the audio that a manifest in `folder` names, as an absolute path.

    A relative name is looked for in the manifest's folder, then in the working folder, where `~`
    is the home; the manifest's folder where there is no such file in either. Nothing is resolved.
    """
    near = os.path.join(folder, name)  # noqa: PTH118 - for each of millions, and links keep their names
    if os.path.isabs(name) or os.path.isfile(near):  # noqa: PTH117, PTH113
        return os.path.abspath(near)  # noqa: PTH100
    here = os.path.abspath(os.path.expanduser(name))  # noqa: PTH100, PTH111
    return here if os.path.isfile(here) else os.path.abspath(near)  # noqa: PTH113, PTH100
