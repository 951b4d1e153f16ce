"""What hardware of one's own costs, and what others ask: values and their arithmetic."""

from dataclasses import dataclass

from inferc.compiler.provenance import Sourced
from inferc.compiler.units import from_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What a node costs that is bought, with all that this follows from."""

    capital_usd: Sourced[float]
    lifetime_s: Sourced[float]
    power_w: Sourced[float]
    """Of a node at full load."""
    pue: Sourced[float]
    electricity_usd_per_j: Sourced[float]
    upkeep_a_year: Sourced[float]
    """As a share of the capital."""

    @property
    def depreciation_usd_per_s(self) -> float:
        """What the purchase of a node costs in each second of its life."""
        return depreciation_usd_per_s(self.capital_usd.value, self.lifetime_s.value)

    @property
    def energy_usd_per_s(self) -> float:
        """What the energy of a node costs."""
        return energy_usd_per_s(
            self.power_w.value, self.pue.value, self.electricity_usd_per_j.value
        )

    @property
    def upkeep_usd_per_s(self) -> float:
        """What the maintenance of a node costs."""
        return upkeep_usd_per_s(self.capital_usd.value, self.upkeep_a_year.value)

    @property
    def node_usd_per_s(self) -> float:
        """What a node costs, all together."""
        return self.depreciation_usd_per_s + self.energy_usd_per_s + self.upkeep_usd_per_s


def depreciation_usd_per_s(capital_usd: float, lifetime_s: float) -> float:
    """Return what a purchase costs in each second of its life, in a straight line to nothing.

    Source: straight-line depreciation, IAS 16, paragraph 62. Holds for: no resale value.
    """
    return capital_usd / lifetime_s


def energy_usd_per_s(power_w: float, pue: float, usd_per_j: float) -> float:
    """Return what the energy of a node costs, its share of cooling and losses included.

    Source: The Green Grid, PUE: a comprehensive examination of the metric (2012): total energy of a
    facility over that of its computers. Holds for: the power drawn all the time.
    """
    return power_w * pue * usd_per_j


def upkeep_usd_per_s(capital_usd: float, share_a_year: float) -> float:
    """Return what maintenance costs that takes a share of the purchase each year.

    Source: definition. Holds for: contracts that are priced by the purchase.
    """
    return capital_usd * share_a_year / from_unit(1.0, "y")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What somebody asks for a model by the token, or for an accelerator by the second."""

    kind: str
    """``managed_api`` or ``serverless_gpu``."""
    id: str
    """The catalog path, or the name in the user's file."""
    title: str
    input_usd_per_tok: Sourced[float] | None = None
    output_usd_per_tok: Sourced[float] | None = None
    accelerator: str = ""
    """Catalog path of the accelerator that is paid for by the second."""
    usd_per_s: Sourced[float] | None = None
    """Of one accelerator, with the processors and the memory that come with it at least."""
    idle_s: float = 0.0
    """How long an instance is paid for after its last request."""

    @property
    def price(self) -> Sourced[float]:
        """The number that its source and date belong to."""
        found = self.usd_per_s or self.input_usd_per_tok
        if found is None:
            raise ValueError(self.id)
        return found
