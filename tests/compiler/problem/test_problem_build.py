"""Designs to serving problems."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.designs import given as stated
from support.designs import impossible_pi, problem_of, support_chat

from inferc.compiler.model import Design, Service
from inferc.compiler.problem import Quantity, build
from inferc.compiler.provenance import Confidence, Origin, Sourced

FIELDS = ("rate_per_s", "peak", "prompt_mean_tok", "output_mean_tok")


def with_services(design: Design, *services: Service) -> Design:
    return replace(design, services=services)


def renamed(service: Service, name: str) -> Service:
    return replace(service, name=name)


@pytest.mark.parametrize("design", [support_chat(), impossible_pi()], ids=["a100", "pi"])
def test_the_example_cases_are_those_spelled_out_by_hand(design: Design) -> None:
    assert build(design) == tuple(problem_of(service) for service in design.services)


def test_there_is_one_problem_for_each_service_in_their_order() -> None:
    (chat,) = support_chat().services
    problems = build(with_services(support_chat(), chat, renamed(chat, "night")))
    assert [problem.case.service for problem in problems] == ["chat", "night"]
    assert [unknown.path for unknown in problems[1].unknowns] == [
        "night.load.peak",
        "night.load.prompt_tokens",
        "night.load.output_tokens",
    ]


def test_a_design_without_services_has_no_problems() -> None:
    assert build(with_services(support_chat())) == ()


def test_what_is_stated_is_no_unknown() -> None:
    (chat,) = support_chat().services
    load = replace(chat.load, peak=stated(3.0))
    (problem,) = build(with_services(support_chat(), replace(chat, load=load)))
    assert [unknown.quantity for unknown in problem.unknowns] == [Quantity.PROMPT, Quantity.OUTPUT]
    assert problem.easiest().peak == problem.hardest().peak == 3.0


def test_an_unknown_keeps_where_it_comes_from() -> None:
    (chat,) = support_chat().services
    peak = Sourced(
        value=2.0,
        low=1.0,
        high=4.0,
        origin=Origin.ASSUMED,
        because="three weeks of gateway logs",
        confidence=Confidence.MEDIUM,
    )
    load = replace(chat.load, peak=peak)
    (problem,) = build(with_services(support_chat(), replace(chat, load=load)))
    (unknown, *_) = problem.unknowns
    assert (unknown.typical, unknown.low, unknown.high, unknown.unit) == (2.0, 1.0, 4.0, "x")
    assert (unknown.origin, unknown.confidence) == (Origin.ASSUMED, Confidence.MEDIUM)
    assert unknown.because == "three weeks of gateway logs"


def ranges() -> st.SearchStrategy[Sourced[float]]:
    """Return numbers with a range around them, sometimes none."""
    ends = st.floats(1.0, 1e4, allow_nan=False)
    return (
        st.tuples(ends, ends, ends)
        .map(sorted)
        .map(
            lambda three: Sourced(
                value=three[1], low=three[0], high=three[2], origin=Origin.DEFAULTED
            )
        )
    )


@settings(deadline=None, max_examples=60)
@given(peak=ranges(), prompt=ranges(), output=ranges(), rate=ranges())
def test_the_easiest_case_is_never_above_the_planned_one(
    peak: Sourced[float], prompt: Sourced[float], output: Sourced[float], rate: Sourced[float]
) -> None:
    (chat,) = support_chat().services
    load = replace(
        chat.load,
        rate_per_s=rate,
        peak=peak,
        prompt=replace(chat.load.prompt, mean_tok=prompt),
        output=replace(chat.load.output, mean_tok=output),
    )
    (problem,) = build(with_services(support_chat(), replace(chat, load=load)))
    easy, planned, hard = problem.easiest(), problem.case, problem.hardest()
    for field in FIELDS:
        assert getattr(easy, field) <= getattr(planned, field) <= getattr(hard, field)
    assert easy.peak_rate_per_s <= planned.peak_rate_per_s <= hard.peak_rate_per_s
    assert problem.at({}) == planned
    unknown = {item.path for item in problem.unknowns}
    assert len(unknown) == sum(item.low < item.high for item in (rate, peak, prompt, output))
