"""Planted defects detected, beside peers' published thresholds: `python -m benchmarks.detection`.

Seven kinds of defects are planted, with a seed, in 2 % of the rows of real manifests
(CURATE_REAL_DATA), and all methods see the same rows. Only planted defects count as such: what
was wrong in the manifests before counts against the precision of all alike. Peers are
re-implemented from the thresholds that they publish, over text and duration alone; what they do
with models is not part of this.

The last column is asr-curate's recall at each peer's hours: records in order of suspicion (bad,
then borderline, then by deviations from the language's speaking rate) until as many hours are lost
as the peer loses.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

import curate
from curate.rules.file import load_rules
from curate.whatif.calibrate import Proposals, propose_limits
from curate.whatif.preset import write_preset

MANIFESTS = (
    "cv_id", "cv19_hy", "cv61_dev_all", "earnings21_dev", "librispeech_devclean_part",
)  # fmt: skip
SHARE = 0.02
Row = dict[str, Any]
Mask = npt.NDArray[np.bool_]

# --- planting ---------------------------------------------------------------------------------


def swapped(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """The text of another record of the same manifest and language."""
    texts = [each["text"] for each in rng.sample(others, min(40, len(others)))]
    return {**row, "text": next(text for text in texts if text != row["text"])}


def repeated(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """A phrase of 1 to 5 words that a decoder says 4 to 20 times instead of going on."""
    units, glue = _units(row["text"])
    at = rng.randrange(max(1, len(units) - 4))
    phrase = units[at : at + rng.randint(1, 5)]
    return {**row, "text": glue.join(units[:at] + phrase * rng.randint(4, 20))}


def truncated(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """The first fifth to three fifths of the text."""
    units, glue = _units(row["text"])
    length = max(1, round(len(units) * rng.uniform(0.2, 0.6)))
    return {**row, "text": glue.join(units[:length])}


def stretched(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """A duration that is 0.3 to 0.6 of the true one, or 1.7 to 4 times it."""
    factor = rng.choice((rng.uniform(0.3, 0.6), rng.uniform(1.7, 4)))
    return {**row, "duration": round(row["duration"] * factor, 3)}


def foreign(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """A text of about the same length in another language."""
    length = len(row["text"])
    strange = [each["text"] for each in others if each["lang"] != row["lang"]]
    return {**row, "text": min(rng.sample(strange, 60), key=lambda other: abs(len(other) - length))}


def marked(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """Tags, entities, addresses, wiki and subtitle marks around and between the words."""
    units, glue = _units(row["text"])
    for _ in range(rng.randint(1, 4)):
        before, after = rng.choice(_MARKUP)
        at = rng.randrange(len(units))
        units[at] = f"{before}{units[at]}{after}"
    return {**row, "text": glue.join(units)}


_MARKUP = (
    ("<b>", "</b>"), ('<font color="#ffcc00">', "</font>"), ("<i>", "</i>"), ("<br/>", ""),
    ("&nbsp;", ""), ("&quot;", "&quot;"), ("", "&amp;"), ("{\\an8}", ""), ("[[", "]]"),
    ("https://example.org/page?id=17 ", ""), ("", " [music]"), ("<v Speaker 1>", ""),
)  # fmt: skip


def glued(row: Row, others: Sequence[Row], rng: random.Random) -> Row:
    """Three to eight neighbouring words without the spaces between them."""
    words = row["text"].split()
    size = min(len(words), rng.randint(3, 8))
    at = rng.randrange(len(words) - size + 1)
    return {
        **row,
        "text": " ".join([*words[:at], "".join(words[at : at + size]), *words[at + size :]]),
    }


def _units(text: str) -> tuple[list[str], str]:
    """Words, or characters where the text writes no spaces."""
    words = text.split()
    return (words, " ") if len(words) > 1 else (list(text), "")


KINDS: Mapping[str, Callable[[Row, Sequence[Row], random.Random], Row]] = {
    "swapped": swapped,
    "repeats": repeated,
    "truncated": truncated,
    "duration": stretched,
    "language": foreign,
    "markup": marked,
    "glued": glued,
}


def planted(rows: Sequence[Row], seed: int) -> tuple[list[Row], list[str]]:
    """The rows with SHARE of them broken, and for each the kind of its defect or nothing."""
    rng = random.Random(seed)
    out, kinds = list(rows), [""] * len(rows)
    fit = [at for at, row in enumerate(rows) if len(row["text"].split()) >= 4]
    chosen = rng.sample(fit, round(SHARE * len(rows)))
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["source"], row["lang"]), []).append(row)
    for number, at in enumerate(chosen):
        kind = list(KINDS)[number % len(KINDS)]
        row = rows[at]
        others = rows if kind == "language" else groups[row["source"], row["lang"]]
        out[at], kinds[at] = KINDS[kind](row, others, rng), kind
    return out, kinds


# --- peers: the thresholds that they publish --------------------------------------------------


def sdp_rates(row: Row) -> bool:
    """SDP, dataset_configs/portuguese and spanish_pc: characters a second outside 1 to 21."""
    return not 1 <= len(row["text"]) / row["duration"] <= 21


def sdp_georgian(row: Row) -> bool:
    """SDP, dataset_configs/georgian: up to 18 characters and 0.3 to 2.67 words a second."""
    words = len(row["text"].split()) / row["duration"]
    return len(row["text"]) / row["duration"] > 18 or not 0.3 <= words <= 2.67


def sdp_hallucination(row: Row) -> bool:
    """SDP, WhisperHallucinationFeatures: distinct words up to 0.4 of all, a word of 25 letters or
    more or three times longer than the second longest, up to 4 characters a second without blanks.
    """
    return _few_distinct(row) or _long_word(row, 25) or _odd_word(row) or _rate(row) <= 4


def curator(row: Row) -> bool:
    """NeMo Curator, WhisperHallucinationStage and the middle tier of durations: distinct words up
    to 0.4, a word of 25 letters or three times longer than the next (35 alone where words
    compound; neither where no spaces are written), over 40 characters a second without blanks,
    outside 0.5 to 30 s. Its list of phrases is left out: none was planted.
    """
    compounds, spaceless = row["lang"] in _COMPOUNDS, row["lang"] in _SPACELESS
    long = _long_word(row, 35) if compounds else _long_word(row, 25) or _odd_word(row)
    words = not spaceless and (_few_distinct(row) or long)
    return words or _rate(row) > 40 or not 0.5 <= row["duration"] <= 30


_COMPOUNDS = frozenset(("fi", "hu", "et", "de", "nl", "da", "sv", "sv-SE", "no"))
_SPACELESS = frozenset(("zh-CN", "zh", "ja", "th"))


def whisper(row: Row) -> bool:
    """Whisper, decoding: the text compresses by more than 2.4."""
    data = row["text"].encode()
    return len(data) > 2.4 * len(zlib.compress(data))


def _rate(row: Row) -> float:
    """Characters a second, blanks not counted."""
    return float(sum(map(len, row["text"].split())) / row["duration"])


def _few_distinct(row: Row) -> bool:
    words = row["text"].split()
    return bool(words) and len(set(words)) / len(words) <= 0.4


def _long_word(row: Row, limit: int) -> bool:
    return max(map(len, row["text"].split()), default=0) >= limit


def _odd_word(row: Row) -> bool:
    lengths = sorted(map(len, row["text"].split()))
    return len(lengths) > 1 and (lengths[-1] - lengths[-2]) / lengths[-2] >= 3


PEERS: Mapping[str, Callable[[Row], bool]] = {
    "SDP rates (1-21 c/s)": sdp_rates,
    "SDP georgian (18 c/s, 0.3-2.67 w/s)": sdp_georgian,
    "SDP hallucination features": sdp_hallucination,
    "NeMo Curator": curator,
    "Whisper (compression 2.4)": whisper,
}

# --- what was planted against what was flagged -----------------------------------------------


@dataclass(frozen=True)
class Truth:
    """What was planted, and how long each row lasts (as it says of itself)."""

    kinds: npt.NDArray[np.str_]
    hours: npt.NDArray[np.float64]

    def line(self, flagged: Mask) -> list[str]:
        """Precision, recall, hours lost, and recall of each kind."""
        bad = self.kinds != ""
        hit = flagged & bad
        cells = [
            f"{hit.sum() / max(1, flagged.sum()):.3f}",
            f"{hit.sum() / bad.sum():.3f}",
            f"{self.hours[flagged].sum():.2f}",
        ]
        of_kind = [flagged[self.kinds == kind].mean() for kind in KINDS]
        return [*cells, *(f"{share:.2f}" for share in of_kind)]

    def at_hours(self, score: npt.NDArray[np.float64], lost: float) -> Mask:
        """The most suspicious rows that together last no longer than `lost` hours."""
        order = np.argsort(-score, kind="stable")
        taken = order[np.cumsum(self.hours[order]) <= lost * (1 + 1e-9)]
        flagged = np.zeros(score.size, np.bool_)
        flagged[taken] = True
        return flagged


def rows_of(data: Path) -> list[Row]:
    """The rows of the manifests that have a text and a time."""
    rows = []
    for name in MANIFESTS:
        lines = (data / "manifests" / f"{name}.jsonl").read_bytes().split(b"\n")
        for line in map(json.loads, filter(None, lines)):
            if line["text"].strip() and line["duration"] > 0:
                lang = line.get("lang") or "en"
                rows.append(
                    {
                        "text": line["text"],
                        "duration": line["duration"],
                        "lang": lang,
                        "source": name,
                    }
                )
    return rows


def profiled(rows: Sequence[Row], folder: Path) -> pl.DataFrame:
    """The records of a profile of these rows."""
    manifest = folder / "planted.jsonl"
    with manifest.open("w", encoding="utf-8") as file:
        for at, row in enumerate(rows):
            line = {
                "audio_filepath": f"{at}.wav",
                **{k: row[k] for k in ("duration", "text", "lang")},
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    curate.profile(manifest, out=folder / "profile")
    return pl.read_parquet(folder / "profile/records.parquet")


def suspicion(records: pl.DataFrame, limits: Proposals) -> npt.NDArray[np.float64]:
    """Bad rows first, then borderline ones, then by robust deviations from the speaking rate."""
    far = np.zeros(records.height)
    chars, duration = (
        records[name].cast(pl.Float64).to_numpy() for name in ("chars", "duration_s")
    )
    for each in limits.proposals:
        if each.speaking_rate:
            here = (records["lang"] == each.value).to_numpy()
            logs = np.log(np.maximum(each.speaking_rate.ratio(chars, duration), 1e-9))
            low, middle, high = np.log(each.speaking_rate.quartiles)
            spread = np.where(logs > middle, high - middle, middle - low) / 0.6745
            far[here] = (np.abs(logs - middle) / spread)[here]
    order = {"clean": 0.0, "borderline": 100.0, "unknown": 100.0, "bad": 1000.0}
    verdicts = records["verdict"].cast(pl.String)
    return far + np.asarray(verdicts.replace_strict(order), np.float64)


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--data", type=Path, default=os.environ.get("CURATE_REAL_DATA"))
    chosen = arguments.parse_args()
    if chosen.data is None:
        raise SystemExit("set CURATE_REAL_DATA, or name --data: real manifests are needed")
    rows, kinds = planted(rows_of(chosen.data), chosen.seed)
    truth = Truth(np.array(kinds), np.array([row["duration"] for row in rows]) / 3600)
    print(
        f"{len(rows):,} rows, {truth.hours.sum():.1f} h, {sum(map(bool, kinds))} defects, "
        f"seed {chosen.seed}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = profiled(rows, folder)
        preset = folder / "calibrated.yaml"
        limits = propose_limits(folder / "profile", load_rules(None))
        write_preset(limits, preset)
        verdicts = records["verdict"].cast(pl.String).to_numpy()
        measured = records.drop("verdict", "tags", "reason")
        tuned = curate.apply_rules(measured, preset)["verdict"].cast(pl.String).to_numpy()
        score = suspicion(records, limits)
    table = {
        "asr-curate, bad": verdicts == "bad",
        "asr-curate, bad and borderline": verdicts != "clean",
        "asr-curate, calibrated, bad and borderline": tuned != "clean",
    }
    table |= {name: np.array([score_row(row) for row in rows]) for name, score_row in PEERS.items()}
    head = ["precision", "recall", "hours", *KINDS, "asr-curate at equal hours"]
    print("| method | " + " | ".join(head) + " |")
    print("|---" * (len(head) + 1) + "|")
    for name, flagged in table.items():
        own_recall = truth.line(truth.at_hours(score, truth.hours[flagged].sum()))[1]
        print(
            "| "
            + " | ".join([name, *truth.line(flagged), own_recall if name in PEERS else ""])
            + " |"
        )


if __name__ == "__main__":
    main()
