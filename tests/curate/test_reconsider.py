"""Rules held against a model's errors: what is said, and what is left open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import curate
from curate.cli.app import app
from curate.errors import InputError
from curate.rules.file import load_rules
from tests.lines import lines_of
from tests.profiling import write_profile

RULES = """\
schema: curate.rules/1
name: two
extends: null
rules:
  - id: long
    metric: words
    eval: ">= 12"
  - id: quick
    metric: char_rate
    eval: ">= 22"
"""

KINDS = {  # words, seconds: what the rules say of the row
    "clean": (8, 5.0),
    "long": (14, 5.0),
    "quick": (10, 1.2),
}


def world(folder: Path, wrong: Mapping[str, float], rows: int = 60) -> tuple[Path, Path]:
    """A profile, and an evaluation in which a share of each kind's words is wrong."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES)
    random = np.random.RandomState(5)
    manifest, evaluation = folder / "m.jsonl", folder / "eval"
    lines, predictions = [], []
    for number in range(rows * len(KINDS)):
        kind = list(KINDS)[number % len(KINDS)]
        words, seconds = KINDS[kind]
        record = {
            "audio_filepath": f"{number}.wav",
            "duration": seconds,
            "text": " ".join(["und"] * 2 + [f"w{number}a{at}" for at in range(words - 2)]),
            "speaker": f"s{number // 3 % 12}",
            "lang": "de",
        }
        lines.append(json.dumps(record))
        errors = int(random.binomial(words, wrong[kind]))
        note = {"_curate": {"id": f"{manifest}:{number + 1}"}, "pred_text": "x"}
        predictions.append(
            json.dumps({**record, **note, "word_errors": errors, "ref_words": words})
        )
    manifest.write_text("\n".join(lines) + "\n")
    evaluation.mkdir()
    (evaluation / "predictions.jsonl").write_text("\n".join(predictions) + "\n")
    (folder / "profile").mkdir()
    write_profile([str(manifest)], folder / "profile", load_rules(str(rules)))
    return evaluation, folder / "profile"


def says(content: Mapping[str, Any], severity: str = "borderline") -> dict[str, str]:
    return {
        limit["rule"]: limit["recommendation"]
        for limit in content["limits"]
        if limit["severity"] == severity
    }


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"clean": 0.1, "long": 0.3, "quick": 0.1}, {"long": "keep"}),
        ({"clean": 0.3, "long": 0.05, "quick": 0.3}, {"long": "relax"}),
        ({"clean": 0.1, "long": 0.8, "quick": 0.1}, {"long": "reject"}),
    ],
)
def test_what_the_errors_of_a_limits_rows_say(
    tmp_path: Path, wrong: Mapping[str, float], expected: Mapping[str, str]
) -> None:
    content: Any = curate.reconsider(*world(tmp_path, wrong)).as_json()
    assert says(content) == {"quick": "too_few", **expected}  # no clean row is as short as `quick`
    (long,) = [
        limit
        for limit in content["limits"]
        if limit["rule"] == "long" and limit["severity"] != "clean"
    ]
    assert (long["rows"], long["clusters"], long["words"]) == (60, 12, 840)
    assert long["low"] <= long["difference"] <= long["high"]
    assert long["wer"] == pytest.approx(wrong["long"], abs=0.05)
    assert long["clean_wer"] == pytest.approx(wrong["clean"], abs=0.06)


def test_few_rows_say_nothing(tmp_path: Path) -> None:
    wrong = {"clean": 0.0, "long": 1.0, "quick": 1.0}
    content: Any = curate.reconsider(*world(tmp_path, wrong, rows=8)).as_json()
    assert set(says(content).values()) == {"too_few"}
    assert all(limit["propose"] is None for limit in content["limits"])


def test_predictions_of_other_records_are_refused(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1})
    lines = lines_of((evaluation / "predictions.jsonl").read_text())
    other = json.loads(lines[0])
    other["_curate"]["id"] = "elsewhere.jsonl:1"
    (evaluation / "predictions.jsonl").write_text("\n".join([*lines, json.dumps(other)]) + "\n")
    assert curate.reconsider(evaluation, profile).unmatched == 1
    (evaluation / "predictions.jsonl").write_text(json.dumps(other) + "\n")
    with pytest.raises(InputError, match="none of its predictions"):
        curate.reconsider(evaluation, profile)


