"""What each view shows of a topology."""

from dataclasses import replace

import pytest
from support import designs, gateways, hostile, network_plans, plans, topologies, workloads
from support.repository import ROOT

from inferc import api
from inferc.compiler.model import Emission
from inferc.compiler.topology import EdgeKind, GraphEdge, NodeKind, Topology
from inferc.compiler.units import show
from inferc.dsl import SourceFile
from inferc.targets.diagram import words
from inferc.targets.diagram.scene import Box, Edge, Group, Kind, Line, Scene, Tone, boxes
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.views import VIEWS as KNOWN
from inferc.targets.diagram.views import scene_of


def titled(scene: Scene) -> dict[str, Box]:
    return {box.title: box for box in boxes(scene.items)}


def lines(scene: Scene, line: Line) -> list[Edge]:
    return [edge for edge in scene.edges if edge.line is line]


def test_the_options_name_every_view() -> None:
    assert tuple(KNOWN) == VIEWS


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", topologies.every())
def test_ids_are_unique_and_edges_end_at_items(name: str, view: str) -> None:
    scene = scene_of(view, topologies.every()[name])
    ids = [item.id for item in _items(scene)]
    assert len(ids) == len(set(ids))
    assert {end for edge in scene.edges for end in (edge.source, edge.target)} <= set(ids)
    assert scene.label.startswith("Topology ")


def _items(scene: Scene) -> list[Box | Group]:
    found: list[Box | Group] = []
    waiting = list(scene.items)
    while waiting:
        item = waiting.pop()
        if isinstance(item, Box | Group):
            found.append(item)
        if not isinstance(item, Box):
            waiting += item.items
    return found


@pytest.mark.parametrize("name", topologies.every())
def test_the_placement_shows_every_accelerator_once(name: str) -> None:
    graph = topologies.every()[name]
    total = sum(node.kind is NodeKind.GPU for node in graph.nodes)
    shown = 0
    waiting = [(item, 1) for item in scene_of("placement", graph).items]
    while waiting:
        item, times = waiting.pop()
        if isinstance(item, Box):
            shown += times * item.count * sum(len(row.tiles) for row in item.rows)
        else:
            count = item.count if isinstance(item, Group) else 1
            waiting += [(inner, times * count) for inner in item.items]
    assert shown == total


def test_prefill_and_decode_are_drawn_apart() -> None:
    graph = topologies.disaggregated()
    request = scene_of("request", graph)
    assert {"2 prefill replicas", "1 decode replica"} <= set(titled(request))
    (handed,) = lines(request, Line.HANDOVER)
    assert (handed.source, handed.target) == ("pool prefill chat", "pool decode chat")
    whole = scene_of("topology", graph)
    assert {"chat prefill replica 0", "chat prefill replica 1", "chat decode replica 0"} <= set(
        titled(whole)
    )
    assert len(lines(whole, Line.HANDOVER)) == 2
    live = [edge for edge in lines(whole, Line.LIVE) if edge.source == "chat/service"]
    assert len(live) == 2


def test_a_stage_says_which_it_is() -> None:
    scene = scene_of("placement", topologies.pipelined())
    asides = [box.aside for box in boxes(scene.items)]
    assert asides == ["TP 8 · stage 0 of 2", "TP 8 · stage 1 of 2"]


def test_link_domains_are_shown_where_a_node_has_several() -> None:
    base = designs.support_chat()
    place = designs.a100_node()
    card = replace(place.accelerator, link_domain=4)
    service = replace(base.services[0], place=replace(place, accelerator=card))
    graph = topologies.topology_of(
        replace(base, services=(service,)), topologies.configuration(replicas=1)
    )
    rows = [row.title for box in boxes(scene_of("placement", graph).items) for row in box.rows]
    assert rows == ["link domain 0", "link domain 1"]


