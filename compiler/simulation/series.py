"""Values that a simulation brings forth, as a distribution, in memory that does not grow."""

from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from math import exp, log
from typing import TYPE_CHECKING

from inferc.compiler.simulation.values import SHARES, Latency

if TYPE_CHECKING:
    from inferc.compiler.simulation.sketch import Percentiles

FULL = 65536
"""Values are kept one by one up to so many; then they go into a sketch of percentiles."""

PER_E = 1000.0
"""Values go into the sketch in batches, those within a thousandth as one: a tenth of the work."""

LEAST_S = 1e-9
"""Shorter times count as this long in the sketch."""

KEY_SHARES = (0.5, 0.9, 0.95, 0.99)

NOTHING = Latency(count=0.0, mean_s=0.0, p50_s=0.0, p90_s=0.0, p95_s=0.0, p99_s=0.0, largest_s=0.0)


class Series:
    """Values with weights: exact up to :data:`FULL` of them, a sketch beyond."""

    __slots__ = ("_count", "_largest", "_sketch", "_total", "values", "weights")

    def __init__(self) -> None:
        self.values: list[float] = []
        self.weights: list[int] = []
        """One for each value; empty where each value counts once."""
        self._count = 0
        self._total = 0.0
        self._largest = 0.0
        self._sketch: Percentiles | None = None

    def settle(self) -> None:
        """Move the values into the sketch."""
        if not self.values:
            return
        count, total, largest = self._sums()
        self._count += count
        self._total += total
        self._largest = max(self._largest, largest)
        add = self._sketched().add
        for place, weight in self._binned().items():
            add(exp((place + 0.5) / PER_E), weight)
        self.values.clear()
        self.weights.clear()

    def forget(self) -> float:
        """Drop all that was added, and return its sum."""
        total = self._total + self._sums()[1]
        self.values.clear()
        self.weights.clear()
        self._count = 0
        self._total = self._largest = 0.0
        self._sketch = None
        return total

    def merge(self, other: "Series") -> None:
        """Add all that was added to ``other``."""
        if other._sketch is not None:
            self.settle()
            self._sketched().merge(other._sketch)
            self._count += other._count
            self._total += other._total
            self._largest = max(self._largest, other._largest)
        self.values.extend(other.values)
        self.weights.extend(other.weights)

    def latency(self) -> Latency:
        """Return the distribution of all that was added."""
        if self._sketch is not None:
            self.settle()
            quantiles = [self._sketch.quantile(share) for share in (*KEY_SHARES, *SHARES)]
        elif self.values:
            quantiles = self._quantiles()
        else:
            return NOTHING
        count, total, largest = self._sums()
        count += self._count
        p50, p90, p95, p99, *curve = quantiles
        return Latency(
            count=count,
            mean_s=(self._total + total) / count,
            p50_s=p50,
            p90_s=p90,
            p95_s=p95,
            p99_s=p99,
            largest_s=max(self._largest, largest),
            curve_s=tuple(curve),
        )

    def _sketched(self) -> "Percentiles":
        """Return the sketch; its library is loaded when the first one is needed."""
        if self._sketch is None:
            from inferc.compiler.simulation.sketch import Percentiles

            self._sketch = Percentiles()
        return self._sketch

    def _sums(self) -> tuple[int, float, float]:
        """Return count, sum and largest of the values that are not in the sketch."""
        largest = max(self.values, default=0.0)
        if not self.weights:
            return len(self.values), sum(self.values), largest
        pairs = zip(self.values, self.weights, strict=True)
        return sum(self.weights), sum(value * weight for value, weight in pairs), largest

    def _binned(self) -> dict[int, int]:
        """Return the weights of values that are alike, by a thousandth of their logarithm."""
        places = [int(PER_E * log(max(value, LEAST_S)) // 1.0) for value in self.values]
        if not self.weights:
            return Counter(places)
        binned: dict[int, int] = {}
        for place, weight in zip(places, self.weights, strict=True):
            binned[place] = binned.get(place, 0) + weight
        return binned

    def _quantiles(self) -> list[float]:
        """Return the quantiles of values that are kept one by one.

        Unweighted values are interpolated between ranks as NumPy does by default.
        """
        shares = (*KEY_SHARES, *SHARES)
        if self.weights:
            ranked = sorted(zip(self.values, self.weights, strict=True))
            seen = list(accumulate(weight for _, weight in ranked))
            return [ranked[bisect_left(seen, share * seen[-1])][0] for share in shares]
        values = sorted(self.values)
        last = len(values) - 1
        found: list[float] = []
        for share in shares:
            low = int(share * last)
            high = min(low + 1, last)
            found.append(values[low] + (values[high] - values[low]) * (share * last - low))
        return found
