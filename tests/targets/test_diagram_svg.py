"""The picture: what it shows, that it is well-formed, and that nothing lies on anything else."""

import hashlib
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from support import pictures, topologies
from support.pictures import FEW, RENDERERS

from inferc.compiler.topology import Topology
from inferc.targets.base import Emitted
from inferc.targets.diagram import TARGET, words
from inferc.targets.diagram.dot import draw
from inferc.targets.diagram.svg import dark_style
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.themes import DARK, LIGHT, REPLICAS, Theme
from inferc.targets.diagram.views import scene_of
from inferc.targets.diagram.words import TIMES_SIGN


def svg(
    graph: Topology, renderer: str = "pure", theme: str = "light", view: str = "topology"
) -> bytes:
    options = {"formats": "svg", "renderer": renderer, "theme": theme, "views": view}
    emitted = TARGET.emit(graph, options)
    assert emitted.diagnostics == ()
    (artifact,) = emitted.artifacts
    return artifact.content


def drawn(graph: Topology, view: str, theme: Theme = LIGHT) -> str:
    return draw(scene_of(view, graph), theme).source


def emit(graph: Topology) -> Emitted:
    return TARGET.emit(graph, {"renderer": "pure"})


@pytest.mark.parametrize("renderer", FEW)
@pytest.mark.parametrize("name", topologies.every())
def test_no_box_lies_on_another(name: str, renderer: str) -> None:
    graph = topologies.every()[name]
    sources = [drawn(graph, view) for view in VIEWS]
    for view, boxes in zip(VIEWS, pictures.layouts(sources, renderer), strict=True):
        assert boxes, view
        assert [(a.name, b.name) for a, b in combinations(boxes, 2) if a.overlaps(b)] == [], view


@pytest.mark.parametrize("name", topologies.every())
def test_no_text_lies_on_another(name: str) -> None:
    emitted = TARGET.emit(topologies.every()[name], {"formats": "svg", "renderer": "pure"})
    assert len(emitted.artifacts) == len(VIEWS)
    for artifact in emitted.artifacts:
        found = pictures.written(artifact.content)
        assert len(found) > 5
        over = [(a.name, b.name) for a, b in combinations(found, 2) if a.overlaps(b)]
        assert over == [], artifact.path


def test_the_check_of_texts_can_fail() -> None:
    moved = re.sub(rb'(<text[^>]* y=")[-0-9.]*', rb"\g<1>-50", svg(topologies.support_chat()))
    found = pictures.written(moved)
    assert any(a.overlaps(b) for a, b in combinations(found, 2))


@pytest.mark.parametrize("renderer", FEW)
@pytest.mark.parametrize("name", topologies.every())
def test_graphviz_has_no_complaint(name: str, renderer: str) -> None:
    sources = [drawn(topologies.every()[name], view, DARK) for view in VIEWS]
    _, complaints = pictures.run("".join(sources), renderer, "-Tsvg")
    known = re.compile(r"non-ASCII|hard-coded metrics|^$")
    assert [line for line in complaints.splitlines() if not known.search(line)] == []


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_picture_of_the_example(renderer: str) -> None:
    graph = topologies.support_chat()
    shown = pictures.texts(svg(graph, renderer))
    assert words.facts(graph)[:2] == (f"plan {graph.digest[:12]}", "8 of 8 accelerators in use")
    tiles = [text for text in shown if text.startswith("GPU ")]
    assert tiles == [f"GPU {index}" for index in range(8)]
    for text in (
        "support_chat",
        "conditional",
        "   ·   ".join(words.facts(graph)),
        "Llama 3 70B Instruct",
        "vllm · fp16 · TP 4",
        "p95 ttft",
        "410 ms",
        "≤ 500 ms",
        "18% margin",
        "chat replica 0",
        "chat replica 1",
        "dc1.gpu · node 0",
        "1 to 2 replicas",
    ):
        assert text in [shown_text.strip() for shown_text in shown], text
    assert sum(text.strip() == "16.7 req/s" for text in shown) == 3
    assert sum(text.strip() == "8.33 req/s" for text in shown) == 2


def test_tiles_have_the_colour_of_their_replica() -> None:
    root = pictures.parse(svg(topologies.support_chat()))
    fills = [item.get("fill") for item in root.iter(f"{pictures.SVG}polygon")]
    assert fills.count("#56b4e9") == fills.count("#e69f00") == 4 + 1  # and one in the legend


def test_idle_accelerators_are_hollow_and_named_in_the_legend() -> None:
    used, idle = svg(topologies.support_chat()), svg(topologies.with_idle())
    assert "idle" not in pictures.texts(used)
    assert [text.strip() for text in pictures.texts(idle)].count("idle") == 2
    assert pictures.texts(idle).count("GPU 7") == 1


# topology, what stands for the many, tiles
COLLAPSED = [
    ("small_replicas", f"{TIMES_SIGN} 8", 1),
    ("fleet", f"{TIMES_SIGN} 4", 8),
]