def test_canary_and_shadow_have_lines_of_their_own() -> None:
    graph = topologies.support_chat()
    first = next(edge for edge in graph.edges if edge.kind is EdgeKind.TRAFFIC)
    more = [
        replace(first, attributes={"traffic": kind, "share": share})
        for kind, share in (("canary", 0.05), ("shadow", 1.0))
    ]
    graph = replace(graph, edges=(*graph.edges, *more))
    for view in ("topology", "request"):
        scene = scene_of(view, graph)
        (canary,), (shadow,) = lines(scene, Line.CANARY), lines(scene, Line.SHADOW)
        assert canary.label == "5%, 16.7 req/s"
        assert shadow.label == "100%, 16.7 req/s"


def test_many_services_stand_in_a_frame_for_each_place() -> None:
    base = designs.support_chat()
    many = tuple(
        replace(base.services[0], name=f"s{number}", place=designs.a100_node(nodes=8.0))
        for number in range(8)
    )
    shape = topologies.configuration(tensor_parallel=4, replicas=1)
    graph = topologies.topology_of(replace(base, services=many), *[shape] * 8)
    for view in ("topology", "request"):
        scene = scene_of(view, graph)
        frames = [item for item in scene.items if isinstance(item, Group)]
        assert [len(frame.items) for frame in frames] == [8]
        assert len(lines(scene, Line.LIVE)) == 3
        load = sum(plan.service.load.rate_per_s.value for plan in graph.services)
        assert lines(scene, Line.LIVE)[-1].label == words.rate(load)


def with_costs(*usd_per_s: float, budget: float | None = None) -> Topology:
    """Return two services with these prices, and a budget where one is given."""
    graph = topologies.two_services()
    own = []
    for plan, price in zip(graph.services, usd_per_s, strict=True):
        objective = replace(plan.margins[0].objective, budget_usd_per_s=budget)
        margin = replace(plan.margins[0], objective=objective)
        own.append(replace(plan, price_usd_per_s=price, margins=(margin,)))
    return replace(graph, services=tuple(own))


def test_the_cost_is_shared_out() -> None:
    scene = scene_of("cost", with_costs(0.003, 0.001))
    (group,) = scene.items
    assert isinstance(group, Group)
    assert group.title == "All services: $14.40/h · $10,512/mo"
    bars = {box.title: box.bar.text for box in boxes(scene.items) if box.bar}
    assert bars == {"chat": "75% of all", "tagger": "25% of all"}


def test_shares_of_a_cost_are_a_whole_and_no_spending_looks_smaller() -> None:
    """A margin is rounded down; what is spent is not one."""
    scene = scene_of("cost", with_costs(0.002, 0.001))
    bars = {box.title: box.bar.text for box in boxes(scene.items) if box.bar}
    assert bars == {"chat": "66.7% of all", "tagger": "33.3% of all"}


@pytest.mark.parametrize(
    ("budget", "verdict", "tone"), [(0.008, "50% spent", Tone.GOOD), (0.002, "missed", Tone.BAD)]
)
def test_the_budget_has_a_badge(budget: float, verdict: str, tone: Tone) -> None:
    box = titled(scene_of("cost", with_costs(0.003, 0.001, budget=budget)))["Budget"]
    (badge,) = box.badges
    assert (badge.verdict, badge.tone) == (verdict, tone)


def test_no_price_is_said() -> None:
    box = titled(scene_of("cost", topologies.support_chat()))["chat"]
    assert box.aside == "no price is stated"
    assert box.bar is None


def test_the_deployment_shows_the_objects_that_are_written() -> None:
    from inferc.targets.kubernetes.objects import build_objects

    graph = topologies.support_chat()
    made = build_objects(graph, {})
    scene = scene_of("deployment", graph)
    told = " ".join(line for box in boxes(scene.items) for line in box.lines)
    for manifest in made:
        assert manifest.kind in told
    assert f"{len(made)} Kubernetes objects" in scene.facts
    assert lines(scene, Line.RUNS_ON)


def test_no_line_of_a_deployment_crosses_the_box_of_another_service() -> None:
    (graph,) = api.draw(ROOT / "examples" / "mixed-models" / "topology.infer").topologies
    scene = scene_of("deployment", graph)
    assert len(lines(scene, Line.RUNS_ON)) == len(graph.planned) == 4
    (cluster,) = (item for item in scene.items if isinstance(item, Group))
    (inside, *_) = (item for item in cluster.items if isinstance(item, Group))
    assert inside.title == "namespace mixed-models"
    assert inside.columns == 1


