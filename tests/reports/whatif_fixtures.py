"""Limits weighed on a profile, as `curate rules what-if` writes it."""

from __future__ import annotations

from tests.reports.corpus_fixtures import VERSIONS, Json


def _limit(rule: str, severity: str, operator: str, value: float, where: str = "") -> Json:
    amount = {"rows": 1_200, "hours": 1.5, "unique_rows": 900, "unique_hours": 1.1}
    record = {
        "id": "corpora/train.jsonl:17",
        "value": value,
        "text": "a record that stands beside the limit",
        "marks": [{"what": "loop", "span": [9, 20]}],
        "pred_text": "a record stands right beside the limit",
        "duration_s": 1.25,
        "verdict": severity,
        "lang": "en",
        "speaker": "spk_001",
        "audio_filepath": "clips/17.flac",
    }
    return {
        "rule": rule,
        "severity": severity,
        "metric": "char_rate",
        "unit": "characters/s",
        "operator": operator,
        "value": value,
        "where": where,
        "why": "Nobody says so much. Measured.",
        **amount,
        "tighter": {"value": value - 1, "rows": 40, "hours": 0.05},
        "looser": {"value": value + 1, "rows": -30, "hours": -0.04},
        "curve": [
            {
                "value": value + step,
                "rows": 1_200 - 100 * step,
                "hours": 1.5 - 0.1 * step,
                "unique_rows": 900 - 90 * step,
                "unique_hours": 1.1 - 0.1 * step,
            }
            for step in range(-5, 6)
        ],
        "flagged": [record, {**record, "text": None}],
        "passed": [{**record, "verdict": "clean", "value": value - 0.5}],
    }


def what_if() -> Json:
    amounts = {"clean": 19.0, "borderline": 2.0, "unknown": 0.5, "bad": 0.6, "malformed": 0.0}
    rules = ["char_rate", "word_len", "repetitions"]
    return {
        "schema": "curate.whatif/1",
        "command": "curate rules what-if profile --out what-if",
        "versions": VERSIONS,
        "profile": {"path": "profile", "rows": 10_000, "hours": 22.1},
        "rules": {"name": "default", "path": "rules/default.yaml", "sha256": "ab" * 32},
        "verdicts": [
            {"verdict": name, "rows": round(450 * spent), "hours": spent}
            for name, spent in amounts.items()
        ],
        "by_rule": [
            {
                "rule": rule,
                "bad_rows": 100,
                "bad_hours": 0.2,
                "bad_unique_rows": 60,
                "bad_unique_hours": 0.12,
                "rows": 1_000,
                "hours": 1.3,
                "unique_rows": 800,
                "unique_hours": 1.1,
                "unknown_rows": 3,
                "unknown_hours": 0.01,
            }
            for rule in rules
        ],
        "limits": [
            _limit("char_rate", "bad", ">=", 30.0),
            _limit("char_rate", "borderline", ">=", 22.0),
            _limit("char_rate_low", "borderline", "<", 4.0, "words > 0 and duration_s >= 4"),
        ],
        "overlap": {
            "rules": rules,
            "bad": {
                "rows": [[100, 7, 0], [7, 50, 0], [0, 0, 0]],
                "hours": [[0.2, 0.01, 0.0], [0.01, 0.1, 0.0], [0.0, 0.0, 0.0]],
            },
            "any": {
                "rows": [[1_000, 17, 2], [17, 90, 0], [2, 0, 40]],
                "hours": [[1.3, 0.02, 0.001], [0.02, 0.2, 0.0], [0.001, 0.0, 0.05]],
            },
        },
        "warnings": ["texts are not shown: corpora/test.jsonl: no such file"],
    }
