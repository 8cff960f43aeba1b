"""Rules held against a model's errors, as `curate reconsider` writes it."""

from __future__ import annotations

from tests.reports.corpus_fixtures import TEXTS, VERSIONS, Json


def _example(lang: str, wer: float) -> Json:
    return {
        "id": f"corpora/{lang}.jsonl:17",
        "wer": wer,
        "text": TEXTS[lang],
        "marks": [],
        "pred_text": f"{TEXTS[lang][:20]} {TEXTS[lang][-8:]}",
        "duration_s": 4.25,
        "verdict": "borderline",
        "lang": lang,
        "speaker": "spk_001",
        "audio_filepath": "clips/17.flac",
    }


def _limit(
    rule: str, severity: str, recommendation: str, difference: float | None, **more: object
) -> Json:
    known = difference is not None
    return {
        "rule": rule,
        "metric": rule,
        "severity": severity,
        "limit": f"{rule} >= 22",
        "recommendation": recommendation,
        "meaning": f"what {recommendation} means",
        "rows": 640,
        "hours": 1.25,
        "words": 8_400,
        "clusters": 31,
        "wer": 0.3 if known else None,
        "clean_wer": 0.12 if known else None,
        "difference": difference,
        "low": None if difference is None else round(difference - 0.04, 4),
        "high": None if difference is None else round(difference + 0.05, 4),
        "propose": None,
        "examples": [_example("en", 0.1), _example("zh", 0.5), _example("ar", 1.25)],
        **more,
    }


def reconsider() -> Json:
    return {
        "schema": "curate.reconsider/1",
        "command": "curate reconsider eval profile --out reconsidered",
        "versions": VERSIONS,
        "evaluation": "eval",
        "profile": "profile",
        "rules": {"name": "default", "path": "rules/default.yaml", "sha256": "ab" * 32},
        "rows": 12_000,
        "unmatched": 14,
        "clean": {"rows": 9_000, "words": 110_000, "wer": 0.11},
        "limits": [
            _limit("char_rate", "borderline", "keep", 0.18),
            _limit("word_len", "borderline", "relax", -0.03),
            _limit("word_rate", "clean", "tighten", 0.09, propose=3.75),
            _limit("duration_s", "clean", "open", 0.01),
            _limit("loop_share", "borderline", "reject", 0.55),
            _limit("digits", "borderline", "open", 0.01),
            _limit("repetitions", "borderline", "too_few", None, rows=3, examples=[]),
        ],
        "warnings": ["rules/default.yaml has changed since profile was made"],
    }
