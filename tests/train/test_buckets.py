"""Buckets of a run: where they come from, what they hold, and how the recipe names them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.artifacts.base import write_artifact
from curate.artifacts.buckets import Buckets as StoredBuckets
from curate.errors import ConfigError
from curate.nemo.archive import open_archive
from tests.train.planted import ROWS, Json, row, tokenizer_of, write_model, write_shards
from train.artifacts.batch_sizes import (
    BatchSizes,
    MeasuredBucket,
    MeasuredDevice,
    MeasuredModel,
)
from train.config import RunConfig, Setting, load_config, parse_setting
from train.plan import Plan, make_plan
from train.plan.batches import assign
from train.plan.demand import GIB, Gpu
from train.plan.measured import memory_key
from train.recipe.buckets import Bucket, Buckets
from train.tiny import Kind

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 60, max_duration: 10, num_buckets: 4, num_workers: 2}
"""
WORDS = "ja nein doch".split()  # noqa: SIM905
SECONDS = np.clip(np.random.default_rng(1).gamma(2.0, 1.5, 600), 0.3, 9.0).round(3)
SPEECH = tuple(
    row(" ".join(WORDS[(n + k) % 3] for k in range(1 + int(s * (1 + n % 3)))), seconds=float(s))
    for n, s in enumerate(SECONDS)
)

Make = Callable[..., RunConfig]


@pytest.fixture
def config(tmp_path: Path) -> Make:
    """The settings of a run on planted shards and a planted model."""

    def build(
        *settings: str, kind: Kind = "canary", rows: Sequence[Json] = SPEECH, **changes: Any
    ) -> RunConfig:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        data = write_shards(tmp_path / "shards", rows)
        model = write_model(tmp_path / "model.nemo", kind, changes)
        given = {"model": model, "data": data, "out": tmp_path / "run"}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(recipe, [*options, *map(parse_setting, settings)])

    return build


ELSEWHERE = Gpu("h100", 80, 989)
"""A GPU that is planned for, and that this machine need not have."""


def plan_of(run: RunConfig, gpu: Gpu = ELSEWHERE) -> Plan:
    return make_plan(run, open_archive(Path(run.model)), gpu)


def test_buckets_hold_equal_shares_of_the_speech_and_nemo_gets_them(config: Make) -> None:
    plan = plan_of(config())
    section = plan.facts.recipe.config["train_ds"]
    tops = [bucket.upto_s for bucket in plan.facts.buckets.buckets]
    assert section["num_buckets"] == len(tops) == 4
    assert section["bucket_duration_bins"] == tops[:-1]
    assert (section["bucket_batch_size"], section["batch_duration"]) == (None, 60)
    held = np.searchsorted(tops, SECONDS)
    shares = [SECONDS[held == n].sum() / SECONDS.sum() for n in range(4)]
    assert shares == pytest.approx([0.25] * 4, abs=0.02)
    assert plan.facts.buckets.source == "600 durations"


