"""What hardware of one's own costs in time."""

from inferc.compiler.units import from_unit


def depreciation_usd_per_s(capital_usd: float, lifetime_s: float) -> float:
    """Return what a purchase costs in each second of its life, in a straight line to nothing.

    Source: straight-line depreciation, IAS 16, paragraph 62. Holds for: no resale value.
    """
    return capital_usd / lifetime_s


def energy_usd_per_s(power_w: float, pue: float, usd_per_joule: float) -> float:
    """Return what the energy of a node costs, its share of cooling and losses included.

    Source: The Green Grid, PUE: a comprehensive examination of the metric (2012): total energy of a
    facility over that of its computers. Holds for: the power drawn all the time.
    """
    return power_w * pue * usd_per_joule


def upkeep_usd_per_s(capital_usd: float, share_a_year: float) -> float:
    """Return what maintenance costs that takes a share of the purchase each year.

    Source: definition. Holds for: contracts that are priced by the purchase.
    """
    return capital_usd * share_a_year / from_unit(1.0, "y")
