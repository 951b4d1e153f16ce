"""Resolved blocks to the typed design: models, places, engines, SLA lines, decisions, targets."""

from dataclasses import replace

import pytest
from support import designs
from support.models import design_of, outcome_of, program, service_of
from support.repository import ROOT

from inferc.compiler.model import Decision, Design, Service
from inferc.compiler.provenance import Origin
from inferc.compiler.schema import FITTED

EXAMPLES = ROOT / "examples"
MEASURED = {item.name for item in FITTED}
"""Coefficients that plans take from a calibration, whatever an entry of the catalog says."""
H100_NODE = "4 * cat.gpu.nvidia.h100_80gb_sxm"
OWN_GPU = """
  gpu mine {
    title = "Mine"
    vendor = nvidia
    memory = 24 GiB
    bandwidth = 1 TB/s
    link = cat.link.pcie_4_x16
    compute { fp16 = 100 TFLOP/s }
  }
"""
OWN_MODEL = """
  llm ours {
    title = "Ours"
    parameters = 8.03B
    layers = 32
    hidden = 4096
    intermediate = 14336
    heads = 32
    kv_heads = 8
    vocabulary = 128256
    context = 8192 tok
  }
"""


# ---- the examples ----------------------------------------------------------------------------


def facts(design: Design) -> object:
    """Return the numbers and names of a design without texts, spans, sources."""
    return [
        (
            service.name,
            service.model_name,
            service.api,
            replace(
                service.model, parameters=designs.fact(service.model.parameters.value), span=None
            ),
            service.place.path,
            service.place.accelerator.id,
            service.place.per_node,
            service.place.nodes.value,
            service.place.accelerator.memory_bytes.value,
            service.place.accelerator.bandwidth_bytes_per_s.value,
            {name: peak.value for name, peak in service.place.accelerator.flop_per_s.items()},
            service.place.accelerator.vendor,
            service.place.accelerator.product_label,
            service.place.accelerator.link_domain,
            [
                (link.id, link.title, link.bandwidth_bytes_per_s.value, link.latency_s.value)
                for link in (service.place.network, service.place.accelerator.link)
                if link is not None
            ],
            [
                (number.value, number.low, number.high, number.origin)
                for number in (
                    service.load.rate_per_s,
                    service.load.peak,
                    service.load.prompt.mean_tok,
                    service.load.prompt.p95_over_mean,
                    service.load.output.mean_tok,
                    service.load.output.p95_over_mean,
                )
            ],
            service.load.shape,
            [
                (line.metric, line.percentile, line.operator, line.limit.value, line.hard)
                for line in service.objectives
            ],
            [(item.field, item.operator, item.values) for item in service.decisions],
            [
                (
                    engine.id,
                    engine.image,
                    engine.devices,
                    engine.vendors,
                    engine.precisions,
                    engine.flags,
                    engine.metrics,
                    engine.port,
                    {
                        name: number.value
                        for name, number in engine.coefficients.items()
                        if name not in MEASURED
                    },
                )
                for engine in service.engines
            ],
        )
        for service in design.services
    ]


@pytest.mark.parametrize(
    ("example", "by_hand"),
    [("support-chat", designs.support_chat()), ("impossible-pi", designs.impossible_pi())],
)
def test_the_examples_mean_what_is_spelled_out_by_hand(example: str, by_hand: Design) -> None:
    text = (EXAMPLES / example / "topology.infer").read_text(encoding="utf-8")
    design = design_of(text)
    assert design.name == by_hand.name
    assert facts(design) == facts(by_hand)


def test_a_design_keeps_the_words_about_it() -> None:
    text = program().replace("topology desk", "/// For the desk.\ntopology desk")
    assert design_of(text).doc == "For the desk."


def test_every_topology_of_a_file_is_a_design() -> None:
    second = program().replace("infer 1\nimport std.catalog as cat\n", "")
    outcome = outcome_of(program() + second.replace("topology desk", "topology other"))
    assert [design.name for design in outcome.designs] == ["desk", "other"]


# ---- models ----------------------------------------------------------------------------------


def test_a_model_of_ones_own_needs_no_catalog() -> None:
    model = service_of(facts=OWN_MODEL, source="ours").model
    assert (model.title, model.layers, model.head_dim) == ("Ours", 32, 128)
    assert (model.experts, model.experts_per_token, model.tied_embeddings) == (0, 0, False)
    assert model.parameters.origin is Origin.GIVEN


