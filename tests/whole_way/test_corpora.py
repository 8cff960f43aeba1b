"""Every kind of corpus goes split, shard, plan, run, eval on real NeMo; what is expected of each.

A fault here lies where two commands meet: each of them has tests of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.train.world import NEMO, World
from tests.whole_way.corpus import Corpus, Record, sentence, write_audio
from tests.whole_way.journey import Journey, Options, Step
from tests.whole_way.referee import rows_of
from train.tiny import Kind

pytestmark = NEMO

SPLIT = ("--eval", "12s", "--test", "12s", "--floor", "0s", "--cap", "0.5")
BEHAVIOR = 'behaviors={verbatim: {on: "<|spltoken0|>", off: "<|spltoken1|>"}}'
SAMPLED = (
    "trainer.limit_val_batches=2", "validation_ds.batch_size=2", "trainer.val_check_interval=1",
    "validation_ds.full_every=9",
)  # fmt: skip

Prompts = list[list[str]]
Check = Callable[[Journey, Prompts], None]


# ----- corpora


def sound(folder: Path) -> Corpus:
    """Rows in the order of their speakers."""
    return Corpus.sound(folder, speakers=30, each=2)


def with_stereo(folder: Path) -> Corpus:
    """Of every second speaker one of the two rows is stereo."""
    corpus = sound(folder)
    for number, row in enumerate(corpus.rows):
        if number % 4 == 0:
            write_audio(folder / row["audio_filepath"], seed=number, channels=2)
    return corpus


def telephone(folder: Path) -> Corpus:
    corpus = sound(folder)
    for number, row in enumerate(corpus.rows):
        write_audio(folder / row["audio_filepath"], seed=number, rate=8_000)
    return corpus


def by_domain(folder: Path) -> Corpus:
    """Calls are short and reading is long; a third of the rows is reading."""
    corpus = Corpus(folder)
    for number in range(60):
        domain, seconds = ("read", 5.5) if number % 3 == 0 else ("calls", 1.5)
        lang = ("en", "de")[number % 2]
        corpus.add(f"s{number}", seconds=seconds, lang=lang, domain=domain)
    return corpus


def with_behavior(folder: Path) -> Corpus:
    corpus = sound(folder)
    for number, row in enumerate(corpus.rows):
        row["verbatim"] = ("yes", "no", True)[number % 3]
    return corpus


def with_translations(folder: Path) -> Corpus:
    """Every second speaker is German; half of the German rows have an English text."""
    corpus = sound(folder)
    for number, row in enumerate(corpus.rows):
        lang = row.pop("lang")
        translated = lang == "de" and number % 2 == 0
        target = "en" if translated else lang
        row |= {"source_lang": lang, "target_lang": target, "text": sentence(number, target)}
    return corpus


# ----- what is expected of each


def rows_in(way: Journey, *names: str) -> list[Record]:
    return [row for name in names for row in rows_of(way.shards / f"{name}.jsonl")]


def codes(way: Journey) -> set[str]:
    return {finding["code"] for finding in way.steps["plan"].artefact["findings"]}


def check_stereo_is_left_out(way: Journey, _: Prompts) -> None:
    index = json.loads((way.shards / "shards.json").read_bytes())
    assert index["skipped_rows"] == 15
    assert [row["reason"].startswith("2 channels") for row in index["skipped"]] == [True] * 15
    places = {int(row["id"].rpartition(":")[2]) for row in index["skipped"]}
    assert places == set(range(1, 61, 4))
    lost = {
        name: len(rows_of(way.split / f"{name}.jsonl")) - len(rows_in(way, name))
        for name in ("train", "eval", "test")
    }
    assert sum(lost.values()) == 15
    assert lost["eval"] > 0  # else nothing is tested
    of = {name: way.steps["split"].rows[name] for name in lost}
    each = ", ".join(f"{name} {rows} of {of[name]}" for name, rows in lost.items() if rows)
    (warning,) = index["warnings"]
    lost_rows = f"15 records of 15 files left out for their audio ({each})"
    assert warning.startswith(f"{lost_rows}: 2 channels")


def check_stereo_is_mixed(way: Journey, _: Prompts) -> None:
    index = json.loads((way.shards / "shards.json").read_bytes())
    assert index["skipped_rows"] == 0
    rows = rows_in(way, "train", "eval", "test")
    assert len(rows) == 60
    mixed = [row for row in rows_in(way, "eval", "test") if "/audio/" in row["audio_filepath"]]
    assert mixed


def check_lower_rate_is_named(way: Journey, _: Prompts) -> None:
    assert "sampling-rate" in codes(way)
    evaluation = way.steps["eval"]
    (warning,) = evaluation.artefact["warnings"]
    rows = len(rows_in(way, "eval", "test"))
    assert warning.startswith(f"{rows} rows are sampled at 8,000 Hz; the model takes 16,000 Hz")
    assert "no sound above 4,000 Hz" in evaluation.ran.stderr


def parts_of(way: Journey, name: str) -> list[dict[str, Any]]:
    sets = {each["name"]: each for each in way.steps["run"].artefact["validation_sets"]}
    return list(sets[name]["strata"])


def check_speakers_of_the_sample(way: Journey, _: Prompts) -> None:
    held = Counter(row["speaker"] for row in rows_in(way, "eval"))
    sample = Counter(row["speaker"] for row in rows_of(way.out / "run/validation/eval.jsonl"))
    assert [*held.values()] == [2, 2, 2]  # so the first four rows are of two speakers
    assert sorted(sample.values()) == [1, 1, 2]
    run = way.steps["run"].artefact
    points = [run["baseline"], *run["validation"]]
    assert [point["step"] for point in points] == [0, 1, 2, 3]
    assert [point["step"] for point in points if "full" in point["also"]] == [0, 3]


def check_strata_of_the_sample(way: Journey, _: Prompts) -> None:
    index = json.loads((way.shards / "shards.json").read_bytes())
    assert index["strata_columns"] == ["lang", "domain", "duration_bin"]
    sample, full = parts_of(way, "eval"), parts_of(way, "full")
    strata = {tuple(part["stratum"][:3]) for part in full}
    assert {stratum[1] for stratum in strata} == {"calls", "read"}
    assert {stratum[2] for stratum in strata} == {"1-2 s", "5-10 s"}
    whole = sum(part["of_rows"] for part in sample)
    assert whole == len(rows_in(way, "eval")) == sum(part["rows"] for part in full)
    assert sum(part["rows"] for part in sample) == 4
    for part in sample:
        assert abs(part["rows"] - 4 * part["of_rows"] / whole) < 1
    assert {source["name"] for source in way.steps["run"].artefact["data"]["sources"]} <= {
        "de",
        "en",
    }


def prompted(rows: Sequence[Record]) -> Counter[tuple[str, str]]:
    return Counter((f"<|{row['source_lang']}|>", f"<|{row['target_lang']}|>") for row in rows)


def languages_in(prompts: Prompts) -> Counter[tuple[str, str]]:
    """Source and target language of each prompt, behind the emotion."""
    places = [prompt.index("<|emo:undefined|>") for prompt in prompts]
    return Counter(
        (prompt[at + 1], prompt[at + 2]) for prompt, at in zip(prompts, places, strict=True)
    )


def check_languages_in_prompts(way: Journey, prompts: Prompts) -> None:
    rows = rows_in(way, "eval", "test")
    assert languages_in(prompts) == prompted(rows)
    assert len(prompted(rows)) == 2
    parts = {part["value"]: part for part in way.steps["eval"].artefact["by"]["lang"]}
    counts = Counter(row["target_lang"] for row in rows)
    assert {name: part["rows"] for name, part in parts.items()} == counts
    assert all(part["ref_words"] == 4 * counts[name] for name, part in parts.items())
    assert all(part["wer"] is not None for part in parts.values())


def check_behaviors_in_prompts(way: Journey, prompts: Prompts) -> None:
    rows = rows_in(way, "eval", "test")
    expected = Counter(
        "<|spltoken1|>" if row["verbatim"] == "no" else "<|spltoken0|>" for row in rows
    )
    assert Counter(prompt[-1] for prompt in prompts) == expected
    assert len(expected) == 2
    check_languages_in_prompts(way, prompts)
    assert (way.out / "run/canary2_behaviors.py").is_file()


def check_translations(way: Journey, prompts: Prompts) -> None:
    rows = rows_in(way, "eval", "test")
    assert languages_in(prompts) == prompted(rows)
    translated = [row for row in rows if row["source_lang"] != row["target_lang"]]
    assert 0 < len(translated) < len(rows)
    record = way.steps["eval"].artefact
    (pair,) = record["translations"]
    assert (pair["source_lang"], pair["target_lang"], pair["rows"]) == ("de", "en", len(translated))
    assert 0 <= pair["bleu"]["score"] <= 100
    assert 0 <= pair["chrf"]["score"] <= 100
    assert pair["wer"] is not None
    assert record["overall"]["rows"] == len(rows) - len(translated)
    assert "translations" in codes(way)
    assert "forgets-translation" not in codes(way)
    assert "BLEU de to en" in (way.out / "evaluation/report.html").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """A kind of corpus, the model that it goes to, further words of commands, the expectation."""

    make: Callable[[Path], Corpus]
    kind: Kind
    check: Check
    profile: Sequence[str] = ()
    split: Sequence[str] = ()
    shard: Sequence[str] = ()
    settings: Sequence[str] = ()


CASES = {
    "stereo": Case(with_stereo, "ctc", check_stereo_is_left_out),
    "stereo, mixed": Case(with_stereo, "ctc", check_stereo_is_mixed, shard=["--mono"]),
    "8 kHz": Case(telephone, "ctc", check_lower_rate_is_named),
    "sorted by speaker": Case(sound, "ctc", check_speakers_of_the_sample, settings=SAMPLED),
    "stratified": Case(
        by_domain, "ctc", check_strata_of_the_sample, profile=["--by", "domain"],
        split=["--by", "lang,domain"], shard=["--shard-by", "lang"], settings=SAMPLED,
    ),
    "languages": Case(sound, "unified", check_languages_in_prompts),
    "behaviours": Case(
        with_behavior, "canary", check_behaviors_in_prompts, settings=[BEHAVIOR]
    ),
    "translation, aggregate": Case(with_translations, "canary", check_translations),
    "translation, unified": Case(with_translations, "unified", check_translations),
}  # fmt: skip


@pytest.fixture
def prompts(world: World, monkeypatch: pytest.MonkeyPatch) -> Prompts:
    """The tokens in front of each row that is decoded."""
    from nemo.collections.asr.parts.submodules.multitask_decoding import MultiTaskDecoding

    decode = MultiTaskDecoding.decode_predictions_tensor
    seen: Prompts = []

    def look(self: Any, *arguments: Any, decoder_input_ids: Any, **named: Any) -> Any:
        seen.extend(self.tokenizer.ids_to_tokens(row) for row in decoder_input_ids.tolist())
        return decode(self, *arguments, decoder_input_ids=decoder_input_ids, **named)

    monkeypatch.setattr(MultiTaskDecoding, "decode_predictions_tensor", look)
    return seen


@pytest.mark.parametrize("name", CASES)
def test_a_corpus_goes_the_whole_way(
    world: World, tmp_path: Path, prompts: Prompts, name: str
) -> None:
    case = CASES[name]
    settings = [word for each in case.settings for word in ("--set", each)]
    options = Options(
        profile=case.profile, split=[*SPLIT, *case.split], shard=case.shard, plan=settings,
        run=settings,
    )  # fmt: skip
    manifest = case.make(tmp_path).manifest()
    way = Journey([manifest], tmp_path / "out", options, world.model(case.kind).path)
    way.go("profile", "split", "shard", "plan", "run")
    prompts.clear()
    way.go("eval")
    exit_codes = {name: step.exit_code for name, step in way.steps.items()}
    assert exit_codes.pop("run") in (0, 1), way.failures  # three steps may make a model worse
    assert set(exit_codes.values()) == {0}, way.failures
    check_counts(way.steps, len(rows_of(manifest)))
    case.check(way, prompts)


def check_counts(steps: dict[str, Step], rows: int) -> None:
    """Every row is counted in each step, and the run validated before step 1."""
    stored = steps["shard"].rows
    assert (
        sum(steps["split"].rows[name] for name in steps["split"].rows if name != "inputs") == rows
    )
    assert stored["inputs"] == sum(n for name, n in stored.items() if name != "inputs")
    used = {name: stored[name] for name in ("train", "eval")}
    assert steps["plan"].rows == steps["run"].rows == used
    sets = {each["name"]: each for each in steps["run"].artefact["rows"]}
    assert {name: sets[name]["used_rows"] for name in used} == used
    assert all(not each["problems"] for each in sets.values())
    baseline = steps["run"].artefact["baseline"]
    assert baseline["step"] == 0
    assert baseline["val_wer"] is not None
    scored = stored["eval"] + stored["test"]
    assert steps["eval"].rows == {"scored": scored, "unscored": 0, "predictions": scored}
