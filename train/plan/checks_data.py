"""Checks of the data: prompt slots, what Lhotse drops, audio, validation."""

from __future__ import annotations

from collections.abc import Iterator

from curate.formatting.units import duration, plural
from curate.nemo.canary_prompt import Problem
from train.artifacts.plan import Level
from train.plan.facts import Facts
from train.plan.findings import Check

OFTEN = 0.02
NOISY_VALIDATION_H = 1.0
LONG_VALIDATION_H = 50.0
MUCH_DROPPED = 0.05
MANY_EPOCHS = 10
SLOT_LITERALS = frozenset(
    {"<|emo:undefined|>", "<|emo:neutral|>", "<|emo:angry|>", "<|emo:happy|>", "<|emo:sad|>"}
)
"""All that canary2's emotion slot may hold."""


def _slots(facts: Facts, problem: Problem) -> Iterator[tuple[str, float]]:
    """What to say of each slot with the problem, and the share of records that have it."""
    if not facts.is_prompted:
        return
    total = len(facts.corpus.examples)
    for slot in facts.slots:
        if slot.problem == problem:
            where = f"the first at {slot.place}"
            rows = f"{slot.rows:,} of {plural(total, 'record')}"
            yield f"{slot.slot}: {rows} checked, {where}", slot.share


def _level(facts: Facts, level: Level) -> Level:
    """Before the shards are written it is but a note: `curate shard` writes these slots out."""
    return level if facts.corpus.kind == "shards" else "note"


def _slot_not_text(facts: Facts) -> Iterator[tuple[Level, str]]:
    for what, _ in _slots(facts, "not-text"):
        yield _level(facts, "error"), what


def _slot_read_as_no(facts: Facts) -> Iterator[tuple[Level, str]]:
    for what, _ in _slots(facts, "read-as-no"):
        yield _level(facts, "error"), what


def _slot_missing(facts: Facts) -> Iterator[tuple[Level, str]]:
    for what, share in _slots(facts, "missing-means-yes"):
        yield _level(facts, "warning" if share > OFTEN else "note"), what


def _slot_contradicts(facts: Facts) -> Iterator[tuple[Level, str]]:
    for what, share in _slots(facts, "contradicts-text"):
        yield "warning" if share > OFTEN else "note", what


def _slot_no_language(facts: Facts) -> Iterator[tuple[Level, str]]:
    for what, _ in _slots(facts, "no-language"):
        yield _level(facts, "error"), what


def _translations(facts: Facts) -> Iterator[str]:
    for what, share in _slots(facts, "translation"):
        yield f"{share:.0%} are translations; {what}"


def _emotions(facts: Facts) -> Iterator[str]:
    wrong = [
        example
        for example in facts.corpus.examples
        if example.fields.get("emotion") not in {None, *SLOT_LITERALS}
    ]
    if facts.is_prompted and wrong:
        yield f"emotion: {wrong[0].fields['emotion']!r} at {wrong[0].place}, {len(wrong)} in all"


def _no_task(facts: Facts) -> Iterator[str]:
    if facts.tokenizer.prompt_format != "canary":
        return
    task_fields = ("taskname", "task")
    lacking = [
        example
        for example in facts.corpus.examples
        if not any(name in example.fields for name in task_fields) or "pnc" not in example.fields
    ]
    if lacking:
        yield f"{len(lacking):,} records lack taskname or pnc, the first at {lacking[0].place}"


def _dropped(facts: Facts) -> Iterator[tuple[Level, str]]:
    lost, whole = facts.batches.dropped_hours, facts.corpus.hours
    if lost:
        share = lost / whole if whole else 1.0
        level: Level = "warning" if share > MUCH_DROPPED else "note"
        hours = f"{duration(hours=lost)} of {duration(hours=whole)} ({share:.1%})"
        yield level, f"{hours} lie outside the durations"


def _nothing_left(facts: Facts) -> Iterator[str]:
    if not facts.batches.cuts:
        yield "no record is left between train_ds.min_duration and train_ds.max_duration"


def _missing_audio(facts: Facts) -> Iterator[tuple[Level, str]]:
    corpus = facts.corpus
    if corpus.missing_audio:
        count, first = len(corpus.missing_audio), corpus.missing_audio[0]
        level: Level = "error" if count == corpus.audio_checked else "warning"
        yield level, f"{count} of {corpus.audio_checked} audio files looked for: {first!r} ..."


def _unreadable_validation(facts: Facts) -> Iterator[str]:
    lost, checked = facts.corpus.unreadable_validation, facts.corpus.validation_audio_checked
    if lost:
        yield f"{len(lost)} of {checked} files checked: {lost[0]!r} ..."


def _misread(facts: Facts) -> Iterator[tuple[Level, str]]:
    places = facts.corpus.misread
    if places:
        level: Level = "note" if facts.corpus.kind == "profile" else "error"
        yield level, f"{len(places):,} of the checked records, the first at {places[0]}"


def _blend(facts: Facts) -> Iterator[tuple[Level, str]]:
    """What each source contributes; a source that is repeated very often is a warning."""
    for source in facts.corpus.sources:
        drawn = facts.batches.hours_seen * source.share
        epochs = drawn / source.hours if source.hours else 0.0
        level: Level = "warning" if epochs > MANY_EPOCHS else "note"
        times = f"{duration(hours=drawn)}, {epochs:.1f} epochs of {duration(hours=source.hours)}"
        yield level, f"{source.name}: {source.share:.1%} of the hours drawn ({times})"


def _no_texts(facts: Facts) -> Iterator[str]:
    if not facts.corpus.examples:
        yield "no text is at hand: the manifests are compressed, moved, or of other formats"


