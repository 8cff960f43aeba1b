"""Measured in pieces, on several machines or none: the profile is the same, to the byte."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import reports
from curate.api.profile import merge_parts, run_profile
from curate.audio.options import AudioOptions
from curate.environment.execution import Execution
from curate.errors import ConfigError, Fault, InputError
from curate.manifest.mapping import ReadOptions
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions
from curate.profiles.run import OUTPUT_FILES, profile_into
from curate.scale import cluster
from curate.scale.array import job_of, measure_part, merged
from curate.scale.engines import engine_of
from curate.scale.parts import Job, Pieces, incomplete, measure_piece
from tests.curate.remote import by_value
from tests.lines import lines_of

COMMAND = "a command"
NAMES = [f"{letter}.jsonl" for letter in "abcde"]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Five manifests in the working folder: one empty but for blank lines, one with a bad line."""
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(NAMES):
        lines = [
            json.dumps({
                "audio_filepath": f"{name}/{n}.wav", "duration": 1 + (n * 7 + at) % 9 / 8,
                "text": ("no " * (n % 17)).strip() or f"word {at} {n}",
                "lang": ("en", "de")[n % 2], "speaker": f"s{n % 5}", "corpus": name,
            })
            for n in range(40 * at)
        ]  # fmt: skip
        (tmp_path / name).write_text("\n".join([*lines, "", "{broken" if at == 3 else ""]))
    return NAMES


RUN = Execution(command=COMMAND, build_page=reports.build)


def local(request: ProfileRequest, out: str) -> None:
    run_profile(request, Path(out), RUN, cached=False)


def request_of(names: Sequence[str], metrics: Sequence[str] = (), **audio: Any) -> ProfileRequest:
    measure = MeasureOptions(metrics=metrics, audio=AudioOptions(**audio))
    return ProfileRequest(manifests=names, by=["corpus"], measure=measure)


def bytes_of(out: str) -> dict[str, bytes]:
    contents = {path.name: path.read_bytes() for path in sorted(Path(out).iterdir())}
    assert {"records.parquet", "profile.json", "measured.json"} < contents.keys() <= OUTPUT_FILES
    return contents


@pytest.mark.parametrize("metrics", [[], ["duplicates", "compression"]])
def test_parts_make_the_same_profile(corpus: list[str], metrics: list[str]) -> None:
    Path("people.jsonl").write_text(
        '{"decision": "text", "audio_filepath": "c.jsonl/3.wav", "text": "what was said", '
        '"by": "anna", "at": "2026-11-26T10:06:00Z"}\n'
    )
    rule_options = RuleOptions(overrides="people.jsonl")
    request = replace(request_of(corpus, metrics), rule_options=rule_options)
    messages = [measure_part(request, Path("pieces"), f"{k}/2") for k in (2, 1, 1)]
    assert messages == [
        "part 2 of 2: 2 of 5 manifests measured",
        "part 1 of 2: 3 of 5 manifests measured",
        "part 1 of 2: 0 of 5 manifests measured, 3 more were measured before",
    ]
    merge_parts(Path("pieces"), Path("merged"), RUN)
    local(request, "local")
    assert bytes_of("merged") == bytes_of("local")


