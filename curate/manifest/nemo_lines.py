"""NeMo's own lines as a format. It comes last of FORMATS, since it takes what no other one does;
what is surely no other is known without loading them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from curate.manifest.chunks import open_manifest, read_chunks
from curate.manifest.mapping import read_mapped
from curate.manifest.origin import Origin, Portion, native
from curate.manifest.sniff import Format, Look, one_file

_SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst")
_OF_OTHERS = frozenset({"num_samples", "recording_id", "shard_id", "sources", "start"})
"""Fields by which other formats of JSON lines are known."""


def _find_nemo(look: Look) -> list[Origin]:
    os.close(open_manifest(look.name))
    return [Origin(look.name)]


def _read_nemo(origin: Origin) -> Iterator[Portion]:
    for chunk in read_chunks(origin.name):
        yield native(chunk)


NEMO = Format(
    "nemo",
    "NeMo manifests: a JSON object a line (plain, .gz, .zst; `-` is standard input)",
    lambda look: bool(look.first),
    _find_nemo,
    _read_nemo,
    converted=False,
)


NEMO_MAPPED = Format(
    "nemo_mapped",
    "JSON lines with fields of other names (--map), or with NaN (--lenient-json)",
    lambda look: False,  # only where one of these is given
    lambda look: [one_file(look, "nemo_mapped")],
    read_mapped,
)


def is_plain(look: Look) -> bool:
    """Whether an input is surely NeMo's lines: only JSON objects, the first with a path of audio
    and no field of another format. What is not may be so still.
    """
    if look.folder is not None or not look.name.lower().endswith(_SUFFIXES):
        return False
    head = look.head
    if not all(line.startswith(b"{") for line in head.split(b"\n") if line):
        return False
    if b"\r" in head or b"<ANNOTATION_DOCUMENT" in head or head[_TAR_AT:].startswith(b"ustar"):
        return False
    names_audio = b'"audio_filepath"' in head[:_FAR] and "audio_filepath" in look.first
    return names_audio and not _OF_OTHERS & look.first.keys()


_TAR_AT = 257
"""Where a tar says that it is one."""
_FAR = 4096
"""Bytes within which a line of a manifest names its audio, or may be a transcript's JSON."""
