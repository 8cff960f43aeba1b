"""LAYOUTS: in which ways texts stand beside audio; add one here."""

from __future__ import annotations

from curate.manifest.folders.beside import TEXTS, TIMED
from curate.manifest.folders.columns import COMMON, FLEURS_FOLDER, TABLES, VOXPOPULI
from curate.manifest.folders.corpora import AUDIO_FOLDER, AUDIOS, EMILIA, PEOPLES_SPEECH
from curate.manifest.folders.folder import Folder, Layout
from curate.manifest.folders.headed import HEADED
from curate.manifest.folders.lists import IDS, LJSPEECH, VOXFORGE

LAYOUTS: tuple[Layout, ...] = (
    COMMON,
    FLEURS_FOLDER,
    VOXPOPULI,
    TABLES,
    AUDIOS,
    EMILIA,
    AUDIO_FOLDER,
    PEOPLES_SPEECH,
    TIMED,
    VOXFORGE,
    HEADED,
    LJSPEECH,
    IDS,
    TEXTS,
)
"""Tried in this order on each file that is no audio; a folder may hold several."""


def layout_of(folder: Folder, name: str) -> Layout | None:
    """The layout of a transcript; None of a file that is none."""
    return next((layout for layout in LAYOUTS if layout.claims(folder, name)), None)
