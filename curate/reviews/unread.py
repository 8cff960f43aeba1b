"""Which records of a profile have no line to read, since their manifest is elsewhere."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from curate.artifacts.profile import Input, Profile
from curate.profiles.opened import Json


def unread_lines(folder: Path, profile: Profile) -> dict[str, Any]:
    """How many records of a profile directory are of manifests that are not there, and the command
    that helps: `what` it does, and its `line`. Null where every manifest is there.
    """
    missing = [entry for entry in profile.inputs if not Path(entry.source).exists()]
    return {
        "rows": sum(entry.rows for entry in missing),
        "command": _command(folder.resolve(), missing) if missing else None,
    }


def _command(folder: Path, missing: list[Input]) -> Json:
    """To go where all of them are, where that is known; else to profile them where they are now."""
    starts = {start for entry in missing if (start := _start(entry)) is not None}
    if len(starts) == 1:
        start = starts.pop()
        if all((start / entry.source).exists() for entry in missing):
            line = f"cd {shlex.quote(str(start))} && curate review {shlex.quote(str(folder))}"
            return {"what": "Start the session where the manifest is", "line": line}
    names = " ".join(shlex.quote(Path(entry.source).name) for entry in missing)
    line = f"curate profile {names} --out {shlex.quote(folder.name)}"
    return {"what": "Profile again where the manifest is now", "line": line}


def _start(entry: Input) -> Path | None:
    """The folder in which the profile was made, by a relative source and its absolute folder."""
    source, folder = Path(entry.source), Path(entry.folder)
    if source.is_absolute() or not folder.is_absolute():
        return None
    steps = source.parent.parts
    if steps and (".." in steps or folder.parts[-len(steps) :] != steps):
        return None
    return folder.parents[len(steps) - 1] if steps else folder
