"""Two rule files held against each other, as `curate rules compare` writes it."""

from __future__ import annotations

from tests.reports.corpus_fixtures import VERSIONS, Json

_VERDICTS = ("clean", "borderline", "unknown", "bad", "malformed")


def _record(before: str, after: str) -> Json:
    return {
        "id": "corpora/train.jsonl:17",
        "from": before,
        "to": after,
        "from_reason": None if before == "clean" else "loop_share 0.5 >= 0.5: half of it is a loop",
        "to_reason": None if after == "clean" else "char_rate 25.3 >= 25",
        "duration_s": 1.25,
        "lang": "en",
        "speaker": "spk_001",
        "text": "a record that that that moves",
        "marks": [{"what": "loop", "span": [9, 23]}],
        "pred_text": "a record that moves",
        "audio_filepath": "clips/17.flac",
    }


def _plain(record: Json) -> Json:
    beside = {"marks", "pred_text", "audio_filepath"}
    return {key: value for key, value in record.items() if key not in beside}


def compare() -> Json:
    moves = {("clean", "borderline"): 1.5, ("borderline", "bad"): 0.25, ("bad", "clean"): 0.01}
    stay = {"clean": 19.0, "borderline": 2.0, "bad": 0.6}
    amounts = {**moves, **{(name, name): spent for name, spent in stay.items()}}
    sides = {name: {"name": name, "path": f"{name}.yaml", "sha256": "ab" * 32} for name in "xy"}
    return {
        "schema": "curate.compare/1",
        "command": "curate rules compare x.yaml y.yaml profile --out moved",
        "fail_on": [{"gate": "moved>0", "figure": "0 rows", "failed": False}],
        "versions": VERSIONS,
        "profile": {"path": "profile", "rows": 10_000, "hours": 23.36},
        "old": sides["x"],
        "new": sides["y"],
        "moved": {"rows": 800, "hours": 1.76},
        "verdicts": [
            {"from": one, "to": other, "rows": round(450 * spent), "hours": spent}
            for one in _VERDICTS
            for other in _VERDICTS
            for spent in [amounts.get((one, other), 0.0)]
        ],
        "rules": [
            {
                "rule": "char_rate",
                "severity": "borderline",
                "lost_rows": 0,
                "lost_hours": 0.0,
                "lost_records": [],
                "got_rows": 675,
                "got_hours": 1.5,
                "got_records": [_record("clean", "borderline")] * 2,
            },
            {
                "rule": "loop_share",
                "severity": "bad",
                "lost_rows": 4,
                "lost_hours": 0.01,
                "lost_records": [{**_record("bad", "clean"), "text": None, "marks": []}],
                "got_rows": 112,
                "got_hours": 0.25,
                "got_records": [_record("borderline", "bad")],
            },
        ],
        "strata": {
            "lang": [
                {
                    "value": name,
                    "rows": 3_000,
                    "hours": 7.0,
                    "moved_rows": 250,
                    "moved_hours": 0.5,
                    "from_clean_hours": 6.2,
                    "to_clean_hours": 5.8,
                    "from_bad_hours": 0.2,
                    "to_bad_hours": 0.25,
                }
                for name in ("en", "de", None)
            ]
        },
        "records": [_plain(_record("clean", "borderline"))],
        "warnings": ["texts are not shown: corpora/test.jsonl: no such file"],
    }
