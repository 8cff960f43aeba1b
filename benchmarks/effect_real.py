"""What curation changes in a model, on real voices: `python -m benchmarks.effect_real FSDD`.

FSDD is the manifest of 3,000 recorded digits of six speakers. Utterances of 3 to 7 digits are
joined from one speaker's takes; each seed holds two speakers out and tests on 200 utterances of
these two. A tiny CTC model learns a little from a few sound utterances. From its weights one model
for each arm of `benchmarks.effect_arms` is trained, all for the same number of steps (`curate
split`, `curate shard`, `train run`).

Each result is a JSON file in --results, by arm and seed, with the digest of what it depends on;
those that are there are not trained again, so that runs add up. The table is printed from all of
them; `--table` prints it and trains nothing. About 35 seconds of one core an arm and seed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.effect_arms import ARMS, EVERYTHING, Corpus, Sizes, count_kinds, make_split
from benchmarks.effect_models import MODELS, Learner
from benchmarks.effect_table import (
    Result,
    claim_lines,
    loop_lines,
    mixed_lines,
    read_models,
    read_results,
    readme_lines,
    table_lines,
)
from benchmarks.joined_digits import Json, Takes, read_rows, seconds, write_rows

RESULTS = Path(__file__).parent / "effect_real"


@dataclass(frozen=True)
class Bench:
    """What all arms have in common."""

    digits: Path
    work: Path
    results: Path
    sizes: Sizes
    model: Learner

    @cached_property
    def takes(self) -> tuple[Takes | None, Takes]:
        """The recordings that the start has to itself, and all others."""
        takes, own = Takes.read(self.digits), self.model.start_takes
        return takes.divided(own) if own else (None, takes)

    @cached_property
    def digest(self) -> str:
        """One name for what results depend on beside arm and seed."""
        return self.model.digest(self.sizes, self.digits)

    def run(self, arms: Sequence[str], seeds: Sequence[int]) -> None:
        """Train what has no result yet, all arms of a seed before the next seed."""
        self.results.mkdir(parents=True, exist_ok=True)
        done = {(each.arm, each.seed) for each in read_results(self.results, self.digest)}
        for seed in seeds:
            trial = Trial(self, seed)
            for arm in arms:
                if (arm, seed) not in done:
                    self.store(trial.measure(arm))

    def store(self, result: Result) -> None:
        """Write the result's file, whole or not at all."""
        path = self.results / f"{result.arm.replace(', ', '-')}-{result.seed}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(result)) + "\n", encoding="utf-8")
        part.replace(path)
        print(
            f"{result.arm}, seed {result.seed}: WER {result.wer:.3f}", file=sys.stderr, flush=True
        )


