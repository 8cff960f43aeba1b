"""Scores of every line, in pieces that an interruption keeps, with a stand-in for the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.artifacts.score_fields import SCORE_FIELD
from curate.errors import ConfigError, InputError
from tests.train.scored import Site, Stub, line
from train.score import Part, ScoreRequest, score, score_part


def test_every_line_stays_in_its_place_with_its_score_or_the_reason(site: Site) -> None:
    stub = site.use(Stub())
    lines = [
        line("eins", extra="\u00e9", number=1.50),
        "no json",
        line("dropped"),
        line("lang", duration=50.0),
        line("weg", audio_filepath="nosuch.wav"),
        line("fremd", lang="xx"),
        line("kurz", duration=2.0),  # longer than its audio
        line("again", pred_text="old", _score={"token_loss": 9}),
    ]
    record = score(site.request(*lines))
    rows = site.scores()
    assert rows[1] == "no json"
    values = [json.loads(row) for at, row in enumerate(rows) if at != 1]
    assert [value["pred_text"] for value in values] == ["say eins", *[None] * 5, "say again"]
    reasons = [value[SCORE_FIELD].get("reason", "").partition(": ")[0] for value in values]
    assert reasons == [
        "", "audio cannot be read", "longer than --max-duration 40", "audio file is missing",
        "the model has no token for source_lang 'xx'",
        "audio is 1.00 s long, and the segment ends at 2.00 s", "",
    ]  # fmt: skip
    assert values[-1][SCORE_FIELD]["token_loss"] == 1.0
    assert all("old" not in text for call in stub.calls for text in call)
    counts = (record.lines, record.scored, record.malformed, record.values["token_loss"])
    assert counts == (8, 2, 1, 2)
    assert sum(each.rows for each in record.missing) == 5


def test_a_line_is_kept_to_the_byte_and_its_audio_is_found_from_the_new_folder(site: Site) -> None:
    site.use(Stub())
    audio = site.folder / "a.wav"
    whole = f'{{"audio_filepath":"{audio}", "duration":1.0e0,"text":"\\u0065ins","lang":"de" }}'
    score(site.request(whole, line("zwei")))
    first, second = site.scores()
    assert first.startswith(whole[:-2] + ", ")
    assert json.loads(second)["audio_filepath"] == str(audio)


def numbered(count: int) -> list[str]:
    return [line(f"n{number}", duration=0.5 + number % 3 / 10) for number in range(count)]


@pytest.mark.parametrize("dies_at", [0, 1, 2])
def test_a_killed_scoring_goes_on_to_the_same_bytes(site: Site, dies_at: int) -> None:
    site.use(Stub())
    score(site.request(*numbered(10), out="whole"))
    site.use(Stub(dies_at))
    with pytest.raises(KeyboardInterrupt):
        score(site.request())
    rest = site.use(Stub())
    score(site.request())
    assert site.scores() == site.scores("whole")
    assert len(rest.calls) == 3 - dies_at  # what was finished is not scored again
    assert not list(site.folder.glob(".out.*"))


def test_parts_are_joined_to_the_same_bytes(site: Site) -> None:
    site.use(Stub())
    score(site.request(*numbered(10), out="whole"))
    parts = [score_part(site.request(), Part.parse(f"{number}/2")) for number in (2, 1)]
    assert parts == [1, 2]
    rest = site.use(Stub())
    score(site.request())
    assert (site.scores(), rest.calls) == (site.scores("whole"), [])


@pytest.mark.parametrize(
    "change", [{"batch_size": 2}, {"device": "cpu"}, {"max_duration_s": 0.6}, {"lines": 9}]
)
def test_pieces_of_another_request_are_not_taken(site: Site, change: dict[str, Any]) -> None:
    site.use(Stub(1))
    with pytest.raises(KeyboardInterrupt):
        score(site.request(*numbered(10)))
    stub = site.use(Stub())
    lines = numbered(change.pop("lines", 0))
    score(site.request(*lines, **change))
    assert len(stub.calls) == 3


def test_pieces_of_another_model_are_not_taken(site: Site) -> None:
    site.use(Stub(1))
    with pytest.raises(KeyboardInterrupt):
        score(site.request(*numbered(10)))
    (site.folder / "m.nemo").write_bytes(b"trained on")
    stub = site.use(Stub())
    score(site.request())
    assert len(stub.calls) == 3


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["no json"], "not JSON"),
        ([" "], "holds no record"),
        ([line("x", lang="xx")], "no row can be scored .1 rows: the model has no token for"),
    ],
)
def test_a_manifest_of_which_nothing_can_be_scored_is_refused(
    site: Site, lines: list[str], what: str
) -> None:
    site.use(Stub())
    with pytest.raises(InputError, match=what):
        score(site.request(*lines))
    assert not (site.folder / "out").exists()


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1/0", "1-2", "a/b", "1/2/3"])
def test_what_names_no_part_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no part"):
        Part.parse(text)


def test_either_manifests_or_shards_are_scored() -> None:
    for manifests, data in ([], []), ([Path("m.jsonl")], [Path("shards")]):
        with pytest.raises(ConfigError, match="exactly one is needed"):
            ScoreRequest("m.nemo", manifests, Path("out"), data=data)


def test_what_a_voice_gave_stays_beside_the_scores(site: Site) -> None:
    site.use(Stub())
    voice = {"voice_own": 0.5, "voice_reason": "x", "token_loss": 9, "reason": "old"}
    score(site.request(line("eins", _score=voice, voice_cluster="voice1")))
    value = json.loads(site.scores()[0])
    assert value[SCORE_FIELD]["voice_own"] == 0.5
    assert value[SCORE_FIELD]["voice_reason"] == "x"
    assert value[SCORE_FIELD]["token_loss"] == 1.0
    assert "reason" not in value[SCORE_FIELD]
    assert value["voice_cluster"] == "voice1"
