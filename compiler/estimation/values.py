"""What an estimate is asked for, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from inferc.compiler.calibration import Operating
from inferc.compiler.calibration.values import Basis
from inferc.compiler.model import Engine, LanguageModel, Place
from inferc.compiler.model.calibration import NOTHING, Calibration
from inferc.compiler.perf.steps import Layout

PROCESSORS = frozenset({"board", "cpu"})
"""Kinds of hardware that compute with their processor: engines for accelerators have no code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A model on hardware under an engine, every choice made."""

    model: LanguageModel
    place: Place
    engine: Engine
    layout: Layout
    operating: Operating
    """How the engine schedules, and how much it takes."""
    replicas: int = 1
    calibration: Calibration = NOTHING
    """What engine and accelerator were fitted to; the coefficients are in them already."""
    simulated: bool = False
    """Whether loads are simulated also where a closed form holds."""
    assumed: tuple[str, ...] = ()
    """What nobody chose, in words: defaults of the engine, the format of the weights."""

    @property
    def accelerators_per_replica(self) -> int:
        """How many accelerators one replica takes."""
        return self.layout.tensor_parallel * self.layout.pipeline_parallel

    @property
    def accelerators(self) -> int:
        """How many accelerators all replicas take."""
        return self.accelerators_per_replica * self.replicas


class Kind(Enum):
    """How requests come."""

    RATE = "rate"
    """Requests a second, whether or not earlier ones have ended: Poisson arrivals."""
    CONCURRENCY = "concurrency"
    """Clients that each wait for an answer before they ask again."""
    BATCH = "batch"
    """So many requests that start together, and nothing else."""


class Load(NamedTuple):
    """The requests, of all replicas together."""

    kind: Kind
    amount: float
    """Requests a second, clients, or requests in the batch."""
    prompt_tok: float
    output_tok: float
    prompt_p95_over_mean: float = 1.0
    output_p95_over_mean: float = 1.0


class Fit(NamedTuple):
    """The memory of one accelerator, the one of a replica that holds most, in bytes."""

    total_bytes: float
    usable_bytes: float
    """What the engine may take: its share of the total."""
    weights_bytes: float
    activation_bytes: float
    """The largest step's working memory."""
    runtime_bytes: float
    kv_cache_bytes: float
    """What is left for the KV cache; negative where the rest does not fit."""
    state_bytes: float
    """Of that, what the states of one sequence take: recurrent layers, full windows."""
    kv_cache_tok: float
    """Tokens of KV cache of a whole replica, in whole blocks."""
    sequences_mean: float
    """Sequences that fit into a replica at once, each in the middle of its answer."""
    sequences_full: float
    """At the length that they end with."""
    sequences_longest: float
    """At the longest context of the model."""
    longest_context_tok: float
    """Of one sequence alone: what the cache holds, at most what the model was trained for."""
    model_bytes: float
    """The weights of one replica."""
    load_s: Mapping[str, float]
    """From the start of the process to the first answer, by where the weights are read from."""
    disk_bytes: float
    """A volume that holds the model's files."""
    host_bytes: float
    """Memory of a node for the processes of one replica."""
    shared_bytes: float
    """Of that, shared memory through which the workers exchange messages."""


class Breakdown(NamedTuple):
    """Where the time of one step goes, in seconds, by what takes it."""

    title: str
    """``decode step``, ``step with a prompt``."""
    tokens: int
    sequences: int
    context_tok: float
    parts: Mapping[str, float]
    total_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one configuration does under one load. A time is infinite where a queue grows."""

    setup: Setup
    load: Load
    memory: Fit
    stable: bool
    """Whether the load can be carried; where not, times are infinite."""
    ttft_s: Mapping[str, float]
    """Time to first token by statistic: ``mean``, ``p50``, ``p95``, ``p99``."""
    itl_s: Mapping[str, float]
    """Time between two tokens of one answer."""
    tpot_s: Mapping[str, float]
    """A request's mean time between its tokens, over requests."""
    e2e_s: Mapping[str, float]
    """From request to last token."""
    requests_per_s: float
    """That are answered, by all replicas."""
    utilisation: float
    """The busiest of prompts, sequence slots and KV cache, over what a replica has of it."""
    bottleneck: str
    """Which one that is: ``prompts``, ``max_num_seqs`` or ``kv cache``."""
    sequences: float
    """Mean requests in one replica, in prefill or decoding."""
    waiting: float
    """Mean requests of one replica that have no place in it yet."""
    basis: Basis
    """How much of the configuration was ever measured."""
    intervals: Mapping[str, tuple[float, float]] = field(
        default_factory=dict[str, tuple[float, float]]
    )
    """Factors from a value to the ends of its 80 % interval, by metric: ``ttft``, ``tpot``,
    ``throughput``; a metric that is absent has none, since nothing was measured that would say."""
    notes: tuple[str, ...] = ()
    """What was assumed for want of better: a format that is widened, a default of the engine."""

    @property
    def output_tok_per_s(self) -> float:
        """Tokens of answers a second, of all replicas."""
        return self.requests_per_s * self.load.output_tok

    @property
    def total_tok_per_s(self) -> float:
        """Tokens of prompts and answers a second, of all replicas."""
        return self.requests_per_s * (self.load.prompt_tok + self.load.output_tok)

    def between(self, metric: str, value: float) -> tuple[float, float] | None:
        """Return the ends of the 80 % interval of ``value``, or None where nobody knows them."""
        factors = self.intervals.get(metric)
        return None if factors is None else (value * factors[0], value * factors[1])
