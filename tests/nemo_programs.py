"""Run a Python program that needs NeMo in a process of its own, without importing NeMo anew.

A server imports NeMo once, no module of this project, and forks for each program.
`tests/processes.py` does so for commands, which need no NeMo.
"""

from __future__ import annotations

import atexit
import gc
import os
import runpy
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 500
_PACKAGES = (
    "nemo.collections.asr.models",
    "nemo.utils.exp_manager",
    "torch.utils.tensorboard",
    "tensorboard.plugins.hparams.summary_v2",
)


def run_program(
    command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python FILE`, `python -m MODULE` or `python -c CODE`, with its arguments.

    subprocess.TimeoutExpired where it takes longer than TIMEOUT_S.
    """
    assert command[0] == sys.executable, command
    server = _server()
    with TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("stdout", "stderr")]
        environment = dict(os.environ if env is None else env)
        server.send((list(command), str(cwd or Path.cwd()), environment, files))
        process: int = server.recv()
        if not server.poll(TIMEOUT_S):
            os.killpg(process, signal.SIGKILL)
            server.recv()
            raise subprocess.TimeoutExpired(list(command), TIMEOUT_S)
        code: int = server.recv()
        printed = [Path(file).read_text("utf-8") for file in files]
    return subprocess.CompletedProcess(list(command), code, *printed)


@cache
def _server() -> Connection:
    """The connection to the server, which ends with this process."""
    own, other = Pipe()
    command = [sys.executable, "-m", __name__, str(other.fileno())]
    server = subprocess.Popen(command, cwd=ROOT, pass_fds=[other.fileno()], start_new_session=True)
    other.close()
    atexit.register(server.wait)
    atexit.register(own.close)  # runs first
    return own


def _serve(requests: Connection) -> None:
    gc.disable()  # a fifth of the import's time
    for package in _PACKAGES:
        import_module(package)
    gc.freeze()
    gc.enable()
    while True:
        try:
            program = requests.recv()
        except EOFError:
            return
        process = os.fork()
        if process == 0:
            requests.close()
            _become(*program)
        requests.send(process)
        requests.send(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))


def _become(
    command: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[str]
) -> None:
    """In the forked process: be the program, then end."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), descriptor)
    code = 0
    try:
        _execute([word for word in command[1:] if word != "-P"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _execute(words: Sequence[str]) -> None:
    if words[0] == "-m":
        sys.argv = ["-m", *words[2:]]
        warnings.filterwarnings("ignore", message=".*found in sys.modules after import")
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = [*words]
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
