"""A comparison of two profiles, as `curate diff` writes it."""

from __future__ import annotations

from tests.reports.corpus_fixtures import METRICS, VERSIONS, Json


def _pair(**keys: str | None) -> Json:
    return {**keys, "a_rows": 9_000, "b_rows": 11_000, "a_hours": 20.5, "b_hours": 24.25}


def diff() -> Json:
    return {
        "schema": "curate.diff/1",
        "command": "curate diff profiles/march profiles/april --out diff",
        "fail_on": [{"gate": "drifted>0", "figure": "2 metrics", "failed": True}],
        "versions": VERSIONS,
        "a": {"path": "profiles/march", "rows": 10_000, "hours": 22.1},
        "b": {"path": "profiles/april", "rows": 12_000, "hours": 26.4},
        "verdicts": [_pair(verdict=name) for name in ("clean", "borderline", "bad")],
        "rules": [_pair(rule="char_rate", severity="bad", condition="char_rate >= 30")],
        "metrics": [
            {
                "name": row[0],
                "unit": row[1],
                "a_p50": 14.0,
                "b_p50": 15.5,
                "a_p99": 22.0,
                "b_p99": 27.0,
                "a_nulls": 112,
                "b_nulls": 140,
                "same": False,
                "ks": 0.31 / (at + 1),
                "psi": 0.4 / (at + 1),
                "shapes": {
                    "edges": [0.0, 10.0, 20.0, 30.0],
                    "whole": False,
                    "a": [100, 7_000, 2_900],
                    "b": [100, 3_000, 8_000],
                    "a_beyond": 0,
                    "b_beyond": 900,
                },
            }
            for at, row in enumerate(METRICS)
        ],
        "metrics_of_one": {"a": [], "b": []},
        "strata": {
            "lang": [_pair(value=name) for name in ("en", "de", None)],
            "speaker": [_pair(value="spk_001")],
        },
    }
