"""From serving problems to the plan of a topology."""

from dataclasses import dataclass

from inferc.compiler.plan import diagnostics as report
from inferc.compiler.plan.bounds import violated
from inferc.compiler.plan.conflicts import conflict_of, has_configuration, why_empty
from inferc.compiler.plan.decisions import Bound, Plan, Refusal, ServicePlan, Verdict
from inferc.compiler.plan.engines import faulty_coefficients
from inferc.compiler.plan.objectives import margins_of, understood
from inferc.compiler.plan.relax import nearest
from inferc.compiler.plan.saturation import saturated
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.service import plan_service
from inferc.compiler.plan.sharing import Neighbours
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Problem
from inferc.dsl.diagnostics import Diagnostic, has_errors

WORST_FIRST = (Verdict.INFEASIBLE, Verdict.CONDITIONAL, Verdict.FEASIBLE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan, and what there is to say about it; no plan where the file must change first."""

    plan: Plan | None
    diagnostics: tuple[Diagnostic, ...]


def build(topology_name: str, problems: tuple[Problem, ...]) -> Outcome:
    """Return the plan of a topology from the problems of its services.

    Bounds first, then the search. A refused service is in ``plan.refusals`` and its reasons among
    the diagnostics; a plan that has one is infeasible.
    """
    found = [item for problem in problems for item in _unusable(problem)]
    if has_errors(found):
        return Outcome(None, tuple(found))
    problems = tuple(saturated(problem) for problem in problems)
    neighbours = Neighbours(problems)
    judges = [neighbours.judge(at) for at in range(len(problems))]
    services: list[ServicePlan] = []
    refusals: list[Refusal] = []
    for at, judge in enumerate(judges):
        bounds = violated(judge.problem)
        conflict = None if bounds else conflict_of(judge.problem.case)
        if conflict is not None:
            found.append(conflict)
            continue
        verdict = Verdict.INFEASIBLE if bounds else judge.verdict()
        if verdict is Verdict.INFEASIBLE:
            refusal = _refusal(judge, bounds)
            refusals.append(refusal)
            found.extend(_refused(judge, refusal))
            continue
        plan = plan_service(judge, _search(neighbours, at, judge, verdict), verdict)
        neighbours.used[at] = plan.configuration.accelerators
        services.append(plan)
    if len(services) + len(refusals) < len(problems):
        return Outcome(None, tuple(found))
    return Outcome(_plan(topology_name, services, refusals), tuple(found))


def _search(neighbours: Neighbours, at: int, judge: Judge, verdict: Verdict) -> Search:
    """Return the search that chooses the plan: on a shared place, of what is left by then.

    What others need at the easiest corner leaves enough, or the service would have been refused;
    what they need at harder ones is left to them where there is enough for that too.
    """
    if not neighbours.shares(at):
        return judge.planned
    corner = "hard" if verdict is Verdict.FEASIBLE else "planned"
    search = Search(judge.problem.case, neighbours.left(at, corner))
    if search.fits_somewhere():
        return search
    return Search(judge.problem.case, neighbours.left(at, "easy"))


def _plan(name: str, services: list[ServicePlan], refusals: list[Refusal]) -> Plan:
    verdicts = {item.verdict for item in services}
    if refusals:
        verdicts.add(Verdict.INFEASIBLE)
    verdict = next((item for item in WORST_FIRST if item in verdicts), Verdict.FEASIBLE)
    return Plan(topology=name, verdict=verdict, services=tuple(services), refusals=tuple(refusals))


def _refusal(judge: Judge, bounds: tuple[Bound, ...]) -> Refusal:
    """Return why a service is refused: its bounds, or the best that the model found."""
    problem = judge.problem
    place = problem.case.place
    reserved = place.accelerators - judge.planned.room(place)
    changes = nearest(problem.case, reserved)
    easiest = judge.load(judge.lows)
    candidates = [] if bounds else judge.easy.candidates(easiest, easiest)
    best = candidates[0] if candidates else None
    margins = margins_of(problem.case.objectives, best.found, easiest.demand) if best else ()
    return Refusal(
        service=problem.case.service,
        bounds=bounds,
        nearest=changes,
        best_effort=margins,
        configuration=best.configuration if best else None,
    )


def _refused(judge: Judge, refusal: Refusal) -> list[Diagnostic]:
    problem = judge.problem
    span = problem.service.span
    if refusal.bounds:
        return [report.bound_violated(bound, refusal, span) for bound in refusal.bounds]
    if not has_configuration(problem.case):
        return [report.no_layout(refusal, problem.case, why_empty(problem.case), span)]
    left = judge.easy.room(problem.case.place)
    return [report.no_plan_found(refusal, problem.case, left, span)]


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
    return [*lines, *engines]
