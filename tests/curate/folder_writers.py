"""LAYOUTS: a corpus of twelve clips laid out as people and published corpora do it."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

RATE = 16_000


class Clip(NamedTuple):
    """A clip of the corpus: its speaker, number, length and text."""

    speaker: str
    number: int
    frames: int
    text: str

    @property
    def seconds(self) -> float:
        return self.frames / RATE

    @property
    def id(self) -> str:
        return f"{self.speaker}-100-{self.number:04d}"


SENTENCE = "the quick brown fox jumps over a lazy dog while nobody looks at it"
SPEAKERS = ("84", "174", "251", "367", "422", "1988")
CLIPS: Sequence[Clip] = [
    Clip(
        speaker,
        number,
        20_000 + 8_123 * number + 2_311 * at,
        " ".join(SENTENCE.split()[number + at :][:5]),
    )
    for at, speaker in enumerate(SPEAKERS)
    for number in range(2)
]


def sound(path: Path, frames: int) -> None:
    """Write noise of a seed of its own; the suffix decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(frames).normal(0, 0.1, frames).clip(-1, 1)
    if path.suffix == ".wav":
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((noise * 32_000).astype("<i2").tobytes())
    else:
        format = "NIST" if path.suffix == ".sph" else None
        soundfile.write(path, noise, RATE, format=format, subtype="PCM_16" if format else None)


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def text_beside(folder: Path) -> None:
    for clip in CLIPS:
        sound(folder / clip.speaker / f"{clip.id}.wav", clip.frames)
        write(folder / clip.speaker / f"{clip.id}.txt", clip.text)
    write(folder / "README.txt", "about the corpus")


def text_mirrored(folder: Path) -> None:
    for clip in CLIPS:
        sound(folder / "wav48" / clip.speaker / f"{clip.number:03d}.FLAC", clip.frames)
        write(folder / "txt" / clip.speaker / f"{clip.number:03d}.lab", clip.text)


def librispeech(folder: Path) -> None:
    for speaker in SPEAKERS:
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        for clip in mine:
            sound(folder / "dev-clean" / speaker / "100" / f"{clip.id}.flac", clip.frames)
        lines = [f"{clip.id} {clip.text}" for clip in mine]
        write(folder / "dev-clean" / speaker / "100" / f"{speaker}-100.trans.txt", *lines)
    write(folder / "SPEAKERS.TXT", ";ID | SEX | NAME", "84 | F | Somebody")


def mls(folder: Path) -> None:
    for clip in CLIPS:
        name = f"{clip.speaker}_100_{clip.number:06d}"
        sound(folder / "train/audio" / clip.speaker / "100" / f"{name}.flac", clip.frames)
    lines = [f"{c.speaker}_100_{c.number:06d}\t{c.text}" for c in CLIPS]
    write(folder / "train/transcripts.txt", *lines)
    write(folder / "train/segments.txt", "84_100_000000\thttp://a/b.mp3\t1.0\t2.0")


def ljspeech(folder: Path) -> None:
    for clip in CLIPS:
        sound(folder / "wavs" / f"{clip.id}.wav", clip.frames)
    write(folder / "metadata.csv", *(f"{clip.id}|{clip.text}|{clip.text}" for clip in CLIPS))


def voxforge(folder: Path) -> None:
    for speaker in SPEAKERS:
        archive = folder / f"{speaker}-20070917-abc"
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        for clip in mine:
            sound(archive / "wav" / f"a{clip.number:04d}.wav", clip.frames)
        ids = [f"a{clip.number:04d} {clip.text}" for clip in mine]
        write(archive / "etc/prompts-original", *ids)
        write(archive / "etc/PROMPTS", *(f"{archive.name}/mfc/{line}" for line in ids))
        write(archive / "README", "User Name: somebody")


def tedlium(folder: Path) -> None:
    for speaker in SPEAKERS:
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        sound(folder / "data/sph" / f"Talk_{speaker}.sph", sum(clip.frames for clip in mine))
        at, lines = 0.0, []
        for clip in mine:
            end = at + clip.seconds
            lines.append(f"Talk_{speaker} 1 {speaker} {at:.6f} {end:.6f} <o,f0,male> {clip.text}")
            at = end
        write(folder / "data/stm" / f"Talk_{speaker}.stm", *lines)


CV_COLUMNS = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale"


def common_voice(folder: Path) -> None:
    rows = []
    for clip in CLIPS:
        name = f"common_voice_en_{clip.speaker}{clip.number}.wav"
        sound(folder / "en/clips" / name, clip.frames)
        rows.append(f"{clip.speaker}\t{name}\t{clip.text}\t2\t0\t\t\t\ten")
    write(folder / "en/validated.tsv", CV_COLUMNS, *rows)
    write(folder / "en/train.tsv", CV_COLUMNS, *rows[:6])
    write(folder / "en/test.tsv", CV_COLUMNS, *rows[6:])


