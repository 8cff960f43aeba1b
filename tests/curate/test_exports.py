"""What `curate manifest --to` writes is read back as the same records, whatever they hold."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.api.manifest import ManifestRequest, ManifestWritten, write_manifest
from curate.errors import ConfigError, InputError
from curate.exports.outputs import OUTPUTS
from tests.lines import lines_of

Row = dict[str, Any]
RATE = 8_000
NAMES = {"lhotse": "cuts.jsonl.gz", "csv": "t.csv"}
WITH_AUDIO = ("nemo_tarred", "hf")
OUTS = [output.name for output in OUTPUTS]


def sound(path: Path, seconds: float) -> None:
    """A file of noise: so long, and no two alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(path.name)).uniform(-0.1, 0.1, round(seconds * RATE))
    sf.write(path, noise, RATE, subtype="PCM_16")


def written(path: Path) -> list[Row]:
    return [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]


def manifest(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def there_and_back(folder: Path, rows: Sequence[Mapping[str, Any]], to: str) -> list[Row]:
    """The records of an output as they are read back."""
    out = folder / NAMES.get(to, to)
    write_manifest(manifest(folder, rows), out, to=to)
    write_manifest(out, folder / "back.jsonl")
    return written(folder / "back.jsonl")


def place(row: Row, folder: Path, to: str) -> object:
    """Which audio a record names: its file, or the samples' place in the output."""
    return None if to in WITH_AUDIO else os.path.join(folder, row["audio_filepath"])  # noqa: PTH118


ODD_TEXTS = [
    "plain words", 'she said "no, no"', "a,b;c|d", "two\nlines", "tab\there", "=1+1", "@sum", "-x",
    "ñandú 日本語 العربية", unicodedata.normalize("NFD", "é à"), "'quoted'", "", "ends in a pipe |",
    "\u2028 and \x85 inside", "back\\slash", '{"audio_filepath": "x", "text": "y"}', "\ufeffmark",
]  # fmt: skip
ODD_NAMES = [
    "a.wav", "with blank.wav", "comma,quote'.wav", unicodedata.normalize("NFD", "é.wav"),
    "é2.wav", "日本.wav", "-dash.wav", "=1+1.wav", "sub dir/a.wav", "a-sub1.wav", "x.y.z.wav",
    "%41.wav", "#hash.wav",
]  # fmt: skip


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    """Audio with odd names, and a record of each odd text."""
    folder = tmp_path_factory.mktemp("odd")
    for at, name in enumerate(ODD_NAMES):
        sound(folder / name, 0.5 + at / 100)
    rows = []
    for at, text in enumerate(ODD_TEXTS):
        name = ODD_NAMES[at % len(ODD_NAMES)]
        length = 0.5 + (at % len(ODD_NAMES)) / 100
        row = {"audio_filepath": name, "duration": length, "text": text, "n": f"n{at}"}
        rows.append(row | ({"speaker": f"s{at % 3}", "lang": "de"} if at % 2 else {}))
    return folder, rows


@pytest.mark.parametrize("to", OUTS)
def test_odd_names_and_texts_come_back(
    odd: tuple[Path, list[Row]], to: str, tmp_path: Path
) -> None:
    folder, rows = odd
    made = write_manifest(manifest(folder, rows), tmp_path / NAMES.get(to, to), to=to)
    write_manifest(tmp_path / NAMES.get(to, to), tmp_path / "back.jsonl")
    back = written(tmp_path / "back.jsonl")
    expected = [row for row in rows if to != "kaldi" or "\n" not in row["text"]]
    assert made.records == len(back) == len(expected) >= len(ODD_TEXTS) - 1
    assert made.malformed == len(rows) - len(expected)

    def known(row: Row) -> tuple[object, ...]:
        text = row["text"].strip() if to == "kaldi" else row["text"]
        return (place(row, folder, to), text, round(row["duration"], 6), row.get("speaker"),
                row.get("lang"), None if to == "kaldi" else row["n"])  # fmt: skip

    key = repr if to == "kaldi" else (lambda each: 0)  # Kaldi's order is its own
    assert sorted(map(known, back), key=key) == sorted(map(known, expected), key=key)


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.integers(-(2**53), 2**53), st.booleans(), st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(0, 9), max_size=3), st.dictionaries(st.text("ab"), st.integers(0, 9)),
)  # fmt: skip
OWN = st.dictionaries(st.sampled_from(["snr", "tags", "ok", "ünits", "end", "Text", "id"]), VALUES)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
RECORDS = st.lists(
    st.tuples(TEXT, st.integers(0, 3), OWN, st.sampled_from([None, "s", "s t", "é", "=x"])),
    min_size=1, max_size=5,
)  # fmt: skip


