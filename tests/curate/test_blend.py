"""Blends as NeMo reads them: weights in lists, the environment, and what NeMo would pass over."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import soundfile as sf

from curate.errors import InputError
from curate.manifest.formats import BY_NAME
from curate.manifest.read import find_sources
from tests.train.world import NEMO
from tests.whole_way.referee import nemo_input_cfg

ROWS = 3
"""In each of the two parts."""


def write_parts(folder: Path) -> None:
    """Two manifests `m_0.json`, two tars with their manifests, two Shar folders."""
    for part in (0, 1):
        rows = []
        for number in range(ROWS):
            audio = folder / f"w{part}{number}.wav"
            sf.write(audio, [0.1] * 16_000, 16_000)
            rows.append({"audio_filepath": str(audio), "duration": 1.0, "text": f"t{part}{number}"})
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"m_{part}.json").write_text(lines, encoding="utf-8")
        inside = [{**r, "audio_filepath": Path(str(r["audio_filepath"])).name} for r in rows]
        lines = "".join(json.dumps({**row, "shard_id": part}) + "\n" for row in inside)
        (folder / f"manifest_{part}.json").write_text(lines, encoding="utf-8")
        with tarfile.open(folder / f"audio_{part}.tar", "w") as tar:
            for row in inside:
                name = str(row["audio_filepath"])
                tar.add(folder / name, name)


NEMO_TARRED = "type: nemo_tarred, tarred_audio_filepaths: [[{0}/audio_0.tar], [{0}/audio_1.tar]]"

# what is meant, the YAML ({0} is the folder), the weights of both parts, and whether NeMo opens it
BLENDS: list[tuple[str, str, tuple[str | None, str | None], bool]] = [
    ("one path", "- {{type: nemo, manifest_filepath: '{0}/m_{{0..1}}.json'}}", (None, None), True),
    ("a list", "- {{type: nemo, manifest_filepath: [{0}/m_0.json, {0}/m_1.json]}}", (None, None),
     True),
    ("brackets", "- {{type: nemo, manifest_filepath: [[{0}/m_0.json], [{0}/m_1.json]]}}",
     (None, None), True),
    ("weights", "- {{type: nemo, manifest_filepath: [[{0}/m_0.json, 0.3], [{0}/m_1.json, 0.7]]}}",
     ("0.3", "0.7"), False),  # NeMo 3.0 takes the weight for a path, but for tarred manifests
    ("weights of tarred manifests", "- {{" + NEMO_TARRED + ", manifest_filepath: "
     "[[{0}/manifest_0.json, 0.3], [{0}/manifest_1.json, 0.7]]}}", ("0.3", "0.7"), True),
    ("weights above 1", "- {{" + NEMO_TARRED + ", manifest_filepath: "
     "[[{0}/manifest_0.json, 6], [{0}/manifest_1.json, 2]]}}", ("0.75", "0.25"), True),
    ("weights in a weight", "- {{" + NEMO_TARRED + ", weight: 0.5, manifest_filepath: "
     "[[{0}/manifest_0.json, 1], [{0}/manifest_1.json, 3]]}}", ("0.125", "0.375"), True),
    ("weights in a group", "- type: group\n  weight: 0.5\n  input_cfg:\n"
     "  - {{type: nemo, manifest_filepath: {0}/m_0.json, weight: 6}}\n"
     "  - {{type: nemo, manifest_filepath: {0}/m_1.json, weight: 2}}\n", ("0.375", "0.125"), True),
    ("the environment",
     "- {{type: nemo, manifest_filepath: '${{oc.env:BLEND_ROOT}}/m_{{0..1}}.json'}}",
     (None, None), True),
    ("a default",
     "- {{type: nemo, manifest_filepath: '${{oc.env:NO_SUCH_NAME,{0}}}/m_{{0..1}}.json'}}",
     (None, None), True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "weights", "opens"), BLENDS, ids=[b[0] for b in BLENDS])
@pytest.mark.nemo
@NEMO[1]
@NEMO[2]
def test_a_blend_is_read_as_nemo_reads_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    weights: tuple[str | None, str | None],
    opens: bool,
) -> None:
    write_parts(tmp_path)
    monkeypatch.setenv("BLEND_ROOT", str(tmp_path))
    blend = tmp_path / "blend.yaml"
    blend.write_text(text.format(tmp_path), encoding="utf-8")
    origins = find_sources([str(blend)])
    assert [origin.added.get("_weight") for origin in origins] == list(weights)
    rows = [
        record
        for origin in origins
        for portion in BY_NAME[origin.format].read(origin)
        for record in portion.chunk.data.split(b"\n")[:-1]
    ]
    loaded = nemo_input_cfg(blend)
    assert bool(loaded.stopped) != opens
    expected = [f"t{part}{number}" for part in (0, 1) for number in range(ROWS)]
    assert sorted(json.loads(row)["text"] for row in rows) == expected
    if opens:
        assert sorted(loaded.texts) == expected


def test_shars_have_weights_too(tmp_path: Path) -> None:
    for part in (0, 1):
        (tmp_path / f"shar{part}").mkdir()
        (tmp_path / f"shar{part}" / "cuts.000000.jsonl.gz").write_bytes(b"")
    entry = f"{{type: lhotse_shar, shar_path: [[{tmp_path}/shar0, 0.3], [{tmp_path}/shar1, 0.1]]}}"
    cuts = f"{{type: lhotse_shar, shar_path: {{cuts: ['{tmp_path}/shar0/cuts.000000.jsonl.gz']}}}}"
    (tmp_path / "b.yaml").write_text(f"root: {tmp_path}\ninput_cfg: [{entry}]", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(f"- {cuts}", encoding="utf-8")
    origins = find_sources([str(tmp_path / "b.yaml")])
    weights = [float(origin.added["_weight"]) for origin in origins]
    assert weights == pytest.approx([0.75, 0.25])
    (only,) = find_sources([str(tmp_path / "c.yaml")])
    assert (only.format, Path(only.name).parent.name) == ("lhotse_shar", "shar0")


FAULTS: list[tuple[str, str]] = [
    ("- {{type: nemo, manifest_filepath: [[{0}/m_0.json, 0.3], [{0}/m_1.json]]}}",
     "some paths of a list have a weight, others none"),
    ("- {{type: nemo, manifest_filepath: [[{0}/m_0.json, '0.3'], [{0}/m_1.json, '0.7']]}}",
     "weight '0.3' is text"),
    ("- {{type: nemo, manifest_filepath: [[{0}/m_0.json, much], [{0}/m_1.json, 1]]}}",
     "weight is not a number"),
    ("- {{type: nemo, manifest_filepath: [[{0}/m_0.json, {0}/m_1.json, 1]]}}",
     "holds .path. or .path, weight."),
    ("- {{type: nemo, manifest_filepath: {0}/m_0.json, weight: 1}}\n"
     "- {{type: nemo, manifest_filepath: {0}/m_1.json}}", "whose neighbours have no weight"),
    ("- {{type: nemo, manifest_filepath: '${{oc.env:NO_SUCH_NAME}}/m_0.json'}}",
     "b.yaml:1: the environment variable NO_SUCH_NAME is not set"),
    ("- {{type: nemo, manifest_filepath: '${{data.root}}/m_0.json'}}", "is not known here"),
    ("- {{type: nemo_tarred, manifest_filepath: [{0}/manifest_0.json, {0}/manifest_1.json], "
     "tarred_audio_filepaths: [{0}/audio_0.tar]}}",
     "2 manifests and 1 tarred_audio_filepaths: NeMo would read 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_what_nemo_would_refuse_or_pass_over_is_a_fault(
    tmp_path: Path, text: str, message: str
) -> None:
    write_parts(tmp_path)
    (tmp_path / "b.yaml").write_text(text.format(tmp_path), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        find_sources([str(tmp_path / "b.yaml")])


def test_values_of_the_file_itself_are_put_in(tmp_path: Path) -> None:
    write_parts(tmp_path)
    text = (
        f"root: {tmp_path}\ninput_cfg:\n- {{type: nemo, manifest_filepath: '${{root}}/m_0.json'}}\n"
    )
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    (only,) = find_sources([str(tmp_path / "b.yaml")])
    assert only.name == f"{tmp_path}/m_0.json"
