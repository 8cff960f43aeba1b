"""NeMo, known to no other room: build, restore, save, transcribe.

Importing this module imports NeMo, Lightning and torch (about 14 seconds), so it is imported
inside the functions that need it, after `train.runs.runtime.prepare`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from nemo.collections.asr.models import ASRModel
from nemo.core.classes.modelPT import ModelPT
from nemo.utils import logging as nemo_logging
from nemo.utils.app_state import AppState
from omegaconf import OmegaConf, open_dict

from curate.artifacts.outputs import full_disk_as_error, whole_file
from curate.errors import ConfigError, Fault, InputError
from curate.nemo.archive import Archive
from train.config import TokenizerUpdate
from train.nemo import canary2_behaviors
from train.nemo.canary2_behaviors import BehaviorsCanary, known_prompt
from train.nemo.connector import Connector
from train.recipe.behaviors import PLUGIN, of_config
from train.runs import runtime
from train.scoring.scoring import NotTranscribed

nemo_logging.setLevel(logging.ERROR)
runtime.silence_loggers()

UNSAFE_VARIABLE = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


@dataclass(frozen=True, slots=True)
class Restored:
    """A model out of its archive, and how many of its parameters the archive gave it."""

    model: ASRModel
    parameters: int
    matched_parameters: int


def download(name: str) -> Path:
    """The archive of a pretrained model, by its name at Hugging Face or NGC."""
    try:
        path = Path(ASRModel.from_pretrained(name, return_model_file=True))
    except Exception as error:  # NeMo, huggingface_hub and requests each raise their own
        reason = " ".join(str(error).split())[:200]
        hint = "give the path of a .nemo file, or check the name and the network"
        raise InputError.of("--model", f"{name!r} cannot be downloaded: {reason}", hint) from error
    if not path.is_file():
        raise InputError.of("--model", f"{name!r} is published without a .nemo archive")
    return path


def save_untrained(
    config: Mapping[str, Any], seed: int, out: Path, encoder: Archive | None = None
) -> tuple[int, int]:
    """Build the model that `config` describes, with seeded weights; its parameters and tokens.

    With `encoder` the encoder's weights are those of that archive, which must be of one shape.
    """
    weights = restore(encoder).model.encoder.state_dict() if encoder else None
    AppState().model_restore_path = None  # else tokenizers are sought in the last restored archive
    lightning.seed_everything(seed, verbose=False)
    model = ModelPT.from_config_dict(OmegaConf.create(dict(config)))
    if encoder and weights is not None:
        _load_encoder(model, weights, encoder.path)
    save(model, out)
    return size(model), int(model.tokenizer.vocab_size)


def _load_encoder(model: ModelPT, weights: Mapping[str, torch.Tensor], where: Path) -> None:
    try:
        model.encoder.load_state_dict(weights)
    except RuntimeError as error:
        last = str(error).strip().split("\n")[-1].strip()
        what = f"its encoder does not fit the new one: {last}"
        raise ConfigError.of(where, what, "build both with the same sizes") from error


def restore(
    archive: Archive,
    config: Mapping[str, Any] | None = None,
    trainer: Any = None,
    *,
    inner_models: bool = True,
) -> Restored:
    """Build the model of a vetted archive and load its weights.

    `config` takes the place of the archive's own. Every parameter of the model must be in the
    archive, in the same shape. Without `inner_models` a Canary's timestamps model stays in the
    archive: training has no use for it, and it takes as much memory as a model of its own.
    """
    if os.environ.get(UNSAFE_VARIABLE):
        what = f"{UNSAFE_VARIABLE} is set: weights could run code when they are loaded"
        raise ConfigError.of("environment", what, f"unset {UNSAFE_VARIABLE}")
    own = config or archive.config
    family = BehaviorsCanary if of_config(own) else ASRModel
    override = config or (archive.config if archive.checkpoint or not inner_models else None)
    connector = Connector(archive, inner_models=inner_models)
    with known_prompt(own), unpacked():  # looked up by name while the model is built
        model = family.restore_from(
            str(archive.path),
            override_config_path=connector.switched(override) if override else None,
            map_location="cpu",
            save_restore_connector=connector,
            trainer=trainer,
        )
    connector.switch_back(model)
    return Restored(model, size(model), connector.matched)


def unpacked() -> AbstractContextManager[None]:
    """Say which disk is full where NeMo unpacks an archive, or gathers the files of a new one."""
    hint = "make room there, or set TMPDIR to a directory on another disk"
    return full_disk_as_error(Path(tempfile.gettempdir()), hint)


def change_tokenizer(model: ASRModel, update: TokenizerUpdate) -> None:
    """Give a CTC or RNN-T model another tokenizer; its output layer is then initialised again."""
    model.change_vocabulary(str(update.dir), update.type)


def check_languages(model: ASRModel, languages: Sequence[str], where: Path) -> None:
    """Refuse data in a language that the model's tokenizer has no token for.

    One SentencePiece for all languages turns `<|xx|>` silently into an unknown token; an
    aggregate fails on the first such cut, hours in.
    """
    unknown = [language for language in languages if not _supports(model, language)]
    if unknown:
        hint = "leave these languages out, or take a model that knows them"
        raise InputError(
            *(Fault(str(where), f"has no token for '{lang}'", hint) for lang in unknown)
        )


def _supports(model: ASRModel, language: str) -> bool:
    if "prompt_format" not in model.cfg and hasattr(model.tokenizer, "langs"):
        return language in model.tokenizer.langs  # an aggregate without a prompt
    return "prompt_format" not in model.cfg or _has_token(model, f"<|{language}|>")


def _has_token(model: ASRModel, token: str) -> bool:
    tokenizer = model.tokenizer
    if hasattr(tokenizer, "special_tokens") and hasattr(tokenizer, "langs"):  # Canary's aggregate
        return token in tokenizer.special_tokens
    return bool(tokenizer.token_to_id(token) != tokenizer.unk_id)  # its unified SentencePiece


class Transcriber:
    """A restored model that turns manifest rows into text."""

    def __init__(self, archive: Archive, device: str = "auto", beam: int = 1) -> None:
        on_gpu = device != "cpu" and torch.cuda.is_available()
        if device == "gpu" and not on_gpu:
            hint = "run on a machine with one, or --device cpu"
            raise ConfigError.of("--device", "is gpu, and torch finds no GPU here", hint)
        self.model = restore(archive).model.to("cuda" if on_gpu else "cpu").eval()
        if not self.model.cfg.get("validation_ds"):  # NeMo reads an option of it, present or not
            with open_dict(self.model.cfg):
                self.model.cfg.validation_ds = {}
        if beam > 1:
            search(self.model, beam, archive.path)

    def supports(self, language: str) -> bool:
        """Whether the model has a token for the language; True where its prompt needs none."""
        return "prompt_format" not in self.model.cfg or _supports(self.model, language)

    def transcribe(self, rows: Sequence[Mapping[str, Any]], batch_size: int) -> list[str]:
        """Texts of the rows, as `hypotheses` has them."""
        return [str(getattr(item, "text", item)) for item in self.hypotheses(rows, batch_size)]

    def hypotheses(
        self, rows: Sequence[Mapping[str, Any]], batch_size: int, *, details: bool = False
    ) -> list[Any]:
        """What NeMo makes of the rows, in order; fewer where audio could not be read. With
        `details` also what its decoder keeps by its configuration.

        Rows go through a manifest, since that is where NeMo reads prompt slots from. Of rows that
        it cannot use NeMo drops some silently; where it stops at one, NotTranscribed says why.
        """
        with tempfile.TemporaryDirectory(prefix="transcribe-") as folder:
            manifest = Path(folder) / "rows.jsonl"
            lines = (json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows)
            manifest.write_text("".join(lines), encoding="utf-8")
            try:
                keep = {"verbose": False, "return_hypotheses": details}
                return list(self.model.transcribe(str(manifest), batch_size=batch_size, **keep))
            except torch.OutOfMemoryError as error:
                what = f"a batch of {batch_size} does not fit: {_first_line(error)}"
                raise ConfigError.of("--batch-size", what, "name a smaller one") from error
            except Exception as error:  # a row's audio, prompt or text; each raises its own
                raise NotTranscribed(f"NeMo stops at it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """The kind of an error and the first line of what it says."""
    message = str(error).strip().split("\n", maxsplit=1)[0]
    return f"{type(error).__name__}: {message}"[:300]


def search(model: ASRModel, beam: int, where: Path) -> None:
    """Let the model decode by beam search, where it can; ConfigError where it cannot."""
    decoding = OmegaConf.to_container(model.cfg.decoding, resolve=True)
    if hasattr(model, "transf_decoder"):
        tokens = model.log_softmax.mlp.last_linear_layer.out_features
        if tokens % 8:  # NeMo pads the head, and the search then fails on tokens that are none
            what = f"has {tokens} tokens, no multiple of 8: NeMo's beam search fails on it"
            raise ConfigError.of(where, what, "leave --beam out")
    elif not hasattr(model, "joint"):
        what = "is a CTC model, whose beam search needs a language model to gain anything"
        raise ConfigError.of(where, what, "leave --beam out")
    options = {**(decoding.get("beam") or {}), "beam_size": beam, "return_best_hypothesis": True}
    model.change_decoding_strategy(
        OmegaConf.create({**decoding, "strategy": "beam", "beam": options})
    )


def save(model: ModelPT, path: Path) -> None:
    """Write the model's archive, whole or not at all; beside it what its behaviours need."""
    with whole_file(path) as beside, unpacked():
        model.save_to(str(beside))
    if isinstance(model, BehaviorsCanary):
        with whole_file(path.with_name(PLUGIN)) as beside:
            shutil.copyfile(canary2_behaviors.__file__, beside)


def size(model: ModelPT) -> int:
    """The number of parameters."""
    return sum(weight.numel() for weight in model.parameters())
