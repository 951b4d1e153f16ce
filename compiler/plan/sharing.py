"""Services that share a place: what each may use of it.

Each service needs some least number of replicas of one of its layouts to hold: at the most
favourable values of its unknowns, at the planned ones, at the least favourable ones. Hardware is
dealt out by these needs, in this order:

1. what every service needs at the most favourable values, or none can have the place;
2. what each needs at the planned values: all of them, or one after the other as the file has them;
3. what each needs at the least favourable values, in the same way.

What is left is for wishes, first come first served, and each takes only what its own plan wants:
the least hardware that reaches all that more would reach. Whatever is dealt out fits onto the
nodes: :mod:`packing` counts, and the topology places by the same count.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple

from inferc.compiler.model import Place
from inferc.compiler.perf import Configuration
from inferc.compiler.plan.packing import Layout, Node, Room, Wanted, fits, node_of
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import Candidate, Load, Search, load_of
from inferc.compiler.plan.space import Shape
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Problem

EASY, PLANNED, HARD = 0, 1, 2
"""At which values of its unknowns a service holds."""

LOOKED_AT = 2_000
"""Combinations of layouts that are looked at where the smallest ones do not go together."""


class Need(NamedTuple):
    """The fewest replicas of a layout with which a service holds."""

    accelerators: int
    layout: Layout
    replicas: int


class Tenant:
    """One of the services of a place, alone with its needs."""

    def __init__(self, problem: Problem, search: Search | None = None) -> None:
        self.problem = problem
        self.search = search or search_for(problem.case)
        self._needs: dict[int, tuple[Need, ...]] = {}

    def load(self, level: int) -> Load:
        """Return the load at the most favourable, planned or least favourable values."""
        problem = self.problem
        cases = (problem.easiest, lambda: problem.case, problem.hardest)
        return load_of(cases[level]())

    def needs(self, level: int) -> tuple[Need, ...]:
        """Return what the service holds with, by layout, the fewest accelerators first.

        Empty where it does not even hold with the whole place.
        """
        known = self._needs.get(level)
        if known is None:
            known = self._needs[level] = tuple(sorted(self._least(self.load(level))))
        return known

    def _least(self, load: Load) -> Iterator[Need]:
        best: dict[Layout, int] = {}
        for shape in self.search.shapes:
            if shape.prefill is not None:
                continue  # replicas for prompts apart are planned where a service is alone
            layout = Layout(shape.tensor, shape.pipeline)
            replicas = self._fewest(shape, load, best.get(layout))
            if replicas is not None:
                best[layout] = replicas
        for layout, replicas in best.items():
            yield Need(replicas * layout.size, layout, replicas)

    def _fewest(self, shape: Shape, load: Load, known: int | None) -> int | None:
        """Return the fewest replicas that hold, or None if not fewer than are ``known`` to."""
        counts = self.search.replica_counts(shape)
        high = len(counts) if known is None else sum(1 for count in counts if count < known)
        if high == 0 or not self._holds(shape, counts[high - 1], load):
            return None
        low, high = 0, high - 1
        while low < high:
            middle = (low + high) // 2
            if self._holds(shape, counts[middle], load):
                high = middle
            else:
                low = middle + 1
        return counts[high]

    def _holds(self, shape: Shape, replicas: int, load: Load) -> bool:
        search = self.search
        return any(
            search.holds_with(shape, budget_tok, replicas, load)
            for budget_tok in search.budgets[id(shape)]
        )


class Shares:
    """What the services of a place have: dealt out once, then taken plan by plan."""

    def __init__(self, tenants: Sequence[Tenant], place: Place, nodes: int | None = None) -> None:
        self.tenants = tenants
        self.node = node_of(place)
        self.nodes = int(place.nodes.value) if nodes is None else nodes
        self.levels = [EASY] * len(tenants)
        self.least = self._chosen(self.levels)
        """What each needs at its most favourable values; None where that is too much together."""
        self._least_taken = _together(self.least or ())
        self.granted = list(self.least or ())
        """What each has for certain."""
        if self.least is not None:
            self._raise(PLANNED)
            self._raise(HARD)
        self._taken = _together(self.granted)

    def _raise(self, level: int) -> None:
        """Deal out what services need at ``level``: all that hold there, or one after the other."""
        able = [
            at
            for at, tenant in enumerate(self.tenants)
            if self.levels[at] == level - 1 and tenant.needs(level)
        ]
        if self._try(dict.fromkeys(able, level)):
            return
        for at in able:
            self._try({at: level})

    def _try(self, raised: dict[int, int]) -> bool:
        levels = [raised.get(at, level) for at, level in enumerate(self.levels)]
        found = self._chosen(levels)
        if found is None:
            return False
        self.levels, self.granted = levels, list(found)
        return True

    def _chosen(self, levels: Sequence[int]) -> tuple[Need, ...] | None:
        needs = [tenant.needs(level) for tenant, level in zip(self.tenants, levels, strict=True)]
        return chosen(needs, self.node, self.nodes)

    def judge(self, at: int) -> Judge:
        """Return the judge of a service: with what the others have, or with what they must have."""
        tenant = self.tenants[at]
        least = tenant.search.within(self._beside(at, self._least_taken, self.least))
        granted = tenant.search.within(self.left(at))
        return Judge(tenant.problem, {"easy": least, "planned": granted, "hard": granted})

    def left(self, at: int) -> Room:
        """Return what the others leave to a service, those that are planned and the others."""
        return self._beside(at, self._taken, self.granted)

    def _beside(self, at: int, taken: Wanted, needs: Sequence[Need] | None) -> Room:
        others = Counter(taken)
        if needs:
            others[needs[at].layout] -= needs[at].replicas
        return Room(self.nodes, others)

    def take(self, at: int, configuration: Configuration) -> None:
        """Keep what the plan of a service takes, in place of what it was granted."""
        need = self.granted[at]
        self._taken[need.layout] -= need.replicas
        layout = Layout(configuration.tensor_parallel, configuration.pipeline_parallel)
        self._taken[layout] += configuration.replicas
        self.granted[at] = Need(configuration.accelerators, layout, configuration.replicas)

    def outline(self) -> list[Candidate]:
        """Return what each service would choose in turn, and leave everything as it is."""
        trial = copy(self)
        trial.granted, trial._taken = list(self.granted), Counter(self._taken)
        found: list[Candidate] = []
        for at, tenant in enumerate(self.tenants):
            search = tenant.search.within(trial.left(at))
            found.append(search.candidates(tenant.load(PLANNED), tenant.load(HARD))[0])
            trial.take(at, found[-1].configuration)
        return found


def _together(needs: Sequence[Need]) -> Counter[Layout]:
    taken: Counter[Layout] = Counter()
    for need in needs:
        taken[need.layout] += need.replicas
    return taken


def chosen(needs: Sequence[tuple[Need, ...]], node: Node, nodes: int) -> tuple[Need, ...] | None:
    """Return one need of each service such that all fit onto the nodes, or None.

    The smallest of each first; where those leave gaps, others that take no more than there is, the
    services one after the other.
    """
    if not all(needs):
        return None
    smallest = tuple(options[0] for options in needs)
    room = nodes * node.accelerators
    if sum(need.accelerators for need in smallest) > room:
        return None
    if fits(node, nodes, _together(smallest)):
        return smallest
    return _Combinations(needs, node, nodes).search()


class _Combinations:
    """The search over layouts of services that do not go together in their smallest ones."""

    def __init__(self, needs: Sequence[tuple[Need, ...]], node: Node, nodes: int) -> None:
        self.needs = needs
        self.node = node
        self.nodes = nodes
        self.rest = [0]
        """The accelerators that the services from a position on need at least."""
        for options in reversed(needs):
            self.rest.append(self.rest[-1] + options[0].accelerators)
        self.rest.reverse()

    def search(self) -> tuple[Need, ...] | None:
        """Return the first combination that fits, in the order of the services."""
        trail = [iter(self.needs[0])]
        picked: list[Need] = []
        for _ in range(LOOKED_AT):
            need = next(trail[-1], None)
            if need is None:
                trail.pop()
                if not trail:
                    return None
                picked.pop()
                continue
            if not self._possible([*picked, need]):
                continue
            picked.append(need)
            if len(picked) == len(self.needs):
                return tuple(picked)
            trail.append(iter(self.needs[len(picked)]))
        return None

    def _possible(self, picked: list[Need]) -> bool:
        taken = sum(need.accelerators for need in picked)
        within = taken + self.rest[len(picked)] <= self.nodes * self.node.accelerators
        return within and fits(self.node, self.nodes, _together(picked))