@pytest.mark.parametrize("to", ["csv", "lhotse", "hf"])
@given(drawn=RECORDS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_record_comes_back(drawn: Any, to: str, tmp_path: Path) -> None:
    """The definition: the fields of speech as they were; others as the form holds their kind."""
    sound(tmp_path / "a.wav", 1.0)
    rows = [
        {**own, "audio_filepath": "a.wav", "duration": 0.5, "offset": start / 10, "text": text,
         **({"speaker": speaker} if speaker else {})}
        for text, start, own, speaker in drawn
    ]  # fmt: skip
    back = there_and_back(tmp_path, rows, to)
    assert len(back) == len(rows)
    for row, again in zip(rows, back, strict=True):
        assert again["text"] == row["text"]
        assert again["duration"] == pytest.approx(row["duration"], abs=1 / RATE)
        assert again.get("speaker") == row.get("speaker")
        if to != "hf":
            assert again["offset"] == row["offset"]
        for name in row.keys() - {"text", "duration", "speaker", "offset", "audio_filepath"}:
            if to != "lhotse" and name == "end":
                assert name not in again
            elif not (to == "lhotse" and name == "id"):
                assert again.get(name) in _forms(row[name], to), name


def _forms(value: object, to: str) -> list[object]:
    """How a field's value may come back; one kind in a column stays, several are JSON in it."""
    as_json = json.dumps(value, ensure_ascii=False)
    if to == "lhotse":
        return [value]
    if to == "csv":
        return [value or None] if isinstance(value, str) else [None if value is None else as_json]
    return [value if value != "" else None, None if value is None else as_json]


def test_segments_and_channels_come_back(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 3.0)
    sf.write(tmp_path / "b.wav", np.full((2 * RATE, 2), (0.1, 0.2)), RATE)
    rows = [
        {"audio_filepath": "a.wav", "offset": 0.1, "duration": 0.3, "text": "one"},
        {"audio_filepath": "a.wav", "offset": 1.25, "duration": 1.75, "text": "two"},
        {"audio_filepath": "b.wav", "offset": 0.5, "duration": 1, "text": "left", "channel": 0},
        {"audio_filepath": "b.wav", "offset": 0.5, "duration": 1, "text": "right", "channel": 1},
    ]
    known = ("offset", "duration", "text", "channel")
    for to in ("lhotse", "kaldi", "csv"):
        back = there_and_back(tmp_path, rows, to)
        of = [tuple(int(r[n]) if n == "channel" and n in r else r.get(n) for n in known)
              for r in back]  # fmt: skip
        assert sorted(of) == sorted(tuple(row.get(name) for name in known) for row in rows), to
    back = there_and_back(tmp_path, rows, "nemo_tarred")
    assert [(row["text"], row["duration"]) for row in back] == [
        ("one", 0.3), ("two", 1.75), ("left", 1.0), ("right", 1.0),
    ]  # fmt: skip


# (options, form, reasons of records that are left out, channel of each record)
STEREO: list[tuple[dict[str, Any], str, dict[str, int], list[object]]] = [
    ({}, "nemo_tarred", {"its audio cannot be stored: 2 channels: NeMo trains on mono, mix it down":
     1}, [None]),
    ({"mono": True}, "nemo_tarred", {}, [None, None]),
    ({"mono": True}, "hf", {}, [None, None]),
    ({"channel": 0}, "hf", {}, [None, None]),
    ({"channel": 0}, "nemo", {}, [0, 1]),  # the second record has its own
    ({"channel": 0}, "lhotse", {}, [0, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("options", "to", "reasons", "channels"), STEREO)
def test_channels_are_mixed_or_chosen(
    tmp_path: Path,
    options: dict[str, Any],
    to: str,
    reasons: dict[str, int],
    channels: list[object],
) -> None:
    left, right = np.full((2, RATE), [[0.5], [-0.25]])
    sf.write(tmp_path / "a.wav", np.stack([left, right], axis=1), RATE)
    row = {"audio_filepath": "a.wav", "duration": 1.0, "text": "two sides"}
    lines = manifest(tmp_path, [row, {**row, "channel": 1}])
    out = tmp_path / {**NAMES, "nemo": "o.jsonl"}.get(to, to)
    made = write_manifest(ManifestRequest([str(lines)], out, **options), out, to=to)
    assert dict(made.reasons) == reasons
    write_manifest(out, tmp_path / "back.jsonl")
    assert [each.get("channel") for each in written(tmp_path / "back.jsonl")] == channels
    if to == "hf":
        (parquet,) = (out / "data").iterdir()
        audio = [
            sf.read(io.BytesIO(held["bytes"]))[0] for held in pl.read_parquet(parquet)["audio"]
        ]
        levels = [round(float(samples.mean()), 3) for samples in audio]
        assert levels == [0.125 if "mono" in options else 0.5, -0.25]


def test_mono_is_for_forms_with_audio(tmp_path: Path) -> None:
    lines = manifest(tmp_path, [{"audio_filepath": "a.wav", "duration": 1.0, "text": "a"}])
    out = tmp_path / "o.jsonl"
    with pytest.raises(ConfigError, match=r"mono(.|\n)*nemo_tarred or hf"):
        write_manifest(ManifestRequest([str(lines)], out, mono=True), out)
    assert not out.exists()


def test_kaldi_folders_are_sorted_and_run_nothing(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 1.0)
    line = {"audio_filepath": "a.wav", "duration": 1, "text": "x"}
    rows = [
        {**line, "id": "u2", "speaker": "B b"}, {**line, "id": "u1", "speaker": "a"},
        {**line, "id": "u1", "speaker": "a"}, {**line, "audio_filepath": "touch x |"},
        {**line, "text": "two\nlines"}, {**line, "_skipme": True},
    ]  # fmt: skip
    made = write_manifest(manifest(tmp_path, rows), tmp_path / "k", to="kaldi")
    assert (made.records, made.malformed) == (3, 3)
    assert sum(made.reasons.values()) == 3
    utterances = ["B_b-u2", "a-u1", "a-u1-2"]
    for name in ("text", "utt2spk", "utt2dur", "wav.scp"):
        lines = lines_of((tmp_path / "k" / name).read_text(encoding="utf-8"))
        assert [each.split(" ")[0] for each in lines] == utterances, name
    assert (tmp_path / "k" / "spk2utt").read_text() == "B_b B_b-u2\na a-u1 a-u1-2\n"
    rows_out = written(tmp_path / "k.malformed.jsonl")
    assert [row["line"] for row in rows_out] == [4, 5, 6]
    assert "|" not in (tmp_path / "k" / "wav.scp").read_text()


def test_an_older_folder_is_replaced_and_a_foreign_one_is_not(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 1.0)
    line = {"audio_filepath": "a.wav", "duration": 1, "text": "x", "lang": "de"}
    there_and_back(tmp_path, [{**line, "offset": 0.1, "duration": 0.5}], "kaldi")
    (tmp_path / "kaldi" / "notes.txt").write_text("mine")
    there_and_back(tmp_path, [{**line, "lang": None}], "kaldi")
    names = {each.name for each in (tmp_path / "kaldi").iterdir()}
    assert names == {"text", "wav.scp", "utt2spk", "spk2utt", "utt2dur", "notes.txt"}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine").touch()
    with pytest.raises(ConfigError, match="not replaced"):
        write_manifest(tmp_path / "in.jsonl", tmp_path / "other", to="hf")
    assert [each.name for each in (tmp_path / "other").iterdir()] == ["mine"]


def test_csv_is_what_any_reader_takes_it_for(tmp_path: Path) -> None:
    rows = [{"audio_filepath": "a.wav", "duration": 1.5, "text": '=1+1, "x"\ny', "n": 3}]
    made = write_manifest(manifest(tmp_path, rows), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["text"], row["duration"], row["n"]) == ('=1+1, "x"\ny', "1.5", "3")
    assert made.form == "csv"
    assert "a spreadsheet would compute them" in " ".join(made.warnings)


def test_audio_that_cannot_be_stored_is_listed(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", 1.0)
    rows = [{"audio_filepath": n, "duration": 1, "text": "x"} for n in ("a.wav", "lost.wav")]
    for to in WITH_AUDIO:
        made: ManifestWritten = write_manifest(manifest(tmp_path, rows), tmp_path / to, to=to)
        assert (made.records, made.malformed, round(made.hours * 3600, 3)) == (1, 1, 1.0)
        (reason,) = made.reasons
        assert reason.startswith("its audio cannot be stored: cannot be opened"), reason
    with pytest.raises(InputError, match="no record can be written as hf"):
        write_manifest(manifest(tmp_path, rows[1:]), tmp_path / "none", to="hf")
    assert not (tmp_path / "none").exists()


def test_a_hugging_face_data_set_is_what_datasets_reads(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("pyarrow")
    sound(tmp_path / "a.wav", 1.0)
    row = {"audio_filepath": "a.wav", "duration": 1.0, "text": 'hé, "x"', "lang": "de", "n": 2}
    write_manifest(manifest(tmp_path, [row, row]), tmp_path / "hf", to="hf")
    rows = datasets.load_dataset(
        str(tmp_path / "hf"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert isinstance(rows.features["audio"], datasets.Audio)
    plain = rows.cast_column("audio", datasets.Audio(decode=False))[1]
    assert plain["audio"]["bytes"] == (tmp_path / "a.wav").read_bytes()
    assert (plain["text"], plain["n"], plain["lang"]) == ('hé, "x"', 2, "de")
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    assert "language:\n- de\n" in card
    assert "2 records, 2 s of audio." in card


def test_lhotse_reads_the_cuts(tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    sound(tmp_path / "a.wav", 2.0)
    row = {"audio_filepath": "a.wav", "offset": 0.5, "duration": 1.0, "text": "x", "n": [1, 2]}
    write_manifest(manifest(tmp_path, [row]), tmp_path / "cuts.jsonl.gz", to="lhotse")
    (cut,) = lhotse.CutSet.from_file(tmp_path / "cuts.jsonl.gz")
    assert (cut.start, cut.duration, cut.recording.duration, cut.n) == (0.5, 1.0, 2.0, [1, 2])
    samples, _ = sf.read(tmp_path / "a.wav", dtype="float32")
    assert np.array_equal(cut.load_audio()[0], samples[RATE // 2 : RATE // 2 + RATE])


@pytest.mark.parametrize(
    ("to", "message"),
    [("kalid", "did you mean 'kaldi'"), ("foo", "known: nemo, lhotse, kaldi, csv")],
)
def test_an_unknown_form_is_refused(to: str, message: str, tmp_path: Path) -> None:
    rows = [{"audio_filepath": "a.wav", "duration": 1, "text": "x"}]
    with pytest.raises(ConfigError) as error:
        write_manifest(manifest(tmp_path, rows), tmp_path / "out", to=to)
    assert message in str(error.value)


def test_a_compressed_manifest_is_compressed(tmp_path: Path) -> None:
    rows = [{"audio_filepath": "a.wav", "duration": 1, "text": "x"}]
    write_manifest(manifest(tmp_path, rows), tmp_path / "m.jsonl.gz")
    assert json.loads(gzip.decompress((tmp_path / "m.jsonl.gz").read_bytes())) == rows[0]
