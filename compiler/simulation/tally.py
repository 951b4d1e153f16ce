"""What is counted while a simulation runs, in memory that does not grow with it."""

from math import inf
from typing import NamedTuple

from inferc.compiler.simulation.sketch import Percentiles
from inferc.compiler.simulation.values import SHARES, Latency, Moment, Outcome, Request

FULL = 65536
"""Values are kept one by one up to so many; then they go into a sketch of percentiles."""

MOMENTS = 1024
"""Samples of the queue that are kept; where more come, every second one goes."""


class Series:
    """Values with weights: exact up to :data:`FULL` of them, a sketch beyond."""

    __slots__ = ("count", "largest", "sketch", "total", "values", "weights")

    def __init__(self) -> None:
        self.values: list[float] = []
        self.weights: list[int] = []
        """One for each value; empty where each value counts once."""
        self.count = 0.0
        self.total = 0.0
        self.largest = 0.0
        self.sketch: Percentiles | None = None

    def settle(self) -> None:
        """Move the values into the sketch."""
        self._sum_up()
        if self.sketch is None:
            self.sketch = Percentiles()
        add = self.sketch.add
        if self.weights:
            for value, weight in zip(self.values, self.weights, strict=True):
                add(value, weight)
        else:
            for value in self.values:
                add(value)
        self.values.clear()
        self.weights.clear()

    def forget(self) -> float:
        """Drop all that was added, and return its sum."""
        self._sum_up()
        total = self.total
        self.values.clear()
        self.weights.clear()
        self.count = self.total = self.largest = 0.0
        self.sketch = None
        return total

    def _sum_up(self) -> None:
        if self.weights:
            self.count += sum(self.weights)
            self.total += sum(map(float.__mul__, self.values, map(float, self.weights)))
        else:
            self.count += len(self.values)
            self.total += sum(self.values)
        self.largest = max(self.largest, max(self.values, default=0.0))

    def latency(self) -> Latency:
        """Return the distribution of all that was added."""
        if self.sketch is not None:
            self.settle()
            mean = self.total / self.count if self.count else 0.0
            p50, p90, p95, p99 = map(self.sketch.quantile, (0.5, 0.9, 0.95, 0.99))
            return Latency(
                count=self.count, mean_s=mean, p50_s=p50, p90_s=p90, p95_s=p95, p99_s=p99,
                largest_s=self.largest, curve_s=tuple(map(self.sketch.quantile, SHARES)),
            )  # fmt: skip
        if not self.values:
            return Latency(
                count=0.0, mean_s=0.0, p50_s=0.0, p90_s=0.0, p95_s=0.0, p99_s=0.0, largest_s=0.0
            )
        self._sum_up()
        count, total = self.count, self.total
        self.count = self.total = 0.0
        p50, p90, p95, p99 = self._quantiles((0.5, 0.9, 0.95, 0.99))
        return Latency(
            count=count, mean_s=total / count, p50_s=p50, p90_s=p90, p95_s=p95, p99_s=p99,
            largest_s=self.largest, curve_s=tuple(self._quantiles(SHARES)),
        )  # fmt: skip

    def _quantiles(self, shares: tuple[float, ...]) -> list[float]:
        """Return the smallest values that these shares of the weight do not exceed, interpolated.

        Unweighted values are interpolated between ranks as NumPy does by default.
        """
        if not self.weights:
            values = sorted(self.values)
            last = len(values) - 1
            found: list[float] = []
            for share in shares:
                rank = share * last
                low = int(rank)
                high = min(low + 1, last)
                found.append(values[low] + (values[high] - values[low]) * (rank - low))
            return found
        pairs = sorted(zip(self.values, self.weights, strict=True))
        weight = sum(self.weights)
        found = []
        seen, place = 0.0, -1
        for share in shares:
            while seen < share * weight and place + 1 < len(pairs):
                place += 1
                seen += pairs[place][1]
            found.append(pairs[max(0, place)][0])
        return found


class Counted(NamedTuple):
    """What an engine counts for itself while it runs."""

    runs: int
    completed: int
    prompt_tok: int
    output_tok: int
    busy_s: float
    running_s: float
    used_s: float


class Tally:
    """Counts, latencies and the queue over time of one or several engines."""

    def __init__(self) -> None:
        self.ttft = Series()
        self.tpot = Series()
        self.itl = Series()
        self.e2e = Series()
        self.ended: list[Request] = []
        """Requests that ended in the step that an engine pauses at."""
        self.listened = False
        """Whether somebody takes them."""
        self.interrupted: list[Request] = []
        """What engines were serving when they were shut down."""
        self.completed = self.rejected = self.preempted = 0
        self.prompt_tok = self.output_tok = 0
        self.makespan_s = 0.0
        self.runs = 0
        self.busy_s = self.running_s = self.used_s = 0.0
        self.waited_s = 0.0
        """Until the first token, of requests whose latencies were forgotten."""
        self.moments: list[Moment] = []
        self.every_s = 0.0

    def settle(self) -> None:
        """Bound the memory: move what was collected into sketches."""
        for series in (self.ttft, self.tpot, self.itl, self.e2e):
            series.settle()

    def forget(self) -> None:
        """Begin to measure latencies anew: what came before was a warm-up."""
        self.waited_s += self.ttft.forget()
        for series in (self.tpot, self.itl, self.e2e):
            series.forget()

    def sample(self, at_s: float, waiting: int, running: int) -> float:
        """Note how things stand, and return when to do so next."""
        moments = self.moments
        moments.append(Moment(at_s, waiting, running))
        if len(moments) == 1:
            return at_s
        if self.every_s == 0.0:
            self.every_s = at_s / MOMENTS
        if len(moments) >= MOMENTS:
            del moments[1::2]
            self.every_s = 2.0 * at_s / MOMENTS
        return at_s + self.every_s

    def reject(self, request: Request) -> None:
        """Count a request that is longer than the KV cache."""
        self.rejected += 1
        if self.listened:
            self.ended.append(request)

    def close(self, at_s: float, counted: Counted) -> None:
        """Add what an engine counted until it was shut down."""
        self.makespan_s = max(self.makespan_s, at_s)
        self.runs += counted.runs
        self.completed += counted.completed
        self.prompt_tok += counted.prompt_tok
        self.output_tok += counted.output_tok
        self.busy_s += counted.busy_s
        self.running_s += counted.running_s
        self.used_s += counted.used_s

    def outcome(self, engines: int, kv_cache_tok: float) -> Outcome:
        """Return what all of it came to, for so many engines with so much KV cache together."""
        ttft = self.ttft.latency()
        span_s = self.makespan_s or inf
        bounded = 0.0 < kv_cache_tok < inf
        return Outcome(
            completed=self.completed,
            rejected=self.rejected,
            preempted=self.preempted,
            prompt_tok=self.prompt_tok,
            output_tok=self.output_tok,
            makespan_s=self.makespan_s,
            ttft=ttft,
            tpot=self.tpot.latency(),
            itl=self.itl.latency(),
            e2e=self.e2e.latency(),
            moments=tuple(self.moments),
            utilisation=self.busy_s / span_s / engines,
            mean_running=self.running_s / span_s,
            mean_waiting=(self.waited_s + ttft.mean_s * ttft.count) / span_s,
            kv_use=self.used_s / span_s / kv_cache_tok if bounded else 0.0,
            runs=self.runs,
        )
