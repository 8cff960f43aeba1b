"""All that is known before a run begins; what the checks look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from curate.artifacts.shard_index import ShardIndex
from curate.errors import ConfigError
from curate.nemo.archive import Archive
from curate.nemo.canary_prompt import Problem, slot_problems
from train.artifacts.plan import SlotCount
from train.config import Behavior, RunConfig
from train.data import Blend, open_blend
from train.data.augmentation import AugmentationClips, read_augmentation
from train.data.check import check_shards
from train.data.subset import strata_columns
from train.data.validation import ChosenRows, choose_validation
from train.plan.batches import Batches, measure_padding, plan_batches
from train.plan.buckets import BucketData, plan_buckets
from train.plan.corpus import Corpus, read_corpus
from train.plan.demand import Demand, Gpu, estimate_demand
from train.plan.host import Host, estimate_host
from train.plan.lengths import Lengths, measure_lengths
from train.plan.measured import read_batch_sizes
from train.plan.rows import CheckedRows, check_rows, sets_of
from train.plan.rows.rules import RowRules, decoder_positions, rules_of, tokens_around
from train.plan.rows.source import validation_sets
from train.plan.tokenizer import Tokenizer, read_folder, read_tokenizer
from train.plan.trainable import Trainable, count_trainable
from train.recipe import Recipe, build_recipe
from train.recipe.behaviors import of_config
from train.recipe.buckets import Buckets


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
    buckets: Buckets = field(repr=False)
    batches: Batches
    clips: AugmentationClips = field(repr=False)
    trainable: Trainable | None
    demand: Demand = field(repr=False)
    host: Host = field(repr=False)

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


@dataclass(frozen=True)
class Inputs:
    """Model and data as they are, and the recipe before it has buckets."""

    archive: Archive
    recipe: Recipe
    inherited_tokenizer: Tokenizer
    lengths: tuple[Lengths, ...]
    data: BucketData


def read_inputs(run: RunConfig, archive: Archive, blend: Blend | None) -> Inputs:
    """Read the data and the tokenizer."""
    corpus = read_corpus(run.data, blend)
    recipe = build_recipe(archive, run, corpus.cuts, corpus.sources)
    inherited = read_tokenizer(archive)
    update = run.tokenizer.update
    tokenizer = read_folder(update.dir, update.type) if update else inherited
    lengths = measure_lengths(corpus.examples, tokenizer)
    around = tokens_around(tokenizer, len(of_config(recipe.config)))
    positions = decoder_positions(archive)
    limit = None if positions is None else positions + 1  # it reads all but the last token
    data = BucketData.of(corpus, run, tokenizer, lengths, around, limit)
    return Inputs(archive, recipe, inherited, lengths, data)


def gather(run: RunConfig, archive: Archive, gpu: Gpu, blend: Blend | None = None) -> Facts:
    """Read the data and the tokenizer, and work out what the settings make of them."""
    blend = blend or blend_of(run)
    inputs = read_inputs(run, archive, blend)
    data = inputs.data
    corpus, tokenizer = data.corpus, data.tokenizer
    buckets = _buckets(data, archive, gpu)
    recipe = build_recipe(archive, run, corpus.cuts, corpus.sources, buckets)
    batches = plan_batches(data, buckets, measure_padding(data, _alternatives(data, buckets)))
    trainable = count_trainable(archive, run)
    frozen = trainable.frozen if trainable else 0
    rows = _rows(run, blend, rules_of(archive, recipe, tokenizer))
    return Facts(
        run=run,
        archive=archive,
        recipe=recipe,
        tokenizer=tokenizer,
        inherited_tokenizer=inputs.inherited_tokenizer,
        corpus=corpus,
        lengths=inputs.lengths,
        slots=count_slots(corpus),
        rows=rows,
        validation=_validation(run, blend, rows),
        buckets=buckets,
        batches=batches,
        clips=read_augmentation(run),
        trainable=trainable,
        demand=estimate_demand(archive, run, batches, tokenizer.vocabulary, gpu, frozen),
        host=estimate_host(archive, recipe, batches, blend),
    )


def _buckets(data: BucketData, archive: Archive, gpu: Gpu) -> Buckets:
    settings = data.run.train_ds
    if settings.batch_sizes is not None:
        return read_batch_sizes(data, archive, gpu)
    return plan_buckets(data, settings.buckets)


def _alternatives(data: BucketData, buckets: Buckets) -> Sequence[Buckets]:
    """The run's buckets, and those of the other kind if the model can have them."""
    if buckets.is_2d:
        return plan_buckets(data, "1d"), buckets
    return (buckets,) if data.limit is None else (buckets, plan_buckets(data, "2d"))


def blend_of(run: RunConfig) -> Blend | None:
    """What the run draws from; None before there are shards."""
    if (run.data / ShardIndex.file).is_file():
        blend = open_blend(run)
        check_shards(blend)
        return blend
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
    return choose_validation(run, sets, rows.aside, strata_columns(blend.main.index))


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
