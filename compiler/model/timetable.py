"""When the requests of a week come: shapes of load that have a window."""

from dataclasses import replace

from inferc.compiler.model import diagnostics_cost as report
from inferc.compiler.model import values
from inferc.compiler.model.profile import (
    Profile,
    Window,
    batch,
    diurnal,
    office_hours,
    read_days,
    read_window,
)
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import CallValue, FieldValue, ResolvedBlock
from inferc.compiler.units import show
from inferc.dsl import Diagnostic

SHAPES = ("diurnal", "office_hours", "batch")
"""The shapes that say when the requests come."""

WORKING_DAYS = "Mon-Fri"
TOLERANCE = 1e-3
"""Relative: how far below the mean of its window a peak may lie, since people round."""


def window_of(block: ResolvedBlock, found: list[Diagnostic]) -> Window | None:
    """Return the window that the shape of a load names; one that cannot be read is reported."""
    field = block.fields.get("shape")
    if field is None or not isinstance(field.value, CallValue) or field.value.name not in SHAPES:
        return None
    arguments = field.value.arguments
    text = values.word(arguments["window"])
    usual = WORKING_DAYS if field.value.name == "office_hours" else ""
    days = values.word(arguments["days"]) if "days" in arguments else usual
    window = read_window(text, days)
    if window is None:
        wrong = "days" if days and not read_days(days) else "window"
        shown = days if wrong == "days" else text
        found.append(report.window_not_read(field.span, field=wrong, text=shown))
    elif why := wrong_zone(window):
        found.append(report.window_not_read(field.span, field="window", text=text, why=why))
    return window


def wrong_zone(window: Window) -> str:
    """Return why the zone of a window is none. Offsets and UTC need no list of names."""
    if "/" not in window.zone:
        return ""
    from inferc.compiler.model.zones import why_not

    return why_not(window.zone)


def at_least(window: Window, shape: str) -> float:
    """Return the least peak that a shape can have: the mean of a window that everything is in."""
    return 1.0 if shape == "diurnal" else 1.0 / window.share


def scaled(known: Sourced[float], window: Window, shape: str) -> Sourced[float]:
    """Return the catalog's peaks as those of a load that comes in the window alone.

    The catalog's are over the mean of the stretch that was measured, which is the window here.
    """
    level = at_least(window, shape)
    value = level if shape == "batch" else known.value * level
    low = level if shape == "batch" else known.low * level
    high = level if shape == "batch" else known.high * level
    return replace(known, value=value, low=low, high=high, text=show(value, "factor"))


def profile_of(
    field: FieldValue, window: Window, peak: Sourced[float], found: list[Diagnostic]
) -> Profile:
    """Return how the rate varies over a week with that peak; one that is too low is reported."""
    call = field.value
    if not isinstance(call, CallValue):
        raise values.UnexpectedValueError(field.value)
    if call.name == "diurnal":
        return diurnal(window, peak.value)
    outside = values.amount(call.arguments["outside"]) if "outside" in call.arguments else 0.0
    built = office_hours(window, outside) if call.name == "office_hours" else batch(window)
    if peak.value < built.highest * (1.0 - TOLERANCE):
        found.append(
            report.peak_below_window(
                peak.span or field.span,
                shape=call.name,
                peak=peak.text,
                level=show(built.highest, "factor"),
                share=show(window.share, "ratio"),
            )
        )
    return built
