"""How a load varies over a week: the rate of each stretch, relative to the mean.

``rate`` of a ``load`` block is always the mean over the whole week, and ``peak`` the busiest
stretch over that mean. A shape with a window says when the requests come:

=================  =================================================================================
``diurnal``        the window of every day is at the peak, the rest at what keeps the mean
``office_hours``   requests come in the window of the given days; bursts inside reach the peak
``batch``          the work of a day is done in the window, at one rate
=================  =================================================================================

Hours are those of the zone that the window names. Nothing here knows a calendar: a week has seven
days of 24 hours, and where the clocks change two weeks of a year are an hour off.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, gcd

from inferc.compiler.units import from_unit, to_unit

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = frozenset(range(len(DAYS)))

_WINDOW = re.compile(
    r"(?P<from>\d{1,2}:\d{2})\s*-\s*(?P<to>\d{1,2}:\d{2})"
    r"(?:\s+(?P<zone>UTC(?:[+-]\d{1,2}(?::\d{2})?)?|GMT|Z|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_+\-0-9]+)+))?"
)
_OFFSET = re.compile(r"UTC(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>\d{2}))?")
_DAY_MIN = int(to_unit(from_unit(1, "d"), "min"))
_WEEK_MIN = len(DAYS) * _DAY_MIN


@dataclass(frozen=True, slots=True)
class Window:
    """Some minutes of some days of a week."""

    start_min: int
    end_min: int
    """After midnight of the day that it begins on; beyond 24 h where it ends on the next."""
    zone: str
    days: frozenset[int] = EVERY_DAY

    @property
    def share(self) -> float:
        """Share of the week that lies in the window."""
        return len(self.days) * (self.end_min - self.start_min) / _WEEK_MIN

    def covers(self, minute: int) -> bool:
        """Return whether a minute of the week lies in the window."""
        return any(
            self.start_min <= (minute - day * _DAY_MIN) % _WEEK_MIN < self.end_min
            for day in self.days
        )

    def minutes_between(self, first: float, last: float) -> float:
        """Return the minutes of the window between two minutes of one week."""
        starts = (
            day * _DAY_MIN + self.start_min + week for day in self.days for week in (-_WEEK_MIN, 0)
        )
        lasts = self.end_min - self.start_min
        return sum(max(0.0, min(last, start + lasts) - max(first, start)) for start in starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The rate over a week, from Monday at midnight, in stretches of equal length."""

    factors: tuple[float, ...]
    """Rate of each stretch over the mean; their mean is 1."""
    each_s: float
    """How long a stretch lasts."""
    zone: str
    """Whose clock the week follows; UTC where nobody says."""
    window: Window | None = None
    """The busy window, where the week has one."""

    @property
    def highest(self) -> float:
        """Rate of the busiest stretch over the mean."""
        return max(self.factors)

    @property
    def lowest(self) -> float:
        """Rate of the quietest stretch over the mean."""
        return min(self.factors)

    @property
    def stretches(self) -> tuple[tuple[float, float], ...]:
        """The week as (seconds, rate over the mean), neighbours of one rate joined."""
        runs = ((factor, len(list(run))) for factor, run in groupby(self.factors))
        return tuple((count * self.each_s, factor) for factor, count in runs)

    def share_above(self, factor: float) -> float:
        """Return the share of the week with a rate above so many times the mean."""
        return sum(1 for item in self.factors if item > factor) / len(self.factors)


def cron(window: Window, lead_min: int) -> tuple[str, str, str]:
    """Return begin, end and zone of a window as schedulers take them, begun so much earlier.

    They know zones by their names in the IANA database: what is an offset is taken off.
    """
    zone, ahead_min = _known_zone(window.zone)
    return (
        _cron(window.start_min - ahead_min - lead_min, window.days),
        _cron(window.end_min - ahead_min, window.days),
        zone,
    )


def _known_zone(zone: str) -> tuple[str, int]:
    """Return ``UTC`` and the minutes that ``UTC+5:30`` is ahead of it; else the zone and none."""
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return zone, 0
    minutes = int(to_unit(from_unit(int(found["hours"]), "h"), "min")) + int(found["minutes"] or 0)
    return "UTC", -minutes if found["sign"] == "-" else minutes


