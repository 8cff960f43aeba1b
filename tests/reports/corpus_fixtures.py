"""A profile of 2,000 h as curate writes it, and what all fixtures share."""

from __future__ import annotations

import math
import random
from typing import Any

Json = dict[str, Any]

US = 3_600_000_000
VERSIONS = {"asr-curate": "0.1.0", "duckdb": "2.0.1", "polars": "2.1.0"}
SHA = "9f3c1d0a5b7e42866b1f0c9d8e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a"
TEXTS = {
    "en": "so the committee asked whether the figures for the third quarter had been revised",
    "de": "Die Donaudampfschifffahrtsgesellschaft hat ihren Fahrplan gestern angepasst",
    "ar": "قال الوزير إن الاجتماع سيعقد الأسبوع المقبل في العاصمة",
    "hi": "मंत्री ने कहा कि बैठक अगले सप्ताह राजधानी में होगी",
    "zh": "委员会询问第三季度的数字是否已经修订",
    "th": "คณะกรรมการถามว่าตัวเลขไตรมาสที่สามได้รับการแก้ไขหรือไม่",
}
METRICS: tuple[tuple[str, str, str, float, float, float, float], ...] = (
    ("duration_s", "s", "Length of the segment.", 0, 40, 7.9, 4.6),
    (
        "char_rate",
        "characters/s",
        "Code points of the text as it stands, over duration; unrounded.",
        *(0, 40, 14.7, 3.1),
    ),
    ("word_len", "characters", "Longest word, script-aware.", 0, 40, 10.2, 2.9),
    ("repetitions", "times", "Most back-to-back occurrences of a phrase.", 0, 20, 1.1, 0.7),
    ("words", "words", "White-space separated tokens.", 0, 120, 19.0, 11.0),
    ("word_rate", "words/s", "Tokens over duration.", 0, 10, 2.4, 0.6),
)
LIMITS: dict[str, list[Json]] = {
    "char_rate": [
        {"rule": "too_fast", "severity": "bad", "operator": ">=", "value": 30.0, "where": ""},
        {"rule": "fast", "severity": "borderline", "operator": ">=", "value": 25.0, "where": ""},
        {"rule": "slow", "severity": "borderline", "operator": "<", "value": 3.0, "where": ""},
        {
            "rule": "fast_id",
            "severity": "borderline",
            "operator": ">=",
            "value": 20.0,
            "where": "lang == 'id'",
        },
    ],
    "word_len": [
        {"rule": "glued", "severity": "bad", "operator": ">=", "value": 25.0, "where": ""}
    ],
    "repetitions": [
        {"rule": "loop", "severity": "bad", "operator": ">=", "value": 15.0, "where": ""},
        {"rule": "stutter", "severity": "borderline", "operator": ">=", "value": 5.0, "where": ""},
    ],
    "duration_s": [
        {"rule": "too_short", "severity": "bad", "operator": "<", "value": 0.3, "where": ""},
        {"rule": "long", "severity": "borderline", "operator": ">", "value": 30.0, "where": ""},
    ],
}


def _amount(name: str, rows: int, hours: float) -> Json:
    return {"name": name, "rows": rows, "bytes": rows * 282, "duration_us": round(hours * US)}


def ledger(stage: str) -> Json:
    parts = {"profile": {"records": (912_340, 2014.2)}}.get(
        stage,
        {
            "train": (886_101, 1955.41),
            "eval": (9_105, 20.02),
            "test": (13_622, 30.01),
            "rejected": (3_400, 8.76),
            "malformed": (112, 0.0),
        },
    )
    outputs = [_amount(name, *amounts) for name, amounts in parts.items()]
    total = {
        key: sum(output[key] for output in outputs) for key in ("rows", "bytes", "duration_us")
    }
    return {
        "schema": "curate.ledger/1",
        "stage": stage,
        "inputs": total,
        "outputs": outputs,
        "copies": [_amount("eval_borderline", 412, 0.91)] if stage == "split" else [],
        "blank": {"rows": 0, "bytes": 0},
        "balanced": True,
    }


def _record(rng: random.Random, value: float, lang: str, verdict: str) -> Json:
    text = " ".join([TEXTS[lang]] * rng.choice((1, 1, 2, 9)))
    return {
        "id": f"data/common_voice/{lang}/train.jsonl:{rng.randint(1, 90_000)}",
        "value": round(value, 4),
        "text": text,
        "marks": [
            {"what": "word", "span": [0, 8]},
            {"what": "loop", "span": [len(text) - 9, len(text)]},
        ],
        "pred_text": rng.choice((None, text, f"{text[:40]} und {text[60:]}")),
        "duration_s": round(rng.uniform(0.4, 16.0), 2),
        "verdict": verdict,
        "tags": ["bad:too_fast"] if verdict == "bad" else ["borderline:fast"],
        "lang": lang,
        "speaker": f"{lang}_{rng.randint(1, 400):04d}",
        "audio_filepath": f"clips/common_voice_{lang}_{rng.randint(10**6, 10**7)}.mp3",
    }


