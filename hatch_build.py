"""Puts the compiled kernels into wheels, and the sources of them only into the sdist.

An editable installation gets its library beside the sources. CURATE_TARGET names another machine
that the wheel is for, as `make wheels` does; an unknown name ends the build.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface):
    """Compiles the kernels when hatchling builds a wheel."""

    def dependencies(self) -> list[str]:
        """zig, from the package index, only where this machine has no C compiler."""
        try:
            self.kernels.find_compiler(self.target)
        except self.kernels.ConfigError:
            return ["ziglang>=0.13"]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the wheel after the machine that it is for."""
        if version == "editable":
            self.kernels.shared_library()
            return
        compiler = self.kernels.find_compiler(self.target)
        self.folder = TemporaryDirectory()
        library = self.kernels.build(target=self.target, out=Path(self.folder.name))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{compiler.platform}"
        build_data["force_include"][str(library)] = f"curate/native/{library.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what the wheel now holds."""
        if version != "editable":
            self.folder.cleanup()

    @cached_property
    def target(self) -> str:
        """What CURATE_TARGET names; ends the build where that is unknown."""
        try:
            return self.kernels.known_target(os.environ.get(self.kernels.TARGET_VARIABLE, ""))
        except self.kernels.ConfigError as error:
            sys.exit(str(error))

    @cached_property
    def kernels(self) -> ModuleType:
        """curate/native/build.py by itself: its package needs NumPy."""
        path = Path(self.root) / "curate" / "native" / "build.py"
        spec = importlib.util.spec_from_file_location("kernels_build", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, self.root)  # for curate.errors
        try:
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(self.root)
        return module
