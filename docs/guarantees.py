"""GUARANTEES: every statement that the tool makes about data or models, with its check and tests.

docs/generate.py writes docs/guarantees.md from them, and fails if a test does not exist. A new
statement is one row.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A statement: who makes it, what is checked, what is reported if the check cannot be made.

    `tests` are pytest ids of tests that fail if the statement is false.
    """

    area: str
    statement: str
    stated_by: str
    checked: str
    otherwise: str
    tests: tuple[str, ...]


GUARANTEES: tuple[Guarantee, ...] = (
    Guarantee(
        area="Rows",
        statement="every line becomes one row",
        stated_by="`curate profile`",
        checked=(
            "Non-blank lines are counted by the scanner, and the written records are counted "
            "again; the command fails if the counts differ."
        ),
        otherwise=(
            "A source that cannot be read whole is an error (exit code 3), and nothing is written."
        ),
        tests=(
            "tests/curate/test_scan.py::test_every_line_becomes_one_row",
            "tests/curate/test_input_robustness.py::test_a_file_that_grows_while_it_is_read",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="an input is usable",
        stated_by="`curate profile`, `split`, `audit`, `shard`",
        checked="At least one line of each input is a valid record.",
        otherwise=(
            "Exit code 3, with the most common reason, the kind of file if it is known, and the "
            "option or the command that helps; nothing is written."
        ),
        tests=(
            "tests/curate/test_unusable.py::test_commands_exit_3_and_write_nothing",
            "tests/curate/test_unusable.py::test_says_why_no_line_is_usable_and_what_to_do",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="the ledger balances",
        stated_by="`curate profile`, `split`, `shard`",
        checked=(
            "Rows, bytes and microseconds of the input equal those of the outputs, each in "
            "exactly one; the command fails before its outputs appear if they differ."
        ),
        otherwise=(
            "Hours of malformed rows are unknown and count as zero. A page without a ledger "
            "states that this was not checked."
        ),
        tests=(
            "tests/curate/test_split.py::test_any_corpus",
            "tests/reports/test_quiet.py::test_what_was_not_checked_is_no_good_news",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="no gate failed",
        stated_by="every command with `--fail-on` (docs/gates.md), or `--strict`",
        checked="Each gate compares its figure with its limit; the artefact contains both.",
        otherwise=(
            "A gate on an unknown name is an error (exit code 2), not a pass; a failed gate is "
            "reported, outputs are written, and the exit code is 1."
        ),
        tests=(
            "tests/curate/test_gates.py::test_a_gate_compares_its_figure",
            "tests/curate/test_gates.py::test_what_is_no_gate_is_an_error_and_no_pass",
            "tests/curate/test_gates.py::test_gates_of_a_split_and_an_audit",
            "tests/curate/test_gates.py::test_strict_is_its_preset_written_out",
            "tests/curate/test_gates.py::test_names_of_the_table_are_counted",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="skipped",
        stated_by="`curate profile`, `split`",
        checked="The line's own `_skipme` is true as NeMo reads it: the line is in no split.",
        otherwise="Rules and leak checks do not apply to such lines; they are counted.",
        tests=(
            "tests/curate/test_skipped.py::test_nemo_agrees",
            "tests/curate/test_skipped.py::test_skipped_lines_stand_in_no_output_but_their_own",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="lines keep their bytes",
        stated_by="`curate split`",
        checked=(
            "NeMo lines are copied by byte offset, and the manifest's content is compared with "
            "the profiled content during the copy."
        ),
        otherwise=(
            "Other formats are written as NeMo lines: `copied` in split.json records this for "
            "each source, and a warning reports it. Requested keys are added."
        ),
        tests=(
            "tests/curate/test_splice.py::test_a_changed_line_says_the_same_but_for_the_change",
            "tests/curate/test_split.py::test_a_changed_manifest_is_refused",
        ),
    ),
    Guarantee(
        area="Rows",
        statement="texts of a profile are those that were measured",
        stated_by="`curate query`, `head`, `sample`, `Profile.records`",
        checked=(
            "Size, times and inode of the manifest are compared and, if they differ, a hash of "
            "its content."
        ),
        otherwise=(
            "A changed manifest is refused. Converted formats are compared when a command reads "
            "all of their records, not when it reads a few."
        ),
        tests=("tests/curate/test_own_fields.py::test_a_changed_manifest_is_refused",),
    ),
    Guarantee(
        area="Verdicts",
        statement="clean",
        stated_by="`curate profile`",
        checked="No rule triggered, and every rule could be evaluated.",
        otherwise=(
            "`unknown` where a rule needs a metric that is null: such rows go to train only."
        ),
        tests=(
            "tests/curate/test_verdict_policy.py::test_verdicts_line_by_line",
            "tests/curate/test_tags.py::test_batches_and_rows_agree_in_any_order",
        ),
    ),
    Guarantee(
        area="Verdicts",
        statement="colours of a histogram's bars",
        stated_by="pages of `curate profile`",
        checked=(
            "Rows of each bin are counted by the worst verdict of the rules on that metric; all "
            "bars, and the rows beyond them, add up to the metric's rows."
        ),
        otherwise=(
            "Rows without a value, and limits that are not drawn, are named next to the chart."
        ),
        tests=(
            "tests/reports/test_bars.py::test_charts_of_real_manifests_hold_every_row",
            "tests/curate/test_spread.py::test_bins_end_at_limits_and_hold_what_rules_gave",
        ),
    ),
    Guarantee(
        area="Verdicts",
        statement="what moving a limit costs",
        stated_by="`curate rules what-if`",
        checked=(
            "Each threshold is counted over the stored records, as if the rules had been "
            "applied with it."
        ),
        otherwise=(
            "Rules with `==`, `!=` or free expressions have no curve. If the manifest is "
            "missing, texts are not shown, with a warning."
        ),
        tests=("tests/curate/test_whatif.py::test_moving_a_limit_is_judging_again",),
    ),
    Guarantee(
        area="Verdicts",
        statement="manual overrides have priority over rules",
        stated_by="`curate profile --overrides`",
        checked=(
            "A decision is matched by the record's content or audio segment, not by its line."
        ),
        otherwise=(
            "Decisions on records that have changed or are missing are counted as stale or "
            "unmatched, with a warning."
        ),
        tests=(
            "tests/curate/test_overrides.py::"
            "test_decisions_survive_moved_lines_but_not_another_text",
            "tests/curate/test_overrides.py::test_what_is_not_followed_is_counted",
        ),
    ),
    Guarantee(
        area="Verdicts",
        statement="no manual override is lost",
        stated_by="`curate review`, `curate profile --overrides`",
        checked=(
            "Verdict and text of a record are two facets: a later decision on one does not "
            "change the other. Several writers append to one log line by line."
        ),
        otherwise=(
            "A truncated line is ended and reported; a log that cannot be written is refused "
            "before the first decision."
        ),
        tests=(
            "tests/curate/test_override_facets.py::test_every_pair_of_decisions_in_a_profile",
            "tests/curate/test_append_log.py::"
            "test_several_writers_lose_no_line_and_readers_see_none_cut",
        ),
    ),
    Guarantee(
        area="Verdicts",
        statement="a convention of the corpus",
        stated_by="`curate profile`, `curate split`",
        checked=(
            "A rule triggers on more than half of a stratum's rows: it is reported with its "
            "remedy, and rules marked `convention` do not keep the stratum out of evaluation."
        ),
        otherwise="Strata with few rows have no conventions; bad rows stay bad.",
        tests=(
            "tests/curate/test_conventions.py::test_half_of_a_language_is_no_convention",
            "tests/curate/test_conventions.py::test_few_rows_show_no_convention",
            "tests/curate/test_conventions.py::test_what_is_bad_stays_bad_and_is_reported",
        ),
    ),
    Guarantee(
        area="Verdicts",
        statement="a metric is equal in both profiles",
        stated_by="`curate diff`",
        checked="Nulls, extremes, mean, quantiles and every bin of the histogram are equal.",
        otherwise=(
            "Metrics of only one profile are named as not compared; KS and PSI are null if one "
            "profile has no value."
        ),
        tests=(
            "tests/curate/test_compare.py::test_metrics_that_went_missing_have_not_stayed_the_same",
            "tests/reports/test_quiet.py::test_rules_and_metrics_of_a_comparison_that_say_nothing",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="no leak found in speaker, recording, text, audio",
        stated_by="`curate split`, `curate audit`",
        checked=(
            "Keys of all rows of any two splits are compared: speakers, recordings, audio "
            "segments, normalised texts, near-duplicate texts, and requested groups."
        ),
        otherwise=(
            "For each key, the number of rows for which it is known is reported; the others are "
            "`NOT CHECKED`, in the command, split.json, audit.json and the page, with exit code "
            "1 under `--strict`. Placeholders (`unknown`, `-`) count as unknown."
        ),
        tests=(
            "tests/curate/test_split_properties.py::"
            "test_no_text_and_no_speaker_stands_on_two_sides",
            "tests/curate/test_audit.py::test_what_is_planted_is_found",
            "tests/whole_way/test_speakers.py::test_what_could_not_be_checked_fails_a_strict_run",
            "tests/whole_way/test_speakers.py::test_placeholders_are_nobody",
            "tests/curate/test_unusable.py::test_a_side_without_a_record_is_not_free_of_leaks",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="the number of files with the same bytes as another file",
        stated_by="`curate split`, `curate audit` with `--audio-identity content`",
        checked=(
            "Size and inode of every file that records name, and a hash of all bytes of files "
            "of equal size: files with the same bytes are one recording in groups and leaks."
        ),
        otherwise=(
            "`NOT CHECKED` with the number of files that are missing, empty, in an archive or "
            "cannot be read: they are distinguished by their paths, and `--strict` exits 1. The "
            "same audio in other bytes (tags, formats) is not detected; without the option, "
            "only paths are compared."
        ),
        tests=(
            "tests/whole_way/test_audio_identity.py::"
            "test_files_of_the_same_bytes_are_one_recording",
            "tests/whole_way/test_audio_identity.py::test_files_that_cannot_be_read_are_not_checked",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="targets reached",
        stated_by="`curate split`",
        checked="Hours of each split are compared with the target.",
        otherwise=(
            "A target that was lowered or missed is a warning with both figures; exit code 1 "
            "under `--strict`."
        ),
        tests=(
            "tests/curate/test_split_properties.py::test_hours_are_met_or_the_shortfall_is_said",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="the splits are as they were given",
        stated_by="`curate split --given`, `curate shard --given`",
        checked=(
            "Each row is in the split of its manifest, or in held_out, rejected, skipped or "
            "malformed; the ledger verifies it. Leaks between the given splits are counted."
        ),
        otherwise=(
            "The rows that each split has lost are counted by verdict; a lost row of a given "
            "eval or test is a warning, and exit code 1 under `--strict`. Balance is measured, "
            "not optimised."
        ),
        tests=(
            "tests/curate/test_given_splits.py::test_rows_given_are_the_rows_of_all_outputs",
            "tests/curate/test_given_splits.py::test_what_a_split_has_lost_is_said",
            "tests/curate/test_given_splits.py::test_leaks_are_reported_and_fail_a_strict_run",
            "tests/whole_way/test_given_splits.py::test_given_splits_go_to_shards_as_they_are",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="locked records keep their split",
        stated_by="`curate split --lock`",
        checked=(
            "Each record of the lock is in its earlier split, and added records leak into none."
        ),
        otherwise=(
            "Locked records that are no longer clean leave their split, and are counted; a lock "
            "of another corpus is refused."
        ),
        tests=(
            "tests/curate/test_split_properties.py::test_a_grown_corpus_moves_nothing",
            "tests/curate/test_split_allocation.py::test_locked_records_that_went_bad_stay_out",
        ),
    ),
    Guarantee(
        area="Splits",
        statement="the confidence interval of a WER on a split",
        stated_by="`curate split`",
        checked="Words and the effective number of speakers (Kish) of the split.",
        otherwise=(
            "`not measurable` below the minimum number of words or groups. If speakers are "
            "unknown, the half width is reported with `at least`: a lower bound."
        ),
        tests=(
            "tests/curate/test_split_allocation.py::test_precision_is_that_of_the_field",
            "tests/whole_way/test_speakers.py::test_each_stratum_says_what_is_known_of_it",
            "tests/whole_way/test_speakers.py::test_where_speakers_are_known_nothing_is_bounded",
        ),
    ),
    Guarantee(
        area="Reproducible",
        statement="the same input gives the same bytes",
        stated_by="every command of `curate`",
        checked=(
            "Outputs of the same input, rules and seed are equal, whatever the number of "
            "threads, workers, parts or machines, and with or without a reused profile."
        ),
        otherwise=(
            "Versions of libraries that affect the bytes are named in the artefact: other "
            "versions may give other bytes."
        ),
        tests=(
            "tests/curate/test_split.py::test_the_same_bytes_again",
            "tests/curate/test_reuse.py::test_reuse_changes_nothing",
            "tests/curate/test_scale.py::test_parts_make_the_same_profile",
            "tests/curate/test_shards_options.py::test_any_number_of_workers_writes_the_same_bytes",
            "tests/curate/test_audio_again.py::test_threads_change_nothing",
        ),
    ),
    Guarantee(
        area="Reproducible",
        statement="rows are re-evaluated, not re-measured",
        stated_by="`curate profile`",
        checked=(
            "Size, times and inode of each manifest, otherwise its content; the code and the "
            "settings of the measurement."
        ),
        otherwise="Formats with further files next to the manifest are always measured again.",
        tests=(
            "tests/curate/test_reuse.py::test_reuse_changes_nothing",
            "tests/curate/test_reuse.py::"
            "test_what_other_formats_read_beside_is_never_taken_as_unchanged",
        ),
    ),
    Guarantee(
        area="Reproducible",
        statement="outputs appear whole or not at all",
        stated_by="every command",
        checked=(
            "Outputs are written to a temporary directory, synced, and renamed; a killed run "
            "leaves the old output."
        ),
        otherwise="A file system that loses confirmed renames is not covered.",
        tests=(
            "tests/curate/test_outputs.py::test_a_killed_profile_leaves_the_old_one",
            "tests/curate/test_interrupted.py::test_a_stopped_command_leaves_what_was_there",
        ),
    ),
    Guarantee(
        area="Audio",
        statement="no audio fault",
        stated_by="`curate profile --audio`",
        checked=(
            "`header`: the header is compared with the record. `signal`: all samples are "
            "decoded. `vad`: voice activity is also detected. The artefact states the level, "
            "and the number of rows."
        ),
        otherwise=(
            "`audio_fault` is null where audio was not opened; rules over it are then "
            "undecided. `--audio header` trusts the headers."
        ),
        tests=(
            "tests/curate/test_unusable.py::test_audio_that_is_missing_altogether_is_a_failure",
            "tests/curate/test_audio_again.py::test_only_what_changed_is_heard_again",
        ),
    ),
    Guarantee(
        area="Audio",
        statement="nothing that a manifest names is run",
        stated_by="`curate`, `train`",
        checked=(
            "Paths that are commands, URLs or devices are refused before anything is opened, "
            "each with its reason."
        ),
        otherwise="`--allow-root` is checked only if it is given.",
        tests=(
            "tests/curate/test_malicious.py::test_nothing_runs_and_each_path_is_reported",
            "tests/train/test_data.py::test_audio_that_would_run_or_fetch_is_refused",
        ),
    ),
    Guarantee(
        area="Shards",
        statement="verified",
        stated_by="`curate shard`",
        checked=(
            "Every written record and recording is read back by the package's own reader: ids, "
            "order, counts, lengths, hashes."
        ),
        otherwise=(
            "Rows whose audio could not be stored are in skipped.jsonl with the reason, and in "
            "the ledger."
        ),
        tests=(
            "tests/curate/test_shards.py::test_missing_audio_is_named_and_kept",
            "tests/curate/test_shards.py::test_verification_proves_our_shards",
        ),
    ),
    Guarantee(
        area="Shards",
        statement="stored audio decodes completely",
        stated_by="`curate shard`",
        checked=(
            "Every stored file decodes to its end, or its own checksums prove that it does "
            "(FLAC, Opus). WAV has no checksum: its sizes must agree."
        ),
        otherwise="Other rows are left out, in skipped.jsonl, with the reason.",
        tests=(
            "tests/whole_way/test_damaged_audio.py::test_what_is_stored_is_loaded",
            "tests/whole_way/test_damaged_audio.py::"
            "test_a_profile_that_decodes_names_what_no_shard_stores",
        ),
    ),
    Guarantee(
        area="Shards",
        statement="verified: no fault found",
        stated_by="`curate shard --verify`",
        checked=(
            "Complete files, ids in the same order, recordings as long as declared, what Lhotse "
            "reads; with shards.json also sizes, hashes, counts, hours and texts. 8 recordings "
            "per shard are decoded."
        ),
        otherwise=(
            "The page states how many recordings were decoded (`--decode all` or `none`) and "
            "what was compared: without shards.json, only the shards themselves."
        ),
        tests=(
            "tests/curate/test_shards.py::test_damage_is_found",
            "tests/curate/test_shards_options.py::test_damage_is_found_in_every_form",
            "tests/curate/test_shards.py::test_foreign_shar",
        ),
    ),
    Guarantee(
        area="Shards",
        statement="an interrupted export resumes to the same bytes",
        stated_by="`curate shard`",
        checked=(
            "Each finished shard has a marker with the hashes of its files; shards whose files "
            "do not match are written again."
        ),
        otherwise="Another version of a codec library, or other options, start again.",
        tests=(
            "tests/curate/test_shards_faults.py::"
            "test_killed_at_any_moment_it_goes_on_to_the_same_bytes",
        ),
    ),
    Guarantee(
        area="Training",
        statement="NeMo loads what the manifests declare",
        stated_by="`curate split`, `curate shard`",
        checked="Seconds and counts of every manifest, as loaded by NeMo's own adapter.",
        otherwise="`train plan` names rows that NeMo would load differently.",
        tests=("tests/whole_way/test_segments.py::test_every_manifest_loads_as_it_is_counted",),
    ),
    Guarantee(
        area="Training",
        statement="the plan has no error",
        stated_by="`train plan`",
        checked="Data, model, tokenizer, prompt and schedule, without a GPU, and without NeMo.",
        otherwise=(
            "Checks that need the model's archive or tokenizer report `not checked` if it is "
            "missing."
        ),
        tests=(
            "tests/train/test_plan.py::test_every_check_has_its_planted_trap",
            "tests/train/test_plan.py::test_a_sound_run_is_told_little",
        ),
    ),
    Guarantee(
        area="Training",
        statement="every row can be used",
        stated_by="`train plan`, `train run`",
        checked=(
            "Each row of the shards and of every validation set: language, prompt slots, channels, "
            "audio header, duration, tokens. A test holds the rules to NeMo's own prompt."
        ),
        otherwise="Each kind of problem is counted, and its first rows are named with their lines.",
        tests=(
            "tests/train/test_plan_rows.py::test_every_kind_is_planted_in_this_file",
            "tests/train/test_nemo_rows.py::test_what_stops_nemo_is_refused_and_nothing_else",
        ),
    ),
    Guarantee(
        area="Training",
        statement="the share of parameters taken from the base model",
        stated_by="`train run`",
        checked="Parameters that were copied by name and shape, as a share of the whole model.",
        otherwise=(
            "Weights that match no parameter are refused; a warning if only some parameters "
            "came from the base model."
        ),
        tests=(
            "tests/train/test_nemo.py::test_the_encoder_is_taken_over",
            "tests/train/test_nemo.py::test_weights_of_another_model_are_refused",
        ),
    ),
    Guarantee(
        area="Training",
        statement="the saved archive has every member of the original",
        stated_by="`train run`",
        checked=(
            "Members that training does not change are the original's byte for byte, a timestamps "
            "model with its tokenizer among them; parameters have the same names and shapes."
        ),
        otherwise="Files of a tokenizer that `tokenizer.update` replaces are left out.",
        tests=(
            "tests/train/test_nemo_archive.py::test_a_saved_archive_has_the_members_of_the_original",
            "tests/train/test_nemo_archive.py::test_a_saved_archive_has_the_parameters_of_the_original",
            "tests/curate/test_archive.py::test_files_that_the_saved_archive_lacks_are_carried",
        ),
    ),
    Guarantee(
        area="Training",
        statement="a behaviour is never taken for off",
        stated_by="`train run`, `train export`",
        checked=(
            "The prompts of NeMo in a process without this package: by the plug-in with every way "
            "to set a behaviour, and by a plain copy."
        ),
        otherwise="Plain NeMo fails to restore the model, and its message names the plug-in.",
        tests=(
            "tests/train/test_nemo_behaviors.py::test_the_plugin_puts_the_token_into_the_prompt",
            "tests/train/test_nemo_behaviors.py::test_a_plain_copy_transcribes_by_nemo_alone",
            "tests/train/test_nemo_behaviors.py::test_nemo_alone_never_takes_a_behaviour_for_off",
        ),
    ),
    Guarantee(
        area="Training",
        statement="validation on a sample with the strata of the whole",
        stated_by="`train run`",
        checked=(
            "Rows of each language, column of the shards and tag, by the seed, and speakers in "
            "turn; run.json has the hours of each stratum, decoded and in all."
        ),
        otherwise="A stratum with less than its share of one row may have none, and is listed.",
        tests=(
            "tests/train/test_subset.py::test_a_subset_has_the_strata_of_the_whole",
            "tests/train/test_nemo_baseline.py::test_most_validations_decode_a_sample_and_some_all",
        ),
    ),
    Guarantee(
        area="Training",
        statement="not worse than the original",
        stated_by="`train run`",
        checked=(
            "Every validation set is decoded before step 1; the best validation, that one "
            "included, decides which weights become model.nemo."
        ),
        otherwise="If every later validation is worse, model.nemo is the original, and exit is 1.",
        tests=(
            "tests/train/test_nemo_baseline.py::"
            "test_what_ends_worse_than_it_started_keeps_the_original",
            "tests/train/test_nemo_baseline.py::"
            "test_a_resumed_run_reads_the_baseline_from_its_directory",
        ),
    ),
    Guarantee(
        area="Training",
        statement="resumed exactly",
        stated_by="`train run --resume`",
        checked=(
            "On a CPU the resumed run ends with the weights of an uninterrupted one, bit for bit."
        ),
        otherwise="docs/adr/0014 lists what is exact on a GPU and with workers, and what is not.",
        tests=("tests/train/test_nemo_faults.py::test_a_stopped_run_goes_on_bit_for_bit",),
    ),
    Guarantee(
        area="Evaluation",
        statement="every row has a prediction or a reason",
        stated_by="`train eval`",
        checked="Predictions are counted against the rows of the manifest.",
        otherwise="Rows whose audio cannot be read are named, and count in no error rate.",
        tests=(
            "tests/train/test_nemo.py::test_every_row_has_a_prediction_or_a_reason",
            "tests/train/test_evaluate.py::test_missing_audio_is_named_and_counts_in_no_rate",
            "tests/whole_way/test_eval_rows.py::test_a_spoilt_row_is_named_and_the_rest_scored",
        ),
    ),
    Guarantee(
        area="Evaluation",
        statement="one WER, in a profile and in an evaluation",
        stated_by="`curate profile`, `train eval`",
        checked=(
            "Both texts pass through one normaliser, whose steps the artefact names; corpus "
            "totals are errors over words. `wer_raw` and `cer_raw` are reported as well."
        ),
        otherwise="Null without `pred_text`, and where the text has no words.",
        tests=(
            "tests/curate/test_agreement.py::test_normalised_pairs_equal_jiwer",
            "tests/curate/test_agreement.py::test_writing_is_no_error",
            "tests/curate/test_agreement.py::test_no_prediction_is_no_agreement",
        ),
    ),
    Guarantee(
        area="Evaluation",
        statement="WER with an interval",
        stated_by="`train eval`",
        checked="Words as the language writes them; bootstrap over whole speakers.",
        otherwise=(
            "No interval with too few speakers, and no rate without words. Strata with fewer "
            "than 200 words are not compared with the whole."
        ),
        tests=(
            "tests/train/test_intervals.py::test_intervals_cover_the_truth_as_often_as_they_say",
            "tests/train/test_intervals.py::test_too_few_clusters_give_no_interval",
        ),
    ),
    Guarantee(
        area="Evaluation",
        statement="no regression on the guardrail",
        stated_by="`train eval --guardrail`",
        checked=(
            "Both models on the same utterances; the rise of the WER is compared with its margin."
        ),
        otherwise="Utterances without a prediction of both models are left out, and counted.",
        tests=(
            "tests/train/test_intervals.py::test_the_gate_of_forgetting",
            "tests/train/test_intervals.py::test_only_what_both_models_heard_is_compared",
        ),
    ),
)


@cache
def tests_of(path: Path) -> frozenset[str]:
    """The names of the tests in a file; none if it does not exist."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def missing_tests(guarantees: tuple[Guarantee, ...] = GUARANTEES) -> list[str]:
    """Tests that a guarantee names and that do not exist; and guarantees that name none."""
    lost = [f"{each.statement}: names no test" for each in guarantees if not each.tests]
    for each in guarantees:
        for test in each.tests:
            file, _, name = test.partition("::")
            if name not in tests_of(ROOT / file):
                lost.append(f"{each.statement}: no test {test}")
    return lost
