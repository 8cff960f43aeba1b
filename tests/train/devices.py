"""A program for tests: fits on two devices, each in processes of its own, which it ends at will.

`python devices.py FOLDER` runs every scenario of SCENARIOS by FOLDER/recipe.yaml. Processes are
forked, so that NeMo is imported once. `FOLDER/SCENARIO-RANK.txt` gets a line for each batch that is
trained on, `.err` what the process printed, `ends.json` exit codes and the seconds between the
ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Never
from unittest.mock import patch

from curate.terminal.command import run
from train.config import Setting, load_config
from train.runs import runtime

MOST_S = 120
LAUNCHER = "lightning.pytorch.strategies.launchers.subprocess_script"
WATCHED = "torch.utils.data._utils.worker.MP_STATUS_CHECK_INTERVAL"
"""The seconds after which a data worker notices that its process was killed."""


@dataclass(frozen=True)
class Scenario:
    """A fit in the directory `out`; the process of `rank` gets the signal in batch `at`."""

    out: str
    resume: bool = False
    number: int = 0
    at: int = 0
    rank: int = 1


SCENARIOS: Mapping[str, Scenario] = {
    "whole": Scenario("whole"),
    "stopped": Scenario("stopped", number=signal.SIGTERM, at=2),
    "resumed": Scenario("stopped", resume=True),
    "killed": Scenario("killed", number=signal.SIGKILL, at=3),
    "killed-again": Scenario("killed", resume=True, number=signal.SIGKILL, at=4, rank=0),
    "continued": Scenario("killed", resume=True),
}

BY_LIGHTNING = "stopped"
"""The scenario whose second process Lightning starts; others are as of torchrun."""


class SecondProcess:
    """Stands for `subprocess.Popen`, by which Lightning starts the second process: forked before
    the fit, it begins with the command and the environment that Lightning gives, as one that
    imports NeMo anew would.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._command = [sys.executable, str(Path(__file__).resolve()), str(folder), name]
        given, self._give = Pipe(duplex=False)
        self._process = get_context("fork").Process(target=self._begin, args=(given, folder, name))
        self._process.start()
        self.pid = self._process.pid
        given.close()

    def _begin(self, given: Connection, folder: Path, name: str) -> None:
        self._give.close()  # else the end of the first process would not be noticed
        os.environ.update(given.recv())
        work(folder, name, 1)

    def __call__(self, command: list[str], env: dict[str, str], cwd: None) -> SecondProcess:
        assert command == self._command
        self._give.send(env)
        return self

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self.pid:
            os.kill(self.pid, number)


def work(folder: Path, name: str, rank: int) -> Never:
    from train.fit import RunRequest, fit
    from train.nemo.loader import Loader

    scenario, take = SCENARIOS[name], Loader.take

    def noting(self: Any) -> Any:
        note = take(self)
        line = {"batch": self.position, "ids": note.ids, "speech_s": note.speech_s}
        with (folder / f"{name}-{rank}.txt").open("a") as file:
            file.write(json.dumps(line) + "\n")
        if rank == scenario.rank and self.position == scenario.at:
            os.kill(os.getpid(), scenario.number)
        return note

    patch.object(Loader, "take", noting).start()
    out = Setting("", "out", str(folder / scenario.out))
    request = RunRequest(load_config(folder / "recipe.yaml", [out]), resume=scenario.resume)
    run(lambda: fit(request))


def as_torchrun(rank: int, port: int) -> dict[str, str]:
    ranks = {"RANK": rank, "LOCAL_RANK": rank, "GROUP_RANK": 0}
    world = {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1"}
    names = ranks | world | {"MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "test"}
    return {name: str(value) for name, value in names.items()}


def fork(folder: Path, name: str, rank: int, environment: Mapping[str, str]) -> int:
    child = os.fork()
    if child == 0:
        os.environ.update(environment)
        errors = os.open(folder / f"{name}-{rank}.err", os.O_WRONLY | os.O_CREAT)
        os.dup2(errors, 2)
        sys.argv[1:] = [str(folder), name]  # Lightning starts the second process by them
        if name == BY_LIGHTNING and not environment:
            second = SimpleNamespace(Popen=SecondProcess(folder, name))
            patch(f"{LAUNCHER}.subprocess", second).start()
        work(folder, name, rank)
    return child


@dataclass(frozen=True)
class End:
    """The exit codes of a scenario's processes, and the seconds between the first and the last."""

    codes: list[int]
    seconds: float


def ends_of(children: list[int]) -> End:
    codes: dict[int, int] = {}
    times: list[float] = []
    until = time.monotonic() + MOST_S
    while len(codes) < len(children):
        for child in children:
            if child not in codes and (status := os.waitpid(child, os.WNOHANG))[0]:
                codes[child] = os.waitstatus_to_exitcode(status[1])
                times.append(time.monotonic())
        if time.monotonic() > until:
            for child in set(children) - codes.keys():
                os.kill(child, signal.SIGKILL)
        time.sleep(0.05)
    return End([codes[child] for child in children], times[-1] - times[0])


def main(folder: Path) -> None:
    ends = {}
    for name in SCENARIOS:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        ranks = (0,) if name == BY_LIGHTNING else (0, 1)
        by_lightning: dict[str, str] = {}
        children = [
            fork(folder, name, rank, by_lightning if len(ranks) == 1 else as_torchrun(rank, port))
            for rank in ranks
        ]
        ends[name] = asdict(ends_of(children))
    (folder / "ends.json").write_text(json.dumps(ends), encoding="utf-8")


if __name__ == "__main__":
    runtime.begin_command()
    with runtime.importing():
        import train.nemo.fit  # noqa: F401 - before the processes are forked

    patch(WATCHED, 0.2).start()  # torch's 5 s, in which the other device notices nothing
    main(Path(sys.argv[1]))
