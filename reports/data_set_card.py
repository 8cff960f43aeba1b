"""A data set card in the form of Hugging Face: metadata in YAML, then what the corpus is.

https://huggingface.co/docs/hub/datasets-cards. Everything is from the artefacts; what they do not
know (a name, a licence) is About.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from curate.artifacts.base import read_artifact
from curate.artifacts.profile import Profile
from curate.artifacts.split import Measure, Split
from curate.errors import Fault, InputError, raise_all
from reports.format import count, hours, number, percent, plural, share
from reports.markdown import Table, cell, code
from reports.transcripts import visible

HUB_SPLITS = {"train": "train", "eval": "validation", "test": "test"}
"""Names of splits as the Hub knows them."""
_SIZES = ((10**3, "1K"), (10**4, "10K"), (10**5, "100K"), (10**6, "1M"), (10**7, "10M"),
          (10**8, "100M"), (10**9, "1B"))  # fmt: skip
_LICENCES = ("license", "licence")


class About(NamedTuple):
    """What no artefact says: a name, and a licence by the Hub's identifier (empty: unknown)."""

    name: str
    licence: str = ""


def card_of(directories: Sequence[Path], about: About) -> str:
    """The card of a profile directory, a split directory, or both.

    InputError with every directory that is neither, where two are of one kind, and where the split
    was made from other manifests than the profile.
    """
    profiles: list[Profile] = []
    splits: list[Split] = []
    faults: list[Fault] = []
    for directory in directories:
        try:
            if (directory / Split.file).is_file():
                splits.append(read_artifact(directory, Split))
            else:
                profiles.append(read_artifact(directory, Profile))
        except InputError as error:
            faults += error.faults
    if not faults:
        faults = [*_too_many(directories, profiles, splits), *_of_others(profiles, splits)]
    raise_all(InputError, faults)
    return card(about, next(iter(profiles), None), next(iter(splits), None))


def _too_many(
    directories: Sequence[Path], profiles: Sequence[Profile], splits: Sequence[Split]
) -> Iterator[Fault]:
    for kind, artefacts in (("profile", profiles), ("split", splits)):
        if len(artefacts) > 1:
            named = ", ".join(map(str, directories))
            yield Fault(named, f"more than one {kind}", "a card is of one profile and one split")


def _of_others(profiles: Sequence[Profile], splits: Sequence[Split]) -> Iterator[Fault]:
    for profile in profiles:
        for split in splits:
            if profile.inputs != split.inputs or profile.rules != split.rules:
                what = "the split was made from another profile (its manifests or rules differ)"
                yield Fault(Split.file, what, "name the profile that was split")


def card(about: About, profile: Profile | None, split: Split | None) -> str:
    """The card of a corpus by its profile, its split, or both; the same artefacts give the same
    text.
    """
    assert profile or split, "a card needs something to describe"
    parts = [*_head(about, profile, split)]
    parts += _contents(split) if split else []
    parts += _languages(profile) if profile else []
    parts += _licences(about, profile)
    parts += _quality(profile) if profile else []
    parts += _defects(profile, split)
    parts += _provenance(profile, split)
    return "\n".join((*_metadata(about, profile, split), "", *parts)).rstrip() + "\n"


