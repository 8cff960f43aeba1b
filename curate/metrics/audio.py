"""The metrics of audio: rows of METRICS that need the files, not only their records."""

from __future__ import annotations

import polars as pl

from curate.metrics.declare import Metric

_F, _I = pl.Float64(), pl.Int32()
_UNOPENED = "malformed rows, and audio that was not looked at or cannot be opened"
_UNHEARD = "malformed rows, and audio that was not decoded or cannot be"

SOUND: tuple[Metric, ...] = (
    Metric(
        "sample_rate", "Hz", "Samples a second of the audio file.",
        _UNOPENED, "low", 0, 49_000, 49, _I, "libsndfile", group="audio",
    ),
    Metric(
        "channels", "channels", "Channels of the audio file.",
        _UNOPENED, "high", 0, 10, 10, _I, "libsndfile", group="audio",
    ),
    Metric(
        "file_s", "s", "Length of the whole audio file, as its header says.",
        f"{_UNOPENED}, and streams that do not say it", "none", 0, 3600, 60, _F, "libsndfile",
        group="audio",
    ),
    Metric(
        "length_gap_s", "s",
        "Length of the file less the declared duration, for records without an offset: above zero "
        "there is audio that the record does not speak of, below zero it promises too much. What "
        "decoding shows counts more than the header.",
        f"{_UNOPENED}, and records with an offset", "both", -2, 2, 80, _F, "libsndfile",
        group="audio",
    ),
    Metric(
        "overrun_s", "s",
        "How far the segment ends behind its audio; what decoding shows counts more than the "
        "header.",
        _UNOPENED, "high", 0, 2, 40, _F, "libsndfile", group="audio",
    ),
    Metric(
        "peak_db", "dBFS", "Largest magnitude of a sample; channels are mixed to one.",
        f"{_UNHEARD}, and digital silence", "both", -60, 0, 60, _F, group="signal",
    ),
    Metric(
        "rms_db", "dBFS", "Root mean square of the samples (0 is a full-scale square wave).",
        f"{_UNHEARD}, and digital silence", "low", -80, 0, 80, _F, group="signal",
    ),
    Metric(
        "clipped_share", "share",
        "Share of the samples in flat tops: three or more in a row within 0.1 % of the segment's "
        "largest magnitude; 0 where that is below -20 dBFS.",
        _UNHEARD, "high", 0, 0.1, 50, _F, group="signal",
    ),
    Metric(
        "dc_offset", "full scale", "Mean of the samples.",
        _UNHEARD, "both", -0.1, 0.1, 40, _F, group="signal",
    ),
    Metric(
        "silence_share", "share",
        "Share of the 20 ms frames that are silent: 40 dB below the loud ones (95th percentile), "
        "or below -80 dBFS.",
        _UNHEARD, "high", 0, 1, 50, _F, group="signal",
    ),
    Metric(
        "lead_silence_s", "s", "Silent frames before the first that is not (all where none is).",
        _UNHEARD, "high", 0, 5, 50, _F, group="signal",
    ),
    Metric(
        "trail_silence_s", "s", "Silent frames behind the last that is not (all where none is).",
        _UNHEARD, "high", 0, 5, 50, _F, group="signal",
    ),
    Metric(
        "snr_db", "dB",
        "Level of loud 20 ms frames (95th percentile) over quiet ones (10th), digital silence "
        "left out: an estimate that is low where noise fills the pauses, or where there are none.",
        f"{_UNHEARD}, and segments of less than 0.2 s of sound",
        "low", 0, 80, 80, _F, "percentiles of frame energy, as NIST stnr", group="signal",
    ),
    Metric(
        "bandwidth_hz", "Hz",
        "Highest frequency at which the mean spectrum is within 50 dB of its highest point: about "
        "4 kHz for telephone speech, at whatever rate it is stored.",
        f"{_UNHEARD}, and digital silence",
        "low", 0, 24_000, 48, _F, "SDP EstimateBandwidth (HiFiTTS-2)", group="signal",
    ),
    Metric(
        "sound_copies", "rows",
        "Rows of the input whose decoded samples are the same, this one too; files that differ in "
        "name or lossless format alone are the same.",
        _UNHEARD, "high", 0, 20, 20, _I, group="signal",
    ),
    Metric(
        "speech_share", "share", "Share of the 32 ms windows in which somebody speaks.",
        f"{_UNHEARD}, and segments shorter than a window",
        "low", 0, 1, 50, _F, "Silero VAD 5.1 (probability at least 0.5)", group="voice",
    ),
)  # fmt: skip
"""Groups `audio` (headers), `signal` (decoded samples), `voice` (speech)."""
