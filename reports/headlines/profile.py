"""The headline of a profile: what is usable and bad, what stands out, what to do next."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.ledger import Ledger
from curate.artifacts.profile import Profile
from reports.format import hours, percent, plural
from reports.headlines.advice import advice
from reports.headlines.declare import Alert, Headline, Level, ledger_alerts, line, made
from reports.headlines.notes import level_of
from reports.headlines.sentences import as_sentence
from reports.usable import usable

_SMALL = 0.1
"""Share of the hours that rules take below which a stratum is not where the problem is."""


def profile_headline(profile: Profile, ledger: Ledger | None) -> Headline:
    """Usable, bad and malformed; alerts on what a reader must know before using the corpus."""
    of = {item.verdict: item for item in profile.verdicts}
    clean, bad, silent = (
        of[word].hours if word in of else None for word in ("clean", "bad", "untranscribed")
    )
    broken = of["malformed"].rows if "malformed" in of else None
    total = profile.totals.hours
    alerts = ledger_alerts(ledger)
    if broken:
        what = f"{plural(broken, 'line')} malformed; see Malformed lines."
        alerts.append(Alert("warning", what))
    if not profile.totals.rows:
        alerts.append(Alert("fault", "The input holds no rows."))
    alerts += [Alert(_level(profile, text), as_sentence(text)) for text in profile.warnings]
    repeated = profile.duplicates.duplicate_audio_offset_keys
    if repeated:
        what = f"{plural(repeated, 'repeat')} of an audio segment (same file, same offset)"
        what += "; see Duplicates."
        alerts.append(Alert("warning", what))
    if (people := profile.overrides) and people.rows:
        what = f"Manual overrides set the verdict or text of {plural(people.rows, 'row')}"
        alerts.append(Alert("note", f"{what} ({people.file})."))
    trainable, _ = usable(profile, ("clean", "borderline", "unknown"))
    sentence = line(
        "<b>{}</b> of {} are usable for train, <b>{}</b> ({}) for eval and test; ",
        hours(trainable),
        hours(total),
        hours(clean),
        percent(usable(profile, ("clean",))[1]),
    )
    sentence += line("<b>{}</b> are bad", hours(bad)) if bad else Markup("nothing is bad")
    sentence += line(", <b>{}</b> untranscribed", hours(silent)) if silent else Markup("")
    sentence += line(" and {} malformed.", plural(broken, "line")) if broken else "."
    calm = "Every line is a record, and the ledger balances."
    return made(sentence, alerts, calm, advice(profile))


def _level(profile: Profile, text: str) -> Level:
    """A warning about a stratum with a small part of what rules take is a note."""
    lost = sum(item.hours for item in profile.verdicts if item.verdict in {"bad", "borderline"})
    for each in (*profile.rejected.strata, *profile.kept_from_eval.strata):
        hours_taken = (each.rejected_hours or 0.0) + (each.borderline_hours or 0.0)
        if text.startswith(f"{each.column} '{each.value}':") and hours_taken < _SMALL * lost:
            return "note"
    return level_of(text)
