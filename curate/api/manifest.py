"""One manifest of what people have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from curate.artifacts.manifest import ManifestWritten
from curate.exports import write_records
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest

__all__ = ["ManifestRequest", "ManifestWritten", "write_manifest"]


def write_manifest(
    inputs: str | Path | Sequence[str | Path] | ManifestRequest,
    out: str | Path,
    *,
    reading: ReadOptions | None = None,
    audio_root: str | Path | None = None,
    to: str | None = None,
    recipe: str | None = None,
    dry_run: bool = False,
) -> ManifestWritten:
    r"""Write one manifest of all inputs, in any format that `curate profile` reads.

    As `curate manifest`: NeMo's lines, or the form `to` (see `curate manifest --help`). Lines that
    hold no record go to a file beside `out`, with their reasons. With `recipe`, Lhotse's recipe of
    that name prepares the input, a folder. `dry_run` writes only what text rules would change.

    All that the command line offers is in a ManifestRequest, which may be given in place of
    `inputs`; of other arguments only `out` and `to` count then.
    Raises curate.errors.CurateError with every fault.

    >>> import tempfile, curate
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "clips.csv").write_text("path,sentence,duration\na.wav,hi there,1.5\n")
    >>> curate.write_manifest(folder / "clips.csv", folder / "clips.jsonl").records
    1
    >>> (folder / "clips.jsonl").read_text()
    '{"audio_filepath": "a.wav", "text": "hi there", "duration": 1.5}\n'
    """
    if isinstance(inputs, ManifestRequest):
        return write_records(replace(inputs, out=Path(out)), to)
    names = [inputs] if isinstance(inputs, str | Path) else inputs
    root = None if audio_root is None else Path(audio_root)
    reading = reading or ReadOptions()
    request = ManifestRequest(
        [str(name) for name in names], Path(out), reading, root, recipe, dry_run
    )
    return write_records(request, to)
