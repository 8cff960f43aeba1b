"""The last that the server of tests/processes.py imports: what every command would do again.

What is read and compiled once in a process is ready in each that is forked from it. What is loaded
is no garbage: a search for it would walk through all of it in each command, and copy its pages.
"""

from __future__ import annotations

import atexit
import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from curate.artifacts.base import Model
from curate.cli.app import app as curate_commands
from curate.cli.app import rules_app as rules_commands
from curate.metrics.compute.phrases import _built_in_phrases
from curate.profiles.measure import code_version
from curate.rules.file.load import load_rules
from reports import build
from reports.templating import environment
from tests.reports.fixtures import MAKERS, make
from train.cli.app import app as train_commands


def _build(model: type[Model]) -> None:
    model.model_rebuild()
    for each in model.__subclasses__():
        _build(each)


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return sum(1 for _ in tasks.iterdir()) if tasks.is_dir() else 0


before = _threads()
_build(Model)
load_rules()
assert _built_in_phrases().name
for code in (code_version.measuring_code, code_version.audio_code, code_version.all_code):
    code()
for name in environment().list_templates(extensions=["j2"]):
    environment().get_template(name)
for program in (curate_commands, rules_commands, train_commands):
    for name in program.modules:
        for parameter in program.build(name).params:
            parameter.get_runtime_param()
with TemporaryDirectory() as folder:
    for kind in MAKERS:
        build(kind, make(kind, Path(folder) / kind))
assert _threads() == before, "a thread that begins here is missing in forked processes"

gc.collect()
gc.freeze()
gc.set_threshold(200_000, 20, 20)  # as `curate.terminal.process` has it
atexit.register(gc.unfreeze)  # at the end all is collected: extensions report what they find then
