"""A training run and an evaluation, as train writes them."""

from __future__ import annotations

import math
import random

from tests.reports.corpus_fixtures import TEXTS, VERSIONS, Json


def run() -> Json:
    rng = random.Random(5)
    steps = range(20, 5001, 20)
    fall = {step: 0.18 + 4.2 * math.exp(-step / 600) for step in steps}
    wers = {step: 0.094 + 0.6 * math.exp(-step / 700) for step in range(400, 5001, 400)}
    return {
        "schema": "train.run/1",
        "command": "train run --data shards/v1 --model canary-180m-flash.nemo --out runs/a",
        "versions": {**VERSIONS, "nemo_toolkit": "3.0.0", "torch": "2.13.0"},
        "model": {
            "source": "canary-180m-flash.nemo",
            "class": "EncDecMultiTaskModel",
            "recipe": "aed",
            "parameters": 182_412_288,
            "matched_parameters": 182_412_288,
            "trainable_parameters": 182_412_288,
        },
        "data": {
            "shards": "shards/v1",
            "train_hours": 1955.36,
            "train_cuts": 886_089,
            "eval_hours": 20.02,
            "eval_rows": 9_105,
            "sources": [
                {
                    "name": "new de",
                    "hours": 1100.0,
                    "share": 0.9,
                    "drawn_hours": 11_000.0,
                    "drawn_share": 0.9,
                },
                {
                    "name": "old",
                    "hours": 40.0,
                    "share": 0.1,
                    "drawn_hours": 1222.2,
                    "drawn_share": 0.1,
                },
            ],
        },
        "rows": [_checked("train", 886_089, 1955.36), _checked("eval", 9_110, 20.03, 5)],
        "validation_sets": [
            {
                "name": name,
                "rows": 640,
                "hours": 1.4,
                "padding": 1.06,
                "padding_in_order": 1.9,
                "strata": [
                    {
                        "stratum": [lang, "calls"],
                        "rows": 320,
                        "hours": 0.7,
                        "of_rows": 4_500,
                        "of_hours": 10.0,
                    }
                    for lang in ("de", "tr")
                ],
            }
            for name in ("eval", "calls")
        ],
        "trainer": {
            "accelerator": "gpu",
            "devices": 4,
            "precision": "bf16-mixed",
            "max_steps": 5000,
            "val_check_interval": 400,
            "seed": 7,
        },
        "steps": 5000,
        "seconds": 21_840.5,
        "audio_hours_seen": 12_222.2,
        "step_seconds_p50": 4.11,
        "loss": [
            {"step": s, "train_loss": v * rng.uniform(0.9, 1.12), "lr": 5e-5 * min(1, s / 500)}
            for s, v in fall.items()
        ],
        "baseline": {"step": 0, "val_loss": 0.9, "val_wer": 0.171, "also": {"calls": 0.3}},
        "validation": [
            {
                "step": s,
                "val_loss": fall[s] * 1.04,
                "val_wer": w * rng.uniform(0.98, 1.02),
                "also": {"calls": 1.6 * w},
            }
            for s, w in wers.items()
        ],
        "waiting_share": 0.031,
        "resumed_at": [1180],
        "skipped_steps": [{"step": 2210, "ids": [f"v<{n}>" for n in range(25)]}],
        "recordings": {"drawn": 5_538_000, "lost": 12, "lost_ids": ["calls:17", "calls:93"]},
        "best": {
            "step": 4800,
            "val_loss": 0.19,
            "val_wer": 0.0947,
            "also": {"calls": 0.15},
            "checkpoint": "checkpoints/step=4800.ckpt",
        },
        "findings": [
            {"level": "warning", "what": "6.3 epochs of this data, where 1 to 5 are usual."},
            {"level": "info", "what": "12 BatchNorm layers stay in training mode."},
        ],
        "pitfalls": [
            {
                "key": "train_ds.text_field",
                "inherited": "answer",
                "used": "text",
                "why": "With `answer` absent the target is the end token only, without an error.",
                "risk": "silent",
            },
            {
                "key": "trainer.check_val_every_n_epoch",
                "inherited": 1,
                "used": None,
                "why": "Lhotse's training data never ends an epoch: validation would never run.",
                "risk": "stops",
            },
        ],
    }


def _checked(name: str, rows: int, hours: float, aside: int = 0) -> Json:
    problem = {
        "code": "too-long",
        "action": "set aside",
        "rows": aside,
        "hours": 0.01,
        "what": "prompt, transcript and end take 1,190 positions; the decoder has 1,024",
        "places": [f"shards/v1/<{name}>.jsonl:{line}" for line in range(7, 7 + aside)],
    }
    return {
        "name": name,
        "source": f"shards/v1/{name}.jsonl",
        "rows": rows,
        "hours": hours,
        "used_rows": rows - aside,
        "used_hours": hours - 0.01 * bool(aside),
        "problems": [problem] if aside else [],
    }


def slice_of(value: str | None, wer: float, words: int) -> Json:
    return {
        "value": value,
        "rows": words // 11,
        "primary": "wer",
        "ref_words": words,
        "wer": round(wer, 5),
        "wer_low": round(0.9 * wer, 5) if words > 1500 else None,
        "wer_high": round(1.15 * wer, 5) if words > 1500 else None,
        "ref_chars": 5 * words,
        "cer": round(wer / 2.7, 5),
        "cer_low": None,
        "cer_high": None,
        "clusters": 12,
    }


