"""Every input that is read goes manifest, profile, split, shard; soxi and wc give the figures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.api.manifest import write_manifest
from curate.splits import AllocationOptions, SplitRequest, Targets
from tests.curate import folder_writers as folders
from tests.curate import format_writers as formats
from tests.curate.folder_writers import CLIPS, RATE, SPEAKERS, sound
from tests.whole_way.referee import lines_by_wc, seconds_on_disk

pytestmark = [
    pytest.mark.skipif(shutil.which("soxi") is None, reason="soxi is not installed"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Lhotse leaves shards open
]

Rows = Sequence[Mapping[str, Any]]
LEAD = 0.5
"""Seconds in front of each segment: writers of time-coded transcripts begin there."""
ANY_GROUP = AllocationOptions(floor_s=0, cap=0.6, max_held_out=0.6)  # six speakers in all
TARGETS = Targets.parse({"eval": "4s", "test": "4s"}, ANY_GROUP)


# ----- inputs beside those of folder_writers and format_writers


def wenetspeech(folder: Path) -> None:
    """Recordings with segments, which name no speaker."""
    audios = []
    for speaker in SPEAKERS:
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        sound(folder / f"audio/train/Y{speaker}.flac", sum(clip.frames for clip in mine))
        at, segments = 0.0, []
        for clip in mine:
            segments.append({"sid": f"Y{clip.id}", "begin_time": at, "end_time": at + clip.seconds,
                             "text": clip.text, "confidence": 1.0, "subsets": ["L"]})  # fmt: skip
            at += clip.seconds
        audios.append({"aid": f"Y{speaker}", "path": f"audio/train/Y{speaker}.flac",
                       "segments": segments})  # fmt: skip
    (folder / "WenetSpeech.json").write_text(json.dumps({"audios": audios}))


def common_voice_17(folder: Path) -> None:
    """The columns since release 17, with the lengths of clips beside."""
    columns = "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tlocale\tsegment"
    rows, lengths = [columns], ["clip\tduration[ms]"]
    for clip in CLIPS:
        name = f"common_voice_en_{clip.speaker}{clip.number}.wav"
        sound(folder / "clips" / name, clip.frames)
        rows.append(f"{clip.speaker}\t{name}\tabc\t{clip.text}\t\t2\ten\t")
        lengths.append(f"{name}\t{round(clip.seconds * 1000)}")
    folders.write(folder / "validated.tsv", *rows)
    folders.write(folder / "clip_durations.tsv", *lengths)


def mfa(folder: Path, rows: Rows) -> Path:
    """Montreal Forced Aligner: tiers of words and phones for each speaker."""

    def grid(row: Mapping[str, Any]) -> str:
        words, end = row["text"].split(), LEAD + row["duration"]
        times = [LEAD + row["duration"] * at / len(words) for at in range(len(words))] + [end]
        spoken = [*zip(times, times[1:], words, strict=False)]
        intervals = "".join(f'{a} {b} "{word}"\n' for a, b, word in [(0, LEAD, ""), *spoken])
        tiers = "".join(
            f'"IntervalTier" "{row["speaker"]} - {kind}" 0 {end} {len(words) + 1}\n{intervals}'
            for kind in ("words", "phones")
        )
        return f'"ooTextFile"\n"TextGrid"\n0\n{end} <exists>\n2\n{tiers}'

    return formats.captions(folder, rows, ".TextGrid", grid)


def whisperx(folder: Path, rows: Rows) -> Path:
    """Segments with their words, and the words once more."""

    def document(row: Mapping[str, Any]) -> str:
        end = LEAD + row["duration"]
        words = [{"word": word, "start": LEAD, "end": end, "score": 0.9}
                 for word in row["text"].split()]  # fmt: skip
        segment = {"start": LEAD, "end": end, "text": f" {row['text']}", "words": words,
                   "speaker": row["speaker"]}  # fmt: skip
        return json.dumps({"segments": [segment], "word_segments": words, "language": "en"})

    return formats.captions(folder, rows, ".json", document)


def nemo_aligner(folder: Path, rows: Rows) -> Path:
    """NeMo Forced Aligner: a CTM of words for each utterance, named as its audio is."""

    def words(row: Mapping[str, Any]) -> str:
        spoken, name = row["text"].split(), row["audio_filepath"].removesuffix(".wav")
        step = row["duration"] / len(spoken)
        return "".join(f"{name} 1 {LEAD + at * step:.6f} {step:.6f} {word} NA lex NA\n"
                       for at, word in enumerate(spoken))  # fmt: skip

    return formats.captions(folder, rows, ".ctm", words)


LAYOUTS = [*folders.LAYOUTS, wenetspeech, common_voice_17]
FILES = [
    formats.lhotse_cuts, formats.table, formats.parquet, formats.arrow, formats.saved_to_disk,
    formats.srt, formats.webvtt, formats.audacity, formats.stm, formats.ctm, formats.textgrid,
    formats.elan, formats.whisper, mfa, whisperx, nemo_aligner,
]  # fmt: skip
"""Containers of audio, workbooks and what is exported have test_containers.py."""


@pytest.mark.parametrize("lay", LAYOUTS, ids=lambda lay: lay.__name__)
def test_a_folder_of_audio(tmp_path: Path, lay: Callable[[Path], None]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    lay(corpus)
    check_whole_way(corpus, tmp_path, seconds_on_disk(corpus))


@pytest.mark.parametrize("write", FILES, ids=lambda write: write.__name__)
def test_files_of_records(tmp_path: Path, write: Callable[[Path, Rows], Path]) -> None:
    corpus = tmp_path / "corpus"
    rows = [{"audio_filepath": f"{clip.id}.wav", "duration": clip.seconds, "text": clip.text,
             "speaker": f"s{clip.speaker}"} for clip in CLIPS]  # fmt: skip
    for clip in CLIPS:
        sound(corpus / f"{clip.id}.wav", clip.frames + round(LEAD * RATE))
    seconds = seconds_on_disk(corpus) - LEAD * len(CLIPS)
    check_whole_way(write(corpus, rows), tmp_path, seconds)


def check_whole_way(source: Path, folder: Path, seconds: float) -> None:
    """Every clip arrives, and every second of it, at each step."""
    written = write_manifest(source, folder / "m.jsonl")
    assert (written.records, written.malformed) == (len(CLIPS), 0)
    assert lines_by_wc(folder / "m.jsonl") == len(CLIPS)
    assert written.hours * 3600 == pytest.approx(seconds, abs=0.02)
    profile = curate.profile(folder / "m.jsonl", folder / "p")
    assert profile.totals.rows == len(CLIPS)
    assert profile.totals.hours * 3600 == pytest.approx(seconds, abs=0.02)
    split = curate.split(SplitRequest(inputs=[str(folder / "p")], targets=TARGETS), folder / "s")
    outputs = [folder / "s" / each.file for each in split.outputs]
    assert lines_by_wc(*outputs) == len(CLIPS)
    assert sum(each.hours for each in split.outputs) * 3600 == pytest.approx(seconds, abs=0.02)
    index = curate.shard(folder / "s", folder / "sh")
    assert (index.skipped_rows, index.cuts) == (0, lines_by_wc(folder / "s/train.jsonl"))
    assert index.cuts > 0
    assert index.hours * 3600 == pytest.approx(
        sum(each.hours for each in split.outputs if each.name == "train") * 3600, abs=0.02
    )
    plain = [(folder / f"sh/{name}.jsonl").read_text() for name in ("eval", "test")]
    assert ".sph" not in "".join(plain), "trainers would open it through a shell"
