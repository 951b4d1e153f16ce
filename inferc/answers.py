"""What the functions of :mod:`inferc.api` take and return. Data only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Literal, NamedTuple

from inferc.dsl import Diagnostic, has_errors

if TYPE_CHECKING:
    from inferc.compiler.model import Design
    from inferc.compiler.plan import Bound, Plan
    from inferc.compiler.plan.front import Front
    from inferc.compiler.simulation.routing import Routing
    from inferc.compiler.topology import Topology
    from inferc.compiler.trial import Trial, Verification
    from inferc.compiler.words import Words
    from inferc.files.output import Outcome
    from inferc.outputs import Output
    from inferc.targets.base import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a file."""

    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there are no errors; warnings are fine."""
        return not has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Planned:
    """The answer for each topology of a file, in its order; none where the file has errors."""

    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with the file; of a refusal, every violated bound."""
    plans: "tuple[Plan, ...]" = ()
    designs: "tuple[Design, ...]" = ()
    """What each plan was made for, in the same order."""
    topologies: "tuple[Topology, ...]" = ()
    """Of the plans that are no refusals."""
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    """The texts that were read, by the paths that they were read from."""
    catalog: Mapping[str, str] = field(default_factory=dict[str, str])
    """The texts of the standard library that were read, by dotted path."""
    verifications: "tuple[Verification, ...]" = ()
    """How each planned service fared in simulation, of :func:`inferc.api.verify`."""

    @property
    def ok(self) -> bool:
        """Whether the file has an answer, which may be a refusal."""
        return bool(self.plans)

    @property
    def refused(self) -> "tuple[Plan, ...]":
        """The plans whose verdict is *infeasible*."""
        from inferc.compiler.plan import Verdict

        return tuple(plan for plan in self.plans if plan.verdict is Verdict.INFEASIBLE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Compiled:
    """What a compile made. Without outputs the file has errors, or a plan is a refusal."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    outputs: "tuple[Output, ...]" = ()
    written: "Outcome | None" = None
    """What happened to the files; None where nothing was to be written."""

    @property
    def ok(self) -> bool:
        """Whether everything that was asked for was made."""
        return not has_errors(self.diagnostics) and not self.planned.refused


class Check(NamedTuple):
    """How to verify a plan; without any of it the traffic that the file states."""

    trace: str | PathLike[str] = ""
    """A file of recorded requests that the plan must stand as well."""
    requests: int = 0
    """How many in one run, at most; 0 for enough."""
    seeds: int = 0
    """How many runs of each scene; 0 for as many as are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How to compile."""

    targets: Sequence[str] = ()
    """Names of targets; empty: those of the file's ``emit`` blocks, else the default ones."""
    options: "Mapping[str, Options]" = field(default_factory=dict[str, "Options"])
    """Options by target, on top of those of its ``emit`` block."""
    force: bool = False
    """Replace edited files, and keep each beside the new one."""
    dry_run: bool = False
    """Compare with what stands in the folder, and write nothing."""


class Certified(NamedTuple):
    """The bounds of the services of a file: of each topology by its name, of each service by its.

    Every bound is there on every place that a service may be on, whether it fails or holds.
    """

    diagnostics: tuple[Diagnostic, ...]
    certificates: "Mapping[str, Mapping[str, tuple[Bound, ...]]]"

    @property
    def ok(self) -> bool:
        """Whether the file has services to look at."""
        return bool(self.certificates)


class Experiment(NamedTuple):
    """What to simulate; without any of it the traffic that the file states.

    Named tuples take a quarter of a dataclass's time to define, and every command pays for it.
    """

    trace: str | PathLike[str] = ""
    """A file of recorded requests: their times and lengths instead of the design's."""
    requests: int = 0
    """How many in one run, for which a trace begins again; 0 for enough, or for all of a trace."""
    seeds: int = 0
    """How many runs, each with a chance of its own; 0 for the default."""
    service: str = ""
    """Only this one."""
    rate_per_s: float | None = None
    """Instead of the mean rate of the design, or of the trace."""
    speedup: float = 1.0
    """The trace is replayed so many times faster."""
    variation: float = 1.0
    """Standard deviation over mean of the gaps between requests: 1 is Poisson, 3 has clumps."""
    hours: tuple[float, ...] = ()
    """Relative rates of one hour after the other, instead of spikes: 24 of a day, 168 of a week."""
    replicas: int = 0
    """Instead of those of the plan at its peak."""
    routing: "Routing" = "round_robin"
    """How requests are dealt out to replicas."""
    what_if: Literal["", "lose-replica", "autoscale"] = ""
    """What happens to the replicas meanwhile."""


class Simulated(NamedTuple):
    """What simulated traffic comes to on the plans of a file."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    trials: "tuple[Trial, ...]" = ()
    """One for each service that was simulated, in the order of the file."""

    @property
    def ok(self) -> bool:
        """Whether there is something simulated: no errors, no refusal."""
        return bool(self.trials)


class Fronted(NamedTuple):
    """What nothing beats in cost, latency and accelerators together, for services of a file."""

    planned: Planned
    diagnostics: tuple[Diagnostic, ...]
    fronts: "tuple[Front, ...]" = ()

    @property
    def ok(self) -> bool:
        """Whether there is a front: no errors, no refusal."""
        return bool(self.fronts)


class Designed(NamedTuple):
    """What three descriptions come to: the file that they mean, and its plan."""

    words: "Words"
    """The file, and what became of each phrase."""
    planned: Planned
    """Without plans where the descriptions name no model or no hardware."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What there is to say about the words, then about the file; of a refusal its bounds."""
        return (*self.words.diagnostics, *self.planned.diagnostics)