def _cron(minute: int, days: frozenset[int]) -> str:
    """Return ``50 13 * * 1-5`` for a minute of each of the days, which may lie outside of them."""
    shift, rest = divmod(minute, _DAY_MIN)
    hours, minutes = divmod(rest, int(to_unit(from_unit(1, "h"), "min")))
    if days == EVERY_DAY:
        return f"{minutes} {hours} * * *"
    # Cron counts the days of a week from Sunday.
    named = sorted((day + shift + 1) % len(DAYS) for day in days)
    runs = named[-1] - named[0] == len(named) - 1 and len(named) > 1
    text = f"{named[0]}-{named[-1]}" if runs else ",".join(map(str, named))
    return f"{minutes} {hours} * * {text}"


def read_window(text: str, days: str = "") -> Window | None:
    """Return ``"14:00-18:00 UTC"`` on ``"Mon-Fri"``; None where one of them cannot be read."""
    found = _WINDOW.fullmatch(text.strip())
    chosen = read_days(days) if days else EVERY_DAY
    if found is None or not chosen:
        return None
    start, end = _minute(found["from"]), _minute(found["to"])
    if start is None or end is None or start in {_DAY_MIN, end}:
        return None
    zone = found["zone"] or "UTC"
    return Window(
        start,
        end if end > start else end + _DAY_MIN,
        "UTC" if zone in {"GMT", "Z"} else zone,
        chosen,
    )


def _minute(text: str) -> int | None:
    """Return the minute of the day, 24:00 included, or None."""
    hours, minutes = (int(part) for part in text.split(":"))
    minute = int(to_unit(from_unit(hours, "h"), "min")) + minutes
    return minute if minute <= _DAY_MIN and minutes < int(from_unit(1, "min")) else None


def read_days(text: str) -> frozenset[int]:
    """Return the places of ``Mon-Fri`` or ``Sat, Sun`` in a week; empty where it is neither."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (word.strip()[:3].capitalize() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            return frozenset()
        at = DAYS.index(first)
        count = (DAYS.index(last) - at) % len(DAYS) if dash else 0
        found.update((at + step) % len(DAYS) for step in range(count + 1))
    return frozenset(found)


def diurnal(window: Window, peak: float) -> Profile:
    """Return a day that is at its peak in the window, and lower outside by what keeps the mean.

    ``share * peak + (1 - share) * calm = 1``. Where the window at its peak would hold more than all
    requests, all come in it, and the peak is one of bursts inside.
    """
    return _profile(window, min(peak, 1.0 / window.share))


def office_hours(window: Window, outside: float = 0.0) -> Profile:
    """Return a week in which all but a share of the requests come in the window."""
    return _profile(window, (1.0 - outside) / window.share)


def batch(window: Window) -> Profile:
    """Return a week in which all work is done in the window, at one rate."""
    return _profile(window, 1.0 / window.share)


def weekly(factors: Sequence[float], zone: str = "UTC") -> Profile:
    """Return a profile from rates of stretches of a week in any unit: a metric's history."""
    mean = fsum(factors) / len(factors)
    return Profile(
        factors=tuple(factor / mean for factor in factors),
        each_s=from_unit(1, "w") / len(factors),
        zone=zone,
    )


def _profile(window: Window, level: float) -> Profile:
    """Return a week with the rate ``level`` in the window and what is left for the mean outside."""
    share = window.share
    calm = max(0.0, (1.0 - share * level) / (1.0 - share)) if share < 1.0 else level
    step = gcd(gcd(window.start_min, window.end_min), int(to_unit(from_unit(1, "h"), "min")))
    minutes: Iterator[int] = iter(range(0, _WEEK_MIN, step))
    return Profile(
        factors=tuple(level if window.covers(minute) else calm for minute in minutes),
        each_s=from_unit(step, "min"),
        zone=window.zone,
        window=window,
    )
