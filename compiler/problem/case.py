"""The serving problem: plain floats in base units, and the numbers nobody is sure of.

A :class:`Case` is one service with every number fixed. A :class:`Problem` is a case at the
values that
the plan is made for, and the unknowns that may move it: ``problem.at({path: value})`` is the
case with some of them elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from inferc.compiler.model import (
    Decision,
    Engine,
    LanguageModel,
    Load,
    Objective,
    Place,
    Profile,
    Scaling,
    Service,
)
from inferc.compiler.provenance import Confidence, Origin
from inferc.dsl.source import Span

if TYPE_CHECKING:
    from inferc.compiler.model.calibration import Calibration

THROUGHPUT = "throughput"

PEAK_S = 60.0
"""How long a peak lasts: the catalog's peak factors are those of the busiest minute of traces."""


class Quantity(Enum):
    """The numbers of a case that may be unknown; the value is the field of its case."""

    RATE = "rate_per_s"
    PEAK = "peak"
    PROMPT = "prompt_mean_tok"
    OUTPUT = "output_mean_tok"
    COLD_START = "cold_start_s"
    ITEMS = "items"
    """Of networks alone, as what follows."""
    ITEM = "item_tok"
    STEPS = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A number that was assumed or defaulted. More of it is never easier to serve."""

    path: str
    """How the user would write it: ``chat.load.peak``."""
    quantity: Quantity
    typical: float
    """The value that the plan is made for."""
    low: float
    high: float
    unit: str
    """What people write behind it: ``x``, ``tok``, ``req/s``."""
    origin: Origin
    confidence: Confidence
    because: str
    source: str
    span: Span | None


def spike_s(load: Load) -> float:
    """Return how long a peak lasts: a minute, or longer where the file says so."""
    return max(PEAK_S, load.spike_s.value if load.spike_s else 0.0)


def asked_per_s(line: Objective, output_tok: float) -> float:
    """Return the requests a second that a line about throughput comes to, 0 for other lines.

    Tokens are those of answers. They count at the planned mean even where longer answers are
    tried, so that longer answers are never easier.
    """
    if line.metric != THROUGHPUT or line.operator not in {">=", ">"}:
        return 0.0
    return line.limit.value / (output_tok if line.counts == "tok" else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One service with every number fixed."""

    service: str
    model: LanguageModel
    place: Place
    """The first of ``places``."""
    places: tuple[Place, ...] = ()
    """Every place to choose from; empty where there is only ``place``."""
    engines: tuple[Engine, ...]
    rate_per_s: float
    peak: float
    prompt_mean_tok: float
    prompt_p95_over_mean: float
    output_mean_tok: float
    output_p95_over_mean: float
    objectives: tuple[Objective, ...]
    decisions: tuple[Decision, ...]
    goal: str = "cost"
    survives: str = ""
    draft: LanguageModel | None = None
    """The smaller model that may guess tokens."""
    acceptance: float | None = None
    """Chance that a guess is right, where somebody states it."""
    stretches: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    """How the load varies: a cycle of (seconds, rate over the rate at the peak)."""
    week: Profile | None = None
    """The hours of a week, where it is known beforehand when each stretch begins."""
    least_rate_per_s: float = 0.0
    """What the lines of the SLA about throughput ask for, however many requests come."""
    spike_s: float = PEAK_S
    """How long a peak lasts: a minute, or longer where the file says so."""
    scaling: Scaling | None = None
    """What the file says about scaling."""
    cold_start_s: float = 0.0
    """From nothing to the first answer, where somebody says; else the plan works it out."""
    confidence: str = ""
    """``high``: lines must hold at the upper end of the interval of what is predicted too."""
    calibration: "Calibration | None" = None
    """What is predicted by; None for the one that is shipped."""
    corrections: tuple[tuple[tuple[str, float | None], float], ...] = ()
    """By metric and percentile: how much longer it is in simulation than in the closed form."""

    @property
    def choices_of_place(self) -> tuple[Place, ...]:
        """Every place to choose from, at least one."""
        return self.places or (self.place,)

    @property
    def peak_rate_per_s(self) -> float:
        """Arrivals in the busiest stretch."""
        return self.rate_per_s * self.peak

    @property
    def carried_per_s(self) -> float:
        """What a plan must carry: the busiest stretch, and what the SLA asks for."""
        return max(self.peak_rate_per_s, self.least_rate_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One service, and what is not known about it."""

    service: Service
    case: Case
    """At the values that the plan is made for."""
    unknowns: tuple[Unknown, ...]

    def at(self, values: Mapping[str, float]) -> Case:
        """Return the case with the unknowns whose paths are in ``values`` set to those values."""
        fields = {u.quantity.value: values[u.path] for u in self.unknowns if u.path in values}
        return replace(self.case, **fields)  # type: ignore[arg-type]  # keys are Quantity values

    def easiest(self) -> Case:
        """Return the case with every unknown at its most favourable end."""
        return self.at({u.path: u.low for u in self.unknowns})

    def hardest(self) -> Case:
        """Return the case with every unknown at its least favourable end."""
        return self.at({u.path: u.high for u in self.unknowns})