def test_a_service_may_serve_facts_directly() -> None:
    service = service_of(served="cat.models.mistral.mixtral_8x7b_instruct")
    assert service.model.experts == 8
    assert service.model.experts_per_token == 2
    assert service.model.parameters.origin is Origin.CATALOG
    assert service.model.parameters.as_of == "2023-12-11"


# ---- places ----------------------------------------------------------------------------------


def test_a_pool_is_so_many_nodes_of_so_many_accelerators() -> None:
    place = service_of(nodes="3", gpu=H100_NODE).place
    assert (place.path, place.per_node, place.nodes.value, place.accelerators) == (
        "dc.gpu",
        4,
        3.0,
        12,
    )
    assert place.cluster is not None
    assert (place.cluster.name, place.cluster.platform) == ("dc", "kubernetes")
    assert place.accelerator.product_label == "NVIDIA-H100-80GB-HBM3"


def test_a_pool_may_name_one_accelerator_without_a_count() -> None:
    assert service_of(gpu="cat.gpu.nvidia.l4").place.per_node == 1


def test_an_accelerator_of_ones_own_is_joined_by_its_link_in_the_whole_node() -> None:
    accelerator = service_of(facts=OWN_GPU, gpu="6 * mine").place.accelerator
    assert accelerator.id == "mine"
    assert accelerator.link_domain == 6
    assert set(accelerator.flop_per_s) == {"fp16"}
    assert accelerator.power_w is None


def test_settings_of_the_cluster_are_kept_and_nothing_is_invented() -> None:
    stated = 'namespace = "llm"; storage_class = "fast"; prometheus = "http://p:9090"'
    cluster = service_of(cluster=stated).place.cluster
    assert cluster is not None
    assert cluster.namespace == "llm"
    assert {name: value.value for name, value in cluster.settings.items()} == {
        "storage_class": "fast",
        "prometheus": "http://p:9090",
    }
    bare = service_of().place.cluster
    assert bare is not None
    assert (bare.namespace, dict(bare.settings)) == ("", {})


@pytest.mark.parametrize(
    ("parts", "expected", "link"),
    [
        ({}, 25e9 / 8, "link.unstated"),
        ({"cluster": "network = cat.link.ethernet_100g"}, 100e9 / 8, "link.ethernet_100g"),
        ({"cluster": "network = 50 Gbps"}, 50e9 / 8, ""),
        (
            {"cluster": "network = 50 Gbps", "pool": "network = cat.link.infiniband_400g"},
            400e9 / 8,
            "link.infiniband_400g",
        ),
        ({"on": "box"}, 1e9 / 8, "link.ethernet_1g"),
        ({"on": "box", "device": "network = 100 Mbps"}, 100e6 / 8, ""),
    ],
)
def test_the_nearest_statement_about_the_network_wins(
    parts: dict[str, str], expected: float, link: str
) -> None:
    network = service_of(**parts).place.network
    assert network.bandwidth_bytes_per_s.value == expected
    assert network.id == link
    assert network.latency_s.value > 0


def test_a_price_is_dollars_for_one_accelerator_and_second() -> None:
    place = service_of(pool="price = $3.60/gpu/h").place
    assert place.price_usd_per_s is not None
    assert place.price_usd_per_s.value == pytest.approx(0.001)
    assert service_of().place.price_usd_per_s is None


def test_a_device_stands_alone() -> None:
    place = service_of(on="box", device="count = 3").place
    assert (place.path, place.cluster, place.accelerators) == ("box", None, 3)
    assert place.accelerator.kind == "board"


# ---- engines ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, ["engine.vllm"]),
        ({"gpu": "8 * cat.gpu.amd.mi300x"}, ["engine.vllm_rocm"]),
        ({"on": "box"}, ["engine.llama_cpp"]),
        ({"on": "box", "model": "precision in [fp8, int4]"}, ["engine.llama_cpp"]),
    ],
)
def test_engines_that_could_run_here(parts: dict[str, str], expected: list[str]) -> None:
    assert [engine.id for engine in service_of(**parts).engines] == expected


def test_an_engine_has_flags_metrics_and_coefficients_with_sources() -> None:
    (engine,) = service_of().engines
    assert engine.flags["tensor_parallel"] == "--tensor-parallel-size"
    assert engine.metrics["waiting"] == "vllm:num_requests_waiting"
    assert engine.port == 8000
    for name, number in engine.coefficients.items():
        assert number.source, name
        assert number.as_of, name
        assert number.origin is Origin.CATALOG, name


