"""From text to topologies: the phases in their order, and nothing else.

    text -> loaded -> resolved -> designs -> problems -> plans -> topologies

Each phase runs once, when it or a later one is first asked for, and not at all after an error in
an earlier one. The code of a phase that nobody asks for is not even imported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from inferc.dsl import Diagnostic, SourceFile, has_errors

if TYPE_CHECKING:
    from inferc.compiler.load import Loaded, Reader
    from inferc.compiler.model import Design
    from inferc.compiler.plan import Outcome, Plan
    from inferc.compiler.problem import Problem
    from inferc.compiler.problem.network_case import NetworkProblem
    from inferc.compiler.resolve import Resolved
    from inferc.compiler.topology import Topology

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the caller chooses about a file without changing it."""

    env: str = ""
    """The overlay to apply; empty for none."""
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    """Values of the file's parameters, as the command line has them."""


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What a phase yields: a value, unless there are errors, and all that was found so far."""

    value: T | None
    diagnostics: tuple[Diagnostic, ...]

    def then(self, phase: Callable[[T], tuple[U, tuple[Diagnostic, ...]]]) -> "Step[U]":
        """Return the step behind this one; after an error it is not taken."""
        if self.value is None:
            return Step(None, self.diagnostics)
        return step(*phase(self.value), before=self.diagnostics)


def step(
    value: T, found: tuple[Diagnostic, ...], *, before: tuple[Diagnostic, ...] = ()
) -> Step[T]:
    """Return ``value`` as a step, or none where one of the diagnostics ``found`` is an error."""
    return Step(None if has_errors(found) else value, (*before, *found))


class Compilation:
    """One file on its way through the phases."""

    def __init__(self, source: SourceFile, reader: "Reader", settings: Settings) -> None:
        self._source = source
        self._reader = reader
        self._settings = settings

    @cached_property
    def loaded(self) -> "Step[Loaded]":
        """The file and everything that it imports, as syntax trees."""
        from inferc.compiler.load import load

        loaded = load(self._source, self._reader)
        return step(loaded, loaded.diagnostics)

    @cached_property
    def resolved(self) -> "Step[Resolved]":
        """Names looked up, units read, overlays applied, everything checked against the schema."""
        from inferc.compiler.resolve import resolve

        def run(loaded: "Loaded") -> "tuple[Resolved, tuple[Diagnostic, ...]]":
            outcome = resolve(loaded, params=self._settings.params, env=self._settings.env)
            return outcome.resolved, outcome.diagnostics

        return self.loaded.then(run)

    @cached_property
    def designs(self) -> "Step[tuple[Design, ...]]":
        """What each topology of the file means, in floats and with catalog facts."""
        from inferc.compiler.model import build

        def run(resolved: "Resolved") -> "tuple[tuple[Design, ...], tuple[Diagnostic, ...]]":
            outcome = build(resolved)
            return outcome.designs, outcome.diagnostics

        return self.resolved.then(run)

    @cached_property
    def problems(self) -> "Step[tuple[tuple[Problem, ...], ...]]":
        """The serving problems of each design; a file of facts alone has none to plan."""
        from inferc.compiler.problem import build
        from inferc.compiler.resolve import nothing_to_compile

        def run(
            designs: "tuple[Design, ...]",
        ) -> "tuple[tuple[tuple[Problem, ...], ...], tuple[Diagnostic, ...]]":
            if not designs:
                return (), (nothing_to_compile(None, path=self._source.path),)
            return tuple(map(build, designs)), ()

        return self.designs.then(run)

    @cached_property
    def plans(self) -> "Step[tuple[Plan, ...]]":
        """The verdict and the decisions for each design.

        A refusal is a plan too: its violated bounds are among the diagnostics, and yet the step
        has a value.
        """
        problems = self.problems
        designs = self.designs.value
        if problems.value is None or designs is None:
            return Step(None, problems.diagnostics)
        outcomes = [
            planner(design)(of_design)
            for design, of_design in zip(designs, problems.value, strict=True)
        ]
        found = tuple(item for outcome in outcomes for item in outcome.diagnostics)
        plans = tuple(outcome.plan for outcome in outcomes if outcome.plan is not None)
        return Step(plans if len(plans) == len(outcomes) else None, problems.diagnostics + found)

    @cached_property
    def topologies(self) -> "Step[tuple[Topology, ...]]":
        """What is deployed, and who talks to whom: for each plan that is no refusal."""
        from inferc.compiler.plan import Verdict
        from inferc.compiler.topology import build

        def run(plans: "tuple[Plan, ...]") -> "tuple[tuple[Topology, ...], tuple[Diagnostic, ...]]":
            designs = self.designs.value or ()
            outcomes = [
                build(design, plan)
                for design, plan in zip(designs, plans, strict=True)
                if plan.verdict is not Verdict.INFEASIBLE
            ]
            found = tuple(item for outcome in outcomes for item in outcome.diagnostics)
            return tuple(outcome.topology for outcome in outcomes), found

        return self.plans.then(run)


def planner(design: "Design") -> "Callable[[tuple[Problem, ...]], Outcome]":
    """Return what plans a design's services, beside its networks and within its budgets."""
    from functools import partial

    from inferc.compiler.plan import build

    plan = partial(build, design.name, networks=_networks(design))
    if not design.budgets:
        return plan
    from inferc.compiler.plan.budget import within

    return partial(within, design.budgets, plan=plan)


def _networks(design: "Design") -> "tuple[NetworkProblem, ...]":
    """Return the problems of a design's networks; their code is read only where there are some."""
    if not design.networks:
        return ()
    from inferc.compiler.problem.networks import build_networks

    return build_networks(design)
