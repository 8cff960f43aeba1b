"""What agreement and alignment detect on real voices: `python -m benchmarks.detection_real FSDD`.

FSDD is the manifest of 3,000 recorded digits of six speakers. Utterances of 3 to 7 digits are
joined from one speaker's takes. A tiny CTC model is trained on four speakers (`train run`, six
minutes on one core); 600 utterances of the other two, of which 8 % each have another utterance's
text, begin inside a word, and end inside a word, are scored (`train score`) and profiled. The rules
of other tools and the presets see the same hypotheses. `--model` skips the training.

With `--whisper`, Whisper tiny.en transcribes the utterances as well (benchmarks.whisper_texts names
what to install), and the preset `consensus` has both hypotheses. The manifest of FSDD is written by
benchmarks.joined_digits.

For each rule: the share of each defect that it flags, of sound records, and of the hours. For each
rule of another tool also the alignment's edge measure at the limit that flags as many hours.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from benchmarks.digit_defects import plant
from benchmarks.effect_models import CTC
from benchmarks.joined_digits import Takes, utterances, write_rows
from benchmarks.processes import run
from benchmarks.whisper_texts import add_hypotheses

LEARNED = 0.2
"""Validation WER above which hypotheses say more of the model than of the records."""
KINDS = ("swapped", "cut_start", "cut_end")
SHARE = 0.08
SIZES = ("--eval", "100s", "--test", "60s", "--group", "utterance", "--by", "utterance")

PEERS: Sequence[tuple[str, pl.Expr]] = (
    ("WER > 0.75 (SDP, es)", pl.col("wer_raw") > 0.75),
    ("WER > 0.5 (Curator's band)", pl.col("wer_raw") > 0.5),
    ("WER > 0.25 (Curator's band)", pl.col("wer_raw") > 0.25),
    ("WER > 0.1 (distil-whisper)", pl.col("wer_raw") > 0.1),
    ("edge CER > 0.6 (SDP)", pl.col("edge_cer") > 0.6),
    ("edge CER > 0.3 (SDP, strict)", pl.col("edge_cer") > 0.3),
)
"""Published limits over a recogniser's hypothesis; words as they stand, since a normaliser makes
one number of all digits."""


PRESETS = {
    "agreement": ("contradicted", "edge_contradicted"),
    "alignment": ("misaligned", "misaligned_edge"),
}
CONSENSUS = {"consensus": ("both_contradict", "recognisers_disagree")}
"""The rules that each has of its own; a group's rule would flag all that a speaker said."""


def flagged(preset: str, rules: Sequence[str], scores: Path, out: Path) -> pl.Expr:
    """Rows that one of these rules of the preset flags."""
    run("curate", "profile", scores, "--by", "kind", "--rules", preset, "--out", out)
    tags = pl.read_parquet(out / "records.parquet")["tags"]
    own = [f"{severity}:{rule}" for severity in ("bad", "borderline") for rule in rules]
    return pl.lit(tags.list.eval(pl.element().is_in(own)).list.any())


def with_presets(folder: Path, whisper: bool) -> Iterator[tuple[str, pl.Expr]]:
    """Each preset, and what it flags of `folder`'s scores."""
    scores = folder / "scored" / "scores.jsonl"
    for name, rules in PRESETS.items():
        yield f"preset `{name}`", flagged(name, rules, scores, folder / name)
    if not whisper:
        return
    both = add_hypotheses(scores, folder / "both.jsonl")
    for name, rules in CONSENSUS.items():
        yield f"preset `{name}`", flagged(name, rules, both, folder / name)
        for rule in rules:
            yield f"its `{rule}`", flagged(name, [rule], both, folder / rule)