def _small_validation(facts: Facts) -> Iterator[str]:
    validation = facts.corpus.validation
    if validation is not None and validation[1] < NOISY_VALIDATION_H:
        yield f"validation is {duration(hours=validation[1])}"


def _large_validation(facts: Facts) -> Iterator[str]:
    validation, limit = facts.corpus.validation, facts.run.trainer.limit_val_batches
    if validation is not None and validation[1] > LONG_VALIDATION_H and limit is None:
        yield f"validation is {validation[1]:.0f} h, and all of it each time"


def _no_validation(facts: Facts) -> Iterator[str]:
    corpus = facts.corpus
    if corpus.validation is not None and not corpus.validation[0]:
        yield "there is no record to validate on"
    elif corpus.kind == "shards" and corpus.validation_read is None:
        yield f"the eval manifest is missing in {corpus.folder}"


def _changed_validation(facts: Facts) -> Iterator[str]:
    listed, read = facts.corpus.validation, facts.corpus.validation_read
    if listed is not None and read is not None and listed[0] != read:
        yield f"the eval manifest has {plural(read, 'record')}, shards.json lists {listed[0]:,}"


def _other_rates(facts: Facts) -> Iterator[str]:
    rates, own = facts.corpus.rates, facts.recipe.config["train_ds"]["sample_rate"]
    for rate, cuts in sorted(rates.items()):
        if rate != own:
            share = f"{cuts / sum(rates.values()):.1%} of the cuts"
            yield f"{share} are sampled at {rate:,} Hz; the model takes {own:,} Hz"


CHECKS = (
    Check(
        "slot-not-text", "error",
        "NeMo asserts that slots are text: training stops when such a record is drawn",
        "`curate shard` writes yes or no",
        _slot_not_text,
    ),
    Check(
        "slot-read-as-no", "error",
        "NeMo takes yes, true, True and 1 for yes, all else for no: the prompt then means the "
        "opposite",
        "`curate shard` writes yes or no",
        _slot_read_as_no,
    ),
    Check(
        "slot-missing", "warning",
        "a missing pnc means <|pnc|>, and these texts have no punctuation and no capitals",
        "`curate shard` fills pnc in by the text",
        _slot_missing,
    ),
    Check(
        "slot-contradicts", "warning",
        "the model learns that pnc means nothing",
        "declare pnc by the text; drop the field and `curate shard` fills it in",
        _slot_contradicts,
    ),
    Check(
        "slot-no-language", "error",
        "canary prompts need source_lang and target_lang on every record: NeMo stops without",
        "declare `lang`; `curate shard` fills both in from it",
        _slot_no_language,
    ),
    Check(
        "translations", "note",
        "rates and agreement are measured between two languages there, and WER means little",
        "give them their own rules (`translation`), and check their share",
        _translations,
    ),
    Check(
        "slot-literal", "error",
        "canary2 knows five emotions and asserts on anything else, placeholder tokens included",
        "drop the field; own on/off behaviours take a slot of their own",
        _emotions,
    ),
    Check(
        "slot-no-task", "error",
        "the first canary's prompt needs both languages, taskname and pnc on every record",
        "add taskname: asr and pnc: yes or no to the manifest",
        _no_task,
    ),
    Check(
        "dropped", "note",
        "Lhotse leaves out what is shorter or longer without a word",
        "widen train_ds.min_duration and max_duration, or cut the recordings",
        _dropped,
    ),
    Check(
        "nothing-left", "error",
        "there would be no batch, and the run would wait for ever",
        "widen train_ds.min_duration and max_duration",
        _nothing_left,
    ),
    Check(
        "blend", "note",
        "each source is drawn with its share of the hours, however often it then comes",
        "a higher blend.temperature (1 draws by hours), or a smaller --replay share",
        _blend,
    ),
    Check(
        "missing-audio", "warning",
        "NeMo loads audio fault-tolerantly: what is missing vanishes from the training silently",
        "`curate shard` names every one, and leaves none in the shards; see --audio-root",
        _missing_audio,
    ),
    Check(
        "unreadable-validation", "error",
        "NeMo stops at it, in the first validation and not before",
        "`curate profile eval.jsonl --audio signal` names every one; repair them or leave them out",
        _unreadable_validation,
    ),
    Check(
        "rate-beside-offset", "error",
        "sampling_rate beside offset: NeMo loads duration - offset seconds of them, or nothing",
        "`curate split` and `curate shard` write such records without sampling_rate",
        _misread,
    ),
    Check(
        "no-texts", "warning",
        "unknown pieces, tokens a second, lengths and prompt slots are not checked",
        "give --data a split or a shard folder",
        _no_texts,
    ),
    Check(
        "small-validation", "note",
        "the WER estimate is noisy below one hour of validation; 10 to 20 h are stable",
        "`curate split --eval 20h`",
        _small_validation,
    ),
    Check(
        "large-validation", "note",
        "decoding dominates validation time; 10 to 20 h are stable already",
        "`curate split --eval 20h`, or trainer.limit_val_batches",
        _large_validation,
    ),
    Check(
        "no-validation", "error",
        "the best weights are chosen by validation",
        "`curate split --eval 20h`",
        _no_validation,
    ),
    Check(
        "changed-validation", "warning",
        "rows were added or lost since the shards were written",
        "`curate shard` again, unless it was changed on purpose",
        _changed_validation,
    ),
    Check(
        "sampling-rate", "note",
        "NeMo resamples them; above half their own rate they hold nothing",
        "evaluate each rate by itself: `curate profile --by sample_rate`",
        _other_rates,
    ),
)  # fmt: skip
