"""Numbers and columns of reports."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.problems import line

from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import (
    amount,
    line_amount,
    line_suffix,
    percentile_name,
    plural,
    times,
)
from inferc.report.layout import Paint, table, wrap

# value, unit, shown
AMOUNTS = [
    (0.41, "s", "410 ms"),
    (float("inf"), "s", "without end"),
    (float("inf"), "x", "without limit"),
    (141.1e9, "B", "131 GiB"),
    (1000 / 60, "req/s", "16.7 req/s"),
    (2.4, "x", "2.4x"),
    (190.0, "tok", "190 tok"),
    (4.0, "", "4"),
    (70.6e9, "", "70.6B"),
    (312e12, "FLOP/s", "312 TFLOP/s"),
    (3.0, "bananas", "3 bananas"),
]


@pytest.mark.parametrize(("value", "unit", "shown"), AMOUNTS)
def test_amounts(value: float, unit: str, shown: str) -> None:
    assert amount(value, unit) == shown


# metric, what it counts, value, shown, suffix in JSON
METRICS = [
    ("ttft", "", 0.5, "500 ms", "_s"),
    ("e2e", "", 4.1, "4.1 s", "_s"),
    ("throughput", "tok", 100.0, "100 tok/s", "_tok_per_s"),
    ("throughput", "req", 100.0, "100 req/s", "_req_per_s"),
    ("availability", "", 0.999, "99.9%", ""),
]


@pytest.mark.parametrize(("metric", "counts", "value", "shown", "suffix"), METRICS)
def test_lines(metric: str, counts: str, value: float, shown: str, suffix: str) -> None:
    said = replace(line(metric, 1.0), counts=counts)
    assert line_amount(value, said) == shown
    assert line_suffix(said) == suffix


# share, shown: rounded down, and binary fractions are no reason to lose a percent
SHARES = [
    (0.18, "18%"),
    (1 - 0.82, "18%"),
    (0.999, "99%"),
    (1.0, "100%"),
    (0.0, "0%"),
    (0.29, "29%"),
    (float("inf"), "unknown"),
]


@pytest.mark.parametrize(("share", "shown"), SHARES)
def test_percent(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_words() -> None:
    assert times(32.85) == "32.9x"
    assert times(float("inf")) == "without limit"
    assert plural(1, "replica") == "1 replica"
    assert plural(1200, "replica") == "1,200 replicas"
    assert [percentile_name(p) for p in (0.95, 0.999, 0.5, None)] == ["p95", "p99.9", "p50", ""]


def test_columns_align_and_empty_ones_vanish() -> None:
    rows = [("a", "", "10"), ("bbb", "", "9")]
    assert table(rows, right=(2,)) == ["  a    10", "  bbb   9"]


def test_paint_does_not_move_columns() -> None:
    rows = [(("a", "bold"), "x"), (("bbb", "red"), "y")]
    lines = table(rows, Paint(on=True))
    assert lines == ["  \x1b[1ma\x1b[0m    x", "  \x1b[31mbbb\x1b[0m  y"]


def test_no_rows_no_lines() -> None:
    assert table([]) == []


@settings(deadline=None)
@given(text=st.text(st.sampled_from("ab -")), indent=st.integers(0, 20))
def test_wrapping_loses_no_word(text: str, indent: int) -> None:
    assert " ".join(wrap(text, indent=indent)).split() == text.split()
