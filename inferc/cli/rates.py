"""Rates as options take them."""

from typing import Final

from inferc.cli.arguments import UsageError

RATES: Final = {"s": "s", "sec": "s", "min": "min", "m": "min", "h": "h"}
"""Words behind the slash of a rate, and the unit that each is."""


def read_rate(text: str) -> float:
    """Return requests a second of ``5/s``, ``300/min``, ``2.5 req/s`` or ``5``.

    Raises:
        UsageError: It is no positive rate.
    """
    from inferc.compiler.units import from_unit

    amount, slash, per = text.replace(" ", "").removesuffix("req").partition("/")
    unit = RATES.get(per if slash else "s", "")
    try:
        value = float(amount.removesuffix("req"))
    except ValueError:
        value = 0.0
    if not unit or not 0.0 < value < float("inf"):
        raise UsageError(f"{text!r} is no rate such as 5/s or 300/min", "--rate")
    return value / from_unit(1.0, unit)
