"""A plan for the terminal: the run in a few lines, tables, and the findings last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from curate.formatting.units import duration, percent, plural
from curate.terminal.command import printable
from train.artifacts.plan import Finding, Level
from train.artifacts.shared import Risk
from train.artifacts.validation import FULL
from train.plan import Plan
from train.plan.augmentation import plan_augmentation
from train.plan.validation import plan_validation
from train.recipe.pitfalls import RISKS

RISK_STYLES: dict[Risk, str] = {
    "silent": "bold red",
    "stops": "red",
    "elsewhere": "yellow",
    "choice": "cyan",
    "rebuilt": "dim",
}
LEVEL_STYLES: dict[Level, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}

MOST_BINS = 8


def tables(plan: Plan) -> Iterator[RenderableType]:
    """The plan, part by part."""
    for name, text in _facts(plan):
        yield _line(name, text)
    for table in (
        _languages(plan),
        _dropped(plan),
        _bins(plan),
        _augmentation(plan),
        _differences(plan),
    ):
        if table.row_count:
            yield ""
            yield table
    yield ""
    for finding in plan.findings:
        yield from _finding(finding)
    counts = (plural(len(plan.of(level)), level) for level in LEVEL_STYLES)
    yield Text(", ".join(counts))


def _line(name: str, text: str) -> Text:
    return Text.assemble((f"{name:<11}", "bold"), printable(text))


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    facts = plan.facts
    run, batches, demand = facts.run, facts.batches, facts.demand
    size = (
        f"{facts.archive.size_bytes / 2**20:,.0f} MiB, {demand.parameters / 1e6:,.1f} M parameters"
    )
    yield "model", f"{run.model}: {facts.archive.model_class}, {size}"
    yield "recipe", f"{facts.recipe.name}, as NeMo's {facts.recipe.script} does it"
    parts = ", ".join(f"{p.name or 'all'} {p.pieces:,}" for p in facts.tokenizer.parts)
    prompt = f"; prompt {facts.tokenizer.prompt_format}" if facts.is_prompted else ""
    yield "tokenizer", f"{facts.tokenizer.kind}: {parts}{prompt}"
    corpus = facts.corpus
    read = f", {len(corpus.durations):,} of them read" if corpus.is_sampled else ""
    size = f"{plural(corpus.cuts, 'record')}{read}, {duration(hours=corpus.hours)}"
    yield "data", f"{corpus.kind} {corpus.folder}: {size}"
    if corpus.validation is not None:
        rows, hours = corpus.validation
        yield "validation", f"{plural(rows, 'record')}, {duration(hours=hours)}"
    devices = f" on {run.trainer.devices} GPUs" if run.trainer.devices > 1 else ""
    yield "batches", f"{batches.speech_a_batch_s:,.0f} s of speech each{devices}"
    yield from _buckets(plan)
    steps = f"{run.trainer.max_steps:,} steps at {batches.steps_per_epoch:,.0f} an epoch"
    yield (
        "length",
        f"{steps}: {batches.epochs:,.1f} epochs, {duration(hours=batches.hours_seen)} of audio",
    )
    interval = run.trainer.val_check_interval
    proposed = f"{batches.val_check_interval:,} would be twice an epoch, five times at least"
    yield "validates", f"every {interval:,} steps; {proposed}"
    yield from _validation(plan)
    yield from _trainable(plan)
    if decay := run.optim.ema_decay:
        steps = f"over some {1 / (1 - decay):,.0f} steps"
        yield "average", f"of the weights {steps}: validated and saved in their place"
    if demand.memory_gib is not None:
        time = "" if demand.hours is None else f" and {duration(hours=demand.hours)}"
        need = f"{demand.memory_gib:,.1f} GiB a GPU{time}"
        how = ", with gradient checkpointing" if run.trainer.gradient_checkpointing else ""
        yield "estimate", f"about {need} on {demand.gpu.name}{how}, within a factor of two"
    yield "disk", f"at most {demand.disk_gib:,.1f} GiB of checkpoints and model.nemo"
    host = facts.host
    buffer = f"{host.buffered_cuts:,} cuts in buffers take {host.buffer_bytes / 2**30:,.1f}"
    yield "host", f"about {host.memory_bytes / 2**30:,.1f} GiB of memory a device; {buffer}"
    yield "", f"about {duration(host.first_batch_s)} to the first batch"


def _buckets(plan: Plan) -> Iterator[tuple[str, str]]:
    """Where the buckets are from, and the padding in them and in those of the other kind."""
    buckets = plan.facts.buckets
    by = "duration and tokens" if buckets.is_2d else "duration"
    yield "buckets", f"{len(buckets.buckets)} by {by}, from {buckets.source}"
    for each in plan.facts.batches.padding:
        yield "", f"{each.kind}: padding x{each.audio:.2f} of audio, x{each.tokens:.2f} of tokens"


def _validation(plan: Plan) -> Iterator[tuple[str, str]]:
    """What each validation decodes, with its padding, and the share of the time."""
    planned = plan_validation(plan.facts)
    for each in planned.sets:
        times = planned.full_validations if each.name == FULL else planned.validations
        audio = f"{plural(each.rows, 'row')}, {duration(hours=each.hours)}, {times:,} times"
        in_order = f"in the manifest's order x{each.padding_in_order:.2f}"
        yield each.name, f"{audio}; padding x{each.padding:.2f}, {in_order}"
    if planned.sets:
        yield "", f"about {planned.time_share:.0%} of the encoder's time is validation"


def _trainable(plan: Plan) -> Iterator[tuple[str, str]]:
    """How many parameters are trained, where not all are."""
    counts = plan.facts.trainable
    if counts is None or counts.at_start == counts.parameters:
        return
    start, end, whole = (
        f"{n / 1e6:,.1f}" for n in (counts.at_start, counts.at_end, counts.parameters)
    )
    steps = plan.facts.run.freeze.unfreeze_at.values()
    later = f", {end} M from step {max(steps):,} on" if steps else ""
    yield "trains", f"{start} of {whole} M parameters{later}"


def _table(title: str, columns: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None)
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    return table


def _languages(plan: Plan) -> Table:
    numbers = ("hours", "tokens/s", "<unk>", "longest")
    table = _table("languages, in the model's own tokens", ("lang", *numbers), numbers)
    hours = plan.facts.corpus.languages()
    measured = {item.language: item for item in plan.facts.lengths}
    for name in hours:
        item = measured.get(name)
        rate = item.tokens_per_s if item else None
        table.add_row(
            Text(printable(name)),
            f"{hours[name]:,.2f}",
            "-" if rate is None else f"{rate:.1f}",
            percent(item.unknown_share if item else None),
            "-" if item is None else f"{item.longest:,}",
        )
    return table


def _dropped(plan: Plan) -> Table:
    table = _table(
        "dropped by Lhotse", ("lang", "verdict", "hours", "records", "why"), ("hours", "records")
    )
    for item in plan.facts.batches.dropped:
        cells = (item.lang, item.verdict, f"{item.hours:,.3f}", f"{item.rows:,}", item.why)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _bins(plan: Plan) -> Table:
    bins = plan.facts.batches.bins
    tokens = ("tokens",) if plan.facts.buckets.is_2d else ()
    columns = ("up to s", *tokens, "cuts a batch", "share of cuts")
    table = _table(f"{len(bins)} buckets", columns, columns)
    step = max(1, -(-len(bins) // MOST_BINS))
    for item in bins[step - 1 :: step]:
        limit = [f"{item.upto_tokens:,}"] if tokens else []
        table.add_row(
            f"{item.upto_s:.2f}", *limit, f"{item.cuts_a_batch:,.1f}", f"{item.share:.1%}"
        )
    return table


def _augmentation(plan: Plan) -> Table:
    table = _table("augmentation of training", ("what", "recordings", "how"), ("recordings",))
    for item in plan_augmentation(plan.facts):
        table.add_row(item.name, percent(item.share), Text(printable(item.effect)))
    return table


def _differences(plan: Plan) -> Table:
    columns = ("key", "inherited", "used", "why")
    table = _table("what changes from the pretrained configuration", columns)
    rebuilt = 0
    for pitfall in plan.facts.recipe.differences:
        if pitfall.risk == "rebuilt":
            rebuilt += 1
            continue
        cells = (pitfall.key, _value(pitfall.inherited), _value(pitfall.used), pitfall.why)
        table.add_row(*(Text(printable(c)) for c in cells), style=RISK_STYLES[pitfall.risk])
    if rebuilt:
        note = f"{rebuilt} more keys: {RISKS['rebuilt']}; see --json"
        table.add_row(Text(note), "", "", "", style=RISK_STYLES["rebuilt"])
    return table


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _finding(finding: Finding) -> Iterator[Text]:
    style = LEVEL_STYLES[finding.level]
    yield Text.assemble((finding.level, style), f" [{finding.code}] ", printable(finding.what))
    for place in finding.places:
        yield Text(f"  at {printable(place)}")
    for name, text in (("why", finding.why), ("hint", finding.hint)):
        yield Text(f"  {name}: {printable(text)}", style="dim")
