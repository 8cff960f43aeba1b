"""SECTIONS: everything a page can show, in reading order. Add a section here.

A section says which artefacts it is about; `build` gives its body, or None where the artefact
has nothing for it.
"""

from __future__ import annotations

from curate.artifacts.audit import Audit
from curate.artifacts.compare import Compare
from curate.artifacts.diff import Diff
from curate.artifacts.profile import Profile
from curate.artifacts.reconsider import Reconsider
from curate.artifacts.shard_index import ShardIndex
from curate.artifacts.split import Split
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import WhatIf
from reports.sections import (
    agreement,
    audio,
    audit,
    compare,
    depth,
    diff,
    errors,
    gates,
    ledger,
    profile,
    reconsider,
    records,
    shards,
    split,
    training,
    whatif,
)
from reports.sections.declare import Section
from train.artifacts.run import Run
from train.artifacts.wer import Wer

_CHECKED = "A check that could not be made is not a pass: of how many rows each key is known."

SECTIONS: tuple[Section, ...] = (
    Section(
        "Gates",
        (Profile, Split, Audit, ShardIndex, Verification, Wer, Diff, Compare),
        gates.gates,
        "By --fail-on, --strict, or the command itself. Where one failed it ended in exit code 1.",
    ),
    Section(
        "Verdicts",
        (Profile,),
        profile.verdicts,
        "Hours are what training sees; rows are what rules see.",
    ),
    Section(
        "Rules",
        (Profile,),
        profile.rules,
        "“Alone” counts rows that no other rule caught: what would come back without it.",
    ),
    Section(
        "Malformed lines", (Profile,), profile.malformed, "Lines that can be no training record."
    ),
    Section(
        "Audio",
        (Profile,),
        audio.audio,
        "A record counts under its worst fault. Refused paths were neither run nor opened.",
    ),
    Section(
        "Agreement with pred_text",
        (Profile,),
        agreement.agreement,
        "Errors over words, and over characters, of the whole corpus: the text is the reference.",
    ),
    Section(
        "Distributions",
        (Profile,),
        profile.distributions,
        "Rows per bin. Above each plot: 1st to 99th percentile, the middle half, the median. "
        "A bar is as high as it has rows; its colours are the verdicts that rules on this metric "
        "gave them, by their share of the bar, grey where none triggered. Dashed limits hold for "
        "some rows only.",
    ),
    Section(
        "Borderline records",
        (Profile,),
        records.borderline_records,
        "The first that each rule keeps out of eval and test; those of which it alone speaks come "
        "before others.",
        whole=True,
    ),
    Section(
        "Worst records",
        (Profile,),
        records.worst_records,
        "The records at the suspicious end of each metric.",
        whole=True,
    ),
    Section("Strata", (Profile,), profile.strata, "Hours by verdict; bars show clean first."),
    Section(
        "Groups that failed",
        (Profile,),
        depth.failed_groups,
        "What is clean in such a group trains, and is not evaluated on; the most moved come first.",
    ),
    Section(
        "Worst groups",
        (Profile,),
        depth.worst_groups,
        "Groups of a minute or more, by the share of their hours that is bad.",
    ),
    Section(
        "Correlations",
        (Profile,),
        depth.correlations,
        "The 20 strongest pairs; values are clipped to the range of their plots first.",
    ),
    Section("Duplicates", (Profile,), profile.duplicates),
    Section("Outputs", (Split,), split.outputs, "Every row is in exactly one file, copies aside."),
    Section(
        "Targets",
        (Split,),
        split.targets,
        "What was asked for, what the data allowed, and what was reached.",
    ),
    Section(
        "Given splits",
        (Split,),
        split.given,
        "The splits that the corpus comes with: nothing was drawn, and balance is measured, not "
        "steered. Rows of eval and test that are not clean are held out or rejected, unless the "
        "split is kept whole.",
    ),
    Section("Leaks", (Split,), split.leaks, "Counts of what stands on both sides; each must be 0."),
    Section("What was checked", (Split,), split.checked, _CHECKED),
    Section(
        "Price",
        (Split,),
        split.price,
        "Held out: what shares a group or a text with a split and cannot stand in it.",
    ),
    Section(
        "What it measures",
        (Split,),
        split.measures,
        "At a WER of 10 % (CER where no spaces are written): the 95 % interval, and the minimum "
        "detectable difference of a paired comparison (80 % power). Words of one group count less "
        "than as many independent ones; where it is not known who speaks, the interval is a lower "
        "bound.",
    ),
    Section(
        "Strata",
        (Split,),
        split.strata,
        "Hours got against hours aimed at; the tick is the aim. Weight: clean seconds that a "
        "second stands for, for WER of the whole corpus.",
    ),
    Section(
        "Balance",
        (Split,),
        split.balance,
        "Distance by hours (KS; TVD of classes) to the aim, of given splits to all clean records: "
        "0 means alike, 1 nothing in common.",
    ),
    Section(
        "Groups",
        (Split,),
        split.groups,
        "Splits that are drawn share no group; what given ones share is a leak.",
    ),
    Section("Contents", (ShardIndex,), shards.contents),
    Section("Verification", (ShardIndex,), shards.verification, "Written against read back."),
    Section("Skipped rows", (ShardIndex,), shards.skipped),
    Section(
        "Shards",
        (ShardIndex,),
        shards.table,
        "The hashes prove a copy; keep this page's JSON outside the folder.",
    ),
    Section("Proven", (Verification,), shards.proven),
    Section("Checks", (Verification,), shards.checks, "Against the shards themselves, or more."),
    Section("Faults", (Verification,), shards.faults, "Each one leaves training short, or wrong."),
    Section("Run", (Run,), training.figures),
    Section(
        "Curves",
        (Run,),
        training.curves,
        "Loss: grey is training, ink is validation. The ring is the best validation.",
    ),
    Section("Validations", (Run,), training.validations),
    Section(
        "Settings replaced",
        (Run,),
        training.pitfalls,
        "What the base model's configuration would have brought along, and what was used instead.",
    ),
    Section("Data", (Run,), training.data),
    Section(
        "Disturbances",
        (Run,),
        training.disturbances,
        "A step without finite gradients changes nothing; unreadable audio is left out.",
    ),
    Section("Environment", (Run,), training.environment),
    Section("Errors", (Wer,), errors.overall),
    Section(
        "Where the errors are",
        (Wer,),
        errors.slices,
        "Bars show WER; the tick is the whole. Intervals are bootstrapped over speakers (or "
        "recordings); “±” stands where there are too few of them, and treats errors as "
        "independent: the true interval is wider, two to three times as a rule.",
    ),
    Section(
        "Against another model",
        (Wer,),
        errors.against,
        "The same utterances by both models. Below zero is better; where the interval holds zero, "
        "this data cannot tell them apart.",
    ),
    Section(
        "Hallucinations",
        (Wer,),
        errors.hallucinations,
        "Words that nobody spoke: loops, words out of nothing, far more words than were spoken.",
    ),
    Section(
        "Worst utterances",
        (Wer,),
        records.worst_utterances,
        "Reference words struck out were missed or replaced; underlined words were inserted; "
        "a replacement shows both.",
    ),
    Section("Sides", (Audit,), audit.sides),
    Section(
        "Leaks",
        (Audit,),
        audit.leaks,
        "What stands on both sides. Near texts share 80 % of their stretches of five letters.",
    ),
    Section("What was checked", (Audit,), audit.checked, _CHECKED),
    Section("Examples", (Audit,), audit.examples, "The first of each kind, by file and line."),
    Section("Amounts", (Diff,), diff.amounts, "A is the older profile, B what it is held against."),
    Section(
        "Drift",
        (Diff,),
        diff.drift,
        "KS: 0 means alike, 1 nothing in common. PSI: from 0.25 on the shift is large.",
    ),
    Section("Rules", (Diff,), diff.rules, "What each rule caught, as a share of all rows."),
    Section("Strata", (Diff,), diff.strata),
    Section(
        "Verdicts",
        (Compare,),
        compare.verdicts,
        "Hours, and rows below them. What keeps its verdict is grey.",
    ),
    Section(
        "Rules",
        (Compare,),
        compare.rules,
        "Of the records that move: what a rule says of them now and did not, and the reverse.",
    ),
    Section("Strata", (Compare,), compare.strata, "Where it moves; all hours of a stratum count."),
    Section(
        "Records that move",
        (Compare,),
        compare.records,
        "The first of each rule, with their lengths; all of them are in moved.jsonl.",
    ),
    Section(
        "Limits",
        (Reconsider,),
        reconsider.limits,
        "Rows with this tag alone against clean rows like them: same language, similar length. "
        "“Worse by” has the interval over speakers; where it holds zero, the data cannot tell.",
    ),
    Section("What they say", (Reconsider,), reconsider.meanings),
    Section(
        "Rows",
        (Reconsider,),
        reconsider.records,
        "Some rows of each limit, from the least to the most wrong: words of the text struck out "
        "were not heard, underlined ones were heard in addition.",
    ),
    Section("Verdicts", (WhatIf,), whatif.verdicts, "Hours under the rules that are weighed here."),
    Section(
        "Limits",
        (WhatIf,),
        whatif.limits,
        "“Alone” is what no other rule catches. A step is the next threshold that changes "
        "anything, and what the corpus would lose or get back there.",
    ),
    Section(
        "Curves",
        (WhatIf,),
        whatif.curves,
        "Hours caught over where the limit might stand: grey in all, ink what no other rule "
        "catches. The line is where it stands. On a logarithmic axis a curve ends where nothing is "
        "caught.",
    ),
    Section("Rules", (WhatIf,), whatif.rules, "What would come back without a rule is “alone”."),
    Section(
        "Overlap",
        (WhatIf,),
        whatif.overlap,
        "Hours, and rows below them, that both rules catch; the diagonal is the rule itself.",
    ),
    Section(
        "Records beside the limits",
        (WhatIf,),
        whatif.records,
        "The first records just past each limit and just before it.",
        whole=True,
    ),
    Section(
        "Ledger",
        (Profile, Split, ShardIndex),
        ledger.ledger,
        "What came in equals what went out, row for row and byte for byte.",
        whole=True,
    ),
)
