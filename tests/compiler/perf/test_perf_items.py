"""What a network does on an accelerator: the shape of its batch curve, its memory, its waits."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.compiler.model import Accelerator, Engine
from inferc.compiler.model.catalog import accelerator_at, engine_at, item_model_at, paths
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.item_coefficients import ALL, item_coefficients
from inferc.compiler.perf.item_time import batch_s, item_memory, line, passes
from inferc.compiler.perf.items import delay_s, estimate_items, sized
from inferc.compiler.provenance import exactly

NETWORKS = paths("networks")
ENGINES = ("triton", "onnxruntime", "torchserve", "tf_serving", "openvino", "ray_serve", "bentoml")


def network(path: str) -> ItemModel:
    found = item_model_at(path if path.startswith("networks.") else f"networks.{path}")
    assert found is not None
    return found


def device(path: str) -> Accelerator:
    found = accelerator_at(path)
    assert found is not None
    return found


def engine(name: str) -> Engine:
    found = engine_at(f"engine.{name}")
    assert found is not None
    return found


A100, L4 = device("gpu.nvidia.a100_80gb_sxm"), device("gpu.nvidia.l4")
T4 = device("gpu.nvidia.t4")
TRITON = engine("triton")
BGE, SDXL = network("baai.bge_large_en_v1_5"), network("stability.stable_diffusion_xl_base_1_0")


@pytest.mark.parametrize("path", NETWORKS)
def test_more_items_take_longer_and_each_of_them_less(path: str) -> None:
    model = network(path)
    coefficients = item_coefficients(TRITON)
    times = [batch_s(model, A100, coefficients, 2**step, "fp16") for step in range(8)]
    for step, (less, more) in enumerate(pairwise(times)):
        assert less < more <= 2 * less * (1 + 1e-12), f"from {2**step} on"


@pytest.mark.parametrize("path", NETWORKS)
def test_beyond_the_knee_the_time_is_a_straight_line(path: str) -> None:
    model = network(path)
    coefficients = item_coefficients(TRITON)
    found = line(model, A100, coefficients, "fp16", 512)
    assert found.per_item_s > 0
    for batch in (256, 384, 512):
        exact = batch_s(model, A100, coefficients, batch, "fp16")
        assert found.fixed_s + found.per_item_s * batch == pytest.approx(exact, rel=0.02)
    before = max(1, found.knee - 1)
    top = 512 / batch_s(model, A100, coefficients, 512, "fp16")
    at_knee = found.knee / batch_s(model, A100, coefficients, found.knee, "fp16")
    assert at_knee >= 0.8 * top
    if before < found.knee:
        assert before / batch_s(model, A100, coefficients, before, "fp16") < 0.8 * top


@settings(deadline=None, max_examples=60)
@given(
    path=st.sampled_from(NETWORKS),
    batch=st.integers(min_value=1, max_value=300),
    precision=st.sampled_from(["fp16", "int8"]),
    faster=st.floats(min_value=1.0, max_value=4.0),
)
def test_better_hardware_is_never_slower(
    path: str, batch: int, precision: str, faster: float
) -> None:
    model, coefficients = network(path), item_coefficients(TRITON)
    usual = batch_s(model, A100, coefficients, batch, precision)
    speeds = {
        name: replace(number, value=number.value * faster)
        for name, number in A100.flop_per_s.items()
    }
    wider = replace(A100.bandwidth_bytes_per_s, value=A100.bandwidth_bytes_per_s.value * faster)
    for better in (
        replace(A100, flop_per_s=speeds),
        replace(A100, bandwidth_bytes_per_s=wider),
    ):
        assert batch_s(model, better, coefficients, batch, precision) <= usual * (1 + 1e-12)


@settings(deadline=None, max_examples=60)
@given(path=st.sampled_from(NETWORKS), batch=st.integers(min_value=1, max_value=2000))
def test_no_batch_beats_the_roofline(path: str, batch: int) -> None:
    """Not faster than its FLOP at the peak, nor than reading its weights once a pass."""
    model = network(path)
    found = passes(model, A100, item_coefficients(TRITON), batch, "fp16")
    seconds = batch_s(model, A100, item_coefficients(TRITON), batch, "fp16")
    estimate = estimate_items(model, A100, TRITON, precision="fp16", batch=1)
    peak = A100.flop_per_s["fp16"].value
    assert seconds >= batch * estimate.flop_per_item / peak
    read = sum(
        part.passes * (0.0 if module.lookups else 2.0 * module.parameters.value)
        for part, module in zip(found, model.modules, strict=True)
    )
    assert seconds >= read / A100.bandwidth_bytes_per_s.value


def test_longer_items_take_longer() -> None:
    times = [
        estimate_items(
            sized(BGE, tokens=tokens), A100, TRITON, precision="fp16", batch=32
        ).latency_s
        for tokens in (16.0, 64.0, 256.0, 512.0)
    ]
    assert times == sorted(times)
    assert times[3] > 1.8 * times[2]


def test_fewer_steps_make_an_image_sooner() -> None:
    four = estimate_items(sized(SDXL, steps=4), A100, TRITON, precision="fp16", batch=1)
    forty = estimate_items(sized(SDXL, steps=40), A100, TRITON, precision="fp16", batch=1)
    assert 6 < forty.latency_s / four.latency_s < 10


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    found = item_memory(SDXL, A100, item_coefficients(TRITON), "fp16")
    held = found.weights_bytes + found.runtime_bytes
    assert held + found.largest_batch * found.per_item_bytes <= found.usable_bytes
    assert held + (found.largest_batch + 1) * found.per_item_bytes > found.usable_bytes
    assert found.weights_bytes == 2 * SDXL.parameters.value


def test_a_batch_that_does_not_fit_is_cut_and_that_is_said() -> None:
    found = estimate_items(SDXL, L4, TRITON, precision="fp16", batch=4000)
    assert found.batch == found.memory.largest_batch < 4000
    assert any(f"{found.batch} do" in note for note in found.notes)
    assert max(found.latency_by_batch_s) == found.batch


def test_weights_that_do_not_fit_have_no_speed() -> None:
    flux = network("black_forest_labs.flux_1_dev")
    found = estimate_items(flux, L4, TRITON, precision="fp16", batch=1, rate_per_s=0.1)
    assert not found.fits
    assert found.items_per_s == 0.0
    assert found.queue is None
    assert any("do not fit" in note for note in found.notes)
    assert estimate_items(flux, A100, TRITON, precision="fp16", batch=1).fits


def test_a_format_without_hardware_is_widened_and_that_is_said() -> None:
    found = estimate_items(BGE, A100, TRITON, precision="fp8", batch=8)
    assert found.compute_dtype == "fp16"
    assert "NVIDIA A100 80GB SXM multiplies fp8 weights in fp16" in found.notes
    assert estimate_items(BGE, T4, TRITON, precision="bf16", batch=8).notes[0].startswith("items")


def test_what_the_catalog_assumes_is_said() -> None:
    (note,) = estimate_items(BGE, A100, TRITON, precision="fp16", batch=8).notes
    assert note == "items of 256 tokens, as the catalog assumes"
    stated = sized(BGE, tokens=100.0)
    assert estimate_items(stated, A100, TRITON, precision="fp16", batch=8).notes == ()


@pytest.mark.parametrize(
    ("path", "batch", "bound"),
    [
        ("baai.bge_large_en_v1_5", 64, "compute"),
        ("google.efficientnet_b0", 256, "memory"),
        ("mlcommons.dlrm_v1", 1, "overhead"),
        ("openai.whisper_large_v3", 64, "memory"),
    ],
)
def test_what_binds(path: str, batch: int, bound: str) -> None:
    found = estimate_items(network(path), A100, TRITON, precision="fp16", batch=batch)
    assert found.bound == bound


@pytest.mark.parametrize("name", ENGINES)
def test_every_server_that_batches_answers(name: str) -> None:
    server = engine(name)
    assert server.batching == "dynamic"
    assert server.only_if_named
    assert {"max_batch_size", "max_queue_delay", "instances", "port"} <= set(server.flags)
    assert set(server.coefficients) <= set(ALL)
    found = estimate_items(BGE, A100, server, precision="fp16", batch=16, rate_per_s=20.0)
    assert found.queue is not None
    assert found.queue.stable
    assert found.queue.mean_wait_s <= delay_s(server) + found.latency_s
    if name != "openvino":  # whose second is longer than a batch takes to fill
        assert found.queue.latency_s["mean"] >= delay_s(server) / 2
    for part in found.passes:
        assert part.total_s > 0


def test_waiting_for_the_server_s_delay_is_in_the_latency() -> None:
    """TorchServe holds a lone request for 100 ms unless told; Triton does not."""
    alone = {
        name: estimate_items(
            BGE, A100, engine(name), precision="fp16", batch=16, rate_per_s=0.5
        ).queue
        for name in ("torchserve", "triton")
    }
    slow, quick = alone["torchserve"], alone["triton"]
    assert slow is not None
    assert quick is not None
    assert slow.mean_wait_s == pytest.approx(0.100, rel=0.1)
    assert quick.mean_wait_s < 0.001


def test_copies_share_the_load() -> None:
    one = estimate_items(BGE, A100, TRITON, precision="fp16", batch=16, rate_per_s=1500.0)
    four = estimate_items(
        BGE, A100, TRITON, precision="fp16", batch=16, rate_per_s=1500.0, instances=4
    )
    assert one.queue is not None
    assert four.queue is not None
    assert not one.queue.stable or four.queue.latency_s["p99"] < one.queue.latency_s["p99"]
    assert four.items_per_s == pytest.approx(4 * one.items_per_s)


def test_an_engine_s_own_figures_come_before_the_typical_ones() -> None:
    slow = replace(TRITON, coefficients={"compute_efficiency": exactly(0.1)})
    assert item_coefficients(slow)["compute_efficiency"] == 0.1
    assert item_coefficients(slow)["memory_efficiency"] == ALL["memory_efficiency"].typical
    absurd = replace(TRITON, coefficients={"compute_efficiency": exactly(7.0)})
    assert item_coefficients(absurd)["compute_efficiency"] == 0.95


@pytest.mark.parametrize("name", sorted(ALL))
def test_coefficients_are_physical(name: str) -> None:
    item = ALL[name]
    assert item.low <= item.typical <= item.high
    assert item.source
    if name.endswith(("_efficiency", "_share")):
        assert item.high <= 1.0
