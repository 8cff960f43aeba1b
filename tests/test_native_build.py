"""The build of the compiled kernels: by any compiler, once per change, and whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from curate.errors import ConfigError
from curate.native import build as installed
from hatch_build import KernelsHook
from tests.checkout import ROOT

KERNELS = '#include "add.c"\n'
ADD = """\
#include <math.h>
#include <stdint.h>
__attribute__((visibility("default"))) int64_t add(int64_t one, int64_t other) {
    return one + other;
}
__attribute__((visibility("default"))) double power(double base, double exponent) {
    return pow(base, exponent);
}
int64_t hidden(void) {
    return 1;
}
#ifdef CHECKED
__attribute__((visibility("default"))) int64_t is_checked(void) {
    return 1;
}
#endif
"""


class Build(Protocol):
    """What is used of a copy of curate/native/build.py."""

    FOLDER: Path
    SOURCES: Path

    def build(
        self, checked: bool = False, *, target: str = "", out: Path | None = None
    ) -> Path: ...

    def shared_library(self) -> Path: ...


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """curate/native/build.py in a folder of its own, with few sources."""
    monkeypatch.delenv(installed.CHECKED_VARIABLE, raising=False)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "kernels.c").write_text(KERNELS)
    (tmp_path / "src" / "add.c").write_text(ADD)
    copy = Path(shutil.copy(installed.__file__, tmp_path / "build.py"))
    spec = spec_from_file_location("build_of_a_copy", copy)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Build", module)


def sources_of(library: Path) -> str:
    """What the library itself states that it was compiled from."""
    function = ctypes.CDLL(str(library)).curate_sources
    function.restype = ctypes.c_char_p
    return cast("bytes", function()).decode()


def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without cc, gcc and clang."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", os.devnull)


def without_zig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


needs_zig = pytest.mark.skipif(find_spec("ziglang") is None, reason="ziglang is not installed")


def test_the_system_compiler_builds_a_library(kernels: Build) -> None:
    path = kernels.build()
    loaded = ctypes.CDLL(str(path))
    loaded.power.restype = ctypes.c_double
    assert path.parent == kernels.FOLDER
    assert loaded.add(2, 3) == 5
    assert loaded.power(ctypes.c_double(2), ctypes.c_double(10)) == 1024
    assert not hasattr(loaded, "hidden")
    assert not hasattr(loaded, "is_checked")
    made = {each.name for each in path.parent.iterdir()} - {"__pycache__"}
    assert made == {"build.py", "src", path.name}


@needs_zig
def test_zig_builds_a_library_where_there_is_no_compiler(
    kernels: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_compiler(monkeypatch)
    assert ctypes.CDLL(str(kernels.build())).add(2, 3) == 5


@needs_zig
@pytest.mark.parametrize("target", installed.TARGETS)
def test_zig_builds_for_every_target(kernels: Build, target: str, tmp_path: Path) -> None:
    path = kernels.build(target=target, out=tmp_path / "out")
    start = path.read_bytes()[:4]
    assert (path.suffix, start) == (
        (".dylib", b"\xcf\xfa\xed\xfe") if "macos" in target else (".so", b"\x7fELF")
    )


def test_a_checked_library_is_another_file(kernels: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = kernels.shared_library()
    monkeypatch.setenv(installed.CHECKED_VARIABLE, "1")
    checked = kernels.shared_library()
    assert checked != fast
    assert ctypes.CDLL(str(checked)).is_checked() == 1
    assert not hasattr(ctypes.CDLL(str(fast)), "is_checked")


def test_a_fresh_library_is_not_built_again(
    kernels: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    first = kernels.shared_library().stat()
    assert "compiling" in capsys.readouterr().err
    began = time.perf_counter()
    again = kernels.shared_library().stat()
    took = time.perf_counter() - began
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert capsys.readouterr().err == ""
    assert took < 0.05


@pytest.mark.parametrize("change", ["source", "new header", "removed source"])
def test_a_stale_library_is_built_again(
    kernels: Build, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (kernels.SOURCES / "unused.h").write_text("/* nothing */\n")
    before = sources_of(kernels.shared_library())
    if change == "source":
        (kernels.SOURCES / "add.c").write_text(ADD.replace("one + other", "one - other"))
    elif change == "new header":
        (kernels.SOURCES / "new.h").write_text("/* nothing either */\n")
    else:
        (kernels.SOURCES / "unused.h").unlink()
    capsys.readouterr()
    path = kernels.shared_library()
    load = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).add(2, 3))"  # not loaded before
    done = subprocess.run([sys.executable, "-c", load, path], capture_output=True, text=True)
    assert capsys.readouterr().err.count("compiling") == 1
    assert done.stdout == ("-1\n" if change == "source" else "5\n")
    assert before.encode() not in path.read_bytes()


def test_processes_build_at_once(kernels: Build) -> None:
    load = (
        "import ctypes, sys; sys.path.insert(0, sys.argv[1]); import build;"
        "print(ctypes.CDLL(str(build.shared_library())).add(2, 3))"
    )
    command = [sys.executable, "-c", load, str(kernels.FOLDER)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [(out, code) for (out, _), code in ends] == [("5\n", 0)] * 3, ends
    assert list(kernels.FOLDER.glob(".build-*")) == []


def test_no_compiler_is_one_clear_error(kernels: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    without_compiler(monkeypatch)
    without_zig(monkeypatch)
    with pytest.raises(ConfigError) as raised:
        kernels.shared_library()
    assert str(raised.value) == (
        "curate.native: there is no C compiler\n"
        "  hint: install a C compiler, or pip install ziglang"
    )


def test_a_wheel_for_an_unknown_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(installed.TARGET_VARIABLE, "x86_64-linux-gnu")
    hook = KernelsHook(str(ROOT), {}, cast("Any", None), cast("Any", None), "", "wheel")
    for step in (hook.dependencies, lambda: hook.initialize("standard", {})):
        with pytest.raises(SystemExit) as ended:
            step()
        assert str(ended.value).startswith(
            "CURATE_TARGET: unknown target 'x86_64-linux-gnu'\n"
            "  hint: did you mean 'x86_64-linux-gnu.2.17'? known: "
        )


def test_a_compiler_that_is_not_there_is_named(
    kernels: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    with pytest.raises(ConfigError, match="cannot run no-such-compiler: No such file"):
        kernels.build()


def test_what_the_compiler_refuses_is_shown_and_the_old_library_stays(kernels: Build) -> None:
    old = kernels.build()
    content = old.read_bytes()
    (kernels.SOURCES / "add.c").write_text("int add = ;\n")
    with pytest.raises(ConfigError, match=r"cannot compile them:\n(.*\n)*.*add\.c:1"):
        kernels.shared_library()
    assert old.read_bytes() == content
    assert list(kernels.FOLDER.glob(".build-*")) == []


def test_a_stale_library_in_a_read_only_folder_is_an_error(
    kernels: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(ConfigError, match="cannot be written: Read-only file system"):
        kernels.shared_library()


def test_a_read_only_folder_with_a_fresh_library_is_enough(
    kernels: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kernels.shared_library()
    without_compiler(monkeypatch)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", None)
    assert kernels.shared_library() == path


def test_without_sources_the_library_is_loaded_as_it_is(
    kernels: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kernels.shared_library()
    shutil.rmtree(kernels.SOURCES)
    without_compiler(monkeypatch)
    assert kernels.shared_library() == path
    assert ctypes.CDLL(str(path)).add(2, 3) == 5


def test_the_sources_hold_no_path_of_this_machine(kernels: Build) -> None:
    assert str(kernels.FOLDER).encode() not in kernels.build().read_bytes()


@pytest.mark.parametrize("target", ["", pytest.param("x86_64-linux-gnu.2.17", marks=needs_zig)])
def test_the_kernels_of_this_checkout_compile_without_warnings(
    target: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    compiler = installed.find_compiler(target)
    for kind in (installed.FAST, installed.CHECKED):
        # zig has no warnings of what it compiled before, which a definition makes another thing
        new = kind._replace(flags=(*kind.flags, f"-DRUN={time.time_ns()}"))
        path = installed.compile_library(new, compiler, target, tmp_path)
        assert path.stat().st_size > 10_000
    assert capfd.readouterr().err == ""
