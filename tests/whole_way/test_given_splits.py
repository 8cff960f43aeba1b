"""A corpus that comes with its own splits goes to shards as it is, and what it shares is said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus, Record, sentence, write_manifest
from tests.whole_way.journey import LINE, USUAL, Journey
from tests.whole_way.referee import disagreements
from tests.whole_way.segments import (
    Segment,
    lhotse_cut,
    nemo_row,
    segments,
    write_jsonl,
    write_kaldi,
)

pytestmark = NEMO

FAST = "ye" * 50
"""Faster than anybody speaks in two seconds: bad by the default rules."""
QUICK = "yes no we so ell " * 3
"""Borderline in two seconds."""
SETS = ("train", "eval", "test")


def three_sets(folder: Path) -> dict[str, list[Record]]:
    """Ten speakers: six train, two each in eval and test."""
    rows = Corpus.sound(folder).rows
    places = dict.fromkeys(range(10), "train") | {6: "eval", 7: "eval", 8: "test", 9: "test"}
    rows_of: dict[str, list[Record]] = {name: [] for name in SETS}
    for row in rows:
        rows_of[places[int(row["speaker"][1:])]].append(row)
    return rows_of


def given_words(folder: Path, sets: Mapping[str, Sequence[Record]]) -> list[str]:
    """`--given` for each set, a manifest of its own."""
    return [
        word
        for name, rows in sets.items()
        for word in ("--given", f"{name}={write_manifest(folder / f'{name}.jsonl', list(rows))}")
    ]


def as_they_are(folder: Path) -> list[str]:
    """Three manifests, nothing wrong with them."""
    return given_words(folder, three_sets(folder))


def several_for_train(folder: Path) -> list[str]:
    """Two manifests for train by a pattern, and the corpus' own word for eval."""
    sets = three_sets(folder)
    for number in (0, 1):
        write_manifest(folder / f"part-{number}.jsonl", sets["train"][number::2])
    words = given_words(folder, {"validation": sets["eval"], "test": sets["test"]})
    return ["--given", f"train={folder}/part-*.jsonl", *words]


def with_odd_rows(folder: Path) -> list[str]:
    """Each set with a bad, a borderline and a skipped row, and a line that is no record."""
    sets = three_sets(folder)
    for at, (name, rows) in enumerate(sets.items()):
        for odd, fields in enumerate(({"text": FAST}, {"text": QUICK}, {"_skipme": "noise"})):
            rows.append({**rows[0], "audio_filepath": f"{name}-{odd}.wav", **fields})
            Corpus(folder).add(f"{name}-{odd}", seconds=2.0 + (at * 3 + odd) / 100)
            rows[-1]["duration"] = 2.0 + (at * 3 + odd) / 100
            rows[-1]["speaker"] = f"odd-{name}-{odd}"
            if odd == 2:
                rows[-1]["text"] = f"ell so {'ye ' * (at + 1)}"
    words = given_words(folder, sets)
    for name in sets:
        with (folder / f"{name}.jsonl").open("a") as file:
            file.write('{"audio_filepath": "gone.wav"\n')
    return words


def kept_whole(folder: Path) -> list[str]:
    """The same, with test kept as it was published."""
    return [*with_odd_rows(folder), "--keep-whole", "test"]


class Spoken(Segment):
    """A segment with a text of letters that the tiny models' tokenizers know."""

    @property
    def text(self) -> str:
        return sentence(10 * int(self.speaker[1:]) + self.number)


def of_three_forms(folder: Path) -> list[str]:
    """NeMo's lines for train, Lhotse cuts for eval, a Kaldi directory for test."""
    each = [
        Spoken(segment.audio, segment.speaker, segment.number, segment.start_s, segment.duration_s)
        for segment in segments(folder)
    ]
    train, eval_, test = each[:24], each[24:32], each[32:]
    return [
        "--given", f"train={write_jsonl(folder / 'train.jsonl', map(nemo_row, train))}",
        "--given", f"dev={write_jsonl(folder / 'dev.jsonl.gz', map(lhotse_cut, eval_))}",
        "--given", f"test={write_kaldi(folder / 'kaldi', test)}",
    ]  # fmt: skip


