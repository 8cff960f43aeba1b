"""Freed memory is kept where the C library can: a process of its own sets that."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from curate.environment.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
for _ in range(6):
    b"x" * (40 << 20)
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has the setting")
def test_memory_that_is_kept_is_not_mapped_again() -> None:
    kept, returned = (
        int(subprocess.check_output([sys.executable, "-c", PROGRAM, each]))
        for each in ("kept", "returned")
    )
    pages = (40 << 20) // resource.getpagesize()
    assert kept < 2 * pages < 5 * pages < returned
