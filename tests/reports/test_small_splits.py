"""What a split's page warns of: small eval and test, and what they lack of train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reports.artefacts import load
from reports.headlines import headline
from tests.reports.corpus_fixtures import ledger
from tests.reports.fixtures import MAKERS, write


def alerts(folder: Path, data: dict[str, Any]) -> list[tuple[str, str]]:
    write(folder, "split.json", json.loads(json.dumps(data)))
    write(folder, "ledger.json", ledger("split"))
    return [(each.level, each.what) for each in headline(load("split", folder))[2].alerts]


def of_all(data: dict[str, Any], split: str) -> dict[str, Any]:
    (measure,) = (
        each for each in data["measures"] if (each["split"], each["by"]) == (split, "(all)")
    )
    return dict(measure)


def test_a_small_test_is_named_with_its_interval(tmp_path: Path) -> None:
    data = MAKERS["split"][1]()
    measure = of_all(data, "test") | {
        "metric": "wer", "units": 188, "words": 188, "wer_half_width": 0.0415, "lower_bound": False,
    }  # fmt: skip
    measure.pop("cer_half_width", None)
    convention = (
        "lang 'en': too_short triggers on 61% of 707 rows, a convention of the corpus rather than "
        "a defect of its rows; it keeps none of them out of eval: ignore in single words"
    )
    data |= {"measures": [measure], "warnings": [convention]}
    what = "test is small: 188 reference words; at 10 % WER the 95 % interval is ± 4.2 points."
    shown = alerts(tmp_path / "small", data)
    assert ("warning", what) in shown
    assert shown[-1] == ("note", convention)
    data["measures"] = [measure | {"words": 156}]
    mixed = "test is small: 188 reference words, characters where no spaces are written; at"
    assert [what for _, what in alerts(tmp_path / "mixed", data) if what.startswith(mixed)]
    data["measures"] = [measure | {"wer_half_width": 0.01}]
    assert not [what for _, what in alerts(tmp_path / "large", data) if "is small" in what]


def test_languages_of_train_without_a_row_are_named(tmp_path: Path) -> None:
    data = MAKERS["split"][1]()
    pattern = data["strata"][0]
    data["strata_columns"] = ["lang"]
    data["strata"] = [
        {
            **pattern,
            "stratum": {"lang": lang},
            "train_s": train_s,
            "splits": {
                name: {**part, "rows": rows[at]}
                for at, (name, part) in enumerate(pattern["splits"].items())
            },
        }
        for lang, train_s, rows in (
            ("de", 9.0, (1, 1)), ("en", 9.0, (1, 0)), ("tr", 9.0, (1, 0)), ("fr", 0.0, (1, 0)),
        )
    ]  # fmt: skip
    first, second = pattern["splits"]
    shown = [what for _, what in alerts(tmp_path, data) if "has no row of" in what]
    assert shown == [f"{second} has no row of 2 of 3 languages (en, tr) that train has."]
    assert first != second
