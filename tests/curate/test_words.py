"""Characters and words of a corpus, against the plain definition."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import InputError
from curate.inspect.words import count_words

TEXTS = [
    ("en", "Hello, hello world"),
    ("en", "caf\u00e9 \u043c\u043eney"),  # two Cyrillic letters in an English word
    ("zh", "\u4f60\u597d \U00020000"),  # beyond the basic plane
    (None, "x"),
    ("en", ""),
]


@pytest.fixture
def profiled(tmp_path: Path, manifest: Callable[..., Path]) -> Path:
    rows = [
        {"audio_filepath": f"{n}.wav", "duration": 1.0, "text": text, "lang": lang}
        for n, (lang, text) in enumerate(TEXTS)
    ]
    path = manifest(*map(json.dumps, rows), "{broken")
    curate.profile(path, out=tmp_path / "out")
    return path


def test_characters_and_words(tmp_path: Path, profiled: Path) -> None:
    counted: Any = count_words(tmp_path / "out").as_json()
    by_lang = {each["lang"]: each for each in counted["languages"]}
    assert set(by_lang) == {"en", "zh", None}
    for lang, each in by_lang.items():
        counts = Counter("".join(text for code, text in TEXTS if code == lang))
        assert each["characters"] == counts.total()
        assert {entry["character"]: entry["count"] for entry in each["rarest"]} == dict(
            sorted(counts.items(), key=lambda pair: (pair[1], -ord(pair[0])))[:20]
        )
    outside = [(letter["character"], letter["example"]) for letter in by_lang["en"]["outside"]]
    assert outside == [("\u043c", f"{profiled}:2"), ("\u043e", f"{profiled}:2")]
    assert by_lang["zh"]["script"] == "CJK"
    words = {each["word"]: each["count"] for each in counted["vocabulary"]["frequent"]}
    assert words == {
        "hello": 2, "world": 1, "caf\u00e9": 1, "\u043c\u043eney": 1,
        "\u4f60\u597d": 1, "\U00020000": 1, "x": 1,
    }  # fmt: skip
    assert counted["vocabulary"]["longest"][0]["word"] in {"hello", "world", "\u043c\u043eney"}


def test_a_changed_manifest_is_refused(tmp_path: Path, profiled: Path) -> None:
    profiled.write_text(profiled.read_text().replace("Hello", "Jello"))
    with pytest.raises(InputError, match="has changed since it was profiled"):
        count_words(tmp_path / "out")
