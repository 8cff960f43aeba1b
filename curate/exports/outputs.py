"""OUTPUTS: the forms that `curate manifest` writes. A new one is a module here and a row."""

from __future__ import annotations

from curate.exports.hugging_face import HUGGING_FACE
from curate.exports.kaldi import KALDI
from curate.exports.lhotse import LHOTSE
from curate.exports.output import Output
from curate.exports.table import CSV
from curate.exports.tarred import NEMO_TARRED

NEMO = "nemo"
"""The form that needs no other: NeMo's lines, which `write_manifest` writes."""

OUTPUTS: tuple[Output, ...] = (LHOTSE, KALDI, CSV, NEMO_TARRED, HUGGING_FACE)
