"""WRITERS: a corpus written in every format that is read. A new format is a function and a row."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import zstandard

Rows = Sequence[Mapping[str, Any]]


def jsonl(rows: Rows) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def nemo(folder: Path, rows: Rows) -> Path:
    (folder / "m.jsonl").write_bytes(jsonl(rows))
    return folder / "m.jsonl"


def gzipped(folder: Path, rows: Rows) -> Path:
    (folder / "m.gz").write_bytes(gzip.compress(jsonl(rows[:2])) + gzip.compress(jsonl(rows[2:])))
    return folder / "m.gz"


def zstd(folder: Path, rows: Rows) -> Path:
    pack = zstandard.ZstdCompressor().compress
    (folder / "m.any").write_bytes(pack(jsonl(rows[:2])) + pack(jsonl(rows[2:])))
    return folder / "m.any"


def cut(row: Mapping[str, Any], source: Mapping[str, Any]) -> Mapping[str, Any]:
    key = row["audio_filepath"].split(".")[0]
    supervision = {
        "id": key, "recording_id": key, "start": 0.0, "duration": row["duration"], "channel": 0,
        "text": row["text"], "speaker": row["speaker"], "language": row.get("lang"),
    }  # fmt: skip
    recording = {"id": key, "sources": [source], "sampling_rate": 16000, "num_samples": 1}
    return {
        "id": key, "start": 0.0, "duration": row["duration"], "channel": 0, "type": "MonoCut",
        "supervisions": [supervision], "recording": recording,
    }  # fmt: skip


def lhotse_cuts(folder: Path, rows: Rows) -> Path:
    made = [cut(row, {"type": "file", "source": row["audio_filepath"]}) for row in rows]
    (folder / "cuts.jsonl.gz").write_bytes(gzip.compress(jsonl(made)))
    return folder / "cuts.jsonl.gz"


def lhotse_pair(folder: Path, rows: Rows) -> Path:
    made = [cut(row, {"type": "command", "source": "rm -rf ~"}) for row in rows]
    (folder / "my_supervisions.jsonl").write_bytes(jsonl([c["supervisions"][0] for c in made]))
    (folder / "my_recordings.jsonl").write_bytes(jsonl([c["recording"] for c in made]))
    return folder


def shar(folder: Path, rows: Rows) -> Path:
    made = [cut(row, {"type": "shar", "source": ""}) for row in rows]
    for number, part in enumerate((made[:3], made[3:])):
        (folder / f"cuts.{number:06d}.jsonl.gz").write_bytes(gzip.compress(jsonl(part)))
    return folder


def kaldi(folder: Path, rows: Rows) -> Path:
    keys = [row["audio_filepath"].split(".")[0] for row in rows]
    tables = {
        "text": [row["text"] for row in rows],
        "utt2spk": [row["speaker"] for row in rows],
        "segments": [f"{key} 0.00 {row['duration']}" for key, row in zip(keys, rows, strict=True)],
        "wav.scp": ["touch never |" for _ in rows],
    }
    for name, values in tables.items():
        lines = [f"{key} {value}\n" for key, value in zip(keys, values, strict=True)]
        (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder


def common_voice(folder: Path, rows: Rows) -> Path:
    lines = ["client_id\tpath\tsentence\tlocale"]
    lines += [f"{row['speaker']}\t{row['audio_filepath']}\t{row['text']}\t" for row in rows]
    times = ["clip\tduration[ms]"]
    times += [f"{row['audio_filepath']}\t{round(row['duration'] * 1000)}" for row in rows]
    (folder / "train.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "clip_durations.tsv").write_text("\n".join(times) + "\n", encoding="utf-8")
    return folder / "train.tsv"


def table(folder: Path, rows: Rows) -> Path:
    pl.DataFrame(rows).rename({"text": "sentence"}).write_csv(folder / "t.csv")
    return folder / "t.csv"


def quoted_tsv(folder: Path, rows: Rows) -> Path:
    pl.DataFrame(rows).rename({"text": "sentence"}).write_csv(folder / "t.tsv", separator="\t")
    return folder / "t.tsv"


def parquet(folder: Path, rows: Rows) -> Path:
    pl.DataFrame(rows).rename({"audio_filepath": "path"}).write_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def hugging_face(folder: Path, rows: Rows) -> Path:
    audio = [{"bytes": b"never opened", "path": row["audio_filepath"]} for row in rows]
    frame = pl.DataFrame(rows).drop("audio_filepath").with_columns(pl.Series("audio", audio))
    frame.write_parquet(folder / "h.parquet")
    return folder / "h.parquet"


def arrow(folder: Path, rows: Rows) -> Path:
    pl.DataFrame(rows).write_ipc_stream(folder / "t.arrow")
    return folder / "t.arrow"


def saved_to_disk(folder: Path, rows: Rows) -> Path:
    """As `datasets.save_to_disk` leaves two parts, the second of which sorts first by name."""
    for name, part in (("z.arrow", rows[:2]), ("a.arrow", rows[2:])):
        pl.DataFrame(part).write_ipc_stream(folder / name)
    state = {"_data_files": [{"filename": "z.arrow"}, {"filename": "a.arrow"}]}
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def workbook(folder: Path, rows: Rows) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["about", "this corpus"])
    sheet = book.create_sheet("clips")
    sheet.append(["file_name", "sentence", "duration", "speaker"])
    for row in rows:
        sheet.append([row["audio_filepath"], row["text"], row["duration"], row["speaker"]])
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def webdataset(folder: Path, rows: Rows) -> Path:
    with tarfile.open(folder / "0.tar", "w") as tar:
        for row in rows:
            fields = {name: row[name] for name in row if name not in ("audio_filepath", "text")}
            parts = {".json": json.dumps(fields), ".txt": row["text"] + "\n", ".wav": ""}
            for suffix, content in parts.items():
                data = content.encode()
                member = tarfile.TarInfo(row["audio_filepath"].split(".")[0] + suffix)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return folder / "0.tar"


def tarred(folder: Path, rows: Rows) -> Path:
    with tarfile.open(folder / "audio_3.tar", "w") as tar:
        for row in rows:
            tar.addfile(tarfile.TarInfo(row["audio_filepath"]))
    (folder / "m_3.json").write_bytes(jsonl([{**row, "shard_id": 3} for row in rows]))
    return folder / "m_3.json"


def blend(folder: Path, rows: Rows) -> Path:
    nemo(folder, rows[:2])
    (folder / "cuts.jsonl").write_bytes(jsonl([cut(row, {}) for row in rows[2:]]))
    (folder / "input_cfg.yaml").write_text(
        "- {type: nemo, manifest_filepath: m.jsonl, weight: 0.5, tags: {corpus: no}}\n"
        "- type: group\n"
        "  weight: 0.5\n"
        "  tags: {corpus: b}\n"
        "  input_cfg: [{type: lhotse, cuts_path: cuts.jsonl, weight: 0.5}]\n"
    )
    return folder / "input_cfg.yaml"


def captions(folder: Path, rows: Rows, suffix: str, write: Callable[[Any], str]) -> Path:
    """A file for each row with its audio beside; all of them by a pattern."""
    for row in rows:
        audio = folder / row["audio_filepath"]
        audio.touch()
        audio.with_suffix(suffix).write_text(write(row), encoding="utf-8")
    return folder / f"*{suffix}"


def clock(seconds: float, mark: str) -> str:
    return f"00:00:{int(seconds):02d}{mark}{round(seconds % 1 * 1000):03d}"


def srt(folder: Path, rows: Rows) -> Path:
    def cue(row: Mapping[str, Any]) -> str:
        return f"1\n{clock(0.5, ',')} --> {clock(0.5 + row['duration'], ',')}\n{row['text']}\n\n"

    return captions(folder, rows, ".srt", cue)


def webvtt(folder: Path, rows: Rows) -> Path:
    def cue(row: Mapping[str, Any]) -> str:
        times = f"{clock(0.5, '.')} --> {clock(0.5 + row['duration'], '.')} align:start"
        return f"WEBVTT\n\nNOTE no cue\n\n{times}\n<v {row['speaker']}>{row['text']}</v>\n"

    return captions(folder, rows, ".vtt", cue)


def audacity(folder: Path, rows: Rows) -> Path:
    def label(row: Mapping[str, Any]) -> str:
        return f"0.500000\t{0.5 + row['duration']:.6f}\t{row['text']}\n"

    return captions(folder, rows, ".txt", label)


def stm(folder: Path, rows: Rows) -> Path:
    lines = [";; a comment"]
    for row in rows:
        (folder / row["audio_filepath"]).touch()
        name, end = row["audio_filepath"].split(".")[0], 0.5 + row["duration"]
        lines.append(f"{name} 1 {row['speaker']} 0.50 {end:.2f} <o,f0> {row['text']}")
    (folder / "all.stm").write_text("\n".join(lines), encoding="utf-8")
    return folder / "all.stm"


def ctm(folder: Path, rows: Rows) -> Path:
    lines = [";; a comment"]
    for row in rows:
        (folder / row["audio_filepath"]).touch()
        words = row["text"].split()
        times = [row["duration"] * share / len(words) for share in range(len(words) + 1) if words]
        for word, start, end in zip(words, times, times[1:], strict=False):
            name = row["audio_filepath"].split(".")[0]
            lines.append(f"{name} 1 {start:.6f} {end - start:.6f} {word} 0.9")
    (folder / "all.ctm").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "all.ctm"


def textgrid(folder: Path, rows: Rows) -> Path:
    def grid(row: Mapping[str, Any]) -> str:
        end = 0.5 + row["duration"]
        label = row["text"].replace('"', '""')
        tier = f'"IntervalTier" "{row["speaker"]}" 0 {end + 1} 3 0 0.5 "" 0.5 {end} "{label}" '
        header = '"ooTextFile"\n"TextGrid"\n0\n'
        return f'{header}{end + 1} <exists>\n1\n{tier}{end} {end + 1} ""\n'

    return captions(folder, rows, ".TextGrid", grid)


def elan(folder: Path, rows: Rows) -> Path:
    def document(row: Mapping[str, Any]) -> str:
        end = round(1000 * (0.5 + row["duration"]))
        value = f"<ANNOTATION_VALUE>{escape(row['text'])}</ANNOTATION_VALUE>"
        return (
            '<?xml version="1.0"?><ANNOTATION_DOCUMENT><TIME_ORDER>'
            '<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/>'
            f'<TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="{end}"/></TIME_ORDER>'
            f'<TIER PARTICIPANT="{row["speaker"]}" TIER_ID="a"><ANNOTATION><ALIGNABLE_ANNOTATION '
            f'ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">{value}'
            "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
        )

    return captions(folder, rows, ".eaf", document)


def whisper(folder: Path, rows: Rows) -> Path:
    def transcription(row: Mapping[str, Any]) -> str:
        segment = {
            "id": 0, "seek": 0, "start": 0.5, "end": 0.5 + row["duration"], "text": row["text"],
            "tokens": [1], "avg_logprob": -0.3, "speaker": row["speaker"],
        }  # fmt: skip
        return json.dumps({"text": row["text"], "segments": [segment]})

    return captions(folder, rows, ".json", transcription)


def folder(folder: Path, rows: Rows) -> Path:
    """A folder of audio whose table gives the lengths, as those of RECORDS are none of audio."""
    for row in rows:
        (folder / row["audio_filepath"]).touch()
    pl.DataFrame(rows).rename({"audio_filepath": "file_name"}).write_csv(folder / "all.csv")
    return folder


LACKS: Mapping[str, frozenset[str]] = {
    "srt": frozenset({"speaker"}),
    "audacity_labels": frozenset({"speaker"}),
    "ctm": frozenset({"speaker"}),
}
"""Fields that a format does not hold."""
OF_WORDS = frozenset({"ctm", "textgrid"})
"""Formats that hold no segment without a word."""


def held_rows(format: str, rows: Rows) -> Rows:
    """The rows as far as a format holds them."""
    lacks = LACKS.get(format, frozenset())
    return [
        {name: row[name] for name in row if name not in lacks}
        for row in rows
        if row["text"] or format not in OF_WORDS
    ]


WRITERS: list[tuple[Callable[[Path, Rows], Path], str]] = [
    (nemo, "nemo"),
    (gzipped, "nemo"),
    (zstd, "nemo"),
    (tarred, "nemo_tarred"),
    (blend, "nemo"),
    (lhotse_cuts, "lhotse_cuts"),
    (lhotse_pair, "lhotse_supervisions"),
    (shar, "lhotse_shar"),
    (kaldi, "kaldi"),
    (common_voice, "common_voice"),
    (table, "table"),
    (quoted_tsv, "table"),
    (parquet, "parquet"),
    (hugging_face, "parquet"),
    (arrow, "arrow"),
    (saved_to_disk, "arrow"),
    (workbook, "xlsx"),
    (webdataset, "webdataset"),
    (srt, "srt"),
    (webvtt, "webvtt"),
    (audacity, "audacity_labels"),
    (stm, "stm"),
    (ctm, "ctm"),
    (textgrid, "textgrid"),
    (elan, "elan"),
    (whisper, "whisper"),
    (folder, "folder"),
]
