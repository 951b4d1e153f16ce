"""A service of a network: what it answers, for whom, and what must hold. Data only."""

from dataclasses import dataclass

from inferc.compiler.model.design import Decision, Engine, Lengths, Load, Objective, Place
from inferc.compiler.model.items import ItemModel
from inferc.compiler.model.partitions import Partitioning, Share
from inferc.compiler.provenance import Sourced
from inferc.dsl import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLoad:
    """The demand on a service of a network."""

    arrivals: Load
    """How requests come; what it says of prompts and answers does not apply."""
    items: Sourced[float]
    """Items of a request: images, or the passages that a query is compared with."""
    lengths: Lengths | None
    """Tokens of an item; None where items have none."""
    steps: Sourced[float] | None
    """Repetitions of the model's modules for an item; None where it has none."""

    @property
    def rate_per_s(self) -> Sourced[float]:
        """Mean arrivals of requests."""
        return self.arrivals.rate_per_s

    @property
    def peak(self) -> Sourced[float]:
        """Rate of the busiest stretch over the mean."""
        return self.arrivals.peak


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkService:
    """A network that answers requests somewhere, under an SLA."""

    name: str
    model: ItemModel
    model_name: str
    """What the user's file calls the model."""
    deployed_name: str
    place: Place
    """Where it runs, as whole accelerators; the first of ``places`` until it is planned."""
    places: tuple[Place, ...]
    """Every place that it may run on, at least one."""
    tables: tuple[Partitioning | None, ...]
    """How the accelerators of each place are cut; None where they are whole."""
    share: Share
    load: ItemLoad
    api: str = "kserve_v2"
    """What its callers speak: the protocol of its engine."""
    objectives: tuple[Objective, ...]
    """Limits of ``latency`` in seconds; of ``throughput`` in requests a second."""
    decisions: tuple[Decision, ...]
    confidence: str = ""
    """``high``: the SLA holds at the upper end of the interval of each estimate."""
    engines: tuple[Engine, ...]
    span: Span
