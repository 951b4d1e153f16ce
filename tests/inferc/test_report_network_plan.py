"""The plans of networks as people and programs read them."""

import json
from pathlib import Path

import pytest
from support.commands import call
from support.network_plans import design, plan, program, service

from inferc import api
from inferc.compiler.plan import Verdict
from inferc.compiler.units import show
from inferc.dsl import Severity
from inferc.report.cost_text import render_cost
from inferc.report.explain import explain_path, known_paths
from inferc.report.plan_json import to_data
from inferc.report.plan_text import render_plan

PRICED = "nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm; price = $2/gpu/h"
SOURCE = program(service(), pool=PRICED)
EXAMPLE = "examples/mixed-models/topology.infer"


def test_the_text_says_what_is_deployed_and_what_it_does() -> None:
    answer = plan(SOURCE)
    text = render_plan(answer, design(SOURCE))
    shape = answer.networks[0].configuration
    for part in (
        "embed   BGE M3 on dc.gpu (8 x NVIDIA A100 80GB SXM)",
        f"replicas {shape.replicas}",
        f"max_batch_size {shape.max_batch_size}",
        "p95 latency",
        "<= 80 ms",
        "80% of such estimates",
        "/1,000 sequences",
    ):
        assert part in text
    assert all(len(line) <= 140 for line in text.splitlines())


def test_the_json_has_the_figures_of_the_plan() -> None:
    answer = plan(SOURCE)
    data = json.loads(json.dumps(to_data(answer)))
    (told,) = data["networks"]
    item = answer.networks[0]
    assert told["configuration"]["replicas"] == item.configuration.replicas
    assert told["estimate"]["latency_s"]["p95"] == item.estimate.latency_s["p95"]
    assert told["margins"][0]["metric"] == "latency"
    hourly = told["price_usd_per_s"] * 3600
    assert hourly == pytest.approx(2 * item.accelerators)
    assert told["usd_per_item"] == pytest.approx(told["price_usd_per_s"] / 800)
    assert data["services"] == []


def test_a_plan_without_networks_says_nothing_of_them() -> None:
    chat = service(
        "chat",
        "cat.models.meta.llama_3_1_8b_instruct",
        load="rate = 2 req/s",
        sla="p95 ttft <= 2s",
    )
    assert "networks" not in to_data(plan(program(chat)))


def test_decisions_and_numbers_of_networks_are_explained() -> None:
    answer, meant = plan(SOURCE), design(SOURCE)
    paths = known_paths(answer, meant)
    for name in ("max_batch_size", "share", "load.items", "load.input_tokens", "sla"):
        assert f"embed.{name}" in paths
    told = explain_path(answer, "embed.max_batch_size", meant)
    assert told is not None
    assert "chosen by the planner" in told
    lengths = explain_path(answer, "embed.load.input_tokens", meant)
    assert lengths is not None
    assert "300 tok" in lengths


def test_a_refusal_of_a_network_reads_like_any_other() -> None:
    source = program(service(sla="p95 latency <= 100us"))
    answer = plan(source)
    assert answer.verdict is Verdict.INFEASIBLE
    text = render_plan(answer, design(source))
    assert "INF441" in text
    assert to_data(answer)["error"]


def test_the_example_is_planned_and_drawn_and_not_emitted() -> None:
    planned = api.draw(EXAMPLE)
    assert planned.ok
    assert not planned.refused
    (topology,) = planned.topologies
    names = [item.service.name for item in topology.networks]
    assert names == ["embed", "rerank", "vision"]
    drawn, wrong = api.picture(planned.topologies, "mermaid")
    assert not wrong
    assert b"2g.20gb" in drawn
    refused = api.emit(planned, order=api.Order(targets=("kubernetes", "pulumi")))
    errors = [item for item in refused.diagnostics if item.severity is Severity.ERROR]
    assert {item.code for item in errors} == {"INF621"}  # nobody says where their files are
    assert {name for name in names if f"`{name}`" in str(errors)} == set(names)


def test_the_cost_of_a_plan_is_that_of_networks_too() -> None:
    answer, meant = plan(SOURCE), design(SOURCE)
    price = answer.networks[0].price_usd_per_s
    assert price is not None
    assert show(price, "usd_per_s") in render_cost(answer, meant).splitlines()[0]


def test_a_simulation_says_which_services_it_leaves_out(tmp_path: Path) -> None:
    file = tmp_path / "mixed.infer"
    file.write_text(SOURCE.text, encoding="utf-8")
    done = call("simulate", file, "--requests", "20")
    assert done.code == 0
    assert "networks are planned, and not simulated: embed" in done.out


def test_a_plan_of_one_network_can_be_asked_for_and_a_front_says_why_it_has_none() -> None:
    """The example has services of both kinds."""
    file = EXAMPLE
    name = api.plan(file).plans[0].networks[0].service.name
    done = call("plan", file, "--service", name)
    assert done.code == 0
    assert f"  {name}   " in done.out
    refused = call("pareto", file, "--service", name)
    assert refused.code == 2
    assert f"`{name}` serves a network" in refused.err
