"""The design document: its form, its words, and that each number is the plan's."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from support import designs, topologies
from support.money import Desk
from support.pictures import NASTY
from support.repository import ROOT

from inferc import api
from inferc.compiler.plan import Autoscale, ServicePlan
from inferc.compiler.topology import Topology
from inferc.dsl import SourceFile
from inferc.targets.design_doc import TARGET
from inferc.targets.design_doc.markdown import code, plain, said, text
from inferc.targets.design_doc.sections.avoid import rules_of

GPU = "1 * cat.gpu.nvidia.l40s"
GOLDEN = Path(__file__).parent / "golden" / "design_doc"
EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"

SHAPES = {
    "support_chat": topologies.support_chat,
    "two_services": topologies.two_services,
    "pipelined": topologies.pipelined,
    "small_replicas": topologies.small_replicas,
}

IN_BULLETS = {
    "Request routing and load balancing",
    "Dynamic batching and scheduling",
    "Memory management",
    "Autoscaling triggers",
    "Hardware orchestration",
}
"""Where the document may have lists, and nowhere else."""


def document(topology: Topology) -> str:
    (artifact,) = TARGET.emit(topology, {}).artifacts
    assert artifact.path == "design.md"
    return artifact.content.decode()


def tokens(content: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(content)


def shown(content: str) -> str:
    """Return the text that a reader sees."""
    return "\n".join(
        "".join(child.content for child in token.children or ())
        for token in tokens(content)
        if token.type == "inline"
    )


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_document_is_as_it_was(name: str, request: pytest.FixtureRequest) -> None:
    content = document(SHAPES[name]())
    path = GOLDEN / f"{name}.md"
    if request.config.getoption("--update-golden", default=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    assert content == path.read_text(encoding="utf-8")


# ---- form --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_bullets_stand_only_where_they_may(name: str) -> None:
    heading = ""
    found = tokens(document(SHAPES[name]()))
    for at, token in enumerate(found):
        if token.type == "heading_open":
            heading = found[at + 1].content
        if token.type == "bullet_list_open":
            assert heading in IN_BULLETS
        assert token.type not in {"ordered_list_open", "html_block", "code_block"}


def test_the_only_block_of_text_is_the_diagram() -> None:
    fences = [
        token for token in tokens(document(topologies.support_chat())) if token.type == "fence"
    ]
    assert [fence.info for fence in fences] == ["text"]
    assert "replica 1  TP 4  dc1.gpu node-0 gpu 4..7" in fences[0].content


def test_many_replicas_are_drawn_together() -> None:
    assert "and 5 more like these" in document(topologies.small_replicas())


@pytest.mark.parametrize(
    "word",
    [
        "**Llama 3 70B Instruct**",
        "**8 x NVIDIA A100 80GB SXM**",
        "**Tensor parallelism 4**",
        "tensor parallelism",
        "**Continuous Batching**",
        "**PagedAttention**",
        "**Scaling boundary**",
        "KV cache",
    ],
)
def test_what_decides_is_in_bold_and_called_by_its_name(word: str) -> None:
    assert word in document(topologies.support_chat())


def test_options_are_refused() -> None:
    emitted = TARGET.emit(topologies.support_chat(), {"tone": "jolly"})
    assert emitted.artifacts == ()
    assert [item.code for item in emitted.diagnostics] == ["INF602"]


# ---- every number is the plan's ----------------------------------------------------------------


def with_plan(**changes: object) -> Topology:
    base = topologies.support_chat()
    plan = replace(base.services[0], **changes)  # type: ignore[arg-type]  # fields of a plan
    return replace(base, services=(plan,))


def scaled(**changes: float) -> Autoscale:
    scale = topologies.support_chat().services[0].autoscale
    return replace(scale, **changes)  # type: ignore[arg-type]  # fields of an autoscaler


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_model_len": 12_345}, "12,345 tok"),
        ({"load_time_s": 77.0}, "77 s"),
        ({"autoscale": scaled(threshold=13.0)}, "**> 13** a replica: scale up"),
        ({"autoscale": scaled(min_replicas=3, max_replicas=9)}, "**3 to 9 replicas**"),
        ({"weights_bytes": 5.5 * 2**30}, "5.5 GiB"),
    ],
)
def test_a_changed_number_changes_what_is_said(changes: dict[str, object], said: str) -> None:
    assert said not in document(topologies.support_chat())
    assert said in document(with_plan(**changes))


@pytest.mark.parametrize(
    ("signal", "threshold", "metric", "act"),
    [
        ("waiting", 7.0, "queue depth", "**> 7** a replica: scale up"),
        ("running", 40.0, "requests running", "**> 40** a replica: scale up"),
        ("kv_usage", 0.8, "KV cache in use", "**> 80%** a replica: scale up"),
    ],
)
def test_what_adds_a_replica_stands_at_the_metric_that_the_plan_scales_by(
    signal: str, threshold: float, metric: str, act: str
) -> None:
    scale = replace(scaled(threshold=threshold), signal=signal)
    rows = document(with_plan(autoscale=scale)).splitlines()
    (row,) = [row for row in rows if row.startswith("| chat |") and row.endswith(f"{act} |")]
    assert f"| {metric} |" in row
    assert sum("scale up" in row for row in rows) == 1


def test_requests_are_dealt_out_as_the_plan_says() -> None:
    plan = topologies.support_chat().services[0]
    other = replace(plan.configuration, routing="least_outstanding")
    content = document(with_plan(configuration=other))
    assert "**Round robin**" in document(topologies.support_chat())
    assert "**Least outstanding**" in content
    assert "the fewest to answer" in content


# ---- what must be avoided ----------------------------------------------------------------------


def avoided(plan: ServicePlan) -> set[str]:
    return {what for _, what, _ in rules_of(plan)}


def on(place_changes: dict[str, object]) -> ServicePlan:
    """Return the plan of the first example on a place that differs."""
    plan = topologies.support_chat().services[0]
    place = replace(plan.service.place, **place_changes)  # type: ignore[arg-type]  # fields
    return replace(plan, service=replace(plan.service, place=place))


def test_tensor_parallelism_across_pcie_is_to_be_avoided_where_there_is_no_better_link() -> None:
    plan = topologies.support_chat().services[0]
    wide = "tensor parallelism wider than 4 across PCIe"
    assert wide not in avoided(plan)
    accelerator = plan.service.place.accelerator
    pcie = replace(accelerator, link=None, host_link=accelerator.link)
    assert wide in avoided(on({"accelerator": pcie}))


def test_scale_to_zero_is_to_be_avoided_only_where_a_start_takes_too_long() -> None:
    plan = topologies.support_chat().services[0]
    assert "scale to zero" in avoided(plan)
    assert "scale to zero" not in avoided(replace(plan, load_time_s=0.2))


def test_surging_is_to_be_avoided_only_where_nothing_is_free() -> None:
    assert "rollouts that surge" in avoided(topologies.support_chat().services[0])
    assert "rollouts that surge" not in avoided(topologies.with_idle().services[0])


def test_time_slicing_is_to_be_avoided_only_under_a_limit_on_latency() -> None:
    plan = topologies.support_chat().services[0]
    sliced = "time-slicing of its accelerators"
    assert sliced in avoided(plan)
    free = replace(plan, service=replace(plan.service, objectives=()))
    assert sliced not in avoided(free)


def test_nodes_matter_only_where_there_are_several() -> None:
    across = "tensor parallelism across nodes"
    assert across not in avoided(topologies.support_chat().services[0])
    assert across in avoided(on({"nodes": designs.given(2.0)}))


def test_a_managed_platform_has_no_gateway_and_shows_no_metrics_of_engines() -> None:
    (topology,) = api.draw(ROOT / "examples" / "sagemaker-endpoint" / "topology.infer").topologies
    content = document(topology)
    assert "clients --> Amazon SageMaker real-time endpoint --> endpoints" in content
    assert "vllm:" not in content.partition("## Metrics to watch")[2]


# ---- networks ----------------------------------------------------------------------------------


def test_services_of_networks_have_their_place_in_it() -> None:
    drawn = api.draw(ROOT / "examples" / "mixed-models" / "topology.infer")
    (topology,) = drawn.topologies
    content = document(topology)
    for plan in topology.networks:
        part = plan.configuration.part
        assert f"## Service {plan.service.name}\n" in content
        assert f"a MIG part **{part}** each" in content
        assert f"|-- replica 0  {part}  dc1.shared node-0 gpu " in content
        assert f"up to **{plan.configuration.max_batch_size} items**" in content
        assert f"| {plan.service.name} | p95 latency |" in content


# ---- hostile names -----------------------------------------------------------------------------

MARKUP = {"link_open", "image", "html_inline", "s_open", "code_inline", "strong_open", "em_open"}


def kinds(content: str) -> list[str]:
    return [
        child.type
        for token in tokens(content)
        for child in (token, *(token.children or ()))
        if child.type in MARKUP or child.type.endswith("_open")
    ]


def check_text(name: str) -> None:
    """Fail if the document shows ``name`` otherwise than as its text."""
    benign = document(topologies.named("name", doc="doc", design="design"))
    hostile = document(topologies.named(name, doc=name, design=name))
    assert kinds(hostile) == kinds(benign), "no element more or less"
    assert plain(name) in shown(hostile)


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_names_are_text(name: str) -> None:
    check_text(name)


names = st.text(
    st.one_of(st.sampled_from("<>&\"'\\#%{}[]()|`*_~;:-+=!$@1.\n"), st.characters(codec="utf-8")),
    min_size=1,
    max_size=24,
).filter(lambda name: any(char.isalnum() for char in name))


@settings(deadline=None, max_examples=120)
@given(name=names)
def test_any_name_is_text(name: str) -> None:
    check_text(name)


@settings(deadline=None, max_examples=200)
@given(words=names)
def test_escaped_text_is_read_back(words: str) -> None:
    line = plain(words)
    assert shown(f"{text(words)}\n") == line
    assert shown(f"before {text(words)} after\n") == f"before {line} after"
    assert shown(f"{said(f'see `chat` and {words}')}\n").startswith("see chat and ")
    assert shown(f"{code(words)}\n") == line.replace("|", "\\|")


# ---- the example -------------------------------------------------------------------------------


def test_the_example_gets_a_document_by_default(tmp_path: Path) -> None:
    compiled = api.compile(EXAMPLE, tmp_path)
    assert compiled.ok
    content = (tmp_path / "support_chat" / "design-doc" / "design.md").read_text(encoding="utf-8")
    plan = compiled.planned.plans[0].services[0]
    assert f"**Tensor parallelism {plan.configuration.tensor_parallel}**" in content
    assert not re.search(r"\b(nan|None|inf)\b", content)


def test_the_same_plan_gives_the_same_document() -> None:
    first, second = document(topologies.support_chat()), document(topologies.support_chat())
    assert first == second


def test_a_month_and_a_million_tokens_are_in_their_own_units() -> None:
    design = SourceFile("desk.infer", Desk(pool=f"nodes = 1; gpu = {GPU}; price = $1/gpu/h").text)
    topology = api.draw(design).topologies[0]
    lines = document(topology).splitlines()
    (row,) = [line for line in lines if line.startswith("| chat") and "**\\$730.00/mo**" in line]
    assert "| \\$1.00/h |" in row
    assert "/Mtok |" in row
    assert not any("\\\\" in line for line in lines)
