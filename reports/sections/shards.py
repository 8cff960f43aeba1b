"""What was written into shards, and whether it can be read back."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.verification import Verification
from reports.charts import drawn
from reports.charts.drawn import Figure
from reports.format import UNKNOWN, count, hours, plural, size
from reports.sections.declare import joined, titled
from reports.tables import Column, Table, alarm

_SHORT = 16
_FORMS = {"shar": "Lhotse Shar", "nemo_tarred": "NeMo's tarred form", "hf": "Parquet"}
_KINDS = {
    "cuts": "cuts", "recording": "recordings", "manifest": "manifest", "audio": "audio",
    "parquet": "rows and audio",
}  # fmt: skip
_FILLED = {
    "lang": "the record's language",
    "pnc": "yes or no: as declared, else by the punctuation and capitals of the text",
    "source_lang": "the record's language",
    "target_lang": "the record's language",
}
"""Fields that shards need, and what each row gets."""
"""The files of a shard by kind, and what people call them."""


def contents(shards: ShardIndex) -> Markup | None:
    """Key figures, the plain manifests, and the fields that were added."""
    total = sum(shard.bytes for shard in shards.shards)
    figures = drawn.figures(
        (
            Figure("cuts", count(shards.cuts)),
            Figure("audio", hours(shards.hours), shards.audio_format),
            Figure("shards", count(len(shards.shards)), _FORMS.get(shards.format, "")),
            Figure("size", size(total)),
        )
    )
    return joined(
        figures,
        titled("Strata", _strata(shards)) if shards.stratum_by else None,
        titled("Manifests", _manifests(shards)),
        titled("Fields added", _fields(shards)) if shards.fields_added else None,
    )


def _strata(shards: ShardIndex) -> Markup:
    columns = (
        *(Column(by, "text") for by in shards.stratum_by),
        Column("shards", "count"),
        Column("cuts", "count"),
        Column("hours", "hours"),
        Column("weight", "percent"),
    )
    rows = [
        (*each.stratum, each.shards, each.cuts, each.hours, each.weight) for each in shards.strata
    ]
    return Table("Strata", columns, rows).render()


def _manifests(shards: ShardIndex) -> Markup:
    columns = (
        Column("split", "text"),
        Column("file", "name"),
        Column("rows", "count"),
        Column("hours", "hours"),
    )
    rows = [(name, each.file, each.rows, each.hours) for name, each in shards.manifests.items()]
    return Table("Manifests", columns, rows).render()


def _fields(shards: ShardIndex) -> Markup:
    columns = (
        Column("field", "name"),
        Column("rows that lacked it", "count"),
        Column("filled with", "text"),
    )
    rows = [(name, n, _FILLED.get(name, UNKNOWN)) for name, n in shards.fields_added.items()]
    return Table("Fields added", columns, rows).render()


def verification(shards: ShardIndex) -> Markup | None:
    """Written against read back."""
    back = shards.verified
    columns = (
        Column("what", "text"),
        Column("written", "number"),
        Column("read back", "number"),
        Column("equal", "text"),
    )
    same_hours = abs(shards.hours - back.hours) < 1e-6 * max(1.0, shards.hours)
    rows = [
        ("cuts", count(shards.cuts), count(back.cuts), _word(shards.cuts == back.cuts)),
        ("audio", hours(shards.hours), hours(back.hours), _word(same_hours)),
        ("ids", "", "", _word(back.ids_match)),
    ]
    if back.read_by_lhotse:
        rows.append(("cuts that Lhotse read", "", count(back.read_by_lhotse), ""))
    return Table("Verification", columns, rows).render()


def _word(same: bool) -> str | Markup:
    return "yes" if same else alarm("no")


def skipped(shards: ShardIndex) -> Markup | None:
    """Rows that could not be written: first how many for which reason, then which."""
    if not shards.skipped:
        return None
    reasons = Counter(item.reason for item in shards.skipped)
    summary = Table(
        "Reasons", (Column("reason", "text"), Column("rows", "count")), reasons.most_common()
    )
    rows = [(item.id, item.reason) for item in shards.skipped]
    columns = (Column("row", "name"), Column("reason", "text"))
    each = Table("Skipped rows", columns, rows, limit=50, elsewhere="shards.json")
    return joined(summary.render(), titled("Rows", each.render()))


def table(shards: ShardIndex) -> Markup | None:
    """One line per shard."""
    kinds = [kind for kind in _KINDS if any(kind in shard.files for shard in shards.shards)]
    columns = (
        Column("shard", "count"),
        Column("cuts", "count"),
        Column("hours", "hours"),
        Column("size", "size"),
        *(Column(f"{_KINDS[kind]} file", "name") for kind in kinds),
        *(Column(f"sha256 of {_KINDS[kind]}", "name") for kind in kinds),
    )
    rows = [
        (
            *(shard.index, shard.cuts, shard.hours, shard.bytes),
            *(shard.files[kind] for kind in kinds),
            *(shard.sha256[kind][:_SHORT] for kind in kinds),
        )
        for shard in shards.shards
    ]
    total = ("all", shards.cuts, shards.hours, sum(shard.bytes for shard in shards.shards))
    foot = (*total, *("" for _ in range(2 * len(kinds))))
    note = Markup('<p class="note">The first 16 digits of each hash; all are in shards.json.</p>')
    shown = Table("Shards", columns, rows, foot=foot, limit=100, elsewhere="shards.json")
    return joined(shown.render(), note)


def proven(verification: Verification) -> Markup | None:
    """What was read."""
    form = _FORMS.get(verification.format, "")
    return drawn.figures(
        (
            Figure("rows", count(verification.cuts)),
            Figure("audio", hours(verification.hours)),
            Figure("shards", count(verification.shards), form),
            Figure(
                "decoded",
                count(verification.decoded),
                f"of {plural(verification.cuts, 'recording')}",
            ),
        )
    )


_CHECKS = (
    ("files", "each is there, none is foreign, tar files are whole to their end"),
    ("rows", "as many recordings as rows, under the same ids, in the same order, none twice"),
    ("lengths", "no recording is shorter than its declared duration"),
    ("readers", "Lhotse reads a Shar cut by cut, and the cuts are these"),
    ("audio", "recordings decode to as many samples as declared"),
)
_CHECKS_OF_INDEX = (
    ("sizes and sha256", "of each file, against shards.json"),
    ("counts, hours, texts", "of each shard, against shards.json"),
    ("sums", "of all shards and manifests, against the ledger"),
)


def checks(verification: Verification) -> Markup | None:
    """What was checked: more where shards.json has what was written."""
    more = _CHECKS_OF_INDEX if ShardIndex.file in verification.checked_against else ()
    columns = (Column("what", "text"), Column("how", "text"))
    return Table("Checks", columns, [*_CHECKS, *more]).render()


def faults(verification: Verification) -> Markup | None:
    """What is wrong, and what to do."""
    if not verification.faults:
        return None
    columns = (Column("where", "name"), Column("what", "text"), Column("hint", "text"))
    rows = [(fault.where, fault.what, fault.hint) for fault in verification.faults]
    return Table("Faults", columns, rows, limit=200, elsewhere="verification.json").render()