def metric(row: tuple[str, str, str, float, float, float, float]) -> Json:
    name, unit, meaning, low, high, middle, spread = row
    rng, bins = random.Random(name), 80 if high <= 40 else 60
    step = (high - low) / bins
    edges = [round(low + i * step, 6) for i in range(bins + 1)]
    density = [math.exp(-(((e + step / 2 - middle) / spread) ** 2) / 2) for e in edges[:-1]]
    rows = [round(912_000 * d * step / (spread * 2.5)) for d in density]
    rows = [n or (rng.random() < 0.5) * rng.randint(1, 40) for n in rows]
    at = {
        "p01": -2.1,
        "p05": -1.6,
        "p25": -0.7,
        "p50": 0.0,
        "p75": 0.7,
        "p95": 1.7,
        "p99": 2.4,
        "p999": 3.9,
    }
    return {
        "name": name,
        "unit": unit,
        "meaning": meaning,
        "direction": "high",
        "rows": 912_228,
        "nulls": 112,
        "mean": middle + 0.1,
        "min": low,
        "max": high * 2.3,
        "quantiles": {k: round(max(low, middle + z * spread), 4) for k, z in at.items()},
        "histogram": {
            "edges": edges,
            "whole": False,
            "rows": rows,
            "hours": [n / 450 for n in rows],
            "below": 0,
            "above": 312 if name == "char_rate" else 0,
            "hits": [],
        },
        "thresholds": LIMITS.get(name, []),
        "worst": [
            _record(rng, high * (2.3 - 0.1 * i), lang, "bad" if i < 4 else "borderline")
            for i, lang in enumerate(TEXTS)
        ],
    }


def _stratum(value: str | None, hours: float, rng: random.Random) -> Json:
    bad, border = hours * rng.uniform(0, 0.02), hours * rng.uniform(0.01, 0.09)
    return {
        "value": value,
        "rows": round(hours * 453),
        "hours": round(hours, 6),
        "clean_hours": hours - bad - border,
        "borderline_hours": border,
        "unknown_hours": 0.0,
        "bad_hours": bad,
        "char_rate_p50": round(rng.uniform(3, 17), 2),
    }


