"""Networks in designs: read from blocks and from the catalog, refused where nothing plans them."""

import pytest
from support.catalog import ENTRIES
from support.models import complaints, outcome_of, program, resolved

from inferc.compiler.model import networks, networks_of
from inferc.compiler.model.catalog import engine_at, item_model_at, paths
from inferc.compiler.provenance import Origin

OWN = """network tiny {
    title = "Tiny"
    task = embedding
    item = sequence
    parameters = 33M
    tokens = between(low = 16 tok, high = 512 tok, typical = 128 tok)
    module encoder { parameters = 21.3M; layers = 12; hidden = 384; heads = 12 }
    module head { parameters = 1M; flop = 2 MFLOP; activations = 1000; kernels = 2 }
  }"""


def test_a_network_of_the_file_is_read() -> None:
    (topology,) = resolved(program(facts=OWN)).topologies
    block = next(child for child in topology.children if child.kind == networks.KIND)
    model = networks.item_model(block)
    assert model.title == "Tiny"
    assert (model.task, model.item) == ("embedding", "sequence")
    assert model.parameters.value == 33e6
    assert model.tokens is not None
    assert (model.tokens.low, model.tokens.value, model.tokens.high) == (16, 128, 512)
    encoder, head = model.modules
    assert (encoder.name, encoder.layers, encoder.head_dim) == ("encoder", 12, 32)
    assert (encoder.intermediate, encoder.kv_heads, encoder.mlp_matrices) == (1536, 12, 2)
    assert (encoder.passes, encoder.passes_per_step, encoder.flop) == (1.0, 0.0, None)
    assert head.flop is not None
    assert head.flop.value == 2e6


@pytest.mark.parametrize("path", paths("networks"))
def test_every_network_of_the_catalog_is_read(path: str) -> None:
    model = item_model_at(path)
    assert model is not None
    assert f"catalog.{path}" in ENTRIES
    assert model.task
    assert model.repository
    numbers = [model.parameters, *(module.parameters for module in model.modules)]
    numbers += [number for number in (model.tokens, model.steps) if number is not None]
    numbers += [module.flop for module in model.modules if module.flop is not None]
    for number in numbers:
        assert number.origin is Origin.CATALOG
        assert number.source
        assert number.as_of
    assert (model.steps is None) == all(module.passes_per_step == 0 for module in model.modules)
    for module in model.modules:
        assert module.flop is not None or module.layers
        assert (
            not module.layers
            or module.hidden == module.heads * module.head_dim
            or (module.name == "text_t5")
        )


def test_networks_are_found_by_what_a_file_calls_them() -> None:
    found = networks_of(resolved(program(facts=OWN, source="cat.networks.baai.bge_m3")))
    assert {name: model.title for name, model in found.items()} == {
        "chat": "BGE M3",
        "desk.chat": "BGE M3",
        "desk.llama": "BGE M3",
        "desk.tiny": "Tiny",
        "llama": "BGE M3",
        "tiny": "Tiny",
    }
    assert not networks_of(resolved(program()))


def test_the_catalog_has_what_a_design_of_the_field_names() -> None:
    tasks = {model.task for path in paths("networks") if (model := item_model_at(path))}
    assert tasks == {
        "embedding",
        "reranking",
        "language",
        "vision",
        "detection",
        "speech",
        "image_generation",
        "recommendation",
    }


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ({"facts": OWN, "source": "tiny"}, "Tiny"),
        ({"facts": OWN, "served": "tiny"}, "Tiny"),
        ({"source": "cat.networks.baai.bge_m3"}, "BGE M3"),
        ({"served": "cat.networks.openai.whisper_large_v3"}, "Whisper large v3"),
    ],
)
def test_a_service_of_a_network_stands_apart(parts: dict[str, str], title: str) -> None:
    (design,) = outcome_of(program(**parts)).designs
    assert not design.services
    assert [item.model.title for item in design.networks] in ([title], [])
    assert {item.code for item in complaints(**parts)} <= {"INF172", "INF173"}


def test_a_server_of_networks_is_not_taken_for_a_language_model() -> None:
    (found,) = complaints(service="engine = triton")
    assert found.code == "INF161"
    assert "Triton Inference Server answers whole items" in found.message
    assert found.span.text == "engine = triton"


def test_onnx_runtime_is_triton_with_another_backend() -> None:
    triton, onnx = engine_at("engine.triton"), engine_at("engine.onnxruntime")
    assert triton is not None
    assert onnx is not None
    assert onnx.image == triton.image
    assert onnx.flags["max_batch_size"] == triton.flags["max_batch_size"]
    assert onnx.flags["backend"] == "backend"
    assert onnx.defaults == triton.defaults
