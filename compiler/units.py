"""Dimensions, units and exact quantities: the only scale factors in the code base."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of base dimensions, sorted by name, without zero powers.

    The base dimensions are ``time`` (s), ``byte``, ``req``, ``tok``, ``img``, ``gpu`` (a counted
    thing), ``flop``, ``energy`` (J), ``usd`` and other currencies by their lower-case code. The
    empty product is a plain number.
    """

    powers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount in base units, with the text people wrote for it."""

    value: Fraction
    dimension: Dimension
    text: str = ""
