"""All benches, one after the other: `make bench`. Each prints its own table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHES = ("profile", "whatif", "split")


def main() -> None:
    """Run each bench as a module from the project's root; stop at the first that fails."""
    root = Path(__file__).resolve().parent.parent
    for name in BENCHES:
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]
        subprocess.run(command, cwd=root, check=True)


if __name__ == "__main__":
    main()
