"""The search space: how a model can be laid out on a place, and the limits of a step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from math import inf, sqrt
from typing import NamedTuple

from inferc.compiler.model import Decision, Engine, LanguageModel, Place
from inferc.compiler.perf import Memory
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.coefficients import ALL, coefficient
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import kv_held_tok, kv_needed_tok, sequences_needed
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.memory import (
    activation_bytes,
    kv_bytes_per_tok_and_shard,
    kv_cache_tok,
    longest_sequence_tok,
    memory_of,
    shard_weights_bytes,
    share_of_all,
)
from inferc.compiler.perf.speculation import (
    Drafter,
    SpeculatingStage,
    draft_kv_bytes_per_tok,
    draft_weights_bytes,
    tok_per_step,
)
from inferc.compiler.perf.steps import Layout, Stage
from inferc.compiler.perf.values import Speculation
from inferc.compiler.plan.dimensions import (
    SIXTEEN_BIT,
    attention_degrees,
    drafters_of,
    expert_degrees,
    kv_precisions_of,
    pipeline_degrees,
    powers_up_to,
    precisions_of,
    tensor_degrees,
)
from inferc.compiler.plan.hardware import (
    replicas_beside,
    replicas_that_fit,
    taken,
    taken_together,
)
from inferc.compiler.plan.narrowing import allowed, stated_counts, stated_numbers
from inferc.compiler.plan.packing import Layout as Split
from inferc.compiler.problem import Case

SMALLEST_BUDGET_TOK = 512
"""The smallest token budget of a step that is tried unless the user states one: the budget for
strict latency limits in Agrawal et al., Sarathi-Serve (2024), section 5."""


MANY = 4096
"""Replicas that are looked at one by one where the user restricts their number."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to lay out a replica, with everything that does not depend on the load."""

    engine: Engine
    model: LanguageModel
    place: Place
    precision: str
    tensor: int
    pipeline: int
    memory_share: float
    """Of an accelerator's memory, or of what weights leave of it: what the engine may take."""
    kv_precision: str = "fp16"
    expert: int = 1
    """Accelerators of a stage that experts are dealt out over whole; 1 where they are cut."""
    groups: int = 1
    """Parts of a stage that each attend to sequences of their own."""
    drafter: Drafter | None = None
    """Who guesses tokens that each step checks."""
    prefill: "Prefill | None" = None
    """Other replicas that compute the prompts; those of this layout then go on with answers."""

    @property
    def size(self) -> int:
        """Accelerators of one replica."""
        return self.tensor * self.pipeline

    @property
    def engine_name(self) -> str:
        """The last word of the engine's catalog path."""
        return self.engine.name

    @property
    def of_prompts(self) -> tuple[int, ...]:
        """What layouts are ordered by last: none for prompts, or few stages and shards."""
        if self.prefill is None:
            return (0,)
        other = self.prefill.shape
        split = (other.pipeline, other.tensor, other.groups, other.expert)
        return (1, *split, self.prefill.budget_tok)

    @property
    def layout(self) -> Layout:
        """How the model is spread over the accelerators of a replica."""
        return Layout(
            precision=self.precision,
            kv_precision=self.kv_precision,
            tensor_parallel=self.tensor,
            pipeline_parallel=self.pipeline,
            expert_parallel=self.expert,
            attention_data_parallel=self.groups,
        )

    @property
    def guesses(self) -> int:
        """Tokens that are guessed for each sequence in a step."""
        return self.drafter.tokens if self.drafter else 0

    @property
    def speculation(self) -> Speculation | None:
        """What the plan says of guessed tokens."""
        if self.drafter is None:
            return None
        kind, tokens, acceptance, _ = self.drafter
        right = tok_per_step(acceptance, tokens) - 1.0
        return Speculation(kind=kind, tokens=tokens, accepted=right, acceptance=acceptance)

    @cached_property
    def stage(self) -> Stage:
        """The step times of one pipeline stage."""
        if self.drafter is None:
            return Stage(self.model, self.place, self.engine, self.layout)
        return SpeculatingStage(self.model, self.place, self.engine, self.layout, self.drafter)

    @cached_property
    def weights_bytes(self) -> float:
        """Of the accelerator that holds most, those of a drafter included."""
        own = shard_weights_bytes(
            self.model,
            self.precision,
            self.tensor,
            self.pipeline,
            expert_parallel=self.expert,
            attention_data_parallel=self.groups,
        )
        if self.drafter is None:
            return own
        return own + draft_weights_bytes(self.model, self.drafter, self.layout)

    @property
    def load_time_s(self) -> float:
        """From the start of a replica to its first answer, weights on the node's volume."""
        weights = weights_bytes(self.model, self.precision)
        return self.coefficient("start_s") + weights / self.coefficient("load_bytes_per_s")

    @property
    def start_s(self) -> float:
        """The same, or what the file says of its place."""
        stated = self.place.cold_start_s
        return stated.value if stated else self.load_time_s

    def coefficient(self, name: str) -> float:
        """Return one of the engine's coefficients."""
        return coefficient(name, self.engine, self.place.accelerator)

    def kv_tok_bytes(self, context_tok: float = 0.0) -> float:
        """Return the KV cache of a token on an accelerator, of sequences that long on average.

        Without a length, of a token within every window, states apart. Of groups that attend on
        their own, of a token of that group.
        """
        own = kv_bytes_per_tok_and_shard(
            self.model,
            self.tensor // self.groups,
            self.pipeline,
            kv_precision=self.kv_precision,
            context_tok=context_tok,
        )
        return own + self._draft_tok_bytes(context_tok)

    def _draft_tok_bytes(self, context_tok: float) -> float:
        """Return what a drafter keeps of a token."""
        if self.drafter is None:
            return 0.0
        return draft_kv_bytes_per_tok(self.model, self.drafter, self.layout, context_tok)

    def memory(self, sequences: int, budget_tok: int, context_tok: float = 0.0) -> Memory:
        """Return how the memory of an accelerator is spent with these limits of a step.

        The KV cache is in tokens of sequences of ``context_tok`` on average.
        """
        accelerator = self.place.accelerator
        activation = activation_bytes(self.model, self.tensor, budget_tok, sequences)
        share = self.memory_share
        if self.engine.memory_share_of == "free":
            share = share_of_all(
                accelerator, self.engine, share, weights=self.weights_bytes, activation=activation
            )
        memory = memory_of(
            accelerator,
            share=share,
            engine=self.engine,
            weights=self.weights_bytes,
            activation=activation,
            kv_tok_bytes=self.kv_tok_bytes(context_tok),
        )
        if self.groups == 1:
            return memory
        return replace(memory, kv_cache_tok=memory.kv_cache_tok * self.groups)

    def kv_cache_tok(self, cache_bytes: float, context_tok: float) -> float:
        """Return the tokens that a replica caches, of sequences that long on average."""
        return self.kv_caches_tok((cache_bytes,), context_tok)[0]

    def kv_caches_tok(self, caches_bytes: Iterable[float], context_tok: float) -> tuple[float, ...]:
        """Return the same for several caches."""
        each, block_tok = self.kv_tok_bytes(context_tok), self.coefficient("kv_block_tok")
        return tuple(self.groups * kv_cache_tok(item, each, block_tok) for item in caches_bytes)

    def kv_needed_tok(self, found: Operation, demand: Demand) -> float:
        """Return the tokens of KV cache that a replica needs as the engine admits requests."""
        whole = self.engine.kv_admission == "full_length"
        needed = kv_needed_tok(found, demand, self.coefficient("kv_block_tok"), whole=whole)
        return self._in_groups(self.kv_held_tok(found, demand), needed)

    def sequences_needed(self, found: Operation) -> float:
        """Return the sequence slots that are enough for most of the time."""
        return self._in_groups(
            found.sequences + found.sequences_in_prefill, sequences_needed(found)
        )

    def _in_groups(self, mean: float, needed: float) -> float:
        """Return what a replica needs where each group of a stage has slots and cache of its own.

        A group has its share of the mean and of the variance, and none helps another out:
        ``g (m/g + z sqrt(v/g)) = m + sqrt(g) z sqrt(v)``.

        Source: the variance of a Poisson sum is proportional to its rate (Kingman 1993).
        """
        return mean + sqrt(self.groups) * (needed - mean)

    def kv_held_tok(self, found: Operation, demand: Demand) -> float:
        """Return the tokens of KV cache that a replica holds on average."""
        whole = self.engine.kv_admission == "full_length"
        return kv_held_tok(found, demand, self.coefficient("kv_block_tok"), whole=whole)

    def frontend_s(self, prompt_tok: float) -> float:
        """Return the time of a request outside the engine's steps, tokenizing included."""
        return self.coefficient("frontend_s") + prompt_tok * self.coefficient("frontend_tok_s")

    def longest_context_tok(self, cache_bytes: float) -> float:
        """Return the longest sequence that fits into a KV cache alone, in whole blocks.

        A drafter takes its share of it.
        """
        drafted = self._draft_tok_bytes(0.0)
        if drafted:
            cache_bytes *= 1.0 - drafted / self.kv_tok_bytes()
        longest = longest_sequence_tok(
            self.model,
            self.tensor // self.groups,
            self.pipeline,
            cache_bytes,
            kv_precision=self.kv_precision,
        )
        block_tok = self.coefficient("kv_block_tok")
        return longest // block_tok * block_tok if longest < inf else longest

    def replicas_that_fit(self, accelerators: int) -> int:
        """Return how many replicas the place has room for, out of so many accelerators.

        Beside those that compute prompts, where there are any.
        """
        if self.prefill is None:
            by_topology = replicas_that_fit(self.place, self.tensor, self.pipeline)
            return min(by_topology, accelerators // self.size)
        left = accelerators - self.prefill.accelerators
        return max(0, min(replicas_beside(self.place, self.split, self.beside), left // self.size))

    @property
    def split(self) -> Split:
        """How a replica is cut, for packing it onto nodes."""
        return Split(self.tensor, self.pipeline)

    @property
    def beside(self) -> dict[Split, int]:
        """The replicas that compute prompts, as they are packed onto nodes."""
        return {self.prefill.shape.split: self.prefill.replicas} if self.prefill else {}

    def in_use(self, replicas: int) -> int:
        """Return the accelerators that work, those that compute prompts included."""
        others = self.prefill.accelerators if self.prefill else 0
        return replicas * self.size + others

    def taken(self, replicas: int) -> int:
        """Return the accelerators that so many replicas make someone pay for."""
        if self.prefill is None:
            return taken(self.place, self.tensor, self.pipeline, replicas)
        return taken_together(self.place, self.split, replicas, self.beside)


class Prefill(NamedTuple):
    """The replicas that compute prompts for others."""

    shape: Shape
    budget_tok: int
    replicas: int
    sequences: int
    """The limit of sequences in a step."""

    @property
    def accelerators(self) -> int:
        """How many accelerators they take."""
        return self.replicas * self.shape.size


def memory_share(engine: Engine, decisions: tuple[Decision, ...]) -> float | None:
    """Return the share of memory that the engine may take, or None where none is allowed.

    The engine's default, or else the largest that the user names.
    """
    field = "gpu_memory_utilization"
    own = engine.coefficients.get("memory_share")
    default = own.value if own else ALL["memory_share"].typical
    if allowed(decisions, field, default):
        return default
    return max((value for value in stated_numbers(decisions, field) if value > 0.0), default=None)


def formats_of(case: Case) -> tuple[str, ...]:
    """Return the formats of weights that some engine can run and the decisions allow, by name."""
    names = {
        name
        for engine in case.engines
        if allowed(case.decisions, "engine", engine.id)
        for place in case.choices_of_place
        for name in precisions_of(engine, place)
        if allowed(case.decisions, "precision", name)
    }
    return tuple(sorted(names))


def shapes_of(case: Case, places: tuple[Place, ...]) -> tuple[Shape, ...]:
    """Return every layout that the decisions allow and whose weights leave room for a KV cache."""
    found: list[Shape] = []
    decisions = case.decisions
    for engine in case.engines:
        if not allowed(decisions, "engine", engine.id):
            continue
        for place in places:
            for precision in precisions_of(engine, place, case.model.published):
                if allowed(decisions, "precision", precision):
                    found.extend(_layouts(case, place, engine, precision))
    holding = (
        shape
        for shape in found
        if shape.longest_context_tok(shape.memory(1, 1).kv_cache_bytes) > 0.0
    )
    return tuple(sorted(holding, key=_converts_its_cache))


def _converts_its_cache(shape: Shape) -> bool:
    """Return whether a cache of 16 bits is in another format than weights of 16 bits.

    It costs the same, and engines do not do it: of two such layouts the other one comes first.
    """
    both = {shape.precision, shape.kv_precision}
    return len(both) > 1 and both <= set(SIXTEEN_BIT)


def _layouts(case: Case, place: Place, engine: Engine, precision: str) -> list[Shape]:
    model, decisions = case.model, case.decisions
    share = memory_share(engine, decisions)
    if share is None:
        return []
    shapes = (
        Shape(
            engine=engine,
            memory_share=share,
            model=model,
            place=place,
            precision=precision,
            kv_precision=kv_precision,
            tensor=tensor,
            pipeline=pipeline,
            expert=expert,
            groups=groups,
            drafter=drafter,
        )
        for kv_precision in kv_precisions_of(engine, precision, decisions)
        for tensor in tensor_degrees(model, place, engine)
        if allowed(decisions, "tensor_parallel", tensor)
        for expert in expert_degrees(model, engine, tensor, decisions)
        if allowed(decisions, "expert_parallel", expert)
        for groups in attention_degrees(model, engine, tensor, decisions)
        if allowed(decisions, "attention_data_parallel", groups)
        for pipeline in pipeline_degrees(model, place, engine, decisions)
        if allowed(decisions, "pipeline_parallel", pipeline)
        for drafter in drafters_of(case, engine, pipeline)
    )
    return [shape for shape in shapes if shape.replicas_that_fit(place.accelerators) > 0]


def budgets_of(shape: Shape, decisions: tuple[Decision, ...]) -> tuple[int, ...]:
    """Return the token budgets of a step that are tried, largest first."""
    field = "max_num_batched_tokens"
    limit = int(shape.coefficient("max_num_batched_tokens_limit"))
    grid = (value for value in powers_up_to(limit) if value >= min(SMALLEST_BUDGET_TOK, limit))
    values = {limit, *grid, *stated_counts(decisions, field)}
    return tuple(sorted((v for v in values if allowed(decisions, field, v)), reverse=True))


def allowed_counts(
    decisions: tuple[Decision, ...], most: int, field: str = "replicas"
) -> Sequence[int]:
    """Return the numbers of replicas up to ``most`` that are allowed, smallest first.

    On a place too large to look at each, those near what the user states and the powers of two.
    """
    own = tuple(item for item in decisions if item.field == field)
    if not own:
        return range(1, most + 1)
    if most <= MANY:
        return tuple(count for count in range(1, most + 1) if allowed(own, field, count))
    stated = stated_counts(own, field)
    near = {count + step for count in stated for step in (-1, 0, 1)}
    counts = {most, *powers_up_to(most), *near}
    within = (count for count in sorted(counts) if 1 <= count <= most)
    return tuple(count for count in within if allowed(own, field, count))


def sequence_limits_of(shape: Shape, decisions: tuple[Decision, ...]) -> tuple[int, ...]:
    """Return the numbers of sequences of a step that are tried, smallest first."""
    field = "max_num_seqs"
    limit = int(shape.coefficient("max_num_seqs_limit"))
    values = {limit, *powers_up_to(limit), *stated_counts(decisions, field)}
    return tuple(sorted(value for value in values if allowed(decisions, field, value)))


def twins(shapes: Iterable[Shape]) -> Mapping[int, int]:
    """Return for each layout, by identity, the first that runs just as it does.

    Machines of one type run alike on every market and in any number: only their price differs.
    """
    names = [item.name for item in fields(Shape) if item.name not in {"engine", "model", "place"}]
    first: dict[tuple[object, ...], int] = {}
    found: dict[int, int] = {}
    for shape in shapes:
        place = shape.place
        link = place.network
        own = (getattr(shape, name) for name in names)
        key = (
            shape.engine.id,
            (place.accelerator.id, place.accelerator.memory_bytes.value, place.slices),
            place.per_node,
            (link.bandwidth_bytes_per_s.value, link.latency_s.value, link.topology),
            *(value if isinstance(value, str | int | float) else id(value) for value in own),
        )
        found[id(shape)] = first.setdefault(key, id(shape))
    return found
