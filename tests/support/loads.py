"""Requests and lengths for simulations in tests: the same every time."""

import random
import statistics
from collections.abc import Iterator, Sequence

import pytest
from support.step_by_step import Played

from inferc.compiler.simulation import Latency, Outcome, Request


def lengths(
    count: int, prompt_tok: float = 500.0, output_tok: float = 250.0, seed: int = 1
) -> list[tuple[int, int]]:
    """Return (prompt, answer) pairs, gamma distributed."""
    rng = random.Random(seed)
    return [
        (
            max(1, round(rng.gammavariate(2.0, prompt_tok / 2.0))),
            max(1, round(rng.gammavariate(3.0, output_tok / 3.0))),
        )
        for _ in range(count)
    ]


def poisson(
    pairs: Sequence[tuple[int, int]], rate_per_s: float, seed: int = 2, variation: float = 1.0
) -> Iterator[Request]:
    """Yield requests whose gaps vary so much, a part of each prompt being cached."""
    rng = random.Random(seed)
    shape = 1.0 / variation**2
    at_s = 0.0
    for prompt_tok, output_tok in pairs:
        at_s += rng.gammavariate(shape, 1.0 / (shape * rate_per_s))
        yield Request(at_s, prompt_tok, output_tok, cached_tok=min(200, prompt_tok // 2))


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile, interpolated between ranks."""
    ranked = sorted(values)
    rank = share * (len(ranked) - 1)
    low = int(rank)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (rank - low)


def assert_same(found: Latency, played: Sequence[float], rel: float) -> None:
    """Compare a latency with the values that the reference saw."""
    assert found.count == len(played)
    if not played:
        return
    assert found.mean_s == pytest.approx(statistics.fmean(played), rel=rel)
    for share, value in (
        (0.5, found.p50_s),
        (0.9, found.p90_s),
        (0.95, found.p95_s),
        (0.99, found.p99_s),
        (1.0, found.largest_s),
    ):
        assert value == pytest.approx(quantile(played, share), rel=rel)


def assert_agrees(outcome: Outcome, played: Played, rel: float = 1e-6) -> None:
    """Compare what a simulation came to with what the reference saw."""
    assert outcome.completed == played.completed
    assert outcome.rejected == played.rejected
    assert outcome.preempted == played.preempted
    assert outcome.output_tok == played.output_tok
    assert outcome.makespan_s == pytest.approx(played.end_s, rel=rel)
    assert_same(outcome.ttft, played.ttft, rel)
    assert_same(outcome.tpot, played.tpot, rel)
    assert_same(outcome.e2e, played.e2e, rel)
