"""The catalog resolves, and its facts agree with published ones and with each other."""

from functools import cache

import pytest
from support.models import design_of

from inferc import stdlib
from inferc.compiler.model import LanguageModel, Service
from inferc.compiler.model.calibrated import published
from inferc.compiler.model.catalog import HARDWARE, accelerator_at, engine_at, paths
from inferc.compiler.model.facts import runs_on
from inferc.compiler.plan.engines import faulty_coefficients

GPU = "gpu.nvidia.l4"
MODEL = "models.tinyllama_1_1b_chat"
LINKS = [path.removeprefix("catalog.") for path in stdlib.all_entries("catalog.link")]
SHAPES = stdlib.names("catalog.shape")
WORKLOADS = stdlib.names("catalog.workload")
ENGINES = stdlib.names("catalog.engine")


@cache
def service(place: str, model: str, load: str = "") -> Service:
    """Return a service on a place of the catalog."""
    kind, hardware = ("pool", f"gpu = 2 * cat.{place}; nodes = 1")
    if place.startswith("board."):
        kind, hardware = ("device", f"hardware = cat.{place}")
    block = f"{kind} here {{ {hardware} }}"
    inside = f"cluster dc {{ platform = kubernetes\n {block} }}" if kind == "pool" else block
    text = f"""infer 1
import std.catalog as cat
topology t {{
  {inside}
  service s {{
    model = cat.{model}
    on = {"dc.here" if kind == "pool" else "here"}
    load {{ rate = 1 req/s
      {load} }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""
    (found,) = design_of(text).services
    return found


def model(path: str) -> LanguageModel:
    return service(GPU, path).model


@pytest.mark.parametrize("path", LINKS)
def test_every_link_resolves(path: str) -> None:
    text = f"""infer 1
import std.catalog as cat
topology t {{
  cluster dc {{
    platform = kubernetes
    network = cat.{path}
    pool gpu {{ nodes = 2; gpu = cat.gpu.nvidia.l4 }}
  }}
  service s {{
    model = cat.models.tinyllama_1_1b_chat
    on = dc.gpu
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 1s }}
  }}
}}
"""
    (found,) = design_of(text).services
    assert found.place.network.id == path
    assert 0 < found.place.network.latency_s.value < 1e-3
    assert 1e8 <= found.place.network.bandwidth_bytes_per_s.value <= 1e12


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_resolves(name: str) -> None:
    load = service(GPU, MODEL, f"workload = {name}").load
    for lengths in (load.prompt, load.output):
        assert lengths.mean_tok.low <= lengths.mean_tok.value <= lengths.mean_tok.high
        assert 1 < lengths.p95_over_mean.value < 5


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_resolves(name: str) -> None:
    peak = service(GPU, MODEL, f"shape = {name}").load.peak
    assert 1 <= peak.low <= peak.value <= peak.high


def test_typical_lengths_are_the_geometric_middle_of_the_published_means() -> None:
    load = service(GPU, MODEL).load
    for lengths in (load.prompt, load.output):
        mean = lengths.mean_tok
        assert mean.value == pytest.approx((mean.low * mean.high) ** 0.5, rel=0.02)


def test_the_kv_cache_of_llama_3_70b_takes_320_kib_a_token_in_fp16() -> None:
    """80 layers x 8 heads x 128 x keys and values x 2 bytes; vLLM's documentation has the same."""
    llama = model("models.meta.llama_3_70b_instruct")
    assert 2 * llama.layers * llama.kv_heads * llama.head_dim * 2 == 320 * 1024


def test_every_engine_runs_somewhere() -> None:
    hardware = [item for path in paths(*HARDWARE) if (item := accelerator_at(path))]
    for name in ENGINES:
        engine = engine_at(f"engine.{name}")
        assert engine is not None
        assert any(runs_on(engine, item, ()) for item in hardware), name


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_states_coefficients_that_the_model_knows_in_their_range(name: str) -> None:
    engine = engine_at(f"engine.{name}")
    assert engine is not None
    assert faulty_coefficients(engine) == ()


def test_no_entry_states_what_was_measured_of_its_engine() -> None:
    measured = published().engines
    assert measured
    for name in sorted(set(measured) & set(ENGINES)):
        engine = engine_at(f"engine.{name}")
        assert engine is not None
        assert not set(engine.coefficients) & set(measured[name]), name


@pytest.mark.parametrize("name", ENGINES)
def test_no_efficiency_is_above_one(name: str) -> None:
    engine = engine_at(f"engine.{name}")
    assert engine is not None
    for coefficient, number in engine.coefficients.items():
        assert number.value >= 0
        if coefficient.endswith(("_efficiency", "_share")):
            assert 0 < number.value <= 1
