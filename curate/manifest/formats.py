"""The formats that records come in: FORMATS, in the order in which they are tried on an input."""

from __future__ import annotations

from collections.abc import Iterator

from curate.manifest.blend import find_blend
from curate.manifest.captions import CAPTIONS
from curate.manifest.columnar import ARROW, PARQUET
from curate.manifest.folders import FOLDER_OF_AUDIO
from curate.manifest.hints.below import command_hint
from curate.manifest.hugging_face import HUGGING_FACE
from curate.manifest.kaldi import KALDI
from curate.manifest.lhotse import CUTS, SHAR, SUPERVISIONS
from curate.manifest.nemo_lines import NEMO, NEMO_MAPPED
from curate.manifest.origin import Origin, Portion
from curate.manifest.origins import expand, find_origins, with_corrections
from curate.manifest.sniff import Format, Look
from curate.manifest.tables import COMMON_VOICE, FLEURS, TABLE
from curate.manifest.tarred import NEMO_TARRED
from curate.manifest.unpaired import UNPAIRED
from curate.manifest.unsupported import refuse_foreign
from curate.manifest.webdataset import WEBDATASET
from curate.manifest.workbook import XLSX


def _find_blend(look: Look) -> list[Origin]:
    return find_blend(
        look.name,
        lambda path, format: [o for one in expand(path) for o in find_origins(one, format)],
    )


def _no_records(origin: Origin) -> Iterator[Portion]:
    raise AssertionError("a blend is read by the formats of its parts")


INPUT_CFG = Format(
    "input_cfg",
    "NeMo input_cfg YAML: nemo, nemo_tarred, lhotse, lhotse_shar, group; weights and tags kept",
    lambda look: look.folder is None and look.name.endswith((".yaml", ".yml")),
    _find_blend,
    _no_records,
)

FORMATS: tuple[Format, ...] = (
    SHAR,
    SUPERVISIONS,
    KALDI,
    INPUT_CFG,
    HUGGING_FACE,
    PARQUET,
    ARROW,
    XLSX,
    COMMON_VOICE,
    FLEURS,
    TABLE,
    *CAPTIONS,
    CUTS,
    FOLDER_OF_AUDIO,
    NEMO_TARRED,
    WEBDATASET,
    UNPAIRED,
    NEMO_MAPPED,
    NEMO,
)
"""Tried in this order; NeMo's lines come last, since they take what no other format does."""


BY_NAME = {format.name: with_corrections(format) for format in FORMATS}
"""The formats by their names; they read with the corrections and the text rules of an origin."""


def format_of(look: Look) -> Format:
    """The format that an input looks like; InputError where it is one that nobody reads."""
    for candidate in FORMATS[:-1]:
        if candidate.sniff(look):
            return candidate
    refuse_foreign(look, command_hint)
    return NEMO
