"""From the problems of networks to their plans."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

from inferc.compiler.model import Place
from inferc.compiler.plan.corners import Corners
from inferc.compiler.plan.decisions import Bound, Margin, Refusal, Verdict
from inferc.compiler.plan.hardware import is_chosen, with_nodes
from inferc.compiler.plan.networks import diagnostics as report
from inferc.compiler.plan.networks.bounds import violated
from inferc.compiler.plan.networks.fleet import CORNERS, Fleet, by_place, corner_case, place_key
from inferc.compiler.plan.networks.packing import accelerators_for
from inferc.compiler.plan.networks.relax import nearest
from inferc.compiler.plan.networks.search import Candidate, NetworkSearch, lines_of
from inferc.compiler.plan.networks.service import margins, plan_network
from inferc.compiler.plan.networks.values import NetworkPlan
from inferc.compiler.problem.network_case import NetworkProblem
from inferc.compiler.provenance import Origin
from inferc.dsl.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOutcome:
    """The plans of the networks of a topology, and what there is to say about them."""

    plans: tuple[NetworkPlan, ...]
    refusals: tuple[Refusal, ...]
    diagnostics: tuple[Diagnostic, ...]
    taken: Mapping[str, tuple[Place, int]]
    """The places that they take, by path, with how many whole accelerators."""
    complete: bool
    """Whether each has a plan or a refusal: else the file must change first."""


def build_networks(problems: tuple[NetworkProblem, ...]) -> NetworkOutcome:
    """Return a plan or a refusal for each service of a network.

    What fails a bound takes nothing from others. The rest is planned in the order of the file, each
    beside what the ones before it took and the others need at least.
    """
    found: list[Diagnostic] = []
    refusals: list[Refusal] = []
    plans: list[NetworkPlan] = []
    fit: list[NetworkProblem] = []
    for problem in problems:
        bounds = violated(problem)
        if bounds:
            refusal = _refused(problem, bounds, None)
            refusals.append(refusal)
            span = problem.service.span
            found += [report.network_bound_violated(item, refusal, span) for item in bounds]
        elif not has_configuration(problem):
            mine = tuple(d for d in problem.case.decisions if d.origin is not Origin.CATALOG)
            found.append(report.no_way_left(problem.case, mine, problem.service.span))
        else:
            fit.append(problem)
    fleet = Fleet(fit)
    for at, problem in enumerate(fit):
        corners = corners_of(fleet, at)
        verdict = corners.verdict()
        if verdict is Verdict.INFEASIBLE:
            refusal = _refused(problem, (), fleet.searches[at])
            refusals.append(refusal)
            names = tuple(fit[other].case.service for other in fleet.neighbours(at))
            found.append(
                report.no_plan_for_network(refusal, problem.case, names, problem.service.span)
            )
            continue
        candidates = _that_fit(fleet, at, verdict)
        best = candidates[0]
        fleet.used[at] = (best.server.portion, best.replicas)
        plans.append(plan_network(problem, fleet.searches[at], corners, candidates, verdict))
    return NetworkOutcome(
        plans=tuple(housed(fleet, plans)),
        refusals=tuple(refusals),
        diagnostics=tuple(found),
        taken=fleet.taken(),
        complete=len(plans) + len(refusals) == len(problems),
    )


def housed(fleet: Fleet, plans: Sequence[NetworkPlan]) -> Iterator[NetworkPlan]:
    """Yield the plans with as many nodes as all networks of a place take, where that is chosen.

    Whole nodes are paid for: each service has its part of them by the accelerators that it uses.
    """
    chosen = {
        place_key(place): paid_nodes(place, accelerators_for(place, wanted))
        for place, wanted in by_place(tuple(fleet.used.values()))
        if is_chosen(place)
    }
    used: dict[tuple[str, str, str], float] = {}
    for plan in plans:
        key = place_key(plan.place)
        used[key] = used.get(key, 0.0) + plan.accelerators
    for plan in plans:
        key = place_key(plan.place)
        if key not in chosen:
            yield plan
            continue
        place = with_nodes(plan.place, chosen[key])
        price = place.price_usd_per_s
        paid = place.accelerators * plan.accelerators / used[key]
        yield replace(
            plan,
            service=replace(plan.service, place=place),
            price_usd_per_s=None if price is None else price.value * paid,
        )


def paid_nodes(place: Place, accelerators: int) -> int:
    """Return the nodes that so many accelerators take, the fewest that may be had at least."""
    return max(place.least_nodes or 0, ceil(accelerators / place.per_node))


def corners_of(fleet: Fleet, at: int) -> Corners:
    """Return what says which values of a service's unknowns hold, beside its neighbours."""
    problem = fleet.problems[at]
    return Corners(
        problem.unknowns,
        {corner: partial(_holds, fleet, at, corner) for corner in CORNERS},
    )


def _holds(fleet: Fleet, at: int, corner: str, values: Mapping[str, float]) -> bool:
    return fleet.holds(at, values, corner)


def has_configuration(problem: NetworkProblem) -> bool:
    """Return whether there is any way to serve, whatever its latency."""
    search = NetworkSearch(problem.case)
    return any(
        search.counts(server.portion) and search.limits(server)
        for server in search.servers(problem.easiest())
    )


def _that_fit(fleet: Fleet, at: int, verdict: Verdict) -> list[Candidate]:
    """Return the candidates, those first that have room beside the neighbours.

    A plan that holds everywhere leaves them what they need at their hardest, any other what they
    need as planned, or else at their easiest.
    """
    problem, search = fleet.problems[at], fleet.searches[at]
    candidates = search.candidates(problem.case, problem.hardest())
    corners = ("hard", "planned", "easy") if verdict is Verdict.FEASIBLE else ("planned", "easy")
    for corner in corners:
        room = [
            item
            for item in candidates
            if item.holds and fleet.room(at, (item.server.portion, item.replicas), corner)
        ]
        if room:
            return [*room, *(item for item in candidates if item not in room)]
    return candidates


def _refused(
    problem: NetworkProblem, bounds: tuple[Bound, ...], search: NetworkSearch | None
) -> Refusal:
    """Return why a service is refused: its bounds, or how near the best way comes."""
    best: tuple[Margin, ...] = ()
    if search is not None:
        easiest = corner_case(problem, "easy")
        candidates = search.candidates(easiest, easiest)
        best = margins(easiest, candidates[0]) if candidates else ()
        best = tuple(item for item in best if item.objective in lines_of(easiest, hard=True))
    return Refusal(
        service=problem.case.service,
        bounds=bounds,
        nearest=nearest(problem.case),
        best_effort=best,
        configuration=None,
    )
