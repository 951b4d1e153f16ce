"""One step of an engine: prompt tokens and decoding sequences in one forward pass.

A :class:`Stage` is what one stage of a pipeline does, with everything that does not depend on the
step worked out once, since a search asks for tens of thousands of steps and a simulation for
millions. It is also the clock of the simulator.
"""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from inferc.compiler.model import Engine, LanguageModel, Place
from inferc.compiler.perf import architecture as counts
from inferc.compiler.perf.architecture import FLOP_PER_MULTIPLY_ADD, STATE_FLOP_PER_ELEMENT
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.collectives import (
    all_reduce_s,
    all_to_all_s,
    pipeline_fabric,
    send_s,
    tensor_fabric,
)
from inferc.compiler.perf.formats import (
    ACTIVATION_BYTES,
    BYTES_PER_PARAMETER,
    KV_BYTES,
    WIDE_BYTES,
    peak_flop_per_s,
)
from inferc.compiler.perf.ideal import Ideal, Prices, StepWork, prices_from, sampled_s, seen_s
from inferc.compiler.perf.roofline import larger

EXPERT_KERNELS, LATENT_KERNELS = 0.3, 1.0
"""More kernels of a layer with experts (router, top-k, sort; what follows is fused) and of latent
attention (down and up projections with their norms, rotations, absorbed products), as a share of
the ten of a dense layer with grouped-query attention. Counted in the models of vLLM and SGLang."""

FULL_TOK = 2.0**16
"""Tokens of a step beyond every ridge: no accelerator does so many FLOP for each byte it reads."""

DISPATCH_BYTES = 1.0
"""Of one number sent to an expert: activations are sent in 8 bits (DeepSeek-AI, DeepSeek-V3, 2024,
section 3.3.2), and come back in 16."""


WIDENING = 20.0
"""An fp8 cache on an accelerator without such units is widened in software: on A100 a token of
context takes 10 times what it takes in 16 bits (LLM-Inference-Bench, Argonne, Llama 3 8B)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a model is spread over the accelerators of a replica, and in which formats."""

    precision: str
    kv_precision: str = "fp16"
    tensor_parallel: int = 1
    """Accelerators of one stage."""
    pipeline_parallel: int = 1
    expert_parallel: int = 1
    """Above 1, experts are dealt out whole over that many accelerators of a stage."""
    attention_data_parallel: int = 1
    """Groups of a stage that each attend to sequences of their own."""
    eager: bool = False
    """Whether no step runs as a captured graph."""


class Seen(NamedTuple):
    """Earlier tokens that a step looks at: a sum over sequences, and over pairs of a prompt."""

    context_tok: float
    window_context_tok: float
    pairs: float
    window_pairs: float


def prices_of(coefficients: dict[str, float], *, narrow: bool) -> Prices[float]:
    """Return the prices that ``coefficients`` mean for a model in a ``narrow`` or 16-bit format."""
    compute = coefficients["compute_efficiency"]
    in_format = compute * (coefficients["narrow_efficiency"] if narrow else 1.0)
    expert = in_format * coefficients["expert_efficiency"]
    return prices_from(coefficients, narrow=in_format, expert=expert)


