"""Plans and refusals told to programs."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import designs, plans

from inferc.cli.terminal import to_json
from inferc.compiler.plan import Margin, Plan, Refusal, Verdict
from inferc.report import plan_json
from inferc.report import refusal as refusals
from inferc.report.refusal import ERROR


def render_plan_json(plan: Plan) -> str:
    """Return what ``inferc plan --format json`` prints."""
    return to_json(plan_json.to_data(plan))


def render_refusal_json(plan: Plan) -> str:
    """Return what a refused plan prints."""
    return to_json(refusals.to_data(plan))


def plan_data(plan: Plan) -> dict[str, object]:
    return json.loads(render_plan_json(plan))


def test_the_error_is_exactly_this_text() -> None:
    data = json.loads(render_refusal_json(plans.impossible_pi_plan()))
    assert ERROR == "Hardware constraints insufficient for SLA"
    assert data["error"] == "Hardware constraints insufficient for SLA"
    assert next(iter(data)) == "error"


def test_a_refusal_lists_every_bound_with_its_arithmetic() -> None:
    data = json.loads(render_refusal_json(plans.impossible_pi_plan()))
    assert data["verdict"] == "infeasible"
    assert data["topology"] == "wishful"
    (bound,) = data["bounds"]
    assert bound["code"] == "INF402"
    assert bound["need"] == pytest.approx(141.1e9)
    assert bound["have"] == 4 * designs.GIB
    assert bound["ratio"] == pytest.approx(bound["need"] / bound["have"])
    assert [term["symbol"] for term in bound["terms"]][:1] == ["parameters"]
    (line,) = bound["lines"]
    assert (line["file"], line["line"], line["text"]) == ("designs.infer", 7, "p95 ttft <= 10ms")
    (change,) = data["nearest"]
    assert change["field"] == "count"


def test_a_refusal_without_bounds_shows_the_best_there_was() -> None:
    plan = plans.impossible_pi_plan()
    (line,) = designs.impossible_pi().services[0].objectives
    best = Margin(objective=line, predicted=float("inf"), ratio=float("inf"))
    refusal = Refusal(
        service="chat",
        bounds=(),
        nearest=(),
        best_effort=(best,),
        configuration=plans.CONFIGURATION,
    )
    data = json.loads(render_refusal_json(replace(plan, refusals=(refusal,))))
    assert data["bounds"] == []
    (effort,) = data["best_effort"]
    assert effort["configuration"]["tensor_parallel"] == 4
    assert effort["margins"] == [
        {"metric": "ttft", "percentile": 0.95, "predicted": None, "limit": 0.01, "ratio": None}
    ]


def test_an_infeasible_plan_is_a_refusal() -> None:
    plan = plans.impossible_pi_plan()
    assert render_plan_json(plan) == render_refusal_json(plan)


def test_a_plan_in_base_units() -> None:
    data = plan_data(plans.support_chat_plan())
    assert data["format_version"] == "1.0"
    assert data["verdict"] == "conditional"
    assert str(data["summary"]).startswith("conditional: ")
    (service,) = data["services"]
    assert service["name"] == "chat"
    assert service["configuration"]["tensor_parallel"] == 4
    assert service["configuration"]["accelerators"] == 8
    assert service["estimate"]["ttft_s"]["p95"] == 0.41
    assert service["estimate"]["memory"]["total_bytes"] == 80 * designs.GIB
    first = service["margins"][0]
    assert (first["metric"], first["limit_s"], first["ratio"]) == ("ttft", 0.5, 0.82)
    assert first["at"] == {"file": "designs.infer", "line": 3, "column": 1}


def test_what_a_plan_rests_on() -> None:
    (service,) = plan_data(plans.support_chat_plan())["services"]
    peak = service["assumptions"][0]
    assert peak["path"] == "chat.load.peak"
    assert peak["decides"] is True
    assert peak["low"] < peak["value"] < peak["holds_up_to"] < peak["high"]
    (flip,) = peak["flips"]
    assert (flip["below"], flip["above"]) == ("feasible", "conditional")
    assert service["envelope"][1]["holds_up_to_peak"] == 0.0


def test_losers_are_kept() -> None:
    (service,) = plan_data(plans.support_chat_plan())["services"]
    choice = next(c for c in service["choices"] if c["path"] == "chat.tensor_parallel")
    assert [loser["value"] for loser in choice["alternatives"]] == ["2", "8"]


SUFFIX = re.compile(r"_(s|tok|bytes|per_s)$")
DIMENSIONED = {"ttft", "itl", "tpot", "e2e", "limit", "predicted", "load_time", "price"}


def keys(value: object) -> set[str]:
    """Return every key of a nested object."""
    if isinstance(value, dict):
        return {str(key) for key in value} | {k for item in value.values() for k in keys(item)}
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    return set()


def test_no_quantity_stands_without_its_unit() -> None:
    found = keys(plan_data(plans.support_chat_plan()))
    assert DIMENSIONED & found == set()
    assert {"ttft_s", "limit_s", "kv_cache_tok", "capacity_req_per_s", "weights_bytes"} <= found
    assert all(SUFFIX.search(key) for key in found if key.endswith(("bytes", "_s", "_tok")))


numbers = st.one_of(st.floats(), st.just(float("inf")), st.just(float("nan")))


@settings(deadline=None)
@given(predicted=numbers, ratio=numbers, tpot=numbers, busy=numbers)
def test_whatever_the_estimate_the_json_is_json(
    predicted: float, ratio: float, tpot: float, busy: float
) -> None:
    (service,) = plans.support_chat_plan().services
    margin = replace(service.margins[0], predicted=predicted, ratio=ratio)
    estimate = replace(service.estimate, tpot_s=tpot, utilisation=busy)
    changed = replace(service, margins=(margin,), estimate=estimate)
    rendered = render_plan_json(plans.plan_of("t", changed))
    assert json.loads(rendered, parse_constant=refuse)


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def test_two_renderings_are_the_same_bytes() -> None:
    first, second = plans.support_chat_plan(), plans.support_chat_plan()
    assert render_plan_json(first) == render_plan_json(second)
    assert first.verdict is Verdict.CONDITIONAL
