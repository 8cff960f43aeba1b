"""Splits that a corpus comes with: every line goes where its manifest says, or is counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import InputError
from curate.rules.file import load_rules
from curate.splits import GivenSplits, SplitRequest, split_profile
from tests.curate.splitting import rows_of, sentence
from tests.profiling import write_profile as profile
from tests.whole_way.journey import Ran, command

FAST = "x" * 200
"""Faster than anybody speaks in five seconds: bad by the default rules."""
QUICK = "y e s n o w e s o y e s" * 5
"""Borderline in five seconds."""
OUTPUTS = ("train", "eval", "test", "rejected", "skipped", "malformed", "held_out")


def write(path: Path, rows: Sequence[object]) -> Path:
    """Rows as JSON lines; what is text already is a line as it stands."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def written(folder: Path, names: Sequence[str] = OUTPUTS) -> dict[str, list[bytes]]:
    return {name: lines(folder / f"{name}.jsonl") for name in names}


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, Path]:
    """Three manifests of four speakers each."""
    speakers = {"train": "abcd", "eval": "efgh", "test": "ijkl"}
    return {
        name: write(tmp_path / f"{name}.jsonl", rows_of(dict.fromkeys(who, 3)))
        for name, who in speakers.items()
    }


def split(sets: Mapping[str, object], out: Path, *words: object) -> Ran:
    named = [part for name, path in sets.items() for part in ("--given", f"{name}={path}")]
    return command("curate", "split", *named, "--out", out, "-q", *words)


def certificate(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "split.json").read_bytes()))


def test_each_split_is_its_manifest_to_the_byte(sets: dict[str, Path], tmp_path: Path) -> None:
    assert split(sets, tmp_path / "s", "--fail-on", "leaks>0").exit_code == 0
    for name, path in sets.items():
        assert (tmp_path / "s" / f"{name}.jsonl").read_bytes() == path.read_bytes()
    content = certificate(tmp_path / "s")
    assert content["strategy"] == "given"
    assert content["held_out"] == {"s": 0.0, "share": 0.0, "most": None}
    assert {each["count"] for each in content["leaks"]} == {0}
    assert content["statement"].startswith(
        "no leak found in speaker, audio, text and near-duplicate text"
    )
    assert content["given"]["eval"]["manifests"] == [str(sets["eval"])]
    assert all(
        each["target_s"] is None for row in content["strata"] for each in row["splits"].values()
    )
    assert {each["split"] for each in content["balance"]} == {"eval", "test"}


ODD = st.sampled_from(["clean", "clean", "clean", "bad", "borderline", "skipped", "malformed"])
SET = st.lists(st.tuples(ODD, st.integers(0, 9)), min_size=1, max_size=12)


def odd_row(place: str, kind: str, speaker: int) -> object:
    row: dict[str, Any] = {
        "text": sentence(place), "audio_filepath": f"{place}.wav", "duration": 5.0, "lang": "en",
        "speaker": f"s{speaker}",
    }  # fmt: skip
    if kind == "malformed":
        return '{"audio_filepath": "' + place
    more: dict[str, Any] = {
        "bad": {"text": f"{FAST} {place}"}, "borderline": {"text": f"{QUICK} {place}"},
        "skipped": {"_skipme": "noise"},
    }.get(kind, {})  # fmt: skip
    return {**row, **more}


