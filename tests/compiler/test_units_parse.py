from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.units import (
    BANDWIDTH,
    BYTE,
    COMPUTE,
    ENERGY,
    GPU_PRICE,
    NUMBER,
    PER_TIME,
    POWER,
    RATE,
    TIME,
    TOK,
    TOK_RATE,
    USD,
    Dimension,
    Quantity,
    UnitProblem,
    accepts,
    parse_money,
    parse_quantity,
    unit_of,
    unit_words,
)


def read(text: str, *, expected: tuple[Dimension, ...] = ()) -> Quantity | UnitProblem:
    number, _, unit = text.partition(" ")
    return parse_quantity(Decimal(number), unit=unit, expected=expected, text=text)


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("500 ms", Fraction(1, 2), TIME),
        ("5 minutes", 300, TIME),
        ("1 h", 3600, TIME),
        ("1 mo", 730 * 3600, TIME),
        ("1 y", 8760 * 3600, TIME),
        ("15 us", Fraction(15, 10**6), TIME),
        ("80 GiB", 80 * 2**30, BYTE),
        ("80 GB", 80 * 10**9, BYTE),
        ("1 KB", 1000, BYTE),
        ("1 KiB", 1024, BYTE),
        ("8 bit", 1, BYTE),
        ("400 Gbps", 50 * 10**9, BANDWIDTH),
        ("400 Gbit/s", 50 * 10**9, BANDWIDTH),
        ("2039 GB/s", 2039 * 10**9, BANDWIDTH),
        ("1000 req/min", Fraction(50, 3), RATE),
        ("1000 requests/minute", Fraction(50, 3), RATE),
        ("1000 /min", Fraction(50, 3), PER_TIME),
        ("4000 ktok/d", Fraction(4_000_000, 86400), TOK_RATE),
        ("312 TFLOP/s", 312 * 10**12, COMPUTE),
        ("312 TFLOPS", 312 * 10**12, COMPUTE),
        ("624 TOPS", 624 * 10**12, COMPUTE),
        ("400 W", 400, POWER),
        ("1 kWh", 3_600_000, ENERGY),
        ("5 %", Fraction(1, 20), NUMBER),
        ("3 x", 3, NUMBER),
        ("10 USD/gpu/h", Fraction(1, 360), GPU_PRICE),
        ("70 k", 70_000, NUMBER),
        ("4 B", 4, BYTE),
    ],
)
def test_a_quantity_is_exact_in_base_units(
    text: str, value: Fraction | int, dimension: Dimension
) -> None:
    found = read(text)
    assert isinstance(found, Quantity)
    assert (found.value, found.dimension) == (value, dimension)


@pytest.mark.parametrize(
    ("expected", "value", "dimension"),
    [
        ((NUMBER,), 70_600_000_000, NUMBER),
        ((BYTE,), Fraction(706, 10), BYTE),
        ((NUMBER, BYTE), Fraction(706, 10), BYTE),
        ((TOK,), 70_600_000_000, NUMBER),
        ((), Fraction(706, 10), BYTE),
    ],
)
def test_b_follows_the_field(
    expected: tuple[Dimension, ...], value: Fraction | int, dimension: Dimension
) -> None:
    found = read("70.6 B", expected=expected)
    assert isinstance(found, Quantity)
    assert (found.value, found.dimension) == (value, dimension)


def test_b_inside_a_chain_is_always_bytes() -> None:
    found = read("3 B/s", expected=(NUMBER,))
    assert isinstance(found, Quantity)
    assert found.dimension == BANDWIDTH


