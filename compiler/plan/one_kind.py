"""What a search over two kinds of replicas needs of the one that has the layouts of each."""

from collections.abc import Sequence
from typing import Protocol

from inferc.compiler.model import Decision, Objective, Place
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.found import Operation
from inferc.compiler.plan.candidates import Candidate, Load
from inferc.compiler.plan.space import Shape


class OneKind(Protocol):
    """What the search over both kinds asks of the one that has the layouts of one kind."""

    decisions: tuple[Decision, ...]
    bases: tuple[Shape, ...]
    shapes: tuple[Shape, ...]
    made: dict[tuple[int, int, int, int], Shape]
    budgets: dict[int, tuple[int, ...]]
    soft: tuple[Objective, ...]
    goal: str

    def room(self, place: Place) -> int:
        """Return how many accelerators of a place may be used."""
        ...

    def replica_counts(self, shape: Shape) -> Sequence[int]:
        """Return the numbers of replicas that fit and are allowed."""
        ...

    def limits(self, shape: Shape, budget_tok: int) -> tuple[tuple[int, float], ...]:
        """Return the limits of sequences with the cache that each leaves."""
        ...

    def lost(self, shape: Shape, replicas: int) -> int:
        """Return how many replicas may be gone at the peak."""
        ...

    def price(self, shape: Shape, replicas: int) -> float:
        """Return what so many replicas cost."""
        ...

    def held_to(self, shape: Shape) -> tuple[Objective, ...]:
        """Return the lines that a layout must hold."""
        ...

    def sequences_that_suffice(
        self, shape: Shape, budget_tok: int, found: Operation, demand: Demand
    ) -> int | None:
        """Return the smallest limit of sequences that admits at once."""
        ...

    def operate(self, shape: Shape, budget_tok: int, replicas: int, load: Load) -> Operation:
        """Return how each of so many replicas runs."""
        ...

    def operate_without(
        self, shape: Shape, budget_tok: int, replicas: int, load: Load
    ) -> Operation:
        """Return how those run that are left after a loss."""
        ...

    def candidate(
        self, shape: Shape, budget_tok: int, replicas: int, planned: Load, hardest: Load
    ) -> Candidate:
        """Return where a configuration stands."""
        ...
