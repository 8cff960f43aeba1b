"""Every private name of NeMo, Lightning and Lhotse that train/nemo uses is listed, and is there.

A new release that renames one fails here, with the reason why it is used, and not hours into a run.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeGuard

import pytest

from tests.train.world import NEMO
from train.runs import runtime

pytestmark = NEMO

ROOM = Path(__file__).parents[2] / "train/nemo"


class Private(NamedTuple):
    """A private name, the class that has it, what it is used for, and what would replace it."""

    owner: str
    name: str
    use: str
    until: str


MODEL = "nemo.core.classes.modelPT:ModelPT"
CANARY = "nemo.collections.asr.models.aed_multitask_models:EncDecMultiTaskModel"
PRIVATE = (
    Private(MODEL, "_train_dl", "the loader that counts and resumes", "a hook for a data loader"),
    Private(MODEL, "_validation_dl", "a set that is decoded now and then", "a rate for each set"),
    Private(MODEL, "_validation_names", "the sets' names in metrics", "names in the configuration"),
    Private(
        "nemo.collections.asr.parts.submodules.spectr_augment:SpecAugment", "_rng",
        "SpecAugment draws from the seeded generator", "a seed in its configuration",
    ),
    Private(
        "nemo.collections.common.prompts.formatter:PromptFormatter", "_REGISTERED_FORMATTERS",
        "a prompt is known only while its model is", "a way to register and remove one",
    ),
    Private(
        "nemo.collections.common.prompts.formatter:PromptFormatter", "_validate_slot_values",
        "behaviours are slots without a fixed value", "slots of a custom modality",
    ),
    Private(
        CANARY, "_may_be_make_dict_and_fix_paths", "transcribe reads behaviours of a manifest",
        "NeMo passing unknown fields on to the prompt",
    ),
    Private(
        "nemo.collections.asr.parts.mixins.transcription:TranscriptionMixin", "_transcribe_forward",
        "scores come from the pass that transcribes", "a hook on what transcribe has computed",
    ),
    Private(
        "nemo.core.connectors.save_restore_connector:SaveRestoreConnector", "_unpack_nemo_file",
        "what is not trained is not unpacked", "a filter of members",
    ),
    Private(
        "nemo.core.connectors.save_restore_connector:SaveRestoreConnector",
        "_make_nemo_file_from_folder", "members are carried without a copy in memory",
        "NeMo carrying the members of the archive that it restored",
    ),
    Private(
        "nemo.collections.asr.losses.rnnt:RNNTLoss", "_loss", "TDT trains on a CPU",
        "a TDT loss of NeMo's own that runs there",
    ),
    Private(
        "lightning.pytorch.callbacks:ModelCheckpoint", "_last_global_step_saved",
        "the weights of step 0 are saved", "Lightning not taking step 0 for saved",
    ),
    Private(
        "lhotse.cut:MixedCut", "_first_non_padding_cut", "the id of a padded cut",
        "a public name for it",
    ),
)  # fmt: skip


@pytest.mark.parametrize("private", PRIVATE, ids=lambda each: each.name)
def test_a_private_name_is_there(private: Private) -> None:
    runtime.prepare()  # NeMo warns of what it imports
    module, _, name = private.owner.partition(":")
    owner = getattr(importlib.import_module(module), name)
    sources = [inspect.getsource(each) for each in owner.__mro__ if each is not object]
    assert any(private.name in source for source in sources), private


def test_every_private_name_in_use_is_listed() -> None:
    used = {name for path in sorted(ROOM.glob("*.py")) for name in foreign_names(path)}
    assert used == {private.name for private in PRIVATE}


def foreign_names(path: Path) -> Iterator[str]:
    """Private names that a module uses without defining them, or overrides."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = set(own_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "hasattr"}:
            name = str(getattr(node.args[1], "value", ""))
        elif isinstance(node, ast.FunctionDef) and node.name in LISTED:
            name = node.name
        else:
            continue
        if is_private(name) and (name not in own or name in LISTED):
            yield name


LISTED = {private.name for private in PRIVATE}


def own_names(tree: ast.Module) -> Iterator[str]:
    """Functions, classes, and fields that a module gives its own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif is_stored(node) and ast.unparse(node.value) == "self":
            yield node.attr


def is_stored(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
