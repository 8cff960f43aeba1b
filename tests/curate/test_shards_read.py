"""Trainers' own readers see, in every form of shards, the rows that the ledger counts."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.curate.shard_fixtures import sharded, splitted
from tests.lines import lines_of

# Lhotse's and NeMo's readers leave their tar files to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.usefixtures("collected"),
]
lhotse = pytest.importorskip("lhotse", reason="the shards extra is not installed")

Rows = dict[str, str]
# form of the shards, what keeps them apart
FORMS = [
    ("shar", ()), ("shar", ("lang",)), ("nemo_tarred", ()), ("nemo_tarred", ("lang",)),
    ("hf", ()), ("hf", ("lang",)),
]  # fmt: skip


@pytest.fixture(scope="module")
def collected() -> Iterator[None]:
    """Open shards are found at the end of the module, where they are expected."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def split(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    manifest = root / "examples" / "speech" / "manifest.jsonl"
    return splitted(manifest, tmp_path_factory.mktemp("split"))


def expected(folder: Path) -> Rows:
    """Record ids to texts of the train manifest, as many as the ledger says."""
    rows = [json.loads(line) for line in lines_of((folder / "train.jsonl").read_text())]
    texts = {row["_curate"]["id"]: row["text"] for row in rows}
    outputs = json.loads((folder / "ledger.json").read_text())["outputs"]
    (train,) = [output for output in outputs if output["name"] == "train"]
    assert len(texts) == train["rows"] > 200
    summed = sum(round(row["duration"] * 1e6) for row in rows)
    assert summed == train["duration_us"]
    return texts


@pytest.mark.nemo
@pytest.mark.parametrize(("form", "apart"), FORMS)
def test_nemo_reads_input_cfg_as_it_is(
    split: Path, tmp_path: Path, form: str, apart: tuple[str, ...]
) -> None:
    cutset = pytest.importorskip("nemo.collections.common.data.lhotse.cutset")
    out = tmp_path / "shards"
    index = sharded(split, out, 40, format=form, shard_by=apart)
    config = {"input_cfg": str(out / "input_cfg.yaml"), "force_finite": True, "shard_seed": 0}
    cuts, tarred = cutset.read_cutset_from_config(config)
    assert tarred
    seen: Rows = {}
    seconds = 0.0
    for cut in cuts:
        # every form has the row s id
        id = cut.custom.get("record_id") or cut.custom.get("_curate", {}).get("id") or cut.id
        assert id not in seen, "no row is read twice"
        seen[id] = cut.supervisions[0].text
        seconds += cut.duration
        assert cut.supervisions[0].language == cut.custom["source_lang"] in {"de", "en"}
        assert cut.custom["pnc"] in {"yes", "no"}
        if apart:
            assert cut.custom["lang"] == cut.supervisions[0].language, "the entry's tag"
    assert seen == expected(out)
    assert abs(seconds / 3600 - index["hours"]) < 1e-5


@pytest.mark.nemo
@pytest.mark.parametrize("form", ["shar", "nemo_tarred", "hf"])
def test_nemos_data_loader_yields_audio(split: Path, tmp_path: Path, form: str) -> None:
    dataloader = pytest.importorskip("nemo.collections.common.data.lhotse.dataloader")
    out = tmp_path / "shards"
    sharded(split, out, 40, format=form, shard_by=("lang",))
    config = {
        "input_cfg": str(out / "input_cfg.yaml"), "force_finite": True, "shard_seed": 0, "seed": 0,
        "sample_rate": 16000, "use_bucketing": False, "batch_duration": 30, "num_workers": 0,
        "shuffle": False, "concurrent_bucketing": False,
    }  # fmt: skip
    texts: list[str] = []

    class Batches:
        def __getitem__(self, cuts: Any) -> list[str]:
            audio, lengths = (np.asarray(part) for part in cuts.load_audio(collate=True))
            assert audio.shape[0] == len(lengths) == len(cuts)
            assert np.abs(audio).max(axis=1).min() > 0.01, "it is speech, not silence"
            return [cut.supervisions[0].text for cut in cuts]

    loader = dataloader.get_lhotse_dataloader_from_config(config, 0, 1, Batches())
    for batch in loader:
        texts += batch
    assert sorted(texts) == sorted(expected(out).values())


def test_datasets_decodes_the_audio_column(
    split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(os.environ, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    out = tmp_path / "shards"
    sharded(split, out, 40, format="hf")
    read = datasets.Dataset.from_parquet(
        sorted(map(str, (out / "train").glob("*.parquet"))), cache_dir=str(tmp_path / "cache")
    )
    assert isinstance(read.features["audio"], datasets.Audio), "no cast is needed"
    assert dict(zip(read["id"], read["text"], strict=True)) == expected(out)
    raw = read.cast_column("audio", datasets.Audio(decode=False))[0]
    assert raw["audio"]["bytes"][:4] in {b"fLaC", b"RIFF"}
    assert raw["audio"]["path"].endswith((".flac", ".wav"))
    assert json.loads(raw["record"])["text"] == raw["text"]