@settings(max_examples=25, deadline=None)
@given(SET, SET, SET, st.sets(st.sampled_from(["train", "eval", "test"])))
def test_rows_given_are_the_rows_of_all_outputs(
    tmp_path_factory: pytest.TempPathFactory,
    train: list[tuple[str, int]],
    eval_: list[tuple[str, int]],
    test: list[tuple[str, int]],
    whole: set[str],
) -> None:
    """Byte-equal lines; what stands in a split is of its manifest; what is not in it is counted."""
    folder = tmp_path_factory.mktemp("any")
    kinds = {"train": train, "eval": eval_, "test": test}
    paths = {
        name: write(
            folder / f"{name}.jsonl",
            [odd_row(f"{name}{n}", *row) for n, row in enumerate(rows)],
        )
        for name, rows in kinds.items()
    }
    stays = {"train": {"clean", "borderline"}, "eval": {"clean"}, "test": {"clean"}}
    for name in whole:
        stays[name] = {"clean", "borderline", "bad"}
    for name in ("profile", "split"):
        (folder / name).mkdir()
    splits = GivenSplits({str(path): name for name, path in paths.items()}, frozenset(whole))
    out = folder / "split"
    try:
        profile([str(path) for path in paths.values()], folder / "profile", load_rules(None))
        content: Any = split_profile(
            folder / "profile", out, SplitRequest(targets=splits)
        ).as_json()
    except InputError:
        assert any(not stays[name] & {kind for kind, _ in rows} for name, rows in kinds.items())
        return
    there = written(out)
    given_lines = [line for path in paths.values() for line in lines(path)]
    assert Counter(line for each in there.values() for line in each) == Counter(given_lines)
    for name, rows in kinds.items():
        due = [
            line
            for line, (kind, _) in zip(lines(paths[name]), rows, strict=True)
            if kind in stays[name]
        ]
        assert there[name] == due, name
        account = content["given"][name]
        assert (account["given_rows"], account["rows"]) == (len(rows), len(due))
        lost = Counter(kind for kind, _ in rows if kind not in stays[name])
        assert account["lost"] == dict(lost)
        own_gates = [gate for gate in content["gates"] if gate.startswith(f"{name}: ")]
        assert bool(own_gates) == (bool(lost) and name != "train")
    people = {
        name: {json.loads(line)["speaker"] for line in there[name]}
        for name in ("train", "eval", "test")
    }
    leaks = {
        tuple(each["between"]): each["count"]
        for each in content["leaks"]
        if each["kind"] == "speaker"
    }
    everybody = set.union(*people.values())
    for (one, other), count in leaks.items():
        if len(everybody) > 1 and count is not None:
            assert count == len(people[one] & people[other]), (one, other)


def test_leaks_are_reported_and_fail_a_strict_run(sets: dict[str, Path], tmp_path: Path) -> None:
    """A speaker, a row spelled otherwise, and a text on two sides; outputs are written."""
    own = rows_of({"z": 3})
    first = json.loads(lines(sets["train"])[0])
    rows = [*own, {**own[0], "audio_filepath": "new.wav", "speaker": "a", "text": sentence("new")}]
    rows += [{**first, "audio_filepath": f"./{first['audio_filepath']}"}]
    write(sets["test"], rows)
    ran = split(sets, tmp_path / "s", "--strict")
    assert ran.exit_code == 1
    for kind in ("speaker", "audio", "text"):
        assert f"1 {kind} leak between train and test (leaks>0)" in ran.stderr
    assert lines(tmp_path / "s" / "test.jsonl") == lines(sets["test"])
    assert certificate(tmp_path / "s")["statement"].startswith("leaks found in speaker")
    page = (tmp_path / "s" / "report.html").read_text().replace("\u00a0", " ")
    assert "1 speaker leak between train and test." in page
    ran = split(sets, tmp_path / "again")
    assert ran.exit_code == 0
    assert command("curate", "audit", tmp_path / "again", "-q").exit_code == 1


