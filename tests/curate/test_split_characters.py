"""Languages that write no spaces are sized by characters: CER where WER would say nothing."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import reports
from curate.cli.render.split import split_tables
from tests.curate.splitting import Row, certificate, split

ALPHABETS = {
    "zh": "".join(chr(code) for code in range(0x4E00, 0x4F00)),
    "ja": "".join(chr(code) for code in range(0x3042, 0x3090)),
    "th": "".join(chr(code) for code in range(0x0E01, 0x0E2F)),
}
CHARACTERS = 20


def rows(lang: str, speakers: int = 300, each: int = 4) -> list[Row]:
    draw = random.Random(lang)
    alphabet = ALPHABETS.get(lang)

    def text() -> str:
        if alphabet is None:
            return " ".join(f"{draw.randrange(10**8):08d}w" for _ in range(CHARACTERS // 4))
        return "".join(draw.choices(alphabet, k=CHARACTERS))

    return [
        {
            "audio_filepath": f"{lang}{who}/{n}.wav", "duration": 5.0, "text": text(),
            "lang": lang, "speaker": f"{lang}{who}",
        }
        for who in range(speakers)
        for n in range(each)
    ]  # fmt: skip


def measured(artifact: Mapping[str, Any], lang: str) -> list[Mapping[str, Any]]:
    return [each for each in artifact["measures"] if each["value"] == lang]


@pytest.mark.parametrize("lang", ["zh", "ja", "th"])
def test_scripts_without_spaces_are_measured_by_characters(tmp_path: Path, lang: str) -> None:
    artifact = split(tmp_path / "w", rows(lang), {"eval": "10m", "test": "10m"})
    parts = measured(artifact, lang)
    assert len(parts) == 2
    for part in parts:
        assert part["metric"] == "cer"
        assert part["units"] == part["rows"] * CHARACTERS
        assert part["measurable"], "a word a row would measure nothing"
        assert 0 < part["cer_half_width"] < 0.05
    stratum = artifact["strata"][0]["splits"]["eval"]
    assert (stratum["metric"], stratum["units"]) == ("cer", stratum["rows"] * CHARACTERS)


def test_each_language_by_its_own_rate(tmp_path: Path) -> None:
    both = [*rows("zh"), *rows("en")]
    artifact = split(tmp_path / "w", both, {"eval": "10m", "test": "10m"})
    metrics = {lang: {part["metric"] for part in measured(artifact, lang)} for lang in ("zh", "en")}
    assert metrics == {"zh": {"cer"}, "en": {"wer"}}
    english = measured(artifact, "en")
    assert all(part["units"] == part["words"] for part in english)
    printed = io.StringIO()
    console = Console(width=160, file=printed)
    for table in split_tables(certificate(tmp_path / "w")):
        console.print(table)
    output = printed.getvalue()
    lines = [line.split() for line in output.split("\n") if "lang zh" in line]
    assert len(lines) == 2
    assert all("CER" in line and "characters" in line for line in lines)
    page = reports.build("split", tmp_path / "w" / "s").read_text(encoding="utf-8")
    assert re.search(r"<td[^>]*><bdi>CER</bdi></td>", page)
