"""A queue that is not first come, first served: by priority, and fair between tenants."""

from collections import deque
from collections.abc import Iterator, Mapping
from operator import index
from types import MappingProxyType
from typing import SupportsIndex

from inferc.compiler.simulation.values import Request

ALIKE: Mapping[str, float] = MappingProxyType({})
"""Tenants that nothing is said of have weight 1."""


class FairQueue:
    """Higher priority first; among those alike, tenants by turns, in proportion to their weights.

    The tenant goes first that has been given the fewest tokens for its weight. A tenant that had
    nothing to ask for a while gets no credit for it.
    Source: Sheng et al., Fairness in serving large language models (OSDI 2024), the virtual token
    counter. Here the answer's tokens are counted when it begins, and not as they come.
    """

    __slots__ = ("_count", "_given", "_levels", "_weights")

    def __init__(self, weights: Mapping[str, float] = ALIKE) -> None:
        self._weights = weights
        self._levels: dict[int, dict[str, deque[Request]]] = {}
        self._given: dict[str, float] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    def __iter__(self) -> Iterator[Request]:
        """Yield them by priority and tenant."""
        for priority in sorted(self._levels, reverse=True):
            for tenant in sorted(self._levels[priority], key=self._turn):
                yield from self._levels[priority][tenant]

    def __getitem__(self, place: SupportsIndex, /) -> Request:
        """Return the one at a place in that order."""
        if index(place) == 0:
            return self._first()[0]
        return list(self)[place]

    def append(self, item: Request, /) -> None:
        """Let a request wait."""
        waiting = self._of(item)
        if not waiting:
            active = [self._given[tenant] for tenant in self._tenants() if tenant in self._given]
            floor = min(active, default=0.0)
            self._given[item.tenant] = max(self._given.get(item.tenant, 0.0), floor)
        waiting.append(item)
        self._count += 1

    def appendleft(self, item: Request, /) -> None:
        """Put a request back that was the first."""
        self._of(item).appendleft(item)
        self._given[item.tenant] = self._given.get(item.tenant, 0.0) - self._cost(item)
        self._count += 1

    def popleft(self) -> Request:
        """Take the first."""
        waiting = self._first()
        item = waiting.popleft()
        if not waiting:
            level = self._levels[item.priority]
            del level[item.tenant]
            if not level:
                del self._levels[item.priority]
        self._given[item.tenant] = self._given.get(item.tenant, 0.0) + self._cost(item)
        self._count -= 1
        return item

    def _of(self, item: Request) -> deque[Request]:
        return self._levels.setdefault(item.priority, {}).setdefault(item.tenant, deque())

    def _tenants(self) -> set[str]:
        return {tenant for level in self._levels.values() for tenant in level if level[tenant]}

    def _first(self) -> deque[Request]:
        level = self._levels[max(self._levels)]
        return level[min(level, key=self._turn)] if len(level) > 1 else next(iter(level.values()))

    def _turn(self, tenant: str) -> tuple[float, str]:
        return self._given.get(tenant, 0.0), tenant

    def _cost(self, item: Request) -> float:
        return (item.prompt_tok + item.output_tok) / self._weights.get(item.tenant, 1.0)
