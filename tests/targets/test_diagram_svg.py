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
from support.pictures import RENDERERS

from inferc.compiler.topology import Topology
from inferc.targets.base import Emitted
from inferc.targets.diagram import TARGET, words
from inferc.targets.diagram.dot import draw
from inferc.targets.diagram.themes import DARK, LIGHT
from inferc.targets.diagram.words import TIMES_SIGN


def svg(graph: Topology, renderer: str = "pure", theme: str = "light") -> bytes:
    emitted = TARGET.emit(graph, {"formats": "svg", "renderer": renderer, "theme": theme})
    assert emitted.diagnostics == ()
    (artifact,) = emitted.artifacts
    return artifact.content


def emit(graph: Topology) -> Emitted:
    return TARGET.emit(graph, {"renderer": "pure"})


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("name", topologies.every())
def test_no_box_lies_on_another(name: str, renderer: str) -> None:
    drawing = draw(topologies.every()[name], LIGHT)
    boxes = pictures.layout(drawing.source, renderer)
    assert len(boxes) > 5
    assert [(a.name, b.name) for a, b in combinations(boxes, 2) if a.overlaps(b)] == []


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("name", topologies.every())
def test_graphviz_has_no_complaint(name: str, renderer: str) -> None:
    _, complaints = pictures.run(draw(topologies.every()[name], DARK).source, renderer, "-Tsvg")
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
        assert text in shown, text
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
    assert {"stage 0", "stage 1"} <= set(shown)
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
        "chat/service",
        "client to gateway",
        "metrics to chat/autoscaler",
        "chat/autoscaler to chat/service",
        "dc1.gpu · node 0 to metrics",
        "chat/weights to dc1.gpu · node 0",
    } <= set(titles)
    assert not any(re.search(r"\bn\d+\b|cluster", title) for title in titles)


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


def test_the_same_topology_gives_the_same_bytes() -> None:
    assert emit(topologies.two_services()) == emit(topologies.two_services())


def digests() -> str:
    """Return a digest of every file of every example."""
    contents = [a.content for g in topologies.every().values() for a in emit(g).artifacts]
    return hashlib.sha256(b"".join(contents)).hexdigest()


def test_the_hash_seed_does_not_matter() -> None:
    code = "import test_diagram_svg as t; print(t.digests())"
    here = Path(__file__).parent
    folders = os.pathsep.join([str(here), str(here.parent)])
    expected = digests()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": folders}
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
    assert [item.path for item in emitted.artifacts] == [
        "topology.dot",
        "topology.mmd",
        "topology.svg",
    ]
