"""Why a search space is empty: which fixed fields contradict each other or the hardware."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from inferc.compiler.model import Decision, Objective, Place
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.plan import diagnostics as report
from inferc.compiler.plan.objectives import hard
from inferc.compiler.plan.places import FIELDS as PLACE_FIELDS
from inferc.compiler.plan.priced_search import search_for
from inferc.compiler.plan.search import Candidate, Load, Search, load_of
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case, Problem
from inferc.compiler.provenance import Origin
from inferc.compiler.units import show
from inferc.dsl.diagnostics import Diagnostic

T = TypeVar("T")

Constraint = Decision | Objective

MOST_SHOWN = 6
"""Choices of a place that are named where none of them is left."""

MODEL_FIELDS = frozenset({"precision"})
"""Fields that say what is served; the others say how, and are pins."""


def conflict_of(case: Case, search: Search | None = None) -> Diagnostic | None:
    """Return the error for pins that leave no configuration, or None where none is to blame."""
    if (search or search_for(case)).fits_somewhere() or not has_layout(case):
        return None
    found = smallest_conflict(case)
    offered = tuple(_offered(case, found))
    sizes = () if all(item.field in PLACE_FIELDS for item in found) else (why_empty(case),)
    why = "; ".join((*offered, *_room_for_replicas(case, found), *sizes))
    return report.pins_conflict(case, found, why)


def _offered(case: Case, found: Sequence[Decision]) -> Iterator[str]:
    """Yield what there is to choose from where the lines say where a service runs."""
    fields = tuple(dict.fromkeys(item.field for item in found if item.field in PLACE_FIELDS))
    if not fields:
        return
    places = case.choices_of_place
    known = tuple(dict.fromkeys(_choice(place, fields) for place in places))
    more = f" or {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else ""
    paths = " and ".join(f"`{path}`" for path in dict.fromkeys(place.path for place in places))
    choices = " or ".join(f"`{choice}`" for choice in known[:MOST_SHOWN])
    yield f"there is {choices}{more} on {paths}"


def _choice(place: Place, fields: Sequence[str]) -> str:
    """Return one choice of a place as lines of a file would say it."""
    most = int(place.nodes.value)
    nodes = f"= {most}" if place.least_nodes in {None, most} else f"in {place.least_nodes}..{most}"
    said = {
        "on": f"= {place.path}",
        "instance": f"= {place.instance.removeprefix('instance.') or 'none'}",
        "market": f"= {place.market or 'none'}",
        "nodes": nodes,
    }
    return ", ".join(f"{field} {said[field]}" for field in fields)


def _room_for_replicas(case: Case, found: Sequence[Decision]) -> Iterator[str]:
    """Yield how many replicas there is room for, and why more are asked for, if they are."""
    about = tuple(item for item in found if item.field == "replicas")
    if not about:
        return
    others = tuple(item for item in case.decisions if item.field != "replicas")
    search = search_for(replace(case, decisions=others))
    counts = (search.replica_counts(shape) for shape in search.bases)
    most = max((own[-1] for own in counts if own), default=0)
    yield from (item.because for item in about if item.because)
    fit = "1 replica fits" if most == 1 else f"{most} replicas fit"
    yield f"at most {fit} on `{case.place.path}`"


def has_layout(case: Case) -> bool:
    """Return whether the model, in a format it may have, can be laid out on the place at all."""
    kept = tuple(item for item in case.decisions if item.field in MODEL_FIELDS)
    return has_configuration(replace(case, decisions=kept))


def has_configuration(case: Case) -> bool:
    """Return whether the space of ``case`` has a configuration, whatever its latency."""
    return search_for(case).fits_somewhere()


def smallest_conflict(case: Case) -> tuple[Decision, ...]:
    """Return the fewest decisions that leave nothing to choose from, in the order of the file."""
    return smallest(case.decisions, lambda some: has_configuration(replace(case, decisions=some)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """The fewest pins and SLA lines that cannot hold together, each with what holds without it."""

    pins: tuple[Decision, ...]
    lines: tuple[Objective, ...]
    without: tuple[Candidate, ...]
    """The best configuration without each, the pins first."""
    best: Candidate
    """What comes nearest under all of them."""
    load: Load
    """At the most favourable values."""


def clash_of(problem: Problem) -> Clash | None:
    """Return which pins keep the SLA from holding, or None where none is to blame.

    At the most favourable value of every unknown. What is served, and what no line of the file
    says, stays as it is.
    """
    case = problem.easiest()
    pins = tuple(item for item in case.decisions if is_pin(item))
    if not pins or not _holds(case, (*_kept(case), *hard(case.objectives))):
        return None
    sought: tuple[Constraint, ...] = (*pins, *hard(case.objectives))
    found = smallest(sought, lambda some: _holds(case, (*_kept(case), *some)))
    without = (_best(case, tuple(other for other in found if other is not one)) for one in found)
    return Clash(
        pins=tuple(item for item in found if isinstance(item, Decision)),
        lines=tuple(item for item in found if isinstance(item, Objective)),
        without=tuple(without),
        best=_best(case, found),
        load=load_of(case),
    )


def is_pin(item: Decision) -> bool:
    """Return whether a decision says how something is served, and stands in the user's file."""
    return item.origin is not Origin.CATALOG and item.field not in MODEL_FIELDS


