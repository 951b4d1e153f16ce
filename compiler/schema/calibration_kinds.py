"""The blocks of a calibration: coefficients of the performance model that were fitted to rows."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from inferc.compiler.schema.build import (
    DATE,
    TEXT,
    amount,
    call,
    count,
    field,
    kind,
    listed,
    part,
    record,
)
from inferc.compiler.schema.coefficients import FITTED, Coefficient
from inferc.compiler.schema.spec import Field, Kind, Type, Types
from inferc.compiler.units import NUMBER, TIME, TOK, Dimension

LARGEST_FACTOR = 100
"""No engine and no chip differs more than that from others of its time: it would be a slip."""

_DIMENSIONS: Mapping[str, Dimension] = {"1": NUMBER, "s": TIME, "tok": TOK, "s/tok": TIME / TOK}
"""Of the units of coefficients that are fitted."""

_FACTOR: Types = (
    Type(form="quantity", low=Fraction(0), above_low=True, high=Fraction(LARGEST_FACTOR)),
)


def _value(item: Coefficient) -> Types:
    """Return the type of a coefficient: an amount that physics allows."""
    low, high = Fraction(str(item.low)), Fraction(str(item.high))
    dimension = _DIMENSIONS[item.unit]
    return (Type(form="quantity", dimension=dimension, low=low, high=high),)


def _factor(_item: Coefficient) -> Types:
    return _FACTOR


def _fitted(types_of: Callable[[Coefficient], Types]) -> tuple[Field, ...]:
    """Return a field for each coefficient that a fit may change."""
    return tuple(
        field(item.name, types_of(item), f"{item.doc[0].upper()}{item.doc[1:]}.") for item in FITTED
    )


CALIBRATION_KINDS: tuple[Kind, ...] = (
    kind(
        "calibration",
        "Coefficients of the performance model that were fitted to measurements.",
        field("title", TEXT, "What people call it."),
        field("fitted", DATE, "The day of the fit."),
        field("rows", count(low=0), "How many measurements it was fitted to."),
        part("typical"),
        part("of_engine", many=True),
        part("of_architecture", many=True),
        part("intervals"),
        part("residuals"),
    ),
    kind("typical", "Values that hold for everyone.", _fitted(_value), label="none"),
    kind(
        "of_engine",
        "Factors of one engine on the typical values, and what it was measured with.",
        _fitted(_factor),
        part("measured"),
        label="optional",  # a name, as a part of a calibration; alone it means nothing
    ),
    kind(
        "of_architecture",
        "Factors of the accelerators of one architecture, on top of those of engines.",
        _fitted(_factor),
        field("accelerators", listed(TEXT), "Those of it that were measured."),
        label="text",
    ),
    kind(
        "measured",
        "What was measured with an engine: for each accelerator, by format, the models.",
        label="none",
        free=record(listed(TEXT)),
    ),
    kind(
        "intervals",
        "How far off 80 % of estimates are, by what they rest on.",
        label="none",
        free=call("interval"),
    ),
    kind(
        "residuals",
        "The error that the fit leaves, by slice of the measurements and by metric.",
        label="none",
        free=record(record(amount(NUMBER, low=None))),
    ),
)
