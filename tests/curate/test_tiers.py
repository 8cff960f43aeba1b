"""Tiers of TextGrids and ELAN documents: which are read, which are named as not read, and how one
of them is read instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from curate.artifacts.manifest import ManifestWritten
from curate.errors import ConfigError, InputError
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.folder_writers import RATE, sound
from tests.lines import lines_of
from tests.profiling import write_profile

Tiers = Mapping[str, Sequence[str]]
"""By the name of a tier the labels of its seconds: the first from 0 to 1, and so on."""

TIERS: Tiers = {
    "utterance": ["one two", "", "three four"],
    "words": ["one", "two", "three"],
    "anna - phones": ["w", "ah", "n"],
    "notes": ["", "", ""],
}


def textgrid(folder: Path, tiers: Tiers, name: str = "a") -> Path:
    items = []
    for number, (tier, labels) in enumerate(tiers.items(), 1):
        intervals = "".join(
            f'intervals [{at + 1}]:\nxmin = {at}\nxmax = {at + 1}\ntext = "{label}"\n'
            for at, label in enumerate(labels)
        )
        head = f'item [{number}]:\nclass = "IntervalTier"\nname = "{tier}"\nxmin = 0\nxmax = 3\n'
        items.append(f"{head}intervals: size = {len(labels)}\n{intervals}")
    head = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 3\n'
    text = f"{head}tiers? <exists>\nsize = {len(tiers)}\nitem []:\n{''.join(items)}"
    (folder / f"{name}.TextGrid").write_text(text)
    sound(folder / f"{name}.wav", 3 * RATE)
    return folder / f"{name}.TextGrid"


def elan(folder: Path, tiers: Tiers) -> Path:
    """Tiers beside the first one depend on it, with times of their own."""
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{at}" TIME_VALUE="{1000 * at}"/>' for at in range(4)
    )
    written = []
    for number, (tier, labels) in enumerate(tiers.items()):
        parent = f' PARENT_REF="{next(iter(tiers))}"' if number else ""
        annotations = "".join(
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}{at}" '
            f'TIME_SLOT_REF1="ts{at}" TIME_SLOT_REF2="ts{at + 1}">'
            f"<ANNOTATION_VALUE>{label}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            for at, label in enumerate(labels)
            if label
        )
        written.append(f'<TIER TIER_ID="{tier}"{parent}>{annotations}</TIER>')
    document = f"<TIME_ORDER>{slots}</TIME_ORDER>{''.join(written)}"
    (folder / "a.eaf").write_text(f"<ANNOTATION_DOCUMENT>{document}</ANNOTATION_DOCUMENT>")
    sound(folder / "a.wav", 3 * RATE)
    return folder / "a.eaf"


WRITERS = {"textgrid": textgrid, "elan": elan}


def written(source: Path, tier: str | None = None) -> tuple[ManifestWritten, list[str]]:
    """What is written of an input, and the texts of its records."""
    out = source.with_name("out") / "m.jsonl"
    reading = ReadOptions(fields={} if tier is None else {"text": tier})
    made = write_manifest(ManifestRequest([str(source)], out, reading))
    return made, [json.loads(line)["text"] for line in lines_of(out.read_text())]


def unread(warnings: Sequence[str]) -> list[str]:
    return [each for each in warnings if "tiers not read" in each]


@pytest.mark.parametrize("kind", WRITERS)
def test_tiers_that_are_not_read_are_named(kind: str, tmp_path: Path) -> None:
    """With their labels: three words and three phones; notes has none. The folder says the same."""
    (tmp_path / "in").mkdir()
    source = WRITERS[kind](tmp_path / "in", TIERS)
    for each in (source, tmp_path / "in"):
        made, texts = written(each)
        assert texts == ["one two", "three four"]
        (warning,) = unread(made.warnings)
        assert "words (3)" in warning
        assert "phones (3)" in warning
        assert "notes" not in warning
        assert warning.startswith(f"{source}: ")
        assert "'text=words' reads that one instead" in warning
    profile = tmp_path / "p"
    profile.mkdir()
    assert unread(write_profile([str(source)], profile).warnings) == unread(made.warnings)


@pytest.mark.parametrize(
    ("kind", "tier", "texts"),
    [
        ("textgrid", "utterance", ["one two", "three four"]),
        ("textgrid", "words", ["one two three"]),  # joined to utterances
        ("textgrid", "phones", ["w", "ah", "n"]),
        ("textgrid", "anna - phones", ["w", "ah", "n"]),
        ("elan", "words", ["one", "two", "three"]),
    ],
)
def test_a_named_tier_is_read(kind: str, tier: str, texts: list[str], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    source = WRITERS[kind](tmp_path / "in", TIERS)
    for each in (source, tmp_path / "in"):
        made, read = written(each, tier)
        assert read == texts
        assert unread(made.warnings) == []


@pytest.mark.parametrize("kind", WRITERS)
def test_a_tier_that_is_not_there(kind: str, tmp_path: Path) -> None:
    source = WRITERS[kind](tmp_path, TIERS)
    with pytest.raises(InputError, match=r"no tier 'nix' with times; its tiers.*utterance, words"):
        written(source, "nix")


def test_only_texts_have_tiers(tmp_path: Path) -> None:
    source = textgrid(tmp_path, TIERS)
    reading = ReadOptions(fields={"text": "words", "lang": "x"})
    request = ManifestRequest([str(source)], tmp_path / "m.jsonl", reading)
    with pytest.raises(ConfigError, match="renames fields of JSON lines"):
        write_manifest(request)


def test_transcripts_are_counted_once(tmp_path: Path) -> None:
    """Three TextGrids with two words each besides utterances, and one without."""
    (tmp_path / "in").mkdir()
    for name in "abc":
        textgrid(tmp_path / "in", {"utterance": ["one two"], "words": ["one", "two"]}, name)
    textgrid(tmp_path / "in", {"utterance": ["one two"]}, "d")
    (warning,) = unread(written(tmp_path / "in")[0].warnings)
    assert "and 2 more transcripts: tiers not read, by labels: words (6); " in warning


def test_tiers_of_words_only_are_read(tmp_path: Path) -> None:
    made, texts = written(textgrid(tmp_path, {"words": ["one", "two"]}))
    assert (texts, unread(made.warnings)) == (["one two"], [])
