"""What helps against a limit of a managed platform: another platform, or a change it allows."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from inferc.compiler.model import Place
from inferc.compiler.model.platform import Platform
from inferc.compiler.plan.bounds import violated
from inferc.compiler.plan.decisions import Change
from inferc.compiler.plan.nearest import tried
from inferc.compiler.plan.relax import ALONE, Relax
from inferc.compiler.problem import Case, Problem

SHOWN = 3
"""So many platforms are listed, those of the same maker first."""


def within_limits(problem: Problem) -> tuple[Change, ...]:
    """Return the platforms that would take a refused service as it is, then other changes.

    The model knows no limits of platforms, so each change is held to the bounds again.
    """
    allowed = [
        item.change
        for item in tried(problem.case)
        if not violated(replace(problem, case=item.case))
    ]
    return (*islice(_platforms(problem), SHOWN), *allowed)


def _platforms(problem: Problem) -> Iterator[Change]:
    """Yield the other platforms on which a plan holds, with the same accelerators an instance."""
    from inferc.compiler.model.market import platforms

    place = problem.case.place
    if place.platform is None:
        return
    for other in sorted(platforms(), key=lambda item: (_far(item, place), item.id)):
        if other.id == place.platform.id or not _offers(other, place):
            continue
        moved = _on(problem.case, other)
        if not violated(replace(problem, case=moved)) and Relax(moved).holds(moved):
            yield Change(
                field="platform",
                current=place.platform.title,
                proposed=other.title,
                effect=ALONE,
            )


def _far(platform: Platform, place: Place) -> bool:
    """Return whether a platform is of another maker than that of ``place``."""
    own = place.platform.title.split()[:2] if place.platform else []
    return platform.title.split()[:2] != own


def _offers(platform: Platform, place: Place) -> bool:
    """Return whether a platform is known to have the accelerators: it lists them, or machines."""
    if platform.accelerators:
        return place.accelerator.id in platform.accelerators
    return bool(platform.cloud)


def _on(case: Case, platform: Platform) -> Case:
    """Return ``case`` on another platform."""
    own = case.place.path

    def moved(place: Place) -> Place:
        return replace(place, platform=platform) if place.path == own else place

    return replace(case, place=moved(case.place), places=tuple(map(moved, case.places)))