def test_the_deployment_shows_what_cuts_accelerators() -> None:
    told = str(scene_of("deployment", workloads.language_model_in_parts()))
    assert "no Kubernetes objects" not in told
    assert "ConfigMap" in told


def test_the_deployment_of_what_kubernetes_cannot_run_shows_the_plan() -> None:
    scene = scene_of("deployment", topologies.one_board())
    shown = titled(scene)
    assert shown["chat"].kind is Kind.SERVICE
    assert "pi" in shown
    assert "Kubernetes" not in str(scene)


@pytest.mark.parametrize(
    ("target", "form", "by"),
    [
        ("on_prem", "compose", "Docker Compose"),
        ("on_prem", "quadlet", "Podman"),
        ("on_prem", "", "Docker Compose"),
        ("compose", "", "Docker Compose"),
        ("on_prem", "kubernetes", ""),
        ("kubernetes", "", ""),
    ],
)
def test_containers_of_a_machine_are_no_kubernetes_objects(target: str, form: str, by: str) -> None:
    """The picture shows what the file asks for."""
    graph = topologies.support_chat()
    asked = [
        Emission(target=target, options={"form": form} if form else {}, span=designs.NOWHERE),
        Emission(target="diagram", options={}, span=designs.NOWHERE),
    ]
    scene = scene_of("deployment", replace(graph, emissions=tuple(asked)))
    told = str(scene)
    assert ("Kubernetes objects" in told) == (not by)
    assert (f"started by {by}" in told) == bool(by)
    assert lines(scene, Line.RUNS_ON)


def test_traffic_edges_keep_their_kind() -> None:
    assert plans.CONFIGURATION.prefill is None
    edge = GraphEdge(source="a", target="b", kind=EdgeKind.TRAFFIC, rate_per_s=1.0, attributes={})
    from inferc.targets.diagram.views.common import label_of, line_of

    assert line_of(edge) is Line.LIVE
    assert label_of(edge) == "1 req/s"


def test_a_part_of_an_accelerator_shows_its_own_memory() -> None:
    pool = f"nodes = 1; gpu = {network_plans.A100}; partition = mig"
    file = network_plans.program(network_plans.service(), pool=pool)
    (graph,) = api.draw(file).topologies
    tiles = [
        (tile.title, tile.note)
        for box in boxes(scene_of("placement", graph).items)
        for row in box.rows
        for tile in row.tiles
        if tile.color is not None
    ]
    assert tiles
    seats = [node for node in graph.nodes if node.attributes.get("part")]
    shown = {
        f"{str(node.attributes['part']).partition('-at-')[0]}: "
        f"{show(float(node.attributes['memory_bytes']), 'bytes')}"
        for node in seats
    }
    assert {note for _, note in tiles} == shown


def test_a_managed_platform_is_a_place_of_its_own() -> None:
    file = SourceFile("/managed.infer", hostile.file_of("assistant", managed=True))
    (graph,) = api.draw(file).topologies
    scene = scene_of("deployment", graph)
    place = titled(scene)["run"]
    assert place.aside == "Amazon SageMaker real-time endpoint"
    assert "aws · g6e.xlarge · serverless" in place.lines
    assert len(lines(scene, Line.RUNS_ON)) == 1


def test_gateways_and_their_routes_are_drawn() -> None:
    routes = '  edge -> chat\n  edge -> coder { match = "/code" }\n'
    file = SourceFile("/edge.infer", gateways.text_of(gateways.EDGE + routes))
    (graph,) = api.draw(file).topologies
    scene = scene_of("request", graph)
    front = [item for item in scene.items if isinstance(item, Box)][:4]
    assert [box.title for box in front] == ["clients", "edge", "/v1/*", "/code"]
    assert "hosts: ai.example.com" in front[1].lines
    assert "encrypted" in front[1].lines
    client, edge, first, second = (box.id for box in front)
    path = {(line.source, line.target) for line in lines(scene, Line.LIVE)}
    assert path >= {
        (client, edge),
        (edge, first),
        (edge, second),
        (first, "chat/service"),
        (second, "coder/service"),
    }
