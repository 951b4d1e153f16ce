"""What the model is asked for, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass


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

    @property
    def accelerators_per_replica(self) -> int:
        """How many accelerators one replica takes."""
        return self.tensor_parallel * self.pipeline_parallel

    @property
    def accelerators(self) -> int:
        """How many accelerators it takes."""
        return self.accelerators_per_replica * self.replicas


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
