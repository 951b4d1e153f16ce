"""How fast a budget of errors may burn: windows and thresholds of a limit.

An SLA's ``p95`` leaves a budget: one request in twenty may take longer, over some time. Somebody is
woken when the budget burns so fast that little would be left, and told when it burns faster than it
may. The long window keeps single moments from counting, the short one ends the alert soon after its
cause.

Source: Google, The Site Reliability Workbook, chapter 5, Alerting on SLOs, table 5-8.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from inferc.compiler.units import from_unit

WINDOWS_S: Final = {
    "5m": from_unit(5.0, "min"),
    "30m": from_unit(30.0, "min"),
    "1h": from_unit(1.0, "h"),
    "2h": from_unit(2.0, "h"),
    "6h": from_unit(6.0, "h"),
    "1d": from_unit(1.0, "d"),
    "3d": from_unit(3.0, "d"),
}
"""The windows that are recorded, as PromQL writes them."""

MOST = 0.9
"""The highest threshold: a share above one never happens, so that a limit of the median, whose
budget is half of all requests, could not burn as fast as the others."""


class Burn(NamedTuple):
    """A share of requests that miss their limit, in a long and in a short window."""

    fast: bool
    """Whether somebody is to be woken."""
    long: str
    short: str
    threshold: float


_STEPS: Final = (
    (True, "1h", "5m", 0.02),
    (True, "6h", "30m", 0.05),
    (False, "1d", "2h", 0.1),
    (False, "3d", "6h", 0.1),
)
"""Both windows, and the share of the budget that may have burnt by the end of the long one."""


def burns(budget: float, period_s: float) -> tuple[Burn, ...]:
    """Return when to tell somebody about a budget that lasts for ``period_s``."""
    return tuple(_burns(budget, period_s))


def _burns(budget: float, period_s: float) -> Iterator[Burn]:
    seen: set[tuple[bool, float]] = set()
    for fast, long, short, share in _STEPS:
        if WINDOWS_S[long] > period_s:
            continue
        factor = max(1.0, share * period_s / WINDOWS_S[long])
        threshold = min(round(factor * budget, 9), MOST)
        if (fast, threshold) not in seen:
            seen.add((fast, threshold))
            yield Burn(fast, long, short, threshold)


def windows(found: tuple[Burn, ...]) -> tuple[str, ...]:
    """Return the windows that ``found`` look at, the shortest first."""
    used = {name for burn in found for name in (burn.long, burn.short)}
    return tuple(name for name in WINDOWS_S if name in used)
