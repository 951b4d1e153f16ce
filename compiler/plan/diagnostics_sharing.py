"""What planning has to say about services that share a place, and about pins against SLA lines."""

from collections.abc import Sequence

from inferc.compiler.plan.narrowing import written
from inferc.compiler.plan.places import FIELDS
from inferc.compiler.plan.pools import TooSmall
from inferc.compiler.plan.sharing import Need
from inferc.compiler.problem import Problem
from inferc.dsl.diagnostics import Diagnostic, Label

NAMED = 6
"""Services that are named one by one; of more, the largest."""


def pool_too_small(found: TooSmall) -> Diagnostic:
    """Return the error for services that could each have a place, but not together."""
    names = [problem.case.service for problem, _ in found.services]
    first = found.services[0][0].service
    others = [problem.service for problem, _ in found.services[1:]]
    return Diagnostic(
        code="INF520",
        slug="pool-too-small",
        message=f"{_listed(names)} cannot share `{found.place.path}`: there is room for each of "
        "them, and not for all",
        span=first.span,
        label="needs part of it",
        labels=tuple(Label(item.span, "so does this") for item in others[:NAMED]),
        notes=(*_needs(found), _total(found)),
        help=_help(found),
    )


def nothing_in_common(problems: Sequence[Problem]) -> Diagnostic:
    """Return the error for services of one place whose decisions leave no kind of node for all."""
    path = problems[0].case.place.path
    names = [problem.case.service for problem in problems]
    said = [
        (problem.case.service, item)
        for problem in problems
        for item in problem.case.decisions
        if item.field in FIELDS
    ]
    lines = (f"`{name}`: {written(item)}" for name, item in said)
    return Diagnostic(
        code="INF521",
        slug="pool-decisions-conflict",
        message=f"{_listed(names)} share `{path}`, and no machines, market and number of nodes are "
        "left that all of them allow",
        span=said[0][1].span if said else problems[0].service.span,
        label="decided here",
        labels=tuple(Label(item.span, "and here") for _, item in said[1:NAMED]),
        notes=tuple(dict.fromkeys(lines)),
        help=f"decide the same for all services of `{path}`, or give them places of their own",
    )


def no_kind_for_all(problems: Sequence[Problem], unserved: Sequence[Problem]) -> Diagnostic:
    """Return the error for services that have no kind of node in common on which each holds."""
    path = problems[0].case.place.path
    names = [problem.case.service for problem in problems]
    without = ", ".join(f"`{problem.case.service}`" for problem in unserved[:NAMED])
    first = unserved[0].service
    return Diagnostic(
        code="INF524",
        slug="no-machine-for-all",
        message=f"{_listed(names)} share `{path}`, and of the machines that all of them allow no "
        "kind does for all",
        span=first.span,
        label="needs others, or more",
        notes=(
            "the nodes of a pool are of one kind, and each service has one that would do for it",
            f"on the kind that does for most, these do not hold: {without}",
        ),
        help=f"give `{first.name}` a pool of its own, or allow other machines, or more of them",
    )


def not_shared(problem: Problem) -> Diagnostic:
    """Return the error for a service that only holds with replicas for prompts apart."""
    service = problem.service
    return Diagnostic(
        code="INF523",
        slug="disaggregated-on-shared-pool",
        message=f"`{service.name}` holds only where prompts have replicas of their own, and shares "
        f"`{problem.case.place.path}` with others",
        span=service.span,
        label="is planned for a place of its own",
        help=f"give `{service.name}` a pool of its own, or allow `serving = aggregated`",
    )


def _listed(names: Sequence[str]) -> str:
    shown = [f"`{name}`" for name in names[:NAMED]]
    if len(names) > NAMED:
        shown.append(f"{len(names) - NAMED} others")
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _needs(found: TooSmall) -> tuple[str, ...]:
    ordered = sorted(found.services, key=lambda item: -item[1].accelerators)
    lines = [f"`{problem.case.service}` needs {_need(need)}" for problem, need in ordered[:NAMED]]
    if len(ordered) > NAMED:
        rest = sum(need.accelerators for _, need in ordered[NAMED:])
        lines.append(f"{len(ordered) - NAMED} others need {rest}")
    return tuple(lines)


def _need(need: Need) -> str:
    shape = f"tensor_parallel {need.layout.tensor}, pipeline_parallel {need.layout.pipeline}"
    replicas = "1 replica" if need.replicas == 1 else f"{need.replicas} replicas"
    return f"at least {need.accelerators}: {replicas} with {shape}"


def _total(found: TooSmall) -> str:
    place = found.place
    text = (
        f"together {found.accelerators} of the {place.accelerators} accelerators of "
        f"`{place.path}`, with every unknown at its most favourable value"
    )
    if found.accelerators > place.accelerators:
        return text
    return (
        f"{text}; they leave gaps on its nodes of {place.per_node}, in link domains of "
        f"{place.accelerator.link_domain}"
    )


def _help(found: TooSmall) -> str:
    ways = [
        f"change {item.field} of `{found.place.path}` from {item.current} to {item.proposed}, "
        "where all hold at the planned values"
        for item in found.changes
    ]
    if found.without:
        ways.append(f"give `{found.without}` a place of its own: the others have room then")
    if not ways:
        ways.append("give each of them a place of its own, or lower their rates")
    return "; or ".join(ways)
