"""Machines of clouds and their prices: published anchors, and what holds for all of them."""

from datetime import date
from functools import cache

import pytest
from support.catalog import blocks, module, numbers
from support.models import NoFiles, messages

from inferc import stdlib
from inferc.compiler.load import load
from inferc.compiler.model import Place, build
from inferc.compiler.resolve import resolve
from inferc.compiler.schema import CLOUDS
from inferc.compiler.units import from_unit
from inferc.dsl import SourceFile, has_errors
from inferc.dsl.format import format_module
from inferc.dsl.syntax import Block, Identifier

INSTANCES = tuple(
    path.removeprefix("catalog.instance.") for path in stdlib.all_entries("catalog.instance")
)
PRICES = tuple(path for cloud in CLOUDS for path in stdlib.all_entries(f"prices.{cloud}"))

ANCHORS = {
    # path: accelerator, how many, dollars an hour on demand, Gbit/s of all ports
    "aws.p5_48xlarge": ("gpu.nvidia.h100_80gb_sxm", 8, 55.04, 3200),
    "aws.p4d_24xlarge": ("gpu.nvidia.a100_40gb_sxm", 8, 21.957642, 400),
    "aws.p5_4xlarge": ("gpu.nvidia.h100_80gb_sxm", 1, 6.88, 100),
    "aws.p5en_48xlarge": ("gpu.nvidia.h200_141gb_sxm", 8, 67.72672, 3200),
    "aws.p4de_24xlarge": ("gpu.nvidia.a100_80gb_sxm", 8, 27.44705, 400),
    "aws.p3dn_24xlarge": ("gpu.nvidia.v100_32gb_sxm2", 8, 31.212, 100),
    "aws.g6e_12xlarge": ("gpu.nvidia.l40s", 4, 10.49264, 100),
    "aws.g6_12xlarge": ("gpu.nvidia.l4", 4, 4.6016, 40),
    "aws.g6e_xlarge": ("gpu.nvidia.l40s", 1, 1.861, None),
    "azure.nd96isr_h100_v5": ("gpu.nvidia.h100_80gb_sxm", 8, 98.32, 3200),
    "azure.nc24ads_a100_v4": ("gpu.nvidia.a100_80gb_pcie", 1, 3.673, None),
    "azure.nc40ads_h100_v5": ("gpu.nvidia.h100_94gb_nvl", 1, 6.98, None),
    "gcp.a2_ultragpu_1g": ("gpu.nvidia.a100_80gb_sxm", 1, 5.07, 24),
    "gcp.a3_highgpu_8g": ("gpu.nvidia.h100_80gb_sxm", 8, 84.4, 1000),
    "oci.bm_gpu_a100_v2_8": ("gpu.nvidia.a100_80gb_sxm", 8, 32, 1600),
    "lambda.gpu_8x_h100_sxm5": ("gpu.nvidia.h100_80gb_sxm", 8, 23.92, None),
    "lambda.gpu_1x_gh200": ("gpu.nvidia.gh200_96gb", 1, 1.49, None),
    "nebius.gpu_h200_sxm_8gpu_128vcpu_1600gb": ("gpu.nvidia.h200_141gb_sxm", 8, 28, None),
    "runpod.gpu_4x_a100_80gb_secure": ("gpu.nvidia.a100_80gb_pcie", 4, 6.48, None),
}
"""From price lists and pages of clouds, written down apart from the entries."""


@cache
def place(path: str, market: str = "on_demand") -> Place:
    """Return a pool of one machine of a type."""
    text = f"""infer 1
import std.catalog as cat
topology t {{
  cluster c {{
    platform = kubernetes
    pool p {{
      instances = cat.instance.{path}
      market = {market}
      nodes = 1
    }}
  }}
  model tiny {{ source = cat.models.tinyllama_1_1b_chat }}
  service s {{
    model = tiny
    on = c.p
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""
    loaded = load(SourceFile("t.infer", text), NoFiles())
    outcome = resolve(loaded)
    assert not has_errors(outcome.diagnostics), messages(outcome.diagnostics)
    found = build(outcome.resolved)
    assert not found.diagnostics
    (service,) = found.designs[0].services
    return service.place


@pytest.mark.parametrize("path", INSTANCES)
def test_every_machine_is_a_place_with_a_price(path: str) -> None:
    found = place(path)
    assert found.instance == f"instance.{path}"
    assert found.cloud == path.partition(".")[0]
    assert found.instance_type
    assert found.market == "on_demand"
    assert found.price_usd_per_s is not None
    assert found.price_usd_per_s.source
    assert date.fromisoformat(found.price_usd_per_s.as_of)
    usd_per_h = found.price_usd_per_s.value * from_unit(1, "h")
    assert 0.1 < usd_per_h < 15, "dollars an hour of one accelerator"
    assert 1e8 < found.network.bandwidth_bytes_per_s.value <= from_unit(400, "Gbps")


@pytest.mark.parametrize(("path", "published"), ANCHORS.items())
def test_figures_are_the_published_ones(
    path: str, published: tuple[str, int, float, float | None]
) -> None:
    found = place(path)
    accelerator, count, usd_per_h, gbps = published
    assert found.accelerator.id == accelerator
    assert found.per_node == count
    assert found.price_usd_per_s is not None
    paid = found.price_usd_per_s.value * count * from_unit(1, "h")
    assert paid == pytest.approx(usd_per_h)
    if gbps is not None:
        share = found.network.bandwidth_bytes_per_s.value
        assert share * count == pytest.approx(from_unit(gbps, "Gbps"))


def test_machines_are_called_as_their_clouds_call_them() -> None:
    assert place("azure.nd96isr_h100_v5").instance_type == "Standard_ND96isr_H100_v5"
    assert place("gcp.n1_standard_4_t4").instance_type == "n1-standard-4"
    assert place("oci.bm_gpu_a100_v2_8").instance_type == "BM.GPU.A100-v2.8"


def test_every_machine_has_a_list_of_prices_and_every_list_a_machine() -> None:
    assert {path.removeprefix("prices.") for path in PRICES} == set(INSTANCES)
    assert {path.partition(".")[0] for path in INSTANCES} == set(CLOUDS)


@pytest.mark.parametrize("path", PRICES)
def test_a_list_of_prices_is_dated_and_traceable(path: str) -> None:
    (block,) = blocks(path)
    assert block.kind.text == "prices"
    (label,) = block.labels
    assert isinstance(label, Identifier)
    assert label.text == path.rpartition(".")[2]
    found = list(numbers(block))
    assert found
    for field, source in found:
        assert source is not None, field
        assert "https://" in source[0]
        assert date(2024, 1, 1) <= date.fromisoformat(source[1]) <= date(2026, 12, 31)
    parsed = module(path)
    assert format_module(parsed) == parsed.source.text


@pytest.mark.parametrize("path", PRICES)
def test_spot_is_cheaper_than_on_demand(path: str) -> None:
    (block,) = blocks(path)
    for offer in block.body:
        assert isinstance(offer, Block)
        assert "on_demand" in dict(numbers(offer))
    instance = path.removeprefix("prices.")
    text = stdlib.read(path) or ""
    if "spot" in text:
        cheap, dear = place(instance, "spot"), place(instance)
        assert cheap.price_usd_per_s is not None
        assert dear.price_usd_per_s is not None
        assert cheap.price_usd_per_s.value < dear.price_usd_per_s.value
