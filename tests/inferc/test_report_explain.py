"""Why a value is what it is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, plans

from inferc import api
from inferc.compiler.model import TYPICAL_TAIL, Decision
from inferc.compiler.plan import Plan
from inferc.dsl import SourceFile
from inferc.report.explain import explain_path, known_paths, suggest
from inferc.report.plan_text import render_plan

PLAN = plans.support_chat_plan()


def explained(path: str, plan: Plan = PLAN) -> str:
    text = explain_path(plan, path)
    assert text is not None
    return text


def test_a_choice_shows_its_losers_with_numbers() -> None:
    assert (
        explained("chat.tensor_parallel")
        == """\
chat.tensor_parallel = 4   chosen by the planner
  the most room under the SLA

  looked at, and not taken
    2  1.04x  70.6 GB of weights leave no KV cache
    8  1.24x  p95 ttft 620ms of 500ms

  nobody wrote it; to take the decision back:
    pin { chat.tensor_parallel = 4 because "…" }
"""
    )


def test_a_value_of_the_file_shows_who_wrote_it() -> None:
    assert (
        explained("chat.precision")
        == """\
chat.precision = fp16   written in the file
  the most room under the SLA

  written by
    designs.infer:1  precision = fp16
"""
    )


def test_what_an_overlay_replaced_is_shown_before_what_holds() -> None:
    text = """infer 1
import std.catalog as cat

topology t {
  model m { source = cat.models.meta.llama_3_1_8b_instruct }
  device box { hardware = cat.gpu.nvidia.h100_80gb_sxm }
  service chat {
    model = m
    on    = box
    load { rate = 5 req/s }
    sla { p95 ttft <= 1s }
  }
  env prod {
    chat.load.rate = 20 req/s
    p95 chat.sla.ttft <= 800ms
  }
}
"""
    planned = api.plan(SourceFile("desk.infer", text), env="prod")
    (plan,), (design,) = planned.plans, planned.designs
    for path, lines in (
        ("chat.load.rate", ("desk.infer:10: rate = 5 req/s", "desk.infer:14: chat.load.rate")),
        ("chat.sla.p95.ttft", ("desk.infer:11: p95 ttft <= 1s", "desk.infer:15: p95 chat.sla")),
    ):
        shown = explain_path(plan, path, design)
        assert shown is not None
        first, last = (shown.index(line) for line in lines)
        assert first < shown.index("replaced by the next") < last


# operator, values, whether they are a range, how it is shown
WRITERS = [
    ("=", (4.0,), False, "tensor_parallel = 4"),
    ("in", (2.0, 4.0), False, "tensor_parallel in [2, 4]"),
    ("not in", (8.0,), False, "tensor_parallel not in [8]"),
    ("in", (2.0, 8.0), True, "tensor_parallel in 2..8"),
    ("<=", (4.0,), False, "tensor_parallel <= 4"),
]


@pytest.mark.parametrize(("operator", "values", "is_range", "shown"), WRITERS)
def test_every_writer_is_shown(
    operator: str, values: tuple[float, ...], is_range: bool, shown: str
) -> None:
    pin = Decision(
        field="tensor_parallel",
        operator=operator,
        values=values,
        is_range=is_range,
        because="change freeze",
        span=designs.span_of("shape = spiky"),
    )
    design = designs.support_chat((pin,))
    plan = plans.plan_of(design.name, plans.service_plan(design.services[0]))
    text = explained("chat.tensor_parallel", plan)
    line = next(line for line in text.splitlines() if "change freeze" in line)
    assert line.split() == ["designs.infer:2", *shown.split(), "change", "freeze"]
    assert "nobody wrote it" not in text


def test_demand_that_nobody_stated() -> None:
    (service,) = PLAN.services
    (item,) = (a for a in service.assumptions if a.unknown.path == "chat.load.output_tokens")
    number, length = item.unknown, service.service.load.output
    reach, usual = length.p95_over_mean.value, TYPICAL_TAIL.removesuffix(" traces")
    assert (
        explained("chat.load.output_tokens")
        == f"""\
chat.load.output_tokens = {number.typical:g} tok   defaulted
  tokens of an answer on average; nobody stated the p95: planned is {reach:g}x that, {usual}
  traces, and what no software can is shown for lengths that are all alike

  nobody said; the catalog's typical value, {length.mean_tok.source} {length.mean_tok.as_of}

  decides: holds up to {item.holds_up_to:.0f} tok
  may be {number.low:g} tok .. {number.high:g} tok
  once stated: feasible up to {item.holds_up_to:.0f} tok, conditional above

  once you know better:
    assume {{ chat.load.output_tokens = {number.typical:g} tok because "…" confidence medium }}
