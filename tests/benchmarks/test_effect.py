"""The bench of curation's effect: its defects, its arms, and the intervals of its table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.digit_defects import DEFECTS, plant
from benchmarks.effect_arms import (
    ARMS,
    EACH_SHARE,
    FILTERS,
    KINDS,
    RANDOM,
    Corpus,
    Sizes,
    at_random,
    held_out,
    middle_half,
)
from benchmarks.effect_real import RESULTS
from benchmarks.effect_table import (
    Counts,
    Result,
    claim_lines,
    compare,
    interval,
    loop_lines,
    mixed_lines,
    read_models,
    read_results,
    readme_lines,
    table_lines,
)
from benchmarks.effect_toward import TARGET_SHARE
from benchmarks.joined_digits import RATE, Json, Takes, read_rows, seconds, write_rows

WORDS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
SPEAKERS = ("ann", "bob", "cat", "dan", "eve", "fay")


@pytest.fixture(scope="module")
def takes() -> Takes:
    """Two takes of each word by each speaker, 0.3 s and longer."""
    samples = [np.full(RATE * 3 // 10 + 100 * n, 0.1, np.float32) for n in range(20)]
    return Takes({name: list(zip(WORDS * 2, samples, strict=True)) for name in SPEAKERS})


@pytest.fixture
def corpus(takes: Takes, tmp_path: Path) -> Corpus:
    """A seed's corpus, whose scores contradict every swapped text and no other."""

    def score(manifest: Path) -> Path:
        rows = read_rows(manifest)
        for row in rows:
            swapped = row["kind"] == "swapped"
            row["pred_text"] = "nothing of the kind" if swapped else row["text"]
        return write_rows(manifest.with_name("scored.jsonl"), rows)

    return Corpus(takes, Sizes(4, 100, 4, 4), tmp_path, 1, score)


def test_a_start_may_have_takes_of_its_own(takes: Takes, tmp_path: Path) -> None:
    own, others = takes.divided(1)
    for name in SPEAKERS:
        assert [word for word, _ in own.by_speaker[name]] == WORDS
        assert {samples.size for _, samples in own.by_speaker[name]}.isdisjoint(
            samples.size for _, samples in others.by_speaker[name]
        )
    corpus = Corpus(others, Sizes(30, 30, 4, 4), tmp_path, 1, start_takes=own)
    sizes = {arm: set[int]() for arm in ("start", "clean")}
    for arm, of in sizes.items():
        for row in corpus.rows(arm):
            first_s, last_s = row["words_s"]
            of |= {round(first_s * RATE), round(last_s * RATE)}
    taken = RATE * 3 // 10 + 100 * np.arange(20)
    assert sizes["start"] <= set(taken[:10].tolist())
    assert sizes["clean"] <= set(taken[10:].tolist())


def of_kind(rows: Sequence[Json], kind: str) -> list[Json]:
    return [row for row in rows if row["kind"] == kind]


def test_as_many_defects_are_planted_as_declared(corpus: Corpus) -> None:
    kinds = Counter(row["kind"] for row in corpus.spoiled)
    assert kinds == {**dict.fromkeys(KINDS, round(100 * EACH_SHARE)), "sound": 60}
    assert [row["utterance"] for row in corpus.spoiled] == [r["utterance"] for r in corpus.clean]
    unchanged = zip(corpus.clean, corpus.spoiled, strict=True)
    assert all(a == b for a, b in unchanged if b["kind"] == "sound")


def lacks_words(before: Json, after: Json) -> bool:
    words, left = before["text"].split(), after["text"].split()
    count = len(words) - len(left)
    runs = [words[:at] + words[at + count :] for at in range(len(left) + 1)]
    return count >= 1 and len(left) >= 1 and left in runs