# ---- SLA -------------------------------------------------------------------------------------


def lines(service: Service) -> list[tuple[str, float | None, str, float, bool]]:
    return [
        (line.metric, line.percentile, line.operator, line.limit.value, line.hard)
        for line in service.objectives
    ]


@pytest.mark.parametrize(
    ("sla", "expected"),
    [
        ("p95 ttft <= 500ms", [("ttft", 0.95, "<=", 0.5, True)]),
        ("p99 e2e < 1min", [("e2e", 0.99, "<", 60.0, True)]),
        ("prefer p95 itl <= 60ms", [("itl", 0.95, "<=", 0.06, False)]),
        ("require p50 tpot <= 0.05s", [("tpot", 0.5, "<=", 0.05, True)]),
        ("throughput >= 60k tok/min", [("throughput", None, ">=", 1000.0, True)]),
        (
            "p95 ttft <= 500ms\n      prefer p95 itl <= 60ms",
            [("ttft", 0.95, "<=", 0.5, True), ("itl", 0.95, "<=", 0.06, False)],
        ),
    ],
)
def test_lines_of_an_sla(
    sla: str, expected: list[tuple[str, float | None, str, float, bool]]
) -> None:
    assert lines(service_of(sla=sla)) == expected


def test_a_limit_keeps_its_text_and_place() -> None:
    (line,) = service_of().objectives
    assert line.limit.text == "500ms"
    assert line.limit.origin is Origin.GIVEN
    assert line.span.text == "p95 ttft <= 500ms"


# ---- decisions -------------------------------------------------------------------------------


def decided(**parts: str) -> list[tuple[str, str, tuple[str | float, ...], bool]]:
    return [
        (item.field, item.operator, item.values, item.is_range)
        for item in of_user(service_of(**parts))
    ]


def of_user(service: Service) -> list[Decision]:
    """Return the decisions that are written, without what holds where nothing is."""
    return [item for item in service.decisions if item.origin is Origin.GIVEN]


@pytest.mark.parametrize(
    ("dtype", "left"),
    [
        ("", ("bf16", "fp16")),
        ("dtype = bf16", ("bf16", "fp16")),
        ("dtype = fp16", ("bf16", "fp16")),
        ("dtype = fp32", ("bf16", "fp16")),
        ("dtype = fp8", ("fp8",)),
    ],
)
def test_weights_stay_in_their_published_format_unless_a_line_allows_another(
    dtype: str, left: tuple[str, ...]
) -> None:
    facts = OWN_MODEL.rstrip().removesuffix("}") + f"{dtype}\n}}\n"
    (decision,) = service_of(facts=facts, source="ours").decisions
    assert (decision.field, decision.operator, decision.values) == ("precision", "in", left)
    assert decision.origin is Origin.CATALOG


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, []),
        ({"model": "precision = fp16"}, [("precision", "=", ("fp16",), False)]),
        ({"model": "precision in [fp16, fp8]"}, [("precision", "in", ("fp16", "fp8"), False)]),
        ({"service": "engine = vllm"}, [("engine", "=", ("engine.vllm",), False)]),
        ({"service": "tensor_parallel = 4"}, [("tensor_parallel", "=", (4.0,), False)]),
        ({"service": "tensor_parallel in [2, 4]"}, [("tensor_parallel", "in", (2.0, 4.0), False)]),
        ({"service": "replicas in 1..3"}, [("replicas", "in", (1.0, 3.0), True)]),
        ({"service": "replicas >= 2"}, [("replicas", ">=", (2.0,), False)]),
        ({"service": "replicas < 5"}, [("replicas", "<", (5.0,), False)]),
        ({"service": "replicas == 3"}, [("replicas", "=", (3.0,), False)]),
        ({"service": "replicas != 3"}, [("replicas", "not in", (3.0,), False)]),
        ({"service": "forbid replicas > 3"}, [("replicas", "<=", (3.0,), False)]),
        ({"service": "autoscale { replicas in 2..4 }"}, [("replicas", "in", (2.0, 4.0), True)]),
        (
            {"service": "autoscale { }", "more": "pin { chat.autoscale.replicas in 2..4 }"},
            [("replicas", "in", (2.0, 4.0), True)],
        ),
        ({"more": "pin { llama.precision in [fp8] }"}, [("precision", "in", ("fp8",), False)]),
        (
            {"service": "tensor_parallel not in [8]"},
            [("tensor_parallel", "not in", (8.0,), False)],
        ),
        (
            {"more": "pin { chat.tensor_parallel = 4 }"},
            [("tensor_parallel", "=", (4.0,), False)],
        ),
        (
            {"more": "pin { chat.tensor_parallel in [2, 4] }"},
            [("tensor_parallel", "in", (2.0, 4.0), False)],
        ),
        (
            {"more": "pin { forbid chat.engine in [llama_cpp] }"},
            [("engine", "not in", ("engine.llama_cpp",), False)],
        ),
        (
            {"service": "replicas = 2\n    tensor_parallel = 4", "model": "precision = fp16"},
            [
                ("precision", "=", ("fp16",), False),
                ("tensor_parallel", "=", (4.0,), False),
                ("replicas", "=", (2.0,), False),
            ],
        ),
        (
            {"service": "precision = fp8", "model": "precision = fp16"},
            [("precision", "=", ("fp8",), False)],
        ),
    ],
)
def test_what_the_user_takes_from_the_planner(
    parts: dict[str, str], expected: list[tuple[str, str, tuple[str | float, ...], bool]]
) -> None:
    assert decided(**parts) == expected


