"""What a plan costs at any load: a step function, since replicas and nodes are whole.

The load varies over a week as its profile says; each stretch needs so many replicas; a replica that
is needed is started before and removed after, and both take time that is paid.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, inf

ROUNDING = 1e-9
"""Relative: what floats may add to a whole number of replicas before it counts as one more."""

MOST_STEPS = 2_000
"""Steps of the cost that are looked at for a break-even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """Replicas that are paid for over a week."""

    shares: tuple[tuple[int, float], ...]
    """(replicas, share of the time), the fewest first."""

    @property
    def mean(self) -> float:
        """Mean number of replicas."""
        return sum(count * share for count, share in self.shares)

    @property
    def most(self) -> int:
        """The largest number of replicas."""
        return max(count for count, _ in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How the cost of a plan follows the mean rate of its load."""

    carried_per_s: float
    """Requests a second that one replica carries within the SLA, reserves included."""
    spare: int
    """Replicas beyond what the rate needs: for the loss of one, or since the file says so."""
    floor: int
    """Replicas that always run at the stated rate: the autoscaler's minimum."""
    ceiling: int
    """Replicas at the stated peak."""
    rate_per_s: float
    """The stated mean rate."""
    peak: float
    """Rate of the busiest stretch over the mean, bursts included."""
    stretches: tuple[tuple[float, float], ...]
    """A cycle of (seconds, rate over the mean, bursts included)."""
    lead_s: float
    """How long before it is needed a replica is started."""
    hold_s: float
    """How long a replica is kept after it was needed."""
    follows: bool
    """Whether hardware comes and goes with the replicas, or stands there for the peak."""
    per_node: int
    """Replicas that fit on what is paid for at once: a node, or one where each is paid alone."""
    unit_accelerators: int
    """Accelerators of what is paid for at once."""
    least_units: int
    """Of which at least so many are paid for."""
    usd_per_s: float
    """Price of one accelerator."""
    peak_units: int = 0
    """Of which at least so many are paid for while all replicas of the peak run."""
    asleep: Callable[[float], float] | None = None
    """Share of the time in which nothing runs at a rate; None for a service that never sleeps."""
    warm: tuple[float, ...] = ()
    """Share of each stretch in which a replica is kept ready all the same; none where empty."""

    def replicas(self, factor: float, rate_per_s: float) -> int:
        """Return the replicas that run while the rate is ``factor`` times a mean rate.

        At another mean rate than the stated one, floor and ceiling grow with it.
        """
        busy = max(factor, self.always)
        needed = whole(busy * rate_per_s / self.carried_per_s) + self.spare
        most = max(self.ceiling, 1) if rate_per_s == self.rate_per_s else inf
        return int(max(1, min(needed, most)))

    @property
    def always(self) -> float:
        """Rate over the mean for which replicas always run, however low it falls."""
        kept = max(0, self.floor - self.spare) * self.carried_per_s / self.rate_per_s
        return min(kept, self.peak)

    def paid(self, rate_per_s: float) -> Paid:
        """Return the replicas that are paid for at a mean rate."""
        if not self.follows:
            return Paid(shares=((self.replicas(self.peak, rate_per_s), 1.0),))
        running = [
            (seconds, self.replicas(factor, rate_per_s)) for seconds, factor in self.stretches
        ]
        shares = over_time(running, self.lead_s, self.hold_s)
        if self.asleep is not None and 1.0 in shares:
            resting = min(shares[1.0], self._resting(rate_per_s))
            shares[0.0], shares[1.0] = resting, shares[1.0] - resting
        return Paid(shares=tuple((int(count), shares[count]) for count in sorted(shares)))

    def _resting(self, rate_per_s: float) -> float:
        """Return the share of the time in which the only replica that is needed sleeps."""
        if self.asleep is None:
            return 0.0
        total_s = sum(seconds for seconds, _ in self.stretches)
        warm = self.warm or (0.0,) * len(self.stretches)
        resting_s = sum(
            seconds * (1.0 - kept) * self.asleep(factor * rate_per_s)
            for (seconds, factor), kept in zip(self.stretches, warm, strict=True)
            if self.replicas(factor, rate_per_s) == 1
        )
        return resting_s / total_s

    def cost_usd_per_s(self, rate_per_s: float) -> float:
        """Return the mean cost at a mean rate."""
        paid = self.paid(rate_per_s)
        return sum(self.price_usd_per_s(count) * share for count, share in paid.shares)

    def price_usd_per_s(self, replicas: int) -> float:
        """Return what so many replicas cost while they run: whole nodes where those are paid.

        Asleep nothing runs, and nothing is paid.
        """
        if replicas == 0:
            return 0.0
        least = self.least_units
        if replicas >= self.ceiling:
            least = max(least, self.peak_units)
        units = max(least, -(-replicas // self.per_node))
        return units * self.unit_accelerators * self.usd_per_s

    def at_price(self, usd_per_s: float) -> "Curve":
        """Return the same curve at another price of an accelerator."""
        return replace(self, usd_per_s=usd_per_s)

    def slope_usd(self) -> float:
        """Return what one more request costs at loads so large that rounding does not matter."""
        unit = self.unit_accelerators * self.usd_per_s / self.per_node
        if not self.follows:
            return self.peak * unit / self.carried_per_s
        levels = [(seconds, max(factor, self.always)) for seconds, factor in self.stretches]
        shares = over_time(levels, self.lead_s, self.hold_s)
        return sum(level * share for level, share in shares.items()) * unit / self.carried_per_s

    def most_rounding_usd_per_s(self) -> float:
        """Return what whole replicas and nodes may cost beyond the slope at most."""
        units = max(self.least_units, self.peak_units) + 1.0 + (2.0 + self.spare) / self.per_node
        return units * self.unit_accelerators * self.usd_per_s

    def break_even_per_s(self, usd_per_request: float) -> float:
        """Return the mean rate above which the plan is cheaper than so much for each request.

        The cost of the plan is constant between its steps and the alternative's grows, so that on
        each step it is cheaper from ``cost / usd_per_request`` on; the last step that begins below
        that point decides. The plan never costs more than its slope and what rounding adds, so that
        beyond ``rounding / (usd_per_request - slope)`` there is nothing to look for. Infinite where
        more load never makes it cheaper.
        """
        gained = usd_per_request - self.slope_usd()
        if gained <= 0.0:
            return inf
        return self.break_even_with(
            lambda rate_per_s: rate_per_s * usd_per_request,
            self.most_rounding_usd_per_s() / gained,
        )

    def break_even_with(self, other: Callable[[float], float], up_to_per_s: float) -> float:
        """Return the mean rate above which the plan is cheaper than ``other``, which only grows.

        Looked for up to a rate; infinite where the plan is still dearer there.
        """
        last, start = 0.0, 0.0
        for _, end in zip(range(MOST_STEPS), self.steps(), strict=False):
            cost = self.cost_usd_per_s(end * (1.0 - ROUNDING)) * (1.0 - ROUNDING)
            if other(end) < cost:
                last = end
            elif other(start) < cost:
                last = _crossing(other, cost, start, end)
            start = end
            if start > up_to_per_s:
                break
        return inf if last == start else last

    def steps(self) -> Iterator[float]:
        """Yield the mean rates at which another replica is needed somewhere in the week."""
        factors = {*(factor for _, factor in self.stretches), self.peak, self.always}
        sizes = {self.carried_per_s / factor for factor in factors if factor > 0.0}
        nexts = dict.fromkeys(sorted(sizes), 1)
        while True:
            size = min(nexts, key=lambda item: (item * nexts[item], item))
            yield size * nexts[size]
            nexts[size] += 1


def _crossing(other: Callable[[float], float], cost: float, low: float, high: float) -> float:
    """Return where ``other`` reaches ``cost`` between two rates."""
    for _ in range(60):
        middle = (low + high) / 2.0
        if other(middle) < cost:
            low = middle
        else:
            high = middle
    return high


def whole(count: float) -> int:
    """Return the whole number of replicas for ``count`` of them, rounded up."""
    return ceil(count * (1.0 - ROUNDING))


def over_time(
    running: Sequence[tuple[float, float]], lead_s: float, hold_s: float
) -> dict[float, float]:
    """Return the share of the time for each number of replicas that are paid for.

    ``running`` is a cycle of (seconds, replicas needed). A number that is needed in a stretch is
    there from ``lead_s`` before it until ``hold_s`` after it, or longer where another needs it.

    Source: definition of start-up and of stabilisation (Kubernetes, HorizontalPodAutoscaler v2).
    Holds for: stretches that are known before they come.
    """
    total_s = sum(seconds for seconds, _ in running)
    if len({count for _, count in running}) == 1 or lead_s + hold_s >= total_s:
        return {max(count for _, count in running): 1.0}
    spans: list[tuple[float, float, float]] = []
    at_s = 0.0
    for seconds, count in running:
        first_s, last_s = at_s - lead_s, at_s + seconds + hold_s
        spans.extend(
            (first_s + shift_s, last_s + shift_s, count) for shift_s in (-total_s, 0.0, total_s)
        )
        at_s += seconds
    cuts = {edge for span in spans for edge in span[:2] if 0.0 < edge < total_s}
    edges = sorted({0.0, total_s, *cuts})
    shares: dict[float, float] = {}
    for start_s, end_s in pairwise(edges):
        middle_s = (start_s + end_s) / 2.0
        count = max(number for start, end, number in spans if start <= middle_s < end)
        shares[count] = shares.get(count, 0.0) + (end_s - start_s) / total_s
    return shares
