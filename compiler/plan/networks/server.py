"""One replica of a network: how long batches of requests take, and what it carries within limits.

Times are typical ones, or with ``confidence = high`` those at the upper end of the interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, floor

from inferc.compiler.model import Engine, Objective
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.dynamic_batching import Batcher, Queueing, queueing
from inferc.compiler.perf.item_coefficients import item_coefficients
from inferc.compiler.perf.item_time import ItemMemory, batch_s, item_memory
from inferc.compiler.perf.item_work import sized
from inferc.compiler.perf.items import BATCHES, DELAY_FROM_START, MEASURED_ON, SPREAD, WIDE_SPREAD
from inferc.compiler.perf.queueing import length_quantile
from inferc.compiler.plan.networks.portion import Portion
from inferc.compiler.problem.network_case import NetworkCase
from inferc.compiler.units import to_unit

MOST_BUSY = 0.85
"""Share of what full batches carry up to which a replica is planned: waits grow without end at 1,
and the model is not surer than a tenth or two."""

HALVINGS = 6
"""Of the range of loads in which the largest is looked for: to 1.3 % of what full batches carry."""

LARGEST_BATCH = 1024
"""No engine of the catalog is run with larger batches by default; a stated one may be larger."""

ENOUGH = 0.98
"""Share of the largest throughput at which larger batches only take longer."""

CONTINUOUS = "continuous"

SURE = "high"
"""The confidence with which a plan is held at the upper end of each interval."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the items of a case are like, and how many a request has."""

    items: float
    item_tok: float
    item_p95_over_mean: float
    steps: float
    sure: bool = False
    """Whether times are those at the upper end of their interval."""


def work_of(case: NetworkCase) -> Work:
    """Return what the items of ``case`` are like."""
    sure = case.confidence == SURE
    return Work(case.items, case.item_tok, case.item_p95_over_mean, case.steps, sure)


def percentile_key(percentile: float | None) -> str:
    """Return what a percentile is called: ``p95``, ``p99.9``, ``mean``."""
    return "mean" if percentile is None else f"p{to_unit(percentile, '%'):g}"


