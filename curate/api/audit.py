"""Leaks between manifests, splits and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.api import figures
from curate.api.outcome import Outcome
from curate.artifacts.audit import Audit
from curate.artifacts.base import write_artifact
from curate.artifacts.outputs import whole_directory
from curate.environment.execution import QUIET, Execution
from curate.gates import Checked, gates_for
from curate.manifest.mapping import ReadOptions
from curate.splits.audit import AuditRequest
from curate.splits.audit import audit as compare
from curate.splits.content import BY_PATH

__all__ = ["Audit", "AuditRequest", "audit", "run_audit"]

OUTPUT_FILES = frozenset({Audit.file, "report.html"})


def audit(
    inputs: str | Path | Sequence[str | Path],
    *,
    against: Sequence[str | Path] = (),
    group: Sequence[str] = (),
    group_from: str | None = None,
    audio_identity: str = BY_PATH,
    reading: ReadOptions | None = None,
    out: str | Path | None = None,
) -> Audit:
    r"""Find leaks between manifests, the splits of a directory, and benchmarks: speakers, sessions,
    recordings, audio, texts and near-duplicate texts.

    As `curate audit`, without the page; `out` names a directory for audit.json, if there is to be
    one. The arguments are those of AuditRequest. Leaks are no error: they are the result's `leaks`.
    Raises curate.errors.CurateError with every fault.

    >>> import json, tempfile, curate
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("train.jsonl", "test.jsonl"):
    ...     line = {"audio_filepath": name, "duration": 2.0, "text": name, "speaker": "anna"}
    ...     other = {"audio_filepath": f"b/{name}", "duration": 2, "text": "b", "speaker": name}
    ...     _ = (folder / name).write_text(f"{json.dumps(line)}\n{json.dumps(other)}\n")
    >>> audit = curate.audit([folder / "train.jsonl", folder / "test.jsonl"])
    >>> [(leak.kind, leak.count) for leak in audit.leaks if leak.count]
    [('speaker', 1), ('text', 1)]
    """
    names = [inputs] if isinstance(inputs, str | Path) else inputs
    request = AuditRequest(
        inputs=[str(name) for name in names],
        against=[str(name) for name in against],
        group=group,
        group_from=group_from,
        audio_identity=audio_identity,
        reading=reading or ReadOptions(),
        gates=gates_for("curate audit", ()),
    )
    return run_audit(request, None if out is None else Path(out)).artifact


def run_audit(
    request: AuditRequest, out: Path | None, execution: Execution = QUIET
) -> Outcome[Audit]:
    """`curate audit`: audit.json, written with a page where `out` is named; the failed gates."""
    made = compare(request, execution.command)
    checked = Checked.of(request.gates, figures.of_audit(made), "curate audit")
    made = made.with_gates(checked.results)
    if out is not None:
        with whole_directory(out, OUTPUT_FILES, Audit.file) as folder:
            write_artifact(folder, made)
            execution.draw("audit", folder)
    return Outcome(made, checked.failed)
