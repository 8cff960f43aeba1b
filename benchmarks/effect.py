"""What curation changes in a model: `python -m benchmarks.effect [--kind ctc|canary]`.

A synthetic corpus (espeak-ng; 40 words, 8 voices) is spoiled on purpose: 8 % of its labels each are
swapped with another sentence, looped, cut short, and glued together. The same tiny model (CTC, or
a Canary that begins with an encoder trained on other sound sentences) is trained from the same
weights on

- `raw`: everything,
- `curated`: what the default rules leave in training,
- `agreed`: that, less the records whose label the curated model contradicts (CER over 0.5 by
  `curate profile` of its own predictions), since text and duration cannot show a swapped label,
- `over-filtered`: of the curated records only those whose rate lies in the middle half,

and all are tested on the same sound sentences of other voices. Everything runs through the commands
that people use. About two minutes a model on one core; needs espeak-ng.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from benchmarks.processes import run

ADJECTIVES = "old young small quiet happy green".split()  # noqa: SIM905
NOUNS = "cat dog teacher child river garden station window bridge tree".split()  # noqa: SIM905
VERBS = "finds likes draws follows watches paints".split()  # noqa: SIM905
ENDINGS = ["today", "slowly", "near the river", "in the garden", "at the station", "again"]
VOICES = """
en-us+m1 en-us+m3 en-us+f2 en-gb+m2 en-gb+f1 en-gb+f4 en-us+m5 en-029+m4
""".split()  # noqa: SIM905
UNHEARD = ["en-us+f3", "en-gb+m7"]
SPOILT = ("swapped", "looped", "cut", "glued")
SHARE = 0.08
T_95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78}
"""Student's t for 95 %, by degrees of freedom."""

RAW = """\
schema: curate.rules/1
name: everything
extends: null
rules:
  - id: nothing
    metric: duration_s
    bad: "< 0.001"
"""
AGREED = """\
schema: curate.rules/1
name: agreed
extends: default
rules:
  - id: contradicted
    metric: cer
    bad: "> 0.5"
    "null": clean
"""
MIDDLE = """\
schema: curate.rules/1
name: over_filtered
extends: null
rules:
  - id: middle
    metric: char_rate_nospace
    bad: ["< {low:.4f}", "> {high:.4f}"]
"""

Json = dict[str, Any]


def sentence(rng: random.Random) -> str:
    """One of some 20,000 sentences."""
    parts = ["the", rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(VERBS)]
    return " ".join([*parts, "the", rng.choice(NOUNS), rng.choice(ENDINGS)])


def speak(text: str, voice: str, path: Path) -> float:
    """Speak into a 16 kHz file; its seconds."""
    spoken_file = path.with_suffix(".said.wav")
    subprocess.run(
        ["espeak-ng", "-v", voice, "-w", spoken_file, text], check=True, capture_output=True
    )
    subprocess.run(["sox", "-q", spoken_file, "-r", "16000", "-c", "1", path], check=True)
    spoken_file.unlink()
    return float(soundfile.info(path).duration)


def corpus(folder: Path, name: str, count: int, voices: Sequence[str], seed: int) -> list[Json]:
    """Sound records, spoken."""
    rng = random.Random(seed)
    audio = folder / "audio"
    audio.mkdir(exist_ok=True)
    rows = []
    for number in range(count):
        voice, text = voices[number % len(voices)], sentence(rng)
        path = audio / f"{name}{number:04d}.wav"
        duration = speak(text, voice, path)
        rows.append(
            {
                "audio_filepath": str(path), "duration": round(duration, 3), "text": text,
                "lang": "en", "speaker": f"{name}-{voice}", "sentence": f"{name}{number}",
            }
        )  # fmt: skip
    return rows


def spoil(rows: Sequence[Json], seed: int) -> list[Json]:
    """The rows, SHARE of them spoiled in each way; `kind` says which."""
    rng = random.Random(seed)
    order = rng.sample(range(len(rows)), len(rows))
    each = round(SHARE * len(rows))
    done = [{**row, "kind": "sound"} for row in rows]
    for at, kind in enumerate(SPOILT):
        chosen = order[at * each : (at + 1) * each]
        texts = [rows[row]["text"] for row in chosen]
        for row, text, other in zip(chosen, texts, [*texts[1:], texts[0]], strict=True):
            done[row] |= {"kind": kind, "text": spoiled(kind, text, other)}
    return done


def spoiled(kind: str, text: str, other: str) -> str:
    """The text spoiled in one way."""
    words = text.split()
    ways: Mapping[str, Callable[[], str]] = {
        "swapped": lambda: other,
        "looped": lambda: " ".join(words + words[-2:] * 15),
        "cut": lambda: words[0],
        "glued": lambda: "".join(words),
    }
    return ways[kind]()


def written(path: Path, rows: Sequence[Json]) -> Path:
    """A manifest of the rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


class Arm:
    """One way of curating: its shards, and its models."""

    def __init__(self, name: str, folder: Path, manifest: Path, rules: str) -> None:
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        (self.folder / "rules.yaml").write_text(rules, encoding="utf-8")
        run("curate", "split", manifest, "--rules", self.folder / "rules.yaml",
            "--eval", "20s", "--test", "20s", "--group", "sentence", "--by", "sentence",
            "--out", self.folder / "split")  # fmt: skip
        run("curate", "shard", self.folder / "split", "--out", self.folder / "shards")

    @property
    def rows(self) -> list[Json]:
        """What is trained on."""
        text = (self.folder / "shards" / "train.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.removesuffix("\n").split("\n")]

    def train(self, model: Path, config: str, seed: int, steps: int) -> Path:
        """A model trained on the arm's shards by one of our recipes."""
        out = self.folder / f"run{seed}"
        run("train", "run", "--data", self.folder / "shards", "--model", model,
            "--config", config, "--out", out, "--set", f"seed={seed}",
            "--set", f"trainer.max_steps={steps}",
            "--set", f"trainer.val_check_interval={steps}")  # fmt: skip
        return out / "model.nemo"

    def errors(self, model: Path, manifest: Path, seed: int, name: str = "eval") -> Json:
        """wer.json of a model on a manifest."""
        out = self.folder / f"{name}{seed}"
        run("train", "eval", model, "--manifest", manifest, "--out", out)
        content: Json = json.loads((out / "wer.json").read_text(encoding="utf-8"))
        return content


