"""Which replica a request goes to."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.values import Request

Routing = Literal[
    "round_robin", "random", "least_outstanding", "power_of_two", "weighted", "prefix_aware"
]

IMBALANCE = 64
IMBALANCE_RATIO = 1.5
"""Outstanding requests by which, and times which, the busiest replica may exceed the idlest before
prefixes count no longer. Source: SGLang router, ``balance_abs_threshold`` and
``balance_rel_threshold``."""

MATCH = 0.3
"""Least share of a prompt that must be in a cache for it to decide. Source: SGLang router,
``cache_threshold``."""


class Target(Protocol):
    """What a router may know of a replica."""

    @property
    def outstanding(self) -> int:
        """Requests that were sent and are not complete."""
        ...

    @property
    def weight(self) -> float:
        """Its share of the traffic, relative to the others."""
        ...

    def cached_tok(self, request: Request, /) -> int:
        """Return how many leading tokens of a prompt its cache holds."""
        ...


Router = Callable[[Request, Sequence[Target]], int]
"""Chooses one of the replicas that take requests; there is at least one."""


def router(routing: Routing, seed: int = 0) -> Router:
    """Return a router that follows a policy."""
    match routing:
        case "round_robin":
            return _RoundRobin()
        case "random":
            return _Random(seed)
        case "least_outstanding":
            return _Least()
        case "power_of_two":
            return _PowerOfTwo(seed)
        case "weighted":
            return _Weighted()
        case "prefix_aware":
            return _PrefixAware()


class _RoundRobin:
    """One after the other."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, _: Request, targets: Sequence[Target]) -> int:
        chosen = self._next % len(targets)
        self._next = chosen + 1
        return chosen


class _Random:
    """Any of them."""

    def __init__(self, seed: int) -> None:
        self._chance = Chance(f"router {seed}")

    def __call__(self, _: Request, targets: Sequence[Target]) -> int:
        return int(self._chance.random() * len(targets))


class _PowerOfTwo:
    """Of two at random the one with fewer requests.

    Source: Mitzenmacher, The power of two choices in randomized load balancing (2001).
    """

    def __init__(self, seed: int) -> None:
        self._chance = Chance(f"router {seed}")

    def __call__(self, _: Request, targets: Sequence[Target]) -> int:
        count = len(targets)
        one = int(self._chance.random() * count)
        if count == 1:
            return one
        other = (one + 1 + int(self._chance.random() * (count - 1))) % count
        return one if targets[one].outstanding <= targets[other].outstanding else other


class _Weighted:
    """In proportion to the weights, evenly spread. Source: nginx, smooth weighted round robin."""

    def __init__(self) -> None:
        self._credit: dict[int, float] = {}

    def __call__(self, _: Request, targets: Sequence[Target]) -> int:
        credit = self._credit
        total = 0.0
        for place, target in enumerate(targets):
            credit[place] = credit.get(place, 0.0) + target.weight
            total += target.weight
        chosen = max(range(len(targets)), key=lambda place: (credit[place], -place))
        credit[chosen] -= total
        return chosen


class _Least:
    """The one with the fewest requests; of several they take turns."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = 0

    def __call__(self, _: Request, targets: Sequence[Target]) -> int:
        return self.idlest([target.outstanding for target in targets])

    def idlest(self, loads: list[int]) -> int:
        """Return the place of the smallest load, the next one in turn."""
        least = min(loads)
        places = [place for place, load in enumerate(loads) if load == least]
        self._turn += 1
        return places[self._turn % len(places)]


class _PrefixAware(_Least):
    """The one that holds most of the prompt, unless it has far more to do than others.

    Source: SGLang router, cache-aware load balancing.
    """

    __slots__ = ()

    def __call__(self, request: Request, targets: Sequence[Target]) -> int:
        loads = [target.outstanding for target in targets]
        least, most = min(loads), max(loads)
        if request.blocks and (most - least <= IMBALANCE or most <= IMBALANCE_RATIO * least):
            held = [target.cached_tok(request) for target in targets]
            longest = max(held)
            if longest >= MATCH * request.prompt_tok:
                best = [place for place, tokens in enumerate(held) if tokens == longest]
                return min(best, key=loads.__getitem__)
        return self.idlest(loads)
