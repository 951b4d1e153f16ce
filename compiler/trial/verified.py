"""What a verification found: each line of the SLA in each scene, and which of them is tightest."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from inferc.compiler.model import Objective
from inferc.compiler.perf import Configuration
from inferc.compiler.plan import ServicePlan
from inferc.compiler.trial.values import Line, Recording, Scene


class Held(Enum):
    """Whether a line of the SLA held in simulated traffic."""

    MET = "met"
    MISSED = "missed"
    UNSURE = "unsure"
    """The limit lies inside of the 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One line of the SLA in one scene."""

    line: Line
    predicted: float | None
    """What the closed form says of it at the peak; None where it says nothing."""
    held: Held

    @property
    def objective(self) -> Objective:
        """The line as the file has it."""
        return self.line.objective

    @property
    def ratio(self) -> float:
        """What was simulated over the limit: above 1 is missed."""
        return self.line.figure.value / self.objective.limit.value

    @property
    def contradicts(self) -> bool:
        """Whether the closed form says that the line holds, and the simulation that it does not."""
        limit = self.objective.limit.value
        return self.held is Held.MISSED and self.predicted is not None and self.predicted <= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One scene, and how each line of the SLA fared in it."""

    scene: Scene
    replicas: int
    """That took requests when measuring began."""
    promised: bool
    """Whether the plan says that the SLA holds here."""
    measured_s: float
    """How long requests came that were measured."""
    lasts_s: float
    """How long it goes on in truth: measuring stops after enough requests."""
    judgements: tuple[Judgement, ...]

    @property
    def tightest(self) -> Judgement | None:
        """The line that is nearest to its limit, or furthest beyond it; hard ones first."""
        hard = [item for item in self.judgements if item.objective.hard]
        return max(hard or self.judgements, key=lambda item: item.ratio, default=None)

    @property
    def overloaded(self) -> bool:
        """Whether more came than was answered: each figure would be larger in a longer run."""
        return self.scene.growing


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A plan that the closed form chose, and that simulated traffic did not bear out."""

    configuration: Configuration
    judgement: Judgement
    """The line that it misses by most, at the peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The plan of one service in every scene that it must stand."""

    topology: str
    plan: ServicePlan
    tested: tuple[Played, ...]
    recording: Recording | None = None
    rejected: tuple[Rejected, ...] = ()
    """In the order in which they were tried."""

    @property
    def contradictions(self) -> Iterator[tuple[Played, Judgement]]:
        """Yield each hard line that holds by the closed form and not where the plan promises it."""
        for tested in self.tested:
            for item in tested.judgements:
                if tested.promised and item.objective.hard and item.contradicts:
                    yield tested, item

    @property
    def tightest(self) -> tuple[Played, Judgement] | None:
        """Return the scene and the line with least room, where the plan promises that it holds."""
        found = [(item, item.tightest) for item in self.tested if item.promised]
        judged = [(tested, line) for tested, line in found if line is not None]
        return max(judged, key=lambda pair: pair[1].ratio, default=None)