def middle_half(rows: Sequence[Json]) -> str:
    """Rules that keep the middle half of the rates."""
    rates = [
        len(row["text"].replace(" ", "")) / row["duration"]
        for row in rows
        if row["kind"] == "sound"
    ]
    low, _, high = statistics.quantiles(rates, n=4)
    return MIDDLE.format(low=low, high=high)


def report(arm: Arm, rates: Sequence[float]) -> str:
    """One line of the table."""
    rows = arm.rows
    spoiled_rows = sum(row["kind"] != "sound" for row in rows)
    mean = statistics.mean(rates)
    spread = statistics.stdev(rates) if len(rates) > 1 else 0.0
    half = T_95.get(len(rates) - 1, 2.0) * spread / len(rates) ** 0.5
    each = " ".join(f"{rate:.3f}" for rate in rates)
    return (
        f"| {arm.name} | {len(rows)} | {sum(row['duration'] for row in rows) / 60:.1f} "
        f"| {spoiled_rows / len(rows):.1%} | {mean:.3f} | ± {half:.3f} | {each} |"
    )


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--kind", choices=("ctc", "canary"), default="ctc")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--steps", type=int, default=300)
    arguments.add_argument("--rows", type=int, default=720)
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--work", type=Path)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.work, prefix="effect-"))
    sound = corpus(folder, "train", options.rows, VOICES, 1)
    test = written(folder / "test.jsonl", corpus(folder, "test", 120, UNHEARD, 2))
    everything = written(folder / "all.jsonl", spoil(sound, 3))
    model, config = beginning(folder, options.kind, written(folder / "sound.jsonl", sound))
    rules = {
        "raw": RAW,
        "curated": "schema: curate.rules/1\nname: d\nextends: default\nrules: []\n",
    }
    arms = {name: Arm(name, folder, everything, text) for name, text in rules.items()}
    manifest, middle = (
        arms["curated"].folder / "shards" / "train.jsonl",
        middle_half(spoil(sound, 3)),
    )
    arms["over-filtered"] = Arm("over-filtered", folder, manifest, middle)
    jobs = [(arm, seed) for seed in range(options.seeds) for arm in arms.values()]
    trial = Trial(model, config, test, options.steps)
    with ThreadPoolExecutor(options.jobs) as pool:
        rates = list(pool.map(trial.measure, jobs))
    arms["agreed"] = agreed(arms["curated"], folder)
    more = [(arms["agreed"], seed) for seed in range(options.seeds)]
    with ThreadPoolExecutor(options.jobs) as pool:
        rates += list(pool.map(trial.measure, more))
    print(
        f"{options.rows} records, {options.steps} steps, {options.seeds} seeds; "
        "test WER on 120 records"
    )
    print("| training data | records | minutes | spoiled | WER | 95 % | each seed |")
    print("|---|---|---|---|---|---|---|")
    for name in ("raw", "curated", "agreed", "over-filtered"):
        arm_rates = [
            rate for (arm, _), rate in zip([*jobs, *more], rates, strict=True) if arm.name == name
        ]
        print(report(arms[name], arm_rates))


def beginning(folder: Path, kind: str, sound: Path) -> tuple[Path, str]:
    """The model that all arms begin with, and the recipe."""
    model, encoder = folder / "tiny.nemo", folder / "encoder.nemo"
    made = model if kind == "ctc" else encoder
    run("train", "tiny", made, "--kind", "ctc", "--manifest", sound)
    if kind == "ctc":
        return model, "tiny-ctc"
    others = written(folder / "others.jsonl", corpus(folder, "other", 360, VOICES, 4))
    arm = Arm("encoder", folder, others, RAW)
    trained = arm.train(encoder, "tiny-ctc", 0, 250)
    run("train", "tiny", model, "--manifest", sound, "--encoder", trained)
    return model, "tiny"


@dataclass(frozen=True)
class Trial:
    """What all arms have in common: the model and recipe to begin with, the test, the steps."""

    model: Path
    config: str
    test: Path
    steps: int

    def measure(self, job: tuple[Arm, int]) -> float:
        """Test WER of one model: an arm, with a seed."""
        arm, seed = job
        trained = arm.train(self.model, self.config, seed, self.steps)
        wer = float(arm.errors(trained, self.test, seed)["overall"]["wer"])
        print(f"{arm.name}, seed {seed}: {wer:.3f}", file=sys.stderr, flush=True)
        return wer


def agreed(curated: Arm, folder: Path) -> Arm:
    """The arm of what the first curated model does not contradict."""
    trained = curated.folder / "run0" / "model.nemo"
    curated.errors(trained, curated.folder / "shards" / "train.jsonl", 0, "own")
    return Arm("agreed", folder, curated.folder / "own0" / "predictions.jsonl", AGREED)


if __name__ == "__main__":
    main()
