"""From the plan that looks best to the best that stands: closed form first, simulation second.

The search is exact in the closed form. What it chose is played at the peak; where a hard line is
missed there that the closed form says is kept, the search is repeated with that figure as much
longer as it was simulated, for every layout. So what is planned in the end stands, and is the best
of those that leave the room which the simulation asks for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from inferc.compiler.plan import Outcome, Plan, ServicePlan, Verdict
from inferc.compiler.problem import Problem
from inferc.compiler.trial.diagnostics import contradicted, not_found, passed_over
from inferc.compiler.trial.values import SceneKind
from inferc.compiler.trial.verification import Wanted, verify
from inferc.compiler.trial.verified import Judgement, Played, Rejected, Verification
from inferc.dsl.diagnostics import Diagnostic

MOST_TRIES = 8
"""Plans of a topology that are looked at. Each takes a peak of every service that changed."""

WHERE = {
    SceneKind.STATED: "in the traffic as stated",
    SceneKind.PEAK: "at the peak",
    SceneKind.TRACE: "in the trace",
    SceneKind.LOST: "during the loss that the plan is to survive",
    SceneKind.SCALE_UP: "at the beginning of a spike",
}


Planner: TypeAlias = Callable[[tuple[Problem, ...]], Outcome]
"""Plans a topology anew: with its networks and within its budgets, as the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The first plan of a topology, and what it takes to make another one."""

    first: Plan
    problems: tuple[Problem, ...]
    planner: Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The plan that stands best, with what was found of it."""

    plan: Plan
    verifications: tuple[Verification, ...]
    diagnostics: tuple[Diagnostic, ...]


def stand_all(
    contests: Sequence[Contest],
    wanted: Wanted,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[Walked, ...]:
    """Return what :func:`stand` does for each topology; a refusal is returned as it is."""
    found: list[Walked] = []
    for at, contest in enumerate(contests):
        if contest.first.verdict is Verdict.INFEASIBLE:
            found.append(Walked(plan=contest.first, verifications=(), diagnostics=()))
            continue

        def share(done: float, at: int = at) -> None:
            progress((at + done) / len(contests))

        found.append(stand(contest, wanted, share))
    return tuple(found)


def stand(
    contest: Contest,
    wanted: Wanted | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> Walked:
    """Return the plan of a topology after the walk, each of its services verified.

    Where every other plan misses the SLA in the closed form, the first one is kept.
    """
    wanted, first = wanted or Wanted(), contest.first
    plan, rejected = _walk(contest, wanted)
    found: list[Diagnostic] = []
    verifications: list[Verification] = []
    for at, service in enumerate(plan.services):

        def share(done: float, at: int = at) -> None:
            progress((at + done) / len(plan.services))

        verified = verify(service, wanted, share, topology=plan.topology)
        name = service.service.name
        verified = replace(verified, rejected=tuple(rejected.get(name, ())))
        verifications.append(verified)
        replicas = service.configuration.replicas
        if plan is first and verified.rejected:
            found.append(not_found(service=name, rejected=verified.rejected))
        elif plan is not first:
            found += [
                passed_over(service=name, rejected=item, replicas=replicas)
                for item in verified.rejected
            ]
        found += [
            contradicted(service=name, tested=tested, judgement=item, where=_where(tested))
            for tested, item in verified.contradictions
        ]
    return Walked(plan=plan, verifications=tuple(verifications), diagnostics=tuple(found))


def _where(tested: Played) -> str:
    return WHERE[tested.scene.kind]


def _walk(contest: Contest, wanted: Wanted) -> tuple[Plan, dict[str, list[Rejected]]]:
    """Return the first plan that stands the peak, and what was passed over for it."""
    rejected: dict[str, list[Rejected]] = {}
    stood: set[object] = set()
    first, problems = contest.first, contest.problems
    plan = first
    for _ in range(MOST_TRIES):
        failed = _failed(plan, wanted, stood)
        if not failed:
            return plan, rejected
        for service, judgement in failed:
            rejected.setdefault(service.service.name, []).append(
                Rejected(configuration=service.configuration, judgement=judgement)
            )
        problems = tuple(_corrected(problem, failed) for problem in problems)
        after = contest.planner(problems).plan
        if after is None or _worse(after, first):
            break
        plan = after
    return first, rejected


def _failed(plan: Plan, wanted: Wanted, stood: set[object]) -> list[tuple[ServicePlan, Judgement]]:
    """Return the services that do not stand the peak, each with the line that it misses."""
    failed: list[tuple[ServicePlan, Judgement]] = []
    for service in plan.services:
        key = (service.service.name, service.service.place.path, service.configuration)
        if key in stood:
            continue
        peak = SceneKind.PEAK if service.service.load.peak.value > 1.0 else SceneKind.STATED
        only = replace(wanted, only=(peak,), recording=None)
        missed = [item for _, item in verify(service, only).contradictions]
        if missed:
            failed.append((service, max(missed, key=lambda item: item.ratio)))
        else:
            stood.add(key)
    return failed


def _corrected(problem: Problem, failed: Sequence[tuple[ServicePlan, Judgement]]) -> Problem:
    """Return a problem in which the lines that failed are held to what was simulated.

    What failed is then not chosen again: its figure, as corrected, is the one that was simulated.
    """
    case = problem.case
    for service, item in failed:
        if service.service.name != case.service or not item.predicted:
            continue
        key = (item.objective.metric, item.objective.percentile)
        known = dict(case.corrections)
        known[key] = max(known.get(key, 1.0), item.line.figure.value / item.predicted)
        case = replace(case, corrections=tuple(known.items()))
    return replace(problem, case=case)


def _worse(after: Plan, first: Plan) -> bool:
    """Return whether a plan misses a hard line in the closed form that the first one keeps."""
    if after.verdict is Verdict.INFEASIBLE or len(after.services) != len(first.services):
        return True
    return any(
        item.objective.hard and item.ratio > 1.0 >= before.ratio
        for service, other in zip(after.services, first.services, strict=True)
        for item, before in zip(service.margins, other.margins, strict=True)
    )