def test_audio_is_heard_in_pieces_and_once(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three manifests over the example's audio, which one file of is in two of them."""
    monkeypatch.chdir(tmp_path)
    speech = root / "examples" / "speech"
    read = lines_of((speech / "manifest.jsonl").read_text())
    lines = [line.replace('{"', '{"corpus": "speech", "', 1) for line in read]
    for name, part in (("a", lines[:12]), ("b", lines[11:20]), ("c", lines[20:24])):
        Path(f"{name}.jsonl").write_text("\n".join(part))
    names = ["a.jsonl", "b.jsonl", "c.jsonl"]
    for at, sample in enumerate([None, "40%", "6"]):
        audio = AudioOptions.of(speech, [], sample)
        request = replace(
            request_of(names), measure=MeasureOptions(metrics=["signal"], audio=audio)
        )
        pieces, out, whole = (Path(f"{what}{at}") for what in ("pieces", "merged", "local"))
        for k in (2, 1):
            measure_part(request, pieces, f"{k}/2")
        local(request, str(whole))
        with monkeypatch.context() as deaf:
            deaf.setattr(
                "curate.profiles.audio.scan.analyse_files", lambda *_: pytest.fail("heard again")
            )
            merge_parts(pieces, out, RUN)
        table = pl.read_parquet(out / "records.parquet")
        records = table.filter(pl.col("malformed").is_null())
        analysed = records["audio_fault"].count()
        assert analysed == {None: records.height, "40%": analysed, "6": 6}[sample]
        assert 0 < analysed <= records.height <= table.height == 25
        assert bytes_of(str(out)) == bytes_of(str(whole))


def test_what_is_missing_or_changed_is_named(corpus: list[str]) -> None:
    request = request_of(corpus)
    with pytest.raises(InputError, match="holds no pieces"):
        merged(Path("pieces"))
    measure_part(request, Path("pieces"), "1/2")
    with pytest.raises(InputError) as raised:
        merged(Path("pieces"))
    assert [fault.where for fault in raised.value.faults] == ["b.jsonl", "d.jsonl"]
    assert "part 2/5" in raised.value.faults[0].hint
    measure_part(request, Path("pieces"), "2/2")
    merged(Path("pieces"))
    Path("c.jsonl").write_text(Path("c.jsonl").read_text() + "\n\n")
    with pytest.raises(InputError, match=r"c\.jsonl: was not measured, or has changed"):
        merged(Path("pieces"))
    assert "1 of 5 manifests measured, 2 more" in measure_part(request, Path("pieces"), "1/2")
    merged(Path("pieces"))


def test_pieces_of_something_else_are_not_mixed_in(corpus: list[str]) -> None:
    measure_part(ProfileRequest(manifests=corpus), Path("pieces"), "1/2")
    for other in (
        ProfileRequest(manifests=corpus[:3]),
        ProfileRequest(manifests=corpus, measure=MeasureOptions(metrics=["duplicates"])),
        request_of(corpus),
    ):
        with pytest.raises(ConfigError, match="something else"):
            measure_part(other, Path("pieces"), "2/2")
    Path("mine").mkdir()
    Path("mine/thesis.tex").write_text("precious")
    with pytest.raises(ConfigError, match="something else"):
        measure_part(ProfileRequest(manifests=corpus), Path("mine"), "1/1")


def test_rules_that_changed_are_noticed(corpus: list[str]) -> None:
    text = "schema: curate.rules/1\nname: mine\nrules:\n  - {id: a, metric: words, bad: '> 9'}\n"
    Path("mine.yaml").write_text(text)
    measure_part(
        ProfileRequest(manifests=corpus, rule_options=RuleOptions(rules="mine.yaml")),
        Path("pieces"),
        "1/1",
    )
    merged(Path("pieces"))
    Path("mine.yaml").write_text(text.replace("9", "8"))
    with pytest.raises(InputError, match="rules or the list"):
        merged(Path("pieces"))


@pytest.mark.parametrize("part", ["", "3", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_part(part: str, corpus: list[str]) -> None:
    with pytest.raises(ConfigError, match="no part"):
        measure_part(ProfileRequest(manifests=corpus), Path("pieces"), part)
    assert not Path("pieces").exists()


def test_faults_of_a_share_are_said_together(corpus: list[str]) -> None:
    for name in ("x.gz", "y.gz"):
        Path(name).write_bytes(b"\x1f\x8b\x08cut")
    names = ["x.gz", *corpus, "y.gz"]
    request = ProfileRequest(manifests=names, reading=ReadOptions("nemo"))
    with pytest.raises(InputError) as raised:
        measure_part(request, Path("pieces"), "1/1")
    assert [fault.where for fault in raised.value.faults] == ["x.gz", "y.gz"]
    assert incomplete(job_of(request, Path("pieces"))) == [0, 6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("rays", None), "unknown engine 'rays'"),
        (("local", "auto"), "ray_address"),
    ],
)
def test_wrong_engines(options: tuple[str, str | None], message: str) -> None:
    with (
        pytest.raises(ConfigError, match=message),
        engine_of(Execution(engine=options[0], ray_address=options[1]), Path("out")),
    ):
        pytest.fail("the block must not run")


def test_standard_input_stays_here(corpus: list[str]) -> None:
    with pytest.raises(ConfigError, match="standard input"):
        measure_part(ProfileRequest(manifests=["-"]), Path("pieces"), "1/1")


def test_without_ray_one_line_says_what_to_install(
    corpus: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(f"no {name}")

    monkeypatch.setattr("curate.environment.extras.importlib.import_module", absent)
    with pytest.raises(ConfigError, match=r"--engine ray.*\n.*asr-curate\[ray\]"):
        cluster.run_on_ray(job_of(ProfileRequest(manifests=corpus), Path("pieces")))


def dies_once(job: Job, index: int) -> tuple[Fault, ...]:
    """A worker that is killed in the middle of the second piece, the first time."""
    import os
    import signal

    from curate.scale.parts import measure_piece

    flag = job.folder / "died"
    if index == 1 and not flag.exists():
        flag.touch()
        job.path(index, "parquet").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return measure_piece(job, index)


@pytest.mark.filterwarnings("ignore")
def test_ray_with_a_killed_worker_a_poisoned_piece_and_then_without(corpus: list[str]) -> None:
    """Two workers of this machine; one cluster's life, since starting one takes seconds."""
    ray = pytest.importorskip("ray")
    Path("pieces").mkdir()
    job = job_of(request_of(corpus), Path("pieces").resolve())
    messages: list[str] = []
    poison = 3

    def task(job: Job, index: int) -> tuple[Fault, ...]:
        if index == poison:
            os.kill(os.getpid(), signal.SIGKILL)
        return dies(job, index)

    dies = by_value(dies_once)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(InputError, match=r"d\.jsonl: 3 workers died") as raised:
        cluster.run_on_ray(job, workers=2, say=messages.append, task=task)
    assert len(raised.value.faults) == 1
    assert not ray.is_initialized()
    assert signal.getsignal(signal.SIGTERM) == before
    assert sum("b.jsonl: its worker died (1 of 3)" in line for line in messages) == 1
    assert sum("d.jsonl: its worker died" in line for line in messages) == 3
    assert incomplete(job) == [poison]
    cluster.run_on_ray(job, workers=2, say=messages.append)
    assert "4 of 5 manifests were measured before and are reused" in messages
    local(request_of(corpus), "local")
    Path("ray").mkdir()
    profile_into(job.plan, Path("ray"), RUN, engine=lambda _: Pieces(job))
    expected = bytes_of("local")
    del expected["report.html"]  # drawn by the command, from these
    assert bytes_of("ray") == expected


def test_a_piece_is_complete_only_with_its_marker(corpus: list[str]) -> None:
    Path("pieces").mkdir()
    job = job_of(ProfileRequest(manifests=corpus), Path("pieces"))
    assert measure_piece(job, 2) == ()
    assert incomplete(job) == [0, 1, 3, 4]
    first = {path.name: path.read_bytes() for path in Path("pieces").iterdir()}
    assert measure_piece(job, 2) == (), "twice is as good as once"
    assert first == {path.name: path.read_bytes() for path in Path("pieces").iterdir()}
    job.path(2, "json").write_text(job.path(2, "json").read_text()[:-20])
    assert incomplete(job) == [0, 1, 2, 3, 4]
