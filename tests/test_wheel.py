"""The wheel and the source distribution: complete, and nothing else."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.checkout import PACKAGES, ROOT, project_files, run


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    for path in project_files():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *offline, copy)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(built: Path) -> frozenset[str]:
    """The names in the wheel."""
    return frozenset(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_every_file_of_the_packages(wheel: frozenset[str]) -> None:
    files = [path.relative_to(ROOT) for path in project_files()]
    expected = {path.as_posix() for path in files if path.parts[0] in PACKAGES}
    assert len(expected) > 20
    assert expected - wheel - kernel_sources() == set()


def kernel_sources() -> set[str]:
    """What a wheel has compiled."""
    names = (path.relative_to(ROOT).as_posix() for path in project_files())
    return {name for name in names if name.startswith("curate/native/src/")}


def test_the_wheel_holds_no_sources_of_the_kernels(wheel: frozenset[str]) -> None:
    assert wheel & kernel_sources() == set()


def test_the_wheel_holds_the_kernels_of_its_platform(built: Path, tmp_path: Path) -> None:
    """One library for every Python of a platform, which loads without sources and compiler."""
    python, abi, platform = built.stem.split("-")[2:]
    assert (python, abi) == ("py3", "none")
    assert platform != "any"
    zipfile.ZipFile(built).extractall(tmp_path)
    load = "from curate.native.build import shared_library; path = str(shared_library())"
    code = f"import ctypes; {load}; ctypes.CDLL(path); print(path)"
    printed = run(sys.executable, "-c", code, cwd=tmp_path)
    assert Path(printed.strip()).parent == tmp_path / "curate" / "native"


def test_the_source_distribution_holds_the_kernels_as_sources(tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert len(kernel_sources()) > 2
    assert kernel_sources() - names == set()
    assert [name for name in names if "/_kernels" in name] == []


def test_the_wheel_holds_the_rules(wheel: frozenset[str]) -> None:
    rules = [path.relative_to(ROOT / "rules") for path in project_files() if in_rules(path)]
    assert Path("default.yaml") in rules
    assert {f"curate/_rules/{path.as_posix()}" for path in rules} - wheel == set()


def in_rules(path: Path) -> bool:
    return path.is_relative_to(ROOT / "rules")


def test_the_wheel_holds_nothing_else(wheel: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