def _kept(case: Case) -> tuple[Decision, ...]:
    return tuple(item for item in case.decisions if not is_pin(item))


def _holds(case: Case, some: Sequence[Constraint]) -> bool:
    search = search_for(_under(case, some))
    return search.holds(load_of(case))


def _best(case: Case, some: Sequence[Constraint]) -> Candidate:
    """Return the best configuration under some of the constraints."""
    search, load = search_for(_under(case, (*_kept(case), *some))), load_of(case)
    return search.candidates(load, load)[0]


def _under(case: Case, some: Sequence[Constraint]) -> Case:
    decisions = tuple(item for item in some if isinstance(item, Decision))
    lines = tuple(item for item in some if isinstance(item, Objective))
    return replace(case, decisions=decisions, objectives=lines)


def smallest(sought: Sequence[T], possible: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Return the fewest of ``sought`` that are not possible together; all of them are not.

    Whatever is possible leaves something out of every conflict. So a conflict meets the rest of
    each largest possible choice that is known; the fewest that meet all of them are a conflict, or
    are possible, and grow into another such choice. Few are needed where conflicts are small.

    Source: Reiter, A theory of diagnosis from first principles (1987); Ignatiev, Previti, Liffiton,
    Marques-Silva, Smallest MUS extraction with minimal hitting set dualization (2015).
    Holds for: choices that stay possible when something is left out of them.
    """
    rests: list[frozenset[int]] = []
    while True:
        picked = _meeting(rests)
        if not possible(tuple(sought[at] for at in sorted(picked))):
            return tuple(sought[at] for at in sorted(picked))
        grown = set(picked)
        for at in range(len(sought)):
            if at not in grown and possible(tuple(sought[i] for i in sorted({*grown, at}))):
                grown.add(at)
        rests.append(frozenset(range(len(sought))) - grown)


def _meeting(rests: Sequence[frozenset[int]]) -> frozenset[int]:
    """Return the fewest numbers that are in each of ``rests``, the first ones of equally many."""
    every: frozenset[int] = frozenset()
    numbers = sorted(every.union(*rests))
    for count in range(len(numbers) + 1):
        for some in combinations(numbers, count):
            if all(not rest.isdisjoint(some) for rest in rests):
                return frozenset(some)
    return frozenset(numbers)


def why_empty(case: Case) -> str:
    """Return the sizes that decide whether a model can be laid out."""
    place = case.place
    formats = formats_of(case) or ("fp16",)
    widest = max(formats, key=lambda name: (BYTES_PER_PARAMETER[name], name))
    weights = weights_bytes(case.model, widest)
    memory = place.accelerator.memory_bytes.value
    return (
        f"{show(weights, 'bytes')} of weights in {widest}, {case.model.heads} attention heads, "
        f"{place.accelerators} accelerators of {show(memory, 'bytes')}, {place.per_node} in a node"
    )