"""
    )


def test_demand_that_the_file_states() -> None:
    text = explained("chat.load.rate")
    assert "chat.load.rate = 16.7 req/s   given" in text
    assert "written in designs.infer:1: 1000 req/min" in text
    assert "assume {" not in text


def test_the_sla_with_its_lines() -> None:
    text = explained("chat.sla")
    assert "p95 ttft" in text
    assert "designs.infer:3" in text
    assert "prefer" in text
    assert "margin 18%" in text
    assert "must hold" in explained("chat.sla.p95.ttft")
    assert "is preferred" in explained("chat.sla.p95.itl")


def test_lines_on_the_same_figure_are_explained_together_and_cold_ones_apart() -> None:
    (service,) = PLAN.services
    first = service.service.objectives[0]
    wish = replace(first, hard=False, limit=designs.given(0.2))
    cold = replace(first, condition="cold", limit=designs.given(30.0))
    own = replace(service.service, objectives=(first, wish, cold))
    plan = plans.plan_of("t", replace(service, service=own))
    both = explained("chat.sla.p95.ttft", plan)
    assert "<= 500 ms   must hold" in both
    assert "<= 200 ms   is preferred" in both
    assert "30 s" not in both
    assert "p95 ttft at cold <= 30 s" in explained("chat.sla.p95.ttft.at.cold", plan)


def test_a_missed_line_says_by_how_much() -> None:
    (service,) = PLAN.services
    late = replace(service.margins[0], predicted=0.75, ratio=1.5)
    plan = plans.plan_of("t", replace(service, margins=(late,)))
    assert "predicted 750 ms: missed, 1.5x the limit" in explained("chat.sla.p95.ttft", plan)


def test_the_demand_of_a_refused_service_is_explained_too() -> None:
    refused, design = plans.impossible_pi_plan(), designs.impossible_pi()
    assert explain_path(refused, "chat.load.rate") is None
    text = explain_path(refused, "chat.load.rate", design)
    assert text is not None
    assert "1,000,000 req/s" in text


@pytest.mark.parametrize("path", known_paths(PLAN))
def test_every_known_path_is_explained(path: str) -> None:
    text = explained(f" {path} ")
    assert text.endswith("\n")
    assert all(line == line.rstrip() for line in text.splitlines())


# what was written, the first suggestion
MISSPELT = [
    ("chat.tensor_paralel", "chat.tensor_parallel"),
    ("chat.replica", "chat.replicas"),
    ("tensor_parallel", "chat.tensor_parallel"),
    ("chat.peak", "chat.load.peak"),
    ("chat.load.prompt_token", "chat.load.prompt_tokens"),
    ("Chat.engine", "chat.engine"),
]


@pytest.mark.parametrize(("path", "meant"), MISSPELT)
def test_the_likeliest_path_is_suggested_first(path: str, meant: str) -> None:
    assert explain_path(PLAN, path) is None
    assert suggest(PLAN, path)[0] == meant


def test_nothing_is_suggested_for_what_is_like_nothing() -> None:
    assert suggest(PLAN, "zzz") == ()


@settings(deadline=None)
@given(path=st.text())
def test_any_path_is_explained_or_not(path: str) -> None:
    known = path.strip() in known_paths(PLAN)
    assert (explain_path(PLAN, path) is not None) is known
    assert set(suggest(PLAN, path)) <= set(known_paths(PLAN))


UNSTATED = """infer 1
import std.catalog as cat
topology t {
  cluster dc { pool gpu { nodes = 1; gpu = 2 * cat.gpu.nvidia.l40s; network = 100 Gbps } }
  service chat {
    model = cat.models.meta.llama_3_1_8b_instruct
    on = dc.gpu
    goal = throughput
    load { prompt_tokens = 500; output_tokens = dist(mean = 100, p95 = 150) }
  }
}
"""


def unstated(path: str) -> str:
    answer = api.plan(SourceFile("unstated.infer", UNSTATED))
    text = explain_path(answer.plans[0], path, answer.designs[0])
    assert text is not None
    return " ".join(text.split())


def test_a_tail_that_nobody_stated_is_told() -> None:
    said = unstated("chat.load.prompt_tokens")
    assert "nobody stated the p95: planned is 3.5x that, typical of published traces" in said
    assert "the p95 is 1.5x that" in unstated("chat.load.output_tokens")


def test_a_load_that_is_as_high_as_can_be_is_told() -> None:
    rate = unstated("chat.load.rate")
    assert "= 0 " not in rate
    assert "no rate is stated and the goal is throughput: as much as the hardware carries" in rate
    assert "all the time" in unstated("chat.load.peak")
    assert "nothing is asked for" in unstated("chat.sla")
    for path in ("chat.load.rate", "chat.load.peak"):
        assert "catalog" not in unstated(path)
        assert "given" not in unstated(path)


def test_a_plan_says_with_which_tails_it_is_made() -> None:
    answer = api.plan(SourceFile("unstated.infer", UNSTATED))
    text = " ".join(render_plan(answer.plans[0], answer.designs[0]).split())
    assert "nobody stated the p95 of prompts: planned is 3.5x their mean" in text
    assert "nothing but what the file and the catalog state" not in text
