"""Where a service may run: machines, markets, numbers of nodes, and their prices."""

import pytest
from support.models import NoFiles, messages

from inferc.compiler.load import load
from inferc.compiler.model import Outcome, Place, Service, build
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import resolve
from inferc.compiler.units import from_unit
from inferc.dsl import SourceFile, has_errors

PROGRAM = """infer 1
import std.catalog as cat

{facts}

topology t {{
  {clouds}

  cluster eks {{
    platform = kubernetes
    {owner}

    pool gpu {{
      {pool}
    }}
  }}

  cluster dc {{
    platform = kubernetes

    pool a {{ nodes = 2; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm; price = $1.50/gpu/h }}
    pool b {{ gpu = 4 * cat.gpu.nvidia.l40s }}
  }}

  model tiny {{ source = cat.models.tinyllama_1_1b_chat }}

  service chat {{
    model = tiny
    {on}
    {service}
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}

  {more}
}}

{env}
"""
DEFAULTS = {
    "facts": "",
    "clouds": 'cloud aws { region = "us-east-1" }',
    "owner": "on = aws",
    "pool": "instances = aws.p5_48xlarge",
    "on": "on = eks.gpu",
    "service": "",
    "more": "",
    "env": "",
}
HOUR = from_unit(1, "h")


def outcome(*, overlay: str | None = None, **parts: str) -> Outcome:
    """Return what the program means with some of its parts replaced; it must resolve."""
    loaded = load(SourceFile("t.infer", PROGRAM.format(**(DEFAULTS | parts))), NoFiles())
    assert not has_errors(loaded.diagnostics), messages(loaded.diagnostics)
    found = resolve(loaded, env=overlay)
    assert not has_errors(found.diagnostics), messages(found.diagnostics)
    return build(found.resolved)


def service(*, overlay: str | None = None, **parts: str) -> Service:
    found = outcome(overlay=overlay, **parts)
    assert not found.diagnostics, messages(found.diagnostics)
    ((only,),) = (design.services for design in found.designs)
    return only


def places(**parts: str) -> tuple[Place, ...]:
    found = service(**parts)
    return found.places or (found.place,)


def codes(**parts: str) -> list[str]:
    return [item.code for item in outcome(**parts).diagnostics]


def usd_per_h(place: Place) -> float | None:
    return None if place.price_usd_per_s is None else place.price_usd_per_s.value * HOUR


# ---- machines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pool",
    [
        "instances = aws.p5_48xlarge",
        "instances = cat.instance.aws.p5_48xlarge",
        "instances in [aws.p5_48xlarge]",
        "instances in [aws.p4d_24xlarge, aws.p5_48xlarge]; instances not in [aws.p4d_24xlarge]",
    ],
)
def test_a_machine_of_a_cloud_says_what_a_node_is(pool: str) -> None:
    (found,) = places(pool=pool)
    assert found.instance == "instance.aws.p5_48xlarge"
    assert (found.instance_type, found.cloud, found.market) == ("p5.48xlarge", "aws", "on_demand")
    assert found.accelerator.id == "gpu.nvidia.h100_80gb_sxm"
    assert found.per_node == 8
    assert (found.vcpus, found.memory_bytes) == (192, 2048 * 2**30)
    assert usd_per_h(found) == pytest.approx(55.04 / 8)
    network = found.network.bandwidth_bytes_per_s
    assert network.value == pytest.approx(from_unit(400, "Gbps")), "an eighth of 3200 Gbit/s"
    assert network.origin is Origin.CATALOG
    assert network.source


@pytest.mark.parametrize("name", ["aws", "prod", "gcp"])
def test_a_block_of_that_name_does_not_hide_the_machines_of_a_cloud(name: str) -> None:
    clouds = f'cloud {name} {{ provider = aws; region = "us-east-1" }}'
    (found,) = places(clouds=clouds, owner=f"on = {name}")
    assert found.instance == "instance.aws.p5_48xlarge"


def test_what_lines_leave_nothing_of_a_pin_does_not_bring_back() -> None:
    pool = "instances = aws.p5_48xlarge; market not in [on_demand, spot, reserved]"
    assert codes(pool=pool)
    pin = 'pin { eks.gpu.market = reserved because "a contract" }'
    assert codes(pool=pool, more=pin) == codes(pool=pool)


