"""From serving problems to the plan of a topology."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inferc.compiler.plan import diagnostics as report
from inferc.compiler.plan.alike import Likeness, key_of, likeness
from inferc.compiler.plan.answer import Plan
from inferc.compiler.plan.bounds import Refused, refused
from inferc.compiler.plan.conflicts import clash_of, conflict_of, why_empty
from inferc.compiler.plan.decisions import Change, Refusal, ServicePlan, Verdict
from inferc.compiler.plan.dimensions import allows_aggregated
from inferc.compiler.plan.engines import faulty_coefficients
from inferc.compiler.plan.money import TooDear, too_dear, without_price
from inferc.compiler.plan.objectives import margins_of, understood
from inferc.compiler.plan.places import SPOT
from inferc.compiler.plan.saturation import saturated
from inferc.compiler.plan.service import plan_service
from inferc.compiler.plan.sharing import EASY, Tenant
from inferc.compiler.plan.verdict import Judge, alone
from inferc.compiler.problem import Problem
from inferc.dsl.diagnostics import Diagnostic, has_errors

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan
    from inferc.compiler.plan.search import Candidate
    from inferc.compiler.problem.network_case import NetworkProblem

BUDGET = "INF411"
"""The bound that fails where only money lacks."""

WORST_FIRST = (Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan, and what there is to say about it; no plan where the file must change first."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one service: a plan, a refusal, or pins that contradict each other."""

    plan: ServicePlan | None = None
    refusal: Refusal | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


_Seen = dict[Hashable, list[tuple[Sequence[Problem], list[_Answer]]]]


def build(
    topology_name: str,
    problems: tuple[Problem, ...],
    networks: "tuple[NetworkProblem, ...]" = (),
) -> Outcome:
    """Return the plan of a topology from the problems of its services.

    Bounds first, then the search. A refused service is in ``plan.refusals`` and its reasons among
    the diagnostics; a plan that has one is infeasible. Places have nothing to do with each other,
    so the plan is made place by place, and what one needed is forgotten before the next. Networks
    are placed first: language models have what they leave.
    """
    if networks:
        return _with_networks(topology_name, problems, networks)
    found = [item for problem in problems for item in _unusable(problem)]
    found += [item for problem in problems for item in _doubts(problem)]
    if any(not allows_aggregated(problem.case.decisions) for problem in problems):
        from inferc.compiler.plan.diagnostics_serving import split_beside_others

        found += split_beside_others(problems)
    if has_errors(found):
        return Outcome(None, tuple(found))
    found += _spot_warnings(problems)
    if any(len(problem.case.choices_of_place) > 1 for problem in problems):
        from inferc.compiler.plan.pools import housed

        problems = housed(problems)
    answers: dict[int, _Answer] = {}
    seen: _Seen = {}
    for positions in _by_place(problems).values():
        together = [problems[at] for at in positions]
        answers.update(zip(positions, _known_or_new(together, seen), strict=True))
    ordered = [answers[at] for at in range(len(problems))]
    found += [item for answer in ordered for item in answer.diagnostics]
    services = [answer.plan for answer in ordered if answer.plan is not None]
    refusals = [answer.refusal for answer in ordered if answer.refusal is not None]
    if len(services) + len(refusals) < len(problems):
        return Outcome(None, tuple(found))
    return Outcome(_plan(topology_name, services, refusals), tuple(found))


def _with_networks(
    topology_name: str, problems: tuple[Problem, ...], networks: "tuple[NetworkProblem, ...]"
) -> Outcome:
    """Return the plan of a topology that has networks, too."""
    from inferc.compiler.plan.networks import build_networks
    from inferc.compiler.plan.networks.beside import beside, restored, side_by_side

    first = build_networks(networks)
    rest = build(topology_name, beside(problems, first.taken))
    found = (*first.diagnostics, *rest.diagnostics)
    if rest.plan is None or not first.complete:
        return Outcome(None, found)
    whole = [restored(item, problems) for item in rest.plan.services]
    services, plans = side_by_side(whole, first.plans)
    refusals = [*rest.plan.refusals, *first.refusals]
    plan = _plan(topology_name, services, refusals, plans)
    return Outcome(plan, found)


