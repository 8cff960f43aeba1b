"""All that is known before a run begins; what the checks look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from curate.artifacts.shard_index import ShardIndex
from curate.errors import ConfigError
from curate.nemo.archive import Archive
from curate.nemo.canary_prompt import Problem, slot_problems
from train.artifacts.plan import SlotCount
from train.config import Behavior, RunConfig
from train.data import Blend, open_blend
from train.data.augmentation import AugmentationClips, read_augmentation
from train.data.validation import ChosenRows, choose_validation
from train.plan.batches import Batches, plan_batches
from train.plan.corpus import Corpus, read_corpus
from train.plan.demand import Demand, Gpu, estimate_demand
from train.plan.lengths import Lengths, measure_lengths
from train.plan.rows import CheckedRows, check_rows, sets_of
from train.plan.rows.rules import RowRules, decoder_positions, rules_of, tokens_around
from train.plan.rows.source import validation_sets
from train.plan.tokenizer import Tokenizer, read_folder, read_tokenizer
from train.plan.trainable import Trainable, count_trainable
from train.recipe import Recipe, build_recipe
from train.recipe.behaviors import of_config


@dataclass(frozen=True)
class Facts:
    """Model, data and settings, and what follows from them."""

    run: RunConfig
    archive: Archive
    recipe: Recipe
    tokenizer: Tokenizer
    inherited_tokenizer: Tokenizer
    corpus: Corpus
    lengths: tuple[Lengths, ...]
    slots: tuple[SlotCount, ...]
    rows: CheckedRows = field(repr=False)
    validation: tuple[ChosenRows, ...] = field(repr=False)
    batches: Batches
    clips: AugmentationClips = field(repr=False)
    trainable: Trainable | None
    demand: Demand = field(repr=False)

    @property
    def is_prompted(self) -> bool:
        """Whether the model is of the Canary family."""
        return self.tokenizer.prompt_format is not None

    @property
    def around(self) -> int:
        """Tokens before and behind a transcript in the decoder."""
        return tokens_around(self.tokenizer, len(self.behaviors))

    @property
    def behaviors(self) -> dict[str, Behavior]:
        """Own on/off slots of the prompt: those that the model has, and those it is to learn."""
        return of_config(self.recipe.config)

    @property
    def sample_rate(self) -> int:
        """Samples a second of the audio that the model takes."""
        return int(self.recipe.config["train_ds"]["sample_rate"])

    @property
    def longest_allowed(self) -> int | None:
        """Positions that the decoder has; None where it has no such limit."""
        return decoder_positions(self.archive)

    @property
    def longest(self) -> Lengths | None:
        """The language with the longest of the sampled transcripts."""
        return max(self.lengths, key=lambda item: item.longest, default=None)


def gather(run: RunConfig, archive: Archive, gpu: Gpu, blend: Blend | None = None) -> Facts:
    """Read the data and the tokenizer, and work out what the settings make of them."""
    blend = blend or _blend_of(run)
    corpus = read_corpus(run.data, blend)
    recipe = build_recipe(archive, run, corpus.cuts, corpus.sources)
    inherited = read_tokenizer(archive)
    update = run.tokenizer.update
    tokenizer = read_folder(update.dir, update.type) if update else inherited
    batches = plan_batches(corpus, run)
    trainable = count_trainable(archive, run)
    frozen = trainable.frozen if trainable else 0
    rows = _rows(run, blend, rules_of(archive, recipe, tokenizer))
    return Facts(
        run=run,
        archive=archive,
        recipe=recipe,
        tokenizer=tokenizer,
        inherited_tokenizer=inherited,
        corpus=corpus,
        lengths=measure_lengths(corpus.examples, tokenizer),
        slots=count_slots(corpus),
        rows=rows,
        validation=_validation(run, blend, rows),
        batches=batches,
        clips=read_augmentation(run),
        trainable=trainable,
        demand=estimate_demand(archive, run, batches, tokenizer.vocabulary, gpu, frozen),
    )


def _blend_of(run: RunConfig) -> Blend | None:
    """What the run draws from; None before there are shards."""
    if (run.data / ShardIndex.file).is_file():
        return open_blend(run)
    if run.blend.also or run.blend.replay:
        what = f"holds no {ShardIndex.file}, and only shards are blended"
        raise ConfigError.of(run.data, what, "write shards first, or leave the other data out")
    return None


def _rows(run: RunConfig, blend: Blend | None, rules: RowRules) -> CheckedRows:
    """All rows of shards and validation sets, checked; before there are shards, none."""
    if blend is None:
        return CheckedRows()
    return check_rows(sets_of(run, blend), rules, run.faults.max_missing)


def _validation(run: RunConfig, blend: Blend | None, rows: CheckedRows) -> tuple[ChosenRows, ...]:
    """The rows to validate on; before there are shards, none."""
    if blend is None:
        return ()
    sets = validation_sets(run, blend)
    columns = [name for name in blend.main.index.stratum_by if name != "lang"]  # always a stratum
    return choose_validation(run, sets, rows.aside, columns)


def count_slots(corpus: Corpus) -> tuple[SlotCount, ...]:
    """The slot problems of the examples, most frequent first."""
    counts: Counter[tuple[Problem, str]] = Counter()
    first: dict[tuple[Problem, str], str] = {}
    for example in corpus.examples:
        for pair in slot_problems(example.fields, example.text):
            counts[pair] += 1
            first.setdefault(pair, example.place)
    total = len(corpus.examples)
    return tuple(
        SlotCount(
            problem=problem, slot=slot, rows=rows, place=first[problem, slot], share=rows / total
        )
        for (problem, slot), rows in counts.most_common()
    )
