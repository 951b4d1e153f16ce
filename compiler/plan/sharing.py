"""Services that share a place: what each may use of its accelerators.

A service needs some least number of accelerators; it may use what the others' least numbers leave.
That is exact for the verdict: all services hold together where the sum of their least numbers fits.
Layouts are powers of two in practice, and those pack into nodes without waste, largest first.
"""

from collections.abc import Mapping, Sequence

from inferc.compiler.plan.search import Load, Search, load_of
from inferc.compiler.plan.verdict import Judge
from inferc.compiler.problem import Case, Problem

CORNERS = ("easy", "planned", "hard")


def judges_of(problems: Sequence[Problem]) -> tuple[Judge, ...]:
    """Return the judge of every service, in order, each with the accelerators it may use."""
    return tuple(_judge(problem, problems) for problem in problems)


def _judge(problem: Problem, problems: Sequence[Problem]) -> Judge:
    others = [
        other
        for other in problems
        if other is not problem and other.case.place.path == problem.case.place.path
    ]
    if not others:
        search = Search(problem.case)
        return Judge(problem, dict.fromkeys(CORNERS, search))
    total = problem.case.place.accelerators
    searches: dict[str, Search] = {}
    for corner in CORNERS:
        left = total - sum(least_accelerators(other, corner) for other in others)
        searches[corner] = Search(problem.case, max(0, left))
    return Judge(problem, searches)


def corner_case(problem: Problem, corner: str) -> Case:
    """Return the case at a corner of the unknowns."""
    cases: Mapping[str, Case] = {
        "easy": problem.easiest(),
        "planned": problem.case,
        "hard": problem.hardest(),
    }
    return cases[corner]


def least_accelerators(problem: Problem, corner: str) -> int:
    """Return the fewest accelerators on which a service holds at a corner of its unknowns.

    Where none suffice, at the next easier corner; else none, since it will be refused.
    """
    whole = problem.case.place.accelerators
    at = CORNERS.index(corner)
    for name in reversed(CORNERS[: at + 1]):
        load = load_of(corner_case(problem, name))
        if _holds_on(problem.case, whole, load):
            return _fewest(problem.case, whole, load)
    return 0


def _fewest(case: Case, whole: int, load: Load) -> int:
    least, most = 0, whole
    while most - least > 1:
        middle = (least + most) // 2
        if _holds_on(case, middle, load):
            most = middle
        else:
            least = middle
    return most


def _holds_on(case: Case, accelerators: int, load: Load) -> bool:
    return Search(case, accelerators).holds(load)
