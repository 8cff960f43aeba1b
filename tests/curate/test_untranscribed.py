"""A text that is null is audio nobody has transcribed: profiled by its audio, and in no split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import curate
import reports
from curate.api.manifest import write_manifest
from curate.api.profile import MeasureOptions
from curate.errors import InputError
from curate.manifest.strict import UNTRANSCRIBED
from curate.profiles.duck import open_records
from curate.reviews.decisions import Refused
from curate.reviews.session import ReviewSession
from curate.splits.audit import AuditRequest, audit
from tests.curate.folder_writers import RATE, sound
from tests.lines import lines_of
from train.data.rows import read_rows
from train.plan.rows.record import from_cut

TEXT = "a usual sentence of eight or nine words"
SIZES = {"eval": "3s", "test": "3s"}
SILENT = {"audio_filepath": "a.wav", "duration": 2.0, "text": None, "speaker": "s1", "lang": "de"}

# (members beside SILENT's, or in place of them; the reason, None where a rule evaluates the line)
LINES: list[tuple[dict[str, object], str | None]] = [
    ({}, UNTRANSCRIBED),
    ({"note": "\U0001f600", "duration": 2}, UNTRANSCRIBED),  # an escaped pair: parsed, not scanned
    ({"text": TEXT}, None),
    ({"text": ""}, None),
    ({"text": 5}, "text is not a string (number)"),
    ({"duration": None}, "no duration (null)"),
    ({"audio_filepath": ""}, "no audio_filepath (empty string)"),
    ({"channel": [0, 1]}, "channel is not one channel ([0, 1])"),
    ({"_skipme": True}, "_skipme (true)"),
]


def write_lines(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_only_a_text_said_to_be_null_is_untranscribed(tmp_path: Path) -> None:
    lines = [{**SILENT, **more} for more, _ in LINES]
    missing = {name: value for name, value in SILENT.items() if name != "text"}
    path = write_lines(tmp_path / "m.jsonl", *lines, missing)
    rows = curate.profile(path, tmp_path / "p").records().collect()
    reasons = [*(reason for _, reason in LINES), "text is not a string (missing)"]
    assert rows["malformed"].to_list() == reasons
    is_silent = rows["verdict"] == "untranscribed"
    assert is_silent.to_list() == [reason == UNTRANSCRIBED for reason in reasons]
    silent = rows.filter(is_silent)
    assert silent.select("duration_s", "speaker", "lang", "lang_code").unique().rows() == [
        (2.0, "s1", "de", "de")
    ]
    assert silent["recording_key"].null_count() == 0
    assert silent.select("words", "text_key", "char_rate", "script").null_count().row(0) == (2,) * 4
    assert silent["tags"].to_list() == [["untranscribed"]] * 2


def mixed(folder: Path) -> Path:
    """Twenty transcribed records, and three of 2 s each that are not."""
    for number in range(23):
        sound(folder / f"{number}.wav", (3 if number < 20 else 2) * RATE)
    records: list[dict[str, object]] = [
        {
            "audio_filepath": f"{number}.wav", "duration": 3.0 if number < 20 else 2.0,
            "text": f"{TEXT} {number} {chr(97 + number) * 5}" if number < 20 else None,
            "speaker": f"s{number}",
        }
        for number in range(23)
    ]  # fmt: skip
    return write_lines(folder / "m.jsonl", *records)


def test_audio_is_measured_and_splits_have_none_of_it(tmp_path: Path) -> None:
    manifest = mixed(tmp_path)
    profile = curate.profile(manifest, tmp_path / "p", measure=MeasureOptions(metrics=["audio"]))
    silent = profile.verdicts["untranscribed"]
    assert (silent.rows, round(silent.hours * 3600, 1)) == (3, 6.0)
    rows = profile.records().collect()
    assert rows["audio_fault"].to_list() == ["none"] * 23
    assert rows["file_s"].to_list() == [3.0] * 20 + [2.0] * 3

    split = curate.split(tmp_path / "p", tmp_path / "s", sizes=SIZES)
    given = manifest.read_bytes().split(b"\n")[:-1]
    kept = (tmp_path / "s/untranscribed.jsonl").read_bytes().split(b"\n")[:-1]
    assert kept == given[20:]
    output = next(each for each in split.outputs if each.name == "untranscribed")
    assert (output.rows, round(output.hours * 3600, 1)) == (3, 6.0)
    for name in ("train", "eval", "test", "rejected", "malformed"):
        assert b"null" not in (tmp_path / "s" / f"{name}.jsonl").read_bytes()
    ledger = json.loads((tmp_path / "s/ledger.json").read_text())
    assert ledger["balanced"]

    folders = [tmp_path / "p", tmp_path / "s"]
    card = reports.card(folders, "talks")
    assert "untranscribed | 3 |" in card
    assert "6\u00a0s</b> untranscribed" in reports.build("profile", folders[0]).read_text()
    assert "untranscribed.jsonl" in reports.build("split", folders[1]).read_text()
    assert "| untranscribed | 3 | 6 s |" in reports.summary(folders, "md")

    (record,) = curate.explain(f"{manifest}:21", profile=tmp_path / "p").records
    assert (record.verdict, record.route) == ("untranscribed", "untranscribed")


def test_review_plays_it(tmp_path: Path) -> None:
    curate.profile(mixed(tmp_path), tmp_path / "p")
    with open_records(tmp_path / "p/records.parquet") as records:
        session = ReviewSession(tmp_path / "p", records, tmp_path / "overrides.jsonl", "ann")
        shown, clip = session.describe(20), session.clip(20)
        assert (shown["verdict"], shown["text"]) == ("untranscribed", "")
        assert clip.samples.size / clip.rate == pytest.approx(2.0)
        with pytest.raises(Refused, match="nobody has transcribed"):
            session.decide(20, "keep")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Lhotse leaves shards open
def test_shards_hold_none_of_it(tmp_path: Path) -> None:
    curate.profile(mixed(tmp_path), tmp_path / "p")
    curate.split(tmp_path / "p", tmp_path / "s", sizes=SIZES)
    index = curate.shard(tmp_path / "s", tmp_path / "sh")
    split = json.loads((tmp_path / "s/split.json").read_text())
    rows = {each["name"]: each["rows"] for each in split["outputs"]}
    assert (index.cuts, index.skipped_rows) == (rows["train"], 0)
    assert not (tmp_path / "sh/untranscribed.jsonl").exists()


def test_a_folder_of_audio_alone(tmp_path: Path) -> None:
    for speaker in ("ann", "bob"):
        sound(tmp_path / f"in/{speaker}/talk.flac", RATE)
    profile = curate.profile(
        tmp_path / "in", tmp_path / "p", measure=MeasureOptions(metrics=["signal"])
    )
    assert profile.verdicts["untranscribed"].rows == 2
    assert profile.records().collect()["rms_db"].null_count() == 0
    with pytest.raises(InputError, match=r"untranscribed took 2 of 2(.|\n)*recogniser"):
        curate.split(tmp_path / "p", tmp_path / "s")
    assert not (tmp_path / "s").exists()


# (form, the texts when it is read back)
FORMS = [
    ("nemo", [TEXT, None]),
    ("lhotse", [TEXT, None]),
    ("nemo_tarred", [TEXT, None]),
    ("hf", [TEXT, None]),
    ("csv", [TEXT, ""]),  # a table of text has no null
    ("kaldi", [TEXT]),  # has no utterance without a text
]


@pytest.mark.parametrize(("form", "texts"), FORMS)
def test_other_forms_keep_that_the_text_is_null(
    tmp_path: Path, form: str, texts: list[str | None]
) -> None:
    sound(tmp_path / "a.wav", 2 * RATE)
    manifest = write_lines(tmp_path / "m.jsonl", {**SILENT, "text": TEXT}, SILENT)
    out = tmp_path / {"csv": "t.csv", "lhotse": "cuts.jsonl"}.get(form, form)
    made = write_manifest(manifest, out, to=form)
    assert [each.untranscribed for each in made.inputs] == [1]
    assert dict(made.reasons) == ({"it has no text": 1} if form == "kaldi" else {})
    write_manifest(out, tmp_path / "back.jsonl")
    back = [json.loads(line) for line in lines_of((tmp_path / "back.jsonl").read_text())]
    assert [record["text"] for record in back] == texts


def test_training_refuses_it(tmp_path: Path) -> None:
    rows, faults = read_rows(write_lines(tmp_path / "m.jsonl", SILENT))
    assert not rows
    assert [fault.what for fault in faults] == ["its text is null: nobody has transcribed it"]
    cut = {"id": "a", "duration": 2.0, "supervisions": [{"text": None}]}
    assert "null" in from_cut("a", cut).problems["malformed"]


def test_it_is_no_leak(tmp_path: Path) -> None:
    one = write_lines(tmp_path / "a.jsonl", {**SILENT, "text": TEXT})
    other = {"audio_filepath": "b.wav", "duration": 2.0, "text": "something else entirely"}
    silent = {**SILENT, "audio_filepath": "c.wav", "speaker": "s9"}
    two = write_lines(tmp_path / "b.jsonl", silent, other)
    made = audit(AuditRequest(inputs=[str(one), str(two)]))
    assert [(side.malformed, side.skipped, side.untranscribed) for side in made.sides] == [
        (0, 0, None),
        (0, 0, 1),
    ]
    assert [leak for leak in made.leaks if leak.count] == []
