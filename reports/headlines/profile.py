"""The headline of a profile: what is usable and bad, what stands out, what to do next."""

from __future__ import annotations

from markupsafe import Markup

from curate.artifacts.ledger import Ledger
from curate.artifacts.profile import Profile
from reports.format import hours, percent, plural, share
from reports.headlines.advice import advice
from reports.headlines.declare import Alert, Headline, ledger_alerts, line, made


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
    alerts += [Alert("warning", f"{text}.") for text in profile.warnings]
    repeated = profile.duplicates.duplicate_audio_offset_keys
    if repeated:
        what = f"{plural(repeated, 'repeat')} of an audio segment (same file, same offset)."
        alerts.append(Alert("warning", what))
    if (people := profile.overrides) and people.rows:
        what = f"Manual overrides set the verdict or text of {plural(people.rows, 'row')}"
        alerts.append(Alert("note", f"{what} ({people.file})."))
    usable = sum(of[word].hours for word in ("clean", "borderline", "unknown") if word in of)
    sentence = line(
        "<b>{}</b> of {} are usable for train, <b>{}</b> ({}) for eval and test; <b>{}</b> are bad",
        hours(usable),
        hours(total),
        hours(clean),
        percent(share(clean, total)),
        hours(bad),
    )
    sentence += line(", <b>{}</b> untranscribed", hours(silent)) if silent else Markup("")
    sentence += line(" and {} malformed.", plural(broken, "line")) if broken else "."
    calm = "Every line is a record, and the ledger balances."
    return made(sentence, alerts, calm, advice(profile))
