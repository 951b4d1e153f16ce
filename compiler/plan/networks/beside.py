"""Language models on places that networks share: what networks leave of them.

Networks are placed first, since a small model fits nearly everywhere. On several nodes they get
nodes of their own, because how GPUs are shared is set for a node as a whole; on a single one,
language models have the accelerators that are left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

from inferc.compiler.model import Place
from inferc.compiler.plan.decisions import ServicePlan
from inferc.compiler.plan.hardware import is_chosen, resized, with_nodes
from inferc.compiler.plan.networks.values import NetworkPlan
from inferc.compiler.problem import Problem

Taken = Mapping[str, tuple[Place, int]]
"""The places that networks take, by path, with how many whole accelerators."""


def beside(problems: Sequence[Problem], taken: Taken) -> tuple[Problem, ...]:
    """Return ``problems`` on what is left of their places.

    A pool that networks have taken has the kind of node and the market that they chose.
    """
    return tuple(_left(problem, taken) for problem in problems)


def _left(problem: Problem, taken: Taken) -> Problem:
    case = problem.case
    known = case.choices_of_place
    if not any(place.path in taken for place in known):
        return problem
    alike = [place for place in known if _alike(place, taken)]
    first, *others = (left_of(place, taken) for place in alike or known)
    places = (first, *others) if others else ()
    return replace(problem, case=replace(case, place=first, places=places))


def _alike(place: Place, taken: Taken) -> bool:
    chosen = taken.get(place.path)
    return chosen is None or (place.instance, place.market) == (
        chosen[0].instance,
        chosen[0].market,
    )


def left_of(place: Place, taken: Taken) -> Place:
    """Return what networks leave of ``place``."""
    used = taken[place.path][1] * place.slices if place.path in taken else 0
    if not used:
        return place
    if place.nodes.value == 1:
        return replace(place, per_node=max(0, place.per_node - used))
    left = max(0.0, place.nodes.value - ceil(used / place.per_node))
    least = None if place.least_nodes is None else min(place.least_nodes, int(left))
    return replace(resized(place, left), least_nodes=least)


def restored(plan: ServicePlan, problems: Sequence[Problem]) -> ServicePlan:
    """Return a plan on its place as the file has it, networks' accelerators included."""
    mine = next(item for item in problems if item.case.service == plan.service.name)
    chosen = plan.service.place
    for place in (mine.case.place, *mine.case.places):
        if (place.path, place.instance, place.market) == (
            chosen.path,
            chosen.instance,
            chosen.market,
        ):
            if place.least_nodes is not None:
                return plan  # of a place with as many nodes as are needed, which others add to
            whole = replace(chosen, per_node=place.per_node, nodes=place.nodes)
            return replace(plan, service=replace(plan.service, place=whole))
    return plan


def side_by_side(
    services: Sequence[ServicePlan], networks: Sequence[NetworkPlan]
) -> tuple[list[ServicePlan], tuple[NetworkPlan, ...]]:
    """Return plans on places with as many nodes as both take, where their number is chosen."""
    chosen = {
        plan.place.path: int(plan.place.nodes.value)
        for plan in networks
        for place in plan.service.places
        if place.path == plan.place.path and is_chosen(place)
    }
    of_models = {
        plan.service.place.path: int(plan.service.place.nodes.value)
        for plan in services
        if plan.service.place.path in chosen
    }

    def together(place: Place) -> Place:
        nodes = chosen.get(place.path, 0) + of_models.get(place.path, 0)
        return with_nodes(place, nodes) if place.path in of_models else place

    return (
        [replace(p, service=replace(p.service, place=together(p.service.place))) for p in services],
        tuple(
            replace(p, service=replace(p.service, place=together(p.service.place)))
            for p in networks
        ),
    )