class Trial:
    """One seed: its corpus, and its models."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.seed = bench, seed
        self.folder = bench.work / bench.digest / f"seed{seed}"
        self.folder.mkdir(parents=True, exist_ok=True)
        own, takes = bench.takes
        self.corpus = Corpus(takes, bench.sizes, self.folder, seed, self.score, own)
        self.everything = self.folder / "everything.yaml"
        self.everything.write_text(EVERYTHING, encoding="utf-8")

    @cached_property
    def start(self) -> Path:
        """The model that all arms begin with, trained on a few utterances without a defect."""
        from train.tiny import Sizes, build_tiny

        if trained := self.trained("start"):
            return trained
        model = self.bench.model
        pairs = len(self.corpus.takes.by_speaker) // 2
        if model.start_takes and self.seed >= pairs:  # the same speakers are held out
            return Trial(self.bench, self.seed % pairs).start
        untrained = self.folder / "tiny.nemo"
        texts = write_rows(self.folder / "texts.jsonl", self.corpus.clean)
        build_tiny(untrained, [texts], model.kind, Sizes(**model.shape), self.seed, self.encoder)
        return self.train("start", self.corpus.start, untrained, model.start_steps)

    @property
    def encoder(self) -> str | None:
        """The model whose encoder this one begins with: the start of another kind's arms."""
        lender = self.bench.model.encoder
        return str(Trial(replace(self.bench, model=lender), self.seed).start) if lender else None

    def trained(self, arm: str) -> Path | None:
        """The arm's model, where an earlier process has trained it to the end."""
        run = self.folder / arm / "run"
        return run / "model.nemo" if (run / "run.json").is_file() else None

    def train(self, arm: str, rows: Sequence[Json], start: Path, steps: int) -> Path:
        """The model trained on the rows."""
        import curate
        from train.config import configure, data_settings, setting
        from train.fit import RunRequest, fit

        out = self.folder / arm.replace(", ", "-")
        manifest = write_rows(self.folder / f"{out.name}.jsonl", rows)
        split = make_split(manifest, self.corpus.validation, out / "split", self.everything)
        curate.shard(split, out=out / "shards")
        options = [*data_settings([out / "shards"], []), *setting("out", str(out / "run"))]
        for key in ("trainer.max_steps", "trainer.val_check_interval"):
            options += setting(key, steps)
        options += setting("seed", self.seed)
        model = self.bench.model
        config = configure(model.recipe, str(start), options, model.settings)
        fit(RunRequest(config, overwrite=True))
        return out / "run" / "model.nemo"

    def train_arm(self, arm: str, rows: Sequence[Json]) -> Path:
        """The model trained on the rows from the start that all arms have."""
        return self.train(arm, rows, self.start, self.bench.model.steps)

    def measure(self, arm: str) -> Result:
        """Train the arm and count the errors of its model on the held-out speakers."""
        from curate.text.normaliser import BASIC, Normaliser
        from train.evaluate import PREDICTIONS, EvalRequest, evaluate

        began = time.process_time()
        rows = self.corpus.rows(arm)
        model = self.start if arm == "start" else self.train_arm(arm, rows)
        out = self.folder / arm.replace(", ", "-") / "test"
        words_apart = Normaliser((BASIC,))  # the default makes one number of all digits
        evaluate(EvalRequest(str(model), [self.corpus.test_of(arm)], out, normaliser=words_apart))
        predictions = read_rows(out / PREDICTIONS)
        return Result(
            arm=arm,
            seed=self.seed,
            digest=self.bench.digest,
            speakers=tuple(self.corpus.tested),
            rows=len(rows),
            minutes=round(seconds(rows) / 60, 2),
            kinds=dict(count_kinds(rows)),
            errors=tuple(each["word_errors"] for each in predictions),
            words=tuple(each["ref_words"] for each in predictions),
            processor_s=round(time.process_time() - began, 1),
        )

    def score(self, manifest: Path) -> Path:
        """The manifest with the scores of the model that was trained on `spoiled`."""
        from train.score import SCORES, ScoreRequest, score

        model = self.trained("spoiled")
        if model is None:
            model = self.train_arm("spoiled", self.corpus.spoiled)
        score(ScoreRequest(str(model), [manifest], self.folder / "scored"))
        return self.folder / "scored" / SCORES


def main() -> None:
    """Train what is missing, then print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("digits", type=Path, nargs="?", help="manifest of single digits")
    arguments.add_argument("--results", type=Path, default=RESULTS)
    arguments.add_argument("--work", type=Path, default=Path("effect-work"))
    arguments.add_argument("--seeds", type=int, nargs="+", default=range(5))
    arguments.add_argument("--model", nargs="+", choices=MODELS, default=["ctc"])
    arguments.add_argument("--arms", nargs="+", choices=ARMS, help="those of the model by default")
    arguments.add_argument("--table", action="store_true", help="train nothing")
    options = arguments.parse_args()
    if not options.table:
        if options.digits is None:
            raise SystemExit("name the manifest of single digits, or --table")
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        for name in options.model:
            model = MODELS[name]
            sizes = Sizes(start=model.start_rows)
            bench = Bench(options.digits, options.work, options.results / name, sizes, model)
            bench.run(options.arms or model.arms, options.seeds)
    by_model = read_models(options.results)
    tables = (
        table_lines(by_model),
        loop_lines(by_model.get("Canary", ())),
        mixed_lines(by_model.get("CTC", ())),
        readme_lines(by_model),
        claim_lines(by_model),
    )
    print("\n\n".join("\n".join(lines) for lines in tables))


if __name__ == "__main__":
    main()
