"""The command of a hint: the one that was typed with the options that it lacks, or a new one."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.errors.typed import OptionWords, typed_command


def whole_command(names: Sequence[str], options: Sequence[OptionWords], stem: str) -> str:
    """The command that reads these inputs with these options: where a command with one input was
    typed, that one, as far as it takes them; else `new_command`.
    """
    typed = typed_command()
    completed = typed.completed(options) if typed is not None and len(typed.inputs) == 1 else None
    if completed is None:
        return new_command(names, options, stem)
    is_one = os.path.lexists(completed.inputs[0])  # no pattern of several
    return str(completed._replace(inputs=names) if is_one else completed)


def new_command(names: Sequence[str], options: Sequence[OptionWords], stem: str) -> str:
    """The `curate manifest` that reads these inputs with these options, and writes a manifest whose
    name begins so.
    """
    words = [word for option in options for word in option]
    return shlex.join(["curate", "manifest", *names, *words, "--out", f"{stem}.nemo.jsonl"])


def folder_command(folder: str) -> str:
    """The command that reads a folder in place of files in it: the one that was typed, where all
    its inputs are in the folder.
    """
    typed = typed_command()
    if typed is None or any(_folder_of(each) != folder for each in typed.inputs):
        return new_command([folder], [], stem_of(os.path.realpath(folder)))
    return str(typed._replace(inputs=[folder]))


def _folder_of(name: str) -> str:
    return os.path.dirname(name) or "."  # noqa: PTH120 - as it is written


def stem_of(name: str) -> str:
    """What the name of an output begins with; of a pattern the folder.

    >>> stem_of("data/list.csv"), stem_of("talks/"), stem_of("/"), stem_of("data/*.csv")
    ('list', 'talks', 'corpus', 'data')
    """
    path = Path(name.rstrip("/"))
    path = path.parent if "*" in path.name else path
    return path.name.partition(".")[0] or "corpus"


def as_option_words(words: Sequence[str]) -> Iterator[OptionWords]:
    """Options with their values.

    >>> list(as_option_words(["--cast", "--path-map", "C:/a=/b"]))
    [('--cast',), ('--path-map', 'C:/a=/b')]
    """
    option: list[str] = []
    for word in words:
        if word.startswith("--") and option:
            yield tuple(option)
            option = []
        option.append(word)
    if option:
        yield tuple(option)
