"""The headline of shards: what is in them, what stays in manifests, and how to train on them."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.ledger import Ledger
from curate.artifacts.shard_index import ShardIndex
from reports.format import hours, plural
from reports.headlines.declare import Alert, Headline, ledger_alerts, line, made
from reports.headlines.sentences import as_sentence

_TRAIN = "train"
_NEXT = "<b>Next:</b> train: <code>train run --data SHARDS --model MODEL --out run</code>"


def shards_subject(shards: ShardIndex) -> str:
    """The split that was sharded, as its command names it; else how many shards there are."""
    words = shards.command.split()
    named = words[:2] == ["curate", "shard"] and len(words) > 2 and not words[2].startswith("-")
    return words[2] if named else plural(len(shards.shards), "shard")


def shards_headline(shards: ShardIndex, ledger: Ledger | None) -> Headline:
    """Hours and cuts of train in shards, the splits that stay manifests, and the next step."""
    alerts = ledger_alerts(ledger)
    same = shards.verified.ids_match and shards.verified.cuts == shards.cuts
    if not same:
        alerts.append(Alert("fault", "The shards read back differ from what was written."))
    alerts += [Alert("warning", as_sentence(text)) for text in shards.warnings]
    sentence = line(
        "Train: <b>{}</b> in {} and {}, {}{}.",
        hours(shards.hours),
        plural(shards.cuts, "cut"),
        plural(len(shards.shards), "shard"),
        "each cut read back" if same else "not verified",
        _plain(shards),
    )
    advice = Markup(_NEXT) if same else None  # noqa: S704 - a constant
    return made(sentence, alerts, "Every cut was read back; the ledger balances.", advice)


def _plain(shards: ShardIndex) -> str:
    """The splits that are manifests only, with their hours."""
    plain = {name: each for name, each in shards.manifests.items() if name != _TRAIN and each.rows}
    if not plain:
        return ""
    sizes = " and ".join(f"{name} ({hours(each.hours)})" for name, each in plain.items())
    return f"; {sizes} {'stays a manifest' if len(plain) == 1 else 'stay manifests'}"