def test_what_a_split_has_lost_is_said(sets: dict[str, Path], tmp_path: Path) -> None:
    odd = [odd_row(f"odd{n}", kind, 9) for n, kind in enumerate(("bad", "borderline", "malformed"))]
    write(sets["test"], [*rows_of({"i": 4}), *odd])
    message = (
        "test: 3 of 7 given rows are not in it: 1 borderline (held_out), 1 bad (rejected), "
        "1 malformed; error rates on it do not compare with those on the whole set"
    )
    ran = split(sets, tmp_path / "s", "--strict")
    assert ran.exit_code == 1
    assert f"{message}; --keep-whole test keeps what can be read" in ran.stderr
    assert certificate(tmp_path / "s")["targets"]["test"]["met"] is False
    assert "missed_targets>0" in split(sets, tmp_path / "s", "--fail-on", "missed_targets>0").stderr
    ran = split(sets, tmp_path / "w", "--keep-whole", "test")
    assert ran.exit_code == 0
    assert lines(tmp_path / "w" / "test.jsonl") == lines(sets["test"])[:-1]
    account = certificate(tmp_path / "w")["given"]["test"]
    assert (account["not_clean_rows"], account["lost"]) == (2, {"malformed": 1})


def test_borderline_rows_of_eval_are_copied_to_measure_by(
    sets: dict[str, Path], tmp_path: Path
) -> None:
    """Only those of eval, though test has a speaker of it."""
    for name in ("eval", "test"):
        rows = [odd_row(f"{name}{n}", "borderline", 0) for n in range(2)]
        clean = [odd_row(f"{name}-{n}", "clean", 0) for n in range(3)]
        write(sets[name], [*rows, *clean])
    assert split(sets, tmp_path / "s").exit_code == 0
    assert lines(tmp_path / "s" / "eval_borderline.jsonl") == lines(sets["eval"])[:2]
    assert len(lines(tmp_path / "s" / "held_out.jsonl")) == 4


def test_the_same_bytes_again(sets: dict[str, Path], tmp_path: Path) -> None:
    """The same manifests give the same files, from a profile of them too."""
    assert split(sets, tmp_path / "one").exit_code == 0
    named = [f"{name}={path}" for name, path in sets.items()]
    made = command("curate", "profile", *sets.values(), "--out", tmp_path / "p", "-q")
    assert made.exit_code == 0
    words = (tmp_path / "p", "--given", *named, "--out", tmp_path / "two", "-q")
    assert command("curate", "split", *words).exit_code == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in names:
        if name not in {"split.json", "report.html"}:  # they name their command
            one, two = (tmp_path / each / name for each in ("one", "two"))
            assert one.read_bytes() == two.read_bytes(), name


def test_a_split_in_place_is_not_upset(sets: dict[str, Path], tmp_path: Path) -> None:
    assert split(sets, tmp_path / "s").exit_code == 0
    before = (tmp_path / "s" / "split.json").read_bytes()
    swapped = {**sets, "eval": sets["test"], "test": sets["eval"]}
    ran = split(swapped, tmp_path / "s")
    assert ran.exit_code == 2
    assert "12 records of its eval would move" in ran.stderr
    assert "--lock" not in ran.stderr
    assert (tmp_path / "s" / "split.json").read_bytes() == before
    assert split(swapped, tmp_path / "s", "--resplit").exit_code == 0


