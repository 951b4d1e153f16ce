import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.units import from_unit, show, to_unit
from inferc.compiler.units_table import SHOWN, SHOWN_AFTER, ShowKind

KINDS: tuple[ShowKind, ...] = (
    *SHOWN,
    *SHOWN_AFTER,
    "parameters",
    "usd",
    "usd_per_s",
    "usd_per_tok",
)  # type: ignore[assignment]  # the keys of the tables are kinds


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.41, "time", "410 ms"),
        (0.0, "time", "0 s"),
        (1.2, "time", "1.2 s"),
        (90, "time", "90 s"),
        (300, "time", "5 min"),
        (7200, "time", "2 h"),
        (0.9999999, "time", "1 s"),
        (14e-6, "time", "14 us"),
        (131 * 2**30, "bytes", "131 GiB"),
        (85899345920, "bytes", "80 GiB"),
        (140.7e9, "bytes_decimal", "141 GB"),
        (2.039e12, "bytes_per_s", "2.04 TB/s"),
        (312e12, "flop_per_s", "312 TFLOP/s"),
        (1000 / 60, "req_per_s", "16.7 req/s"),
        (0.01, "req_per_s", "36 req/h"),
        (1e6, "req_per_s", "1,000,000 req/s"),
        (2.49 / 3600, "usd_per_s", "$2.49/h"),
        (0.6e-6, "usd_per_tok", "$0.60/Mtok"),
        (85000, "usd", "$85,000"),
        (70.6e9, "parameters", "70.6B"),
        (8192, "tok", "8,192 tok"),
        (0.18, "ratio", "18%"),
        (2.4, "factor", "2.4x"),
        (400, "power", "400 W"),
        (math.inf, "time", "unlimited"),
    ],
)
def test_a_number_reads_well(value: float, kind: ShowKind, text: str) -> None:
    assert show(value, kind) == text


@given(value=st.floats(min_value=1e-9, max_value=1e18), kind=st.sampled_from(KINDS))
@settings(deadline=None, max_examples=300)
def test_every_number_shows_at_least_one_digit(value: float, kind: ShowKind) -> None:
    assert any(char.isdigit() for char in show(value, kind))


@given(value=st.floats(min_value=1e-3, max_value=1e7))
@settings(deadline=None, max_examples=200)
def test_three_digits_are_within_half_a_percent(value: float) -> None:
    number, unit = show(value, "time").split(" ")
    assert from_unit(float(number.replace(",", "")), unit) == pytest.approx(value, rel=5.1e-3)


@given(
    value=st.floats(min_value=-1e12, max_value=1e12), unit=st.sampled_from(["ms", "GiB", "req/min"])
)
@settings(deadline=None, max_examples=100)
def test_conversions_of_floats_are_inverse(value: float, unit: str) -> None:
    assert to_unit(from_unit(value, unit), unit) == pytest.approx(value)


def test_a_conversion_of_an_unknown_unit_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="gib"):
        from_unit(1.0, "gib")
