"""`curate manifest`: the records of any format as NeMo lines, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, InputError
from curate.manifest.mapping import ReadOptions
from curate.manifest.write import ManifestRequest, write_manifest
from tests.curate.format_writers import WRITERS, Rows
from tests.curate.test_formats import RECORDS
from tests.lines import lines_of

SOUND = '{"audio_filepath": "a.wav", "duration": 1.50, "text": "caf\\u00e9",  "speaker": "s"}'


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path.read_text(encoding="utf-8"))]


def convert(folder: Path, *inputs: object, out: str = "out/m.jsonl", **options: Any) -> Path:
    (folder / out).parent.mkdir(exist_ok=True)
    write_manifest(ManifestRequest([str(each) for each in inputs], folder / out, **options))
    return folder / out


@pytest.mark.parametrize(("write", "format"), WRITERS, ids=[write.__name__ for write, _ in WRITERS])
def test_every_format_becomes_the_same_records(
    write: Callable[[Path, Rows], Path], format: str, tmp_path: Path
) -> None:
    for row in RECORDS:
        (tmp_path / str(row["audio_filepath"])).touch()
    source = write(tmp_path, RECORDS)
    rows = written(convert(tmp_path, source))
    timed = [row for row in RECORDS if row["text"]]
    texts = [row["text"] for row in rows]
    durations = [round(row["duration"], 2) for row in rows]
    assert texts in ([row["text"] for row in RECORDS], [row["text"] for row in timed])
    expected = RECORDS if len(rows) == len(RECORDS) else timed
    assert durations == [row["duration"] for row in expected]


def test_lines_stay_byte_for_byte_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(f"{SOUND}\n\n{SOUND}", encoding="utf-8")
    out = convert(tmp_path, tmp_path / "m.jsonl", out="all.jsonl")
    assert out.read_text() == f"{SOUND}\n{SOUND}\n"
    assert not (tmp_path / "all.malformed.jsonl").exists()


def test_audio_paths_lead_to_the_same_file_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    paths = ["a.wav", "sub/b.wav", "../c.wav", "/abs/d.wav", "s3://bucket/e.wav", "~/f.wav",
             "x\\u002fg.wav"]  # fmt: skip
    lines = [SOUND.replace("a.wav", path) for path in paths]
    (tmp_path / "in" / "m.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = written(convert(tmp_path, tmp_path / "in" / "m.jsonl"))
    assert [row["audio_filepath"] for row in rows] == [
        *(f"{tmp_path}/in/a.wav", f"{tmp_path}/in/sub/b.wav", f"{tmp_path}/c.wav", "/abs/d.wav"),
        *("s3://bucket/e.wav", "~/f.wav", f"{tmp_path}/in/x/g.wav"),
    ]
    below = convert(tmp_path, tmp_path / "in" / "m.jsonl", out="all.jsonl")
    assert [row["audio_filepath"] for row in written(below)][:3] == [
        *("in/a.wav", "in/sub/b.wav", "c.wav"),
    ]
    assert '"duration": 1.50, "text": "caf\\u00e9",  "speaker"' in below.read_text()


def test_the_audio_root_is_where_paths_begin(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "m.jsonl").write_text(SOUND, encoding="utf-8")
    out = convert(tmp_path, tmp_path / "m.jsonl", audio_root=tmp_path / "audio")
    assert written(out)[0]["audio_filepath"] == f"{tmp_path}/audio/a.wav"


def test_malformed_lines_stand_beside_with_place_and_reason(tmp_path: Path) -> None:
    table = "path;text;duration\na.wav;one;1\nb.wav;two;\nc.wav;three\n"
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    (tmp_path / "m.jsonl").write_bytes(b'{"text": 1}\n' + SOUND.encode() + b"\n\xff\n")
    request = ManifestRequest(
        [str(tmp_path / "t.csv"), str(tmp_path / "m.jsonl")], tmp_path / "all.jsonl"
    )
    made = write_manifest(request)
    assert (made.records, made.malformed) == (2, 4)
    assert [row["text"] for row in written(tmp_path / "all.jsonl")] == ["one", "café"]
    rows = written(tmp_path / "all.malformed.jsonl")
    assert [(Path(row["source"]).name, row["line"], row["byte_offset"]) for row in rows] == [
        ("t.csv", 3, 31), ("t.csv", 4, 42), ("m.jsonl", 1, 0), ("m.jsonl", 3, 13 + len(SOUND)),
    ]  # fmt: skip
    assert rows[1]["as_read"] == "c.wav;three"
    assert rows[2]["as_read"] == '{"text": 1}'
    assert rows[3]["as_read"] == "\\xff"
    assert sum(made.reasons.values()) == 4
    convert(tmp_path, tmp_path / "all.jsonl", out="all2.jsonl")
    (tmp_path / "all2.malformed.jsonl").write_text("an earlier command's")
    convert(tmp_path, tmp_path / "all.jsonl", out="all2.jsonl")
    assert not (tmp_path / "all2.malformed.jsonl").exists()


def test_records_that_nemo_skips_stay(tmp_path: Path) -> None:
    lines = [SOUND, SOUND.replace("}", ', "_skipme": true}')]
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    out = convert(tmp_path, tmp_path / "m.jsonl", out="all.jsonl")
    assert lines_of(out.read_text()) == lines


def test_fields_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"wav": "a.wav", "duration": 1, "said": "x"}')
    fields: Mapping[str, str] = {"audio_filepath": "wav", "text": "said"}
    out = convert(tmp_path, tmp_path / "m.jsonl", reading=ReadOptions(fields=fields))
    assert written(out)[0]["text"] == "x"


def test_nothing_is_written_where_no_input_holds_a_record(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="no line is usable"):
        convert(tmp_path, tmp_path / "m.jsonl", out="all.jsonl")
    assert [each.name for each in tmp_path.iterdir()] == ["m.jsonl"]


def test_one_input_without_a_record_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text("{}\n")
    (tmp_path / "n.jsonl").write_text(SOUND)
    (tmp_path / "a.wav").touch()
    request = ManifestRequest([str(tmp_path / "*.jsonl")], tmp_path / "out" / "all.jsonl")
    (warning,) = write_manifest(request).warnings
    assert "m.jsonl: no line is usable" in warning


@pytest.mark.parametrize("out", ["m.jsonl", "sub/../m.jsonl"])
def test_an_input_is_not_replaced(out: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "m.jsonl").write_text(SOUND)
    with pytest.raises(ConfigError, match="would be replaced"):
        write_manifest(ManifestRequest([str(tmp_path / "m.jsonl")], tmp_path / out))
    assert (tmp_path / "m.jsonl").read_text() == SOUND
