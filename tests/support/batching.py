"""A batcher simulated request by request: what closed forms of waiting are held against."""

import heapq
import random
from dataclasses import dataclass

from inferc.compiler.perf.dynamic_batching import Batcher, Seconds


@dataclass(frozen=True)
class Simulated:
    """What a long run shows."""

    mean_batch: float
    mean_wait_s: float
    mean_s: float
    percentiles_s: dict[str, float]


def simulate_batcher(
    rate_per_s: float,
    batcher: Batcher,
    seconds: Seconds,
    *,
    requests: int = 120_000,
    variation: float = 1.0,
    seed: int = 7,
) -> Simulated:
    """Return what happens to ``requests`` requests whose gaps vary by ``variation``.

    The first tenth is left out. Instances take work in the order in which they become free; a batch
    starts once it is full, or once its first request has waited long enough.
    """
    chance = random.Random(seed)
    shape = 1.0 / variation**2
    now, arrivals = 0.0, []
    for _ in range(requests):
        now += chance.gammavariate(shape, 1.0 / (rate_per_s * shape))
        arrivals.append(now)
    free = [0.0] * batcher.instances
    waits: list[float] = []
    latencies: list[float] = []
    batches: list[int] = []
    first = 0
    while first < requests:
        ready = max(heapq.heappop(free), arrivals[first])
        since = arrivals[first] if batcher.from_arrival else ready
        last = first + batcher.max_batch - 1
        full = arrivals[last] if last < requests else float("inf")
        start = min(max(ready, since + batcher.max_delay_s), max(ready, full))
        end = first
        while end < requests and end - first < batcher.max_batch and arrivals[end] <= start:
            end += 1
        done = start + seconds(end - first)
        heapq.heappush(free, done)
        waits += [start - arrivals[item] for item in range(first, end)]
        latencies += [done - arrivals[item] for item in range(first, end)]
        batches.append(end - first)
        first = end
    kept = sorted(latencies[requests // 10 :])
    return Simulated(
        mean_batch=sum(batches) / len(batches),
        mean_wait_s=sum(waits[requests // 10 :]) / len(kept),
        mean_s=sum(kept) / len(kept),
        percentiles_s={
            name: kept[int(share * len(kept))]
            for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
        },
    )
