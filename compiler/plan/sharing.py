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


class Neighbours:
    """The services of a topology, and what is left for each on its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = problems
        self.used: dict[int, int] = {}
        """Accelerators that the plans made so far take, by position of the service."""
        self._least: dict[tuple[int, str], int] = {}

    def shares(self, at: int) -> bool:
        """Return whether another service runs on the same place."""
        return bool(self._others(at))

    def left(self, at: int, corner: str) -> int:
        """Return the accelerators that others leave at a corner of their unknowns.

        Those that are planned already keep what they took, the others what they need at least.
        """
        total = self.problems[at].case.place.accelerators
        taken = sum(
            max(self.used.get(other, 0), self._least_of(other, corner))
            for other in self._others(at)
        )
        return max(0, total - taken)

    def judge(self, at: int) -> Judge:
        """Return the judge of a service, before anything is planned."""
        problem = self.problems[at]
        if not self.shares(at):
            return Judge(problem, dict.fromkeys(CORNERS, Search(problem.case)))
        return Judge(
            problem, {corner: Search(problem.case, self.left(at, corner)) for corner in CORNERS}
        )

    def _least_of(self, other: int, corner: str) -> int:
        """Return what a service needs at least at a corner; every neighbour asks for it."""
        known = self._least.get((other, corner))
        if known is None:
            known = least_accelerators(self.problems[other], corner)
            self._least[other, corner] = known
        return known

    def _others(self, at: int) -> list[int]:
        path = self.problems[at].case.place.path
        return [
            other
            for other, problem in enumerate(self.problems)
            if other != at and problem.case.place.path == path
        ]


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
