"""Starts: how long one takes, how many requests meet one, and whether a service may sleep.

A service that sleeps runs nowhere while nobody asks. The request that wakes it up waits for a
start, and so do those that come meanwhile. Lines ``at cold`` limit how long, ``cold_share`` how
many. Where one of them would not hold at the longest start that is assumed, it does not sleep.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp, inf

from inferc.compiler.model import Load, Objective, Place, Scaling, Service, WarmPool
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.estimate import predicted_s
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.loading import STORAGE, load_s
from inferc.compiler.plan.decisions import Cold, Margin
from inferc.compiler.plan.objectives import is_about_starts
from inferc.compiler.plan.objectives import share as of_limit
from inferc.compiler.plan.space import Shape
from inferc.compiler.problem import Case
from inferc.compiler.units import from_unit, percent, show, to_unit

SHARE = "cold_share"

SLEEP_S = 900.0
"""Without requests, before a service sleeps where the file does not say: Cloud Run stops an idle
instance after 15 minutes at most.

Source: https://cloud.google.com/run/docs/about-instance-autoscaling
"""

IMAGE_BYTES = 10e9
"""Of an engine with its CUDA libraries. Estimate: the images of vLLM of 2025 have 8 to 11 GB."""

FASTEST, SLOWEST = "nvme_direct", "network_volume"
"""Tiers of storage between which weights lie where nobody says; see
:data:`inferc.compiler.perf.loading.STORAGE`."""

MOST_EXPONENT = 700.0
"""Beyond it a float overflows; nobody sleeps there."""

WEEK_S = from_unit(7.0, "d")

WIDTH = 1e-3
"""Relative width at which the search for the longest start stops."""


def start_of(place: Place, model_bytes: float, engine_s: float, reading_s: float) -> Cold:
    """Return how long a start takes on ``place``, with the ends of what nobody stated.

    ``reading_s`` is what the engine's catalog entry says of reading the weights. The longest start
    pulls the image too; the shortest reads the weights straight into the accelerators.
    """
    stated = place.cold_start_s
    if stated is not None:
        whole = ("start", stated.value)
        return Cold(start_s=stated.value, low_s=stated.low, high_s=stated.high, parts=(whole,))
    waits_s = place.platform.start_s if place.platform else None
    ready = (0.0, 0.0, 0.0) if waits_s is None else (waits_s.low, waits_s.value, waits_s.high)
    low_s = load_s(model_bytes, FASTEST, start_s=engine_s)
    high_s = load_s(model_bytes, SLOWEST, start_s=engine_s)
    image_s = IMAGE_BYTES / STORAGE[SLOWEST].bytes_per_s
    typical_s = engine_s + reading_s
    parts: tuple[tuple[str, float], ...] = (("weights", reading_s), ("engine", engine_s))
    if waits_s is not None:
        parts = (("instance", waits_s.value), *parts)
    return Cold(
        start_s=ready[1] + typical_s,
        low_s=ready[0] + min(low_s, typical_s),
        high_s=ready[2] + max(high_s, typical_s) + image_s,
        parts=parts,
    )


def awake(case: Case, shape: Shape) -> Cold:
    """Return how long a start of a layout takes, and how many replicas stay in any case."""
    engine_s = shape.coefficient("start_s")
    weights = weights_bytes(case.model, shape.precision)
    start = start_of(shape.place, weights, engine_s, shape.load_time_s - engine_s)
    return replace(start, warm=max(1, _kept(case.scaling)))


def _kept(scaling: Scaling | None) -> int:
    """Return how many replicas a warm pool keeps ready to answer."""
    pool = scaling.warm_pool if scaling else None
    return pool.instances if pool is not None and pool.keep == "weights_in_gpu" else 0


# ---- how many requests meet a start --------------------------------------------------------------


def cold_share(rate_per_s: float, sleep_s: float, start_s: float) -> float:
    """Return the share of requests at an even rate that wait for a start.

    A service sleeps once nobody has asked for ``sleep_s``. The next request and those of the start,
    ``1 + rate start``, wait. Then it is awake until a gap is longer than ``sleep_s``, which one in
    ``e^(rate sleep)`` is: another ``e^(rate sleep) - 1`` requests.

    Source: a renewal cycle of a Poisson process (Ross, Stochastic Processes, chapter 3).
    Holds for: requests independent of each other, answers short against ``sleep_s``.
    """
    if rate_per_s <= 0.0:
        return 0.0
    waiting = 1.0 + rate_per_s * start_s
    return waiting / (waiting - 1.0 + _awake(rate_per_s, sleep_s))


def asleep(rate_per_s: float, sleep_s: float, start_s: float) -> float:
    """Return the share of the time in which nothing runs: a mean gap of each cycle.

    Source: as :func:`cold_share`.
    """
    if rate_per_s <= 0.0:
        return 1.0
    return 1.0 / (rate_per_s * start_s + _awake(rate_per_s, sleep_s))


def _awake(rate_per_s: float, sleep_s: float) -> float:
    return exp(min(MOST_EXPONENT, rate_per_s * sleep_s))


def share_of_week(load: Load, sleep_s: float, start_s: float, pool: WarmPool | None) -> float:
    """Return the share of a week's requests that meet a start.

    Stretch by stretch of the profile, long against ``sleep_s``; where one begins with the service
    asleep more often than it is in it, so many first requests wait too. In the window of a warm
    pool none does.
    """
    stretches = list(_stretches(load, pool))
    total = sum(lasts_s * rate for lasts_s, rate, _ in stretches)
    if total <= 0.0:
        return 0.0
    waiting = 0.0
    before = _resting(stretches[-1], sleep_s, start_s)
    for stretch in stretches:
        lasts_s, rate, warm = stretch
        here = _resting(stretch, sleep_s, start_s)
        if not warm and rate > 0.0:
            waiting += lasts_s * rate * cold_share(rate, sleep_s, start_s)
            waiting += max(0.0, before - here) * (1.0 + rate * start_s)
        before = here
    return min(1.0, waiting / total)


def _resting(stretch: tuple[float, float, bool], sleep_s: float, start_s: float) -> float:
    """Return the share of a stretch in which nothing runs."""
    _, rate, warm = stretch
    return 0.0 if warm else asleep(rate, sleep_s, start_s)


def _stretches(load: Load, pool: WarmPool | None) -> Iterator[tuple[float, float, bool]]:
    """Yield (seconds, requests a second, whether replicas are kept warm) of a week."""
    rate = load.rate_per_s.value
    window = pool.window if pool is not None else None
    always = pool is not None and window is None
    if load.profile is not None:
        each_min = to_unit(load.profile.each_s, "min")
        for place, factor in enumerate(load.profile.factors):
            warm = always or (window is not None and window.covers(int(place * each_min)))
            yield load.profile.each_s, rate * factor, warm
    elif window is None:
        yield WEEK_S, rate, always
    else:
        yield WEEK_S * window.share, rate, True
        yield WEEK_S * (1.0 - window.share), rate, False


def kept_warm(case: Case) -> tuple[float, ...]:
    """Return the share of each stretch of a cycle in which a warm pool keeps replicas ready."""
    pool = case.scaling.warm_pool if case.scaling else None
    count = len(case.stretches)
    if pool is None or not _kept(case.scaling):
        return (0.0,) * count
    window = pool.window
    if window is None:
        return (1.0,) * count
    if case.week is None:
        return (window.share,) * count
    found: list[float] = []
    at_min = 0.0
    for seconds, _ in case.stretches:
        lasts_min = to_unit(seconds, "min")
        found.append(window.minutes_between(at_min, at_min + lasts_min) / lasts_min)
        at_min += lasts_min
    return tuple(found)


# ---- whether a service may sleep -----------------------------------------------------------------


class Sleeper:
    """Decides whether a service sleeps, by the lines that limit cold starts."""

    def __init__(self, service: Service, found: Operation, demand: Demand) -> None:
        self.service = service
        self.found = found
        self.demand = demand
        self.lines = tuple(line for line in service.objectives if is_about_starts(line))

    def decided(self, start: Cold) -> Cold:
        """Return what :func:`awake` says with whether the service sleeps, and who meets a start."""
        scaling = self.service.scaling
        if scaling is None or not scaling.to_zero:
            return start
        pool, warm = scaling.warm_pool, _kept(scaling)
        sleep_s = scaling.sleep_s.value if scaling.sleep_s else SLEEP_S
        sleeping = replace(
            start, sleeps=True, sleep_s=sleep_s, warm=warm, window=pool.text if pool else ""
        )
        why = self._why_not(sleeping)
        if why:
            return replace(start, reason=why)
        share = self._share(sleeping, start.start_s)
        reason = (
            f"sleeps after {show(sleep_s, 'time')} without requests; {percent(share)} of them meet "
            f"a start of {show(start.start_s, 'time')}"
        )
        return replace(sleeping, share=share, holds_up_to_s=self._longest(sleeping), reason=reason)

    def margins(self, cold: Cold) -> tuple[Margin, ...]:
        """Return how far the lines about cold starts are from being missed."""
        return tuple(self._margin(line, cold) for line in self.lines)

    def _margin(self, line: Objective, cold: Cold) -> Margin:
        low, value, high = (
            self._predicted(line, cold, start_s)
            for start_s in (cold.low_s, cold.start_s, cold.high_s)
        )
        ratio = of_limit(value, line.limit.value)
        return Margin(objective=line, predicted=value, ratio=ratio, low=low, high=high)

    def _predicted(self, line: Objective, cold: Cold, start_s: float) -> float:
        """Return what a line comes to with starts so long; none are met where nobody sleeps."""
        if line.metric == SHARE:
            return self._share(cold, start_s) if cold.sleeps else 0.0
        warm_s = predicted_s(self.found, self.demand, line.metric, line.percentile)
        whole_s = inf if warm_s is None or not self.found.stable else warm_s
        return whole_s + (start_s if cold.sleeps else 0.0)

    def _share(self, cold: Cold, start_s: float) -> float:
        scaling = self.service.scaling
        pool = scaling.warm_pool if scaling and cold.warm else None
        return share_of_week(self.service.load, cold.sleep_s, start_s, pool)

    def _why_not(self, sleeping: Cold) -> str:
        """Return why the service must not sleep; nothing where it may."""
        platform = self.service.place.platform
        if platform is None or not platform.scale_to_zero:
            return "stays awake: nothing on its place would wake it up"
        if self.service.load.rate_per_s.value <= 0.0:
            return "stays awake: it is to carry as much as it can"
        for line in self.lines:
            worst = self._predicted(line, sleeping, sleeping.high_s)
            if line.hard and worst > line.limit.value:
                longest = show(sleeping.high_s, "time")
                return f"stays awake: a start may take {longest}, with which {_said(line, worst)}"
        return ""

    def _longest(self, sleeping: Cold) -> float | None:
        """Return the longest start with which the service may sleep; None for any."""

        def may(start_s: float) -> bool:
            return all(
                self._predicted(line, sleeping, start_s) <= line.limit.value
                for line in self.lines
                if line.hard
            )

        return None if may(WEEK_S) else _edge(may, sleeping.high_s, WEEK_S)


def _edge(may: Callable[[float], bool], low_s: float, high_s: float) -> float:
    """Return where ``may`` falls from true to false, by bisection."""
    while high_s - low_s > WIDTH * high_s:
        middle_s = (low_s + high_s) / 2.0
        if may(middle_s):
            low_s = middle_s
        else:
            high_s = middle_s
    return low_s


def _said(line: Objective, worst: float) -> str:
    """Return how a line would be missed."""
    if line.metric == SHARE:
        return f"{percent(worst)} of the requests meet one, of {line.limit.text}"
    return f"{line.metric} comes to {show(worst, 'time')}, of {line.limit.text}"
