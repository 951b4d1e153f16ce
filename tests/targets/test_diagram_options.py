"""Options, renderers and what is said where one is missing."""

import re
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from support import topologies
from support.pictures import RENDERERS

from inferc.compiler.model import Emission
from inferc.dsl import SourceFile, Span
from inferc.targets.diagram import TARGET
from inferc.targets.diagram.render import RenderError, find_program, to_svg

# options, files
FILES = [
    ({"formats": "dot", "views": "topology"}, ["topology.dot"]),
    ({"formats": "mermaid", "views": "cost"}, ["cost.mmd"]),
    ({"formats": "svg, dot", "views": "placement"}, ["placement.dot", "placement.svg"]),
    ({"formats": "text dot text", "views": "request"}, ["request.dot", "request.txt"]),
    ({"formats": "d2", "views": "cost, request cost"}, ["cost.d2", "request.d2"]),
    ({"theme": "dark", "formats": "drawio", "views": "cost"}, ["cost.drawio"]),
    ({"formats": "png", "views": "deployment"}, ["deployment.png"]),
]


@pytest.mark.parametrize(("options", "files"), FILES)
def test_formats_pick_the_files(options: dict[str, str], files: list[str]) -> None:
    emitted = TARGET.emit(topologies.support_chat(), options)
    assert emitted.diagnostics == ()
    assert [item.path for item in emitted.artifacts] == files


# options, code, words of the diagnostic
WRONG = [
    ({"format": "svg"}, "INF602", "`formats`"),
    ({"zoom": 2.0}, "INF602", "remove it"),
    ({"formats": "svg, gif"}, "INF603", "`gif`"),
    ({"formats": ""}, "INF603", "dot, svg, mermaid, png, d2, drawio, text"),
    ({"views": "network"}, "INF603", "topology, request, placement, deployment, cost"),
    ({"views": ""}, "INF603", "one or several"),
    ({"formats": True}, "INF603", "`True`"),
    ({"renderer": "wasm"}, "INF603", "auto, system, pure"),
    ({"theme": "pink"}, "INF603", "auto, light, dark"),
]


@pytest.mark.parametrize(("options", "code", "said"), WRONG)
def test_wrong_options_are_refused(
    options: dict[str, str | float | bool], code: str, said: str
) -> None:
    emitted = TARGET.emit(topologies.support_chat(), options)
    assert emitted.artifacts == ()
    (found,) = emitted.diagnostics
    assert found.code == code
    assert said in "\n".join((found.message, found.help, *found.notes))


def test_a_wrong_option_is_shown_where_it_is_stated() -> None:
    span = Span(SourceFile("t.infer", "emit diagram { theme = blue }"), 0, 12)
    topology = replace(
        topologies.support_chat(),
        emissions=(Emission(target="diagram", options={"theme": "blue", "w": 1.0}, span=span),),
    )
    found = TARGET.emit(topology, {"theme": "blue", "w": 1.0}).diagnostics
    assert [item.span for item in found] == [span, span]


def test_every_wrong_option_is_named() -> None:
    options = {"renderer": "x", "theme": "y", "formats": "z", "views": "v", "w": 1.0}
    assert len(TARGET.emit(topologies.support_chat(), options).diagnostics) == 5


def test_the_drawer_of_pip_needs_no_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert find_program("system") is None
    assert find_program("pure") is not None
    assert find_program("auto") == find_program("pure")


def test_the_systems_graphviz_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = program(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("auto") == find_program("system") == str(own)


def program(folder: Path, script: str) -> Path:
    """Write a ``dot`` that does what ``script`` says."""
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_missing_renderer_is_an_error_with_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    emitted = TARGET.emit(topologies.support_chat(), {"renderer": "system"})
    assert emitted.artifacts == ()
    assert [item.code for item in emitted.diagnostics] == ["INF650"]


# what a broken dot does, what is said of it
BROKEN = [
    ("echo first >&2; echo no such format >&2; exit 1", "no such format"),
    ("exit 3", "status 3"),
    ("exit 0", "status 0"),
]


@pytest.mark.parametrize(("script", "said"), BROKEN)
def test_a_broken_renderer_is_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, said: str
) -> None:
    program(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    emitted = TARGET.emit(topologies.support_chat(), {"renderer": "system"})
    assert emitted.artifacts == ()
    (found,) = emitted.diagnostics
    assert found.code == "INF651"
    assert said in found.notes[0]


def test_a_renderer_that_cannot_be_started() -> None:
    with pytest.raises(RenderError, match="No such file"):
        to_svg("digraph {}", "/nowhere/dot")


def test_a_png_without_graphviz_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    graph, options = topologies.support_chat(), {"formats": "png", "renderer": "pure"}
    (found,) = TARGET.emit(graph, options).diagnostics
    assert found.code == "INF675"
    assert "inferc[png]" in found.help


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_png_is_a_picture_of_the_svg(renderer: str) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("resvg_py")
    options = {"formats": "png svg", "renderer": renderer, "views": "placement"}
    png, svg = TARGET.emit(topologies.support_chat(), options).artifacts
    drawn = image.open(BytesIO(png.content)).convert("RGB")
    size = [
        float(n) for n in re.findall(rb'viewBox="0\.00 0\.00 ([\d.]+) ([\d.]+)"', svg.content)[0]
    ]
    assert drawn.width == pytest.approx(size[0] * 2, rel=0.02)
    assert drawn.height == pytest.approx(size[1] * 2, rel=0.02)
    colors = {color for _, color in drawn.getcolors(1 << 24)}
    assert {(0x56, 0xB4, 0xE9), (0xE6, 0x9F, 0x00), (0xFF, 0xFF, 0xFF)} <= colors
    assert TARGET.emit(topologies.support_chat(), options).artifacts[0] == png
