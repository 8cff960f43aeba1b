"""Hardware and installed packages, as `curate doctor` shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from curate.cli.render.terminal import plain_table
from curate.terminal.command import printable

Json = Mapping[str, Any]


def tables(report: Json) -> Sequence[Table]:
    """Installed packages, hardware, and programs."""
    return [_installed(report), _machine(report), _tools(report)]


def _installed(report: Json) -> Table:
    table = plain_table(f"asr-curate {report['version'] or '(not installed)'}", "part|state|hint")
    missing = ", ".join(report["missing"])
    table.add_row("base", f"missing: {missing}" if missing else "complete", "")
    for extra in report["extras"]:
        absent = [name for name, version in extra["installed"].items() if version is None]
        state = f"missing: {', '.join(absent)}" if absent else "complete"
        table.add_row(Text(f"[{extra['extra']}]"), Text(state), Text(extra["hint"]))
    sound = report["sound"]
    table.add_row("libsndfile", sound["libsndfile"] or "missing", "")
    table.add_row("formats", Text(", ".join(sound["formats"])), "")
    return table


def _machine(report: Json) -> Table:
    machine, disk = report["machine"], report["disk"]
    table = plain_table("machine", "what|there")
    table.add_row("python, system", f"{report['python']}, {report['system']}")
    limit = machine["cgroup_cores"]
    cores = f"{machine['usable_cores']} of {machine['cores']}"
    table.add_row("cores", f"{cores}, limited to {limit:g}" if limit else cores)
    memory = [machine["memory_bytes"], machine["cgroup_memory_bytes"]]
    shown = [_gibibytes(each) for each in memory if each]
    table.add_row("memory", ", limited to ".join(shown) or "unknown")
    threads = (f"{name}={value}" for name, value in machine["threads"].items() if value)
    table.add_row("threads", ", ".join(threads) or "no limit set")
    free = f"{_gibibytes(disk['free_bytes'])} free of {_gibibytes(disk['total_bytes'])}"
    state = free if disk["writable"] else f"{free}, not writable"
    table.add_row("disk", Text(f"{state} at {printable(disk['folder'])}"))
    gpus = [f"{gpu['name']} ({gpu['memory_mib']} MiB)" for gpu in report["gpus"] or []]
    table.add_row("GPUs", Text(", ".join(gpus) or "none found"))
    return table


def _gibibytes(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"


def _tools(report: Json) -> Table:
    table = plain_table("programs, none of them needed", "program|where|use")
    for tool in report["tools"]:
        where = Text(printable(tool["path"])) if tool["path"] else Text("missing", style="dim")
        table.add_row(tool["tool"], where, tool["use"])
    return table
