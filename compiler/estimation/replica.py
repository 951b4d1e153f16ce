"""One replica that is asked about, and how it runs."""

from math import inf
from typing import NamedTuple

from inferc.compiler.estimation.values import Fit, Setup
from inferc.compiler.perf.steps import Stage

STATISTICS = (("mean", None), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99))

PROMPTS, SLOTS, CACHE = "prompts", "max_num_seqs", "kv cache"
"""What a replica can run short of."""


class Replica(NamedTuple):
    """One replica with everything that does not depend on the load."""

    setup: Setup
    stage: Stage
    fit: Fit
    frontend_s: float
    """Before and after the engine, of one request."""
    frontend_tok_s: float
    """The same for each token of its prompt."""

    def before_s(self, prompt_tok: float) -> float:
        """Return the time of a request outside of the engine's steps."""
        return self.frontend_s + self.frontend_tok_s * prompt_tok


class Running(NamedTuple):
    """How a replica runs. Times are infinite where it cannot carry the load."""

    stable: bool
    ttft_s: dict[str, float]
    itl_s: dict[str, float]
    tpot_s: dict[str, float]
    e2e_s: dict[str, float]
    rate_per_s: float
    """Requests that it answers."""
    shares: dict[str, float]
    """Of prompt time, sequence slots and KV cache that are in use, by name."""
    sequences: float
    """In prefill or decoding."""
    waiting: float
    """Without a place in the replica yet."""
    makespan_s: float = inf
    """Of a batch: when its last token is there."""


NEVER = dict.fromkeys((name for name, _ in STATISTICS), inf)
"""Of a queue that grows without end."""
