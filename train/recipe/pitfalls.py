"""Known pitfalls of a pretrained configuration, and everything else that a recipe changes in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from train.artifacts.shared import Pitfall, Risk

STARTING_POINTS = (
    "init_from_nemo_model",
    "init_from_pretrained_model",
    "init_from_ptl_ckpt",
)
"""Where the pretrained run itself started from; NeMo refuses more than one of these keys,
whatever their values.
"""

ABSENT: Any = object()
"""Nothing was inherited, and nothing inherited by default is a pitfall."""

RISKS: dict[Risk, str] = {
    "silent": "trains something else, without an error",
    "stops": "fails or hangs, at the start or hours in",
    "elsewhere": "belongs to another machine, another GPU or other data",
    "choice": "the recipe decides",
    "rebuilt": "the data sections and the optimiser are built from the recipe",
}
"""What an inherited value would do if it stayed, the worst first."""

OTHER_MACHINE = "a path on the machine that pretrained the model"

PITFALLS: tuple[tuple[str, Any, Risk, str], ...] = (
    (
        "train_ds.text_field",
        ABSENT,
        "silent",
        "where the inherited field is absent every target is empty, without an error",
    ),
    (
        "validation_ds.text_field",
        ABSENT,
        "silent",
        "where the inherited field is absent every reference is empty, without an error",
    ),
    (
        "train_ds.lang_field",
        "lang",
        "silent",
        "the language of the transcript picks its tokenizer",
    ),
    (
        "validation_ds.lang_field",
        "lang",
        "silent",
        "the language of the transcript picks its tokenizer",
    ),
    ("train_ds.manifest_filepath", ABSENT, "elsewhere", OTHER_MACHINE),
    ("train_ds.tarred_audio_filepaths", ABSENT, "elsewhere", OTHER_MACHINE),
    ("train_ds.input_cfg", ABSENT, "elsewhere", OTHER_MACHINE),
    (
        "train_ds.shar_path",
        ABSENT,
        "silent",
        "another machine's shards; beside a manifest shards win, without a word",
    ),
    ("validation_ds.manifest_filepath", ABSENT, "elsewhere", OTHER_MACHINE),
    ("test_ds.manifest_filepath", ABSENT, "elsewhere", "the test set is not touched in training"),
    (
        "validation_ds.shar_path",
        ABSENT,
        "stops",
        "shards repeat without end, and so would validation",
    ),
    ("train_ds.batch_size", ABSENT, "stops", "batch_duration decides; both together clash"),
    (
        "train_ds.bucket_batch_size",
        ABSENT,
        "elsewhere",
        "measured for another GPU and other buckets",
    ),
    ("train_ds.bucket_duration_bins", ABSENT, "elsewhere", "estimated on other data"),
    (
        "train_ds.num_buckets",
        ABSENT,
        "elsewhere",
        "belongs to a bucket_batch_size that is dropped",
    ),
    (
        "train_ds.concurrent_bucketing",
        True,
        "stops",
        "fills buckets in a thread: no two runs see one order, and without a worker none ends",
    ),
    (
        "train_ds.shard_seed",
        "trng",
        "silent",
        "another order in each run; `randomized` can be repeated",
    ),
    ("train_ds.max_tps", ABSENT, "silent", "drops fast speech without a word; the rules decide"),
    ("train_ds.min_tps", ABSENT, "silent", "drops slow speech without a word; the rules decide"),
    (
        "validation_ds.use_bucketing",
        False,
        "silent",
        "validation must see the same batches each time",
    ),
    (
        "validation_ds.batch_duration",
        ABSENT,
        "silent",
        "a static batch_size, for the same reason",
    ),
    (
        "optim.lr",
        ABSENT,
        "choice",
        "the recipe decides: the pretraining rate may undo what was learned",
    ),
    ("optim.sched.name", ABSENT, "choice", "the recipe decides"),
    (
        "optim.sched.max_steps",
        ABSENT,
        "silent",
        "must equal trainer.max_steps, or the rate ends elsewhere",
    ),
    (
        "use_loss_mask_for_prompt",
        False,
        "choice",
        "the recipe decides: it helped 180m and not 1b, try both",
    ),
    *(
        (key, ABSENT, "stops", "where the pretraining itself started; two of them clash")
        for key in STARTING_POINTS
    ),
)
"""Key, NeMo's default where nothing is inherited, what the inherited value would do, and why."""


def find_pitfalls(inherited: dict[str, Any], used: dict[str, Any]) -> Iterator[Pitfall]:
    """The pitfalls that were inherited and are fixed in `used`, in the order of PITFALLS."""
    for key, default, risk, why in PITFALLS:
        before, after = _at(inherited, key, default), _at(used, key, None)
        if before not in (ABSENT, None, after):
            yield Pitfall(key=key, inherited=before, used=after, why=why, risk=risk)


def all_differences(
    inherited: dict[str, Any], used: dict[str, Any], pitfalls: Sequence[Pitfall]
) -> tuple[Pitfall, ...]:
    """The pitfalls, and every other key whose value is not the inherited one."""
    before, after = dict(_leaves(inherited)), dict(_leaves(used))
    known = {each.key for each in pitfalls}
    others = [
        _rebuilt(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key) and not _within(key, known)
    ]
    order = list(RISKS)
    return tuple(sorted([*pitfalls, *others], key=lambda each: (order.index(each.risk), each.key)))


def _rebuilt(key: str, before: Any, after: Any) -> Pitfall:
    return Pitfall(key=key, inherited=before, used=after, why=RISKS["rebuilt"], risk="rebuilt")


def _leaves(config: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        key = f"{above}.{name}".lstrip(".")
        if isinstance(value, dict) and value:
            yield from _leaves(value, key)
        else:
            yield key, value


def _within(key: str, known: Collection[str]) -> bool:
    return any(key == each or key.startswith(f"{each}.") for each in known)


def _at(config: dict[str, Any], key: str, default: Any) -> Any:
    value: Any = config
    for name in key.split("."):
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value