TRAIN, EVAL, TEST = (f"{name}={name}.jsonl" for name in ("train", "eval", "test"))
WRONG: list[tuple[str, Sequence[str], int, Sequence[str]]] = [
    ("no name", ["train.jsonl"], 2, ["--given: 'train.jsonl' is not NAME=MANIFEST"]),
    ("no manifest", ["train="], 2, ["--given: 'train=' is not NAME=MANIFEST"]),
    (
        "a name with a slip",
        [TRAIN, "tset=test.jsonl"],
        2,
        ["--given: no split is called 'tset'", "did you mean 'test'?"],
    ),
    ("a name that is unknown", [TRAIN, "blind=test.jsonl"], 2, ["no split is called 'blind'"]),
    ("a part of train", ["train-clean=train.jsonl"], 2, ["it may be given several times"]),
    ("an output", [TRAIN, "rejected=test.jsonl"], 2, ["is the name of another output"]),
    ("no train", [EVAL, TEST], 2, ["--given: no manifest is given for train"]),
    (
        "two words for eval",
        [TRAIN, "dev=eval.jsonl", "eval=test.jsonl"],
        2,
        ["'dev' and 'eval' are both given, and both name eval", "call the set of the final"],
    ),
    (
        "one file for two splits",
        [TRAIN, EVAL, "test=./eval.jsonl"],
        2,
        ["./eval.jsonl is given for eval and for test"],
    ),
    ("one file twice", [TRAIN, "train=../{here}/train.jsonl"], 2, ["is given twice for train"]),
    ("a size too", [TRAIN, EVAL, "--eval", "20h"], 2, ["--eval: applies to drawn splits"]),
    ("a preference", [TRAIN, EVAL, "--prefer", "hours"], 2, ["--prefer: applies to drawn splits"]),
    ("a lock too", [TRAIN, EVAL, "--lock", "x"], 2, ["--lock: applies to drawn splits"]),
    ("a manifest beside", [TRAIN, "x=", "test.jsonl"], 2, ["test.jsonl: is combined with --given"]),
    ("whole, not given", [TRAIN, "--keep-whole", "test"], 2, ["--keep-whole: no manifest is"]),
    ("a missing file", [TRAIN, "eval=nosuch.jsonl"], 3, ["nosuch.jsonl: there is no such file"]),
    ("an empty manifest", [TRAIN, "eval=empty.jsonl"], 3, ["empty.jsonl"]),
    ("no record", [TRAIN, "test=malformed.jsonl"], 3, ["none of 2 rows of malformed.jsonl can"]),
    (
        "nothing clean",
        [TRAIN, "test=quick.jsonl"],
        3,
        ["none of 2 rows of quick.jsonl can go to test: char_rate", "--keep-whole test"],
    ),
    (
        "all at once",
        ["train=nosuch.jsonl", "tset=x", "dev=", "--test", "1h", "--alpha", "1"],
        2,
        ["no split is called 'tset'", "'dev=' is not NAME", "--test: applies", "--alpha: applies"],
    ),
    (
        "twice and missing at once",
        [TRAIN, "eval=train.jsonl", "test=nosuch.jsonl"],
        2,
        ["given for train and for eval", "nosuch.jsonl: there is no such file"],
    ),
]


@pytest.mark.parametrize(
    ("words", "code", "parts"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_wrong_input_is_one_clear_error(
    sets: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: Sequence[str],
    code: int,
    parts: Sequence[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "empty.jsonl", [])
    write(tmp_path / "malformed.jsonl", ["{", "[1]"])
    write(tmp_path / "quick.jsonl", [odd_row(f"q{n}", "borderline", n) for n in range(2)])
    typed = ["--given", *(word.replace("{here}", tmp_path.name) for word in words)]
    ran = command("curate", "split", *typed, "--out", "new", "-q")
    assert ran.exit_code == code, ran.stderr
    for part in parts:
        assert part in ran.stderr, ran.stderr
    assert not (tmp_path / "new").exists()


def test_a_profile_and_its_splits_agree(sets: dict[str, Path], tmp_path: Path) -> None:
    named = list(sets.values())
    assert command("curate", "profile", *named, "--out", tmp_path / "p", "-q").exit_code == 0
    other = write(tmp_path / "other.jsonl", rows_of({"o": 2}))
    words = ("--given", f"train={sets['train']}", f"test={other}", "--out", tmp_path / "s", "-q")
    ran = command("curate", "split", tmp_path / "p", *words)
    assert ran.exit_code == 2
    assert f"{other} is not a manifest of the profile" in ran.stderr
    for name in ("eval", "test"):
        assert f"no split is given for {sets[name]}, which the profile has" in ran.stderr


def _stop(*args: object, **more: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["write_lines", "write_lock"])
def test_an_interrupted_run_leaves_what_was_there(
    sets: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    assert split(sets, tmp_path / "s").exit_code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()}
    monkeypatch.setattr(f"curate.splits.{step}", _stop)
    swapped = {**sets, "train": sets["test"], "test": sets["train"]}
    assert split(swapped, tmp_path / "s").exit_code == 130
    assert {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".s")] == []
