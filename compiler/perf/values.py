"""What the model is asked for, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Speculation:
    """Speculative decoding: a step checks some guessed tokens beside the next one."""

    kind: str
    """``draft``, ``ngram``, ``eagle`` or ``mtp``."""
    tokens: int
    """Guessed in each step."""
    accepted: float
    """Mean guesses that turn out right, so that a step yields one token more than that."""
    acceptance: float = 0.0
    """Chance that a guess is right, given that those before it were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One point of the search space."""

    engine: str
    precision: str
    tensor_parallel: int
    pipeline_parallel: int
    replicas: int
    """At the peak."""
    max_num_seqs: int
    max_num_batched_tokens: int
    kv_precision: str = "fp16"
    expert_parallel: int = 1
    """Above 1, experts are dealt out whole over that many accelerators of a stage."""
    attention_data_parallel: int = 1
    """Groups of a stage that each attend to sequences of their own."""
    speculation: Speculation | None = None
    routing: str = "round_robin"
    """How requests are dealt out to the replicas."""
    prefill: "Configuration | None" = None
    """Of disaggregated serving, the replicas that compute prompts; these then decode only."""

    @property
    def accelerators_per_replica(self) -> int:
        """How many accelerators one replica takes; of disaggregated serving, one that decodes."""
        return self.tensor_parallel * self.pipeline_parallel

    @property
    def accelerators(self) -> int:
        """How many accelerators it takes, those that compute prompts included."""
        prefill = self.prefill.accelerators if self.prefill else 0
        return self.accelerators_per_replica * self.replicas + prefill


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes on one accelerator: the one of a replica that holds most."""

    total_bytes: float
    usable_bytes: float
    """What the engine may take: its share of the total."""
    weights_bytes: float
    activation_bytes: float
    runtime_bytes: float
    kv_cache_bytes: float
    """What is left for the KV cache; negative where the rest does not fit."""
    kv_cache_tok: float
    """Tokens of KV cache of a whole replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a configuration does at the peak of a case. A time is infinite where a queue grows."""

    memory: Memory
    ttft_s: Mapping[str, float]
    """By percentile: ``mean``, ``p50``, ``p95``, ``p99``."""
    itl_s: Mapping[str, float]
    """Time between two tokens of one answer, by percentile."""
    tpot_s: float
    """Mean time between output tokens of one request."""
    e2e_s: float
    utilisation: float
    """Share of time that a replica is busy; at 1 the queue grows without end."""
    concurrency: float
    """Mean requests in a replica."""
    capacity_per_s: float
    """Requests a second that all replicas can sustain within the SLA."""
    compute_share: float
    """Demanded FLOP/s at the mean rate over the peak FLOP/s of the accelerators used."""
