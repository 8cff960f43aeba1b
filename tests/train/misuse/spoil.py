"""How each case of the table spoils what a run is given: SPOIL, and STOPPED; no NeMo in here."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import soundfile

from curate.artifacts.outputs import one_writer
from tests.shard_indexes import write_index
from tests.train.misuse.given import Given
from tests.train.planted import (
    ROWS,
    Json,
    cut_of,
    row,
    spoken,
    stratify,
    tokenizer_of,
    write_cuts,
    write_rows,
    write_shards,
)
from train.runs.folder import LOCK
from train.tiny import Kind

LONG = " ".join(["doch"] * 600)
TARGET = "nemo.collections.tts.models.fastpitch.FastPitchModel"

Spoil = Callable[[Given], object]


def train_row(**changes: Any) -> Spoil:
    """One more record to train on."""
    return lambda given: given.train.append(row(**changes))


def eval_row(**changes: Any) -> Spoil:
    """Another last row of the eval manifest."""

    def spoil(given: Given) -> None:
        given.validation[-1] = spoken(**changes)

    return spoil


def also(**changes: Any) -> Spoil:
    """A further validation set whose last row is changed."""

    def spoil(given: Given) -> None:
        given.calls = [*[spoken() for _ in range(199)], spoken(**changes)]
        given.set("validation_ds.also={calls: shards/calls.jsonl}")

    return spoil


def unified(spoil: Spoil) -> Spoil:
    """The same for a model with one tokenizer for all languages."""

    def both(given: Given) -> None:
        given.kind = "unified"
        spoil(given)

    return both


def cut(**changes: Any) -> Spoil:
    """Keys of the first cut."""

    def spoil(given: Given) -> None:
        given.on_cuts = lambda cuts: cuts[0].update(changes)

    return spoil


def setting(*settings: str) -> Spoil:
    return lambda given: given.set(*settings)


def afterwards(change: Callable[[Given], object]) -> Spoil:
    """What is changed when all is written."""

    def spoil(given: Given) -> None:
        given.written = change

    return spoil


def only_lang(given: Given) -> None:
    given.calls = [spoken(source_lang=None, target_lang=None)] * 200
    given.set("validation_ds.also={calls: shards/calls.jsonl}")


def no_text(given: Given) -> None:
    given.train = [row(text="") for _ in ROWS]
    given.validation = [spoken(text=" ")] * 200


def leak(count: int) -> Spoil:
    """Cuts that were rows of the eval manifest."""

    def spoil(given: Given) -> None:
        given.validation[0] = spoken(_curate={"id": "m.jsonl:7"})
        given.train += [row("ja nein", "de", record_id="m.jsonl:7") for _ in range(count)]

    return spoil


def one_id_twice(given: Given) -> None:
    """The second directory has cut 0 as the first has; there it is too long."""
    given.written = lambda given: write_shards(
        given.folder / "second", [row(text=LONG), *[row() for _ in range(239)]]
    )
    given.options += ["--data", "second"]


def empty_shards(given: Given) -> None:
    given.written = lambda given: write_index(given.data, [], {"eval": (200, 2.0)})


def split_folder(given: Given) -> None:
    (given.folder / "split").mkdir()
    (given.folder / "split/train.jsonl").write_text("", encoding="utf-8")
    (given.folder / "split/split.json").write_text("{}", encoding="utf-8")
    given.run_options += ["--data", "split"]


def test_set(given: Given) -> None:
    given.calls = given.validation
    given.set("validation_ds.also={t: shards/calls.jsonl}")

    def name_it(given: Given) -> None:
        index = json.loads((given.data / "shards.json").read_text(encoding="utf-8"))
        index["manifests"]["test"] = {"file": "calls.jsonl", "rows": 200, "hours": 0.1}
        (given.data / "shards.json").write_text(json.dumps(index), encoding="utf-8")

    given.written = name_it


def strata(given: Given) -> None:
    def divide(given: Given) -> None:
        cuts = [cut_of(number, row()) for number in range(300)]
        shards = [write_cuts(given.data, 0, cuts[:240]), write_cuts(given.data, 1, cuts[240:])]
        write_index(given.data, shards, {"eval": (200, 2.0)})
        stratify(given.data, 0.5, 0.5)

    given.written = divide


def replay_language(given: Given) -> None:
    given.written = lambda given: write_shards(given.folder / "old", [row(lang="fr")] * 100)
    given.options += ["--replay", "old=10%"]


def rates(given: Given) -> None:
    def note_rates(cuts: list[Json]) -> None:
        for number, each in enumerate(cuts):
            each["recording"] = {"sampling_rate": 8000 if number % 8 == 0 else 16000}

    given.on_cuts = note_rates


def of_kind(kind: Kind, *settings: str) -> Spoil:
    """Another kind of model, with settings."""

    def spoil(given: Given) -> None:
        given.kind = kind
        given.set(*settings)

    return spoil


def swapped(given: Given) -> None:
    """The pieces in the configuration are those of a tokenizer of the same size."""
    files = tokenizer_of("ctc", 24)[1]
    lines = files["all_tokenizer.vocab"].decode().removesuffix("\n").split("\n")
    given.kind = "ctc"
    given.changes["decoder.vocabulary"] = [line.split("\t")[0] for line in reversed(lines)]


def swapped_part(given: Given) -> None:
    lines = tokenizer_of("canary", 24)[1]["de_tokenizer.vocab"].split(b"\n")[:-1]
    given.members["de_tokenizer.vocab"] = b"\n".join([*reversed(lines), b""])


def small_output(given: Given) -> None:
    given.kind = "ctc"
    given.changes["decoder.num_classes"] = 20


def no_gpu(value: str) -> Spoil:
    def spoil(given: Given) -> None:
        given.patch.setattr("torch.cuda.is_available", lambda: False)
        given.run_options += ["--set", f"trainer.accelerator={value}"]

    return spoil


def complete(given: Given) -> None:
    (given.out / "run.json").write_text("{}", encoding="utf-8")


def other_rows(given: Given) -> None:
    given.train = given.train[:-1]
    given.write()


def other_model(given: Given) -> None:
    given.members["notes.txt"] = bytes(20_000)
    given.write_model()


def too_few_gpus(given: Given) -> None:
    given.patch.setattr("torch.cuda.is_available", lambda: True)
    given.patch.setattr("torch.cuda.device_count", lambda: 1)
    given.run_options += ["--set", "trainer.accelerator=gpu", "--set", "trainer.devices=4"]


def other_run(given: Given) -> None:
    given.out.mkdir()
    (given.out / "config.yaml").write_text("seed: 1\n", encoding="utf-8")


def in_use(given: Given) -> None:
    given.stack.enter_context(one_writer(given.out, given.out / LOCK))


def no_locks(given: Given) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    given.patch.setattr(fcntl, "flock", flock)


def full_disk(given: Given) -> None:
    @contextmanager
    def full(path: Path) -> Iterator[Path]:
        yield Path(os.devnull)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    given.patch.setattr("train.runs.folder.whole_file", full)


def damage(given: Given) -> None:
    """A file of cuts of the same size, but for its end."""
    path = given.data / "train/cuts.000000.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-8] + bytes(8))


def cut_archive(given: Given) -> None:
    path = given.folder / "model.nemo"
    path.write_bytes(path.read_bytes()[:700])


def shorten_eval(given: Given) -> None:
    write_rows(given.data / "eval.jsonl", given.validation[:100])


def no_samples(given: Given) -> None:
    soundfile.write(given.folder / "empty.wav", [], 16_000)
    eval_row(audio_filepath="../empty.wav")(given)


def stereo(given: Given) -> None:
    soundfile.write(given.folder / "stereo.wav", [[0.0, 0.0]] * 16_000, 16_000)
    eval_row(audio_filepath="../stereo.wav")(given)


def long_texts(count: int) -> Spoil:
    return lambda given: given.train.extend([row(text=LONG) for _ in range(count)])


SPOIL: Mapping[str, Spoil] = {
    "stereo-eval": stereo,
    "pnc-true-train": train_row(pnc=True),
    "pnc-true-eval": eval_row(pnc=True),
    "no-language-train": train_row(lang=None),
    "no-language-eval": eval_row(source_lang=None, target_lang=None),
    "only-lang-also": only_lang,
    "unknown-language-train": unified(train_row(lang="fr")),
    "unknown-language-eval": unified(eval_row(source_lang="fr")),
    "unknown-language-also": unified(also(source_lang="fr")),
    "hour-eval": eval_row(duration=3600.0),
    "hour-train": train_row(seconds=3600.0),
    "too-long-few": long_texts(1),
    "too-long-many": long_texts(24),
    "no-text": no_text,
    "text-number": cut(supervisions=[{"text": 7, "language": "de"}]),
    "no-supervision": cut(supervisions=[]),
    "nan-train": cut(duration=float("nan")),
    "nan-eval": eval_row(duration=float("nan")),
    "negative-offset": eval_row(offset=-1.0),
    "offset-text": eval_row(offset="3"),
    "zero-length-train": cut(duration=0),
    "zero-length-eval": no_samples,
    "missing-eval-audio": eval_row(audio_filepath="nosuch.wav"),
    "leak-few": leak(1),
    "leak-many": leak(24),
    "one-id-twice": one_id_twice,
    "no-shards": empty_shards,
    "none-left": setting("train_ds.max_duration=1.5"),
    "a-split": split_folder,
    "lost-shard": afterwards(lambda given: (given.data / "train/recording.000000.tar").unlink()),
    "damaged-shard": afterwards(damage),
    "no-eval": afterwards(lambda given: (given.data / "eval.jsonl").unlink()),
    "shorter-eval": afterwards(shorten_eval),
    "sorted-eval": setting("trainer.limit_val_batches=1"),
    "test-as-eval": test_set,
    "blend-weights": strata,
    "replay-missing": lambda given: given.options.extend(["--replay", "nosuch=10%"]),
    "replay-language": replay_language,
    "mixed-rates": rates,
    "python-yaml": lambda given: given.members.update(
        {"inner_config.yaml": b"a: !!python/object/apply:os.system ['true']\n"}
    ),
    "foreign-class": lambda given: given.members.update(
        {"inner_config.yaml": b"preprocessor: {_target_: os.system}\n"}
    ),
    "cut-archive": afterwards(cut_archive),
    "ctc-as-canary": of_kind("ctc", "recipe=aed"),
    "canary-as-ctc": setting("recipe=finetune"),
    "speech-synthesis": lambda given: given.changes.update({"target": TARGET}),
    "swapped-tokenizer": swapped,
    "swapped-part": swapped_part,
    "ids-beyond-output": small_output,
    "canary-tokenizer": setting("tokenizer.update={dir: shards, type: bpe}"),
    "batch-of-all": setting("train_ds.batch_duration=1e9"),
    "rate-of-10": setting("optim.lr=10"),
    "no-gpu": no_gpu("gpu"),
    "too-few-gpus": too_few_gpus,
    "auto-without-gpu": no_gpu("auto"),
    "bf16-true": setting("trainer.precision=bf16-true"),
    "fp16-on-cpu": setting("trainer.precision=16-mixed"),
    "tdt-on-cpu": of_kind("tdt"),
    "unknown-override": setting("model.encoder.dropot=0.1"),
    "unknown-key": setting("trainr.max_steps=3"),
    "late-validation": setting("trainer.val_check_interval=31"),
    "other-run": other_run,
    "in-use": in_use,
    "no-locks": no_locks,
    "full-disk": full_disk,
    "resume-nothing": lambda given: given.run_options.append("--resume"),
}

STOPPED: Mapping[str, Spoil] = {
    "resume-complete": complete,
    "resume-settings": lambda given: given.run_options.extend(["--set", "optim.lr=2e-5"]),
    "resume-shards": other_rows,
    "resume-model": other_model,
    "resume-eval": shorten_eval,
}
"""What is changed after a run was stopped, before it is resumed."""
