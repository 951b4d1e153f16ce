"""Which places the user's decisions leave, and what may be lost of one."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil, floor

from inferc.compiler.model import Decision, Place
from inferc.compiler.plan.hardware import resized
from inferc.compiler.plan.narrowing import allowed, at_any_load
from inferc.compiler.plan.packing import Layout, most_replicas
from inferc.compiler.problem import Case

FIELDS = ("on", "instance", "market", "nodes")
"""The decisions that say where a service runs."""

SPOT = "spot"
"""The market whose machines may be taken away at any moment."""

NODE, REPLICA = "node", "replica"
"""What may be lost."""


def places_of(case: Case) -> tuple[Place, ...]:
    """Return the places that the decisions leave, in the order of the file."""
    own = tuple(item for item in case.decisions if item.field in FIELDS)
    if not own:
        return case.choices_of_place
    return tuple(narrowed for place in case.choices_of_place for narrowed in _left(place, own))


def _left(place: Place, decisions: tuple[Decision, ...]) -> Iterator[Place]:
    """Yield ``place`` once for each run of numbers of nodes that is left of it."""
    values = (("on", place.path), ("instance", place.instance), ("market", place.market))
    if not all(allowed(decisions, field, value) for field, value in values):
        return
    most = int(place.nodes.value)
    if place.least_nodes is None:
        if allowed(decisions, "nodes", most):
            yield place
        return
    if not any(item.field == "nodes" for item in decisions):
        yield place
        return
    counts = (n for n in range(place.least_nodes, most + 1) if allowed(decisions, "nodes", n))
    for least, high in runs(counts):
        if high > 0:
            yield replace(resized(place, high), least_nodes=least)


def least_at_any_load(case: Case, place: Place) -> int:
    """Return the fewest nodes of a place where they are chosen that there are at any load.

    What the pool says, and bounds: a number that is pinned is that of the peak.
    """
    most = int(place.nodes.value)
    wholes = (
        item.least_nodes
        for item in case.choices_of_place
        if (item.path, item.instance, item.market) == (place.path, place.instance, place.market)
        and item.least_nodes is not None
        and item.least_nodes <= most <= item.nodes.value
    )
    least = next(wholes, place.least_nodes or 0)
    bounds = at_any_load(item for item in case.decisions if item.field == "nodes")
    lows = [least]
    for item in bounds:
        number = item.values[0]
        if isinstance(number, (int, float)) and (item.is_range or item.operator in {">", ">="}):
            lows.append(floor(number) + 1 if item.operator == ">" else ceil(number))
    return min(max(lows), most)


def runs(counts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of numbers without a gap; they come smallest first."""
    first = last = None
    for count in counts:
        if first is not None and last is not None and count == last + 1:
            last = count
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = count
    if first is not None and last is not None:
        yield first, last


# ---- what may be lost --------------------------------------------------------------------------


def survives(case_survives: str, place: Place) -> str:
    """Return what may be lost at the peak while the SLA holds: ``node``, ``replica`` or nothing.

    A machine on a spot market is taken away at any moment, and for as long as another takes to
    start the rest must do: so there it is always a node.
    """
    return NODE if place.market == SPOT else case_survives


def lost(place: Place, layout: Layout, replicas: int, what: str) -> int:
    """Return how many of ``replicas`` stop at once where one replica or one node is lost.

    Replicas are placed node by node, so the fullest node holds as many as fit on one. Of replicas
    larger than a node whose stages do not fill whole nodes, one node may hold stages of two.
    """
    if not what or not replicas:
        return 0
    if what == REPLICA:
        return 1
    if layout.size <= place.per_node:
        return min(replicas, max(1, most_replicas(place, layout, nodes=1)))
    stages = max(1, most_replicas(place, Layout(layout.tensor), nodes=1))
    return min(replicas, 1 if layout.pipeline % stages == 0 else 2)
