"""What a .nemo archive may hold, and what is read out of it without NeMo."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import InputError
from train.archive import open_archive

Write = Callable[..., Path]

TARGET = "nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE"
WEIGHTS = ("model_weights.ckpt", b"w")


def info(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = link
    return member


def test_the_class_is_read_from_the_archive(archive_file: Write) -> None:
    archive = open_archive(archive_file({"target": TARGET, "sample_rate": 16000}))
    assert (archive.model_class, archive.config["sample_rate"]) == ("EncDecCTCModelBPE", 16000)


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ([WEIGHTS, info("link", tarfile.SYMTYPE, "/etc/passwd")], "neither a file nor a folder"),
        ([WEIGHTS, info("link", tarfile.LNKTYPE, "model_config.yaml")], "neither a file"),
        ([WEIGHTS, info("pipe", tarfile.FIFOTYPE)], "neither a file nor a folder"),
        ([WEIGHTS, info("null", tarfile.CHRTYPE)], "neither a file nor a folder"),
        ([WEIGHTS, ("../outside", b"")], "lies outside"),
        ([WEIGHTS, ("/absolute", b"")], "lies outside"),
        ([WEIGHTS, WEIGHTS], "twice"),
        ([WEIGHTS, ("model_config.yaml", b"")], "twice"),  # ./model_config.yaml is the same file
        ([], "no weights"),
    ],
)
def test_members_that_no_archive_may_hold(archive_file: Write, members: list, what: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InputError, match=what):
        open_archive(archive_file({"target": TARGET}, members))


def test_folders_are_welcome(archive_file: Write) -> None:
    members = [info(".", tarfile.DIRTYPE), info("./tokenizers", tarfile.DIRTYPE), WEIGHTS]
    assert open_archive(archive_file({"target": TARGET}, members)).target == TARGET


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"target": "os.system"}, "not NeMo's"),
        ({"target": TARGET, "encoder": {"_target_": "subprocess.Popen"}}, "encoder._target_"),
        ({"target": TARGET, "parts": [{"_target_": "builtins.eval"}]}, "builtins.eval"),
        ({"target": "nemo.collectionsx.Model"}, "not NeMo's"),
        ({}, "no target"),
        ("- a list", "not a configuration"),
        ("target: !!python/name:os.system", "not allowed"),
        ("target: [", "expected"),
    ],
)
def test_a_configuration_that_no_model_should_have(
    archive_file: Write, config: object, what: str
) -> None:
    with pytest.raises(InputError, match=what):
        open_archive(archive_file(config))


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b\x08\x00broken"])
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.nemo"
    path.write_bytes(content)
    with pytest.raises(InputError):
        open_archive(path)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_archive(tmp_path / "absent.nemo")
