"""What the trainers' own readers load of our outputs: NeMo's adapters, Lhotse's loaders.

Every cut is decoded, as a training step would; what cannot be is named. Nothing of ours reads a
manifest or a shard in here. Importing NeMo takes 14 s, so it is imported where it is needed.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.whole_way.journey import Journey
from train.runs import runtime


@dataclass(frozen=True)
class Loaded:
    """What a reader loaded: cuts that decode, their texts, seconds decoded and declared.

    `lengths_s` and `pitches_hz` go by `texts`: seconds decoded, and the loudest frequency of the
    first 0.8 s, by which a test can tell whether it is the audio that was meant.
    `failed` names the cuts that do not decode, with the error; `stopped` is the error that ended
    the reading, empty where it came to its end.
    """

    texts: tuple[str, ...]
    seconds: float
    declared_s: float
    lengths_s: tuple[float, ...] = ()
    pitches_hz: tuple[float, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    stopped: str = ""

    @property
    def rows(self) -> int:
        """How many cuts were loaded whole."""
        return len(self.texts)


def load(cuts: Iterable[Any]) -> Loaded:
    """Decode every cut."""
    texts: list[str] = []
    lengths: list[float] = []
    pitches: list[float] = []
    failed: list[tuple[str, str]] = []
    declared_s = 0.0
    stopped = ""
    try:
        for cut in cuts:
            declared_s += cut.duration
            try:
                samples = cut.load_audio()
            except Exception as error:  # whatever a decoder raises
                failed.append((cut.id, _first_line(error)))
                continue
            if samples.shape[0] != 1:
                failed.append((cut.id, f"{samples.shape[0]} channels"))
                continue
            lengths.append(samples.shape[1] / cut.sampling_rate)
            pitches.append(_pitch(samples[0], cut.sampling_rate))
            texts.append(cut.supervisions[0].text)
    except Exception as error:  # a reader that cannot go on
        stopped = _first_line(error)
    measured = tuple(lengths), tuple(pitches)
    return Loaded(tuple(texts), sum(lengths), declared_s, *measured, tuple(failed), stopped)


def _pitch(samples: npt.NDArray[Any], rate: int) -> float:
    """The loudest frequency of the first 0.8 s, Hz; 0 where there is no sample."""
    part = samples[: round(0.8 * rate)]
    if not part.size:
        return 0.0
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size)))
    return float(np.argmax(spectrum) * rate / part.size)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".split("\n", maxsplit=1)[0]


def nemo_manifest(path: Path) -> Loaded:
    """A plain NeMo manifest, by NeMo's adapter."""
    return _by_nemo(manifest_filepath=str(path))


def nemo_tarred(manifest: Path | str, audio: Path | str) -> Loaded:
    """NeMo's tarred data set, by NeMo's adapter; both may be patterns (`_OP_0..1_CL_`)."""
    return _by_nemo(manifest_filepath=str(manifest), tarred_audio_filepaths=str(audio))


def nemo_input_cfg(path: Path) -> Loaded:
    """The shards that an `input_cfg.yaml` names, of whatever form, by NeMo's adapters."""
    return _by_nemo(input_cfg=str(path))


def _by_nemo(**config: object) -> Loaded:
    runtime.prepare()
    from nemo.collections.common.data.lhotse.cutset import read_cutset_from_config
    from omegaconf import OmegaConf

    finite = {"force_finite": True, "shuffle": False, "shard_seed": 0, "metadata_only": False}
    try:
        cuts, _ = read_cutset_from_config(OmegaConf.create({**finite, **config}))
    except Exception as error:  # a data set that NeMo does not open at all
        return Loaded((), 0.0, 0.0, stopped=_first_line(error))
    return load(cuts)


def lhotse_shar(folder: Path) -> Loaded:
    """A Lhotse Shar, by Lhotse."""
    from lhotse import CutSet

    return load(CutSet.from_shar(in_dir=str(folder)))


def lhotse_cuts(path: Path) -> Loaded:
    """A cuts manifest, by Lhotse."""
    from lhotse import CutSet

    return load(CutSet.from_file(str(path)))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """A manifest's rows."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line.strip()]


def texts_of(path: Path) -> list[str]:
    """The texts of a manifest's lines, as they stand."""
    return [row["text"] for row in rows_of(path)]


def loaded_of_export(shards: Path) -> Mapping[str, Loaded]:
    """What is loaded of a folder of `curate shard`, by output.

    `train` is read by NeMo through `input_cfg.yaml`, `shar` again by Lhotse where the form is its
    own, every plain manifest that holds a row by NeMo.
    """
    index = json.loads((shards / "shards.json").read_bytes())
    loaded = {"train": nemo_input_cfg(shards / "input_cfg.yaml")}
    if index["format"] == "shar":
        loaded["shar"] = lhotse_shar(shards / "train")
    for name, entry in index["manifests"].items():
        path = shards / entry["file"]
        if name != "train" and path.stat().st_size:
            loaded[name] = nemo_manifest(path)
    return loaded


ROUNDING_S = 0.01
"""By so much a row's declared seconds may differ from its audio's: manifests round durations."""


def disagreements(journey: Journey, tolerance_s: float = ROUNDING_S) -> list[str]:
    """Where what is loaded of the export is not what its ledger says: rows, seconds, texts.

    `tolerance_s` is per row.
    """
    step = journey.steps["shard"]
    messages: list[str] = []
    for output, loaded in loaded_of_export(journey.shards).items():
        name = "train" if output == "shar" else output
        rows, seconds = step.rows[name], step.seconds[name]
        if loaded.stopped:
            messages.append(f"{output}: reading stopped: {loaded.stopped}")
        messages += [f"{output}: {id} does not load: {why}" for id, why in loaded.failed]
        if loaded.rows != rows:
            messages.append(f"{output}: {loaded.rows} rows load, the ledger says {rows}")
        for what, length in (("decoded", loaded.seconds), ("declared", loaded.declared_s)):
            if abs(length - seconds) > tolerance_s * max(rows, 1):
                messages.append(f"{output}: {length:.3f} s {what}, the ledger says {seconds:.3f} s")
        lines = rows_of(journey.shards / f"{name}.jsonl")
        written = sorted((row["text"], row["duration"]) for row in lines)
        there = sorted(zip(loaded.texts, loaded.lengths_s, strict=True))
        if [text for text, _ in there] != [text for text, _ in written]:
            messages.append(f"{output}: other texts load than were written")
            continue
        for (text, length), (_, due) in zip(there, written, strict=True):
            if abs(length - due) > tolerance_s:
                messages.append(f"{output}: {text!r} loads {length:.3f} s of {due:.3f} s")
    return messages


_AUDIO = {".wav", ".flac", ".sph", ".ogg"}


def seconds_on_disk(folder: Path) -> float:
    """The length of all audio below a folder, by soxi."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _AUDIO)
    command = ["soxi", "-D", *map(str, paths)]
    lengths = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert len(lengths) == len(paths) > 0
    return sum(map(float, lengths))


def lines_by_wc(*paths: Path) -> int:
    command = ["wc", "-l", *map(str, paths)]
    last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    return int(last[-2].split()[0])
