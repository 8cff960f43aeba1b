"""MODEL_SECTIONS: what pages about training runs and evaluations show, in reading order."""

from __future__ import annotations

from reports.sections import errors, gates, records, training, translations
from reports.sections.declare import GATES, Section
from train.artifacts.run import Run
from train.artifacts.wer import Wer

MODEL_SECTIONS: tuple[Section, ...] = (
    Section(
        "Curves",
        (Run,),
        training.curves,
        "The ring is the best validation.",
    ),
    Section("Run", (Run,), training.figures),
    Section("Validations", (Run,), training.validations),
    Section(
        "Settings replaced",
        (Run,),
        training.pitfalls,
        "Inherited settings of the base model's configuration, and the values used instead.",
    ),
    Section("Data", (Run,), training.data),
    Section(
        "Validation rows",
        (Run,),
        training.validation_rows,
        "Rows that are decoded, by language, the columns that divide the shards, and tags.",
    ),
    Section(
        "Rows set aside",
        (Run,),
        training.rows_set_aside,
        "Rows of the shards and the validation sets that the run does not use, by kind.",
    ),
    Section(
        "Disturbances",
        (Run,),
        training.disturbances,
        "A step without finite gradients changes nothing; unreadable audio is left out.",
    ),
    Section("Errors", (Wer,), errors.overall),
    Section(
        "Where the errors are",
        (Wer,),
        errors.slices,
        "Bars show WER; the tick is the overall WER. Intervals: bootstrap over speakers (or "
        "recordings). “±” marks parts with too few of them; it treats errors as independent, "
        "and the true interval is usually two to three times wider.",
    ),
    Section("Gates", (Wer,), gates.gates, GATES),
    Section(
        "Translations",
        (Wer,),
        translations.translations,
        "Rows whose languages differ count in no error rate above. BLEU and chrF by sacrebleu, of "
        "texts as they are; 100 is the reference itself. Intervals: as above.",
    ),
    Section(
        "Against another model",
        (Wer,),
        errors.against,
        "The same utterances transcribed by both models. Below zero is better; where the interval "
        "contains zero, the difference is not significant.",
    ),
    Section(
        "Hallucinations",
        (Wer,),
        errors.hallucinations,
        "Loops, words over silence, far more words than were spoken.",
    ),
    Section(
        "Utterances with the highest WER",
        (Wer,),
        records.worst_utterances,
        "Reference words struck out were missed or replaced; underlined words were inserted; "
        "a replacement shows both.",
    ),
)
