"""AREAS: public bug reports about preparing ASR data, and the tool's answer to each input.

Each is reproduced as a small input; the tests in this directory verify it under the same id.
Standard library only: docs/cases.md is written from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """A report: its `id` in the tests, the public `thread`, its `statement`, and the `answer`."""

    id: str
    thread: str
    statement: str
    answer: str


AUDIO = (
    Report(
        "wav-of-a-pipe", "lhotse #913",
        "A WAV file that was written to a pipe declares 2,147,483,647 samples and fails to load.",
        "`header_lies`: borderline; shards hold it with the right length.",
    ),
    Report(
        "wav-of-ffmpeg", "ffmpeg-python #118",
        "ffmpeg writes 0xFFFFFFFF as both sizes of a streamed WAV file, and readers fail.",
        "`header_lies`: borderline; shards hold it with the right length.",
    ),
    Report(
        "wav-of-size-0", "NAudio #688",
        "The size of a streamed WAV file stays 0.",
        "`no_samples`: bad, because NeMo loads nothing; the reason reports the bytes that follow.",
    ),
    Report(
        "wav-header-only", "kaldi-tuda-de #25",
        "WAV files of a corpus are empty after their header.",
        "`no_samples`: bad.",
    ),
    Report(
        "mp3-of-0-bytes", "cv-dataset #31",
        "504 clips of Common Voice have no bytes.",
        "`empty`: bad.",
    ),
    Report(
        "silent-clip", "common-voice #2824",
        "Validated recordings contain no sound.",
        "`silence`: bad.",
    ),
    Report(
        "constant-offset", "common-voice #1319",
        "Four of five recordings of a day are empty.",
        "`silence`: bad, of a file that holds one constant value too.",
    ),
    Report(
        "silent-tail", "common-voice #790",
        "A sentence is followed by seconds of silence.",
        "borderline: too much silence, and too little text for the time.",
    ),
    Report(
        "aac-named-wav", "openvpi/dataset-tools #4",
        "An AAC file was renamed to .wav.",
        "unknown, with the format; NeMo decodes it by ffmpeg, no shard stores it.",
    ),
    Report(
        "lfs-pointer", "DNS-Challenge #23",
        "A clone without Git LFS contains pointers of 131 bytes instead of WAV files.",
        "`undecodable`: bad.",
    ),
    Report(
        "one-hertz", "WavCaps #23",
        "A silent file at a sampling rate of 1 Hz lasts 200 hours once it is resampled.",
        "`sample_rate` below 4 kHz: bad.",
    ),
    Report(
        "gsm-in-wav", "python-soundfile #164",
        "WAV files of codecs that are not seekable (GSM, ADPCM) fail to load from memory.",
        "borderline for its 8 kHz; shards hold it as FLAC, which Lhotse reads.",
    ),
    Report(
        "adpcm-in-wav", "libsndfile #753",
        "ADPCM in WAV are not seekable.",
        "clean; shards hold it as FLAC, which Lhotse reads.",
    ),
    Report(
        "opposite-phase", "whisperX #750",
        "Channels of opposite phase, mixed to mono, are silence.",
        "`channels_cancel`: bad, and refused by `--mono`; a channel that is named is taken.",
    ),
    Report(
        "float-beyond-scale", "clarity #311",
        "Float samples beyond full scale wrap or clip when they are stored with 16 bits.",
        "`over_full_scale`: borderline; kept as float, refused where FLAC would clip it.",
    ),
    Report(
        "mixed-rates", "HF datasets #3662",
        "MP3 files of several sampling rates are resampled by the rate of the first.",
        "clean; each is stored and loaded at its own length.",
    ),
    Report(
        "ends-5-ms-late", "lhotse #1107",
        "A segment ends 5 ms after its recording, and validation fails.",
        "clean; it loads up to the end of the recording.",
    ),
    Report(
        "dots-in-a-name", "webdataset #237",
        "Everything after the first dot of a tar member's name is read as its extension.",
        "clean; members of our shards are named without dots, and load.",
    ),
    Report(
        "dots-in-a-folder", "HF datasets #7150",
        "`22.0/1.1.png` is cut at another dot by each reader of the archive.",
        "clean; members of our shards are named without dots, and load.",
    ),
    Report(
        "one-name-in-two-folders", "urgent2024_challenge #8",
        "Files of one name in two folders get one id, and preparation stops.",
        "clean; both are stored, each with its own audio.",
    ),
)  # fmt: skip

FILES = (
    Report(
        "kaldi-crlf", "kaldi #3233",
        "`text` has CR before each line end: validation fails, or CR is part of the last word.",
        "read without it.",
    ),
    Report(
        "kaldi-bom", "kaldi #3702",
        "A file in UTF-8 fails validation; a comment suspects its byte order mark.",
        "read without it.",
    ),
    Report(
        "kaldi-wide-blanks", "kaldi #3913",
        "U+00A0 and U+3000 separate words, and validation fails.",
        "clean; they separate words as blanks do.",
    ),
    Report(
        "kaldi-without-text", "espnet #4655",
        "Utterances of utt2spk have no line in `text`.",
        "a warning with their number and the first; the others are read.",
    ),
    Report(
        "kaldi-two-texts", "espnet #2698",
        "A recipe that ran twice appended its lines: ids occur twice, and texts may differ.",
        "malformed, both lines: the correct one is unknown.",
    ),
    Report(
        "kaldi-speaker-is-utterance", "self_supervised_AHC #1",
        "For unknown speakers, utt2spk contains the id of the file.",
        "the speaker is unknown; leak checks report NOT CHECKED.",
    ),
    Report(
        "kaldi-segment-backwards", "kaldi #2266",
        "A segment within another one is written with a negative duration.",
        "malformed.",
    ),
    Report(
        "kaldi-sorted-otherwise", "espnet #5264",
        "Files that are sorted by another locale are refused.",
        "read in any order.",
    ),
    Report(
        "tsv-open-quote", "common-voice #5189",
        "Seven sentences open a double quote without closing it, and the rows after them are lost.",
        "every row is read, quotes included.",
    ),
    Report(
        "tsv-further-tab", "common-voice #4839",
        "A cell contains a tab, so that all cells after it are shifted.",
        "malformed, only that row.",
    ),
    Report(
        "tsv-line-end-in-a-cell", "common-voice #4429",
        "A sentence contains a line end, so that it becomes two rows.",
        "malformed, both halves; the rows after them are read.",
    ),
)  # fmt: skip

TEXTS = (
    Report(
        "timestamps", "huggingface/blog #1202",
        "Transcripts for Whisper contain its timestamps, <|0.00|>.",
        "`markup`: borderline.",
    ),
    Report(
        "unknown-piece", "NeMo #2753",
        "Predictions contain U+2047, the sign of an unknown token; pseudo-labels keep it.",
        "`markup`: borderline.",
    ),
    Report(
        "unknown-token", "nmt-chatbot #13",
        "Texts contain <unk> from a vocabulary.",
        "`markup`: borderline.",
    ),
    Report(
        "lost-letters", "common-voice #4138",
        "Latvian sentences have `?` instead of letters, and speakers recorded them.",
        "`damaged_text`: borderline.",
    ),
    Report(
        "misread-letters", "mMARCO #24",
        "UTF-8 that was read as Latin-1 remains in texts.",
        "`damaged_text`: borderline.",
    ),
    Report(
        "subtitle-times", "Open-Assistant #259",
        "Subtitles are taken as texts, and their times have to be removed.",
        "`markup`: borderline.",
    ),
    Report(
        "speaker-change", "cdp-backend #203",
        "`>>` of closed captions, a change of speaker, occurs in transcripts.",
        "`markup`: borderline.",
    ),
    Report(
        "not-scored", "icefall #846",
        "`ignore_time_segment_in_scoring`, of TED-LIUM's reference files, counts as a word.",
        "`only_remarks`: bad.",
    ),
    Report(
        "notes-alone", "audio.whisper #76",
        "Segments of nothing but notes.",
        "`no_letters`: bad.",
    ),
    Report(
        "long-loop", "whisper-timestamped #198",
        "A phrase of eleven words is repeated to the end of the text.",
        "`loop_share`, of phrases up to 100 words: borderline.",
    ),
    Report(
        "idle-sentences", "minutes #242",
        "Hallucinated sentences on silent audio repeat each other; word loops do not reveal it.",
        "`loop_share`: borderline.",
    ),
    Report(
        "one-word-500-times", "Whisper-WebUI #534",
        "The text ends with one word 500 times.",
        "`repetitions`: bad.",
    ),
    Report(
        "lone-you", "whisper.cpp #2629",
        "`you` is transcribed in the silence after the speech.",
        "`char_rate_low` and `hallucination`: bad.",
    ),
    Report(
        "broadcaster-credit", "faster-whisper #949",
        "`Untertitel im Auftrag des ZDF, 2020` is transcribed where there is no speech.",
        "`subtitle_credit`: bad.",
    ),
    Report(
        "control-character", "kaldi #4157",
        "Unprintable characters occur in texts, without their position.",
        "`hidden_chars`: borderline, with the row.",
    ),
    Report(
        "wide-blanks", "kaldi #1878",
        "Unusual white space occurs in texts.",
        "clean; they separate words as blanks do.",
    ),
    Report(
        "line-end", "common-voice #4429",
        "A sentence contains a line end and a tab.",
        "clean in JSONL: one line, and blanks between words.",
    ),
    Report(
        "no-time", "lhotse #1567",
        "A segment of zero length stops the loader.",
        "malformed.",
    ),
    Report(
        "too-many-characters", "DeepSpeech #1629",
        "77 characters on 76 frames: CTC cannot align them, and training stops.",
        "`char_rate`: bad.",
    ),
)  # fmt: skip

RATES = (
    Report(
        "dotted-capital-i", "argo #46",
        "Lower-casing makes two characters of the Turkish capital I with a dot.",
        "no error.",
    ),
    Report(
        "dotless-i", "hassil #295",
        "Case folding by no language takes the Turkish I for another letter.",
        "no error where `lang` is declared.",
    ),
    Report(
        "romanian-cedillas", "common-voice #2971",
        "Half of the Romanian sentences have cedillas in place of commas below.",
        "no error where `lang` is declared; one text in leak checks.",
    ),
    Report(
        "arabic-diacritics", "speechbrain #1290",
        "Diacritics become blanks, and words with them fall apart.",
        "dropped where `lang` is declared: no error; one text in leak checks.",
    ),
    Report(
        "hebrew-niqqud", "ivrit-ai/asr-training #3",
        "Vowel points, which recognisers do not write, count as errors.",
        "dropped where `lang` is declared: no error.",
    ),
    Report(
        "russian-yo", "vosk-api #1318",
        "A model writes ye for yo, and words with it are not found.",
        "no error where `lang` is declared; one text in leak checks.",
    ),
    Report(
        "curly-apostrophe", "eliza #27446",
        "Typographic apostrophes split contractions, so that correct words count as errors.",
        "no error, whichever of twelve characters is the apostrophe.",
    ),
    Report(
        "indic-vowel-signs", "whisper_normalizer #25",
        "Vowel signs are removed as symbols, so that different words are equal.",
        "they are letters: another sign is an error.",
    ),
    Report(
        "malayalam-words", "openai/whisper #2849",
        "Words of Brahmic scripts fall apart into consonants, and rates are of characters.",
        "a word is one word.",
    ),
    Report(
        "number-words", "seed-tts-eval #12",
        "`fifty` against `50` counts as an error.",
        "no error in English; the extra `norm` for other languages.",
    ),
    Report(
        "possessive", "whisper_normalizer #21",
        "`Mario's castle` becomes `mario is castle`.",
        "the same here, as on public leaderboards, but in both texts: no error.",
    ),
    Report(
        "empty-reference", "jiwer #98",
        "An empty reference is refused, or divides by zero.",
        "no rate: null; such a row is bad.",
    ),
    Report(
        "reference-of-marks", "jiwer #57",
        "A reference is empty after normalisation.",
        "no rate: null; such a row is bad.",
    ),
    Report(
        "characters-as-words", "FunASR #1541",
        "Recipes for Chinese say WER where characters are meant.",
        "characters are the words of scripts without spaces.",
    ),
)  # fmt: skip

AREAS: Mapping[str, tuple[Report, ...]] = {
    "Audio": AUDIO,
    "Kaldi directories and tables": FILES,
    "Texts": TEXTS,
    "Error rates": RATES,
}
REPORTS = tuple(report for reports in AREAS.values() for report in reports)
