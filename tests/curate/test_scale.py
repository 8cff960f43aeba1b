"""Measured in pieces, on several machines or none: the profile is the same, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from curate.api.profile import merge_parts
from curate.audio.options import AudioOptions
from curate.environment.execution import Execution
from curate.errors import ConfigError, InputError
from curate.manifest.mapping import ReadOptions
from curate.profiles.request import MeasureOptions, ProfileRequest, RuleOptions
from curate.scale import cluster
from curate.scale.array import job_of, measure_part, merged
from curate.scale.engines import engine_of
from curate.scale.parts import incomplete, measure_piece
from tests.curate.measured import RUN, bytes_of, local, request_of, write_corpus
from tests.lines import lines_of


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return write_corpus(tmp_path, monkeypatch)


@pytest.mark.parametrize("metrics", [[], ["duplicates", "compression"]])
@pytest.mark.parametrize("large", [40, 100, 1000])  # rows of a manifest: 0, 40, 80, 121, 160
def test_parts_make_the_same_profile(
    corpus: list[str], metrics: list[str], large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.profiles.measure.row_groups.LARGE", large)
    monkeypatch.setattr("curate.profiles.whole_input.duplicate_counts.ROW_GROUP", 64)
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


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def foreign(path: Path) -> None:
    """Another table of the same length."""
    length = path.stat().st_size
    pl.DataFrame({"a": [1]}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(length - len(content)) + content[4:])


def zeroed(path: Path) -> None:
    """As a disk leaves a file that was not written before the power failed."""
    path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("large", [40, 1000])
def test_a_part_that_is_cut_short_is_measured_again(
    corpus: list[str], large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.profiles.measure.row_groups.LARGE", large)
    request = request_of(corpus)
    measure_part(request, Path("pieces"), "1/1")
    local(request, "local")
    for number in (1, 4):
        cut_short(Path("pieces", f"00000{number}.parquet"))
    with pytest.raises(InputError) as raised:
        merge_parts(Path("pieces"), Path("merged"), RUN)
    assert [fault.where for fault in raised.value.faults] == ["b.jsonl", "e.jsonl"]
    assert "2 of 5 manifests measured, 3 more" in measure_part(request, Path("pieces"), "1/1")
    merge_parts(Path("pieces"), Path("merged"), RUN)
    assert bytes_of("merged") == bytes_of("local")


@pytest.mark.parametrize("damage", [foreign, zeroed])
@pytest.mark.parametrize(
    ("large", "name"),
    [(40, "000003.parquet"), (1000, "000003.parquet"), (40, "000003.counts")],
)
def test_a_damaged_part_is_one_error(
    corpus: list[str],
    damage: Callable[[Path], None],
    large: int,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("curate.profiles.measure.row_groups.LARGE", large)
    request = request_of(corpus)
    measure_part(request, Path("pieces"), "1/1")
    damage(Path("pieces", name))
    with pytest.raises(InputError, match=rf"pieces/{name}: .*\n.*remove it") as raised:
        merge_parts(Path("pieces"), Path("merged"), RUN)
    assert len(raised.value.faults) == 1
    assert not Path("merged").exists()
    Path("pieces", name).unlink()
    with pytest.raises(InputError, match=r"d\.jsonl: was not measured"):
        merge_parts(Path("pieces"), Path("merged"), RUN)
