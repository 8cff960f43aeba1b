"""SECTIONS: everything a page can show, in reading order. Add a section here, one of a training
run or an evaluation in `models`.

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
from curate.artifacts.text_changes import TextChanges
from curate.artifacts.verification import Verification
from curate.artifacts.what_if import WhatIf
from curate.artifacts.words import WordCounts
from reports.sections import (
    agreement,
    audio,
    audit,
    compare,
    correlations,
    depth,
    diff,
    gates,
    ledger,
    overview,
    profile,
    reconsider,
    records,
    shards,
    split,
    text_changes,
    whatif,
    words,
)
from reports.sections.declare import GATES, Section
from reports.sections.models import MODEL_SECTIONS

_CHECKED = "How many rows each key is known for; a check that could not be made is not a pass."

SECTIONS: tuple[Section, ...] = (
    Section(
        "Overview",
        (Profile,),
        overview.overview,
        "Train takes what is clean, borderline or unknown; eval and test only what is clean.",
    ),
    Section(
        "Gates",
        (Profile, Split, Audit, ShardIndex, Verification, Diff, Compare),
        gates.gates,
        GATES,
    ),
    Section(
        "Distributions",
        (Profile,),
        profile.distributions,
        "Rows per bin. Above each plot: 1st to 99th percentile, the middle half, the median. "
        "A bar is as high as it has rows; its colours are the verdicts that rules on this metric "
        "gave them, by their share of the bar, grey where none triggered. Dashed limits hold for "
        "some rows only. By stratum: heights are shares of the stratum's rows, the outline is that "
        "of all rows.",
    ),
    Section(
        "Duration and char_rate",
        (Profile,),
        depth.together,
        "The darker a cell, the more rows (log scale). Dashed limits hold for some rows only. "
        "Text that does not belong to its audio lies apart from the rest.",
    ),
    Section(
        "Rules",
        (Profile,),
        profile.rules,
        "“Unique” counts rows that no other rule flagged: the rows that removing the rule would "
        "recover.",
    ),
    Section(
        "Malformed lines",
        (Profile,),
        profile.malformed,
        "Lines that cannot be a training record, by reason; they have no hours.",
    ),
    Section(
        "Audio",
        (Profile,),
        audio.audio,
        "A record counts under its most severe fault. Refused paths were neither run nor opened.",
    ),
    Section(
        "Agreement with pred_text",
        (Profile,),
        agreement.agreement,
        "Errors over words, and over characters, of the whole corpus: the text is the reference.",
    ),
    Section(
        "Borderline records",
        (Profile,),
        records.borderline_records,
        "The first records that each rule keeps out of eval and test, those that only this rule "
        "flags first.",
        whole=True,
    ),
    Section(
        "Outliers",
        (Profile,),
        records.worst_records,
        "The most extreme records of each metric.",
        whole=True,
    ),
    Section("Strata", (Profile,), profile.strata, "Hours by verdict; bars show clean first."),
    Section(
        "Groups that failed",
        (Profile,),
        depth.failed_groups,
        "Clean rows of such a group train and are not evaluated on; largest groups first.",
    ),
    Section(
        "Speakers and other groups",
        (Profile,),
        depth.worst_groups,
        "Groups of a minute or more, by the share of their hours that is bad; one dot a group.",
    ),
    Section(
        "Correlations",
        (Profile,),
        correlations.correlations,
        "Metrics of a family measure nearly the same. Values are clipped to the range of their "
        "plots first.",
    ),
    Section("Duplicates", (Profile,), profile.duplicates),
    Section("Outputs", (Split,), split.outputs, "Every row is in exactly one file, copies aside."),
    Section(
        "Targets",
        (Split,),
        split.targets,
        "Requested size, size that the data allows, and achieved size.",
    ),
    Section(
        "Given splits",
        (Split,),
        split.given,
        "Splits that come with the corpus: nothing is drawn, and balance is reported, not "
        "optimised. Rows of eval and test that are not clean are held out or rejected, unless "
        "--keep-whole names the split.",
    ),
    Section(
        "Leaks",
        (Split,),
        split.leaks,
        "Number of values that occur in both splits; each must be 0.",
    ),
    Section("What was checked", (Split,), split.checked, _CHECKED),
    Section(
        "Held-out data",
        (Split,),
        split.held_out,
        "Rows that share a group or a text with a split but are not part of it.",
    ),
    Section(
        "Statistical power",
        (Split,),
        split.measures,
        "95 % CI at WER 10 % (CER for scripts without spaces), and the minimum detectable "
        "difference of a paired comparison (80 % power). Words within a group are correlated "
        "and count less; where speakers are unknown, the interval is a lower bound. "
        "Words are those of the text as it stands: an evaluation counts them without punctuation, "
        "so a few less.",
    ),
    Section(
        "Strata",
        (Split,),
        split.strata,
        "Achieved hours against target hours (tick). Weight: clean seconds that one second of the "
        "split represents, for the WER of the whole corpus.",
    ),
    Section(
        "Balance",
        (Split,),
        split.balance,
        "Distance by hours (KS; TVD for classes) from the target, or of given splits from all "
        "clean records: 0 means identical, 1 disjoint.",
    ),
    Section(
        "Groups",
        (Split,),
        split.groups,
        "Drawn splits share no group; a group that given splits share is a leak.",
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
    Section("Contents", (Verification,), shards.proven),
    Section("Checks", (Verification,), shards.checks, "What each check compares."),
    Section(
        "Faults", (Verification,), shards.faults, "Each fault loses or corrupts training data."
    ),
    *MODEL_SECTIONS,
    Section("Datasets", (Audit,), audit.sides),
    Section(
        "Leaks",
        (Audit,),
        audit.leaks,
        "Values that occur in both datasets. Near-duplicate texts share 80 % of their "
        "5-character shingles.",
    ),
    Section("What was checked", (Audit,), audit.checked, _CHECKED),
    Section("Examples", (Audit,), audit.examples, "The first of each kind, by file and line."),
    Section("Amounts", (Diff,), diff.amounts, "A is the older profile, B the newer one."),
    Section(
        "Drift",
        (Diff,),
        diff.drift,
        "Filled: A; outlined: B. KS: 0 means identical, 1 disjoint. PSI: from 0.25 on large.",
    ),
    Section("Rules", (Diff,), diff.rules, "Share of all rows that each rule flags."),
    Section(
        "Strata",
        (Diff,),
        diff.strata,
        "A profile lists its 50 largest values; those beyond them are left out.",
    ),
    Section("Rules", (TextChanges,), text_changes.rules, text_changes.RULES),
    Section("Texts left blank", (TextChanges,), text_changes.emptied, text_changes.EMPTIED),
    Section("Examples", (TextChanges,), text_changes.examples, text_changes.EXAMPLES),
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
        "Moved records by rule: newly flagged, and no longer flagged.",
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
        "Rows with only this tag against clean rows of the same language and similar length. "
        "“Worse by” has a bootstrap interval over speakers; where it contains zero, the result "
        "is inconclusive.",
    ),
    Section("Conclusions", (Reconsider,), reconsider.meanings),
    Section(
        "Rows",
        (Reconsider,),
        reconsider.records,
        "Some rows of each limit, by increasing error: struck-out words were deleted "
        "or substituted, underlined words were inserted.",
    ),
    Section("Vocabulary", (WordCounts,), words.amounts),
    Section(
        "Words that pred_text has wrong",
        (WordCounts,),
        words.errors,
        "Missed or replaced, after the normaliser; words that pred_text adds are of no word here.",
    ),
    Section("Words of two models", (WordCounts,), words.compared),
    Section(
        "Characters without a piece",
        (WordCounts,),
        words.unknown,
        "The tokenizer turns each into an unknown token, which no model learns to write.",
    ),
    Section(
        "Letters of other scripts",
        (WordCounts,),
        words.outside,
        "Look-alikes of other alphabets, and words of other languages, with a record of each.",
    ),
    Section("Alphabets", (WordCounts,), words.alphabets),
    Section("Words", (WordCounts,), words.frequent, "All words, with their counts: words.parquet."),
    Section("Verdicts", (WhatIf,), whatif.verdicts, "Hours by verdict under these rules."),
    Section(
        "Limits",
        (WhatIf,),
        whatif.limits,
        "“Unique”: flagged by no other rule. A step is the next threshold that changes anything, "
        "with what the corpus would lose or recover.",
    ),
    Section(
        "Curves",
        (WhatIf,),
        whatif.curves,
        "Flagged hours by threshold: the thin line is all, the thick line unique (no other rule "
        "triggered). The upright line is the current limit. On a logarithmic axis a curve ends "
        "where nothing is flagged.",
    ),
    Section("Rules", (WhatIf,), whatif.rules, "“Unique”: what removing the rule would recover."),
    Section(
        "Overlap",
        (WhatIf,),
        whatif.overlap,
        "Hours (rows below) that both rules flag; the diagonal is the rule itself.",
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
