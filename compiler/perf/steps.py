"""One step of an engine: prompt tokens and decoding sequences in one forward pass.

A :class:`Stage` is what one stage of a pipeline does, with everything that does not depend on the
step worked out once, since a search asks for tens of thousands of steps.
"""

from math import ceil

from inferc.compiler.model import Engine, LanguageModel, Place
from inferc.compiler.perf.architecture import (
    ACTIVATION_BYTES,
    BYTES_PER_PARAMETER,
    activation_elements_per_tok,
    attention_flop_per_pair,
    attention_parameters,
    experts_touched,
    head_flop_per_tok,
    mlp_parameters,
    peak_flop_per_s,
)
from inferc.compiler.perf.collectives import all_reduce_s, pipeline_fabric, send_s, tensor_fabric
from inferc.compiler.perf.memory import kv_bytes_per_tok_and_shard
from inferc.compiler.perf.roofline import operator_s

ALL_REDUCES_PER_LAYER = 2
"""After attention and after the MLP (Shoeybi et al., Megatron-LM, 2019)."""


FULL_TOK = 2.0**16
"""Tokens of a step beyond every ridge: no accelerator does so many FLOP for each byte it reads."""


class Stage:
    """The step times of one pipeline stage of a replica."""

    def __init__(
        self,
        model: LanguageModel,
        place: Place,
        engine: Engine,
        *,
        precision: str,
        tensor_parallel: int,
        pipeline_parallel: int,
    ) -> None:
        coefficients = {name: number.value for name, number in engine.coefficients.items()}
        accelerator = place.accelerator
        compute = coefficients["compute_efficiency"]
        peak = peak_flop_per_s(accelerator, precision)
        wide_peak = peak_flop_per_s(accelerator, "fp16") or peak
        self.flop_per_s = peak * compute
        self.head_flop_per_s = wide_peak * compute
        attention = coefficients["attention_efficiency"]
        self.attention_flop_per_s = wide_peak * attention
        self.bytes_per_s = (
            accelerator.bandwidth_bytes_per_s.value * coefficients["memory_efficiency"]
        )
        self.pipeline = pipeline_parallel
        self.layers = ceil(model.layers / pipeline_parallel)
        self.tensor = tensor_parallel
        self._size_matrices(model, precision)
        self._size_attention(model)
        self.overhead_s = (
            coefficients["step_overhead_s"] + self.layers * coefficients["layer_overhead_s"]
        )
        self.sequence_s = coefficients["sequence_overhead_s"]
        self.fabric = tensor_fabric(place, tensor_parallel, coefficients)
        self.next_stage = pipeline_fabric(place, tensor_parallel, pipeline_parallel, coefficients)
        self.hidden_bytes = model.hidden * ACTIVATION_BYTES
        full_s = self.step_s(FULL_TOK, 0.0, 0.0, 0.0)
        self.slope_s = (self.step_s(2.0 * FULL_TOK, 0.0, 0.0, 0.0) - full_s) / FULL_TOK

    def _size_matrices(self, model: LanguageModel, precision: str) -> None:
        """Work out FLOP and bytes of the matrices in this stage, per accelerator."""
        per_parameter = BYTES_PER_PARAMETER[precision]
        share = self.layers / self.tensor
        always = attention_parameters(model) + (0.0 if model.experts else mlp_parameters(model))
        self.dense_flop_per_tok = 2.0 * always * share
        self.dense_bytes = always * per_parameter * share
        self.experts = model.experts
        self.experts_per_token = model.experts_per_token
        expert = mlp_parameters(model) / model.experts if model.experts else 0.0
        self.expert_flop_per_tok = 2.0 * expert * model.experts_per_token * share
        self.expert_bytes = expert * per_parameter * share
        self.head_flop_per_tok = head_flop_per_tok(model) / self.tensor
        self.head_bytes = model.vocabulary * model.hidden * max(per_parameter, 2.0) / self.tensor

    def _size_attention(self, model: LanguageModel) -> None:
        """Work out FLOP and bytes of attention and of activations, per accelerator."""
        of_stage = self.layers / model.layers
        self.pair_flop = attention_flop_per_pair(model) * of_stage / self.tensor
        self.kv_bytes_per_tok = kv_bytes_per_tok_and_shard(model, self.tensor, self.pipeline)
        elements = activation_elements_per_tok(model, self.tensor)
        self.activation_bytes_per_tok = elements * ACTIVATION_BYTES * self.layers

    def step_s(
        self, prompt_tok: float, pairs_per_tok: float, sequences: float, context_tok: float
    ) -> float:
        """Return the time of one step in this stage.

        ``prompt_tok`` tokens of prompts, each looking at ``pairs_per_tok`` tokens before it, beside
        ``sequences`` sequences that decode one token each at a context of ``context_tok``. The
        operators follow one another: matrices, attention of decoding and of prompts, traffic of
        activations, output head, all-reduces; then the engine's own time.

        Source: operators by :func:`roofline.operator_s`; chunked prefill riding on decode steps:
        Agrawal et al., Sarathi-Serve (2024).
        """
        tokens = prompt_tok + sequences
        flop_per_s = self.flop_per_s
        bytes_per_s = self.bytes_per_s
        time_s = self.overhead_s + self.sequence_s * sequences
        time_s += operator_s(
            self.dense_flop_per_tok * tokens, self.dense_bytes, flop_per_s, bytes_per_s
        )
        if self.experts:
            touched = experts_touched(self.experts, self.experts_per_token, tokens)
            time_s += operator_s(
                self.expert_flop_per_tok * tokens,
                self.expert_bytes * touched,
                flop_per_s,
                bytes_per_s,
            )
        seen = sequences * context_tok
        time_s += operator_s(
            self.pair_flop * seen,
            self.kv_bytes_per_tok * seen,
            self.attention_flop_per_s,
            bytes_per_s,
        )
        time_s += self.pair_flop * prompt_tok * pairs_per_tok / self.attention_flop_per_s
        time_s += self.activation_bytes_per_tok * tokens / bytes_per_s
        time_s += operator_s(
            self.head_flop_per_tok * (sequences + 1.0),
            self.head_bytes,
            self.head_flop_per_s,
            bytes_per_s,
        )
        return time_s + self._messages_s(tokens * self.hidden_bytes)

    def prompt_tok_s(self, pairs_per_tok: float) -> float:
        """Return what one more prompt token adds to a step that is full enough to be computing.

        Source: the slope of :meth:`step_s` beyond the roofline's ridge.
        """
        return self.slope_s + self.pair_flop * pairs_per_tok / self.attention_flop_per_s

    def _messages_s(self, message_bytes: float) -> float:
        """Return the time of the all-reduces of a stage and of handing on to the next."""
        time_s = 0.0
        if self.tensor > 1:
            reduces = ALL_REDUCES_PER_LAYER * self.layers + 1
            time_s = reduces * all_reduce_s(message_bytes, self.tensor, self.fabric)
        if self.pipeline > 1:
            time_s += send_s(message_bytes / self.tensor, self.next_stage)
        return time_s