class Stage:
    """The step times of one pipeline stage of a replica: a clock for the simulator."""

    wide = 1
    """Tokens of each decoding sequence in a step: more where guesses are checked."""
    gain = 1.0
    """Tokens that a step brings each sequence on average."""
    gain_variance = 0.0
    draft_s = 0.0
    """What guessing adds to a step that decodes, whatever its sequences."""

    def __init__(self, model: LanguageModel, place: Place, engine: Engine, layout: Layout) -> None:
        accelerator = place.accelerator
        coefficients = coefficients_of(engine, accelerator)
        self.model = model
        self.place = place
        self.layout = layout
        self.prompts_alone = engine.scheduling == "prefill_first"
        """Whether prompts have steps of their own, for which answers wait."""
        self.pipeline = layout.pipeline_parallel
        self.tensor = layout.tensor_parallel
        self.layers = ceil(model.layers / self.pipeline)
        self.share = self.layers / model.layers / self.tensor
        """Of all layers' work that falls to one accelerator."""
        self.peak = peak_flop_per_s(accelerator, layout.precision)
        self.wide_peak = peak_flop_per_s(accelerator, "fp16") or self.peak
        self.bandwidth = accelerator.bandwidth_bytes_per_s.value
        self.prices = prices_of(
            coefficients, narrow=BYTES_PER_PARAMETER[layout.precision] < WIDE_BYTES
        )
        self.fabric = tensor_fabric(place, self.tensor, coefficients)
        self.next_stage = pipeline_fabric(place, self.tensor, self.pipeline, coefficients)
        self.hidden_bytes = model.hidden * ACTIVATION_BYTES
        self._size_matrices()
        self._size_experts()
        self._count_kernels()
        self._size_attention()
        self._price()
        self.prompt_step_s = self.prices.prompt_step_s
        self._tokens: dict[int, float] = {}
        self._prompts: dict[int, float] = {}
        self._sampled: dict[int, float] = {}
        full_s = self._tokens_s(FULL_TOK)
        self.slope_s = (self._tokens_s(2.0 * FULL_TOK) - full_s) / FULL_TOK

    def _size_matrices(self) -> None:
        """Work out FLOP and bytes of the matrices that every token visits, per accelerator."""
        model, layout = self.model, self.layout
        per_parameter = BYTES_PER_PARAMETER[layout.precision]
        always = counts.always_parameters(model)
        wide = counts.wide_parameters(model, layout.precision)
        narrow = always - wide
        # Groups that attend on their own each read all of the attention's matrices.
        repeated = model.attention_layers * counts.attention_parameters(model)
        repeated *= layout.attention_data_parallel - 1
        in_wide = wide > 0.0
        self.matrix_flop = FLOP_PER_MULTIPLY_ADD * narrow * self.share
        self.matrix_bytes = (narrow + (0.0 if in_wide else repeated)) * per_parameter * self.share
        states = STATE_FLOP_PER_ELEMENT * model.state_layers * model.state_elements
        self.wide_flop = (FLOP_PER_MULTIPLY_ADD * wide + states) * self.share
        self.wide_bytes = (wide + (repeated if in_wide else 0.0)) * WIDE_BYTES * self.share
        self.head_flop = counts.head_flop_per_tok(model) / self.tensor
        self.head_bytes = model.vocabulary * model.hidden * max(per_parameter, WIDE_BYTES)
        self.head_bytes /= self.tensor
        elements = counts.activation_elements_per_tok(model, self.tensor)
        self.activation_bytes = elements * ACTIVATION_BYTES * self.layers

    def _size_experts(self) -> None:
        """Work out FLOP and bytes of one expert of all layers, per accelerator."""
        model = self.model
        self.experts = model.experts
        self.expert_layers = counts.expert_layers(model) * self.layers / model.layers
        expert = counts.expert_parameters(model) * self.expert_layers / self.tensor
        self.expert_flop = FLOP_PER_MULTIPLY_ADD * expert
        self.expert_bytes = expert * BYTES_PER_PARAMETER[self.layout.precision]

    def _count_kernels(self) -> None:
        """Count the layers of this stage by their kernels."""
        latent = self.model.attention_layers if self.model.kv_lora_rank else 0
        of_stage = self.layers / self.model.layers
        self.launches = self.layers + EXPERT_KERNELS * self.expert_layers
        self.launches += LATENT_KERNELS * latent * of_stage

    def _size_attention(self) -> None:
        """Work out what looking at one earlier token costs, per accelerator."""
        model, layout = self.model, self.layout
        groups = layout.attention_data_parallel
        shards = self.tensor // groups
        of_stage = self.layers / model.layers
        full = counts.full_attention_layers(model) * of_stage
        windowed = model.window_layers * of_stage
        pair_s = counts.pair_flop(model) / self.tensor / self.wide_peak
        decode_s = counts.decode_pair_flop(model) / self.tensor / self.wide_peak
        elements = counts.cached_elements_per_shard(model, shards)
        read_s = elements * KV_BYTES[layout.kv_precision] / groups / self.bandwidth
        if layout.kv_precision == "fp8" and "fp8" not in self.place.accelerator.flop_per_s:
            read_s *= WIDENING
        one_s = seen_s(decode_s, read_s, self.prices)
        # All windowed: then those layers take the place of the full ones.
        counted = full or windowed
        self.decode_pair_s, self.kv_read_s = decode_s * counted, read_s * counted
        self.kv_tok_s = one_s * full
        self.window_tok = model.window_tok
        self.full_share = full / counted if counted else 0.0
        self.window_share = windowed / counted if counted else 0.0
        self.window_kv_tok_s = one_s * windowed
        self.pair_ideal_s = pair_s * counted
        self.pair_s = pair_s * full / self.prices.attention
        self.window_pair_s = pair_s * windowed / self.prices.attention
        state_s = 2.0 * counts.state_bytes(model) * self.share / self.bandwidth
        self.state_s = state_s
        self.sequence_s = self.prices.sequence_overhead_s + state_s / self.prices.memory

    def _price(self) -> None:
        """Work out what does not depend on a step."""
        prices = self.prices
        self.matrix_unit_s = prices.half_tok * (self.matrix_flop / self.peak)
        self.matrix_least_s = self.matrix_bytes / self.bandwidth / prices.memory
        self.wide_unit_s = prices.half_tok * (self.wide_flop / self.wide_peak)
        self.wide_least_s = self.wide_bytes / self.bandwidth / prices.memory
        self.expert_s = self.expert_flop / self.peak
        self.overhead_s = self.launches * prices.layer_overhead_s
        self.host_s = self.launches * prices.host_layer_s

    def ideal(self, tokens: float) -> Ideal[float]:
        """Return what ``tokens`` tokens cost one accelerator at data sheet speed."""
        visits = touched = 0.0
        if self.experts:
            per_token = self.model.experts_per_token
            visits = tokens * per_token
            touched = counts.experts_touched(self.experts, per_token, tokens)
        message_s, messages = self._messages(tokens)
        expert_s = self.expert_s
        return Ideal(
            matrix_s=self.matrix_flop * tokens / self.peak,
            matrix_unit_s=self.matrix_flop / self.peak,
            matrix_read_s=self.matrix_bytes / self.bandwidth,
            wide_s=self.wide_flop * tokens / self.wide_peak,
            wide_unit_s=self.wide_flop / self.wide_peak,
            wide_read_s=self.wide_bytes / self.bandwidth,
            expert_s=visits * expert_s,
            expert_unit_s=touched * expert_s,
            expert_read_s=touched * self.expert_bytes / self.bandwidth,
            activation_s=self.activation_bytes * tokens / self.bandwidth,
            message_s=message_s,
            messages=messages,
            launches=self.launches,
        )

    def work(self, tokens: float, sampled: float, sequences: float, seen: Seen) -> StepWork[float]:
        """Return a whole step at data sheet speed.

        ``tokens`` in all, of which ``sequences`` decode, ``sampled`` go through the output head;
        ``seen`` says what they look at.
        """
        return StepWork(
            tokens=self.ideal(tokens),
            head_s=self.head_flop * sampled / self.wide_peak,
            head_read_s=self.head_bytes / self.bandwidth,
            sequences=sequences,
            state_s=sequences * self.state_s,
            context_tok=seen.context_tok * self.full_share
            + seen.window_context_tok * self.window_share,
            decode_pair_s=self.decode_pair_s,
            kv_read_s=self.kv_read_s,
            pair_s=self.pair_ideal_s
            * (seen.pairs * self.full_share + seen.window_pairs * self.window_share),
            prompts=1.0 if tokens > sequences else 0.0,
            launched=1.0 if self.layout.eager or tokens > sequences else 0.0,
        )

    def tokens_s(self, tokens: int) -> float:
        """Return the time of all that depends on the number of tokens in the step alone."""
        known = self._tokens.get(tokens)
        if known is None:
            known = self._tokens[tokens] = self._tokens_s(float(tokens))
        return known

    def prompt_tokens_s(self, tokens: int) -> float:
        """Return the same in a step that has prompt tokens, which no captured graph fits."""
        known = self._prompts.get(tokens)
        if known is None:
            known = self._prompts[tokens] = self._tokens_s(float(tokens), launched=True)
        return known

    def sampled_s(self, sequences: int) -> float:
        """Return the time of the output head for so many sequences."""
        known = self._sampled.get(sequences)
        if known is None:
            known = self._sampled[sequences] = self._sampled_s(float(sequences))
        return known

    def _tokens_s(self, tokens: float, *, launched: bool = False) -> float:
        """Return :func:`ideal.tokens_s` of ``tokens`` tokens, or :func:`ideal.launched_s`.

        To the last bit, without writing the work down first: a search asks for tens of thousands.
        """
        prices = self.prices
        matrix_s = self.matrix_flop * tokens / self.peak + self.matrix_unit_s
        time_s = larger(matrix_s / prices.narrow, self.matrix_least_s)
        if self.wide_flop or self.wide_bytes:
            wide_s = self.wide_flop * tokens / self.wide_peak + self.wide_unit_s
            time_s += larger(wide_s / prices.compute, self.wide_least_s)
        if self.experts:
            time_s += self._experts_s(tokens)
        time_s += self.activation_bytes * tokens / self.bandwidth / prices.memory
        if self.tensor > 1 or self.pipeline > 1:
            message_s, messages = self._messages(tokens)
            time_s = time_s + message_s + messages * prices.collective_overhead_s
        time_s = time_s + self.overhead_s + prices.step_overhead_s
        return larger(time_s, self.host_s) if launched or self.layout.eager else time_s

    def _experts_s(self, tokens: float) -> float:
        """Return the time of the experts that ``tokens`` tokens visit."""
        prices, per_token = self.prices, self.model.experts_per_token
        touched = counts.experts_touched(self.experts, per_token, tokens)
        visits_s = tokens * per_token * self.expert_s
        visits_s += prices.expert_half_tok * (touched * self.expert_s)
        read_s = touched * self.expert_bytes / self.bandwidth
        return larger(visits_s / prices.expert, read_s / prices.memory)

    def _sampled_s(self, sequences: float) -> float:
        head_s = self.head_flop * sequences / self.wide_peak
        return sampled_s(head_s, self.head_bytes / self.bandwidth, self.prices)

    def step_s(
        self, prompt_tok: float, pairs_per_tok: float, sequences: float, context_tok: float
    ) -> float:
        """Return the time of one step in this stage.

        ``prompt_tok`` tokens of prompts, each looking at ``pairs_per_tok`` tokens before it, beside
        ``sequences`` sequences that decode, one token each unless guesses are checked, at a context
        of ``context_tok``. Windows cap both.

        Source: :mod:`ideal`; chunked prefill riding on decode steps: Agrawal et al.,
        Sarathi-Serve (2024).
        """
        seen = min(context_tok, float(self.window_tok)) * self.window_kv_tok_s
        decoding = sequences * self.wide
        time_s = self._tokens_s(prompt_tok + decoding, launched=prompt_tok > 0.0)
        time_s += self._sampled_s(decoding + 1.0)
        time_s += self.draft_s if sequences > 0.0 else 0.0
        time_s += sequences * (self.sequence_s + self.kv_tok_s * context_tok + seen)
        if prompt_tok > 0.0:
            time_s += prompt_tok * self._pairs_s(pairs_per_tok) + self.prompt_step_s
        return time_s

    def prompt_tok_s(self, pairs_per_tok: float) -> float:
        """Return what one more prompt token adds to a step that is full enough to be computing.

        Source: the slope of :meth:`step_s` beyond the roofline's ridge.
        """
        return self.slope_s + self._pairs_s(pairs_per_tok)

    def _pairs_s(self, pairs_per_tok: float) -> float:
        """Return the attention of one prompt token that looks at so many tokens before it."""
        windowed = min(pairs_per_tok, float(self.window_tok)) * self.window_pair_s
        return self.pair_s * pairs_per_tok + windowed

    def _messages(self, tokens: float) -> tuple[float, float]:
        """Return the time on the wire of a step's collectives, and how many there are.

        Two all-reduces a layer (Shoeybi et al., Megatron-LM, 2019); experts that are dealt out
        whole take a dispatch and a combine instead of the second; then the hand-over to the next
        stage.
        """
        time_s, count = 0.0, 0.0
        message_bytes = tokens * self.hidden_bytes
        if self.tensor > 1:
            exchanged = self.expert_layers if self.layout.expert_parallel > 1 else 0.0
            reduces = 2.0 * self.layers + 1.0 - exchanged
            if self.layout.attention_data_parallel == self.tensor:
                reduces = max(1.0, self.layers + 1.0 - exchanged)
            time_s += reduces * all_reduce_s(message_bytes, self.tensor, self.fabric)
            count += reduces
            if exchanged:
                time_s += exchanged * self._exchange_s(tokens)
                count += 2.0 * exchanged
        if self.pipeline > 1:
            time_s += send_s(message_bytes / self.tensor, self.next_stage)
            count += 1.0
        return time_s, count

    def _exchange_s(self, tokens: float) -> float:
        """Return the time on the wire to send tokens to their experts and back, in one layer."""
        sent = tokens / self.tensor * min(self.model.experts_per_token, self.tensor)
        values = sent * self.model.hidden
        return all_to_all_s(values * DISPATCH_BYTES, self.tensor, self.fabric) + all_to_all_s(
            values * ACTIVATION_BYTES, self.tensor, self.fabric
        )
