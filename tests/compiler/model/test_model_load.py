"""What is stated, assumed and left open about the load of a service."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.models import service_of

from inferc.compiler.model import Load
from inferc.compiler.provenance import Confidence, Origin, Sourced

GIVEN, ASSUMED, DEFAULTED, CATALOG = Origin.GIVEN, Origin.ASSUMED, Origin.DEFAULTED, Origin.CATALOG


def load_of(load: str = "", assumed: str = "", **parts: str) -> Load:
    more = f"assume {{ {assumed} }}" if assumed else ""
    return service_of(load=load, more=more, **parts).load


def summary(number: Sourced[float]) -> tuple[float, float, float, Origin]:
    return number.low, number.value, number.high, number.origin


def test_nothing_is_said_of_lengths_and_peak() -> None:
    load = load_of()
    assert summary(load.prompt.mean_tok) == (20, 200, 2048, DEFAULTED)
    assert summary(load.output.mean_tok) == (28, 110, 441, DEFAULTED)
    assert summary(load.peak) == (1, 1.5, 4.2, DEFAULTED)
    assert summary(load.prompt.p95_over_mean) == (1, 3.5, 3.5, DEFAULTED)
    assert summary(load.output.p95_over_mean) == (1, 2.5, 2.5, DEFAULTED)
    assert load.shape == ""
    assert load.peak.source
    assert load.peak.as_of == "2025-02-25"
    assert load.peak.text == "1.5x"
    assert load.prompt.mean_tok.text == "200 tok"


@pytest.mark.parametrize(
    ("load", "assumed", "expected"),
    [
        ("shape = steady", "", (1, 1, 1, GIVEN)),
        ("shape = spiky", "", (1.5, 2.0, 4.2, DEFAULTED)),
        ("shape = spiky(peak = 3x)", "", (3, 3, 3, GIVEN)),
        ("shape = spiky(peak = 2x..5x)", "", (2, 3.5, 5, GIVEN)),
        ("shape = spiky; peak = 3x", "", (3, 3, 3, GIVEN)),
        ("shape = steady()", "", (1, 1, 1, GIVEN)),
        ("peak = 2.5x", "", (2.5, 2.5, 2.5, GIVEN)),
        ("peak = 2x..4x", "", (2, 3, 4, GIVEN)),
        ("peak = between(low = 2x, high = 9x, typical = 3x)", "", (2, 3, 9, GIVEN)),
        ("", 'chat.load.peak = 2x because "logs" confidence medium', (1, 2, 4.2, ASSUMED)),
        ("", 'chat.load.peak = 7x because "logs" confidence low', (1, 7, 7, ASSUMED)),
        (
            "shape = spiky",
            'chat.load.peak = 1.2x because "logs" confidence low',
            (1.2, 1.2, 4.2, ASSUMED),
        ),
        ("", 'chat.load.peak = 2x because "logs" confidence high', (2, 2, 2, ASSUMED)),
        ("", 'chat.load.peak = 2x..3x because "logs" confidence low', (2, 2.5, 3, ASSUMED)),
    ],
)
def test_the_peak(load: str, assumed: str, expected: tuple[float, float, float, Origin]) -> None:
    assert summary(load_of(load, assumed).peak) == expected


@pytest.mark.parametrize(
    ("load", "assumed", "expected", "ratio"),
    [
        ("prompt_tokens = 290 tok", "", (290, 290, 290, GIVEN), 3.5),
        ("prompt_tokens = 290", "", (290, 290, 290, GIVEN), 3.5),
        ("prompt_tokens = 100 tok..400 tok", "", (100, 250, 400, GIVEN), 3.5),
        ("prompt_tokens = dist(mean = 200, p95 = 700)", "", (200, 200, 200, GIVEN), 3.5),
        ("prompt_tokens = dist(mean = 200, p95 = 500)", "", (200, 200, 200, GIVEN), 2.5),
        ("prompt_tokens = dist(mean = 200, p95_over_mean = 2)", "", (200, 200, 200, GIVEN), 2.0),
        ("prompt_tokens = dist(mean = 200)", "", (200, 200, 200, GIVEN), 3.5),
        (
            "",
            'chat.load.prompt_tokens = dist(mean = 300, p95 = 600) because "x" confidence medium',
            (20, 300, 2048, ASSUMED),
            2.0,
        ),
        (
            "",
            'chat.load.prompt_tokens = 5000 tok because "x" confidence low',
            (20, 5000, 5000, ASSUMED),
            3.5,
        ),
        (
            "",
            'chat.load.prompt_tokens = 300 tok because "x" confidence high',
            (300, 300, 300, ASSUMED),
            3.5,
        ),
        ("workload = conversation", "", (70, 285, 1155, DEFAULTED), 3.5),
        ("workload = code_completion", "", (2048, 2048, 2048, CATALOG), 3.6),
        ("workload = code_completion; prompt_tokens = 900", "", (900, 900, 900, GIVEN), 3.6),
    ],
)
def test_the_length_of_prompts(
    load: str, assumed: str, expected: tuple[float, float, float, Origin], ratio: float
) -> None:
    prompt = load_of(load, assumed).prompt
    assert summary(prompt.mean_tok) == expected
    assert prompt.p95_over_mean.value == pytest.approx(ratio)


def test_prompt_and_output_do_not_mix() -> None:
    load = load_of("prompt_tokens = 300; output_tokens = dist(mean = 80, p95 = 160)")
    assert (load.prompt.mean_tok.value, load.output.mean_tok.value) == (300, 80)
    assert load.output.p95_over_mean.value == 2.0
    assert summary(load.prompt.p95_over_mean) == (1, 3.5, 3.5, DEFAULTED)
    assert load.output.p95_over_mean.origin is GIVEN


def test_the_rate_is_in_requests_a_second() -> None:
    assert load_of(rate="1000 req/min").rate_per_s.value == pytest.approx(1000 / 60)
    assert load_of(rate="1M req/s").rate_per_s.value == 1e6
    assert summary(load_of(rate="10 req/s..30 req/s").rate_per_s) == (10, 20, 30, GIVEN)


def test_an_assumption_keeps_its_reason() -> None:
    peak = load_of("", 'chat.load.peak = 2x because "three weeks of logs" confidence medium').peak
    assert peak.because == "three weeks of logs"
    assert peak.confidence is Confidence.MEDIUM
    assert peak.text == "2x"
    assert peak.span is not None
    assert "chat.load.peak" in peak.span.source.line(peak.span.line)


def test_a_shape_and_a_workload_may_be_ones_own() -> None:
    own = """
  shape rush { peak = between(low = 2x, high = 20x, typical = 8x) }
  workload tickets {
    prompt_tokens = dist(mean = 700 tok, p95_over_mean = 2)
    output_tokens = dist(mean = 60 tok, p95_over_mean = 3)
  }
"""
    load = load_of("shape = rush; workload = tickets", facts=own)
    assert summary(load.peak) == (2, 8, 20, DEFAULTED)
    assert load.shape == "rush"
    assert load.prompt.mean_tok.value == 700
    assert load.output.p95_over_mean.value == 3


@settings(deadline=None, max_examples=25)
@given(value=st.decimals(1, 50, places=2), confidence=st.sampled_from(["low", "medium", "high"]))
def test_an_assumed_peak_lies_in_its_range_which_never_shrinks(
    value: object, confidence: str
) -> None:
    known = load_of("shape = spiky").peak
    line = f'chat.load.peak = {value}x because "x" confidence {confidence}'
    peak = load_of("shape = spiky", line).peak
    assert peak.low <= peak.value <= peak.high
    assert peak.value == pytest.approx(float(str(value)))
    if confidence == "high":
        assert peak.low == peak.high
    else:
        assert peak.low == pytest.approx(min(known.low, peak.value))
        assert peak.high == pytest.approx(max(known.high, peak.value))
