"""Behaviours of one's own: a manifest field that turns something on or off, as a pair of tokens.

Canary's tokenizers hold `<|spltoken0|>` to `<|spltoken29|>` that mean nothing yet. A pair of them
becomes a slot of the prompt, like `<|pnc|>` and `<|nopnc|>`, so nothing is added to the vocabulary
and no embedding changes its size. No NeMo here; the prompt itself is in
`train.nemo.canary2_behaviors`, of which every such model has a copy beside it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.errors import Fault, InputError, raise_all
from train.config import Behavior

PROMPT = "canary2"
"""The prompt that behaviours can be added to."""

PLUGIN = "canary2_behaviors.py"
"""The file beside a model with behaviours, with which plain NeMo can restore it."""

CONFIG_KEY = "behaviors"
"""Where the model's own configuration keeps them, so that they travel in the .nemo."""

ON = frozenset({"yes", "1", "true", "on"})
OFF = frozenset({"no", "0", "false", "off"})
"""What a field may say, whatever its case; JSON's true and false as well. Nothing means off."""


def of_config(config: Mapping[str, Any]) -> dict[str, Behavior]:
    """The behaviours that a model's configuration names."""
    given = config.get(CONFIG_KEY) or {}
    return {name: Behavior.model_validate(dict(pair)) for name, pair in given.items()}


def to_config(behaviors: Mapping[str, Behavior]) -> dict[str, dict[str, str]]:
    """The reverse of `of_config`."""
    return {name: pair.model_dump() for name, pair in behaviors.items()}


def prompt_name(behaviors: Mapping[str, Behavior]) -> str:
    """The name of the prompt with these behaviours: equal names, equal prompts.

    NeMo's own classes do not know it. All that their error shows is the name, so it says what does.

    >>> prompt_name({"verbatim": Behavior(on="<|spltoken4|>", off="<|spltoken5|>")})
    'canary2_verbatim_4_5 (restore it with canary2_behaviors.py)'
    """
    numbers = ("_".join(map(_number, (pair.on, pair.off))) for pair in behaviors.values())
    parts = (f"{name}_{both}" for name, both in zip(behaviors, numbers, strict=True))
    return f"{'_'.join([PROMPT, *parts])} (restore it with {PLUGIN})"


def _number(token: str) -> str:
    return re.sub(r"\D", "", token)


def switch(value: Any) -> bool | None:
    """Whether a field's value means on; None where it means neither."""
    if value is None:
        return False
    text = str(value).strip().lower()
    return True if text in ON else False if text in OFF else None


def check_values(train: Sequence[Path], behaviors: Mapping[str, Behavior]) -> None:
    """InputError where a behaviour cannot be learned from the shards in these directories.

    Every value must mean on or off, and both must occur.
    """
    seen: dict[str, Counter[bool | None]] = {name: Counter() for name in behaviors}
    strange: list[Fault] = []
    customs = (pair for folder in train for pair in _customs(folder))
    for place, custom in customs if behaviors else ():
        for name, count in seen.items():
            count[switched := switch(custom.get(name))] += 1
            if switched is None and len(strange) < _MOST_NAMED:
                what = f"{name!r} is {custom[name]!r}, neither on nor off"
                strange.append(Fault(place, what, f"one of {', '.join(sorted(ON | OFF))}"))
    raise_all(InputError, [*strange, *_one_sided(train[0], seen)])


_MOST_NAMED = 10


def _customs(train: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in sorted(train.glob("cuts.*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield f"{path}:{number}", json.loads(line).get("custom") or {}


def _one_sided(train: Path, seen: Mapping[str, Counter[bool | None]]) -> Iterator[Fault]:
    for name, count in seen.items():
        for side, word in ((True, "on"), (False, "off")):
            if not count[side]:
                what = f"no recording has {name!r} {word}, so the pair of tokens teaches nothing"
                hint = f"set {name!r} in the manifest, on and off, and write the shards again"
                yield Fault(str(train), what, hint)
