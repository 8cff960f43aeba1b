"""Error rates by group, and a prediction for every row, with a stand-in for the model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import ConfigError, InputError
from curate.gates import Checked, gates_for
from curate.gates.names import GATED
from tests.lines import lines_of
from tests.train.evaluated import results
from train import evaluate as evaluation
from train.artifacts.wer import Unscored, Wer
from train.data.row_audio import audio_fault
from train.data.rows import Row
from train.evaluate import (
    PREDICTIONS,
    EvalRequest,
    Evaluation,
    _prediction,
    evaluate,
    figures_of,
)
from train.scoring.against import compare
from train.scoring.edits import Edits, count_edits, total
from train.scoring.scoring import Scored, score


@pytest.mark.parametrize(
    ("reference", "hypothesis", "wer", "cer"),
    [
        ("guten tag", "guten tag", 0.0, 0.0),
        ("Guten Tag!", "guten, tag", 0.0, 0.0),  # punctuation and case are no errors
        ("guten tag", "guten", 0.5, 4 / 9),
        ("guten tag", "", 1.0, 1.0),
        ("ja", "nein nein nein", 3.0, 7.0),
        ("don't", "dont", 0.0, 0.0),
        ("", "", None, None),
        ("...", "ja", None, None),  # no reference word: no rate, yet an insertion
    ],
)
def test_rates_of_one_row(
    reference: str, hypothesis: str, wer: float | None, cer: float | None
) -> None:
    edits = count_edits(reference, hypothesis)
    assert edits.wer == wer
    assert edits.cer == (None if cer is None else pytest.approx(cer, abs=1e-6))


@pytest.mark.parametrize("names", ["manifests", "guardrail"])
def test_a_manifest_that_would_count_twice_is_refused(tmp_path: Path, names: str) -> None:
    (tmp_path / "m.jsonl").write_text("{}\n", encoding="utf-8")
    twice = [tmp_path / "m.jsonl", tmp_path / "." / "nosuch" / ".." / "m.jsonl"]
    other = [tmp_path / "n.jsonl"]
    manifests, guardrail = (twice, []) if names == "manifests" else (other, twice)
    with pytest.raises(ConfigError, match="is named twice, and its rows would count twice"):
        evaluate(EvalRequest("m.nemo", manifests, tmp_path, against="b", guardrail=guardrail))


@pytest.mark.parametrize("lacks", ["--manifest", "--guardrail"])
def test_an_earlier_evaluation_of_other_rows_is_refused(tmp_path: Path, lacks: str) -> None:
    row = {"duration": 1.0, "text": "ja", "pred_text": "ja"}
    names = {"--manifest": "a.wav", "--guardrail": "b.wav"}
    for option, audio in names.items():
        line = json.dumps(row | {"audio_filepath": audio}) + "\n"
        (tmp_path / f"{option}.jsonl").write_text(line, encoding="utf-8")
    (tmp_path / "before").mkdir()
    (known,) = names.keys() - {lacks}
    shutil.copy(tmp_path / f"{known}.jsonl", tmp_path / "before" / PREDICTIONS)
    manifests, guardrail = ([tmp_path / f"{option}.jsonl"] for option in names)
    before = str(tmp_path / "before")
    request = EvalRequest(
        "m.nemo", manifests, tmp_path / "out", against=before, guardrail=guardrail
    )
    with pytest.raises(InputError, match=f"has a prediction for no row of {lacks}"):
        evaluate(request)


def test_words_without_a_reference_count_as_insertions() -> None:
    both = total([count_edits("...", "ja ja"), count_edits("eins zwei", "eins zwei")])
    assert (both.insertions, both.wer) == (2, 1.0)


WORDS = st.lists(st.sampled_from(["ja", "nein", "doch"]), max_size=6).map(" ".join)


@given(WORDS, WORDS)
def test_edits_account_for_every_word(reference: str, hypothesis: str) -> None:
    edits = count_edits(reference, hypothesis)
    spoken_words = edits.ref_words - edits.deletions + edits.insertions
    assert (edits.ref_words, spoken_words) == (len(reference.split()), len(hypothesis.split()))


def test_nothing_has_no_rate() -> None:
    assert (total([]).wer, total([]).cer) == (None, None)


class Stub:
    """Says what it is told; drops the audio that it is told to, as NeMo does."""

    def __init__(self, says: Callable[[Mapping[str, Any]], str], drops: Sequence[str] = ()) -> None:
        self.calls: list[list[Mapping[str, Any]]] = []
        self._says = says
        self._drops = drops

    def supports(self, language: str) -> bool:
        return language in {"de", "en"}

    def transcribe(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[str]:
        self.calls.append(list(rows))
        loaded = [row for row in rows if Path(row["audio_filepath"]).name not in self._drops]
        return [self._says(row) for row in loaded]


def row(folder: Path, name: str, line: int = 1, **fields: Any) -> Row:
    whole: dict[str, Any] = {"audio_filepath": name, "duration": 1.0, "text": "eins zwei"}
    whole |= {"lang": "de", **fields}
    soundfile.write(folder / name, [0.0] * int(1000 * whole["duration"]), 1000)
    return Row(folder / "m.jsonl", line, json.dumps(whole), whole)


def curated(verdict: str, *tags: str) -> dict[str, Any]:
    return {"_curate": {"id": "s:1", "verdict": verdict, "tags": list(tags)}}


def run(rows: Sequence[Row], stub: Stub, prompted: bool = False) -> list[Scored]:
    return score(rows, stub, prompted, 4, lambda _: None)


def test_predictions_keep_the_order_of_the_rows(tmp_path: Path) -> None:
    rows = [row(tmp_path, f"{n}.wav", n, duration=float(n)) for n in (2, 9, 5)]
    stub = Stub(lambda request: str(request["duration"]))
    assert [item.hypothesis for item in run(rows, stub)] == ["2.0", "9.0", "5.0"]
    assert [request["duration"] for request in stub.calls[0]] == [9.0, 5.0, 2.0]  # less padding


def test_the_model_gets_whole_paths_and_both_languages(tmp_path: Path) -> None:
    rows = [row(tmp_path, "a.wav", pnc="no", **curated("clean"))]
    stub = Stub(lambda _: "")
    run(rows, stub)
    request = stub.calls[0][0]
    assert request["audio_filepath"] == str(tmp_path / "a.wav")
    assert (request["source_lang"], request["target_lang"], request["pnc"]) == ("de", "de", "no")
    assert "_curate" not in request


def test_missing_audio_is_named_and_counts_in_no_rate(tmp_path: Path) -> None:
    rows = [row(tmp_path, "a.wav"), row(tmp_path, "b.wav", 2)]
    (tmp_path / "b.wav").unlink()
    scored = run(rows, Stub(lambda _: "eins zwei"))
    content = results(scored)
    assert content.overall.rows == 1
    assert content.overall.wer == 0.0
    assert [item.id for item in content.unscored] == [rows[1].place]
    assert "b.wav" in content.unscored[0].reason


@pytest.mark.parametrize("spoilt", [["0.wav"], ["6.wav"], ["2.wav", "3.wav"], []])
def test_audio_that_nemo_drops_spoils_no_other_row(tmp_path: Path, spoilt: list[str]) -> None:
    rows = [row(tmp_path, f"{n}.wav", n) for n in range(7)]
    stub = Stub(lambda request: Path(request["audio_filepath"]).name, spoilt)
    scored = run(rows, stub)
    for item in scored:
        name = item.row.audio.name
        assert item.hypothesis == (None if name in spoilt else name)
    assert sum(item.reason != "" for item in scored) == len(spoilt)


def test_a_prompted_model_needs_a_language(tmp_path: Path) -> None:
    rows = [row(tmp_path, "a.wav", lang=None)]
    assert run(rows, Stub(lambda _: "x"), prompted=False)[0].hypothesis == "x"
    assert "English" in run(rows, Stub(lambda _: "x"), prompted=True)[0].reason


def table(content: Wer, name: str) -> dict[str | None, tuple[int, float | None]]:
    return {group.value: (group.rows, group.wer) for group in content.by[name]}


def test_rates_by_what_curation_knew(tmp_path: Path) -> None:
    rows = [
        row(tmp_path, "a.wav", 1, speaker="s1", duration=0.4, **curated("clean")),
        row(tmp_path, "b.wav", 2, speaker=7, duration=2.0, **curated("borderline", "b:x", "b:y")),
        row(tmp_path, "c.wav", 3, lang="en", duration=12.5, **curated("borderline", "b:x")),
        row(tmp_path, "d.wav", 4, lang=None, duration=40.0),
    ]
    wrong = {"b.wav": "eins", "c.wav": ""}
    stub = Stub(lambda request: wrong.get(Path(request["audio_filepath"]).name, "eins zwei"))
    content = results(run(rows, stub))
    assert table(content, "verdict") == {"borderline": (2, 0.75), "clean": (1, 0.0), None: (1, 0.0)}
    assert table(content, "tag") == {"b:x": (2, 0.75), "b:y": (1, 0.5), None: (2, 0.0)}
    assert table(content, "lang") == {"de": (2, 0.25), "en": (1, 1.0), None: (1, 0.0)}
    assert table(content, "speaker") == {"7": (1, 0.5), "s1": (1, 0.0), None: (2, 0.5)}
    assert list(table(content, "duration")) == ["0-1 s", "2-5 s", "10-20 s", "40 s and more"]
    assert table(content, "manifest") == {str(tmp_path / "m.jsonl"): (4, 0.375)}
    assert [item.wer for item in content.worst] == [1.0, 0.5]  # the worst first, none right


def test_a_prediction_leaves_the_line_as_it_was(tmp_path: Path) -> None:
    line = '{"audio_filepath": "a.wav", "duration": 1.50, "text": "j\\u0061", "x": 1e2 }'
    item = Scored(Row(tmp_path / "m", 1, line, json.loads(line)), "ja", Edits(1, 0, 0, 0, 2, 0))
    written = _prediction(item)
    assert written.startswith(line[:-2])
    counted = {"wer": 0.0, "cer": 0.0, "word_errors": 0, "ref_words": 1}
    assert json.loads(written) == json.loads(line) | {"pred_text": "ja", **counted}


def test_an_older_prediction_is_replaced(tmp_path: Path) -> None:
    item = Scored(row(tmp_path, "a.wav", pred_text="old", wer=9), None, None, "why")
    pairs = json.loads(_prediction(item), object_pairs_hook=lambda pairs: pairs)
    assert [value for key, value in pairs if key in {"pred_text", "wer"}] == [None, None]
    assert PREDICTIONS == "predictions.jsonl"


# (value of `_skipme`, whether the row is left out): Python's notion of truth, as in NeMo
SKIPME = [("noise", True), (True, True), (1, True), ("false", True), (False, False), (0, False),
          ("", False), (None, False)]  # fmt: skip


@pytest.mark.parametrize("include", [False, True])
def test_skipped_rows_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, include: bool
) -> None:
    rows = [row(tmp_path, f"{n}.wav", n + 1, _skipme=v) for n, (v, _) in enumerate(SKIPME)]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(f"{each.raw}\n" for each in rows))
    stub = Stub(lambda _: "eins")
    monkeypatch.setattr(evaluation, "_score", lambda model, rows, request, log: run(rows, stub))
    monkeypatch.setattr(evaluation, "archive_of", lambda model: SimpleNamespace(config={}))
    messages: list[str] = []
    request = EvalRequest("m", [manifest], tmp_path / "out", include_skipped=include)
    done = evaluate(request, messages.append)
    left = (
        [] if include else [each.place for each, (_, out) in zip(rows, SKIPME, strict=True) if out]
    )
    assert [item.id for item in done.record.skipped] == left
    assert done.record.overall.rows == len(rows) - len(left)
    assert (done.unscored, done.record.unscored) == ((), ())
    assert (
        any("4 of 8 rows with _skipme are left out" in message for message in messages)
        is not include
    )
    lines = lines_of((tmp_path / "out" / PREDICTIONS).read_text())
    hypotheses = [json.loads(line)["pred_text"] for line in lines]
    assert hypotheses == [None if each.place in left else "eins" for each in rows]
    gates = gates_for("train eval", ["skipped>3"], less=["forgetting"])
    assert (Checked.of(gates, figures_of(done), "eval").failed is None) is include


def test_nothing_but_skipped_rows_is_no_evaluation(tmp_path: Path) -> None:
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(row(tmp_path, "a.wav", _skipme="noise").raw + "\n")
    with pytest.raises(InputError, match="_skipme: noise"):
        evaluate(EvalRequest("nosuch.nemo", [manifest], tmp_path / "out"))


# (seconds of audio, offset, duration, what is said): 0.25 s are rounding, and codecs' padding
ENDS = [
    (2.0, 0.0, 2.0, None),
    (2.0, 0.0, 2.25, None),
    (2.0, 0.0, 2.3, "is 2.00 s long, and the segment ends at 2.30 s"),
    (2.0, 1.0, 1.24, None),
    (2.0, 1.0, 6.0, "is 2.00 s long, and the segment ends at 7.00 s"),
    (3.0, 1.0, 1.0, None),
]


@pytest.mark.parametrize(("seconds", "offset", "duration", "reason"), ENDS)
def test_words_that_cannot_be_heard_are_no_deletions(
    tmp_path: Path, seconds: float, offset: float, duration: float, reason: str | None
) -> None:
    one = row(tmp_path, "a.wav", offset=offset, duration=duration)
    soundfile.write(tmp_path / "a.wav", [0.0] * int(seconds * 16_000), 16_000)
    (scored,) = run([one], Stub(lambda _: "eins"))
    assert (scored.hypothesis is None) == (reason is not None)
    assert (reason or "") in scored.reason
    assert audio_fault(one) == ""  # a training loads it


# (gates that are named, those that fail, with what is said of them)
GATES = [
    ("", {"unscored>0": "no audio"}),
    ("unscored>1", {}),
    ("wer>50%", {"wer>50%": "train eval: wer>50%: 3 of 4 words, 75%", "unscored>0": "no audio"}),
    ("wer>75%,unscored>50%", {}),
    ("cer>1%,unscored>9", {"cer>1%": "of 18 characters"}),
    ("hallucinations>0,unscored>9", {}),
]


@pytest.mark.parametrize(("named", "failing"), GATES)
def test_gates_of_an_evaluation(tmp_path: Path, named: str, failing: Mapping[str, str]) -> None:
    rows = [row(tmp_path, f"{n}.wav", n) for n in range(3)]
    says = {"0.wav": "eins", "1.wav": "drei vier"}
    scored = run(rows, Stub(lambda request: says[Path(request["audio_filepath"]).name], ["2.wav"]))
    against = compare(scored, scored, "old", {str(tmp_path / "m.jsonl"): 0.01})
    record = results(scored, against)
    done = Evaluation(tmp_path, record, 3, (Unscored(id="m.jsonl:3", reason="no audio"),))
    checked = Checked.of(gates_for("train eval", [named]), figures_of(done), "train eval")
    assert {each.gate for each in checked.results if each.failed} == {*failing}
    assert all(
        any(message in str(fault) for fault in checked.faults) for message in failing.values()
    )
    assert {*figures_of(done)[0]} == {each.name for each in GATED["train eval"].names}
