"""Data sets made in Python are, byte for byte, those that the command line makes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import curate
from curate.artifacts.base import Artifact
from curate.errors import CurateError, GateFailed
from tests import processes

# Lhotse's Shar reader leaves its tar files to the garbage collector.
pytestmark = [
    pytest.mark.usefixtures("collected"),
    pytest.mark.filterwarnings(
        r"ignore:.*recording\.\d+\.tar:pytest.PytestUnraisableExceptionWarning"
    ),
]

HOSTILE = "<script>alert(1)<script>"
SIZES = {"eval": "45s", "test": "60s"}
DRAWN = ("--eval", "45s", "--test", "60s")


@pytest.fixture
def corpus(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled example by a name that is markup, in the folder where commands run."""
    folder = tmp_path / HOSTILE.replace("/", "")
    shutil.copytree(root / "examples" / "speech", folder)
    monkeypatch.chdir(tmp_path)
    return folder / "manifest.jsonl"


def take(folder: str) -> dict[str, object]:
    """What was written, by path, and taken away; of JSON all but the command, also where a warning
    has it with other sizes, and how options are spelt; no page.
    """
    contents: dict[str, object] = {}
    for path in sorted(Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".json":
            content = path.read_text(encoding="utf-8")
            written = json.loads(content.replace("(--max-held-out)", "(max_held_out)"))
            warnings = [each.partition(" that fit")[0] for each in written.get("warnings", ())]
            contents[name] = {**written, "command": "", "warnings": warnings}
        elif path.is_file() and path.suffix != ".html":
            contents[name] = path.read_bytes()
    shutil.rmtree(folder)
    return contents


def run(*words: object) -> dict[str, object]:
    """What the command writes into the folder `out`."""
    done = processes.curate(*words, "--quiet", "--out", "out")
    assert done.returncode == 0, done.stderr
    return take("out")


def shown(artifact: Artifact) -> str:
    """The line that `print` shows; the page of a notebook begins with it and runs nothing."""
    html = artifact._repr_html_()
    assert html.startswith("<p>")
    assert "<table>" in html
    assert "<script>" not in html
    assert "\n" not in str(artifact)
    return str(artifact)


def test_split(corpus: Path) -> None:
    expected = run("split", corpus, *DRAWN, "--by", "lang", "--tags")
    request = curate.SplitRequest(inputs=[str(corpus)], marks=curate.LineMarks(tags=True))
    split = curate.split(request, "out", sizes=SIZES, by=["lang"])
    assert curate.read_split("out") == split
    assert take("out") == expected
    assert len(expected) > 8
    line = r"Split: train \S+ min \(\d+ rows\), eval .*, test .* rows\); no leak found in speaker"
    assert re.match(line, shown(split))


def test_split_of_a_profile(corpus: Path) -> None:
    curate.profile(corpus, out="profile")
    expected = run("split", "profile", *DRAWN)
    curate.split("profile", out="out", sizes=SIZES)
    assert take("out") == expected


def test_audit(corpus: Path) -> None:
    curate.split(corpus, out="split", sizes=SIZES)
    Path("bench.txt").write_text("nothing that anybody says\n", encoding="utf-8")
    expected = run("audit", "split", "--against", "bench.txt")
    audit = curate.audit("split", against=["bench.txt"], out="out")
    assert take("out") == expected
    assert shown(audit).startswith("Audit of train.jsonl, eval.jsonl, test.jsonl, bench.txt: no ")
    assert curate.audit([corpus, "split/eval.jsonl"]).leaks[0].count is not None
    assert ">speaker</td>" in curate.audit([corpus, "split/eval.jsonl"])._repr_html_()


def test_shard(corpus: Path) -> None:
    curate.split(corpus, out="split", sizes=SIZES)
    expected = run("shard", "split", "--shard-size", "100", "--shard-by", "lang")
    options = curate.ShardOptions(size=curate.ShardSize(cuts=100), shard_by=("lang",))
    index = curate.shard("split", "out", options)
    assert re.match(r"Shards \(shar\): \d shards of \d+ cuts, .* min, .*eval \d+", shown(index))
    assert str(curate.verify_shards("out")).endswith("; 0 faults")
    assert take("out") == expected


def test_verify(corpus: Path) -> None:
    curate.split(corpus, out="split", sizes=SIZES)
    curate.shard("split", "out")
    next(Path("out/train").glob("*.tar")).unlink()
    with pytest.raises(GateFailed, match="is missing"):
        curate.verify_shards("out")


def test_shard_of_manifests(corpus: Path) -> None:
    expected = run("shard", corpus)
    curate.shard(corpus, "out")
    assert "split/train.jsonl" in expected
    assert take("out") == expected


# what is asked for, and the place of the fault
WRONG: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "size": (lambda m: curate.split(m, "out", sizes={"eval": "20x"}), "eval: '20x'"),
    "group": (lambda m: curate.split(m, "out", group=["mood"]), "group: "),
    "audit": (lambda m: curate.audit([m, m.parent / "b.jsonl"], group=["mood"]), "group: "),
    "pattern": (lambda m: curate.audit([m, m.parent / "b.jsonl"], group_from="("), "group_from: "),
    "format": (lambda m: curate.shard(m, "out", curate.ShardOptions(format="zip")), "format: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_faults_name_fields_and_no_option(corpus: Path, name: str) -> None:
    call, place = WRONG[name]
    (corpus.parent / "b.jsonl").write_bytes(corpus.read_bytes())
    with pytest.raises(CurateError) as error:
        call(corpus)
    assert str(error.value).startswith(place)
    assert "--" not in str(error.value)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("split", "m", "--out", "out", "--eval", "20x"), "--eval: '20x' is not a duration"),
        (("split", "m", "--out", "out", "--max-held-out", "x"), "--max-held-out: 'x' is not"),
        (("split", "m", "--out", "out", "--prefer", "x"), "--prefer: 'x' is no preference"),
        (("shard", "m", "--out", "out", "--shard-size", "x"), "--shard-size: 'x' is not"),
        (("shard", "m", "--out", "out", "--resample", "1"), "--resample: 1 Hz is not"),
        (("shard", "m", "--out", "out", "--audio-format", "x"), "--audio-format: 'x' is not"),
        (("audit", "m", "m.jsonl", "--group-from", "("), "--group-from: is not"),
        (("audit", "m", "m.jsonl", "--fail-on", "x"), "--fail-on: 'x' is not a gate"),
        (("profile", "m", "--out", "out", "--audio-sample", "x"), "--audio-sample: 'x' is not"),
        (("profile", "m", "--out", "out", "--normalise", "x"), "--normalise: unknown step 'x'"),
    ],
)
def test_faults_of_commands_name_options(corpus: Path, words: tuple[str, ...], option: str) -> None:
    for name in ("m", "m.jsonl"):
        Path(name).write_bytes(corpus.read_bytes())
    done = processes.curate(*words)
    assert (done.returncode, done.stderr.startswith(option)) == (2, True), done.stderr
