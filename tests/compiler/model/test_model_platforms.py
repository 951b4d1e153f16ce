"""Places on managed platforms: what a `serverless` block and the catalog's platforms mean."""

import pytest
from support.models import design_of, outcome_of

from inferc import stdlib
from inferc.compiler.model import Place
from inferc.compiler.model.platform import is_verified
from inferc.compiler.schema.platform_kinds import LIMITS

PLATFORMS = stdlib.names("catalog.platform")
KNOWN = {name for name, _, _ in LIMITS}

TEXT = """infer 1
import std.catalog as cat
{facts}
topology t {{
  serverless run {{
    platform = {platform}
    gpu      = {gpu}
    {more}
  }}
  service s {{
    model = cat.models.tinyllama_1_1b_chat
    on    = run
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 10s }}
  }}
}}
"""


def text(platform: str, gpu: str = "cat.gpu.nvidia.l4", more: str = "", facts: str = "") -> str:
    return TEXT.format(platform=platform, gpu=gpu, more=more, facts=facts)


def place(platform: str, gpu: str = "cat.gpu.nvidia.l4", more: str = "", facts: str = "") -> Place:
    (service,) = design_of(text(platform, gpu, more, facts)).services
    return service.place


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_platform_resolves_with_limits_in_base_units(name: str) -> None:
    gpu = {"azure_container_apps": "cat.gpu.nvidia.t4"}.get(name, "cat.gpu.nvidia.l4")
    platform = place(name, gpu, "instances = 1").platform
    assert platform is not None
    assert platform.id == f"platform.{name}"
    assert set(platform.limits) <= KNOWN
    assert platform.limits
    for limit in platform.limits.values():
        assert limit.value >= 0
        assert limit.source
        assert limit.as_of


def test_what_nobody_looked_up_is_marked() -> None:
    realtime = place("sagemaker_realtime").platform
    assert realtime is not None
    assert is_verified(realtime.limits["longest_response"])
    assert not is_verified(realtime.limits["longest_stream"])
    assert realtime.limits["largest_request"].value == 6 * 1024**2


def test_a_place_on_a_platform_has_instances_as_its_nodes() -> None:
    run = place("cloud_run", more='instances in 0..6; region = "europe-west4"; price = $1/gpu/h')
    assert (run.least_nodes, run.nodes.value, run.per_node) == (0, 6, 1)
    assert (run.market, run.cluster, run.accelerator.title) == ("serverless", None, "NVIDIA L4")
    assert run.price_usd_per_s is not None
    assert run.price_usd_per_s.value == pytest.approx(1 / 3600)
    assert run.platform is not None
    assert run.platform.region == "europe-west4"
    assert run.platform.scale_to_zero
    fixed = place("cloud_run", more="instances = 3")
    assert (fixed.least_nodes, fixed.nodes.value) == (None, 3)


@pytest.mark.parametrize(
    ("region", "price", "expected"),
    [
        ("us-central1", "", []),
        ("europe-west4", "", ["INF143"]),
        ("europe-west4", "price = $1/gpu/h", []),
    ],
)
def test_a_price_of_another_region_is_taken_with_a_word_about_it(
    region: str, price: str, expected: list[str]
) -> None:
    more = f'instances in 0..6; region = "{region}"; {price}'
    found = outcome_of(text("cloud_run", more=more))
    assert [item.code for item in found.diagnostics] == expected
    for item in found.diagnostics:
        assert "us-central1" in item.message
        assert item.span is not None
    (service,) = found.designs[0].services
    assert service.place.price_usd_per_s is not None


def test_a_range_of_instances_ends_at_the_limit_of_the_platform() -> None:
    endpoint = place("azure_ml_online", more="instances in 1..400")
    assert (endpoint.least_nodes, endpoint.nodes.value) == (1, 50)


@pytest.mark.parametrize(
    ("platform", "gpu", "more", "code"),
    [
        ("cloud_run", "cat.gpu.nvidia.h100_80gb_sxm", "", "INF168"),
        ("azure_ml_online", "cat.gpu.nvidia.l4", "instances = 80", "INF169"),
        ("azure_ml_online", "cat.gpu.nvidia.l4", "instances in 60..80", "INF169"),
    ],
)
def test_what_a_platform_does_not_have_is_reported(
    platform: str, gpu: str, more: str, code: str
) -> None:
    (found,) = outcome_of(text(platform, gpu, more)).diagnostics
    assert found.code == code


def test_a_platform_of_ones_own_is_taken() -> None:
    own = 'platform ours { title = "Ours"; longest_response = 90s; accelerators_per_instance = 4 }'
    run = place("ours", gpu="4 * cat.gpu.nvidia.l4", facts=own)
    assert run.platform is not None
    assert run.platform.limits["longest_response"].value == 90
    assert run.per_node == 4


def typed(instance: str, more: str = "", platform: str = "sagemaker_realtime") -> str:
    return text(platform, more=f"instance {instance}; {more}").replace(
        "    gpu      = cat.gpu.nvidia.l4\n", ""
    )


def test_a_platform_of_a_cloud_takes_the_type_of_machine() -> None:
    (service,) = design_of(typed("= aws.g6e_12xlarge", "instances in 0..6")).services
    run = service.place
    assert (run.instance, run.instance_type) == ("instance.aws.g6e_12xlarge", "g6e.12xlarge")
    assert (run.cloud, run.market, run.per_node) == ("aws", "serverless", 4)
    assert run.accelerator.title == "NVIDIA L40S"


@pytest.mark.parametrize(
    ("region", "expected", "codes"),
    [
        ("us-east-1", 13.12, []),
        ("us-west-2", 13.1158, []),
        ("eu-west-1", 13.12, ["INF143"]),
    ],
)
def test_a_managed_machine_has_a_price_of_its_own(
    region: str, expected: float, codes: list[str]
) -> None:
    found = outcome_of(typed("= aws.g6e_12xlarge", f'region = "{region}"'))
    assert [item.code for item in found.diagnostics] == codes
    (service,) = found.designs[0].services
    price = service.place.price_usd_per_s
    assert price is not None
    assert price.value * 4 * 3600 == pytest.approx(expected)


def test_several_types_are_places_to_choose_from() -> None:
    (service,) = design_of(
        typed("in [aws.g6e_12xlarge, aws.p5_48xlarge]", "instances = 2")
    ).services
    assert [place.instance_type for place in service.places] == ["g6e.12xlarge", "p5.48xlarge"]
    assert service.places[1].price_usd_per_s is None, "nobody says what SageMaker asks for it"


@pytest.mark.parametrize(
    ("platform", "instance", "more", "code"),
    [
        ("sagemaker_realtime", "= gcp.g2_standard_4", "", "INF168"),
        ("cloud_run", "= aws.g6_xlarge", "", "INF168"),
        ("sagemaker_realtime", "= aws.g6_xlarge", "gpu = cat.gpu.nvidia.l4", "INF141"),
    ],
)
def test_a_type_of_machine_that_cannot_be_is_reported(
    platform: str, instance: str, more: str, code: str
) -> None:
    found = outcome_of(typed(instance, more, platform)).diagnostics
    assert code in [item.code for item in found]


def test_a_place_says_what_its_instances_are() -> None:
    nothing = text("sagemaker_realtime").replace("    gpu      = cat.gpu.nvidia.l4\n", "")
    (found,) = outcome_of(nothing).diagnostics
    assert "`gpu` or `instance`" in found.message
