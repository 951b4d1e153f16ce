"""Plans on standard output, refusals, and assumptions that the caller does not accept."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from inferc import api
from inferc.cli.arguments import UsageError
from inferc.cli.exit_codes import INFEASIBLE, OK
from inferc.cli.options import Overlay
from inferc.cli.terminal import complain, say, to_json, wants_color
from inferc.versions import FORMAT_VERSION

if TYPE_CHECKING:
    from inferc.compiler.plan import Plan

LEVELS = ("low", "medium")
"""Confidences that can be denied, the least first; ``high`` counts as given."""


def read_deny(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the confidences that ``--deny assumption:LEVEL`` forbids.

    Raises:
        UsageError: A text is not of that form.
    """
    denied: set[str] = set()
    for text in texts or ():
        what, _, level = text.partition(":")
        if what != "assumption" or level not in LEVELS:
            raise UsageError(f"{text!r} is neither assumption:low nor assumption:medium", "--deny")
        denied.update(LEVELS[: LEVELS.index(level) + 1])
    return tuple(level for level in LEVELS if level in denied)


def deny_reasons(plans: "Iterable[Plan]", levels: Sequence[str]) -> Iterator[str]:
    """Yield why the plans are not acceptable: each denied assumption that decides a verdict."""
    if not levels:
        return
    from inferc.compiler.wording.verdicts import decides, effect

    for plan in plans:
        planned = plan.planned
        for item in (item for service in planned for item in service.assumptions):
            confidence = item.unknown.confidence.value
            if confidence in levels and decides(item):
                yield (
                    f"denied: {plan.topology} rests on {item.unknown.path}, of {confidence} "
                    f"confidence ({item.unknown.origin.value}): {effect(item)}"
                )


def denied(plans: "Iterable[Plan]", levels: Sequence[str]) -> bool:
    """Print why the plans are not acceptable, and return whether there is a reason."""
    reasons = list(deny_reasons(plans, levels))
    for reason in reasons:
        complain(reason)
    return bool(reasons)


def not_locked(planned: api.Planned, file: str, overlay: Overlay, *, form: str, color: str) -> int:
    """Print what is not as the lock of ``file`` has it, and return the exit code: 0 for nothing.

    A plan that is a refusal, or none, is left to others.
    """
    if not planned.ok or planned.refused:
        return OK
    from inferc.cli.locks import end_unless_locked

    return end_unless_locked(planned, file, overlay, form=form, color=color)


def plans_as_text(planned: api.Planned, file: str, *, color: str, service: str = "") -> str:
    """Return the plans of a file for people, or what they say of one service."""
    from inferc.report.plan_text import render_plan

    painted = wants_color(color, sys.stdout)
    return "\n".join(
        render_plan(
            plan,
            design,
            file=file,
            color=painted,
            verifications=planned.verifications,
            service=service,
        )
        for plan, design in zip(planned.plans, planned.designs, strict=True)
    )


def plans_as_json(planned: api.Planned) -> str:
    """Return the plans of a file as one JSON object; a lone plan is that object itself."""
    from inferc.report.plan_json import to_data

    found = [to_data(plan, planned.verifications) for plan in planned.plans]
    if len(found) == 1:
        return to_json(found[0])
    return to_json({"format_version": FORMAT_VERSION, "topologies": found})


def refuse(planned: api.Planned, *, form: str) -> int:
    """Print the refusal as one JSON object, and below the violated bounds what it comes to."""
    from inferc.compiler.plan import change_text
    from inferc.compiler.wording.verdicts import headline
    from inferc.report.refusal import ERROR, to_data

    refused = planned.refused
    found = [to_data(plan) for plan in refused]
    several = {"error": ERROR, "format_version": FORMAT_VERSION, "topologies": found}
    say(to_json(found[0] if len(found) == 1 else several))
    for plan in refused if form == "human" else ():
        complain(f"{plan.topology}: {headline(plan)}")
        for refusal in plan.refusals:
            for change in refusal.nearest:
                complain(f"  nearest change: {change_text(change)}: {change.effect}")
    return INFEASIBLE
