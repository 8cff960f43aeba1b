"""What a .nemo archive may hold, and what is read out of it without NeMo."""

from __future__ import annotations

import json
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from curate.nemo.archive import open_archive
from curate.nemo.members import artifacts_of, carried_members, copy_members

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
        ([WEIGHTS, info("hole", tarfile.GNUTYPE_SPARSE)], "neither a file"),
        ([], "no weights"),
    ],
)
def test_members_that_no_archive_may_hold(
    archive_file: Write, members: list[Any], what: str
) -> None:
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
        ({"target": TARGET, "x": {"_target_": "nemo.utils.model_utils.os.system"}}, "os.system"),
        ({"target": TARGET, "x": {"_target_": "nemo.utils.${oc.env:A}.Model"}}, "oc.env"),
        ({"target": TARGET, "x": {"cls": "subprocess.Popen", "params": {}}}, "subprocess"),
        ({}, "no target"),
        ("- a list", "not a configuration"),
        ("target: !!python/name:os.system", "tag 'tag:yaml"),
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
    with pytest.raises(InputError, match="no such file"):
        open_archive(tmp_path / "absent.nemo")


def test_a_configuration_in_a_folder_is_none(tmp_path: Path) -> None:
    path = tmp_path / "model.nemo"
    (tmp_path / "inner.yaml").write_text(f"target: {TARGET}", encoding="utf-8")
    (tmp_path / "w.ckpt").write_bytes(b"w")
    with tarfile.open(path, "w") as tar:
        tar.add(tmp_path / "inner.yaml", "other/model_config.yaml")
        tar.add(tmp_path / "w.ckpt", "model_weights.ckpt")
    with pytest.raises(InputError, match=r"holds no model_config\.yaml"):
        open_archive(path)