def test_a_manifest_that_changed_since_is_no_evidence_for_its_lines(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1})
    manifest = tmp_path / "m.jsonl"
    lines = lines_of(manifest.read_text())
    kept = [*lines[:9], *lines[10:]]  # each later line is another record now
    manifest.write_text("".join(line + "\n" for line in kept))
    again = tmp_path / "again"
    again.mkdir()
    write_profile([str(manifest)], again, load_rules(str(tmp_path / "rules.yaml")))
    assert curate.reconsider(evaluation, profile).unmatched == 0
    assert curate.reconsider(evaluation, again).unmatched == len(lines) - 9


@pytest.mark.parametrize(
    ("stated", "unmatched"),
    [
        ({"duration": 4.2, "text": None}, 1),
        ({"duration": 4.2, "text": "another"}, 1),
        ({"duration": 4.2}, 0),  # cut
        ({"text": "another"}, 0),  # normalised
        ({"duration": 5.01, "text": "another"}, 0),  # to a whole number of samples
        ({"duration": float("nan"), "text": None}, 0),  # nothing is stated
    ],
)
def test_a_prediction_is_of_a_record_with_its_text_or_its_duration(
    tmp_path: Path, stated: Mapping[str, object], unmatched: int
) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1})
    first, *others = lines_of((evaluation / "predictions.jsonl").read_text())
    lines = [json.dumps(json.loads(first) | stated), *others]
    (evaluation / "predictions.jsonl").write_text("\n".join(lines) + "\n")
    assert curate.reconsider(evaluation, profile).unmatched == unmatched


def test_predictions_of_normalised_texts_are_of_their_records(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1})
    predictions = evaluation / "predictions.jsonl"
    predictions.write_text(predictions.read_text().replace('"text": "und', '"text": "UND'))
    assert curate.reconsider(evaluation, profile).unmatched == 0


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        "[1]",
        '{"pred_text": "a", "word_errors": 1, "ref_words": 2}',
        '{"pred_text": "a", "_curate": {"id": "m:1"}, "word_errors": "1", "ref_words": 2}',
    ],
)
def test_a_line_that_is_no_prediction_is_named(tmp_path: Path, line: str) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1}, rows=6)
    with (evaluation / "predictions.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=r"predictions\.jsonl:19: is not a prediction"):
        curate.reconsider(evaluation, profile)


def test_an_evaluation_without_predictions_is_refused(tmp_path: Path) -> None:
    _, profile = world(tmp_path, {"clean": 0.1, "long": 0.1, "quick": 0.1}, rows=6)
    with pytest.raises(InputError, match=r"holds no predictions\.jsonl"):
        curate.reconsider(tmp_path, profile)


def test_rows_are_shown_from_the_least_to_the_most_wrong(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.5, "quick": 0.1})
    content: Any = curate.reconsider(evaluation, profile).as_json()
    lines = lines_of((evaluation / "predictions.jsonl").read_text())
    predictions = [json.loads(line) for line in lines]
    rates = {row["_curate"]["id"]: row["word_errors"] / row["ref_words"] for row in predictions}
    texts = {row["_curate"]["id"]: row["text"] for row in predictions}
    (long,) = [limit for limit in content["limits"] if limit["limit"] == "words >= 12"]
    shown = long["examples"]
    ids = [row["_curate"]["id"] for row in predictions if row["ref_words"] == KINDS["long"][0]]
    assert len(shown) == len({each["id"] for each in shown}) == 5
    assert {each["id"] for each in shown} <= {*ids}
    assert [each["wer"] for each in shown] == [round(rates[each["id"]], 6) for each in shown]
    assert [each["wer"] for each in shown] == sorted(each["wer"] for each in shown)
    assert shown[0]["wer"] == round(min(rates[each] for each in ids), 6)
    assert shown[-1]["wer"] == round(max(rates[each] for each in ids), 6)
    assert all(each["text"] == texts[each["id"]] for each in shown)
    assert {each["pred_text"] for each in shown} == {"x"}


def test_a_page_is_written_beside_the_findings(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.5, "quick": 0.1})
    out = tmp_path / "reconsidered"
    words = ["reconsider", str(evaluation), str(profile), "--out", str(out)]
    for _ in range(2):  # it replaces what it wrote
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {"reconsider.json", "report.html"}
    assert "held against the errors" in (out / "report.html").read_text()


def test_the_command_shows_what_it_found(tmp_path: Path) -> None:
    evaluation, profile = world(tmp_path, {"clean": 0.1, "long": 0.5, "quick": 0.1})
    out = tmp_path / "found.json"
    done = CliRunner().invoke(app, ["reconsider", str(evaluation), str(profile), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "too few" in done.stdout
    assert says(json.loads(out.read_text()))["long"] in {"keep", "reject"}
