"""Audio that NeMo decodes by ffmpeg and libsndfile does not read, by its content and by its name.

Shared by what reads lengths and what decodes; libsndfile is what measures and stores audio here.
"""

from __future__ import annotations

_MAGIC = (
    (4, b"ftyp", "MP4 audio (m4a)"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (wma)"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"#!AMR", "AMR"),
)
SUFFIXES = (".m4a", ".mp4", ".aac", ".wma", ".webm", ".mkv", ".amr")
"""Of files of such a kind, in lower case."""
CONVERT = "ffmpeg -i FILE DIR/NAME.flac makes one that is read"
"""What to do with such a file: in another directory, so that no name stands there twice."""


def ffmpeg_kind(head: bytes) -> str:
    """The kind of a file by its first 16 bytes; empty for one that ffmpeg need not decode."""
    return next((kind for at, magic, kind in _MAGIC if head[at:].startswith(magic)), "")
