"""The time of one operator on one accelerator.

Source: Williams, Waterman, Patterson, Roofline (2009).
"""

from typing import TypeVar

KNEE = 4.0
"""How sharp the knee of the roofline is: reading and computing overlap, but not to the last byte.
A norm of this order is 19 % above the roofline at the ridge, 1 % at a factor of 2.4 from it."""

Seconds = TypeVar("Seconds")
"""A float, or an array of them: a fit prices every step of every measurement at once."""


def larger(one: Seconds, other: Seconds) -> Seconds:
    """Return a smooth maximum of two non-negative times: the norm of order :data:`KNEE`.

    Source: Williams, Waterman, Patterson, Roofline (2009); the knee of measured rooflines is round.
    """
    return (one**KNEE + other**KNEE) ** (1.0 / KNEE)  # type: ignore[operator, no-any-return]
