"""What the decoder of a model says of given texts: the loss of each, and a CTC head's alignment.

A head looks at what NeMo's forward pass of a batch has computed; none encodes the audio again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from nemo.collections.asr.models import ASRModel
from nemo.collections.asr.parts.utils.asr_confidence_utils import get_confidence_measure_bank
from omegaconf import OmegaConf
from torch.nn.utils.rnn import pad_sequence

from curate.arrays import Int32s
from train.scoring.forced import align

ALPHA = 0.33
"""NeMo's default of the confidence by Tsallis entropy, normalised exponentially."""
TOO_SHORT = "the text has more tokens than the audio has frames"
NO_TDT = "NeMo computes the loss of a TDT model on a GPU only"
NO_TOKENS = "the text is empty, or the model has no token for it"

Values = dict[str, float]
Probabilities = npt.NDArray[np.float32]


class Head(Protocol):
    """The part of a model that scores texts."""

    def rows(self, output: Mapping[str, Any]) -> int:
        """How many rows NeMo's forward pass was of."""
        ...

    def values(
        self, output: Mapping[str, Any], batch: Any, tokens: Sequence[Int32s]
    ) -> list[tuple[Values, str]]:
        """What each row's text gets, and why something of it is missing, where it is."""
        ...


def head_of(model: ASRModel) -> Head:
    """The head that scores best: CTC where the model has it, since it aligns too."""
    if hasattr(model, "transf_decoder"):
        return DecoderHead(model)
    if hasattr(model, "joint") and not hasattr(model, "ctc_decoder"):
        return TransducerHead(model)
    return CtcHead(model)


class CtcHead:
    """A CTC model, or the CTC head of a hybrid one: loss and alignment.

    The confidence is that of its own hypothesis, so a hybrid, whose hypothesis comes from its
    transducer, has another.
    """

    def __init__(self, model: ASRModel) -> None:
        self._model = model
        self._is_own = not hasattr(model, "ctc_decoder")
        decoder = model.decoder if self._is_own else model.ctc_decoder
        self._blank = int(decoder.num_classes_with_blank) - 1
        self._frame_s = model.cfg.preprocessor.window_stride * model.encoder.subsampling_factor

    def rows(self, output: Mapping[str, Any]) -> int:
        """How many rows NeMo's forward pass was of."""
        return len(output["logits_len"] if self._is_own else output["encoded_len"])

    def values(
        self, output: Mapping[str, Any], batch: Any, tokens: Sequence[Int32s]
    ) -> list[tuple[Values, str]]:
        """Confidence, loss and alignment of each row."""
        if self._is_own:
            log_probs, lengths = output["logits"].float(), output["logits_len"]
        else:
            log_probs = self._model.ctc_decoder(encoder_output=output["encoded"]).float()
            lengths = output["encoded_len"]
        losses = ctc_losses(log_probs, lengths, tokens, self._blank)
        confidences = ctc_confidences(log_probs, lengths) if self._is_own else [{}] * len(tokens)
        cpu = log_probs.cpu().numpy()
        return [
            self._row(cpu[row, :length], tokens[row], {**confidences[row], **losses[row]})
            for row, length in enumerate(lengths.tolist())
        ]

    def _row(self, log_probs: Probabilities, tokens: Int32s, known: Values) -> tuple[Values, str]:
        if not tokens.size:
            return known, NO_TOKENS
        aligned = align(log_probs, self._blank, tokens, self._frame_s)
        return (known, TOO_SHORT) if aligned is None else ({**known, **aligned}, "")


def ctc_losses(
    log_probs: torch.Tensor, lengths: torch.Tensor, tokens: Sequence[Int32s], blank: int
) -> list[Values]:
    """The negative log-likelihood per token of each row's text; without one where there is none."""
    sizes = torch.tensor([each.size for each in tokens])
    targets = torch.from_numpy(np.concatenate(tokens)).long()
    losses = torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1), targets.to(log_probs.device), lengths.to(log_probs.device),
        sizes.to(log_probs.device), blank, "none",
    )  # fmt: skip
    return [_loss(loss, size) for loss, size in zip(losses.tolist(), sizes.tolist(), strict=True)]


def _loss(loss: float, tokens: int) -> Values:
    return {"token_loss": loss / tokens} if tokens and np.isfinite(loss) else {}


def ctc_confidences(log_probs: torch.Tensor, lengths: torch.Tensor) -> list[Values]:
    """NeMo's confidence in each row's greedy hypothesis: the mean over its tokens, each as sure as
    the least sure of its frames. Without one where the hypothesis is empty.
    """
    vocabulary = log_probs.shape[-1]
    best = log_probs.argmax(-1)
    frames = torch.arange(best.shape[1], device=best.device)
    on_token = (best != vocabulary - 1) & (frames[None, :] < lengths[:, None].to(best.device))
    measure = get_confidence_measure_bank()["entropy_tsallis_exp"]
    known = measure(log_probs[on_token], v=vocabulary, t=ALPHA).double().cpu().numpy()
    place, frame = (each.cpu().numpy() for each in on_token.nonzero(as_tuple=True))
    token = best[on_token].cpu().numpy()
    key = np.stack([place, frame - np.arange(frame.size), token])
    first = np.flatnonzero(np.r_[True, (key[:, 1:] != key[:, :-1]).any(0)][: token.size])
    least = np.minimum.reduceat(known, first) if first.size else known
    count = np.bincount(place[first], minlength=len(lengths))
    total = np.bincount(place[first], least, minlength=len(lengths))
    pairs = zip(total.tolist(), count.tolist(), strict=True)
    return [{"confidence": whole / tokens} if tokens else {} for whole, tokens in pairs]


