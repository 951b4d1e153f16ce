"""Options, renderers and what is said where one is missing."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from support import topologies

from inferc.compiler.model import Emission
from inferc.dsl import SourceFile, Span
from inferc.targets.diagram import TARGET
from inferc.targets.diagram.render import RenderError, find_program, to_svg
from inferc.targets.diagram.themes import REPLICAS, THEMES, contrast, ink_on

# options, files
FILES = [
    ({"formats": "dot"}, ["topology.dot"]),
    ({"formats": "mermaid"}, ["topology.mmd"]),
    ({"formats": "svg, dot"}, ["topology.dot", "topology.svg"]),
    ({"formats": "mermaid dot mermaid"}, ["topology.dot", "topology.mmd"]),
    ({"theme": "dark", "formats": "dot"}, ["topology.dot"]),
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
    ({"formats": "svg, png"}, "INF603", "`png`"),
    ({"formats": ""}, "INF603", "dot, svg, mermaid"),
    ({"formats": True}, "INF603", "`True`"),
    ({"renderer": "wasm"}, "INF603", "auto, system, pure"),
    ({"theme": "pink"}, "INF603", "light, dark"),
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
    options = {"renderer": "x", "theme": "y", "formats": "z", "w": 1.0}
    assert len(TARGET.emit(topologies.support_chat(), options).diagnostics) == 4


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


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_can_be_read_on_every_ground(theme: object) -> None:
    looks = {name: getattr(theme, name) for name in ("paper", "panel", "raised")}
    for ground in looks.values():
        assert contrast(theme.ink, ground) >= 7
        assert contrast(theme.muted, ground) >= 4.5
    assert contrast(theme.traffic, theme.paper) >= 4.5
    for badge in (theme.good, theme.bad, theme.warn):
        assert contrast(theme.on_badge, badge) >= 4.5


@pytest.mark.parametrize("fill", REPLICAS)
def test_tiles_can_be_read(fill: str) -> None:
    assert contrast(ink_on(fill), fill) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_colours_of_neighbours_differ() -> None:
    assert all(a != b for a, b in combinations(REPLICAS, 2))