def test_several_machines_and_markets_are_as_many_places_as_they_have_combinations() -> None:
    found = places(
        clouds='cloud azure { region = "eastus" }',
        owner="on = azure",
        pool="instances in [azure.nc24ads_a100_v4, azure.nd96isr_h100_v5]\n"
        "market in [on_demand, spot]; nodes in 1..4",
    )
    assert [(item.instance_type, item.market, usd_per_h(item)) for item in found] == [
        ("Standard_NC24ads_A100_v4", "on_demand", pytest.approx(3.673)),
        ("Standard_NC24ads_A100_v4", "spot", pytest.approx(0.67877)),
        ("Standard_ND96isr_H100_v5", "on_demand", pytest.approx(98.32 / 8)),
        ("Standard_ND96isr_H100_v5", "spot", pytest.approx(18.169536 / 8)),
    ]
    assert {item.path for item in found} == {"eks.gpu"}


def test_several_pools_are_places_to_choose_from_in_the_order_of_the_file() -> None:
    found = places(on="on in [dc.a, eks.gpu, dc.b]")
    assert [item.path for item in found] == ["dc.a", "eks.gpu", "dc.b"]
    assert [item.market for item in found] == ["owned", "on_demand", "owned"]
    assert [item.least_nodes for item in found] == [None, 1, 1]


def test_one_place_is_no_choice() -> None:
    assert service(on="on = dc.a").places == ()


def test_engines_are_those_that_run_on_one_of_the_places() -> None:
    facts = "gpu card extends cat.gpu.amd.mi300x { }"
    both = service(
        facts=facts,
        more="cluster red { platform = kubernetes\n pool gpu { nodes = 1; gpu = 8 * card } }",
        on="on in [red.gpu, dc.a]",
    )
    assert {"vllm", "vllm_rocm"} <= {item.name for item in both.engines}
    assert "vllm_rocm" not in {item.name for item in service(on="on = dc.a").engines}


def test_a_machine_of_ones_own_making_has_its_own_prices() -> None:
    facts = """
prices ours { offer here { region = "us-east-1"; on_demand = $40/h; reserved = $24/h } }
instance big {
  title = "ours"; type = "p5.48xlarge"; gpu = 8 * cat.gpu.nvidia.h200_141gb_sxm; prices = ours
}
"""
    found = places(facts=facts, pool="instances = big; market in [on_demand, reserved]")
    assert [usd_per_h(item) for item in found] == [pytest.approx(5.0), pytest.approx(3.0)]
    assert {item.instance for item in found} == {"big"}
    assert {(item.vcpus, item.memory_bytes) for item in found} == {(0, 0.0)}, "nobody said"
    assert {item.cloud for item in found} == {"aws"}


# ---- how many nodes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "runs"),
    [
        ("", [(1, 64)]),
        ("nodes in 1..12", [(1, 12)]),
        ("nodes in 0..20", [(0, 20)]),
        ("nodes in [1, 2, 4]", [(1, 2), (4, 4)]),
        ("nodes <= 5", [(1, 5)]),
        ("nodes >= 3", [(3, 64)]),
        ("nodes >= 100", [(100, 100)]),
        ("nodes in 1..8; nodes not in [3]", [(1, 2), (4, 8)]),
        ("nodes in 1..8; nodes > 2; nodes < 8", [(3, 7)]),
        ("forbid nodes = 1", [(2, 64)]),
    ],
)
def test_the_planner_chooses_how_many_nodes_within_what_the_lines_leave(
    nodes: str, runs: list[tuple[int, int]]
) -> None:
    found = places(pool=f"instances = aws.p5_48xlarge; {nodes}".rstrip("; "))
    assert [(item.least_nodes, item.nodes.value) for item in found] == runs


def test_a_number_of_nodes_is_taken_as_it_is() -> None:
    (found,) = places(pool="instances = aws.p5_48xlarge; nodes = 3")
    assert (found.least_nodes, found.nodes.value, found.accelerators) == (None, 3, 24)


def test_nobody_says_how_many_nodes_there_are() -> None:
    (found,) = places(on="on = dc.b")
    assert (found.least_nodes, found.nodes.value) == (1, 64)
    assert found.nodes.origin is Origin.DEFAULTED
    (given,) = places(pool="instances = aws.p5_48xlarge; nodes in 1..2")
    assert given.nodes.origin is Origin.GIVEN


def test_pins_and_overlays_narrow_a_pool() -> None:
    (pinned,) = places(
        pool="instances = aws.p5_48xlarge; nodes in 1..12", more="pin { eks.gpu.nodes = 4 }"
    )
    assert (pinned.least_nodes, pinned.nodes.value) == (4, 4)
    found = service(
        overlay="dev",
        pool="instances = aws.p5_48xlarge; nodes in 1..12; market = spot",
        env="env dev { eks.gpu.nodes in 0..1\n eks.gpu.market = on_demand }",
    )
    assert (found.place.least_nodes, found.place.nodes.value) == (0, 1)
    assert found.place.market == "on_demand"


# ---- prices ------------------------------------------------------------------------------------