class TransducerHead:
    """An RNN-T or TDT model: its own loss, one row at a time, since a batch of all its alignments
    would not fit in memory.
    """

    def __init__(self, model: ASRModel) -> None:
        self._model = model
        model.loss.reduction = None  # the loss itself, not over tokens or batches
        self._is_tdt = OmegaConf.select(model.cfg, "loss.loss_name") == "tdt"

    def rows(self, output: Mapping[str, Any]) -> int:
        """How many rows NeMo's forward pass was of."""
        return len(output["encoded_len"])

    def values(
        self, output: Mapping[str, Any], batch: Any, tokens: Sequence[Int32s]
    ) -> list[tuple[Values, str]]:
        """The loss of each row."""
        encoded, lengths = output["encoded"], output["encoded_len"]
        if self._is_tdt and encoded.device.type == "cpu":
            return [({}, NO_TDT)] * len(tokens)
        return [
            self._row(encoded[row : row + 1, :, : int(lengths[row])], each)
            for row, each in enumerate(tokens)
        ]

    def _row(self, encoded: torch.Tensor, tokens: Int32s) -> tuple[Values, str]:
        if not tokens.size:
            return {}, NO_TOKENS
        model, device = self._model, encoded.device
        targets = torch.from_numpy(tokens).long()[None].to(device)
        size = torch.tensor([tokens.size], device=device)
        decoded, size, _ = model.decoder(targets=targets, target_length=size)
        joint = model.joint(encoder_outputs=encoded, decoder_outputs=decoded)
        frames = torch.tensor([encoded.shape[2]], device=device)
        loss = model.loss(
            log_probs=joint, targets=targets, input_lengths=frames, target_lengths=size
        )
        return _loss(float(loss), tokens.size), ""


class DecoderHead:
    """An encoder-decoder model, such as Canary: the text is given to the decoder after the prompt.

    The loss is per token of the text and its end.
    """

    def __init__(self, model: ASRModel) -> None:
        self._model = model
        self._end = int(model.tokenizer.eos_id)
        self._most = int(model.transf_decoder.max_sequence_length)

    def rows(self, output: Mapping[str, Any]) -> int:
        """How many rows NeMo's forward pass was of."""
        return len(output["encoded_lengths"])

    def values(
        self, output: Mapping[str, Any], batch: Any, tokens: Sequence[Int32s]
    ) -> list[tuple[Values, str]]:
        """The loss of each row."""
        prompts = [row[:size] for row, size in zip(batch.prompt, batch.prompt_lens, strict=True)]
        device = output["encoder_states"].device
        end = torch.tensor([self._end], device=device)
        whole = [
            torch.cat([prompt.to(device), torch.from_numpy(each).long().to(device), end])
            for prompt, each in zip(prompts, tokens, strict=True)
        ]
        return list(self._losses(output, whole, [len(prompt) for prompt in prompts], tokens))

    def _losses(
        self, output: Mapping[str, Any], whole: Sequence[torch.Tensor], prompts: Sequence[int],
        tokens: Sequence[Int32s],
    ) -> Iterator[tuple[Values, str]]:  # fmt: skip
        fitting = [row[: self._most + 1] for row in whole]
        lengths = torch.tensor([row.numel() - 1 for row in fitting])
        given = pad_sequence([row[:-1] for row in fitting], batch_first=True)
        mask = torch.arange(given.shape[1])[None, :] < lengths[:, None]
        states = self._model.transf_decoder(
            input_ids=given, decoder_mask=mask.to(given),
            encoder_embeddings=output["encoder_states"], encoder_mask=output["encoder_mask"],
        )  # fmt: skip
        log_probs = self._model.log_softmax(hidden_states=states).float()
        for at, (row, prompt) in enumerate(zip(whole, prompts, strict=True)):
            if not tokens[at].size:
                yield {}, NO_TOKENS
            elif row.numel() - 1 > self._most:
                yield {}, f"the text has more tokens than the decoder takes ({self._most})"
            else:
                due = row[prompt:, None]
                of_due = log_probs[at, prompt - 1 : row.numel() - 1].gather(1, due)
                yield {"token_loss": float(-of_due.mean())}, ""


def with_token_confidence(model: ASRModel) -> None:
    """Let a transducer or encoder-decoder model tell how sure it is of each token, by NeMo's
    default measure; it then decodes greedily. A CTC model is not changed.
    """
    decoding = OmegaConf.to_container(model.cfg.decoding, resolve=True)
    confidence = {"preserve_token_confidence": True, "preserve_frame_confidence": True}
    if hasattr(model, "transf_decoder"):
        delta = (decoding.get("beam") or {}).get("max_generation_delta", 50)
        greedy = {"preserve_token_confidence": True, "max_generation_delta": delta}
        changed = {**decoding, "strategy": "greedy", "greedy": greedy}
        del confidence["preserve_frame_confidence"]
    elif hasattr(model, "joint"):
        changed = {**decoding, "strategy": "greedy_batch"}
    else:
        return
    model.change_decoding_strategy(OmegaConf.create({**changed, "confidence_cfg": confidence}))


def token_confidence(hypothesis: Any) -> Values:
    """The mean over a hypothesis's tokens; without one where it has none."""
    known = getattr(hypothesis, "token_confidence", None)
    values = [] if known is None else [float(each) for each in known]
    return {"confidence": sum(values) / len(values)} if values else {}