def _change(old: float, new: float, conclusion: str) -> Json:
    change = new - old
    return {
        "rows": 800,
        "ref_words": 8_900,
        "metric": "wer",
        "wer_old": old,
        "wer_new": new,
        "cer_old": None,
        "cer_new": None,
        "difference": change,
        "low": change - 0.01,
        "high": change + 0.01,
        "p": 0.02,
        "conclusion": conclusion,
    }


def _against() -> Json:
    rail = _change(0.081, 0.124, "worse")
    return {
        "model": "canary-180m-flash.nemo",
        "missing": 4,
        "overall": _change(0.171, 0.0963, "better"),
        "by": {
            "lang": [
                {"value": "de", **_change(0.15, 0.09, "better")},
                {"value": "<i>tr</i>", **_change(0.11, 0.112, "no measurable difference")},
            ]
        },
        "translations": [
            {
                "source_lang": "de",
                "target_lang": "<i>en</i>",
                "rows": 800,
                "bleu_old": 31.2,
                "bleu_new": 24.9,
                "difference": -6.3,
                "low": -8.1,
                "high": -4.4,
                "p": 0.002,
                "conclusion": "worse",
            }
        ],
        "guardrail": {**rail, "limit": 0.01, "passed": False},
    }


def translation(
    source: str, target: str, rows: int, bounds: tuple[float | None, float | None]
) -> Json:
    score = {"score": 24.9, "low": bounds[0], "high": bounds[1], "signature": "nrefs:1|tok:13a"}
    return {
        "source_lang": source,
        "target_lang": target,
        "rows": rows,
        "clusters": min(rows, 40),
        "bleu": score,
        "chrf": {**score, "signature": "nrefs:1|nc:6"},
        "wer": 0.71,
    }


def wer() -> Json:
    rng = random.Random(9)
    return {
        "schema": "train.wer/1",
        "command": "train eval --model runs/a/model.nemo --data shards/v1 --out evals/a",
        "fail_on": [{"gate": "unscored>0", "figure": "0 rows", "failed": False}],
        "versions": VERSIONS,
        "model": "runs/a/model.nemo",
        "normaliser": {"steps": ["basic", "numerals"], "libraries": {}},
        "interval": {
            "unit": "speaker",
            "clusters": 80,
            "draws": 1000,
            "seed": 0,
            "confidence": 0.95,
        },
        "macro": {"strata": 12, "wer": 0.1131, "wer_low": 0.1002, "wer_high": 0.1275},
        "weighted": {"rows": 13_622, "wer": 0.0911, "wer_low": 0.0842, "wer_high": 0.0993},
        "against": _against(),
        "translations": [
            translation("de", "<i>en</i>", 800, (23.8, 26.1)),
            translation("en", "zh", 3, (None, None)),
        ],
        "hallucinations": {
            "rows": 3,
            "words_inserted": 91,
            "kinds": [
                {"kind": "loop", "meaning": "a phrase again and again", "rows": 2},
                {"kind": "runaway", "meaning": "far more words", "rows": 0},
                {"kind": "from_nothing", "meaning": "words out of nothing", "rows": 1},
            ],
            "examples": [
                {
                    "id": "shards/v1/test.jsonl:7",
                    "kinds": ["loop"],
                    "reference": "so it was <b>",
                    "hypothesis": "so it was it was it was it was it was <script>",
                }
            ],
        },
        "overall": {
            "rows": 13_622,
            "primary": "wer",
            "ref_words": 216_004,
            "wer": 0.0963,
            "wer_low": 0.0887,
            "wer_high": 0.1044,
            "ref_chars": 1_080_020,
            "cer": 0.0341,
            "cer_low": None,
            "cer_high": None,
            "substitutions": 12_811,
            "deletions": 5_102,
            "insertions": 2_889,
        },
        "by": {
            "manifest": [slice_of("test.jsonl", 0.0963, 216_004)],
            "verdict": [slice_of("clean", 0.0941, 214_100), slice_of("borderline", 0.271, 1_904)],
            "tag": [
                slice_of("borderline:fast", 0.311, 1_201),
                slice_of("borderline:long", 0.17, 703),
            ],
            "lang": [slice_of(lang, rng.uniform(0.05, 0.16), 36_000) for lang in TEXTS],
            "duration": [slice_of(d, w, 72_000) for d, w in (("0-2 s", 0.19), ("2-10 s", 0.08))],
            "speaker": [
                slice_of(f"spk_{i:03d}", rng.uniform(0.02, 0.3), 2_000 - 20 * i) for i in range(80)
            ],
        },
        "skipped": [],
        "unscored": [{"id": "shards/v1/test.jsonl:12", "reason": "audio file is missing"}],
        "worst": [_utterance(lang, text, rng) for lang, text in TEXTS.items()],
    }


def _utterance(lang: str, text: str, rng: random.Random) -> Json:
    by_word = " " in text
    tokens = text.split() if by_word else list(text)
    tokens[1], tokens[3:4] = tokens[2], []
    tokens.insert(5, tokens[0])
    return {
        "id": f"shards/v1/test.jsonl:{rng.randint(1, 13_000)}",
        "lang": lang,
        "speaker": f"{lang}_0042",
        "duration_s": 6.4,
        "reference": text,
        "hypothesis": (" " if by_word else "").join(tokens),
        "wer": 0.6667,
    }
