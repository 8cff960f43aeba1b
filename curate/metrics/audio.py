"""The metrics that need the audio files: `curate.audio.analyse` computes them.

Groups: `audio` (headers), `signal` (decoded samples), `vad` (voice activity).
"""

from __future__ import annotations

from curate.metrics.declare import INTEGER, Metric

UNOPENED = "malformed rows, and audio that was not analysed or cannot be opened"
UNDECODED = "malformed rows, and audio that was not decoded or cannot be"

AUDIO: tuple[Metric, ...] = (
    Metric(
        name="sample_rate", unit="Hz", direction="low", low=0, high=49_000, bins=49, dtype=INTEGER,
        meaning="Samples a second of the audio file.",
        null=UNOPENED, source="libsndfile",
        group="audio",
    ),
    Metric(
        name="channels", unit="channels", direction="high", low=0, high=10, bins=10, dtype=INTEGER,
        meaning="Channels of the audio file.",
        null=UNOPENED, source="libsndfile",
        group="audio",
    ),
    Metric(
        name="file_s", unit="s", direction="none", low=0, high=3600, bins=60,
        meaning="Length of the whole audio file, from its header.",
        null=f"{UNOPENED}, and streams that do not say it", source="libsndfile",
        group="audio",
    ),
    Metric(
        name="length_gap_s", unit="s", direction="both", low=-2, high=2, bins=80,
        meaning=(
            "Length of the file less the declared duration, for records without an "
            "offset: above zero there is audio that the record does not cover, below "
            "zero it promises too much. What decoding shows counts more than the "
            "header."
        ),
        null=f"{UNOPENED}, and records with an offset", source="libsndfile",
        group="audio",
    ),
    Metric(
        name="overrun_s", unit="s", direction="high", low=0, high=2, bins=40,
        meaning=(
            "How far the segment ends behind its audio; what decoding shows counts more than the "
            "header."
        ),
        null=UNOPENED, source="libsndfile",
        group="audio",
    ),
    Metric(
        name="peak_db", unit="dBFS", direction="both", low=-60, high=0, bins=60,
        meaning="Largest magnitude of a sample; channels are mixed to one.",
        null=f"{UNDECODED}, and digital silence",
        group="signal",
    ),
    Metric(
        name="rms_db", unit="dBFS", direction="low", low=-80, high=0, bins=80,
        meaning="Root mean square of the samples (0 is a full-scale square wave).",
        null=f"{UNDECODED}, and digital silence",
        group="signal",
    ),
    Metric(
        name="clipped_share", unit="share", direction="high", low=0, high=0.1, bins=50,
        meaning=(
            "Share of the samples in flat tops: three or more in a row within 0.1 % of "
            "the segment's largest magnitude; 0 where that is below -20 dBFS."
        ),
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="dc_offset", unit="full scale", direction="both", low=-0.1, high=0.1, bins=40,
        meaning="Mean of the samples.",
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="silence_share", unit="share", direction="high", low=0, high=1, bins=50,
        meaning=(
            "Share of the 20 ms frames that are silent: 40 dB below the loud ones (95th "
            "percentile), or below -80 dBFS."
        ),
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="lead_silence_s", unit="s", direction="high", low=0, high=5, bins=50,
        meaning="Silent frames before the first that is not (all where none is).",
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="trail_silence_s", unit="s", direction="high", low=0, high=5, bins=50,
        meaning="Silent frames behind the last that is not (all where none is).",
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="snr_db", unit="dB", direction="low", low=0, high=80, bins=80,
        meaning=(
            "Level of loud 20 ms frames (95th percentile) over quiet ones (10th), "
            "digital silence left out: an estimate that is low where noise fills the "
            "pauses, or where there are none."
        ),
        null=f"{UNDECODED}, and segments of less than 0.2 s of sound",
        source="percentiles of frame energy, as NIST stnr",
        group="signal",
    ),
    Metric(
        name="bandwidth_hz", unit="Hz", direction="low", low=0, high=24_000, bins=48,
        meaning=(
            "Highest frequency at which the mean spectrum is within 50 dB of its "
            "highest point: about 4 kHz for telephone speech, at whatever rate it is "
            "stored."
        ),
        null=f"{UNDECODED}, and digital silence", source="SDP EstimateBandwidth (HiFiTTS-2)",
        group="signal",
    ),
    Metric(
        name="signal_duplicates", unit="rows", direction="high", low=0, high=20,
        bins=20, dtype=INTEGER,
        meaning=(
            "Rows of the input whose decoded samples are the same, this one too; files "
            "that differ only in name or lossless format are the same."
        ),
        null=UNDECODED,
        group="signal",
    ),
    Metric(
        name="vad_share", unit="share", direction="low", low=0, high=1, bins=50,
        meaning="Share of the 32 ms windows with voice activity.",
        null=f"{UNDECODED}, and segments shorter than a window",
        source="Silero VAD 5.1 (probability at least 0.5)",
        group="vad",
    ),
)  # fmt: skip