def loops(before: Json, after: Json) -> bool:
    words, more = before["text"].split(), after["text"].split()[len(before["text"].split()) :]
    sizes = [size for size in (1, 2) if more == words[-size:] * (len(more) // size)]
    return any(3 <= len(more) // size <= 19 for size in sizes)


def is_cut(before: Json, after: Json) -> bool:
    lost_s, offset_s = before["duration"] - after["duration"], after["offset"]
    at_start = offset_s == pytest.approx(lost_s, abs=1e-3)
    word_s, edge_s = (before[name][0 if at_start else 1] for name in ("words_s", "edges_s"))
    loses_half = bool(edge_s - word_s / 2 - 1e-3 <= lost_s <= edge_s + 1e-3)
    return loses_half and (at_start or offset_s == 0)


def has_intruder(before: Json, after: Json) -> bool:
    own, whole = (soundfile.read(row["audio_filepath"])[0] for row in (before, after))
    seconds_more = (whole.size - own.size) / RATE
    is_declared = after["duration"] == pytest.approx(whole.size / RATE, abs=1e-3)
    return np.array_equal(own, whole[: own.size]) and 0.6 <= seconds_more <= 1.8 and is_declared


@pytest.mark.parametrize(
    ("kind", "is_spoiled"),
    [
        ("swapped", lambda before, after: before["text"] != after["text"]),
        ("cut", is_cut),
        ("cut_start", lambda before, after: is_cut(before, after) and after["offset"] > 0),
        ("cut_end", lambda before, after: is_cut(before, after) and after["offset"] == 0),
        ("looped", loops),
        ("deleted", lacks_words),
        ("other_speaker", has_intruder),
    ],
)
def test_a_defect_is_what_its_name_says(
    corpus: Corpus, kind: str, is_spoiled: Callable[[Json, Json], bool]
) -> None:
    planted = plant(corpus.clean, {kind: 0.3}, 5)
    pairs = [(a, b) for a, b in zip(corpus.clean, planted, strict=True) if b["kind"] == kind]
    assert len(pairs) == 30
    assert all(is_spoiled(before, after) for before, after in pairs)
    assert planted == plant(corpus.clean, {kind: 0.3}, 5)
    assert kind in DEFECTS


def test_the_intruder_is_another_speaker(corpus: Corpus) -> None:
    planted = of_kind(plant(corpus.clean, {"other_speaker": 0.3}, 5), "other_speaker")
    pairs = [Path(row["audio_filepath"]).stem.split("+") for row in planted]
    assert len(pairs) == 30
    assert all(own.split("-")[0] != other.split("-")[0] for own, other in pairs)


def test_every_filter_has_random_rows_of_equal_hours(corpus: Corpus) -> None:
    assert {f"{name}{RANDOM}" for name in FILTERS} < set(ARMS)
    longest_s = max(row["duration"] for row in corpus.spoiled)
    for name in ("rules", "agreement", "over-filtered"):
        own, other = corpus.rows(name), corpus.rows(f"{name}{RANDOM}")
        assert abs(seconds(own) - seconds(other)) <= longest_s / 2
        assert seconds(own) < seconds(corpus.spoiled)
        assert all(row in corpus.spoiled for row in other)


@pytest.mark.parametrize("seed", range(5))
def test_random_rows_have_defects_as_often_as_all_rows(corpus: Corpus, seed: int) -> None:
    spoiled = plant(corpus.clean, dict.fromkeys(KINDS, EACH_SHARE), seed)
    half = at_random(spoiled, seconds(spoiled) / 2, seed)
    share = 1 - len(of_kind(half, "sound")) / len(half)
    assert 0.25 < share < 0.55


def test_presets_leave_in_training_what_they_do_not_call_bad(corpus: Corpus) -> None:
    left = corpus.rows("agreement")
    assert not of_kind(left, "swapped")
    assert len(of_kind(left, "sound")) == 60
    assert len(of_kind(corpus.rows("rules"), "swapped")) == 8
    assert {row["utterance"] for row in left} < {row["utterance"] for row in corpus.rows("rules")}


def test_a_choice_toward_a_domain_has_more_of_it_in_equal_hours(corpus: Corpus) -> None:
    rows = corpus.rows("mixed, toward")
    others = corpus.rows(f"mixed, toward{RANDOM}")
    longest_s = max(row["duration"] for row in corpus.mixed)
    assert abs(seconds(rows) - TARGET_SHARE * seconds(corpus.mixed)) <= longest_s
    assert abs(seconds(rows) - seconds(others)) <= longest_s / 2
    assert len(of_kind(corpus.mixed, "target")) == round(TARGET_SHARE * len(corpus.mixed))
    assert len(of_kind(rows, "target")) / len(rows) > TARGET_SHARE
    assert all(row in corpus.mixed for row in (*rows, *others))
    assert corpus.test_of("mixed") != corpus.test_of("clean") == corpus.test


def test_random_rows_are_nearest_to_the_hours_and_another_sample_for_another_seed() -> None:
    rows = [{"duration": 1 + n % 3, "n": n} for n in range(60)]
    for length_s in (0, 17, 60.4, 120):
        assert abs(seconds(at_random(rows, length_s, 1)) - length_s) <= 1.5
    assert at_random(rows, 40, 1) != at_random(rows, 40, 2)
    chosen = [row["n"] for row in at_random(rows, 60, 1)]
    assert all(a < b for a, b in pairwise(chosen))


def test_the_middle_half_by_rate() -> None:
    rows = [{"duration": 1.0, "text": "x" * n} for n in range(1, 100)]
    assert [len(row["text"]) for row in middle_half(rows)] == list(range(25, 76))


def test_all_speakers_are_held_out_in_turn_and_never_trained_on(corpus: Corpus) -> None:
    assert [held_out(SPEAKERS, seed) for seed in range(4)] == [
        ["ann", "bob"], ["cat", "dan"], ["eve", "fay"], ["ann", "bob"],
    ]  # fmt: skip
    tested = {row["speaker"] for row in read_rows(corpus.test)}
    trained = {row["speaker"] for arm in ("start", "clean") for row in getattr(corpus, arm)}
    assert (tested, trained) == ({"cat", "dan"}, {"ann", "bob", "eve", "fay"})


def result(arm: str, seed: int, errors: Sequence[int], digest: str = "d") -> Result:
    return Result(arm, seed, digest, ("ann",), 10, 1.0, {}, errors, [4] * len(errors), 1.0)


def plainly_drawn(more: Sequence[Counts], words: Sequence[Counts], draws: int) -> list[float]:
    """The bootstrap as its definition reads: seeds, then utterances of each, one at a time."""
    rng = np.random.default_rng(7)
    rates = []
    for _ in range(draws):
        errors = total = 0
        for seed in rng.integers(len(more), size=len(more)):
            chosen = rng.integers(more[seed].size, size=more[seed].size)
            errors += more[seed][chosen].sum()
            total += words[seed][chosen].sum()
        rates.append(errors / total)
    return rates


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_intervals_are_those_of_the_plain_definition(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    more = [rng.integers(-2, 3, size=40) + at % 2 for at in range(seeds)]
    words = [rng.integers(3, 8, size=40) for _ in range(seeds)]
    difference = interval(more, words)
    low, high = np.percentile(plainly_drawn(more, words, 3000), [2.5, 97.5])
    assert difference.value == sum(map(np.sum, more)) / sum(map(np.sum, words))
    assert difference.low == pytest.approx(low, abs=0.01)
    assert difference.high == pytest.approx(high, abs=0.01)
    assert difference.low < difference.value < difference.high


def test_differences_are_over_the_seeds_that_both_arms_have() -> None:
    new = [result("rules", 0, [1, 0]), result("rules", 1, [4, 4])]
    old = [result("spoiled", 0, [2, 1]), result("spoiled", 2, [0, 0])]
    difference = compare(new, old)
    assert difference is not None
    assert difference.value == -2 / 8
    assert compare(new, old[1:]) is None


def test_results_of_two_configurations_do_not_compare(tmp_path: Path) -> None:
    for seed, digest in enumerate("ab"):
        path = tmp_path / f"clean-{seed}.json"
        path.write_text(json.dumps(asdict(result("clean", seed, [1], digest))), encoding="utf-8")
    with pytest.raises(SystemExit, match="several configurations"):
        read_results(tmp_path)


def test_the_tables_of_the_pages_are_those_of_the_stored_runs(root: Path) -> None:
    stored = read_models(RESULTS)
    assert len(stored["CTC"]) >= 10
    for name, lines in (
        ("benchmarks/results.md", table_lines(stored)),
        ("benchmarks/results.md", loop_lines(stored["Canary"])),
        ("benchmarks/results.md", mixed_lines(stored["CTC"])),
        ("README.md", readme_lines(stored)),
        ("README.md", claim_lines(stored)),
    ):
        assert "\n".join(lines) in (root / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(
    ("more", "claim"),
    [(-3, "a lower WER"), (3, "a higher WER"), (0, "no measurable difference")],
)
def test_what_is_claimed_is_what_the_interval_shows(more: int, claim: str) -> None:
    errors = [4, 5, 6, 4, 5] * 8
    new = [each + more for each in errors] if more else errors[::-1]
    results = [
        each
        for seed in range(5)
        for each in (result("rules", seed, new), result("rules, random", seed, errors))
    ]
    (line,) = claim_lines({"CTC": results})
    assert line == f"- CTC, against random data of equal hours: {claim} after the default rules."


def test_utterances_that_loop_are_counted_apart() -> None:
    two = [result("spoiled", seed, [1, 30, 8], "d") for seed in (0, 1)]
    *_, line = loop_lines(two)  # four words each: eight errors are two a word
    assert line == "| spoiled | 0 | 2 of 6 | 30 | 1.125 |"


def test_each_model_has_its_own_rows(tmp_path: Path) -> None:
    for folder, arm, errors in (
        ("ctc", "clean", 1),
        ("canary", "clean", 2),
        ("canary", "start", 3),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        content = json.dumps(asdict(result(arm, 0, [errors], folder)))
        (tmp_path / folder / f"{arm}-0.json").write_text(content, encoding="utf-8")
    by_model = read_models(tmp_path)
    rows = [line.split(" | ")[:6] for line in table_lines(by_model) if line.startswith("| C")]
    assert [(row[0], row[1], row[5]) for row in rows] == [
        ("| CTC", "clean", "0.250"), ("| Canary", "start", "0.750"), ("| Canary", "clean", "0.500")
    ]  # fmt: skip
    assert "| no defect in the data | 0.250 |  | 0.500 |  |" in readme_lines(by_model)
    assert list(read_models(tmp_path / "nosuch")) == []
