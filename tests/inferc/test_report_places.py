"""What people and programs are told of machines: the type, how many, how they are had."""

import json
from dataclasses import replace
from functools import cache

import pytest
from support import designs, plans
from support.repository import ROOT

from inferc import api
from inferc.cli.terminal import to_json
from inferc.compiler.model import Place
from inferc.compiler.plan import Plan, Verdict
from inferc.report import plan_json
from inferc.report.explain import explain_path
from inferc.report.plan_text import render_plan

EXAMPLE = ROOT / "examples" / "cloud-instances" / "topology.infer"


@cache
def planned_example() -> api.Planned:
    return api.plan(EXAMPLE)


def on(place: Place) -> Plan:
    base = designs.support_chat().services[0]
    return plans.plan_of("support_chat", plans.service_plan(replace(base, place=place)))


def rented(market: str, nodes: float = 2.0) -> Place:
    return replace(
        designs.a100_node(nodes),
        instance="instance.aws.p4de_24xlarge",
        instance_type="p4de.24xlarge",
        cloud="aws",
        market=market,
    )


@pytest.mark.parametrize("market", ["on_demand", "reserved", "spot"])
def test_the_plan_says_which_machines_and_how_they_are_had(market: str) -> None:
    said = render_plan(on(rented(market)), designs.support_chat())
    machines = f"(2 x p4de.24xlarge, {market.replace('_', ' ')}, of 8 x NVIDIA A100 80GB SXM)"
    assert machines in " ".join(said.split())


def test_machines_of_ones_own_are_told_as_before() -> None:
    said = render_plan(on(designs.a100_node(2.0)), designs.support_chat())
    assert "(2 nodes of 8 x NVIDIA A100 80GB SXM)" in said
    assert "demand" not in said.splitlines()[2]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (rented("spot"), ("instance.aws.p4de_24xlarge", "spot", 2)),
        (designs.a100_node(3.0), (None, "owned", 3)),
    ],
)
def test_programs_are_told_the_same(place: Place, expected: tuple[str | None, str, int]) -> None:
    (service,) = json.loads(to_json(plan_json.to_data(on(place))))["services"]
    assert (service["instance"], service["market"], service["nodes"]) == expected


def test_the_example_is_planned_and_says_why() -> None:
    planned = planned_example()
    assert planned.ok
    (plan,) = planned.plans
    (chat,) = plan.services
    assert plan.verdict is Verdict.FEASIBLE
    place = chat.service.place
    assert place.market in {"on_demand", "spot"}
    assert place.instance_type != "p5.48xlarge"
    paths = [item.path for item in chat.choices[:5]]
    assert paths == ["chat.on", "chat.instance", "chat.market", "chat.nodes", "chat.survives"]
    excluded = next(
        loser for loser in chat.choices[1].alternatives if loser.value == "aws.p5_48xlarge"
    )
    assert "the quota for it is spoken for" in excluded.reason
    assert chat.price_usd_per_s is not None


def test_an_overlay_takes_it_to_one_machine() -> None:
    planned = api.plan(EXAMPLE, env="dev")
    (chat,) = planned.plans[0].services
    assert chat.service.place.path == "eks.realtime"
    assert (chat.service.place.nodes.value, chat.service.place.market) == (1, "on_demand")
    assert not [item for item in chat.choices if item.path == "chat.survives"]


def test_what_may_be_lost_is_not_offered_as_a_pin() -> None:
    planned = planned_example()
    said = explain_path(planned.plans[0], "chat.survives")
    assert said is not None
    assert "pin {" not in said
    assert "follows from" in said


def test_the_example_compiles_for_every_target() -> None:
    compiled = api.compile(EXAMPLE)
    assert compiled.ok, compiled.diagnostics
    targets = {output.target for output in compiled.outputs}
    assert {"kubernetes", "pulumi", "diagram"} <= targets
    (kubernetes,) = (output for output in compiled.outputs if output.target == "kubernetes")
    assert any(b"node.kubernetes.io/instance-type" in file.content for file in kubernetes.artifacts)