def _metadata(about: About, profile: Profile | None, split: Split | None) -> Iterator[str]:
    """YAML; a JSON value is YAML, whatever its characters."""
    values: dict[str, object] = {"pretty_name": visible(about.name)}
    if profile and profile.languages:
        values["language"] = list(profile.languages)
    if about.licence:
        values["license"] = visible(about.licence)
    values["task_categories"] = ["automatic-speech-recognition"]
    values["size_categories"] = [_size(_rows(profile, split))]
    if split:
        files = [
            {"split": HUB_SPLITS.get(output.name, output.name), "path": output.file}
            for output in _published(split)
        ]
        values["configs"] = [{"config_name": "default", "data_files": files}]
    yield "---"
    yield from (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    yield "---"


def _rows(profile: Profile | None, split: Split | None) -> int:
    if split:
        return sum(output.rows for output in _published(split))
    return profile.totals.rows if profile else 0


def _published(split: Split) -> list[_Output]:
    """Outputs that somebody trains or evaluates on, and that have rows."""
    shown = ("train", *split.targets)
    return [
        _Output(each.name, each.file, each.rows, each.hours)
        for each in split.outputs
        if each.name in shown and each.rows
    ]


class _Output(NamedTuple):
    name: str
    file: str
    rows: int
    hours: float


def _size(rows: int) -> str:
    """The Hub's class of sizes.

    >>> _size(999), _size(1000), _size(2_000_000_000)
    ('n<1K', '1K<n<10K', 'n>1B')
    """
    below = "n<1K"
    for (least, name), (_, following) in zip(_SIZES, (*_SIZES[1:], (0, "")), strict=True):
        if rows >= least:
            below = f"{name}<n<{following}" if following else f"n>{name}"
    return below


def _head(about: About, profile: Profile | None, split: Split | None) -> Iterator[str]:
    yield f"# {cell(about.name)}\n"
    outputs = _published(split) if split else []
    spent = sum(output.hours for output in outputs) if split else 0.0
    total = spent if split else (profile.totals.hours if profile else 0.0)
    sentence = f"{plural(_rows(profile, split), 'utterance')}, {hours(total)} of speech"
    coverage = (profile.coverage or {}) if profile else {}
    for column, noun in (("lang", "language"), ("speaker", "speaker")):
        if column in coverage and coverage[column].values:
            sentence += f", {plural(coverage[column].values, noun)}"
    yield f"{sentence}.\n"


def _contents(split: Split) -> Iterator[str]:
    widths = {each.split: each for each in split.measures if each.by == "(all)"}
    rows = [
        (
            *(cell(HUB_SPLITS.get(each.name, each.name)), code(each.file)),
            *(count(each.rows), hours(each.hours)),
            _groups(split, each.name),
            _interval(widths.get(each.name)),
        )
        for each in _published(split)
    ]
    yield "## Splits\n"
    heads = ("split", "file", "rows", "hours", "groups", "95 % interval at an error rate of 10 %")
    yield from Table(heads, rows).lines()
    columns = ", ".join(map(cell, split.groups.columns))
    if columns:
        yield f"\nA group is everything that shares {columns}; no group is in two splits."
    yield f"\nLeaks: {cell(split.statement)}.\n"


def _groups(split: Split, name: str) -> str:
    groups = split.groups.by_split.get(name)
    return count(groups)


def _interval(measure: Measure | None) -> str:
    if measure is None or measure.half_width is None:
        return ""
    least = "at least " if measure.lower_bound else ""
    return f"{measure.metric.upper()} {least}±{percent(measure.half_width)}"


def _languages(profile: Profile) -> Iterator[str]:
    rows = [
        (
            _value(each.value),
            *(count(each.rows), hours(each.hours)),
            *(hours(each.clean_hours), percent(share(each.bad_hours, each.hours))),
        )
        for each in profile.strata.get("lang", ())
    ]
    if rows:
        yield "## Languages\n"
        yield from Table(("language", "rows", "hours", "clean", "bad"), rows).lines()
        yield ""


def _licences(about: About, profile: Profile | None) -> Iterator[str]:
    """The licences that records declare, where the profile was grouped by them."""
    strata = profile.strata if profile else {}
    column = next((name for name in _LICENCES if name in strata), None)
    yield "## Licence\n"
    if column is None:
        yield (
            f"{cell(about.licence)}\n"
            if about.licence
            else ("Not stated: no record was grouped by a licence, and none was named.\n")
        )
        return
    rows = [(_value(each.value), count(each.rows), hours(each.hours)) for each in strata[column]]
    yield from Table(("licence of the records", "rows", "hours"), rows).lines()
    yield ""


def _quality(profile: Profile) -> Iterator[str]:
    total = profile.totals.hours
    verdicts = [
        (each.verdict, count(each.rows), hours(each.hours), percent(share(each.hours, total)))
        for each in profile.verdicts
        if each.rows
    ]
    yield "## Quality\n"
    yield f"Every line was measured and evaluated by the rules {code(profile.rules.name)}.\n"
    yield from Table(("verdict", "rows", "hours", "of the hours"), verdicts).lines()
    hits = sorted((hit for hit in profile.rules_hit if hit.rows), key=lambda hit: -hit.hours)
    if hits:
        rows = [
            (code(hit.condition), hit.severity, count(hit.rows), hours(hit.hours)) for hit in hits
        ]
        yield "\nWhat the rules flagged:\n"
        yield from Table(("condition", "verdict", "rows", "hours"), rows).lines()
    yield from _measured(profile)
    yield ""


def _measured(profile: Profile) -> Iterator[str]:
    shown = [each for each in profile.metrics if each.thresholds and each.min != each.max]
    rows = [
        (
            *(code(each.name), each.unit, number(each.quantiles.get("p01"))),
            *(number(each.quantiles.get("p50")), number(each.quantiles.get("p99"))),
        )
        for each in shown
    ]
    if rows:
        yield "\nMetrics with limits:\n"
        yield from Table(("metric", "unit", "1 % below", "median", "99 % below"), rows).lines()


def _defects(profile: Profile | None, split: Split | None) -> Iterator[str]:
    warnings = [*(profile.warnings if profile else ()), *(split.warnings if split else ())]
    lines = [f"- {cell(text)}" for text in dict.fromkeys(warnings)]
    lines += [
        f"- {plural(kind.rows, 'line')} malformed: {cell(kind.reason)}"
        for kind in (profile.malformed if profile else ())
    ]
    if profile and profile.agreement and (rate := profile.agreement.wer) is not None:
        texts = plural(profile.agreement.rows, "text")
        lines.append(f"- {texts} have a `pred_text`, which differs by {percent(rate)} WER")
    yield "## Known defects\n"
    yield from lines or ["None was detected by the rules."]
    yield ""


def _provenance(profile: Profile | None, split: Split | None) -> Iterator[str]:
    made: list[Profile | Split] = [each for each in (profile, split) if each]
    versions: Mapping[str, str] = made[0].versions
    yield "## How it was made\n"
    yield "```bash"
    yield from (visible(each.command).replace("```", "'''") for each in made)
    yield "```\n"
    yield f"With {', '.join(f'{name} {version}' for name, version in versions.items())}."


def _value(value: str | None) -> str:
    return "not declared" if value is None else cell(value)