@pytest.mark.parametrize(("name", "times", "tiles"), COLLAPSED)
def test_many_equal_replicas_are_drawn_once(name: str, times: str, tiles: int) -> None:
    shown = pictures.texts(svg(topologies.every()[name]))
    assert any(times in text for text in shown)
    assert sum(text.startswith("GPU ") for text in shown) == tiles
    assert any(text.strip().endswith(" each") for text in shown)


def test_a_large_fleet_is_drawn_quickly_and_small() -> None:
    picture = svg(topologies.fleet(64))
    assert len(picture) < 2 * len(svg(topologies.fleet(4)))


def test_stages_on_two_hosts_are_joined() -> None:
    shown = pictures.texts(svg(topologies.pipelined()))
    assert {"TP 8 · stage 0 of 2", "TP 8 · stage 1 of 2"} <= {text.strip() for text in shown}
    assert "pipeline stages   " in shown
    assert "pipeline stages   " not in pictures.texts(svg(topologies.support_chat()))


def test_a_missed_line_of_the_sla_is_said_in_words() -> None:
    missed, wished = topologies.missed(), topologies.missed(wished=True)
    assert "missed" in pictures.texts(svg(missed))
    assert "wish missed" in pictures.texts(svg(wished))
    assert not any("missed" in text for text in pictures.texts(svg(topologies.support_chat())))


def test_a_board_is_not_called_a_gpu() -> None:
    shown = pictures.texts(svg(topologies.one_board()))
    assert "board" in shown
    assert not any(text.startswith("GPU") for text in shown)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_hovering_names_what_is_there(renderer: str) -> None:
    titles = pictures.titles(svg(topologies.support_chat(), renderer))
    assert {
        "chat",
        "clients to gateway: requests, mean rate",
        "metrics to chat autoscaler: metrics",
        "chat autoscaler to chat: scaling",
        "dc1.gpu · node 0 to metrics: metrics",
        "chat weights to dc1.gpu · node 0: weights",
        "chat to chat replica 1: requests, mean rate",
    } <= set(titles)
    assert not any(re.search(r"\b[ne]\d+\b|cluster", title) for title in titles)


def test_readers_get_a_sentence() -> None:
    root = pictures.parse(svg(topologies.support_chat()))
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "Topology support_chat, conditional: chat runs Llama 3 70B Instruct in 2 replicas; "
        "8 of 8 accelerators in use."
    )


@pytest.mark.parametrize("renderer", RENDERERS)
def test_nothing_is_loaded_from_elsewhere_and_nobody_signs(renderer: str) -> None:
    text = svg(topologies.support_chat(), renderer).decode()
    assert "<!--" not in text
    assert "<!DOCTYPE" not in text
    assert "graphviz" not in text.lower()
    assert not re.search(r"href=|url\(|<image|@import", text)


def test_the_dark_theme_is_dark() -> None:
    root = pictures.parse(svg(topologies.support_chat(), theme="dark"))
    paper = next(root.iter(f"{pictures.SVG}polygon")).get("fill")
    assert paper == DARK.paper.lower()


def test_the_automatic_theme_knows_every_colour() -> None:
    light = svg(topologies.with_idle())
    auto = svg(topologies.with_idle(), theme="auto")
    style = f"<style>{dark_style()}</style>\n"
    assert auto.decode().replace(style, "", 1) == light.decode()
    known = {color.lower() for color in LIGHT.colors.values()}
    inks = {"#000000", "#ffffff"}
    tiles = {color.lower() for color in REPLICAS}
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', light.decode()))
    assert used <= known | inks | tiles
    assert used & known


def test_ids_differ_between_views() -> None:
    emitted = TARGET.emit(topologies.support_chat(), {"formats": "svg", "renderer": "pure"})
    ids = [
        item.get("id")
        for artifact in emitted.artifacts
        for item in pictures.parse(artifact.content).iter()
        if item.get("id")
    ]
    assert len(ids) == len(set(ids)) > 20


def test_the_same_topology_gives_the_same_bytes() -> None:
    assert emit(topologies.two_services()) == emit(topologies.two_services())


def digests() -> str:
    """Return a digest of every file of an example."""
    options = {"renderer": "pure", "formats": "svg dot mermaid d2 drawio text"}
    contents = [a.content for a in TARGET.emit(topologies.two_services(), options).artifacts]
    return hashlib.sha256(b"".join(contents)).hexdigest()


def test_the_hash_seed_does_not_matter() -> None:
    code = "import test_diagram_svg as t; print(t.digests())"
    here = Path(__file__).parent
    folders = os.pathsep.join([str(here), str(here.parent)])
    expected = digests()
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": folders}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == expected


def test_each_format_is_one_file() -> None:
    emitted = emit(topologies.support_chat())
    paths = [f"{view}.{ending}" for view in sorted(VIEWS) for ending in ("dot", "mmd", "svg")]
    assert [item.path for item in emitted.artifacts] == paths
