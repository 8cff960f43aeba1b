"""Where tests find real data and the bundled example, and archives of models that load nothing."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import tarfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.train.world import World

ROOT = Path(__file__).resolve().parent.parent

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell starts what it sends to the background so, and commands would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A busy machine is no fault of what is tested.
settings.register_profile("any_speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_speed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is made once for several tests is made in one process.

    Tests that run NeMo share models, and importing it costs 14 s; fixtures of a module build
    wheels, sites and corpora.
    """
    for item in items:
        if item.get_closest_marker("nemo"):
            item.add_marker(pytest.mark.xdist_group("nemo"))
        elif not item.get_closest_marker("xdist_group") and _shares_fixtures(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


def _shares_fixtures(item: pytest.Item) -> bool:
    """Whether a fixture of the test is made once for its module."""
    if not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs.values()
    return any(each[-1].scope == "module" for each in fixtures)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: searches for garbage need not walk through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_unconfigure() -> None:
    """At the end all is collected: extensions report what they find then."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _in_memory() -> Iterator[None]:
    """No test cuts the power: files need not reach the disk, which takes 5 ms each.

    tests/curate/test_outputs.py proves what is brought there, and when.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", os.fstat)
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Data and tiny models for the tests on real NeMo; made once in a process."""
    from tests.train.world import make_world
    from train.runs import runtime

    with runtime.importing():
        import_module("train.nemo.fit")
    gc.freeze()  # NeMo too, as in a command
    return make_world(tmp_path_factory.mktemp("nemo"))


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    """A headless Chromium; skips where none is installed."""
    from tests.browsing import browser

    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def collected() -> Iterator[None]:
    """Lhotse's open shards are found at the end of the module, where they are expected."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Real manifests with independent reference figures; not part of the project."""
    folder = Path(os.environ.get("CURATE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "reference.json").is_file():
        pytest.skip(f"no real data at {folder}: set CURATE_REAL_DATA")
    return folder


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Write lines (bytes, or text) to a manifest file."""

    def write(*lines: str | bytes, name: str = "manifest.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(
            b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)
        )
        return path

    return write


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of three megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


Member = tuple[str, bytes]


@pytest.fixture
def archive_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a .nemo file of the given configuration, with further members where asked."""

    def write(
        config: Mapping[str, Any] | str,
        members: Sequence[tarfile.TarInfo | Member] = (("./model_weights.ckpt", b"weights"),),
        name: str = "model.nemo",
    ) -> Path:
        text = config if isinstance(config, str) else json.dumps(config)
        path = tmp_path / name
        with tarfile.open(path, "w") as tar:
            for member in (("./model_config.yaml", text.encode()), *members):
                _add(tar, member)
        return path

    return write


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo | Member) -> None:
    if isinstance(member, tarfile.TarInfo):
        tar.addfile(member)
        return
    name, content = member
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
