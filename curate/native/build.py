"""Compile the C sources in `src` into one library, ahead of time, and name the library to load.

    python -m curate.native.build                    for this machine, beside this file
    python -m curate.native.build --checked          verifies the bounds of arrays, for tests
    python -m curate.native.build --target aarch64-linux-gnu.2.17 --out DIR

A wheel carries the library and no sources. A checkout carries the sources, and compiles them when
they change. Nothing but the standard library and `curate.errors` is imported, because the build
of a wheel loads this file before NumPy is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from curate.errors import ConfigError

FOLDER = Path(__file__).resolve().parent
SOURCES = FOLDER / "src"
SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"

CHECKED_VARIABLE = "CURATE_CHECKED_KERNELS"
"""Set to 1 in the environment: `shared_library` is the one that verifies the bounds of arrays.

Set to `sanitized`: it has the compiler's sanitizers too, whose library the process must load first
(with gcc: LD_PRELOAD=$(cc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0).
"""

TARGET_VARIABLE = "CURATE_TARGET"
"""Names the target that a wheel is built for, where that is not this machine."""

TARGETS = {
    "x86_64-linux-gnu.2.17": "manylinux_2_17_x86_64",
    "aarch64-linux-gnu.2.17": "manylinux_2_17_aarch64",
    "x86_64-macos.11.0": "macosx_11_0_x86_64",
    "aarch64-macos.11.0": "macosx_11_0_arm64",
}
"""What zig compiles for from any machine, and the tag of the platform in the name of the wheel."""

# No -march=native and no -ffast-math, and products are not fused: the same floats everywhere.
_FLAGS = (
    *("-std=c11", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off", "-fwrapv"),
    # Results are the same: nobody looks at the flags of floating-point faults or at errno, and
    # nobody replaces an exported function. Loops and calls become quicker.
    *("-fno-trapping-math", "-fno-math-errno"),
    *("-Wall", "-Wextra", "-Wno-sign-compare", "-Wno-unused-function"),
)
_ELF = ("-fno-semantic-interposition",)
"""On macOS no exported function is replaced anyway, and its compilers warn of the option."""
_FAST = ("-O3", "-g0")
# Below -O2 zig ends the process at undefined behaviour; another compiler does so when requested.
_CHECKED = ("-O1", "-g", "-DCHECKED", "-fno-sanitize=all")
_SANITIZED = ("-O1", "-g", "-DCHECKED", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

_STAMP = """\
__attribute__((visibility("default"))) const char *curate_sources(void);
const char *curate_sources(void) {{ return "{digest}"; }}
"""


class Kind(NamedTuple):
    """One of the libraries that the sources become."""

    name: str
    flags: tuple[str, ...]


FAST = Kind("_kernels", (*_FLAGS, *_FAST))
CHECKED = Kind("_kernels_checked", (*_FLAGS, *_CHECKED))
SANITIZED = Kind("_kernels_sanitized", (*_FLAGS, *_SANITIZED))


class Compiler(NamedTuple):
    """A command that compiles C, and the platform of a wheel with what it compiles."""

    command: tuple[str, ...]
    platform: str


def shared_library() -> Path:
    """The library to load; a checkout compiles it first where it is missing or out of date.

    ConfigError where it cannot be compiled.
    """
    kind = {"1": CHECKED, "sanitized": SANITIZED}.get(os.environ.get(CHECKED_VARIABLE, ""), FAST)
    path = FOLDER / f"{kind.name}{SUFFIX}"
    if not SOURCES.is_dir():  # an installed wheel
        return FOLDER / f"{FAST.name}{SUFFIX}"
    if is_fresh(path, digest(kind)):
        return path
    sys.stderr.write("compiling curate's kernels, once: about 3 s\n")
    return compile_library(kind, find_compiler())


def known_target(name: str) -> str:
    """The target, which is empty for this machine; ConfigError for one that is not in TARGETS."""
    from curate.errors.nearest import suggest

    if name and name not in TARGETS:
        raise ConfigError.of(TARGET_VARIABLE, f"unknown target {name!r}", suggest(name, TARGETS))
    return name


def digest(kind: Kind, target: str = "") -> str:
    """A name for the sources, the flags and the machine: a library with another one is stale."""
    from hashlib import blake2b

    whole = blake2b(f"{kind.flags} {_ELF} {target or _native_target()}\n".encode(), digest_size=16)
    for name in sorted(os.listdir(SOURCES)):  # noqa: PTH208 - a Path for each takes 2 ms
        if name.endswith((".c", ".h")):
            with open(f"{SOURCES}/{name}", "rb", buffering=0) as source:  # noqa: PTH123
                content = source.read()
            whole.update(f"{name} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def is_fresh(path: Path, digest: str) -> bool:
    """Whether the library was compiled from what has this digest, which it holds as a string."""
    try:
        return digest.encode() in path.read_bytes()
    except FileNotFoundError:
        return False


def build(checked: bool = False, *, target: str = "", out: Path | None = None) -> Path:
    """Compile the sources into a library in `out`, which is this folder by default.

    The library appears whole: processes that build at once each replace it. `checked` is the
    library that ends the process at an access outside an array. ConfigError where there is no
    compiler, where it refuses the sources, or where the folder cannot be written.
    """
    return compile_library(CHECKED if checked else FAST, find_compiler(target), target, out)


def compile_library(
    kind: Kind, compiler: Compiler, target: str = "", out: Path | None = None
) -> Path:
    """The library of this kind by this compiler, as `build` describes."""
    suffix = (".dylib" if "macos" in target else ".so") if target else SUFFIX
    path = (out or FOLDER).resolve() / f"{kind.name}{suffix}"
    with _scratch(path) as scratch:
        stamp = scratch / "stamp.c"
        stamp.write_text(_STAMP.format(digest=digest(kind, target)), encoding="ascii")
        arguments: list[str | Path] = [
            *kind.flags,
            *(_ELF if suffix == ".so" else ()),
            "kernels.c",
            stamp,
            "-lm",
            "-o",
            scratch / path.name,
        ]
        _run(compiler.command, arguments)
        (scratch / path.name).replace(path)
    return path


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A folder beside the library, from where it can be renamed."""
    from tempfile import TemporaryDirectory

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(dir=path.parent, prefix=".build-")
    except OSError as error:
        raise ConfigError.of(
            path,
            f"is missing or older than its sources, and cannot be written: {error.strerror}",
            "run `python -m curate.native.build` where the folder can be written",
        ) from None
    with folder as name:
        yield Path(name)


def _run(compiler: tuple[str, ...], arguments: list[str | Path]) -> None:
    """Compile; warnings go to standard error."""
    import subprocess

    hint = "install a C compiler, or pip install ziglang; $CC names another one"
    command = [*compiler, *arguments]
    # In the folder of the sources: messages name `scan.c`, and the library no path of a machine.
    try:
        done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True)
    except OSError as error:
        what = f"cannot run {compiler[0]}: {error.strerror}"
        raise ConfigError.of(SOURCES, what, hint) from None
    if done.returncode:
        what = f"{' '.join(compiler)} cannot compile them:\n{done.stderr.rstrip()}"
        raise ConfigError.of(SOURCES, what, hint)
    sys.stderr.write(done.stderr)


