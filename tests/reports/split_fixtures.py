"""A split and its shards, as curate writes them."""

from __future__ import annotations

import random

from tests.reports.corpus_fixtures import SHA, US, VERSIONS, Json, ledger

COVERAGE: list[Json] = [
    {
        "key": "speaker",
        "rows": 886_000,
        "known": 885_788,
        "values": 4_120,
        "substituted": 0,
        "lacking": [{"by": "lang", "value": "hi", "rows": 84_000, "known": 83_788}],
        "unchecked": True,
        "message": "speaker: known for 885,788 of 886,000 rows: NOT CHECKED for the other 212 of "
        "lang hi (83,788 of 84,000)",
    },
    {
        "key": "session",
        "rows": 886_000,
        "known": 0,
        "values": 0,
        "substituted": 0,
        "lacking": [],
        "unchecked": False,
        "message": "session: known for 0 of 886,000 rows: NOT CHECKED",
    },
]
"""Speakers of which some are unknown, and sessions that no row names."""


def split() -> Json:
    rng = random.Random(3)
    outputs = {output["name"]: output for output in ledger("split")["outputs"]}
    bins = ("0-2 s", "2-5 s", "5-10 s", "10-20 s", "20-40 s")
    strata = []
    for lang, hours in {"en": 1204, "de": 402, "hi": 190, "ar": 120, "zh": 77}.items():
        for at, name in enumerate(bins):
            clean = 3600 * hours * (0.05, 0.3, 0.4, 0.2, 0.05)[at]
            eval_s, test_s = clean * 0.0104, clean * 0.0156
            strata.append(
                {
                    "stratum": {"lang": lang, "duration_bin": name},
                    "clean_s": clean,
                    "clean_groups": 40,
                    "train_s": clean * 0.97,
                    "splits": {
                        "eval": _part(eval_s * rng.uniform(0.9, 1.04), eval_s),
                        "test": _part(test_s * rng.uniform(0.95, 1.02), test_s),
                    },
                }
            )
    pairs = (("train", "eval"), ("train", "test"), ("eval", "test"))
    return {
        "schema": "curate.split/1",
        "fail_on": [{"gate": "leaks>0", "figure": "leaks>0: 0 rows", "failed": False}],
        "command": "curate split profiles/2000h --out splits/v1 --eval 20h --test 30h --seed 7",
        "versions": VERSIONS,
        "seed": 7,
        "rules": {"name": "default", "path": "rules/default.yaml", "sha256": SHA},
        "inputs": [],
        "strategy": "searched",
        "targets": {
            "eval": _target(72_000, 72_000, 72_072, 9_105),
            "test": _target(108_000, 108_000, 108_036, 13_622),
        },
        "warnings": ["Stratum zh, 20-40 s has 2 speakers only: all of it went to train."],
        "outputs": [
            {
                "name": name,
                "file": f"{name}.jsonl",
                "rows": output["rows"],
                "bytes": output["bytes"],
                "hours": output["duration_us"] / US,
                "verdicts": {{"rejected": "bad"}.get(name, name): output["rows"]}
                if name in {"rejected", "malformed"}
                else {"clean": output["rows"] - 9, "borderline": 9 * (name == "train")},
            }
            for name, output in outputs.items()
        ],
        "strata_columns": ["lang", "duration_bin"],
        "strata": strata,
        "allocation": {
            "alpha": 0.5,
            "floor_s": 1800.0,
            "cap": 0.3,
            "max_held_out": 0.05,
            "prefer": "balance",
        },
        "held_out": {"s": 9_000.0, "share": 0.0126, "most": 0.05},
        "lock": {
            "path": "splits/v0/splits.lock.parquet",
            "new_rows": 40_112,
            "no_longer_clean": {"test": {"bad": 2}},
            "gone": {"eval": 1},
        },
        "assumed": {"wer": 0.1, "cer": 0.1},
        "measures": [
            {
                **_measured(36_000.0, groups),
                "known_rows": 9_000 - 212 * (value == "de"),
                "lower_bound": value == "de",
                "split": "test",
                "by": by,
                "value": value,
                "clean_groups": groups,
            }
            for by, value, groups in (("(all)", None, 400), ("lang", "de", 90), ("lang", "th", 3))
        ],
        "groups": {
            "columns": ["speaker"],
            "total": 4_120,
            "ungrouped_rows": 212,
            "widest": [],
            "by_split": {"train": 3_900, "eval": 96, "test": 124},
        },
        "coverage": COVERAGE,
        "proposals": [],
        "statement": "no leak found in text and audio; sessions unknown",
        "gates_by_figure": {"leaks": []},
        "gates": [],
        "text_similarity": {
            "between_splits": 0.0312,
            "of_random_split": 0.0417,
            "compared": {"train": 20_000, "eval": 900, "test": 1_100},
        },
        "voice_similarity": {
            "between_splits": 0.0213,
            "of_random_split": 0.0417,
            "cosine": 0.75,
            "near": {"eval": 0.0122, "test": 0.0},
            "near_of_random_split": {"eval": 0.8911, "test": 0.9},
            "compared": {"train": 20_000, "eval": 900, "test": 1_100},
            "lacking": 12,
        },
        "near_unsure": 0,
        "changed": {
            "text_corrected": 0,
            "tags": False,
            "skipme": False,
            "canary": False,
            "rate_removed": 0,
            "fields_mapped": 0,
        },
        "leaks": [
            {"kind": kind, "between": list(pair), "count": 0}
            for kind in ("group", "text", "audio")
            for pair in pairs
        ],
        "balance": [
            {"covariate": name, "split": part, "ks": round(rng.uniform(0.004, 0.06), 4)}
            for name in ("duration_s", "char_rate", "words")
            for part in ("eval", "test")
        ],
    }