def _spot_warnings(problems: Sequence[Problem]) -> list[Diagnostic]:
    """Return what there is to say of services on machines that may be taken away."""
    places = [place for problem in problems for place in problem.case.choices_of_place]
    if all(place.market != SPOT for place in places):
        return []
    from inferc.compiler.plan.diagnostics_places import on_spot_only

    return [item for problem in problems if (item := on_spot_only(problem)) is not None]


def _by_place(problems: Sequence[Problem]) -> Mapping[str, list[int]]:
    """Return the positions of the services of each place."""
    places: dict[str, list[int]] = {}
    for at, problem in enumerate(problems):
        places.setdefault(problem.case.place.path, []).append(at)
    return places


def _known_or_new(problems: Sequence[Problem], seen: _Seen) -> list[_Answer]:
    """Return what comes of the services of one place: what came of others that are alike, or new.

    Only plans are taken over. What there is to say of a refusal is said of each by itself.
    """
    before = seen.setdefault(key_of(problems), [])
    for others, answers in before:
        like = likeness(others, problems)
        if like is not None:
            return [_retold(answer, like) for answer in answers]
    answers = _answers([saturated(problem) for problem in problems])
    if all(answer.plan is not None and not answer.diagnostics for answer in answers):
        before.append((problems, answers))
    return answers


def _retold(answer: _Answer, like: Likeness) -> _Answer:
    plan = answer.plan
    return _Answer(replace(like.told(plan), same_as=plan.service.name) if plan else None)


def _answers(problems: Sequence[Problem]) -> list[_Answer]:
    """Return what comes of the services of one place.

    What cannot be served even with the whole place takes nothing of it.
    """
    if len(problems) == 1:
        return [_alone(problems[0])]
    refusals = [_without_plan(alone(problem)) for problem in problems]
    able = [problem for problem, no in zip(problems, refusals, strict=True) if no is None]
    if len(able) > 1 and (apart := [item for item in able if not Tenant(item).needs(EASY)]):
        from inferc.compiler.plan.diagnostics_sharing import not_shared

        said = tuple(not_shared(problem) for problem in apart)
        return [_Answer(diagnostics=said), *(_Answer() for _ in problems[1:])]
    planned = iter([_alone(able[0])] if len(able) == 1 else _together(able))
    return [next(planned) if no is None else no for no in refusals]


def _alone(problem: Problem) -> _Answer:
    """Return what comes of a service that has its place to itself."""
    judge = alone(problem)
    refusal = _without_plan(judge)
    if refusal is not None:
        return refusal
    return _Answer(plan_service(judge, judge.planned, judge.verdict()))


def _together(problems: Sequence[Problem]) -> list[_Answer]:
    """Return the plans of services that share a place, or why they cannot."""
    if not problems:
        return []
    from inferc.compiler.plan.pools import common, settled, shared_out, too_small, without_kind

    if not common(problems):
        from inferc.compiler.plan.diagnostics_sharing import nothing_in_common

        return [
            _Answer(diagnostics=(nothing_in_common(problems),)),
            *(_Answer() for _ in problems[1:]),
        ]
    pool = settled(problems)
    shares = pool.shares
    if shares.least is None:
        from inferc.compiler.plan.diagnostics_sharing import no_kind_for_all, pool_too_small

        if unserved := without_kind(pool):
            said = (no_kind_for_all(problems, unserved),)
            refusals = [_Answer(refusal=_no_room(problem, ())) for problem in problems]
            return [replace(refusals[0], diagnostics=said), *refusals[1:]]
        why = too_small(pool)
        refusals = [_Answer(refusal=_no_room(problem, why.changes)) for problem in problems]
        return [replace(refusals[0], diagnostics=(pool_too_small(why),)), *refusals[1:]]
    plans: list[ServicePlan] = []
    for at, tenant in enumerate(shares.tenants):
        judge = shares.judge(at)
        plan = plan_service(judge, tenant.search.within(shares.left(at)), judge.verdict())
        shares.take(at, plan.configuration)
        plans.append(plan)
    if pool.chosen:
        from inferc.compiler.plan.pool_reasons import with_reasons

        plans = [with_reasons(pool, plan) for plan in shared_out(pool, plans)]
    return [_Answer(plan) for plan in plans]