def fleurs(folder: Path) -> None:
    for split, clips in (("train", CLIPS[:8]), ("test", CLIPS[8:])):
        rows = []
        for clip in clips:
            sound(folder / "en_us/audio" / split / f"{clip.id}.wav", clip.frames)
            text = f"{clip.text}\t{clip.text}\t{' '.join(clip.text)}"
            rows.append(f"{clip.number}\t{clip.id}.wav\t{text}\t{clip.frames}\tFEMALE")
        write(folder / f"en_us/{split}.tsv", *rows)


def voxpopuli(folder: Path) -> None:
    header = "id\traw_text\tnormalized_text\tspeaker_id\tsplit\tgender\tis_gold_transcript\taccent"
    rows = []
    for clip in CLIPS:
        sound(folder / "en/2018" / f"2018-{clip.id}.wav", clip.frames)
        text = f"{clip.text}\t{clip.text.lower()}"
        rows.append(f"2018-{clip.id}\t{text}\t{clip.speaker}\ttrain\tmale\tTrue\tNone")
    write(folder / "asr_train.tsv", header, *rows)


def gigaspeech(folder: Path) -> None:
    audios = []
    for speaker in SPEAKERS:
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        path = f"audio/podcast/P{speaker}.flac"
        sound(folder / path, sum(clip.frames for clip in mine))
        at, segments = 0.0, []
        for clip in mine:
            end = at + clip.seconds
            segments.append({"sid": clip.id, "begin_time": at, "end_time": end, "speaker": "N/A",
                             "text_tn": clip.text, "subsets": ["{XS}"]})  # fmt: skip
            at = end
        audios.append({"aid": f"P{speaker}", "path": path, "language": "en", "segments": segments})
    content = {"dataset": "GigaSpeech", "language": "EN", "audios": audios}
    write(folder / "GigaSpeech.json", json.dumps(content, indent=1))


def emilia(folder: Path) -> None:
    rows = []
    for clip in CLIPS:
        path = f"EN_B0/mp3/{clip.id}.flac"
        sound(folder / path, clip.frames)
        rows.append({"id": clip.id, "wav": path, "text": clip.text, "duration": clip.seconds,
                     "speaker": clip.speaker, "language": "en", "dnsmos": 3.3})  # fmt: skip
    write(folder / "EN_B0.jsonl", *map(json.dumps, rows))


def peoples_speech(folder: Path) -> None:
    rows: list[Any] = []
    for speaker in SPEAKERS:
        mine = [clip for clip in CLIPS if clip.speaker == speaker]
        names = [f"{speaker}/{clip.id}.flac" for clip in mine]
        for clip, name in zip(mine, names, strict=True):
            sound(folder / "train" / name, clip.frames)
        data = {"duration_ms": [round(clip.seconds * 1000, 4) for clip in mine], "name": names,
                "label": [clip.text for clip in mine]}  # fmt: skip
        rows.append({"audio_document_id": speaker, "training_data": data})
    write(folder / "flac_train_manifest.jsonl", *map(json.dumps, rows))


def subtitles(folder: Path) -> None:
    for clip in CLIPS:
        sound(folder / "wav" / f"{clip.id}.wav", clip.frames)
        seconds, millis = divmod(round(clip.seconds * 1000), 1000)
        end = f"00:00:{seconds:02d},{millis:03d}"
        lines = ["1", f"00:00:00,000 --> {end}", clip.text, ""]
        write(folder / "srt" / f"{clip.id}.srt", *lines)


def audio_folder(folder: Path) -> None:
    """Hugging Face's AudioFolder."""
    for clip in CLIPS:
        sound(folder / "data" / f"{clip.id}.ogg", clip.frames)
    rows = [f'data/{clip.id}.ogg,"{clip.text}"' for clip in CLIPS]
    write(folder / "metadata.csv", "file_name,transcription", *rows)


def headed_list(folder: Path) -> None:
    """A list in a folder beside that of the audio, whose header calls the audio an utterance."""
    for clip in CLIPS:
        sound(folder / "wavs" / f"{clip.id}.wav", clip.frames)
    rows = [f"{clip.id}\t{clip.text}\t{clip.speaker}\tf" for clip in CLIPS]
    write(folder / "meta/transcripts.txt", "utterance_id\ttranscript\tspeaker_id\tgender", *rows)


LAYOUTS: Sequence[Callable[[Path], None]] = [
    text_beside, text_mirrored, librispeech, mls, ljspeech, voxforge, tedlium, common_voice, fleurs,
    voxpopuli, gigaspeech, emilia, peoples_speech, subtitles, audio_folder, headed_list,
]  # fmt: skip
