"""The foot of a page: command, configuration, hashes, versions, and the JSON it was made from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from curate.artifacts.base import Artifact, CommandArtifact, RuleFile
from curate.artifacts.compare import Compare
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.split import Split
from curate.artifacts.what_if import WhatIf
from reports.artefacts import AnyLoaded, SourceFile
from reports.tables import Column, Table
from reports.templating import render
from train.artifacts.run import Run
from train.artifacts.wer import Wer


def provenance(loaded: AnyLoaded) -> Markup:
    """What the artefact was made by and from."""
    artefact = loaded.artefact
    assert isinstance(artefact, CommandArtifact)
    return render(
        "provenance",
        command=artefact.command,
        files=_files(loaded.files),
        settings=_settings(artefact),
        inputs=_inputs(artefact) if isinstance(artefact, Profile) else None,
        versions=sorted(artefact.versions.items()),
    )


def _files(files: Sequence[SourceFile]) -> Markup:
    link = Markup('<a href="{}">{}</a>')
    columns = (Column("file", "drawn"), Column("size", "size"), Column("sha256", "name"))
    rows = [(link.format(quote(each.file), each.file), each.bytes, each.sha256) for each in files]
    return Table("machine-readable files", columns, rows).render()


def _inputs(profile: Profile) -> Markup:
    columns = (
        Column("manifest", "name"),
        Column("rows", "count"),
        Column("blank lines", "count"),
        Column("size", "size"),
    )
    rows = [(item.source, item.rows, item.blank_lines, item.bytes) for item in profile.inputs]
    return Table("Inputs", columns, rows, limit=50).render()


def _settings(artefact: Artifact) -> list[tuple[str, str]]:
    """The configuration that an artefact records, flat, as text."""
    match artefact:
        case Profile() | WhatIf():
            return _of_rules(artefact.rules)
        case Reconsider():
            named = [("evaluation", artefact.evaluation), ("profile", artefact.profile)]
            return [*named, *_of_rules(artefact.rules)]
        case Compare():
            sides = (("old", artefact.old), ("new", artefact.new))
            return [
                (f"{side} {key}", value) for side, each in sides for key, value in _of_rules(each)
            ]
        case Split():
            return [("seed", as_json(artefact.seed)), *_of_rules(artefact.rules)]
        case Run():
            return [(key, as_json(value)) for key, value in artefact.trainer.as_json().items()]
        case Wer():
            steps = ", ".join(artefact.normaliser.steps)
            return [("model", artefact.model), ("normaliser", steps or "—")]
        case _:
            return []


def _of_rules(rules: RuleFile) -> list[tuple[str, str]]:
    known = {"rules": rules.name, "rule file": rules.path, "rule file sha256": rules.sha256}
    return [(key, value) for key, value in known.items() if value]


def as_json(value: object) -> str:
    """A setting as it would stand in JSON; a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