def test_what_unpacks_to_too_much_is_not_read_to_its_end(
    archive_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.nemo.archive.MOST_BYTES", 1000)
    with pytest.raises(InputError, match="unpacks to more than 1000 bytes"):
        open_archive(archive_file({"target": TARGET}, [WEIGHTS, ("big", bytes(2000))]))


def test_a_file_of_the_archive_is_read_by_its_name_in_the_configuration(
    archive_file: Write,
) -> None:
    archive = open_archive(archive_file({"target": TARGET}, [WEIGHTS, ("./a_t.model", b"piece")]))
    assert archive.read("nemo:a_t.model") == archive.read("./a_t.model") == b"piece"
    assert archive.files["a_t.model"] == 5
    assert archive.weights_bytes == 1
    with pytest.raises(InputError, match=r"holds no 'b\.model'"):
        archive.read("nemo:b.model")


def test_the_classes_of_published_models_are_welcome(archive_file: Write) -> None:
    names = (
        "nemo.collections.asr.modules.ConformerEncoder",
        "nemo.collections.asr.modules.transformer.get_nemo_transformer",
        "nemo.collections.common.tokenizers.canary_tokenizer.CanaryBPETokenizer",
        "nemo.collections.asr.parts.submodules.token_classifier.TokenClassifier",
    )
    config = {"target": TARGET, "parts": [{"_target_": name} for name in names]}
    assert len(open_archive(archive_file(config)).config["parts"]) == 4


NESTED = "timestamps_asr_model_config.yaml"
FOREIGN = json.dumps({"target": TARGET, "encoder": {"_target_": "subprocess.Popen"}}).encode()


@pytest.mark.parametrize(
    ("member", "content", "what"),
    [
        (NESTED, FOREIGN, f"{NESTED}: encoder._target_ names 'subprocess.Popen'"),
        ("inner/more.YML", FOREIGN, "inner/more.YML: encoder._target_ names"),
        (NESTED, b"target: !!python/name:os.system", "tag 'tag:yaml"),
        (NESTED, b"\xff", f"{NESTED}: is not UTF-8"),
        (NESTED, b"target: [", f"{NESTED}:1"),
    ],
)
def test_every_configuration_inside_is_vetted(
    archive_file: Write, member: str, content: bytes, what: str
) -> None:
    with pytest.raises(InputError, match=what):
        open_archive(archive_file({"target": TARGET}, [WEIGHTS, (f"./{member}", content)]))


def test_all_faults_of_all_configurations_are_named_at_once(archive_file: Write) -> None:
    members = [WEIGHTS, (NESTED, FOREIGN), ("broken.yaml", b"target: [")]
    with pytest.raises(InputError) as raised:
        open_archive(archive_file({"target": "os.system"}, members))
    assert len(raised.value.faults) == 3


def test_configurations_are_small_all_together(
    archive_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.nemo.archive.MOST_CONFIG_BYTES", 200)
    members = [WEIGHTS, ("a.yaml", b"a: 1" + b" " * 70), ("b.yaml", b"b: 1" + b" " * 70)]
    open_archive(archive_file({"target": TARGET}, members[:2]))
    with pytest.raises(InputError, match="larger than 200 bytes"):
        open_archive(archive_file({"target": TARGET}, members))


def test_the_parameters_are_those_of_the_model_itself(archive_file: Write) -> None:
    members = [WEIGHTS, (NESTED, b"{}"), ("timestamps_asr_model_weights.ckpt", bytes(900))]
    assert open_archive(archive_file({"target": TARGET}, members)).weights_bytes == 1


def test_weights_of_another_name_are_none(archive_file: Write) -> None:
    with pytest.raises(InputError, match=r"no weights \(model_weights\.ckpt\)"):
        open_archive(archive_file({"target": TARGET}, [("other.ckpt", b"w")]))


def test_files_that_the_saved_archive_lacks_are_carried(archive_file: Write) -> None:
    old = {"target": TARGET, "tokenizer": {"model_path": "nemo:old.model"}, "x": "nemo:same.txt"}
    nested = json.dumps({"target": TARGET, "tokenizer": {"model_path": "nemo:ts.model"}}).encode()
    names = ("old.model", "same.txt", "ts.model", "notes/any.bin")
    members = [WEIGHTS, (f"./{NESTED}", nested), *((f"./{name}", b"c") for name in names)]
    archive = open_archive(archive_file(old, members))
    assert artifacts_of(archive.config) == {"old.model", "same.txt"}
    new = old | {"tokenizer": {"model_path": "nemo:new.model"}}  # its tokenizer was exchanged
    written = {"model_config.yaml", "model_weights.ckpt", "new.model"}
    carried = {NESTED, "same.txt", "ts.model", "notes/any.bin"}
    assert set(carried_members(archive, new, written)) == carried


def test_large_files_are_copied_in_pieces(archive_file: Write, tmp_path: Path) -> None:
    size = 2**25
    archive = open_archive(archive_file({"target": TARGET}, [WEIGHTS, ("./big.bin", bytes(size))]))
    tracemalloc.start()
    with tarfile.open(tmp_path / "copy.tar", "w") as copy:
        copy_members(archive, ["big.bin"], copy)
    assert tracemalloc.get_traced_memory()[1] < size / 8
    tracemalloc.stop()
    with tarfile.open(tmp_path / "copy.tar") as copy:
        assert [(member.name, member.size) for member in copy] == [("./big.bin", size)]


def test_a_file_that_is_gone_from_the_archive_is_an_error(
    archive_file: Write, tmp_path: Path
) -> None:
    archive = open_archive(archive_file({"target": TARGET}, [WEIGHTS, ("a.bin", b"a")]))
    archive_file({"target": TARGET}, [WEIGHTS, ("a.bin", b"longer")])  # another one of its name
    with (
        tarfile.open(tmp_path / "copy.tar", "w") as copy,
        pytest.raises(InputError, match=r"'a\.bin' as it was"),
    ):
        copy_members(archive, ["a.bin"], copy)