def find_compiler(target: str = "") -> Compiler:
    """$CC, cc, gcc or clang, the first that works here, else zig; for a target it is zig.

    ConfigError where there is none.
    """
    from importlib.util import find_spec
    from sysconfig import get_platform

    native = _native_target()
    here = get_platform().translate(str.maketrans("-.", "__"))
    if not target and (command := _system_compiler()):
        if sys.platform == "darwin":  # a universal Python names two machines, and its own system
            return Compiler((*command, "-mmacosx-version-min=11.0"), TARGETS[native])
        return Compiler(command, here)
    if find_spec("ziglang") is None:
        what = f"zig compiles for {target}" if target else "there is no C compiler"
        hint = "pip install ziglang" if target else "install a C compiler, or pip install ziglang"
        raise ConfigError.of("curate.native", what, hint)
    zig = (sys.executable, "-m", "ziglang", "cc")
    if (target or native) in TARGETS:
        return Compiler((*zig, "-target", target or native), TARGETS[target or native])
    return Compiler((*zig, "-mcpu=baseline"), here)


def _system_compiler() -> tuple[str, ...]:
    """The command of the system's compiler; empty where there is none that has its headers."""
    import shlex
    import shutil

    if chosen := os.environ.get("CC"):
        return tuple(shlex.split(chosen))
    paths = map(shutil.which, ("cc", "gcc", "clang"))
    return next(((path,) for path in paths if path and _has_headers(path)), ())


def _has_headers(compiler: str) -> bool:
    """Whether it can begin; macOS has a `cc` that only offers to install one."""
    import subprocess

    command = (compiler, "-E", "-x", "c", "-")
    done = subprocess.run(command, input=b"#include <math.h>\n", capture_output=True)
    return done.returncode == 0


def _native_target() -> str:
    """The target that this machine is; a short name where it is none of TARGETS."""
    machine = os.uname().machine.replace("arm64", "aarch64")
    name = f"{machine}-{sys.platform.replace('darwin', 'macos')}"
    return next((target for target in TARGETS if target.startswith(name)), name)


def main() -> None:
    """Build by the options of the command line, and print what was built with what."""
    import time
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="python -m curate.native.build")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--checked", dest="kind", action="store_const", const=CHECKED)
    kinds.add_argument("--sanitized", dest="kind", action="store_const", const=SANITIZED)
    parser.add_argument("--target", default="", choices=list(TARGETS))
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR")
    options = parser.parse_args()
    began = time.monotonic()
    compiler = find_compiler(options.target)
    path = compile_library(options.kind or FAST, compiler, options.target, options.out)
    took = f"{path.stat().st_size:,} bytes, {time.monotonic() - began:.1f} s"
    sys.stdout.write(f"{path}: {took}, {' '.join(compiler.command)}, {compiler.platform}\n")


if __name__ == "__main__":
    try:
        main()
    except ConfigError as error:
        sys.exit(str(error))
