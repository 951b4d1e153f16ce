"""Layouts on a place, what the user leaves to choose from, and what several services leave."""

from dataclasses import replace

import pytest
from support import designs
from support.machines import LLAMA_3_8B
from support.problems import on_nodes, pin, problem

from inferc.compiler.model import Decision
from inferc.compiler.plan.dimensions import powers_up_to
from inferc.compiler.plan.narrowing import allowed, allows, blocking, stated_counts, written
from inferc.compiler.plan.search import Search
from inferc.compiler.plan.sharing import EASY, PLANNED, Tenant
from inferc.compiler.plan.space import Shape, allowed_counts, memory_share


def shape(tensor: int, pipeline: int, nodes: int, per_node: int) -> Shape:
    return Shape(
        engine=designs.vllm(),
        model=designs.LLAMA_3_70B,
        place=designs.a100_node(nodes=nodes, per_node=per_node),
        precision="fp16",
        tensor=tensor,
        pipeline=pipeline,
        memory_share=0.9,
    )


FITS = [
    # tensor, pipeline, nodes, accelerators a node: replicas
    (4, 1, 1, 8, 2),
    (8, 1, 1, 8, 1),
    (8, 1, 4, 8, 4),
    (16, 1, 4, 8, 0),  # tensor parallelism stays in a node
    (2, 2, 1, 8, 2),
    (4, 1, 1, 7, 1),  # three are left over
    (4, 4, 2, 8, 1),  # two stages on each of two nodes
    (4, 4, 3, 8, 1),
    (4, 4, 4, 8, 2),
    (3, 2, 2, 4, 1),  # one stage of three on each node
    (1, 8, 8, 1, 1),
]


@pytest.mark.parametrize(("tensor", "pipeline", "nodes", "per_node", "replicas"), FITS)
def test_replicas_that_fit(
    tensor: int, pipeline: int, nodes: int, per_node: int, replicas: int
) -> None:
    assert shape(tensor, pipeline, nodes, per_node).replicas_that_fit(nodes * per_node) == replicas


def test_fewer_accelerators_hold_fewer_replicas() -> None:
    assert [shape(4, 1, 1, 8).replicas_that_fit(count) for count in (0, 3, 4, 7, 8)] == [
        0, 0, 1, 1, 2,
    ]  # fmt: skip


ALLOWED = [
    (pin("tensor_parallel", 4.0), [4]),
    (pin("tensor_parallel", 2.0, 8.0, operator="in"), [2, 8]),
    (pin("tensor_parallel", 2.0, 4.0, operator="in", is_range=True), [2, 3, 4]),
    (pin("tensor_parallel", 2.0, operator="not in"), [1, 3, 4, 5, 6, 7, 8]),
    (pin("tensor_parallel", 4.0, operator="!="), [1, 2, 3, 5, 6, 7, 8]),
    (pin("tensor_parallel", 3.0, operator="<="), [1, 2, 3]),
    (pin("tensor_parallel", 3.0, operator="<"), [1, 2]),
    (pin("tensor_parallel", 7.0, operator=">="), [7, 8]),
    (pin("tensor_parallel", 7.0, operator=">"), [8]),
]


@pytest.mark.parametrize(("decision", "values"), ALLOWED, ids=lambda v: str(v)[-30:])
def test_what_a_decision_allows(decision: Decision, values: list[int]) -> None:
    assert [value for value in range(1, 9) if allows(decision, value)] == values
    assert all(allowed((decision,), "pipeline_parallel", value) for value in range(1, 9))
    assert blocking((decision,), "tensor_parallel", values[0]) is None


def test_an_engine_is_meant_by_path_or_name() -> None:
    for name in ("engine.vllm", "vllm", "cat.engine.vllm"):
        assert allows(pin("engine", name), "engine.vllm")
        assert not allows(pin("engine", name, operator="not in"), "engine.vllm")
    assert not allows(pin("engine", "engine.llama_cpp"), "engine.vllm")


def test_numbers_that_the_user_names_are_tried() -> None:
    assert stated_counts((pin("max_num_seqs", 300.0), pin("replicas", 5.0)), "max_num_seqs") == (
        300,
    )
    assert powers_up_to(10) == (1, 2, 4, 8)


REPLICAS = [
    ((), 3, [1, 2, 3]),
    ((pin("replicas", 2.0),), 3, [2]),
    ((pin("replicas", 5.0),), 3, []),
    ((pin("replicas", 2.0, 9000.0, operator="in", is_range=True),), 4, [2, 3, 4]),
]


@pytest.mark.parametrize(("decisions", "most", "counts"), REPLICAS)
def test_numbers_of_replicas(decisions: tuple[Decision, ...], most: int, counts: list[int]) -> None:
    assert list(allowed_counts(decisions, most)) == counts


def test_on_huge_places_stated_numbers_of_replicas_are_still_tried() -> None:
    counts = allowed_counts((pin("replicas", 12_345.0, operator="<="),), 1_000_000)
    assert 12_345 in counts
    assert max(counts) == 12_345


@pytest.mark.parametrize(
    ("decisions", "share"),
    [
        ((), 0.9),
        ((pin("gpu_memory_utilization", 0.8),), 0.8),
        ((pin("gpu_memory_utilization", 0.5, 0.7, operator="in", is_range=True),), 0.7),
        ((pin("gpu_memory_utilization", 0.0),), None),
    ],
)
def test_the_share_of_memory(decisions: tuple[Decision, ...], share: float | None) -> None:
    assert memory_share(designs.vllm(), decisions) == share


def test_what_a_service_needs_is_the_least() -> None:
    """One replica fewer of any layout does not hold; harder values need no less."""
    asked = on_nodes(problem(LLAMA_3_8B, rate_per_s=60), 2)
    tenant = Tenant(asked)
    for level in (EASY, PLANNED):
        load = tenant.load(level)
        for need in tenant.needs(level):
            held = {
                count
                for shape, budget_tok in tenant.search.steps()
                if (shape.tensor, shape.pipeline) == need.layout
                for count in (need.replicas - 1, need.replicas)
                if count and tenant.search.holds_with(shape, budget_tok, count, load)
            }
            assert held == {need.replicas}
    assert tenant.needs(EASY)[0] <= tenant.needs(PLANNED)[0]


def test_tensor_parallelism_needs_an_engine_that_can() -> None:
    case = problem(LLAMA_3_8B).case
    plain = replace(designs.vllm(), tensor_parallel=False, pipeline_parallel=False)
    able, unable = (
        Search(replace(case, engines=(engine,))).shapes for engine in (designs.vllm(), plain)
    )
    assert {item.tensor for item in able} == {item.pipeline for item in able} == {1, 2, 4, 8}
    assert [(item.tensor, item.pipeline) for item in unable] == [(1, 1)]


WRITTEN = [
    (pin("max_model_len", 1048576.0), "max_model_len = 1048576"),
    (pin("gpu_memory_utilization", 0.85), "gpu_memory_utilization = 0.85"),
    (pin("tensor_parallel", 2.0, 4.0, operator="in", is_range=True), "tensor_parallel in 2..4"),
    (pin("replicas", 2.0, operator="not in"), "replicas not in [2]"),
    (pin("engine", "engine.vllm", "engine.tgi", operator="in"), "engine in [vllm, tgi]"),
    (pin("pipeline_parallel", 2.0, operator="<="), "pipeline_parallel <= 2"),
]


@pytest.mark.parametrize(("decision", "text"), WRITTEN, ids=lambda v: str(v)[:24])
def test_decisions_are_told_as_a_file_has_them(decision: Decision, text: str) -> None:
    assert written(decision) == text
