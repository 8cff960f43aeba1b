"""The card of a data set for Hugging Face: README.md with what the Hub reads of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from curate.formatting.units import duration, plural
from curate.manifest.origin import Origin


@dataclass(slots=True)
class Totals:
    """Records and seconds, in all and by language."""

    records: int = 0
    seconds: float = 0.0
    by_language: Counter[str] = field(default_factory=Counter)

    def add(self, lang: object, seconds: float) -> None:
        """Count a record."""
        self.records += 1
        self.seconds += seconds
        if isinstance(lang, str) and lang:
            self.by_language[lang] += 1


def write_card(folder: Path, origins: Sequence[Origin], totals: Totals) -> None:
    """Write the card; name, source and licence are those of a corpus.yaml, where all agree."""
    about = {key: _agreed(origins, key) for key in ("name", "source", "licence", "description")}
    head: dict[str, object] = {
        "task_categories": ["automatic-speech-recognition"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": "train", "path": "data/train-*.parquet"}],
            }
        ],
    }
    if totals.by_language:
        head["language"] = sorted(totals.by_language)
    if about["licence"]:
        head["license"] = about["licence"].lower()
    size = f"{plural(totals.records, 'record')}, {duration(seconds=totals.seconds)} of audio."
    lines = [f"# {about['name'] or 'Speech with transcripts'}", "", about["description"], "", size]
    if about["source"]:
        lines += ["", f"Source: {about['source']}"]
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=True)
    text = f"---\n{front}---\n\n" + "\n".join(lines).replace("\n\n\n", "\n") + "\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def _agreed(origins: Sequence[Origin], key: str) -> str:
    """What corpus.yaml says of the corpora, where it is the same of all."""
    values = {" ".join(origin.beside.get(f"corpus_{key}", ())) for origin in origins}
    return " ".join(next(iter(values)).split()) if len(values) == 1 else ""
