"""Rates as options take them."""

import re
from math import inf
from typing import Final

from inferc.cli.arguments import UsageError

PATTERN: Final = re.compile(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([A-Za-z/]*)\s*", re.ASCII)
"""A number and its unit."""


def read_rate(text: str) -> float:
    """Return requests a second of ``5/s``, ``300/min``, ``2.5 req/s`` or ``5``.

    Raises:
        UsageError: It is no positive rate.
    """
    from inferc.compiler.units import NUMBER, RATE, TIME, UnitProblem, unit_of

    found = PATTERN.fullmatch(text)
    if found:
        unit = unit_of(found[2] or "/s")
        if not isinstance(unit, UnitProblem) and unit[1] in {RATE, NUMBER / TIME}:
            rate_per_s = float(found[1]) * float(unit[0])
            if 0.0 < rate_per_s < inf:
                return rate_per_s
    raise UsageError(f"{text!r} is no rate above zero, as in 5/s, 300/min or 20", "--rate")
