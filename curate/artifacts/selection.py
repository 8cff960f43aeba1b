"""select.json: which hours `curate select` chose, and the random choice of equal hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from curate.artifacts.base import CommandArtifact, Model, RuleFile, SchemaId
from curate.artifacts.leaks import Value
from curate.formatting.notebook import HtmlTable
from curate.formatting.units import duration


class Choice(Model):
    """A file of chosen records."""

    file: str
    rows: int
    hours: float


class SelectedStratum(Model):
    """A stratum (its value in each column): usable and chosen hours, and the last chosen score
    (null where none was chosen).
    """

    stratum: Mapping[str, Value]
    usable_hours: float
    hours: float
    random_hours: float
    last_score: float | None


class SelectionTarget(Model):
    """The manifest whose texts a selection should be like, and how many texts it has."""

    path: str
    texts: int


class Selection(CommandArtifact):
    """select.json. `best` is the end of `metric` that was taken first; `shared_hours` are in both
    choices; usable rows without a score are in the random choice only. With `toward`, `metric` is
    `target_similarity`: how much more likely a text is in the target than in the corpus (the mean
    log ratio of its shingles, in nats), with the Gumbel noise by which records are drawn.
    """

    file: ClassVar[str] = "select.json"
    made_by: ClassVar[str] = "curate select"

    schema_id: SchemaId[Literal["curate.selection/1"]] = "curate.selection/1"
    seed: int
    rules: RuleFile
    metric: str
    best: Literal["highest", "lowest"]
    toward: SelectionTarget | None = None
    requested_hours: float
    usable_rows: int
    usable_hours: float
    unscored_rows: int
    unscored_hours: float
    selected: Choice
    random: Choice
    shared_hours: float
    strata: tuple[SelectedStratum, ...]

    def headline(self) -> str:
        """The hours of both choices, and by what."""
        chosen, random = duration(hours=self.selected.hours), duration(hours=self.random.hours)
        usable = duration(hours=self.usable_hours)
        by = (
            f"by {self.best} {self.metric}" if self.toward is None else f"toward {self.toward.path}"
        )
        return f"Selection: {chosen} of {usable} {by}; {random} at random"

    def html_tables(self) -> Iterator[HtmlTable]:
        """Both choices."""
        rows = [
            (each.file, f"{each.rows:,}", duration(hours=each.hours))
            for each in (self.selected, self.random)
        ]
        yield HtmlTable(("file", "rows", "hours"), rows)