@pytest.mark.parametrize(
    ("unit", "kind", "word", "suggestions"),
    [
        ("m", "ambiguous", "m", ("min", "ms", "M")),
        ("req/m", "ambiguous", "m", ("req/min", "req/mo")),
        ("Gb", "ambiguous", "Gb", ("GB", "Gbit")),
        ("Gb/s", "ambiguous", "Gb", ("GB/s", "Gbit/s")),
        ("gib", "unknown", "gib", ("GiB",)),
        ("mss", "unknown", "mss", ("ms",)),
        ("req/mnute", "unknown", "mnute", ("req/minute",)),
        ("minuts", "unknown", "minuts", ("minutes",)),
        ("rps", "ambiguous", "rps", ("req/s",)),
        ("TFLOPs", "ambiguous", "TFLOPs", ("TFLOP", "TFLOP/s")),
        ("K", "ambiguous", "K", ("k",)),
        ("qwertz", "unknown", "qwertz", ()),
        ("req//s", "unknown", "", ()),
        ("0s/", "unknown", "0s", ()),
        ("GiBs/ss", "unknown", "GiBs", ("GiB/secs",)),
        ("GiBs" + "/ss" * 5000, "unknown", "GiBs", ()),
    ],
)
def test_a_wrong_unit_says_what_to_write(
    unit: str, kind: str, word: str, suggestions: tuple[str, ...]
) -> None:
    found = parse_quantity(Decimal(5), unit=unit)
    assert isinstance(found, UnitProblem)
    assert (found.kind, found.word, found.suggestions) == (kind, word, suggestions)


@pytest.mark.parametrize("value", ["1e61", "1e999999999", "1e-999999999", "NaN", "Infinity"])
def test_a_number_beyond_use_is_refused_at_once(value: str) -> None:
    found = parse_quantity(Decimal(value), unit="s")
    assert isinstance(found, UnitProblem)
    assert found.kind == "too-large"


def test_money_has_its_currency_and_what_it_is_for() -> None:
    price = parse_money(Decimal("2.49"), "", "/gpu/h")
    assert isinstance(price, Quantity)
    assert price.dimension == GPU_PRICE
    assert price.value == Fraction(249, 360_000)
    budget = parse_money(Decimal(85), "k", "")
    assert isinstance(budget, Quantity)
    assert (budget.value, budget.dimension) == (85_000, USD)
    euros = parse_quantity(Decimal(10), unit="EUR")
    assert isinstance(euros, Quantity)
    assert euros.dimension != USD


@pytest.mark.parametrize(
    ("expected", "given_as", "fits"),
    [
        (RATE, PER_TIME, True),
        (TOK, NUMBER, True),
        (TOK, TIME, False),
        (TIME, NUMBER, False),
        (GPU_PRICE, USD / TIME, False),
        (BYTE, NUMBER, False),
        (COMPUTE, PER_TIME, False),
        (RATE, TOK_RATE, False),
    ],
)
def test_only_the_noun_of_a_count_may_be_left_out(
    expected: Dimension, given_as: Dimension, fits: bool
) -> None:
    assert accepts(expected, given_as) is fits


CHAINS = st.lists(st.sampled_from(unit_words()), min_size=1, max_size=3).map("/".join)
NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@given(value=NUMBERS, unit=CHAINS)
@settings(deadline=None, max_examples=300)
def test_a_quantity_prints_in_its_unit_and_reads_back(value: Decimal, unit: str) -> None:
    found = parse_quantity(value, unit=unit)
    assert isinstance(found, Quantity)
    size = unit_of(unit)
    assert not isinstance(size, UnitProblem)
    assert found.value == Fraction(value) * size[0]
    digits = found.shown.replace("$", "").replace("/", " ").partition(" ")[0]
    glued = unit.partition("/")[0] in {"%", "x", "k", "M", "G", "T"}
    number = digits.rstrip("%xkMGT") if glued else digits
    assert Fraction(number) == Fraction(value)


@given(text=st.text(max_size=12))
@settings(deadline=None, max_examples=300)
def test_any_text_as_a_unit_is_a_quantity_or_a_problem(text: str) -> None:
    found = parse_quantity(Decimal(1), unit=text)
    assert isinstance(found, Quantity | UnitProblem)
    if isinstance(found, UnitProblem):
        for suggestion in found.suggestions:
            assert isinstance(parse_quantity(Decimal(1), unit=suggestion), Quantity)
