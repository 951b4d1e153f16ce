"""How much of a place a layout takes, and what that costs.

A place is either what there is (a number of nodes that the file fixes), of which a service pays for
the accelerators that it uses, or what may be had (``nodes in 1..12``), of which it pays for every
node that it takes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf

from inferc.compiler.model import Place
from inferc.compiler.plan.packing import Layout, fewest_nodes, fits, most_replicas, node_of


def is_chosen(place: Place) -> bool:
    """Return whether the planner chooses how many nodes there are."""
    return place.least_nodes is not None


def replicas_that_fit(place: Place, tensor: int, pipeline: int) -> int:
    """Return how many replicas the nodes of ``place`` have room for: see :mod:`packing`.

    On a managed platform none that is larger than an instance.
    """
    if place.platform is not None and tensor * pipeline > place.per_node:
        return 0
    return most_replicas(place, Layout(tensor, pipeline))


def nodes_for(place: Place, tensor: int, pipeline: int, replicas: int) -> int:
    """Return the fewest nodes that so many replicas fit on."""
    return fewest_nodes(place, Layout(tensor, pipeline), replicas)


def taken(place: Place, tensor: int, pipeline: int, replicas: int) -> int:
    """Return the accelerators that are paid for: those in use, or whole nodes where chosen."""
    if not is_chosen(place):
        return replicas * tensor * pipeline
    nodes = max(place.least_nodes or 0, nodes_for(place, tensor, pipeline, replicas))
    return nodes * place.per_node


def replicas_beside(place: Place, layout: Layout, beside: Mapping[Layout, int]) -> int:
    """Return how many replicas of a layout fit beside others that are there."""
    return most_replicas(place, layout, dict(beside))


def taken_together(
    place: Place, layout: Layout, replicas: int, beside: Mapping[Layout, int]
) -> int:
    """Return the accelerators that are paid for where replicas stand beside others."""
    wanted = dict(beside)
    wanted[layout] = wanted.get(layout, 0) + replicas
    used = sum(one.size * count for one, count in wanted.items())
    if not is_chosen(place):
        return used
    nodes = max(place.least_nodes or 0, -(-used // place.per_node))
    while not fits(node_of(place), nodes, wanted):
        nodes += 1
    return nodes * place.per_node


def with_nodes(place: Place, nodes: int) -> Place:
    """Return ``place`` with so many nodes, decided; there may be as many as it had to choose."""
    most = int(place.nodes.value) if is_chosen(place) else place.most_nodes
    return replace(resized(place, nodes), least_nodes=None, most_nodes=most)


def resized(place: Place, nodes: float) -> Place:
    """Return ``place`` with so many nodes, or with as many to choose from where they are chosen."""
    count = replace(place.nodes, value=float(nodes), low=float(nodes), high=float(nodes))
    return replace(place, nodes=replace(count, text=f"{nodes:.0f}"))


def cost(place: Place, accelerators: int, *, priced: bool) -> float:
    """Return what so many accelerators cost, in dollars a second.

    Endless where others are ``priced`` and this place is not, so that it is taken only where none
    of those holds; where none is, the number of accelerators.
    """
    if not priced:
        return float(accelerators)
    return inf if place.price_usd_per_s is None else accelerators * place.price_usd_per_s.value


def some_priced(places: Iterable[Place]) -> bool:
    """Return whether it is known of any of ``places`` what it costs."""
    return any(place.price_usd_per_s is not None for place in places)


def all_priced(places: Iterable[Place]) -> bool:
    """Return whether it is known of each of ``places`` what it costs."""
    return all(place.price_usd_per_s is not None for place in places)