def test_a_pin_keeps_its_reason() -> None:
    more = 'pin { chat.tensor_parallel = 4 because "change freeze" until 2026-12-31 }'
    (decision,) = of_user(service_of(more=more))
    assert decision.because == "change freeze"
    narrowed = 'pin { chat.tensor_parallel in [2, 4] because "tested" }'
    (decision,) = of_user(service_of(more=narrowed))
    assert decision.because == "tested"


# ---- targets ---------------------------------------------------------------------------------


def test_emit_blocks_name_targets_with_options() -> None:
    more = 'emit kubernetes { namespace = "llm"; create_namespace = false }\n  emit diagram { }'
    emissions = design_of(program(more=more)).emissions
    assert [(item.target, dict(item.options)) for item in emissions] == [
        ("kubernetes", {"namespace": "llm", "create_namespace": False}),
        ("diagram", {}),
    ]
    assert design_of(program()).emissions == ()


# ---- several services ------------------------------------------------------------------------

SECOND = """
  service night {
    model = llama
    on    = dc.gpu
    load { rate = 5 req/s; shape = steady }
    sla { p99 e2e <= 30s }
    tensor_parallel = 2
  }
"""


def test_services_may_share_a_pool_and_keep_what_is_theirs() -> None:
    chat, night = design_of(program(more=SECOND)).services
    assert (chat.name, night.name) == ("chat", "night")
    assert chat.place == night.place
    assert (chat.load.shape, night.load.shape) == ("", "steady")
    assert of_user(chat) == []
    assert [item.field for item in of_user(night)] == ["tensor_parallel"]
    assert [line.metric for line in night.objectives] == ["e2e"]


def test_a_pin_reaches_only_the_service_that_it_names() -> None:
    more = SECOND + "  pin { chat.replicas in 1..2 }"
    chat, night = design_of(program(more=more)).services
    assert [item.field for item in of_user(chat)] == ["replicas"]
    assert [item.field for item in of_user(night)] == ["tensor_parallel"]


def test_titles_and_deployed_names_are_kept() -> None:
    assert service_of().deployed_name == ""
    assert service_of(service='name = "chat-api"').deployed_name == "chat-api"
    titled = program(facts='title = "Help desk"')
    assert design_of(titled).doc == "Help desk"
    documented = titled.replace("topology desk", "/// For staff.\ntopology desk")
    assert design_of(documented).doc == "Help desk: For staff."


def test_names_do_not_matter() -> None:
    """The same design under other names has the same numbers."""
    text = program(load="shape = spiky", model="precision = fp16")
    renamed = text
    for old, new in (("desk", "office"), ("llama", "brain"), ("dc", "cellar"), ("chat", "talk")):
        renamed = renamed.replace(f" {old} ", f" {new} ").replace(f" {old}\n", f" {new}\n")
        renamed = renamed.replace(f" {old}.", f" {new}.")
    (first,), (second,) = design_of(text).services, design_of(renamed).services
    assert (second.name, second.model_name, second.place.path) == ("talk", "brain", "cellar.gpu")
    assert second.load.peak.value == first.load.peak.value
    assert second.model.layers == first.model.layers
    assert [item.values for item in second.decisions] == [item.values for item in first.decisions]
