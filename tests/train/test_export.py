"""A plain copy of a model with behaviours: NeMo's own prompt, all else the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf
from typer.testing import CliRunner

from curate.errors import ConfigError
from curate.nemo.archive import open_archive
from tests.train.planted import write_model
from train.cli import app
from train.export import export_plain

PROMPT = "canary2_verbatim_0_1 (restore it with canary2_behaviors.py)"
CHANGES = {
    "behaviors.verbatim": {"on": "<|spltoken0|>", "off": "<|spltoken1|>"},
    "prompt_format": PROMPT,
    "train_ds": {"prompt_format": PROMPT, "lr": 1e-06, "text": "no", "none": None, "yes": True},
}


def configuration(path: Path) -> Any:
    """As NeMo reads it, not as this package does."""
    return OmegaConf.to_container(
        OmegaConf.create(open_archive(path).read("model_config.yaml").decode())
    )


def test_only_the_prompt_is_another(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.nemo", "canary", CHANGES)
    written = export_plain(str(model), tmp_path / "plain.nemo")
    assert written.behaviors == ("verbatim",)
    before, after = configuration(model), configuration(written.path)
    del before["behaviors"]
    before["prompt_format"] = before["train_ds"]["prompt_format"] = "canary2"
    assert after == before
    old, new = open_archive(model), open_archive(written.path)
    assert old.files.keys() == new.files.keys()
    changed = [name for name in old.files if old.read(name) != new.read(name)]
    assert changed == ["model_config.yaml"]


def test_it_is_asked_for_at_the_command_line(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.nemo", "canary", CHANGES)
    done = CliRunner().invoke(
        app, ["export", str(model), "--out", str(tmp_path / "p.nemo"), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["behaviors"] == ["verbatim"]


def test_a_model_without_behaviours_is_plain_already(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.nemo")
    with pytest.raises(ConfigError, match="has no behaviours"):
        export_plain(str(model), tmp_path / "plain.nemo")
    assert not (tmp_path / "plain.nemo").exists()


def test_a_model_is_not_replaced_by_its_copy(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.nemo", "canary", CHANGES)
    with pytest.raises(ConfigError, match="is the model itself"):
        export_plain(str(model), model)


def test_a_checkpoint_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    model = write_model(tmp_path / "run/model.nemo", "canary", CHANGES)
    (tmp_path / "run/config.yaml").write_text(yaml.safe_dump({}), encoding="utf-8")
    checkpoint = model.parent / "checkpoints/last.ckpt"
    checkpoint.write_bytes(b"")
    with pytest.raises(ConfigError, match="is a checkpoint, not an archive"):
        export_plain(str(checkpoint), tmp_path / "plain.nemo")
