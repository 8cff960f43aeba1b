"""A program for tests: `train` commands one after another, of which NeMo is imported but once.

`python commands.py '[["tiny", "a.nemo"], ["run", "--out", "run"]]'` forks for each command, ends at
the first that fails, and with its exit code.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Never

from train.runs import runtime


def become(words: Sequence[str]) -> Never:
    """In the forked process: be the command."""
    from train.cli import main

    sys.argv = ["train", *words]
    main()
    sys.exit()


def main(commands: Sequence[Sequence[str]]) -> int:
    """The exit code of the first command that fails; 0 where none does."""
    for words in commands:
        child = os.fork()
        if child == 0:
            become(words)
        if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            return code
    return 0


if __name__ == "__main__":
    runtime.prepare()
    import train.nemo.fit  # noqa: F401 - before the processes are forked

    sys.exit(main(json.loads(sys.argv[1])))
