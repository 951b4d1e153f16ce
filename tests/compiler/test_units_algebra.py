from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.units import (
    BYTE,
    NUMBER,
    RATE,
    REQ,
    TIME,
    USD,
    Dimension,
    Quantity,
    UnitMismatchError,
    number,
)

BASES = ("byte", "flop", "req", "time", "tok", "usd")
DIMENSIONS = st.dictionaries(
    st.sampled_from(BASES), st.integers(-3, 3).filter(bool), max_size=4
).map(lambda powers: Dimension(tuple(sorted(powers.items()))))
QUANTITIES = st.builds(
    Quantity, st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000), DIMENSIONS
)
PROPERTY = settings(deadline=None, max_examples=150)


@given(a=DIMENSIONS, b=DIMENSIONS, c=DIMENSIONS)
@PROPERTY
def test_dimensions_are_a_commutative_group(a: Dimension, b: Dimension, c: Dimension) -> None:
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * NUMBER == a
    assert a / a == NUMBER
    assert (a / b) * b == a
    assert a**2 == a * a
    assert a**0 == NUMBER


@given(a=DIMENSIONS, b=DIMENSIONS)
@PROPERTY
def test_powers_stay_sorted_and_free_of_zeros(a: Dimension, b: Dimension) -> None:
    for found in (a * b, a / b, a**-2):
        assert list(found.powers) == sorted(found.powers)
        assert all(power for _, power in found.powers)


@given(a=QUANTITIES, b=QUANTITIES)
@PROPERTY
def test_products_and_quotients_are_exact(a: Quantity, b: Quantity) -> None:
    assert (a * b).value == a.value * b.value
    assert (a * b).dimension == a.dimension * b.dimension
    if b.value:
        assert (a / b) * b == a
    else:
        with pytest.raises(ZeroDivisionError):
            _ = a / b


@given(a=QUANTITIES, b=QUANTITIES)
@PROPERTY
def test_sums_and_comparisons_need_one_dimension(a: Quantity, b: Quantity) -> None:
    if a.dimension == b.dimension:
        assert (a + b) - b == a
        assert (a < b) == (a.value < b.value)
        assert (a <= b) == (a.value <= b.value)
        return
    for operation in ("__add__", "__sub__", "__lt__", "__le__"):
        with pytest.raises(UnitMismatchError):
            getattr(a, operation)(b)


@given(a=QUANTITIES)
@PROPERTY
def test_every_quantity_can_be_printed(a: Quantity) -> None:
    assert str(a)
    assert a.dimension.noun


def test_the_unit_that_was_written_survives_arithmetic() -> None:
    rate = Quantity(Fraction(50, 3), RATE, "1000 req/min", "req/min")
    assert str(rate) == "1000 req/min"
    assert str(number(2) * rate) == "2000 req/min"
    assert str(rate * number(2)) == "2000 req/min"
    assert str(rate / number(4)) == "250 req/min"
    assert str(rate + rate) == "2000 req/min"
    assert str(-rate) == "-1000 req/min"
    assert str(rate * Quantity(Fraction(60), TIME, "1 min", "min")) == "1000 req"


@pytest.mark.parametrize(
    ("dimension", "text"),
    [
        (NUMBER, "1"),
        (RATE, "req / time"),
        (USD / TIME, "USD / time"),
        (BYTE * BYTE / REQ, "byte^2 / req"),
        (TIME**-1, "1 / time"),
    ],
)
def test_dimensions_read_as_people_write_them(dimension: Dimension, text: str) -> None:
    assert str(dimension) == text


def test_equal_amounts_are_equal_however_they_were_written() -> None:
    assert Quantity(Fraction(1, 2), TIME, "500ms", "ms") == Quantity(
        Fraction(1, 2), TIME, "0.5s", "s"
    )


@pytest.mark.parametrize(
    ("value", "long"), [(10**60, False), (10**61, True), (Fraction(1, 7**800), True), (0, False)]
)
def test_numbers_that_grew_too_long_are_noticed(value: int | Fraction, long: bool) -> None:
    assert number(value).too_long is long
