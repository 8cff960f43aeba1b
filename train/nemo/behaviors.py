"""Canary's second prompt, with slots of one's own behind its others.

A model that was trained with behaviours names this prompt, so it must be known before the model is
restored: `train.nemo.model.restore` sees to it. Elsewhere: `register(of_config(config))`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from lhotse.cut import Cut
from nemo.collections.common.data.prompt_fn import registered_prompt_format_fn
from nemo.collections.common.prompts.canary2 import Canary2PromptFormatter, canary2
from nemo.collections.common.prompts.formatter import Modality, PromptFormatter

from train.config import Behavior
from train.recipe.behaviors import prompt_name, token_of


def register(behaviors: Mapping[str, Behavior]) -> str:
    """Make the prompt with these behaviours known to NeMo; its name. Again is no matter."""
    name = prompt_name(behaviors)
    if name in PromptFormatter._REGISTERED_FORMATTERS:
        return name
    attributes = {"NAME": name, "TEMPLATE": _template(behaviors), "BEHAVIORS": dict(behaviors)}
    prompt = type(name, (_WithBehaviors,), attributes)
    registered_prompt_format_fn(Cut, prompt)(_format)
    return name


def _template(behaviors: Mapping[str, Behavior]) -> dict[str, Any]:
    template: dict[str, Any] = copy.deepcopy(Canary2PromptFormatter.TEMPLATE)
    user = template["user"]
    user["template"] += "".join(f"|{name}|" for name in behaviors)
    user["slots"].update(dict.fromkeys(behaviors, Modality.Text))
    return template


class _WithBehaviors(Canary2PromptFormatter):
    """`custom` holds the fields of the cut that is being encoded."""

    NAME = "canary2_with_behaviors"
    BEHAVIORS: Mapping[str, Behavior] = MappingProxyType({})

    custom: Mapping[str, Any] = MappingProxyType({})

    def _validate_slot_values(self, expected: dict[str, Any], received: dict[str, Any]) -> None:
        for name, pair in self.BEHAVIORS.items():
            if name in expected and received.get(name) not in (pair.on, pair.off):
                received[name] = token_of(name, pair, self.custom.get(name))
        super()._validate_slot_values(expected, received)


def _format(cut: Cut, prompt: _WithBehaviors) -> Any:
    prompt.custom = getattr(cut, "_first_non_padding_cut", cut).custom or {}
    try:
        return canary2(cut, prompt)
    finally:
        prompt.custom = {}
