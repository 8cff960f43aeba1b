"""The characters and words of a corpus, as `curate words` writes them."""

from __future__ import annotations

import unicodedata

from tests.reports.corpus_fixtures import VERSIONS, Json


def _letter(character: str, count: int) -> Json:
    return {
        "character": character,
        "code": f"U+{ord(character):04X}",
        "name": unicodedata.name(character),
        "count": count,
        "example": "corpora/train.jsonl:17",
    }


def _alphabet(lang: str | None, script: str, letters: str, outside: str, unknown: str) -> Json:
    counted = [_letter(each, 9_000 - 100 * at) for at, each in enumerate(letters)]
    return {
        "lang": lang,
        "characters": 812_400,
        "different": 61,
        "script": script,
        "scripts": [{"script": script, "letters": 640_100}, {"script": "Grek", "letters": 12}],
        "frequent": counted,
        "rarest": counted[::-1],
        "outside": [_letter(each, 6) for each in outside],
        "outside_characters": 6 * len(outside),
        "unknown": [_letter(each, 40) for each in unknown],
        "unknown_characters": 40 * len(unknown),
    }


def _wrong(word: str, count: int, wrong: int) -> Json:
    return {"word": word, "count": count, "wrong": wrong}


def _pair(word: str, wrong: int, other_wrong: int) -> Json:
    counts = {"count": 148, "other_count": 148}
    return {"word": word, "wrong": wrong, "other_wrong": other_wrong, **counts}


def words() -> Json:
    frequent = [{"word": word, "count": 5_062 - 700 * at} for at, word in enumerate(("the", "of"))]
    return {
        "schema": "curate.words/2",
        "command": "curate words profile --tokenizer canary.nemo --out words",
        "versions": VERSIONS,
        "warnings": [],
        "profile": "profile",
        "languages": [
            _alphabet("en", "Latn", "etaoin", "\u03b1\u043e", "%"),
            _alphabet("ja", "Hani", "\u732b\u72ac\u304c", "", "\u732b"),
            _alphabet(None, "Cyrl", "\u0434\u0430", "", ""),
        ],
        "vocabulary": {
            "tokens": 95_775,
            "words": 6_234,
            "once": 2_540,
            "covering": [{"share": 0.5, "words": 72}, {"share": 0.9, "words": 1_526}],
            "frequent": frequent,
            "longest": [{"word": "responsibilities", "count": 1}],
            "hapaxes": ["responsibilities", "zebra"],
        },
        "errors": {
            "normaliser": {"steps": ["basic", "compounds"], "libraries": {}},
            "rows": 1_200,
            "words": 95_375,
            "wrong": 11_185,
            "at_least": 5,
            "most": [_wrong("and", 2_883, 527), _wrong("covid", 148, 145)],
            "worst": [_wrong("cytiva", 27, 27)],
        },
        "compared": {
            "other": "words_of_the_old_model",
            "other_words": 95_375,
            "other_wrong": 12_600,
            "at_least": 5,
            "compared": 2_031,
            "worse": [_pair("covid", 145, 90)],
            "better": [_pair("and", 10, 31), _pair("cytiva", 0, 27)],
        },
        "tokenizer": {
            "name": "5d41402abc4b2a76",
            "served": ["en", "ja"],
            "characters": 80,
            "tokens": 44,
            "words": [{"word": "7%", "count": 40}],
        },
    }
