"""Blends (`input_cfg`) go the whole way: the rows that NeMo reads of them, with their tags."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import sentence, write_manifest
from tests.whole_way.journey import USUAL, Journey, command
from tests.whole_way.referee import nemo_input_cfg
from tests.whole_way.stepped import Case, Place, miscounted, misplaced, write_stepped

pytestmark = NEMO

SPLIT = ("--eval", "10s", "--test", "10s", "--floor", "0s", "--cap", "0.6")
PARTS, ROWS = 8, 6
"""Manifests `m_0.json` and on, and rows of each; each with its tar beside it."""
START_S, LENGTH_S = 2, 2.0
WHOLE_S = 8.0

# the datasets of a blend ({0} is the folder), and the manifests that they hold
ENTRIES: list[tuple[str, str, tuple[int, ...]]] = [
    ("a pattern in the environment",
     "- {{type: nemo, manifest_filepath: '${{oc.env:BLEND_ROOT}}/m_{{0..1}}.json', "
     "tags: {{corpus: first}}}}", (0, 1)),
    ("a list, a default, a key of the file",
     "- {{type: nemo, manifest_filepath: [['${{oc.env:NO_SUCH_NAME,{0}}}/m_2.json'], "
     "['${{root}}/m_3.json']], tags: {{corpus: second}}}}", (2, 3)),
    ("groups in groups",
     "- type: group\n  tags: {{corpus: third}}\n  input_cfg:\n"
     "  - type: group\n    input_cfg:\n"
     "    - {{type: nemo, manifest_filepath: {0}/m_4.json, tags: {{part: inner}}}}\n"
     "  - {{type: nemo, manifest_filepath: {0}/m_5.json}}", (4, 5)),
    ("weights in lists of tarred manifests",
     "- {{type: nemo_tarred, manifest_filepath: [[{0}/t_6.json, 0.3], [{0}/t_7.json, 0.7]], "
     "tarred_audio_filepaths: [[{0}/audio_6.tar], [{0}/audio_7.tar]], tags: {{corpus: fourth}}}}",
     (6, 7)),
]  # fmt: skip


def write_parts(folder: Path) -> Mapping[int, list[Case]]:
    """The manifests: plain ones of segments, and tarred ones of whole files; their cases."""
    cases: dict[int, list[Case]] = {}
    for part in range(PARTS):
        tarred = part >= 6
        rows: list[dict[str, Any]] = []
        for file in range(part * ROWS, (part + 1) * ROWS):
            audio = write_stepped(folder / f"{file}.wav", file)
            text = " ".join([sentence(file), sentence(1000 + file)]) if tarred else sentence(file)
            place = Place(file, 0, WHOLE_S) if tarred else Place(file, START_S, LENGTH_S)
            cases.setdefault(part, []).append(Case(f"part {part}", text, place))
            rows.append(
                # absolute: NeMo looks for relative paths of a list in the working folder alone
                {"audio_filepath": audio.name if tarred else str(audio), "text": text,
                 "duration": place.seconds, "lang": "en", "speaker": f"s{file}",
                 **({"shard_id": part} if tarred else {"offset": float(START_S)})}
            )  # fmt: skip
        write_manifest(folder / f"{'t' if tarred else 'm'}_{part}.json", rows)
        if tarred:
            with tarfile.open(folder / f"audio_{part}.tar", "w") as tar:
                for row in rows:
                    tar.add(folder / row["audio_filepath"], row["audio_filepath"])
    return cases


@pytest.fixture
def blend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLEND_ROOT", str(tmp_path))
    entries = "\n".join(text.format(tmp_path) for _, text, _ in ENTRIES)
    path = tmp_path / "blend.yaml"
    path.write_text(f"root: {tmp_path}\ninput_cfg:\n{entries}\n", encoding="utf-8")
    return path


def test_a_blend_is_the_rows_that_nemo_reads(world: World, tmp_path: Path, blend: Path) -> None:
    cases = write_parts(tmp_path)
    journey = Journey([blend], tmp_path / "out", replace(USUAL, split=SPLIT))
    journey.model = world.model("ctc").path
    journey.go("profile", "split", "audit", "shard", "verify", "plan", "eval")
    assert (len(journey.steps), journey.failures) == (7, [])
    names = {part: f"{'t' if part >= 6 else 'm'}_{part}.json" for part in cases}
    corpus = {str(tmp_path / names[part]): of for part, of in cases.items()}
    assert misplaced(journey, corpus) == []
    assert miscounted(journey) == []
    for name, text, parts in ENTRIES:  # NeMo reads the same rows of each
        one = tmp_path / "one.yaml"
        one.write_text(text.format(tmp_path).replace("${root}", str(tmp_path)), encoding="utf-8")
        loaded = nemo_input_cfg(one)
        assert (loaded.stopped, loaded.failed) == ("", ()), name
        assert sorted(loaded.texts) == sorted(
            case.text for part in parts for case in cases[part]
        ), name
    lock = pl.read_parquet(journey.split / "splits.lock.parquet")
    tags = lock.group_by("corpus").len().sort("corpus").rows()
    assert tags == [(name, 2 * ROWS) for name in ("first", "fourth", "second", "third")]
    assert lock["_weight"].n_unique() > 1
    assert lock["part"].drop_nulls().to_list() == ["inner"] * ROWS
    certificate = (journey.split / "split.json").read_text(encoding="utf-8")
    assert "its blend's weight and tags are columns of the lock, not of the lines" in certificate


def test_what_the_environment_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "blend.yaml"
    path.write_text(
        "- {type: nemo, manifest_filepath: '${oc.env:NO_SUCH_NAME}/m.json'}\n"
        "- {type: nemo, manifest_filepath: [[a.json, 0.3], [b.json]]}\n",
        encoding="utf-8",
    )
    ran = command("curate", "profile", path, "--out", tmp_path / "out", "-q")
    assert ran.exit_code == 3
    assert f"{path}:1: the environment variable NO_SUCH_NAME is not set" in ran.stderr
    assert not (tmp_path / "out").exists()