def test_2d_buckets_lose_nothing_and_pad_fewer_tokens(config: Make) -> None:
    plan = plan_of(config("train_ds.buckets=2d"))
    facts, section = plan.facts, plan.facts.recipe.config["train_ds"]
    pairs = section["bucket_duration_bins"]
    assert pairs == sorted(pairs)
    assert len(pairs) == section["num_buckets"] == len(section["bucket_batch_size"]) == 9
    assert pairs[-1] == [10.0, facts.longest_allowed + 1] if facts.longest_allowed else False
    assert section["bucketing_2d_strict_mode"] is False
    assert (section["batch_duration"], section["quadratic_duration"]) == (None, None)
    assert section["bucket_batch_size"] == [int(60 // top) for top, _ in pairs]
    by_kind = {each.kind: each for each in facts.batches.padding}
    assert 1.0 <= by_kind["2d"].tokens < by_kind["1d"].tokens
    assert by_kind["1d"].audio < 1.5
    assert sum(each.share for each in facts.batches.bins) == pytest.approx(1.0)


def test_padding_is_stated_for_both_kinds_by_a_run_of_either(config: Make) -> None:
    paddings = [plan_of(config(f"train_ds.buckets={kind}")) for kind in ("1d", "2d")]
    first, second = (plan.facts.batches.padding for plan in paddings)
    assert [each.kind for each in first] == ["1d", "2d"]
    assert first == second


def test_a_model_without_a_limit_of_tokens_has_no_2d_buckets(config: Make) -> None:
    assert [each.kind for each in plan_of(config(kind="ctc")).facts.batches.padding] == ["1d"]
    with pytest.raises(ConfigError, match="limit of tokens"):
        plan_of(config("train_ds.buckets=2d", kind="ctc"))


def store_bins(run: RunConfig, longest: float = 9.0, buckets: int = 4, **keys: Any) -> None:
    bins = StoredBuckets(
        rows=600, num_buckets=buckets, max_duration=longest,
        bucket_duration_bins=(2.0, 3.0, 4.5), **keys,
    )  # fmt: skip
    write_artifact(run.data / StoredBuckets.file, bins)


@pytest.mark.parametrize(
    ("longest", "buckets", "is_used"), [(9.0, 4, True), (9.0, 5, False), (11.0, 4, False)]
)
def test_bins_of_the_shards_are_used_where_they_fit(
    config: Make, longest: float, buckets: int, is_used: bool
) -> None:
    run = config()
    store_bins(run, longest, buckets)
    plan = plan_of(run)
    bins = plan.facts.recipe.config["train_ds"]["bucket_duration_bins"]
    assert (bins == [2.0, 3.0, 4.5]) is is_used
    assert (plan.facts.buckets.source == "bins.json") is is_used


@pytest.mark.parametrize("is_own", [True, False])
def test_tokens_of_the_shards_count_where_the_model_counted_them(
    config: Make, tmp_path: Path, is_own: bool
) -> None:
    run = config("train_ds.buckets=2d")
    model = tmp_path / "de.model"
    own = tokenizer_of("canary", 24)[1]["de_tokenizer.model"]
    model.write_bytes(own if is_own else own + b" ")
    pairs = ((2.0, 5), (2.0, 9), (9.0, 20))
    store_bins(run, tokenizers=(f"de={model}",), bucket_duration_bins_2d=pairs, max_tps=(9.0,) * 3)
    plan = plan_of(run)
    around = plan.facts.around
    shifted = [[top, tokens + around] for top, tokens in pairs]
    section = plan.facts.recipe.config["train_ds"]
    assert (section["bucket_duration_bins"][:3] == shifted) is is_own


def test_a_bucket_buffer_can_fill_every_batch() -> None:
    buckets = Buckets((Bucket(2.0, None, 400), Bucket(9.0, None, 50)), "x")
    assert buckets.least_buffer() == 900
    assert buckets.settings()["bucket_batch_size"] == [400, 50]


def test_one_length_is_one_bucket_which_nemo_makes_itself(config: Make) -> None:
    plan = plan_of(config(rows=ROWS))
    assert [bucket.upto_s for bucket in plan.facts.buckets.buckets] == [2.0]
    assert plan.facts.recipe.config["train_ds"]["bucket_duration_bins"] is None


def test_a_record_goes_into_the_first_bucket_that_holds_it() -> None:
    pairs = ((2.0, 10), (2.0, 30), (5.0, 20), (9.0, 99))
    buckets = Buckets(tuple(Bucket(*pair) for pair in pairs), "x")
    seconds, tokens = np.array([1.0, 2.0, 1.0, 3.0, 3.0]), np.array([10, 11, 31, 20, 21])
    assert assign(seconds, tokens, buckets).tolist() == [0, 1, 3, 2, 3]


# ----- measured batch sizes

MEASURED = (
    MeasuredBucket(upto_s=3.0, upto_tokens=50, batch_size=12, peak_bytes=1),
    MeasuredBucket(upto_s=10.0, upto_tokens=130, batch_size=4, peak_bytes=1),
)
HERE = Gpu("NVIDIA H100", 80.0, 989, at_hand=True, precision="bf16-mixed")


def measured(run: RunConfig, path: Path, **changes: Any) -> BatchSizes:
    """Sizes that hold for the run on HERE, but for the changes; `device` changes the device."""
    plan = plan_of(run)
    archive = plan.facts.archive
    device = {
        "name": HERE.name, "memory_bytes": 80 * GIB, "budget_bytes": 72 * GIB,
        "counted": "allocator",
    } | changes.pop("device", {})  # fmt: skip
    key = memory_key(archive, run, plan.facts.tokenizer.vocabulary)
    record = BatchSizes(
        command="", versions={}, precision="bf16-mixed", distributed=False, accumulates=False,
        kind="1d", buckets=MEASURED, device=MeasuredDevice(**device),
        model=MeasuredModel(class_name=archive.model_class, parameters=1, sha256=key),
    ).model_copy(update=changes)  # fmt: skip
    write_artifact(path, record)
    return record


def test_measured_sizes_take_the_place_of_batch_duration(config: Make, tmp_path: Path) -> None:
    path = tmp_path / "sizes.json"
    measured(config(), path)
    plan = plan_of(config(f"train_ds.batch_sizes={path}"), HERE)
    section = plan.facts.recipe.config["train_ds"]
    assert section["bucket_duration_bins"] == [3.0, 10.0]
    assert section["bucket_batch_size"] == [12, 4]
    assert section["num_buckets"] == 2
    assert (section["batch_duration"], section["quadratic_duration"]) == (None, None)
    assert [each.cuts_a_batch for each in plan.facts.batches.bins] == [12, 4]
    short = int((SECONDS <= 3.0).sum())
    assert plan.facts.batches.steps_per_epoch == pytest.approx(short / 12 + (600 - short) / 4)
    assert plan.facts.buckets.source == str(path)


def test_estimates_do_not_contradict_what_was_measured(config: Make, tmp_path: Path) -> None:
    path = tmp_path / "sizes.json"
    measured(config(), path)
    settings = ["train_ds.batch_duration=1e9", "train_ds.num_buckets=1", "train_ds.max_duration=10"]
    plan = plan_of(config(*settings, f"train_ds.batch_sizes={path}"), HERE)
    assert not plan.of("error")
    assert {"batch-of-everything", "buckets"} <= {
        each.code for each in plan_of(config(*settings), HERE).of("error")
    }


OTHER_CLASS = MeasuredModel(class_name="EncDecCTCModelBPE", parameters=1, sha256="x")
OTHER_MODEL = MeasuredModel(class_name="EncDecMultiTaskModel", parameters=1, sha256="x")
REFUSED: list[tuple[Json, list[str], str, str]] = [
    ({"model": OTHER_CLASS}, [], "measured for a EncDecCTCModelBPE", "train calibrate"),
    ({"model": OTHER_MODEL}, [], "another model", "train calibrate"),
    ({}, ["model.encoder.dropout=0.5"], "another model", "train calibrate"),
    ({}, ["optim.ema_decay=0.99"], "average differ", "train calibrate"),
    ({}, ["optim.name=novograd"], "another model", "train calibrate"),
    ({}, ["trainer.gradient_checkpointing=true"], "another model", "train calibrate"),
    ({}, ["freeze.encoder=true"], "frozen parts", "train calibrate"),
    ({"precision": "32-true"}, [], "precision 32-true", "trainer.precision: 32-true"),
    ({}, ["trainer.precision=bf16-true"], "this run has bf16-true", "bf16-mixed"),
    ({}, ["trainer.devices=4"], "for one device", "train calibrate"),
    ({}, ["trainer.accumulate_grad_batches=2"], "earlier batches", "train calibrate"),
    ({"device": {"memory_bytes": 141 * GIB}}, [], "within 72.0 GiB", "train calibrate"),
    ({"device": {"memory_bytes": 40 * GIB}}, [], "this is NVIDIA H100", "train calibrate"),
    ({"device": {"counted": "tensors"}}, [], "was measured on", "train calibrate"),
    ({}, ["train_ds.max_duration=12"], "ends at 10 s", "max_duration=10"),
    ({"kind": "2d"}, [], "ends at 130 tokens", "train calibrate"),
]


@pytest.mark.parametrize(("changes", "settings", "what", "hint"), REFUSED)
def test_sizes_of_another_run_are_refused(
    config: Make, tmp_path: Path, changes: Json, settings: list[str], what: str, hint: str
) -> None:
    path = tmp_path / "sizes.json"
    measured(config(), path, **changes)
    run = config(*settings, f"train_ds.batch_sizes={path}")
    with pytest.raises(ConfigError) as raised:
        plan_of(run, HERE)
    (fault,) = raised.value.faults
    assert fault.where == str(path)
    assert what in fault.what
    assert hint in fault.hint


def test_every_difference_is_named_at_once(config: Make, tmp_path: Path) -> None:
    path = tmp_path / "sizes.json"
    measured(config(), path, model=OTHER_MODEL, precision="32-true", accumulates=True)
    run = config("train_ds.max_duration=12", f"train_ds.batch_sizes={path}")
    with pytest.raises(ConfigError) as raised:
        plan_of(run, HERE)
    assert len(raised.value.faults) == 3


@pytest.mark.parametrize(
    ("device", "gpu"),
    [
        ({"memory_bytes": 79 * GIB, "budget_bytes": 70 * GIB}, HERE),  # drivers reserve a little
        ({"memory_bytes": 24 * GIB, "budget_bytes": 20 * GIB}, ELSEWHERE),
    ],
)
def test_sizes_that_hold_are_taken(config: Make, tmp_path: Path, device: Json, gpu: Gpu) -> None:
    path = tmp_path / "sizes.json"
    measured(config(), path, device=device)
    assert plan_of(config(f"train_ds.batch_sizes={path}"), gpu).facts.buckets.sizes == (12, 4)


def test_a_file_that_is_none_is_an_error_of_the_input(config: Make, tmp_path: Path) -> None:
    path = tmp_path / "sizes.json"
    path.write_text(json.dumps({"schema": "train.plan/1"}), encoding="utf-8")
    with pytest.raises(Exception, match=r"train\.plan/1"):
        plan_of(config(f"train_ds.batch_sizes={path}"))