class Server:
    """An engine with a model on one portion, for items of one kind."""

    def __init__(
        self, model: ItemModel, portion: Portion, engine: Engine, precision: str, work: Work
    ) -> None:
        self.portion = portion
        self.engine = engine
        self.precision = precision
        self.work = work
        self.model = sized(model, steps=work.steps) if work.steps else model
        self.coefficients = item_coefficients(engine)
        known = portion.accelerator.architecture in MEASURED_ON
        self.interval = SPREAD if known else WIDE_SPREAD
        self.pace = self.interval[1] if work.sure else 1.0
        """What times are multiplied by."""
        self.basis = "calibrated" if known else "spec sheet"
        self._batches: dict[int, float] = {}
        self._met: dict[tuple[int, float, tuple[tuple[float, float], ...]], dict[float, bool]] = {}

    def at_pace(self, *, upper: bool) -> "Server":
        """Return the same replica as it typically is, or at the upper end of the interval."""
        work = replace(self.work, sure=upper)
        return Server(self.model, self.portion, self.engine, self.precision, work)

    # ---- one batch -----------------------------------------------------------------------------

    def tokens(self, batch: int) -> float:
        """Return the tokens that every item of a batch is padded to: those of the longest.

        Of ``n`` lengths the longest is about the quantile ``n/(n+1)``, and never below the mean.
        Engines that batch token by token pad nothing.

        Source: David and Nagaraja, Order Statistics (2003), section 4.5.
        """
        mean = self.work.item_tok
        if not mean or batch <= 1 or self.engine.batching == CONTINUOUS:
            return mean
        longest = length_quantile(mean, self.work.item_p95_over_mean, batch / (batch + 1.0))
        return self._within_context(max(mean, longest))

    def _within_context(self, tokens: float) -> float:
        most = float(self.model.context_tok)
        return max(self.work.item_tok, min(tokens, most)) if most else tokens

    def batch_s(self, batch: int) -> float:
        """Return the time of a batch of items."""
        known = self._batches.get(batch)
        if known is None:
            known = self._one_s(batch, self.tokens(batch))
            self._batches[batch] = known
        return known

    def _one_s(self, batch: int, tokens: float) -> float:
        model = sized(self.model, tokens=tokens) if tokens else self.model
        seconds = batch_s(model, self.portion.accelerator, self.coefficients, batch, self.precision)
        return seconds * self.pace * self.portion.sharers

    def memory(self, batch: int) -> ItemMemory:
        """Return what a replica takes of its memory, with the longest items of such a batch."""
        tokens = self.tokens(batch)
        model = sized(self.model, tokens=tokens) if tokens else self.model
        return item_memory(model, self.portion.accelerator, self.coefficients, self.precision)

    def fits(self, batch: int) -> bool:
        """Return whether weights and a batch fit the memory."""
        return self.memory(batch).largest_batch >= batch

    # ---- requests ------------------------------------------------------------------------------

    def together(self, batch: int) -> int:
        """Return how many whole requests share a batch; one where a request is larger than it."""
        return max(1, floor(batch / self.work.items))

    def requests_s(self, batch: int, requests: int) -> float:
        """Return the time of so many requests at once, in batches of at most ``batch`` items."""
        items = ceil(requests * self.work.items - 1e-9)
        whole, rest = divmod(items, batch)
        return whole * self.batch_s(batch) + (self.batch_s(rest) if rest else 0.0)

    def largest_per_s(self, batch: int) -> float:
        """Return the requests a second that full batches come to."""
        together = self.together(batch)
        return together / self.requests_s(batch, together)

    def fixed_s(self, percentile: float | None) -> float:
        """Return what a request takes beside waiting and its batch: protocol, and its own length.

        Items that are longer than the rest of their batch take longer: at a percentile of latency
        by as much as an item of that percentile of lengths takes more than a mean one alone.
        """
        frontend_s = self.coefficients["frontend_s"]
        mean = self.work.item_tok
        if percentile is None or not mean:
            return frontend_s
        own = length_quantile(mean, self.work.item_p95_over_mean, percentile)
        longer = self._within_context(max(own, mean))
        return frontend_s + self._one_s(1, longer) - self._one_s(1, mean)

    # ---- under a rate --------------------------------------------------------------------------

    def batcher(self, batch: int, delay_s: float) -> Batcher:
        """Return how requests become batches."""
        return Batcher(
            max_batch=self.together(batch),
            max_delay_s=delay_s,
            from_arrival=not self.engine.defaults.get(DELAY_FROM_START),
        )

    def queue(
        self, rate_per_s: float, batch: int, delay_s: float, percentiles: Mapping[str, float]
    ) -> Queueing:
        """Return how requests wait that come to one replica at a rate."""
        return queueing(
            rate_per_s,
            self.batcher(batch, delay_s),
            lambda requests: self.requests_s(batch, requests),
            percentiles=percentiles,
        )

    def latency_s(
        self, rate_per_s: float, batch: int, delay_s: float, percentiles: Sequence[float | None]
    ) -> dict[str, float]:
        """Return latencies by percentile; where batches are held, at least those of a lone request.

        Rates fall at night, and the SLA holds then too.
        """
        named = {percentile_key(item): item for item in percentiles if item is not None}
        found = self.queue(rate_per_s, batch, delay_s, named)
        alone_s = delay_s + self.requests_s(batch, 1)
        return {
            percentile_key(item): self.fixed_s(item)
            + max(found.latency_s[percentile_key(item)], alone_s if delay_s else 0.0)
            for item in percentiles
        }

    def meets(
        self, rate_per_s: float, batch: int, delay_s: float, lines: tuple[Objective, ...]
    ) -> bool:
        """Return whether all lines about latency hold at a rate."""
        if not lines:
            return True
        found = self.latency_s(rate_per_s, batch, delay_s, [line.percentile for line in lines])
        return all(found[percentile_key(line.percentile)] <= line.limit.value for line in lines)

    def can_meet(self, batch: int, delay_s: float, lines: tuple[Objective, ...]) -> bool:
        """Return whether a lone request keeps the limits, and one in a full batch."""
        full_s = self.requests_s(batch, self.together(batch))
        alone_s = delay_s + self.requests_s(batch, 1)
        return all(
            max(full_s, alone_s) + self.fixed_s(line.percentile) <= line.limit.value
            for line in lines
        )

    def carried_per_s(self, batch: int, delay_s: float, lines: tuple[Objective, ...]) -> float:
        """Return the most requests a second that one replica carries within the limits.

        By bisection over the load, so that what holds at a rate holds at every lower one.
        """
        return self._load(batch, delay_s, lines, 1.0) * self.largest_per_s(batch)

    def carries(
        self, rate_per_s: float, batch: int, delay_s: float, lines: tuple[Objective, ...]
    ) -> bool:
        """Return whether one replica carries a rate, as :meth:`carried_per_s` says, but sooner."""
        wanted = rate_per_s / self.largest_per_s(batch)
        return wanted <= MOST_BUSY and self._load(batch, delay_s, lines, wanted) >= wanted

    def _load(
        self, batch: int, delay_s: float, lines: tuple[Objective, ...], wanted: float
    ) -> float:
        """Return the highest load within the limits, or any that is as high as ``wanted``.

        The loads that are tried do not depend on what is wanted, so all answers agree.
        """
        if not self.can_meet(batch, delay_s, lines):
            return 0.0
        if not lines:
            return MOST_BUSY
        full = self.largest_per_s(batch)
        limits = tuple((line.percentile or 0.0, line.limit.value) for line in lines)
        known = self._met.setdefault((batch, delay_s, limits), {})
        low, high = 0.0, MOST_BUSY
        for _ in range(HALVINGS):
            if low >= wanted or high < wanted <= MOST_BUSY:
                return low
            middle = (low + high) / 2.0
            if middle not in known:
                known[middle] = self.meets(middle * full, batch, delay_s, lines)
            low, high = (middle, high) if known[middle] else (low, middle)
        return low

    # ---- what there is to choose ---------------------------------------------------------------

    @cached_property
    def largest_batch(self) -> int:
        """The largest power of two of items that fits; 0 where the weights do not."""
        if not self.fits(1):
            return 0
        batch = 1
        while batch * 2 <= LARGEST_BATCH and self.fits(batch * 2):
            batch *= 2
        return batch

    def batches(self, stated: Sequence[int]) -> tuple[int, ...]:
        """Return the batch limits to look at, the largest first.

        Powers of two up to where more hardly speeds anything up, and those that the user states.
        """
        if self.engine.batching not in BATCHES:
            return (1,) if self.fits(1) else ()
        sizes = [1 << step for step in range(max(0, self.largest_batch).bit_length())]
        kept: list[int] = []
        if sizes:
            most = max(size / self.batch_s(size) for size in sizes)
            for size in sizes:
                kept.append(size)
                if size / self.batch_s(size) >= ENOUGH * most:
                    break
        kept += [size for size in stated if self.fits(size)]
        return tuple(sorted(set(kept), reverse=True))
