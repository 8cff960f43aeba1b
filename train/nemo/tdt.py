"""The loss of token-and-duration transducers on a CPU, where NeMo has none that runs.

NeMo's TDT loss is a CUDA kernel, and its reference in PyTorch calls `.cuda()`. This one is for
trials of a recipe without a GPU: exact, differentiable, and slow (a loop over frames in Python).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from nemo.collections.asr.models import ASRModel
from nemo.collections.asr.parts.numba.rnnt_loss import TDTLossNumba

IMPOSSIBLE = -1e9
"""A log probability of nothing: finite, since the gradient of infinity is not a number."""


class CpuTdtLoss(torch.nn.Module):
    """TDT loss of each utterance; Xu et al. 2023, https://arxiv.org/abs/2304.06795, equation 7.

    `sigma` is NeMo's under-normalisation of the tokens. NeMo also replaces the loss by that of an
    RNN-T in a share `omega` of the batches; here every batch has the TDT loss.
    """

    def __init__(self, blank: int, durations: Sequence[int], sigma: float) -> None:
        super().__init__()
        self.blank, self.durations, self.sigma = blank, tuple(durations), sigma
        self.reduction = "none"  # the loss around it reduces, and sets this

    def forward(
        self,
        acts: torch.Tensor,
        labels: torch.Tensor,
        act_lens: torch.Tensor,
        label_lens: torch.Tensor,
    ) -> torch.Tensor:
        """Losses of shape (B,) from logits (B, T, U + 1, tokens + blank + durations)."""
        tokens, skips = acts.double().split(
            [acts.shape[-1] - len(self.durations), len(self.durations)], -1
        )
        tokens = tokens.log_softmax(-1) - self.sigma
        skips = skips.log_softmax(-1)
        after_last = torch.nn.functional.pad(labels.long(), (0, 1), value=self.blank)
        index = after_last[:, None, :, None].expand(-1, acts.shape[1], -1, 1)
        emit = tokens.gather(-1, index) + skips  # (B, T, U + 1, durations)
        stay = tokens[..., self.blank : self.blank + 1] + skips
        alphas = self._forward_variables(emit, stay)
        return -self._ends(alphas, stay, act_lens.long(), label_lens.long())

    def _forward_variables(self, emit: torch.Tensor, stay: torch.Tensor) -> torch.Tensor:
        """The log probability of having emitted u tokens when frame t is reached, (B, T, U + 1)."""
        batch, frames, positions, _ = emit.shape
        start = emit.new_full((batch, positions), IMPOSSIBLE)
        start[:, 0] = 0.0
        alphas: list[torch.Tensor] = []
        for frame in range(frames):
            arrivals = [] if alphas else [start]
            for number, skip in enumerate(self.durations):
                if 0 < skip <= frame:
                    before = alphas[frame - skip]
                    arrivals.append(before + stay[:, frame - skip, :, number])
                    arrivals.append(_one_on(before + emit[:, frame - skip, :, number]))
            alpha = (
                torch.stack(arrivals).logsumexp(0)
                if arrivals
                else start.new_full(start.shape, IMPOSSIBLE)
            )
            if 0 in self.durations:
                alpha = _emit_within_frame(alpha, emit[:, frame, :, self.durations.index(0)])
            alphas.append(alpha)
        return torch.stack(alphas, 1)

    def _ends(
        self,
        alphas: torch.Tensor,
        stay: torch.Tensor,
        act_lens: torch.Tensor,
        label_lens: torch.Tensor,
    ) -> torch.Tensor:
        """The log probability of leaving by a blank behind the last frame, all tokens emitted."""
        rows = torch.arange(len(alphas))
        ends = []
        for number, skip in enumerate(self.durations):
            if skip > 0:
                frame = act_lens - skip
                at = rows, frame.clamp(min=0), label_lens
                end = alphas[at] + stay[(*at, number)]
                ends.append(end.masked_fill(frame < 0, IMPOSSIBLE))
        return torch.stack(ends).logsumexp(0)


def _one_on(values: torch.Tensor) -> torch.Tensor:
    """The values one position further; nothing arrives at the first."""
    return torch.nn.functional.pad(values[:, :-1], (1, 0), value=IMPOSSIBLE)


def _emit_within_frame(alpha: torch.Tensor, emit: torch.Tensor) -> torch.Tensor:
    """`alpha` with the paths that emit tokens of duration 0.

    The sum of a(u) = logaddexp(alpha(u), a(u - 1) + emit(u - 1)) over all u at once.
    """
    reach = torch.nn.functional.pad(emit[:, :-1].cumsum(-1), (1, 0))
    return reach + (alpha - reach).logcumsumexp(-1)


def use_cpu_loss(model: ASRModel) -> None:
    """Replace the loss of a TDT model that trains on a CPU; others keep the one that they have."""
    inner = getattr(getattr(model, "loss", None), "_loss", None)
    if isinstance(inner, TDTLossNumba):
        model.loss._loss = CpuTdtLoss(inner.blank, inner.durations, inner.sigma)
