"""Restore a Canary that was trained with behaviours, and turn them on or off when it transcribes.

A behaviour is a yes/no field of the manifest that stands in the model's prompt as a pair of its
spare tokens; NeMo's own classes do not know such a prompt. This file needs only NeMo 3.0. It lies
beside the model that it was saved with:

    from canary2_behaviors import restore
    model = restore("model.nemo")
    model.transcribe(["a.wav"], source_lang="de", target_lang="de", verbatim="yes")

A field of a manifest's row has precedence over the argument; without either a behaviour is off.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from lhotse.cut import Cut
from nemo.collections.asr.models import ASRModel, EncDecMultiTaskModel
from nemo.collections.asr.models.aed_multitask_models import parse_multitask_prompt
from nemo.collections.common.data.prompt_fn import registered_prompt_format_fn
from nemo.collections.common.prompts.canary2 import Canary2PromptFormatter, canary2
from nemo.collections.common.prompts.formatter import Modality, PromptFormatter

__all__ = ["BehaviorsCanary", "known_prompt", "restore"]

ON = frozenset({"yes", "1", "true", "on"})
OFF = frozenset({"no", "0", "false", "off"})
"""What a field may say, whatever its case; True and False as well. None means off."""

Pair = tuple[str, str]
"""The tokens of a behaviour, for on and for off."""

Turns = Sequence[Mapping[str, Any]]
"""The turns of a prompt, each a role and its slots."""

OPTIONS = inspect.signature(EncDecMultiTaskModel.transcribe).parameters.keys()
"""Keywords of NeMo's `transcribe` that are no slots."""

NEMO_SLOTS = frozenset({"task", "taskname", "context"})
"""Slots that NeMo takes beside those of the prompt."""


def restore(path: str, **options: Any) -> BehaviorsCanary:
    """The model of an archive; `options` are those of NeMo's `restore_from`."""
    config = ASRModel.restore_from(path, return_config=True)
    if not config.get("behaviors"):
        raise ValueError(f"{path} has no behaviours: ASRModel.restore_from restores it")
    with known_prompt(config):
        model: BehaviorsCanary = BehaviorsCanary.restore_from(path, **options)
    return model


@contextmanager
def known_prompt(config: Mapping[str, Any]) -> Iterator[None]:
    """Make the prompt of a model's configuration known to NeMo while the block runs.

    Not for longer: NeMo's own class would take a behaviour for off, whatever its caller requests.
    Training needs it all the time. For a model without behaviours it does nothing.
    """
    name, known = str(config.get("prompt_format")), PromptFormatter._REGISTERED_FORMATTERS
    if name in known or not config.get("behaviors"):
        yield
        return
    known[name] = _PROMPTS.get(name) or _prompt(name, config["behaviors"])
    try:
        yield
    finally:
        del known[name]


_PROMPTS: dict[str, type[Canary2PromptFormatter]] = {}
"""The classes made so far, by name."""


def _prompt(name: str, behaviors: Mapping[str, Mapping[str, str]]) -> type[Canary2PromptFormatter]:
    pairs = {key: (pair["on"], pair["off"]) for key, pair in behaviors.items()}
    template = copy.deepcopy(Canary2PromptFormatter.TEMPLATE)
    template["user"]["template"] += "".join(f"|{key}|" for key in pairs)
    template["user"]["slots"].update(dict.fromkeys(pairs, Modality.Text))
    attributes = {"NAME": name, "TEMPLATE": template, "BEHAVIORS": pairs}
    _PROMPTS[name] = type(name, (_Behaviors, Canary2PromptFormatter), attributes)
    registered_prompt_format_fn(Cut, _PROMPTS[name])(_format)
    return _PROMPTS[name]


class _Behaviors:
    """What makes Canary's second prompt one with a slot more for each behaviour, behind its others.

    `custom` holds the fields of the cut that is being encoded.
    """

    BEHAVIORS: Mapping[str, Pair] = MappingProxyType({})

    custom: Mapping[str, Any] = MappingProxyType({})

    def _validate_slot_values(self, expected: dict[str, Any], received: dict[str, Any]) -> None:
        for name, pair in self.BEHAVIORS.items():
            if name in expected:
                value = self.custom.get(name, received.get(name))
                received[name] = token_of(name, pair, value)
        Canary2PromptFormatter._validate_slot_values(self, expected, received)


def _format(cut: Cut, prompt: Any) -> Any:
    prompt.custom = getattr(cut, "_first_non_padding_cut", cut).custom or {}
    try:
        return canary2(cut, prompt)
    finally:
        prompt.custom = {}


def token_of(name: str, pair: Pair, value: Any) -> str:
    """The token for a field's value, of the pair for on and off; ValueError where it is neither."""
    if value in pair:
        return str(value)
    text = str(value).strip().lower()
    if value is None or text in OFF:
        return pair[1]
    if text in ON:
        return pair[0]
    raise ValueError(f"{name!r} is {value!r}, not one of {', '.join(sorted(ON | OFF))}")


class BehaviorsCanary(EncDecMultiTaskModel):
    """A Canary whose `transcribe` takes behaviours as it takes `source_lang` or `pnc`."""

    @property
    def behaviors(self) -> Mapping[str, Pair]:
        """The tokens for on and off of each behaviour."""
        return dict(self.prompt.BEHAVIORS)

    def transcribe(self, audio: Any, *arguments: Any, **options: Any) -> Any:
        """NeMo's `transcribe`; ValueError for a slot or a value that the prompt does not have."""
        config = options.get("override_config")
        prompt = {name: value for name, value in options.items() if name not in OPTIONS}
        self._check_slots(config.prompt if config else parse_multitask_prompt(prompt))
        return super().transcribe(audio, *arguments, **options)

    def change_prompt(self, *arguments: Any, **options: Any) -> None:
        """NeMo's `change_prompt`."""
        with known_prompt(self.cfg):
            super().change_prompt(*arguments, **options)

    def _check_slots(self, turns: Turns) -> None:
        """NeMo leaves out what it does not know; a misspelt behaviour would be off."""
        known = {*self.prompt.get_slots("user"), *NEMO_SLOTS}
        for slots in _slots_of(turns):
            if unknown := sorted(slots.keys() - known):
                raise ValueError(f"the prompt has no {unknown}; it has {sorted(known)}")
            for name, pair in self.behaviors.items():
                token_of(name, pair, slots.get(name))

    def _may_be_make_dict_and_fix_paths(
        self, json_items: Sequence[Any], manifest_path: str | None, trcfg: Any
    ) -> list[dict[str, Any]]:
        """Rows for the data loader, each with its behaviours: NeMo copies only its own slots."""
        items = super()._may_be_make_dict_and_fix_paths(json_items, manifest_path, trcfg)
        given = {name: value for slots in _slots_of(trcfg.prompt) for name, value in slots.items()}
        shared = {name: given[name] for name in self.behaviors if name in given}
        return [{**shared, **item} for item in items]


def _slots_of(turns: Turns) -> Iterator[Mapping[str, Any]]:
    """The slots of the user's first turn, as NeMo reads them."""
    yield from [turn["slots"] for turn in turns if turn["role"] == "user"][:1]