def _divided(strata: list[str | None]) -> list[Json]:
    """Histograms of char_rate by stratum."""
    rows = metric(METRICS[1])["histogram"]["rows"]
    return [
        {"value": value, "rows": [n // (at + 2) for n in rows], "below": 0, "above": 7}
        for at, value in enumerate(strata)
    ]


def profile() -> Json:
    rng = random.Random(7)
    verdicts = {
        "clean": (871_202, 1927.4),
        "borderline": (35_011, 73.92),
        "unknown": (2_615, 4.12),
        "bad": (3_400, 8.76),
        "malformed": (112, 0.0),
    }
    langs = {"en": 1204.4, "de": 402.2, "hi": 190.1, "ar": 120.4, "zh": 77.3, "th": 19.6}
    return {
        "schema": "curate.profile/1",
        "fail_on": [
            {"gate": "bad>5%", "figure": "bad>5%: 41 rows of 2,000, 2.05%", "failed": False}
        ],
        "command": "curate profile data/common_voice/*/train.jsonl data/meetings.jsonl --by lang "
        "--out profiles/2000h",
        "versions": VERSIONS,
        "rules": {"name": "default", "path": "rules/default.yaml", "sha256": SHA},
        "by": [],
        "groups": ["audio", "signal"],
        "languages": sorted(langs),
        "inputs": [
            {
                "source": f"data/{n}.jsonl",
                "folder": "data",
                "format": "nemo",
                "beside": {},
                "added": {},
                "copied": "original lines",
                "bytes": b,
                "rows": b // 282,
                "blank_lines": i,
                "fingerprint": SHA[:32],
            }
            for i, (n, b) in enumerate(
                {"common_voice": 190_000_000, "meetings": 67_279_880}.items()
            )
        ],
        "totals": {"rows": 912_340, "duration_us": round(2014.2 * US), "hours": 2014.2},
        "verdicts": [
            {"verdict": v, "rows": rows, "hours": hours} for v, (rows, hours) in verdicts.items()
        ],
        "rules_hit": [
            {
                "rule": limit["rule"],
                "metric": name,
                "severity": limit["severity"],
                "condition": f"{name} {limit['operator']} {limit['value']:g}",
                "where": limit["where"],
                "rows": (n := rng.randint(0, 4000)),
                "hours": n / 440,
                "only_rows": n // 2,
                "why": "Faster than anyone speaks: the text is longer than the audio.",
            }
            for name, limits in LIMITS.items()
            for limit in limits
        ],
        "malformed": [
            {
                "reason": reason,
                "rows": n,
                "example": {"id": f"data/meetings.jsonl:{n}", "byte_offset": n * 282},
            }
            for reason, n in (("not one JSON object", 61), ("duration is not positive", 51))
        ],
        "metrics": [metric(row) for row in METRICS],
        "borderline": [
            {
                "rule": rule,
                "metric": "char_rate",
                "records": [
                    _record(random.Random(rule), 25.5, lang, "borderline") for lang in ("en", "zh")
                ],
            }
            for rule in ("fast", "slow")
        ],
        "strata": {
            "lang": [_stratum(lang, hours, rng) for lang, hours in langs.items()],
            "speaker": [_stratum(f"spk_{i:03d}", 30 / (i + 1), rng) for i in range(50)],
        },
        "stratified": {
            "lang": {"strata": 37, "metrics": {"char_rate": _divided(["en", "de", None])}},
            "tag": {"strata": 1, "metrics": {"char_rate": _divided(["bad:too_fast"])}},
        },
        "coverage": {
            "lang": {"values": 6, "rows": 912_228, "hours": 2014.2},
            "speaker": {"values": 4_210, "rows": 456_114, "hours": 1007.1},
        },
        "worst_groups": {
            "speaker": [
                {"value": f"spk_{i}", "rows": 90, "hours": 0.5, "bad_hours": 0.4, "bad_share": 0.8}
                for i in range(3)
            ]
        },
        "overrides": None,
        "rejected": {"what": "rejected", "most": 0.1, "strata": []},
        "kept_from_eval": {"what": "kept from eval", "most": 0.2, "strata": []},
        "conventions": [],
        "group_rules": [
            {
                "rule": "bad_speaker",
                "by": "speaker",
                "condition": "bad_share >= 0.05",
                "at_least": {"rows": 20, "hours": None},
                "evaluated": 50,
                "failed": 3,
                "moved_rows": 42,
                "moved_hours": 0.3,
                "worst": [
                    {
                        "value": f"spk_{i}",
                        "rows": 90,
                        "hours": 0.5,
                        "facts": {"bad_share": 0.25, "median(char_rate)": None},
                        "moved_rows": 14,
                        "moved_hours": 0.1,
                    }
                    for i in range(3)
                ],
            }
        ],
        "audio": {
            "depth": "signal",
            "request": {"root": None, "allowed": [], "sample": 0.05},
            "rows": 912_340,
            "analysed": 45_617,
            "faults": [
                {
                    "fault": "truncated",
                    "meaning": "it ends before its header says",
                    "rows": 12,
                    "hours": 0.03,
                    "example": {"id": "data/m.jsonl:7", "why": "decodes to 1.2 s of 4.0 s"},
                }
            ],
            "unread": [],
            "codecs": [{"codec": "FLAC PCM_16", "rows": 45_605, "hours": 96.2}],
            "sampling_rates": [
                {"hz": 16_000, "rows": 45_000, "hours": 95.0},
                {"hz": 44_100, "rows": 605, "hours": 1.2},
            ],
        },
        "correlations": {
            "metrics": [row[0] for row in METRICS],
            "pearson": [
                [round(1 / (1 + abs(i - k)), 4) for k, _ in enumerate(METRICS)]
                for i, _ in enumerate(METRICS)
            ],
        },
        "density": {
            "x": "duration_s",
            "y": "char_rate",
            "x_edges": [0.1, 1.0, 10.0, 100.0],
            "y_edges": [0.0, 10.0, 20.0, 40.0],
            "rows": [[0, 200, 3], [40, 900_000, 1000], [0, 12, 0]],
            "outside": 985,
        },
        "agreement": {
            "rows": 900_000,
            "primary": "wer",
            "wer": 0.0912,
            "cer": 0.0311,
            "wer_raw": 0.2111,
            "cer_raw": 0.0712,
            "ref_words": 8_000_000,
            "word_edits": 729_600,
            "ref_chars": 41_000_000,
            "char_edits": 1_275_100,
            "words": 8_100_000,
            "word_edits_raw": 1_709_900,
            "chars": 46_000_000,
            "char_edits_raw": 3_275_200,
            "normaliser": {"steps": ["nfkc", "casefold", "punctuation"], "libraries": {}},
            "languages": [
                {
                    "lang": lang,
                    "rows": 450_000,
                    "primary": "wer",
                    "wer": 0.09,
                    "cer": 0.03,
                    "wer_raw": 0.2,
                    "cer_raw": 0.07,
                    "ref_words": 4_000_000,
                    "word_edits": 360_000,
                    "ref_chars": 20_000_000,
                    "char_edits": 600_000,
                    "words": 4_050_000,
                    "word_edits_raw": 810_000,
                    "chars": 23_000_000,
                    "char_edits_raw": 1_610_000,
                }
                for lang in ("de", "en")
            ],
        },
        "duplicates": {
            "unique_texts": 801_233,
            "rows_with_duplicated_text": 160_120,
            "duplicate_audio_offset_keys": 0,
        },
    }
