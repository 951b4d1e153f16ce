"""Shapes of load with a window of the day: when the requests of a week come."""

from inferc.compiler.schema.build import TEXT, amount, constructor, field, uncertain
from inferc.compiler.schema.spec import Constructor, Types
from inferc.compiler.units import NUMBER

_PEAK: Types = uncertain(amount(NUMBER, low=1))
_WINDOW = field(
    "window", TEXT, 'Hours and time zone: `"14:00-18:00 Europe/Berlin"`.', required=True
)
_DAYS = 'Days of the week: `"Mon-Fri"`, `"Sat, Sun"`'

PROFILES: tuple[Constructor, ...] = (
    constructor(
        "diurnal",
        "A busy window on every day, a lower rate outside.",
        field("peak", _PEAK, "The busiest stretch over the mean of the week.", required=True),
        _WINDOW,
        field("days", TEXT, f"{_DAYS}; absent: every day."),
    ),
    constructor(
        "office_hours",
        "Requests in the window of working days, next to none outside.",
        field("peak", _PEAK, "The busiest stretch over the mean of the week.", required=True),
        _WINDOW,
        field("days", TEXT, f"{_DAYS}; absent: Monday to Friday."),
        field(
            "outside", amount(NUMBER, high=1), "Share of requests outside the window; absent: none."
        ),
    ),
    constructor(
        "batch",
        "The work of a day, done in the window at one rate.",
        _WINDOW,
        field("days", TEXT, f"{_DAYS}; absent: every day."),
    ),
)