def _measured(s: float, groups: int) -> Json:
    return {
        "s": s,
        "rows": 9_000,
        "known_rows": 9_000,
        "words": 90_000,
        "metric": "wer",
        "units": 90_000,
        "groups": groups,
        "design_effect": 6.4,
        "wer_half_width": 0.005,
        "smallest_difference": 0.007,
        "measurable": groups > 5,
        "lower_bound": False,
    }


def _part(s: float, target_s: float) -> Json:
    drawn = {"target_s": target_s, "deviation_s": s - target_s, "weight": 1 / 0.0104}
    return {**_measured(s, 40), **drawn}


def _target(requested: int, aimed: int, got: int, rows: int) -> Json:
    return {
        "requested_s": requested,
        "target_s": aimed,
        "tolerance_s": 0.01 * aimed,
        "met": True,
        "shrunk": aimed < requested,
        "achieved_s": got,
        "rows": rows,
        "groups": 96,
        "words": got * 2,
        "known_rows": rows,
        "effective_groups": 64.0,
        "largest_share": 0.03,
    }


def shards() -> Json:
    names = [f"{at:06d}" for at in range(24)]
    return {
        "schema": "curate.shards/1",
        "command": "curate shard splits/v1 --out shards/v1",
        "fail_on": [{"gate": "left_out>0", "figure": "0 rows", "failed": False}],
        "versions": VERSIONS,
        "cuts": 886_089,
        "hours": 1955.36,
        "duration_us": 1955 * US,
        "seed": 0,
        "options": {
            "format": "shar",
            "size": {"cuts": None, "bytes": 4_700_000_000},
            "seed": 0,
            "shard_by": ["lang"],
            "audio": {"format": "flac", "rate": None, "mono": False},
            "audio_root": None,
            "allowed": [],
            "temperature": 0.5,
            "buckets": 30,
            "tokenizers": [],
        },
        "format": "shar",
        "audio_format": "flac",
        "stratum_by": ["lang"],
        "strata_columns": ["lang", "duration_bin"],
        "strata": [
            {"stratum": ["de"], "shards": 9, "cuts": 300_000, "hours": 655.36, "weight": 0.41},
            {"stratum": ["en"], "shards": 15, "cuts": 586_089, "hours": 1300.0, "weight": 0.59},
        ],
        "fields_added": {"pnc": 412_000, "source_lang": 886_089, "target_lang": 886_089},
        "shards": [
            {
                "index": at,
                "cuts_file": f"train/cuts.{name}.jsonl.gz",
                "recording_file": f"train/recording.{name}.tar",
                "cuts": 36_920,
                "hours": 81.47,
                "duration_us": 81 * US,
                "bytes": 4_700_123_456 + at,
                "sizes": {"cuts": 123_456, "recording": 4_700_000_000 + at},
                "sha256": {"cuts": SHA, "recording": SHA[::-1]},
                "text_sha256": SHA,
                "stratum": ["de" if at < 9 else "en"],
            }
            for at, name in enumerate(names)
        ],
        "skipped": [
            {"id": f"splits/v1/train.jsonl:{at}", "reason": "audio ends before the segment does"}
            for at in range(12)
        ],
        "skipped_rows": 12,
        "manifests": {
            "eval": {"file": "eval.jsonl", "rows": 9_105, "hours": 20.02},
            "test": {"file": "test.jsonl", "rows": 13_622, "hours": 30.01},
        },
        "verified": {"cuts": 886_089, "hours": 1955.36, "ids_match": True},
    }


def verification() -> Json:
    return {
        "schema": "curate.verification/1",
        "command": "curate shard --verify shards/v1 --out verified",
        "fail_on": [{"gate": "faults>0", "figure": "0 faults", "failed": False}],
        "versions": VERSIONS,
        "folder": "shards/v1/train",
        "format": "shar",
        "shards": 23,
        "cuts": 849_169,
        "hours": 1873.89,
        "decoded": 184,
        "checked_against": "shards.json, ledger.json",
        "faults": [
            {
                "where": f"shards/v1/train/recording.{at:06d}.tar",
                "what": "is damaged: it is cut short in m000-000004211.flac",
                "hint": "write the shard again",
            }
            for at in range(3)
        ],
    }
