"""One round of curation by commands, on real voices: `python -m benchmarks.loop FSDD`.

The corpus is that of `benchmarks.effect_real` (seed 0): 400 utterances of four speakers, 8 % of
which have each of five defects; 400 utterances of two other speakers, without one, are the test.

train -> score -> profile -> rules -> review -> split -> train: a first model is trained on all of
it, scores it, the preset `agreement` gives verdicts, the --review records with the highest CER are
reviewed, and a second model is trained on what is left, from the same weights for as many steps.
The review writes the log that the review app writes; the true texts take the place of a listener:
a wrong text is corrected, other wrong records are rejected, right ones are kept.

Prints the commands, and both WERs with the interval of their paired difference.
"""

from __future__ import annotations

import argparse
import json
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.effect_arms import EVERYTHING, Corpus, Sizes
from benchmarks.effect_models import CTC
from benchmarks.joined_digits import Json, Takes, read_rows, write_rows
from benchmarks.processes import run
from curate.rules.overrides import Decision, append

TEXTS = ("swapped", "looped", "deleted")
"""Defects that another text corrects."""
AT = "2026-11-29T12:00:00Z"


class Loop:
    """The commands, in a folder, and what they wrote."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        self.folder, self.corpus = folder, corpus
        write_rows(folder / "few.jsonl", corpus.start)
        write_rows(folder / "corpus.jsonl", corpus.spoiled)
        write_rows(folder / "test.jsonl", read_rows(corpus.test))
        (folder / "everything.yaml").write_text(EVERYTHING, encoding="utf-8")

    def run(self, line: str, accepted: Sequence[int] = (0,)) -> None:
        """Run one command in the folder and print it."""
        print(line, flush=True)
        run(*shlex.split(line), folder=self.folder, accepted=accepted)

    def train(self, name: str, inputs: str, start: str, steps: int) -> None:
        """Split, shard and train into the folder `name`; the model is name/run/model.nemo."""
        settings = [
            *CTC.settings,
            f"trainer.max_steps={steps}",
            f"trainer.val_check_interval={steps}",
        ]
        options = " ".join(f"--set {each}" for each in settings)
        self.run(f"curate split {inputs} --out {name}/split --eval 30s --test 0s --group utterance")
        self.run(f"curate shard {name}/split --out {name}/shards")
        self.run(
            f"train run --data {name}/shards --model {start} --config {CTC.recipe} "
            f"--out {name}/run {options}",
            accepted=(0, 1),  # 1: all is written, but worse than at the start, as by spoiled texts
        )

    def first_model(self) -> None:
        """A model that knows a little, and one of the whole corpus."""
        size = f"--d-model {CTC.shape['d_model']} --layers {CTC.shape['layers']}"
        self.run(f"train tiny tiny.nemo --kind ctc --manifest few.jsonl {size}")
        self.train("start", "few.jsonl", "tiny.nemo", CTC.start_steps)
        everything = "corpus.jsonl --rules everything.yaml"
        self.train("first", everything, "start/run/model.nemo", CTC.steps)

    def second_model(self, reviewed: int) -> None:
        """Scores, verdicts, a review, and the model of what is left."""
        self.run("train score first/run/model.nemo --manifest corpus.jsonl --out scored")
        scored = "curate profile scored/scores.jsonl --rules agreement"
        profile = f"{scored} --by utterance --out profile"
        self.run(profile)
        print(f"# review: {self.review(reviewed)}")
        self.run(f"{profile} --overrides overrides.jsonl")
        self.train("second", "profile", "start/run/model.nemo", CTC.steps)

    def review(self, count: int) -> str:
        """Decide about the `count` records of the highest CER, and say how."""
        records = pl.read_parquet(self.folder / "profile" / "records.parquet")
        rows = read_rows(self.folder / "scored" / "scores.jsonl")
        lines = records.sort("cer", descending=True, nulls_last=True)["line"].head(count)
        decisions = [self.decide(rows[line - 1]) for line in lines]
        for decision in decisions:
            append(self.folder / "overrides.jsonl", decision)
        texts = sum(each.text is not None for each in decisions)
        rejected = sum(each.decision == "reject" for each in decisions)
        return (
            f"{texts} texts corrected, {rejected} records rejected, {count - texts - rejected} kept"
        )

    def decide(self, row: Json) -> Decision:
        """What a listener who knows the words decides."""
        text = self.texts[row["utterance"]] if row["kind"] in TEXTS else None
        verdict = "keep" if text or row["kind"] == "sound" else "reject"
        named: dict[str, Any] = {name: row.get(name) for name in ("audio_filepath", "offset")}
        return Decision(verdict, "listener", AT, text=text, **named)

    @property
    def texts(self) -> dict[str, str]:
        """The true text of each utterance."""
        return {row["utterance"]: row["text"] for row in self.corpus.clean}

    def compare(self) -> Sequence[str]:
        """The table: both models on the test, and their paired difference."""
        self.run(
            "train eval second/run/model.nemo --against first/run/model.nemo "
            "--manifest test.jsonl --normalise basic --out test"
        )
        wer = json.loads((self.folder / "test" / "wer.json").read_text(encoding="utf-8"))
        change = wer["against"]["overall"]
        sizes = [len(read_rows(self.folder / name / "shards/train.jsonl")) for name in RUNS]
        bounds = f"{change['difference']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]"
        return (
            "| trained on | records | WER | difference, 95 % |",
            "|---|---|---|---|",
            f"| everything | {sizes[0]} | {change['wer_old']:.3f} | |",
            f"| after the round | {sizes[1]} | {change['wer_new']:.3f} | {bounds} |",
        )


RUNS = ("first", "second")


def main() -> None:
    """Run the loop and print its table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("digits", type=Path, help="manifest of single digits")
    arguments.add_argument("--review", type=int, default=100, help="records to review")
    arguments.add_argument("--work", type=Path)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.work, prefix="loop-"))
    corpus = Corpus(Takes.read(options.digits), Sizes(test=400), folder, 0)
    loop = Loop(folder, corpus)
    loop.first_model()
    loop.second_model(options.review)
    print("\n".join(["", *loop.compare()]))


if __name__ == "__main__":
    main()