def _without_plan(judge: Judge) -> _Answer | None:
    """Return why a service has no plan even with all of its place, or None where it has one."""
    why = refused(judge.problem)
    conflict = None if why.bounds else conflict_of(judge.problem.case, judge.easy)
    if conflict is not None:
        return _Answer(diagnostics=(conflict,))
    if not why.bounds and judge.easy.holds(judge.load(judge.lows)):
        return None
    affordable = all(bound.code == BUDGET for bound in why.bounds)
    dear = too_dear(judge.easy, judge.load(judge.lows)) if affordable else None
    refusal = _refusal(judge, why, dear)
    return _Answer(refusal=refusal, diagnostics=tuple(_refused(judge, refusal, dear)))


def _no_room(problem: Problem, changes: tuple[Change, ...]) -> Refusal:
    """Return the refusal of a service that others leave no room."""
    return Refusal(
        service=problem.case.service,
        bounds=(),
        nearest=changes,
        best_effort=(),
        configuration=None,
    )


def _plan(
    name: str,
    services: list[ServicePlan],
    refusals: list[Refusal],
    networks: "tuple[NetworkPlan, ...]" = (),
) -> Plan:
    verdicts = {item.verdict for item in services} | {item.verdict for item in networks}
    if refusals:
        verdicts.add(Verdict.INFEASIBLE)
    verdict = next((item for item in WORST_FIRST if item in verdicts), Verdict.FEASIBLE)
    return Plan(
        topology=name,
        verdict=verdict,
        services=tuple(services),
        networks=networks,
        refusals=tuple(refusals),
    )


def _refusal(judge: Judge, why: Refused, dear: TooDear | None) -> Refusal:
    """Return why a service is refused: its bounds, or the best that the model found.

    Where only money lacks, what the cheapest plan costs is the change to make.
    """
    problem = judge.problem
    easiest = judge.load(judge.lows)
    best: Candidate | None
    changes: tuple[Change, ...]
    if dear is not None:
        best, changes = dear.candidate, (dear.change,)
    else:
        changes = _changes(problem)
        candidates = [] if why.bounds else judge.easy.candidates(easiest, easiest)
        best = candidates[0] if candidates else None
    margins = margins_of(problem.case.objectives, best.found, easiest.demand) if best else ()
    return Refusal(
        service=problem.case.service,
        bounds=why.bounds,
        nearest=changes,
        best_effort=margins,
        configuration=best.configuration if best else None,
        elsewhere=why.elsewhere,
    )


def _changes(problem: Problem) -> tuple[Change, ...]:
    """Return the nearest changes; on a managed platform those that its limits allow."""
    if any(place.platform is not None for place in problem.case.choices_of_place):
        from inferc.compiler.plan.elsewhere import within_limits

        return within_limits(problem)
    from inferc.compiler.plan.nearest import nearest

    return nearest(problem.case)


def _refused(judge: Judge, refusal: Refusal, dear: TooDear | None) -> list[Diagnostic]:
    problem = judge.problem
    span = problem.service.span
    if refusal.bounds:
        return [report.bound_violated(bound, refusal, span) for bound in refusal.bounds]
    if not judge.easy.fits_somewhere():
        return [report.no_layout(refusal, problem.case, why_empty(problem.case), span)]
    if dear is not None:
        from inferc.compiler.plan.diagnostics_money import over_budget

        return [over_budget(dear.line, service=problem.case.service, dear=dear.dear)]
    clash = clash_of(problem)
    if clash is not None:
        from inferc.compiler.plan.diagnostics_conflicts import pins_against_sla

        return [pins_against_sla(clash, problem.case, refusal)]
    left = judge.easy.room(problem.case.place)
    return [report.no_plan_found(refusal, problem.case, left, problem.service)]


def _doubts(problem: Problem) -> list[Diagnostic]:
    """Return limits of managed platforms that fail by numbers that nobody looked up."""
    if all(place.platform is None for place in problem.case.choices_of_place):
        return []
    span = problem.service.span
    return [report.unverified_limit(bound, span) for bound in refused(problem).doubtful]


def _unusable(problem: Problem) -> list[Diagnostic]:
    """Return what of a problem the planner cannot act on."""
    lines = [
        report.objective_not_planned(line)
        for line in problem.case.objectives
        if not understood(line)
    ]
    engines = [
        report.wrong_coefficients(engine, faults, problem.service.span)
        for engine in problem.case.engines
        if (faults := faulty_coefficients(engine))
    ]
    return [*lines, *engines, *without_price(problem.case)]
