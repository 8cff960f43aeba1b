"""Training steps on made-up batches, to see which sizes a device has memory for.

A step is what `train run` does with a batch: the model of the recipe in the run's precision,
forward, backward, clipping, AdamW with its moments in memory. Every recording of a batch is as
long as its bucket allows. Decoding for the log, once in `log_every_n_steps`, is not part of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import lightning.pytorch as lightning
import torch
from nemo.collections.asr.data.audio_to_text_lhotse_prompted import PromptedAudioToTextMiniBatch
from nemo.collections.asr.models import ASRModel, EncDecMultiTaskModel

from curate.nemo.archive import Archive
from train.config import RunConfig
from train.nemo.callbacks import Freezing
from train.nemo.canary2_behaviors import known_prompt
from train.nemo.fit import make_optimizer, restore_to_train
from train.nemo.memory import GpuMemory, Memory, TensorMemory, is_out_of_memory
from train.nemo.model import size
from train.nemo.trainer import make_trainer
from train.recipe import Recipe
from train.recipe.buckets import Bucket

NEVER = 10**9
"""Steps between two logs, each of which would decode the batch."""


class Trial:
    """A model in training, and the memory that its steps may take.

    `around` of a transcript's tokens are its prompt and end.
    """

    def __init__(
        self, archive: Archive, recipe: Recipe, run: RunConfig, around: int, budget_bytes: int
    ) -> None:
        single = run.trainer.model_copy(update={"devices": 1, "num_nodes": 1})
        trainer = make_trainer(run.model_copy(update={"trainer": single}), ())
        trainer.log_every_n_steps = NEVER
        self._seed = run.seed
        self._around = around
        self._clip = run.trainer.gradient_clip_val or math.inf
        self._accumulates = run.trainer.accumulate_grad_batches > 1
        self._device = trainer.strategy.root_device
        self._precision = trainer.precision_plugin
        self.precision = str(trainer.precision)
        with known_prompt(recipe.config):
            self._model = _prepare(archive, recipe, run, trainer)
            freezing = Freezing(run.freeze, run.adapter)
            self._optimizer = make_optimizer(self._model, run, freezing)
        self.parameters = size(self._model)
        self._copies = self._make_copies(run)
        self.memory = self._limit(budget_bytes)
        self._is_ready = self._attempt(self._make_moments)

    def fits(self, bucket: Bucket, batch_size: int) -> bool:
        """Whether a step on a batch of the bucket's longest recordings stays within the memory.

        A step that does not leaves nothing behind: its graph and its gradients are freed.
        """
        if self._is_ready and self._attempt(partial(self._train_on, bucket, batch_size)):
            return True
        self._optimizer.zero_grad(set_to_none=True)
        self.memory.release()
        return False

    def _attempt(self, step: Callable[[], None]) -> bool:
        try:
            with self.memory.limited():
                step()
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            if not is_out_of_memory(error):
                raise
            return False
        return True

    def _make_moments(self) -> None:
        """A step without a batch, so that the moments are there in the first one with a batch."""
        for weight in self._model.parameters():
            weight.grad = torch.zeros_like(weight) if weight.requires_grad else None
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)

    def _train_on(self, bucket: Bucket, batch_size: int) -> None:
        self._optimizer.zero_grad(set_to_none=not self._accumulates)
        torch.manual_seed(self._seed)
        with self._precision.train_step_context():
            loss = self._model.training_step(self._batch(bucket, batch_size), 0)["loss"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._clip)
        self._optimizer.step()

    def _batch(self, bucket: Bucket, batch_size: int) -> Any:
        tokens = bucket.upto_tokens
        assert tokens is not None, "a shape has both lengths"
        samples = math.ceil(bucket.upto_s * self._model.cfg.preprocessor.sample_rate)
        audio = torch.randn(batch_size, samples, device=self._device)
        lengths = self._lengths(batch_size, samples)
        if not isinstance(self._model, EncDecMultiTaskModel):
            return audio, lengths, *self._tokens(batch_size, tokens)
        transcript, prompt = max(1, tokens - self._around), max(1, self._around - 1)
        return PromptedAudioToTextMiniBatch(
            audio,
            lengths,
            *self._tokens(batch_size, transcript),
            *self._tokens(batch_size, prompt),
            *self._tokens(batch_size, tokens),
        )

    def _tokens(self, batch_size: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
        vocabulary = self._model.tokenizer.vocab_size
        ids = torch.randint(vocabulary, (batch_size, tokens), device=self._device)
        return ids, self._lengths(batch_size, tokens)

    def _lengths(self, batch_size: int, length: int) -> torch.Tensor:
        return torch.full((batch_size,), length, dtype=torch.long, device=self._device)

    def _make_copies(self, run: RunConfig) -> list[torch.Tensor]:
        """What is held beside weights, gradients and moments: DDP's buckets, the average."""
        trained = [each for each in self._model.parameters() if each.requires_grad]
        buckets = trained if run.trainer.devices * run.trainer.num_nodes > 1 else []
        averaged = trained if run.optim.ema_decay else []
        average = [torch.empty_like(each, dtype=torch.float32) for each in averaged]
        return [torch.empty_like(each) for each in buckets] + average

    def _limit(self, budget_bytes: int) -> Memory:
        if self._device.type == "cuda":
            return GpuMemory(self._device, budget_bytes)
        memory = TensorMemory(budget_bytes)
        memory.hold([*self._model.parameters(), *self._model.buffers(), *self._copies])
        return memory


def _prepare(
    archive: Archive, recipe: Recipe, run: RunConfig, trainer: lightning.Trainer
) -> ASRModel:
    """The model on its device, in its precision, as Lightning has it at the first step."""
    model = restore_to_train(archive, recipe, run, trainer).model
    model = trainer.precision_plugin.convert_module(model).to(trainer.strategy.root_device)
    model.train()
    model.log = _log_nothing  # Lightning refuses to log outside of a loop
    return model


def _log_nothing(*_: object, **__: object) -> None:
    """Take the place of a model's `log`."""
