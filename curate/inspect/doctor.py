"""Hardware and installed packages: versions, extras, disk, cores, memory, tools.

Nothing is imported: distributions are looked up by their
metadata, tools on the path. What cannot be determined is None.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

from curate.environment.cores import affinity_cores, cgroup_cores
from curate.environment.memory import cgroup_memory_bytes, machine_memory_bytes
from curate.environment.versions import installed_version

Json = dict[str, object]

NAME = "asr-curate"
SCHEMA = "curate.doctor/1"
TOOLS: Mapping[str, str] = {
    "ffmpeg": "turns m4a, video and the like into what libsndfile reads",
    "sox": "converts .sph and other old formats",
    "espeak-ng": "speaks the small corpus of `make demo`",
    "nvidia-smi": "says which GPUs there are",
}
"""Programs that are of use and not needed."""

SECONDS = 5
"""For a tool to answer."""
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def examine(folder: str | Path = ".") -> Json:
    """Everything, for `--json`. `missing` names base requirements that are not installed."""
    needed = _needed()
    base = {name: installed_version(name) for name in needed.pop("", ())}
    return {
        "schema": SCHEMA,
        "version": installed_version(NAME),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "base": base,
        "missing": [name for name, number in base.items() if number is None],
        "extras": [_extra(extra, names) for extra, names in sorted(needed.items())],
        "sound": _sound(),
        "machine": {
            "cores": os.cpu_count(),
            "usable_cores": affinity_cores(),
            "cgroup_cores": cgroup_cores(),
            "memory_bytes": machine_memory_bytes(),
            "cgroup_memory_bytes": cgroup_memory_bytes(),
            "threads": {name: os.environ.get(name) for name in _THREADS},
        },
        "disk": _disk(Path(folder)),
        "gpus": _gpus(),
        "tools": [{"tool": t, "path": shutil.which(t), "use": use} for t, use in TOOLS.items()],
    }


_THREADS = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS")


def _needed() -> dict[str, list[str]]:
    """Distributions by extra ("" for those that are always needed), for this platform."""
    requirements: dict[str, list[str]] = {}
    for line in _requirements():
        spec, _, marker = line.partition(";")
        name = _DISTRIBUTION.match(spec.strip())
        extra = _EXTRA.search(marker)
        if name and name[0] != NAME and _applies(marker):
            requirements.setdefault(extra[1] if extra else "", []).append(name[0])
    return requirements


def _requirements() -> Sequence[str]:
    try:
        return requires(NAME) or ()
    except PackageNotFoundError:
        return ()


def _applies(marker: str) -> bool:
    """Whether a requirement is for this machine; only its platform is compared."""
    conditions = re.findall(r"(platform_machine|sys_platform)\s*==\s*['\"]([^'\"]+)['\"]", marker)
    here = {"platform_machine": platform.machine(), "sys_platform": platform.system().lower()}
    return not conditions or any(here[key] == value for key, value in conditions)


def _extra(name: str, distributions: Sequence[str]) -> Json:
    installed = {each: installed_version(each) for each in distributions}
    absent = [each for each, number in installed.items() if number is None]
    return {
        "extra": name,
        "installed": installed,
        "complete": not absent,
        "hint": f"pip install '{NAME}[{name}]'" if absent else "",
    }


def _sound() -> Json:
    """Libsndfile's version and formats, which soundfile loads in a few milliseconds."""
    if find_spec("soundfile") is None:
        return {"libsndfile": None, "formats": []}
    try:
        import soundfile
    except OSError as error:  # the package is there and its library is not
        return {"libsndfile": None, "formats": [], "error": str(error)}
    return {
        "libsndfile": soundfile.__libsndfile_version__,
        "formats": sorted(soundfile.available_formats()),
    }


def _disk(folder: Path) -> Json:
    """Free and all bytes of the file system that holds the folder, or would."""
    here = next((each for each in _above(folder) if each.is_dir()), Path("/"))
    usage = shutil.disk_usage(here)
    return {
        "folder": str(here),
        "free_bytes": usage.free,
        "total_bytes": usage.total,
        "writable": os.access(here, os.W_OK),
    }


def _above(folder: Path) -> Iterator[Path]:
    whole = folder.absolute()
    yield whole
    yield from whole.parents


def _gpus() -> list[Json] | None:
    """Name and memory of each GPU as nvidia-smi has them; None where it is missing or fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    query = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    rows = [line.split(", ") for line in answer.stdout.split("\n") if line.count(", ") == 2]
    return [{"name": name, "memory_mib": memory, "driver": driver} for name, memory, driver in rows]
