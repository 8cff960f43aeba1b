"""A data set card: metadata that the Hub reads, figures of artefacts, text of strangers inert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import markdown
import pytest
import yaml
from typer.testing import CliRunner

from curate.artifacts.profile import Profile
from curate.artifacts.split import Split
from curate.cli.app import app
from curate.errors import InputError
from reports.data_set_card import About, card, card_of
from tests.reports.corpus_fixtures import profile as a_profile
from tests.reports.split_fixtures import split as a_split


def a(**changes: Any) -> Profile:
    return Profile.model_validate_json(json.dumps({**a_profile(), **changes}))


def split(**changes: Any) -> Split:
    return Split.model_validate_json(json.dumps({**a_split(), **changes}))


def metadata(text: str) -> Mapping[str, Any]:
    _, head, _ = text.split("---\n", 2)
    values = yaml.safe_load(head)
    assert isinstance(values, dict)
    return values


def tables(text: str, title: str) -> Iterable[list[str]]:
    """The rows of the tables below a heading."""
    part = text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    for line in part.split("\n"):
        if line.startswith("| ") and "---" not in line:
            yield line.strip("| ").split(" | ")


def test_metadata_is_what_the_hub_reads() -> None:
    values = metadata(card(About("Meetings: 2026", "cc-by-4.0"), a(), split()))
    assert values == {
        "pretty_name": "Meetings: 2026",
        "language": ["ar", "de", "en", "hi", "th", "zh"],
        "license": "cc-by-4.0",
        "task_categories": ["automatic-speech-recognition"],
        "size_categories": ["100K<n<1M"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "train.jsonl"},
                    {"split": "validation", "path": "eval.jsonl"},
                    {"split": "test", "path": "test.jsonl"},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("rows", "size"),
    [
        (0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"),
        (10**6, "1M<n<10M"), (10**9, "n>1B"), (5 * 10**9, "n>1B"),
    ],
)  # fmt: skip
def test_size_is_a_class_of_the_hub(rows: int, size: str) -> None:
    totals = {"rows": rows, "duration_us": 0, "hours": 0.0}
    assert metadata(card(About("x"), a(totals=totals), None))["size_categories"] == [size]


def test_splits_have_their_rows_hours_and_intervals() -> None:
    text = card(About("x"), None, split())
    rows = {row[0]: row[1:] for row in tables(text, "Splits")}
    outputs = {output["name"]: output for output in a_split()["outputs"]}
    assert list(rows) == ["split", "train", "validation", "test"]
    for name, shown in (("train", "train"), ("eval", "validation"), ("test", "test")):
        assert rows[shown][0] == f"`{outputs[name]['file']}`"
        assert rows[shown][1] == f"{outputs[name]['rows']:,}"
    (measure,) = [m for m in a_split()["measures"] if (m["split"], m["by"]) == ("test", "(all)")]
    least = "at least " if measure["lower_bound"] else ""
    assert rows["test"][4] == f"WER {least}±{100 * measure['wer_half_width']:.1f} %"


def test_quality_is_that_of_the_profile() -> None:
    text = card(About("x"), a(), None)
    rows = list(tables(text, "Quality"))
    assert ["clean", "871,202", "1,927.4 h", "95.7 %"] in rows
    flagged = {hit["condition"]: hit for hit in a_profile()["rules_hit"] if hit["rows"]}
    for condition, hit in flagged.items():
        assert any(row[0] == f"`{condition}`" and row[2] == f"{hit['rows']:,}" for row in rows)
    assert "- 61 lines malformed: not one JSON object" in text
    assert "- 900,000 texts have a `pred_text`, which differs by 9.1 % WER" in text


def test_licences_of_records_are_added_up() -> None:
    stratum = a_profile()["strata"]["lang"][0]
    strata = {
        "license": [{**stratum, "value": "CC0", "rows": 7}, {**stratum, "value": None, "rows": 3}]
    }
    rows = list(tables(card(About("x"), a(strata=strata), None), "Licence"))
    assert [row[:2] for row in rows[1:]] == [["CC0", "7"], ["not declared", "3"]]
    assert "Not stated" in card(About("x"), a(), None)
    assert "## Licence\n\nmit" in card(About("x", "mit"), a(), None)


HOSTILE = "<script>x</script> | [a](http://b) `c` ***\n# d \u202e & --- ~~e~~"


def test_text_of_strangers_is_inert() -> None:
    stratum = a_profile()["strata"]["lang"][0]
    changes = {
        "strata": {"lang": [{**stratum, "value": HOSTILE}]},
        "warnings": [HOSTILE],
        "command": f"curate profile '{HOSTILE}' ```",
        "rules": {**a_profile()["rules"], "name": HOSTILE},
    }
    text = card(About(HOSTILE, HOSTILE), a(**changes), None)
    assert set(metadata(text)) >= {"pretty_name", "license"}
    html = markdown.markdown(text.split("---\n", 2)[2], extensions=["tables", "fenced_code"])
    for tag in ("<script", "<a ", "<del", "<hr"):
        assert tag not in html
    assert html.count("<h1") == 1
    assert "\u202e" not in text


def _written(folder: Path, artefact: Profile | Split) -> Path:
    folder.mkdir()
    (folder / artefact.file).write_text(json.dumps(artefact.as_json()))
    return folder


def test_a_profile_and_its_split_make_one_card(tmp_path: Path) -> None:
    profile = a()
    own = split(inputs=[each.as_json() for each in profile.inputs], rules=profile.rules.as_json())
    folders = [_written(tmp_path / "p", profile), _written(tmp_path / "s", own)]
    text = card_of(folders, About("x"))
    assert text == card_of(folders[::-1], About("x")) == card(About("x"), profile, own)


def test_wrong_directories_are_refused_all_at_once(tmp_path: Path) -> None:
    profile, other = (
        _written(tmp_path / "p", a()),
        _written(tmp_path / "s", split(seed=3, inputs=[])),
    )
    with pytest.raises(InputError, match="another profile"):
        card_of([profile, other], About("x"))
    with pytest.raises(InputError, match="more than one profile"):
        card_of([profile, profile], About("x"))
    with pytest.raises(InputError) as refused:
        card_of([tmp_path / "none", tmp_path], About("x"))
    assert len(refused.value.faults) == 2


def test_the_command_writes_a_whole_file(tmp_path: Path) -> None:
    profile = _written(tmp_path / "p", a())
    out = tmp_path / "new" / "README.md"
    words = ["card", str(profile), "--name", "Meetings", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.read_text(encoding="utf-8") == card(About("Meetings"), a(), None)
    assert [path.name for path in out.parent.iterdir()] == ["README.md"]