def test_a_price_in_the_pool_wins_over_the_catalog() -> None:
    (found,) = places(pool="instances = aws.p5_48xlarge; price = $2.49/gpu/h")
    assert usd_per_h(found) == pytest.approx(2.49)
    assert found.price_usd_per_s is not None
    assert found.price_usd_per_s.origin is Origin.GIVEN


@pytest.mark.parametrize(
    ("region", "machine", "expected", "price"),
    [
        ("us-east-1", "aws.p5_48xlarge", [], 55.04 / 8),
        ("eu-west-2", "aws.p5_48xlarge", [], 71.552 / 8),
        ("mx-central-1", "aws.p4de_24xlarge", ["INF143"], 37.6223 / 8),
        ("us-south-9", "lambda.gpu_1x_gh200", [], 1.49),
    ],
)
def test_the_price_is_that_of_the_region_or_of_another_with_a_word_about_it(
    region: str, machine: str, expected: list[str], price: float
) -> None:
    provider = machine.partition(".")[0]
    parts = {
        "clouds": f'cloud here {{ provider = {provider}; region = "{region}" }}',
        "owner": "on = here",
        "pool": f"instances = {machine}",
    }
    found = outcome(**parts)
    assert [item.code for item in found.diagnostics] == expected
    (only,) = found.designs[0].services
    assert usd_per_h(only.place) == pytest.approx(price)


def test_without_a_region_the_advertised_price_is_taken() -> None:
    (found,) = places(clouds="cloud aws { }")
    assert usd_per_h(found) == pytest.approx(55.04 / 8)


def test_a_market_without_a_price_is_a_place_all_the_same() -> None:
    found = outcome(pool="instances = aws.g5_xlarge; market in [on_demand, spot]")
    assert [item.code for item in found.diagnostics] == ["INF143"]
    (only,) = found.designs[0].services
    assert [usd_per_h(item) is None for item in only.places] == [False, True]


# ---- what is wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"pool": "gpu = 8 * cat.gpu.nvidia.l4; instances = aws.p5_48xlarge"}, ["INF141"]),
        ({"pool": "nodes = 1"}, ["INF151"]),
        ({"pool": "instances = gcp.a3_highgpu_8g"}, ["INF142"]),
        ({"pool": "instances in [gcp.a3_highgpu_8g, aws.p5_48xlarge]"}, ["INF142"]),
        ({"pool": "gpu = 8 * cat.gpu.nvidia.l4; market = spot", "owner": ""}, ["INF144"]),
        ({"pool": "instances = aws.p5_48xlarge; nodes = 0"}, ["INF158"]),
        ({"pool": "instances = aws.p5_48xlarge; nodes in 0..0"}, ["INF158"]),
        ({"pool": "instances = aws.p5_48xlarge; nodes in 1..4; nodes > 6"}, ["INF158"]),
    ],
)
def test_what_cannot_be_is_said_once(parts: dict[str, str], expected: list[str]) -> None:
    assert codes(**parts) == expected


def test_a_service_that_runs_nowhere_is_incomplete() -> None:
    text = PROGRAM.format(**(DEFAULTS | {"on": ""}))
    found = resolve(load(SourceFile("t.infer", text), NoFiles()))
    assert [item.code for item in found.diagnostics] == ["INF107"]


def test_two_services_on_one_pool_are_told_once() -> None:
    other = """service more {
    model = tiny
    on = eks.gpu
    load { rate = 1 req/s }
    sla { p95 ttft <= 1s }
  }"""
    parts = {"pool": "instances = aws.g5_xlarge; market = spot", "more": other}
    assert codes(**parts) == ["INF143"]


# ---- decisions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "field", "operator", "values"),
    [
        ("pin { chat.market = on_demand }", "market", "=", ("on_demand",)),
        ("pin { chat.on = dc.a }", "on", "=", ("dc.a",)),
        ("forbid chat.on = dc.a", "on", "not in", ("dc.a",)),
        ("pin { chat.nodes <= 3 }", "nodes", "<=", (3.0,)),
        (
            "forbid chat.instance in [aws.p5_48xlarge]",
            "instance",
            "not in",
            ("instance.aws.p5_48xlarge",),
        ),
    ],
)
def test_lines_about_places_are_decisions(
    line: str, field: str, operator: str, values: tuple[str | float, ...]
) -> None:
    found = service(on="on in [eks.gpu, dc.a]", more=line).decisions
    (decision,) = (item for item in found if item.field == field)
    assert (decision.operator, decision.values) == (operator, values)


@pytest.mark.parametrize("loss", ["", "replica", "node"])
def test_a_service_says_what_it_survives(loss: str) -> None:
    assert service(service=f"survives = {loss}" if loss else "").survives == loss