def recogniser(takes: Takes, speakers: Sequence[str], folder: Path, steps: int) -> Path:
    """A tiny CTC model of these speakers; SystemExit where it has not learned the digits."""
    rows = list(utterances(takes, speakers, 1000, folder / "audio", 1))
    manifest = write_rows(folder / "train.jsonl", rows)
    shape = [part for name, size in CTC.shape.items()
             for part in (f"--{name.replace('_', '-')}", str(size))]  # fmt: skip
    run("train", "tiny", folder / "tiny.nemo", "--kind", "ctc", "--manifest", manifest, *shape)
    run("curate", "split", manifest, "--out", folder / "split", *SIZES)
    run("curate", "shard", folder / "split", "--out", folder / "shards")
    settings = (*CTC.settings, f"trainer.max_steps={steps}",
                f"trainer.val_check_interval={steps // 2}",
                "augmentation.perturb_speed=true")  # fmt: skip
    run("train", "run", "--data", folder / "shards", "--model", folder / "tiny.nemo",
        "--config", CTC.recipe, "--out", folder / "run",
        *(part for each in settings for part in ("--set", each)))  # fmt: skip
    record = json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))
    if (wer := record["saved"]["val_wer"]) > LEARNED:
        raise SystemExit(
            f"{folder / 'run'}: val_wer {wer:.2f} after {steps} steps; train it longer"
        )
    return folder / "run" / "model.nemo"


def lines(records: pl.DataFrame, presets: Sequence[tuple[str, pl.Expr]]) -> Iterator[str]:
    """The table."""
    yield f"| rule | {' | '.join(KINDS)} | cut, both | sound | hours |"
    yield f"|---|{'---|' * (len(KINDS) + 3)}"
    for name, rule in PEERS:
        yield row(name, with_flags(records, rule))
        yield row(f"align_edge, as many hours as {name}", at_equal_hours(records, rule))
    for name, rule in presets:
        yield row(name, with_flags(records, rule))


def with_flags(records: pl.DataFrame, rule: pl.Expr) -> pl.DataFrame:
    """The rows, with what the rule flags."""
    return records.with_columns(rule.fill_null(False).alias("flagged"))


def at_equal_hours(records: pl.DataFrame, rule: pl.Expr) -> pl.DataFrame:
    """The rows of the lowest `align_edge`, up to the hours that the rule flags and no more."""
    budget = records.filter(rule.fill_null(False))["duration_s"].sum()
    order = records.sort("align_edge", nulls_last=True)
    return order.with_columns((pl.col("duration_s").cum_sum() <= budget).alias("flagged"))


def row(name: str, records: pl.DataFrame) -> str:
    """One line of the table: shares that are flagged."""
    of_kinds = [(kind,) for kind in KINDS]
    shares = [share(records, kinds) for kinds in (*of_kinds, KINDS[1:], ("sound",))]
    flagged_s, all_s = records.filter("flagged")["duration_s"].sum(), records["duration_s"].sum()
    hours = float(flagged_s) / float(all_s)
    return f"| {name} | {' | '.join(f'{each:.2f}' for each in shares)} | {hours:.1%} |"


def share(records: pl.DataFrame, kinds: Sequence[str]) -> float:
    """The share of these kinds' rows that is flagged."""
    flags = records.filter(pl.col("kind").is_in(kinds))["flagged"]
    return int(flags.sum()) / len(flags)


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("digits", type=Path, help="manifest of single digits")
    arguments.add_argument("--model", type=Path, help="a CTC model, instead of training one")
    arguments.add_argument("--steps", type=int, default=1200)
    arguments.add_argument("--seed", type=int, default=3)
    arguments.add_argument("--whisper", action="store_true", help="transcribe by Whisper, too")
    arguments.add_argument("--work", type=Path)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.work, prefix="detection-real-"))
    takes = Takes.read(options.digits)
    speakers = sorted(takes.by_speaker)
    model = options.model or recogniser(takes, speakers[:4], folder, options.steps)
    rows = list(utterances(takes, speakers[4:], 600, folder / "held-out", options.seed - 1))
    manifest = write_rows(
        folder / "planted.jsonl", plant(rows, dict.fromkeys(KINDS, SHARE), options.seed)
    )
    run("train", "score", model, "--manifest", manifest, "--out", folder / "scored")
    presets = list(with_presets(folder, options.whisper))
    records = pl.read_parquet(folder / "alignment" / "records.parquet")
    sound = records.filter(kind="sound")
    errors = int(sound["word_edits_raw"].sum()) / int(sound["words"].sum())
    print(f"{len(records)} records, {len(sound)} sound; WER of sound ones {errors:.3f}")
    print("\n".join(lines(records, presets)))


if __name__ == "__main__":
    main()
