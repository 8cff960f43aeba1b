"""Signals, the folder's lock, and what may differ when a run goes on; no NeMo in here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.artifacts.outputs import one_writer
from curate.errors import ConfigError
from train.config import RunConfig, Setting, load_config, parse_setting
from train.runs.folder import CONFIG, LOCK, RUN, check_resumable
from train.runs.signals import Interrupted, StopRequest


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)]
)
def test_a_signal_asks_for_an_end_and_has_its_exit_code(number: signal.Signals, code: int) -> None:
    stop = StopRequest()
    before = signal.getsignal(number)
    with stop.installed():
        os.kill(os.getpid(), number)
        assert stop.number == number
    assert signal.getsignal(number) == before
    assert Interrupted(number, 7).exit_code == code
    assert "step 7" in str(Interrupted(number, 7))


def run_python(code: str) -> int:
    """The exit code of a program; minus the signal's number where one ended it."""
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], timeout=60).returncode


def test_a_second_signal_ends_the_process_at_once() -> None:
    code = """
        import os, signal
        from train.runs.signals import StopRequest
        with StopRequest().installed():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
    """
    assert run_python(code) == -signal.SIGTERM


def test_a_worker_outlives_the_signal_but_not_the_fit() -> None:
    code = """
        import os, signal, sys, time
        from train.runs.signals import StopRequest
        stop = StopRequest()
        with stop.installed():
            worker = os.fork()
            if worker == 0:
                time.sleep(60)
                time.sleep(60)
            os.kill(worker, signal.SIGTERM)
            time.sleep(0.3)
            assert os.waitpid(worker, os.WNOHANG) == (0, 0)
        os.kill(worker, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
    """
    assert run_python(code) == 0


def test_a_signal_ends_waiting_and_busy_workers_hold_nobody_up() -> None:
    code = """
        import multiprocessing, os, signal, time
        from train.runs.signals import Stopped, StopRequest
        context = multiprocessing.get_context("fork")
        of_the_caller = context.Process(target=time.sleep, args=(60,))
        of_the_caller.start()
        stop = StopRequest()
        with stop.installed():
            workers = [context.Process(target=time.sleep, args=(60,)) for _ in range(3)]
            for worker in workers:
                worker.start()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
            began = time.monotonic()
            try:
                with stop.waiting():
                    time.sleep(60)
            except Stopped:
                stop.dismiss_workers()
            for worker in workers:
                worker.join()
                assert worker.exitcode == 0
            assert time.monotonic() - began < 5
            assert of_the_caller.is_alive()
            of_the_caller.kill()
    """
    assert run_python(code) == 0


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with one_writer(folder, folder / LOCK):
        with (
            pytest.raises(ConfigError, match=f"in use by process {os.getpid()}"),
            one_writer(folder, folder / LOCK),
        ):
            pass
        assert (folder / LOCK).exists()
    assert not (folder / LOCK).exists()
    with one_writer(folder, folder / LOCK):  # free again
        pass


def test_the_lock_of_a_killed_run_holds_nobody_up(tmp_path: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from curate.artifacts.outputs import one_writer
        with one_writer(Path({str(tmp_path)!r}), Path({str(tmp_path / LOCK)!r})):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert run_python(code) == -signal.SIGKILL
    assert (tmp_path / LOCK).exists()
    with one_writer(tmp_path, tmp_path / LOCK):
        pass


@pytest.fixture
def configured(recipe: Callable[..., Path], tmp_path: Path) -> Callable[..., RunConfig]:
    """A configuration into `tmp_path`/run, with `--set` settings."""

    def build(*settings: str) -> RunConfig:
        given = {"model": "m", "data": "d", "out": str(tmp_path / "run")}
        options = [Setting("", key, value) for key, value in given.items()]
        return load_config(recipe(), [*options, *map(parse_setting, settings)])

    return build


@pytest.fixture
def stopped(configured: Callable[..., RunConfig]) -> Path:
    """The folder of a run that was stopped."""
    config = configured()
    config.out.mkdir()
    (config.out / CONFIG).write_text(config.to_yaml(), encoding="utf-8")
    return config.out


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ((), ()),
        (("faults.max_missing=0.5",), ()),
        (("trainer.gradient_checkpointing=true",), ()),
        (("validation_ds.num_workers=2", "trainer.log_every_n_steps=1"), ()),
        (("train_ds.batch_duration=50",), ("train_ds.batch_duration",)),  # a full GPU
    ],
)
def test_what_decides_nothing_learned_may_change(
    configured: Callable[..., RunConfig],
    stopped: Path,
    settings: tuple[str, ...],
    moved: tuple[str, ...],
) -> None:
    assert check_resumable(configured(*settings)) == moved


def test_another_run_is_no_continuation_and_every_difference_is_told(
    configured: Callable[..., RunConfig], stopped: Path
) -> None:
    with pytest.raises(ConfigError) as raised:
        check_resumable(configured("optim.lr=1e-3", "trainer.max_steps=200", "seed=2"))
    messages = [fault.what for fault in raised.value.faults]
    assert len(messages) == 3
    assert "'optim.lr' was 0.0001 and is 0.001 now" in messages[0]
    assert {fault.where for fault in raised.value.faults} == {str(stopped / CONFIG)}


def test_a_complete_run_does_not_go_on(configured: Callable[..., RunConfig], stopped: Path) -> None:
    (stopped / RUN).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="is complete"):
        check_resumable(configured())


def test_without_a_run_there_is_nothing_to_go_on_with(
    configured: Callable[..., RunConfig],
) -> None:
    with pytest.raises(ConfigError, match="no run to go on with"):
        check_resumable(configured())
