"""CASES: what a training run can be given that is wrong, and what `train` makes of it.

Each is tried by the tests in this directory, under the same id, on a world that is sound but for
it. Standard library only: docs/misuse.md is written from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["refused", "set aside", "warning", "note", "stops"]
"""`refused`: no step is taken. `set aside`: the rows are in no batch, counted and named. `warning`
and `note`: the run goes on, and says so. `stops`: only the run can show it, and ends by it.
"""


@dataclass(frozen=True)
class Case:
    """One misuse: its `id` in the tests, what is wrong, the outcome, and a part of the message."""

    id: str
    misuse: str
    outcome: Outcome
    message: str
    exit_code: int = 2
    """Of `train run`, where it is refused or stops."""

    plan_knows: bool = True
    """Whether `train plan` has the same outcome."""

    test: str = ""
    """The test of a case that only a run on real NeMo can show."""


ROWS = (
    Case(
        "stereo-eval", "A row of the eval manifest is stereo; `curate shard` left such rows out of "
        "train only.", "refused", "has 2 channels, and NeMo reads mono", 3,
    ),
    Case("pnc-true-train", "A cut has `pnc: true`.", "refused", "pnc is True, not text"),
    Case(
        "pnc-true-eval", "A row of the eval manifest has `pnc: true`.",
        "refused", "pnc is True, not text",
    ),
    Case("no-language-train", "A cut has no language.", "refused", "target_lang is missing"),
    Case(
        "no-language-eval", "A row of the eval manifest has no language.",
        "refused", "target_lang is missing",
    ),
    Case(
        "only-lang-also", "The rows of a set in `validation_ds.also` have only `lang`.",
        "refused", "calls: 200 of 200 rows (3.33 min): target_lang is missing",
    ),
    Case(
        "unknown-language-train", "A cut is in a language that a unified tokenizer lacks.",
        "refused", "target_lang is 'fr'; the tokenizer has no <|fr|>",
    ),
    Case(
        "unknown-language-eval", "So is a row of the eval manifest.",
        "refused", "eval: 1 of 200 rows (1 s): source_lang is 'fr'; the tokenizer has no <|fr|>",
    ),
    Case(
        "unknown-language-also", "So is a row of a set in `validation_ds.also`.",
        "refused", "calls: 1 of 200 rows (1 s): source_lang is 'fr'; the tokenizer has no <|fr|>",
    ),
    Case(
        "hour-eval", "A row of the eval manifest declares 3,600 s, its audio has one.",
        "set aside", "audio is 1.00 s long, and the segment ends at 3600.00 s",
    ),
    Case(
        "hour-train", "A cut declares 3,600 s.",
        "set aside", "lasts 3600.00 s; 0.1 to 10 s are used",
    ),
    Case(
        "too-long-few", "One transcript of 240 exceeds the positions of the decoder.",
        "set aside", "the decoder has 512",
    ),
    Case(
        "too-long-many", "More than 1 % of the transcripts do.",
        "refused", "train: 24 of 264 rows (48 s): prompt, transcript and end take",
    ),
    Case("no-text", "Every transcript is empty.", "refused", "every transcript is empty"),
    Case(
        "text-number", "The text of a cut is a number.", "refused", "its text is 7, not text",
    ),
    Case(
        "no-supervision", "A cut has no supervision.", "refused", "the cut has no supervision",
    ),
    Case(
        "nan-train", "The duration of a cut is NaN.",
        "refused", "its duration is nan, not a number of seconds",
    ),
    Case(
        "nan-eval", "The duration of a row of the eval manifest is NaN.",
        "refused", "NaN is not JSON", 3,
    ),
    Case(
        "negative-offset", "A row of the eval manifest begins before its audio.",
        "refused", "and the segment begins at -1 s", 3,
    ),
    Case(
        "offset-text", "The offset of a row is text.",
        "refused", "offset is '3', not a number of seconds", 3,
    ),
    Case(
        "zero-length-train", "A cut has no length.",
        "set aside", "lasts 0.00 s; 0.1 to 10 s are used",
    ),
    Case(
        "zero-length-eval", "The audio of a row of the eval manifest has no sample.",
        "refused", "holds no sample", 3,
    ),
    Case(
        "missing-eval-audio", "The audio of a row of the eval manifest is missing.",
        "refused", "file is missing", 3,
    ),
    Case(
        "leak-few", "A cut is a row of the eval manifest as well.",
        "set aside", "m.jsonl:7 is a row of the eval manifest",
    ),
    Case(
        "leak-many", "More than 1 % of the cuts are.",
        "refused", "train: 24 of 264 rows (48 s): m.jsonl:7 is a row of the eval manifest",
    ),
    Case(
        "one-id-twice", "Two directories of a blend have cuts of one id, one of them too long: the "
        "other one is used.", "set aside", "train: 1 of 480 rows",
    ),
)  # fmt: skip

DATA = (
    Case("no-shards", "The shards are empty.", "refused", "shards.json: lists no shard", 3),
    Case(
        "none-left", "Every cut is longer than `train_ds.max_duration`.",
        "refused", "no record is left between train_ds.min_duration and train_ds.max_duration",
    ),
    Case(
        "a-split", "`--data` is a directory of `curate split`.",
        "refused", "holds no shards.json", 3, plan_knows=False,
    ),
    Case(
        "lost-shard", "A file of the shards was removed.",
        "refused", "recording.000000.tar: is missing", 3,
    ),
    Case(
        "damaged-shard", "A file of cuts is damaged.",
        "refused", "cuts.000000.jsonl.gz: cannot be read", 3,
    ),
    Case(
        "no-eval", "The eval manifest is missing.",
        "refused", "the eval manifest is missing",
    ),
    Case(
        "shorter-eval", "The eval manifest has lost half of its rows.",
        "warning", "the eval manifest has 100 records, shards.json lists 200",
    ),
    Case(
        "sorted-eval", "The eval manifest is sorted by language, and `limit_val_batches` takes a "
        "part: a sample of every language is decoded.", "note", "stratum de 8 of 100, en 8 of 100",
    ),
    Case(
        "test-as-eval", "The test set stands in `validation_ds.also`.",
        "refused", "is the test set, which training must not see", 3, plan_knows=False,
    ),
    Case(
        "blend-weights", "`curate shard --temperature 0` recorded equal weights for unequal "
        "hours: they are drawn.", "note", "s1: 50.0% of the hours drawn",
    ),
    Case(
        "replay-missing", "A directory of `--replay` is missing.",
        "refused", "nosuch: there is no such file or directory", 3,
    ),
    Case(
        "replay-language", "A directory of `--replay` has a language that the model lacks.",
        "refused", "the tokenizer has no part for 'fr'",
    ),
    Case(
        "mixed-rates", "Some recordings are at 8 kHz, the model takes 16 kHz.",
        "note", "12.5% of the cuts are sampled at 8,000 Hz; the model takes 16,000 Hz",
    ),
)  # fmt: skip

MODEL = (
    Case(
        "python-yaml", "A second YAML file in the archive holds `!!python/object/apply`.",
        "refused", "inner_config.yaml:1", 3,
    ),
    Case(
        "foreign-class", "A second YAML file in the archive names a function to call.",
        "refused", "_target_ names 'os.system', which is not NeMo's", 3,
    ),
    Case(
        "cut-archive", "The archive was not downloaded whole.",
        "refused", "is not a .nemo archive", 3,
    ),
    Case(
        "ctc-as-canary", "`recipe: aed` with a CTC model.",
        "refused", "the recipe 'aed' is not for a EncDecCTCModelBPE",
    ),
    Case(
        "canary-as-ctc", "`recipe: finetune` with a Canary.",
        "refused", "the recipe 'finetune' is not for a EncDecMultiTaskModel",
    ),
    Case(
        "speech-synthesis", "The model is of another kind.",
        "refused", "for which there is no recipe",
    ),
    Case(
        "swapped-tokenizer", "The tokenizer in the archive was exchanged for one of the same size.",
        "refused", "decoder.vocabulary has other pieces than the tokenizer",
    ),
    Case(
        "swapped-part", "A language of an aggregate was, and no list of pieces shows it but the "
        "vocabulary file beside it.", "warning",
        "de_tokenizer.vocab has other pieces than its SentencePiece model",
    ),
    Case(
        "ids-beyond-output", "The tokenizer has more pieces than the output of the model.",
        "refused", "decoder.num_classes is 20, and the tokenizer has 24 pieces",
    ),
    Case(
        "canary-tokenizer", "`tokenizer.update` with a Canary.",
        "refused", "keeps its tokenizer",
    ),
)  # fmt: skip

SETTINGS = (
    Case(
        "batch-of-all", "`train_ds.batch_duration=1e9`.",
        "refused", "train_ds.batch_duration is",
    ),
    Case("rate-of-10", "`optim.lr=10`.", "refused", "optim.lr is 10"),
    Case(
        "no-gpu", "`trainer.accelerator=gpu` without a GPU.",
        "refused", "trainer.accelerator: is gpu, and torch finds no GPU here", plan_knows=False,
    ),
    Case(
        "too-few-gpus", "`trainer.devices=4` on a machine with one GPU.",
        "refused", "trainer.devices: is 4, and this machine has 1 GPU", plan_knows=False,
    ),
    Case(
        "auto-without-gpu", "`trainer.accelerator=auto` without a GPU.",
        "warning", "trainer.accelerator is auto, and torch finds no GPU on this machine",
        plan_knows=False,
    ),
    Case(
        "bf16-true", "`trainer.precision=bf16-true`.",
        "warning", "weights and AdamW's moments are kept in 16 bits",
    ),
    Case(
        "fp16-on-cpu", "`trainer.precision=16-mixed` on a CPU.",
        "refused", "trainer.precision is 16-mixed, and the run is on the CPU",
    ),
    Case(
        "tdt-on-cpu", "A TDT model on a CPU, where NeMo has no loss for it.",
        "note", "the loss is computed in PyTorch",
    ),
    Case(
        "unknown-override", "`model.encoder.dropot=0.1`.",
        "refused", "encoder has no key 'dropot'",
    ),
    Case("unknown-key", "`trainr.max_steps=3`.", "refused", "unknown key 'trainr'"),
    Case(
        "late-validation", "`trainer.val_check_interval` is above `trainer.max_steps`.",
        "refused", "the run would never validate",
    ),
)  # fmt: skip

DIRECTORY = (
    Case("other-run", "`--out` holds a run.", "refused", "is not empty", plan_knows=False),
    Case(
        "in-use", "Another process writes `--out`.",
        "refused", "is in use by process", plan_knows=False,
    ),
    Case(
        "no-locks", "The file system has no locks (`flock`).",
        "warning", "is on a file system without locks", plan_knows=False,
    ),
    Case(
        "full-disk", "The disk of `--out` is full.",
        "refused", "cannot be written: No space left on device", plan_knows=False,
    ),
    Case(
        "resume-nothing", "`--resume` where no run was stopped.",
        "refused", "there is no run to go on with", plan_knows=False,
    ),
    Case(
        "resume-complete", "`--resume` of a complete run.",
        "refused", "this run is complete", plan_knows=False,
    ),
    Case(
        "resume-settings", "`--resume` with another `optim.lr`.",
        "refused", "'optim.lr' was 1e-05 and is 2e-05 now: that would be another run",
        plan_knows=False,
    ),
    Case(
        "resume-shards", "`--resume` after the shards were written again with other recordings.",
        "refused", "is not what the run began with: that would be another run", plan_knows=False,
    ),
    Case(
        "resume-model", "`--resume` after the file of `--model` was replaced.",
        "refused", "is not what the run began with: that would be another run", plan_knows=False,
    ),
    Case(
        "resume-eval", "`--resume` after the eval manifest was changed.",
        "warning", "the rows of 'eval' have changed", plan_knows=False,
    ),
)  # fmt: skip

FAULTS = "tests/train/test_nemo_faults.py::"
RUN = (
    Case(
        "few-unreadable", "Up to 1 % of the recordings drawn cannot be decoded.",
        "set aside", "could not be read and was left out; run.json names them", plan_knows=False,
        test=f"{FAULTS}test_unreadable_audio_is_counted_and_named",
    ),
    Case(
        "many-unreadable", "More than 1 % of the recordings drawn cannot be decoded.",
        "stops", "recordings drawn cannot be read", 1, plan_knows=False,
        test=f"{FAULTS}test_too_much_unreadable_audio_stops_the_run",
    ),
    Case(
        "nan-loss", "The loss of a batch is not a number.",
        "set aside", "had gradients that were not finite and changed nothing", plan_knows=False,
        test=f"{FAULTS}test_a_step_without_finite_gradients_changes_nothing",
    ),
    Case(
        "nan-losses", "The losses of ten batches in a row are not.",
        "stops", "the gradients were no finite numbers in 10 steps in a row", 1, plan_knows=False,
        test=f"{FAULTS}test_a_run_that_diverges_stops_and_names_the_records",
    ),
    Case(
        "worse", "The run makes the model worse: `model.nemo` holds the original weights.",
        "stops", "ended worse than it started", 1, plan_knows=False,
        test="tests/train/test_nemo_baseline.py::"
        "test_what_ends_worse_than_it_started_keeps_the_original",
    ),
    Case(
        "full-gpu", "A batch does not fit the GPU.",
        "stops", "the GPU is full by a batch of", plan_knows=False,
        test=f"{FAULTS}test_a_full_gpu_is_told_as_the_batch_that_filled_it",
    ),
    Case(
        "disk-fills", "The disk fills up: `--resume` continues.",
        "stops", "cannot be written: No space left on device", plan_knows=False,
        test=f"{FAULTS}test_a_full_disk_is_one_error_and_the_run_goes_on",
    ),
    Case(
        "killed", "SIGKILL, and `--resume` at once, while data workers still live.",
        "note", "resumed_at", plan_knows=False,
        test="tests/train/test_nemo_devices.py::test_a_killed_run_is_resumed_at_once",
    ),
    Case(
        "lost-process", "The process of one of several devices is killed.",
        "stops", "the process of another device has ended", 1, plan_knows=False,
        test="tests/train/test_nemo_devices.py::"
        "test_a_killed_process_ends_the_whole_run_with_one_error",
    ),
    Case(
        "more-members", "The archive holds further files: `model.nemo` has them too.",
        "note", "members of the original", plan_knows=False,
        test="tests/train/test_nemo_archive.py::"
        "test_a_saved_archive_has_the_members_of_the_original",
    ),
)  # fmt: skip

AREAS: Mapping[str, tuple[Case, ...]] = {
    "Rows": ROWS,
    "Data": DATA,
    "Model": MODEL,
    "Settings and machine": SETTINGS,
    "Run directory": DIRECTORY,
    "During a run": RUN,
}

CASES: Mapping[str, Case] = {case.id: case for area in AREAS.values() for case in area}
