"""Models in their published shapes (shapes.yaml), with random weights or none: no download.

A shape is a NeMo configuration: the architecture of `train tiny` with the published sizes, and a
tokenizer of the published number of tokens, trained on the texts at hand and filled up.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic

from curate.files.marked_yaml import plain_value, read_tree
from curate.nemo.archive import WEIGHTS_NAME
from train.runs import runtime
from train.tiny import Kind, read_architecture
from train.tiny import tokenizer as tiny_tokens

FILE = Path(__file__).with_suffix(".yaml")

TEXTS = ("the quick brown fox jumps over the lazy dog",)
"""Texts for a tokenizer where there is no data: the rest of its tokens is filling."""

LEARNED = 200
"""Pieces to train on the texts; the rest of the published number is filling."""

SMALL: Mapping[str, Any] = {
    "model_defaults.asr_enc_hidden": 128,
    "model_defaults.encoder_layers": 2,
    "model_defaults.lm_dec_hidden": 128,
    "model_defaults.decoder_layers": 2,
    "model_defaults.decoder_inner": 256,
    "model_defaults.pred_hidden": 64,
    "model_defaults.joint_hidden": 64,
}
"""Sizes that fit everywhere, for models that do not: prompt, tokenizer and structure are kept."""


class Shape(pydantic.BaseModel):
    """The published shape of a model, and what it must come to."""

    model_config = pydantic.ConfigDict(frozen=True, strict=True, extra="forbid")

    kind: Kind
    family: str
    languages: tuple[str, ...]
    pieces: int
    """Tokens of each SentencePiece with text: one a language in an aggregate, else one."""
    special_tokens: int = 0
    sizes: Mapping[str, Any]
    parameters_m: float
    """Published number of parameters, in millions."""
    within: float
    """Largest relative difference from it: published numbers are rounded."""
    archive_gb: float | None = None
    weights_bytes: int | None = None
    float_tensors: int | None = None
    tied: tuple[str, ...] = ()


class Shapes(pydantic.BaseModel):
    """shapes.yaml: sizes that all models of a family have, and the models by recipe."""

    model_config = pydantic.ConfigDict(frozen=True, strict=True, extra="forbid")

    families: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Shape]


def read_shapes() -> Shapes:
    """The published shapes."""
    tree = read_tree(FILE.read_text(encoding="utf-8"), str(FILE))
    return Shapes.model_validate_json(json.dumps(plain_value(tree)))


def model_config(
    name: str, texts: Mapping[str, Sequence[str]], folder: Path, *, small: bool = False
) -> dict[str, Any]:
    """NeMo's configuration of a published model; its tokenizer is written to `folder`."""
    shapes = read_shapes()
    shape = shapes.models[name]
    config = read_architecture(shape.kind)
    sizes = {**shapes.families[shape.family], **shape.sizes}
    if small:
        sizes |= {key: size for key, size in SMALL.items() if _holds(config, key)}
    for key, value in sizes.items():
        _set(config, key, value)
    config["tokenizer"] = _tokenizer(shape, texts, folder)
    return config


def _holds(config: Mapping[str, Any], key: str) -> bool:
    section, _, name = key.partition(".")
    return name in config[section]


def _set(config: dict[str, Any], key: str, value: Any) -> None:
    *above, name = key.split(".")
    section = config
    for each in above:
        section = section.setdefault(each, {})
    section[name] = value


def _tokenizer(shape: Shape, texts: Mapping[str, Sequence[str]], folder: Path) -> dict[str, Any]:
    """The `tokenizer` section, of the published number of tokens."""
    every_text = [text for group in texts.values() for text in group] or list(TEXTS)
    tokens = tiny_tokens.special_tokens(shape.languages)
    if shape.kind == "unified":
        _train(every_text, shape.pieces, folder / "all", tokens)
        return tiny_tokens.unified_section(folder / "all")
    if shape.kind != "canary":
        _train(every_text, shape.pieces, folder / "all")
        return {"dir": str(folder / "all"), "type": "bpe"}
    if shape.special_tokens < len(tokens):  # the first prompt has few
        tokens = (*tiny_tokens.NEMO_TOKENS, *_first_prompt(shape.languages))
    _train((), shape.special_tokens, folder / tiny_tokens.SPECIAL, tokens)
    for language in shape.languages:
        _train(list(texts.get(language) or every_text), shape.pieces, folder / language)
    return tiny_tokens.aggregate_section(folder, shape.languages)


