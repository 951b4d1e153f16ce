"""The serving problem of a network: plain floats in base units, and the numbers nobody is sure of.

As :mod:`case`, for models that answer an item in a fixed number of passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inferc.compiler.model import Decision, Engine, Objective, Place
from inferc.compiler.model.items import ItemModel
from inferc.compiler.model.network_service import NetworkService
from inferc.compiler.model.partitions import Partitioning, Share
from inferc.compiler.problem.case import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCase:
    """One service of a network with every number fixed."""

    service: str
    model: ItemModel
    places: tuple[Place, ...]
    """Every place to choose from, whole accelerators; at least one."""
    tables: tuple[Partitioning | None, ...]
    """How the accelerators of each place are cut; None where they are whole."""
    share: Share
    engines: tuple[Engine, ...]
    rate_per_s: float
    peak: float
    items: float
    """Of a request."""
    item_tok: float
    """Mean tokens of an item; 0 where items have none."""
    item_p95_over_mean: float
    steps: float
    """Repetitions of the model's modules; 0 where it has none."""
    objectives: tuple[Objective, ...]
    decisions: tuple[Decision, ...]
    confidence: str = ""
    """``high``: held at the upper end of the intervals."""

    @property
    def peak_rate_per_s(self) -> float:
        """Requests a second in the busiest stretch."""
        return self.rate_per_s * self.peak

    @property
    def items_per_s(self) -> float:
        """Items a second in the busiest stretch."""
        return self.peak_rate_per_s * self.items


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProblem:
    """One service of a network, and what is not known about it."""

    service: NetworkService
    case: NetworkCase
    """At the values that the plan is made for."""
    unknowns: tuple[Unknown, ...]

    def at(self, values: Mapping[str, float]) -> NetworkCase:
        """Return the case with the unknowns whose paths are in ``values`` set to those values."""
        fields = {u.quantity.value: values[u.path] for u in self.unknowns if u.path in values}
        return replace(self.case, **fields)  # type: ignore[arg-type]  # keys are Quantity values

    def easiest(self) -> NetworkCase:
        """Return the case with every unknown at its most favourable end."""
        return self.at({u.path: u.low for u in self.unknowns})

    def hardest(self) -> NetworkCase:
        """Return the case with every unknown at its least favourable end."""
        return self.at({u.path: u.high for u in self.unknowns})
