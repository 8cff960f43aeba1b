"""What a plan finds: each trap is planted, and named by its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.errors import ConfigError, InputError
from curate.nemo.archive import open_archive
from tests.train.planted import ROWS, Json, row, tokenizer_of, write_model, write_shards
from train.config import RunConfig, Setting, load_config, parse_setting
from train.fit import RunRequest, prepare
from train.plan import CHECKS, GPUS, Plan, find_gpu, make_plan, refuse
from train.plan.demand import Demand, estimate_demand
from train.tiny import Kind
from train.tiny.tokenizer import single

RECIPE = """\
trainer: {max_steps: 30, val_check_interval: 10}
optim: {lr: 1e-5, warmup_steps: 1, min_lr: 1e-6}
train_ds: {batch_duration: 10, max_duration: 10, num_buckets: 2, num_workers: 4}
"""

Make = Callable[..., Plan]


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., RunConfig]:
    """The settings of a run on planted shards and a planted model."""

    def build(
        rows: Sequence[Json] = ROWS,
        changes: Mapping[str, Any] | None = None,
        settings: Sequence[str] = (),
        kind: Kind = "canary",
        eval_hours: float = 2.0,
        pieces: int = 24,
    ) -> RunConfig:
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(RECIPE, encoding="utf-8")
        data = write_shards(tmp_path / "shards", rows, eval_hours)
        model = write_model(tmp_path / "model.nemo", kind, changes, pieces)
        given = {"model": model, "data": data, "out": tmp_path / "run"}
        options = [Setting(f"--{key}", key, str(value)) for key, value in given.items()]
        return load_config(recipe, [*options, *map(parse_setting, settings)])

    return build


@pytest.fixture
def make(config: Callable[..., RunConfig]) -> Make:
    def build(**planted: Any) -> Plan:
        run = config(**planted)
        return make_plan(run, open_archive(Path(run.model)))

    return build


def codes(plan: Plan) -> dict[str, str]:
    return {finding.code: finding.level for finding in plan.findings}


ALL = {"missing-token"}
ALWAYS = {"forgets-translation", "loss-mask"}
"""What a sound Canary run is told too."""

LONG = " ".join(["doch"] * 600)
HALF_AN_HOUR = tuple(row(seconds=9.0) for _ in range(200))
HOURS = tuple(row(seconds=10.0) for _ in range(8000))

PLANTED: list[tuple[str, str, Json]] = [
    ("unknown-language", "error", {"rows": [*ROWS, row(lang="fr")]}),
    ("no-language", "error", {"rows": [*ROWS, row(lang=None)]}),
    ("missing-token", "error", {"kind": "ctc", "changes": {"prompt_format": "canary2"}}),
    ("unknown-prompt", "warning", {"changes": {"prompt_format": "canary9"}}),
    ("unknown-pieces", "error", {"rows": [*ROWS, row(text="\u6211 \u5011 \u597d " * 20)]}),
    ("unknown-pieces", "warning", {"rows": [*ROWS * 3, row(text="\u6211 ja")]}),
    ("too-long", "error", {"rows": [*ROWS, row(text=LONG)]}),
    ("too-long", "warning",
        {"rows": [*ROWS, row(text="doch")],
         "changes": {"transf_decoder.config_dict.max_sequence_length": 18}}),
    ("forgets-languages", "note", {"rows": [row()] * 20}),
    ("forgets-languages", "note", {"rows": [row()] * 20, "kind": "unified"}),
    ("forgets-translation", "note", {}),
    ("loss-mask", "note", {}),
    ("padded-head", "warning",
        {"kind": "ctc", "pieces": 19, "changes": {"prompt_format": "canary2"}}),
    ("slot-not-text", "error", {"rows": [*ROWS, row(pnc=True)]}),
    ("slot-read-as-no", "error", {"rows": [*ROWS, row(pnc="Yes", text="Ja, nein.")]}),
    ("slot-read-as-no", "error", {"rows": [*ROWS, row(itn="Yes")]}),
    ("slot-missing", "warning", {"rows": [*ROWS, row(pnc=None)]}),
    ("slot-contradicts", "warning", {"rows": [*ROWS, row(pnc="yes")]}),
    ("slot-contradicts", "note", {"rows": [*ROWS * 2, row(text="Ja, nein.")]}),
    ("slot-no-language", "error", {"rows": [*ROWS, row(source_lang="")]}),
    ("translations", "note", {"rows": [*ROWS, row(target_lang="en")]}),
    ("slot-literal", "error", {"rows": [*ROWS, row(emotion="<|spltoken0|>")]}),
    ("slot-no-task", "error", {"changes": {"prompt_format": "canary"}}),
    ("dropped", "warning", {"rows": [*ROWS, row(seconds=11.0)]}),
    ("dropped", "note", {"rows": [*ROWS, row(seconds=0.05)]}),
    ("nothing-left", "error", {"rows": [row(seconds=11.0)] * 9}),
    ("small-validation", "note", {"eval_hours": 0.5}),
    ("large-validation", "note", {"eval_hours": 200.0}),
    ("no-validation", "error", {"eval_hours": 0.0}),
    ("many-epochs", "warning", {"settings": ["trainer.max_steps=3000"]}),
    ("no-epoch", "note", {"rows": HALF_AN_HOUR}),
    ("long-warmup", "warning", {"settings": ["optim.warmup_steps=10"]}),
    ("rate-above-pretraining", "warning", {"changes": {"optim.lr": 1e-6}}),
    ("rate-too-high", "error", {"settings": ["optim.lr=10"]}),
    ("rate-for-few-hours", "note", {"settings": ["optim.lr=1e-4"]}),
    ("seldom-validated", "note", {"settings": ["trainer.val_check_interval=20"]}),
    ("memory", "warning",
        {"rows": HOURS, "changes": {"encoder.n_layers": 32, "encoder.d_model": 1024},
         "settings": ["train_ds.batch_duration=3000"]}),
    ("memory", "error",
        {"rows": HOURS, "changes": {"encoder.n_layers": 64, "encoder.d_model": 4096},
         "settings": ["train_ds.batch_duration=20000"]}),
    ("batch-of-everything", "error", {"settings": ["train_ds.batch_duration=1e9"]}),
    ("one-cut-batches", "note", {"rows": [*ROWS, *[row(seconds=9.9)] * 20]}),
    ("buckets", "error", {"settings": ["train_ds.num_buckets=1"]}),
    ("buckets", "error", {"settings": ["train_ds.num_buckets=300"]}),
    ("few-workers", "note", {"settings": ["train_ds.num_workers=1", "trainer.devices=4"]}),
    ("lowpass-beyond", "error",
        {"settings": ["augmentation.lowpass_enabled=true",
                      "augmentation.lowpass_frequencies_interval=[3500, 9000]"]}),
    ("nothing-to-checkpoint", "error",
        {"changes": {"encoder._target_": "nemo.collections.asr.modules.ConvASREncoder"},
         "settings": ["trainer.gradient_checkpointing=true"]}),
    ("no-such-layers", "error", {"settings": ["freeze.encoder_layers=40"]}),
    ("no-adapter", "error",
        {"changes": {"adapters.calls": {"dim": 4}}, "settings": ["adapter={name: calls, dim: 4}"]}),
    ("long-average", "warning", {"settings": ["optim.ema_decay=0.9"]}),
    ("beam", "note", {"settings": ["validation_ds.beam=4"]}),
    ("beam", "error", {"kind": "ctc", "settings": ["validation_ds.beam=4"]}),
    ("half-precision", "warning", {"settings": ["trainer.precision=bf16-true"]}),
    ("fp16-on-cpu", "error",
        {"settings": ["trainer.precision=16-mixed", "trainer.accelerator=cpu"]}),
    ("other-tokenizer", "error", {"kind": "ctc", "changes": {"decoder.num_classes": 9}}),
    ("frozen-batchnorm", "note", {"settings": ["freeze={encoder: true, batchnorm: eval}"]}),
]  # fmt: skip

ELSEWHERE = {
    "missing-audio", "unreadable-validation", "no-texts", "schedule-steps", "new-tokenizer",
    "rate-beside-offset", "blend", "tdt-on-cpu", "long-rirs", "sampling-rate",
    "changed-validation", "no-gpu",
}  # fmt: skip
"""Checks with a test of their own: below, on real NeMo, or in the table of misuse."""


@pytest.mark.parametrize(("code", "level", "planted"), PLANTED)
def test_what_is_planted_is_named(make: Make, code: str, level: str, planted: Json) -> None:
    assert codes(make(**planted)).get(code) == level


def test_every_check_has_its_planted_trap() -> None:
    assert {code for code, _, _ in PLANTED} | ELSEWHERE == {check.code for check in CHECKS}


def test_a_sound_run_is_told_little(make: Make) -> None:
    plan = make()
    assert codes(plan).keys() == ALWAYS
    refuse(plan)


@pytest.mark.parametrize("kind", ["unified", "ctc", "rnnt"])
def test_every_kind_of_model_can_be_planned_for(make: Make, kind: Kind) -> None:
    plan = make(kind=kind)
    assert not plan.of("error")
    assert plan.facts.tokenizer.kind == ("unified" if kind == "unified" else "single")
    assert all(item.tokens for item in plan.facts.lengths)


def test_an_unknown_language_is_named_by_a_unified_tokenizer_too(make: Make) -> None:
    plan = make(kind="unified", rows=[*ROWS, row(lang="fr")])
    assert codes(plan)["unknown-language"] == "error"


def test_a_run_that_would_fail_is_refused_with_all_its_errors(
    config: Callable[..., RunConfig],
) -> None:
    run = config(rows=[*ROWS, row(lang="fr"), row(pnc=True)])
    with pytest.raises(ConfigError) as raised:
        prepare(RunRequest(run))
    error_codes = [fault.where.rpartition("[")[2] for fault in raised.value.faults]
    assert error_codes == ["unknown-language]", "slot-not-text]"]
    assert all(fault.hint for fault in raised.value.faults)


INHERITED: list[tuple[str, Any, str]] = [
    ("train_ds.text_field", "answer", "silent"),
    ("validation_ds.text_field", "answer", "silent"),
    ("train_ds.shar_path", "/inside/shar", "silent"),
    ("train_ds.shard_seed", "trng", "silent"),
    ("train_ds.max_tps", 25, "silent"),
    ("validation_ds.use_bucketing", True, "silent"),
    ("optim.sched.max_steps", 100_000, "silent"),
    ("validation_ds.shar_path", "/inside/shar", "stops"),
    ("train_ds.batch_size", 8, "stops"),
    ("init_from_nemo_model", "/inside/x.nemo", "stops"),
    ("init_from_pretrained_model", "canary", "stops"),
    ("train_ds.manifest_filepath", "/inside/m.json", "elsewhere"),
    ("test_ds.manifest_filepath", "???", "elsewhere"),
    ("train_ds.bucket_batch_size", [180, 90], "elsewhere"),
    ("train_ds.num_buckets", 20, "elsewhere"),
    ("use_loss_mask_for_prompt", True, "choice"),
    ("optim.sched.name", "NoamAnnealing", "choice"),
]


@pytest.mark.parametrize(("key", "value", "risk"), INHERITED)
def test_an_inherited_trap_is_in_the_differences(
    make: Make, key: str, value: Any, risk: str
) -> None:
    by_key = {trap.key: trap for trap in make(changes={key: value}).facts.recipe.differences}
    assert (by_key[key].inherited, by_key[key].risk) == (value, risk)


def test_every_difference_is_told_and_nothing_else(make: Make) -> None:
    recipe = make(changes={"train_ds.own": 1, "encoder.dropout": 0.3}).facts.recipe
    risk_of = {trap.key: trap.risk for trap in recipe.differences}
    assert risk_of["train_ds.own"] == "rebuilt"
    assert not any(key.startswith(("encoder", "tokenizer", "preprocessor")) for key in risk_of)


def test_another_tokenizer_is_told_of(make: Make, tmp_path: Path) -> None:
    new = Path(single({"fr": ["bon jour", "merci"]}, 12, tmp_path)["dir"])
    update = [f"tokenizer.update={{dir: {new}, type: bpe}}"]
    plan = make(kind="ctc", settings=update)
    assert codes(plan)["new-tokenizer"] == "warning"
    assert plan.facts.tokenizer.vocabulary != plan.facts.inherited_tokenizer.vocabulary
    assert codes(plan)["unknown-pieces"] == "error"  # German in French pieces
    with pytest.raises(ConfigError, match="keeps its tokenizer"):
        make(settings=update)
    with pytest.raises(ConfigError, match="is not for a EncDecMultiTaskModel: a Canary"):
        make(settings=["recipe=finetune"])


def test_the_tokenizer_that_it_has_is_no_update(make: Make, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "tokenizer.model").write_bytes(tokenizer_of("ctc", 24)[1]["all_tokenizer.model"])
    plan = make(kind="ctc", settings=[f"tokenizer.update={{dir: {own}, type: bpe}}"])
    assert codes(plan)["new-tokenizer"] == "error"


@pytest.mark.parametrize(("token", "expected"), [("<|spltoken1|>", set()), ("<|spltoken88|>", ALL)])
def test_a_behaviour_needs_its_tokens_and_takes_a_place(
    make: Make, token: str, expected: set[str]
) -> None:
    pair = f'behaviors.verbatim={{on: "<|spltoken0|>", off: "{token}"}}'
    plan = make(settings=[pair])
    assert codes(plan).keys() & {"missing-token", "unknown-prompt"} == expected
    assert plan.facts.around == 11


def test_the_schedule_must_end_with_the_trainer(make: Make) -> None:
    plan = make()
    plan.facts.recipe.config["optim"]["sched"]["max_steps"] = 99
    check = next(check for check in CHECKS if check.code == "schedule-steps")
    assert [finding.level for finding in check.run(plan.facts)] == ["error"]


def test_the_sizes_of_a_real_run(make: Make) -> None:
    """2,000 h in batches of 2,200 s on four GPUs: 818 steps an epoch, 50,000 steps 61 epochs."""
    plan = make(
        rows=HOURS,
        settings=["train_ds.batch_duration=2200", "trainer.devices=4", "trainer.max_steps=50000"],
    )
    batches = plan.facts.batches
    scale = 2000 / batches.hours
    assert batches.steps_per_epoch * scale == pytest.approx(818, rel=0.01)
    assert batches.epochs / scale == pytest.approx(61, rel=0.01)
    assert "many-epochs" in codes(plan)


def test_gradient_checkpointing_takes_less_memory_and_a_third_more_time(make: Make) -> None:
    sizes = {"encoder.n_layers": 24, "encoder.d_model": 1024}
    plain, checkpointed = (
        make(
            rows=HOURS,
            changes=sizes,
            settings=["train_ds.batch_duration=1000", f"trainer.gradient_checkpointing={value}"],
        ).facts.demand
        for value in ("false", "true")
    )
    assert plain.memory_gib and checkpointed.memory_gib and plain.hours and checkpointed.hours
    assert checkpointed.memory_gib < plain.memory_gib / 5
    assert checkpointed.hours == pytest.approx(plain.hours * 4 / 3)


@pytest.mark.parametrize(("name", "moments"), [("adamw", 2), ("novograd", 1), ("sgd", 1)])
def test_memory_and_disk_follow_the_optimiser(make: Make, name: str, moments: int) -> None:
    plan = make(settings=[f"optim.name={name}", "checkpoints.save_top_k=1"])
    demand, adamw = plan.facts.demand, make(settings=["checkpoints.save_top_k=1"]).facts.demand
    assert demand.memory_gib and adamw.memory_gib
    fewer = 4 * demand.parameters * (2 - moments) / 2**30
    assert adamw.memory_gib - demand.memory_gib == pytest.approx(fewer)
    own = plan.facts.recipe.config["optim"]
    assert own["name"] == name
    assert ("momentum" in own, "betas" in own) == (name == "sgd", name != "sgd")


def test_a_model_inside_the_model_takes_room_on_disk_alone(
    config: Callable[..., RunConfig], archive_file: Callable[..., Path]
) -> None:
    run = config(settings=["checkpoints.save_top_k=2"])
    batches = make_plan(run, open_archive(Path(run.model))).facts.batches

    def demand(*members: tuple[str, bytes]) -> Demand:
        archive = open_archive(archive_file({"target": "nemo.core.models.Model"}, members))
        return estimate_demand(archive, run, batches, 24, GPUS[3])

    weights, inner = ("model_weights.ckpt", bytes(40_000)), ("inner_weights.ckpt", bytes(500_000))
    plain, whole = demand(weights), demand(weights, inner)
    assert plain.parameters == whole.parameters == 10_000
    assert plain.disk_gib * 2**30 == 40_000 * (3 + 3 + 3)  # two best and a new one; last.ckpt twice
    assert whole.disk_gib * 2**30 == pytest.approx(40_000 * (3 + 3) + 540_000, rel=0.02)


def test_a_folder_that_is_no_data(tmp_path: Path, make: Make) -> None:
    plan = make()
    run = plan.facts.run.model_copy(update={"data": tmp_path})
    with pytest.raises(InputError, match="holds no shards"):
        make_plan(run, plan.facts.archive)


def test_damaged_shards_are_an_error_of_the_input(make: Make) -> None:
    plan = make()
    path = plan.facts.run.data / "train/cuts.000000.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"cuts\.000000"):
        make_plan(plan.facts.run, plan.facts.archive)


def test_a_gpu_by_name() -> None:
    assert [find_gpu(gpu.name) for gpu in GPUS] == list(GPUS)
    with pytest.raises(ConfigError, match="no GPU 'abacus'"):
        find_gpu("abacus")


@pytest.mark.filterwarnings("ignore:You are using DynamicBucketingSampler")
@pytest.mark.parametrize(
    ("batch_s", "quadratic_s", "buckets"), [(60, "null", 5), (60, "15", 5), (40, "null", 8)]
)
def test_steps_an_epoch_are_those_that_lhotse_makes(
    make: Make, batch_s: int, quadratic_s: str, buckets: int
) -> None:
    from lhotse import CutSet
    from lhotse.dataset import DynamicBucketingSampler
    from lhotse.testing.dummies import dummy_cut

    seconds = np.clip(np.random.default_rng(1).gamma(2.0, 1.5, 3000), 0.3, 9.9).round(3)
    plan = make(
        rows=[row(seconds=float(duration)) for duration in seconds],
        settings=[
            f"train_ds.batch_duration={batch_s}",
            f"train_ds.quadratic_duration={quadratic_s}",
            f"train_ds.num_buckets={buckets}",
        ],
    )
    cuts = CutSet.from_cuts(dummy_cut(i, duration=float(d)) for i, d in enumerate(seconds))
    sampler = DynamicBucketingSampler(
        cuts,
        max_duration=batch_s,
        quadratic_duration=plan.facts.run.train_ds.quadratic_duration,
        num_buckets=buckets,
        buffer_size=3000,
        num_cuts_for_bins_estimate=3000,
        shuffle=True,
        drop_last=False,
        world_size=1,
        rank=0,
    )
    batches = sum(1 for _ in sampler)
    assert plan.facts.batches.steps_per_epoch == pytest.approx(batches, rel=0.08)