def _first_prompt(languages: Sequence[str]) -> tuple[str, ...]:
    return ("<|transcribe|>", "<|translate|>", *(f"<|{language}|>" for language in languages))


def _train(sentences: Sequence[str], size: int, folder: Path, symbols: Sequence[str] = ()) -> None:
    """Train a SentencePiece of exactly `size` tokens."""
    learned = LEARNED if sentences else 0
    count = tiny_tokens.train_pieces(sentences, learned, folder, symbols)
    filling = [f"<|{number}|>" for number in range(size - count)]
    filled = tiny_tokens.train_pieces(sentences, learned, folder, (*symbols, *filling))
    assert filled == size, (folder.name, filled, size)


def build_without_weights(config: Mapping[str, Any]) -> Any:
    """The model that NeMo builds, its parameters on the meta device: names and shapes alone."""
    runtime.prepare()
    from nemo.core.classes.modelPT import ModelPT
    from nemo.utils.app_state import AppState
    from omegaconf import OmegaConf

    from train.nemo import model  # noqa: F401 - quietens NeMo's logs

    AppState().model_restore_path = None
    with _parameters_on_meta():
        return ModelPT.from_config_dict(OmegaConf.create(dict(config)))


@contextmanager
def _parameters_on_meta() -> Iterator[None]:
    """Move each parameter to the meta device as a module takes it, before it is initialised."""
    import torch

    register = torch.nn.Module.register_parameter

    def on_meta(module: Any, name: str, weight: Any) -> None:
        if weight is not None and not weight.is_meta:
            weight = torch.nn.Parameter(weight.to("meta"), weight.requires_grad)
        register(module, name, weight)

    torch.nn.Module.register_parameter = on_meta
    try:
        yield
    finally:
        torch.nn.Module.register_parameter = register


def state_bytes(model: Any) -> int:
    """Bytes of the tensors that NeMo saves; a tied weight is saved once."""
    saved = {id(tensor): tensor for tensor in model.state_dict(keep_vars=True).values()}
    return sum(tensor.numel() * tensor.element_size() for tensor in saved.values())


def write_hollow(model: Any, path: Path) -> None:
    """The model's archive as NeMo writes it, with a hole of the weights' size in their place.

    It takes no room on disk, and a plan reads nothing of the weights but their size.
    """
    small = path.with_suffix(".small")
    model.save_to(str(small))
    with tarfile.open(small) as source, tarfile.open(path, "w") as target:
        for member in source:
            if not member.name.endswith(WEIGHTS_NAME):
                target.addfile(member, source.extractfile(member))
        hole = tarfile.TarInfo(WEIGHTS_NAME)
        hole.size = state_bytes(model)
        target.addfile(hole)
        target.offset += -(-hole.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        assert target.fileobj is not None
        target.fileobj.seek(target.offset)
    small.unlink()


def activation_bytes(model: Any, cuts: int, seconds: float, tokens: int) -> int:
    """Bytes that autograd keeps of a batch in 32 bits, counted on the meta device.

    The encoder, and a Canary's decoder over so many `tokens` a cut; losses are not in it.
    """
    import torch

    model = model.to("meta").train()
    frames = round(seconds * FRAMES_PER_S)
    features = torch.empty(cuts, model.cfg.preprocessor.features, frames, device="meta")
    lengths = torch.full((cuts,), frames, device="meta")
    kept: dict[int, Any] = {}
    weights = {weight.untyped_storage()._cdata for weight in model.parameters()}

    def keep(tensor: Any) -> Any:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        encoded, _ = model.encoder(audio_signal=features, length=lengths)
        if hasattr(model, "transf_decoder"):
            states = model.encoder_decoder_proj(encoded.permute(0, 2, 1))
            ids = torch.zeros(cuts, tokens, dtype=torch.long, device="meta")
            mask = torch.ones(cuts, tokens, device="meta")
            seen = torch.ones(cuts, states.shape[1], device="meta")
            decoded = model.transf_decoder(
                input_ids=ids, decoder_mask=mask, encoder_embeddings=states, encoder_mask=seen
            )
            model.log_softmax(hidden_states=decoded)
    return sum(storage.nbytes() for storage in kept.values())


FRAMES_PER_S = 100
"""Frames of features."""