def several_tests(folder: Path) -> list[str]:
    """LibriSpeech's sets: two for test, none for eval."""
    sets = three_sets(folder)
    return given_words(
        folder, {"train": sets["train"], "test-clean": sets["eval"], "test-other": sets["test"]}
    )


def train_alone(folder: Path) -> list[str]:
    return given_words(folder, {"train": three_sets(folder)["train"]})


def that_leak(folder: Path) -> list[str]:
    """A row of train stands in test too, by another spelling of its path."""
    sets = three_sets(folder)
    first = sets["train"][0]
    sets["test"].append({**first, "audio_filepath": f"./{first['audio_filepath']}"})
    return given_words(folder, sets)


Rows = Mapping[str, int]
WAYS: list[tuple[Callable[[Path], list[str]], Rows, Rows]] = [
    (as_they_are, {"train": 18, "eval": 6, "test": 6}, {}),
    (several_for_train, {"train": 18, "eval": 6, "test": 6}, {}),
    (
        with_odd_rows,
        {
            "train": 18 + 1, "eval": 6, "test": 6, "held_out": 2, "rejected": 3, "skipped": 3,
            "malformed": 3,
        },
        {},
    ),
    (
        kept_whole,
        {
            "train": 18 + 1, "eval": 6, "test": 6 + 2, "held_out": 1, "rejected": 2, "skipped": 3,
            "malformed": 3,
        },
        {"text": 1},  # of the borderline rows in train and in test
    ),
    (of_three_forms, {"train": 24, "eval": 8, "test": 8}, {}),
    (several_tests, {"train": 18, "test-clean": 6, "test-other": 6}, {}),
    (train_alone, {"train": 18}, {}),
    (that_leak, {"train": 18, "eval": 6, "test": 7}, {"speaker": 1, "audio": 1, "text": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("write", "rows", "leaks"), WAYS, ids=[way[0].__name__ for way in WAYS])
def test_given_splits_go_to_shards_as_they_are(
    world: World,
    tmp_path: Path,
    write: Callable[[Path], list[str]],
    rows: Rows,
    leaks: Rows,
) -> None:
    words = write(tmp_path)
    manifests = [Path(word.partition("=")[2]) for word in words if "=" in word]
    options = replace(USUAL, profile=(), split=words)
    way = Journey(manifests, tmp_path / "out", options, world.model("ctc").path)
    is_single = len(rows) == 1  # `curate audit` compares two sides
    way.go(*(name for name in LINE if not (is_single and name == "audit")))
    split = way.steps["split"]
    assert {name: n for name, n in split.rows.items() if n and name != "inputs"} == rows
    assert split.rows["inputs"] == sum(rows.values())
    for artefact in (
        _split(way),
        *(way.steps[name].artefact for name in ("audit",) if not is_single),
    ):
        counted = Counter({leak["kind"]: 0 for leak in artefact["leaks"]})
        for leak in artefact["leaks"]:
            counted[leak["kind"]] += leak["count"] or 0
        assert {kind: counted[kind] for kind in leaks} == leaks
        assert bool(sum(counted.values())) == bool(leaks)
    failing = [("audit", bool(leaks)), ("plan", "eval" not in rows)]  # nothing to validate on
    assert [failure.partition(":")[0] for failure in way.failures] == [
        name for name, fails in failing if fails
    ]
    plan = way.steps["plan"]
    assert (plan.rows["train"], plan.rows["eval"]) == (rows["train"], rows.get("eval", 0))
    assert disagreements(way) == []


def _split(way: Journey) -> dict[str, Any]:
    return dict(json.loads((way.split / "split.json").read_bytes()))
