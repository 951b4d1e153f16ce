"""The picture of a simulation: the same bytes each time, with what is to be seen in it."""

import re
import warnings
from dataclasses import replace

import pytest
from support.trials import plan_of

from inferc.compiler.simulation.traces import Trace, survey
from inferc.compiler.trial import Order, Recording, Trial, build
from inferc.pictures.chart import draw_trials

SLA = "p95 ttft <= 2s; prefer p99 itl <= 90ms; e2e <= 20s"


@pytest.fixture(scope="module")
def trial() -> Trial:
    return build(plan_of(sla=SLA), Order(requests=200, seeds=2))


def renamed(trial: Trial, title: str) -> Trial:
    service = trial.plan.service
    model = replace(service.model, title=title)
    return replace(trial, plan=replace(trial.plan, service=replace(service, model=model)))


@pytest.fixture(scope="module")
def picture(trial: Trial) -> bytes:
    return draw_trials([trial], "svg")


def size_of(svg: bytes) -> tuple[float, float]:
    found = re.search(rb'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    assert found
    return float(found[1]), float(found[2])


def test_the_same_trial_gives_the_same_bytes(trial: Trial, picture: bytes) -> None:
    assert picture == draw_trials([trial], "svg")
    assert b"<dc:date>" not in picture


def test_pixels_are_the_same_each_time_too(trial: Trial) -> None:
    first, second = (draw_trials([trial], "png") for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")


def test_another_trial_is_another_picture(picture: bytes) -> None:
    other = build(plan_of(sla=SLA), Order(requests=200, seeds=2, rate_per_s=2.0))
    assert picture != draw_trials([other], "svg")


def test_several_services_stand_below_each_other(trial: Trial, picture: bytes) -> None:
    two = size_of(draw_trials([trial] * 2, "svg"))
    assert two[1] == pytest.approx(2 * size_of(picture)[1], rel=0.01)


def test_a_metric_is_drawn_where_the_sla_is_about_it(picture: bytes) -> None:
    """Two always; with lines on ITL and E2E, four. One request is enough for all of it."""
    plain = draw_trials([build(plan_of(), Order(requests=1, seeds=1))], "svg")
    assert size_of(picture)[0] == pytest.approx(2 * size_of(plain)[0], rel=0.01)


@pytest.mark.parametrize("title", ["cash $1$ \\frac{ <b>&", "\N{SNOWMAN}\U00020000" + "a" * 300])
def test_names_are_drawn_as_they_are(trial: Trial, title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw_trials([renamed(trial, title)], "svg")


@pytest.mark.parametrize(("prompt", "output"), [(300, 1), (10**6, 10)])
def test_what_was_not_measured_is_not_drawn(prompt: int, output: int) -> None:
    """Answers of one token, and requests that were all refused."""

    def lines() -> list[str]:
        return ["at_s,prompt,output", *(f"{place},{prompt},{output}" for place in range(5))]

    trace = survey("t.csv", lines())
    assert isinstance(trace, Trace)
    trial = build(plan_of(sla=SLA), Order(recording=Recording(trace=trace, lines=lines)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw_trials([trial], "svg")
