"""Names and texts of users are shown as they are, and never become markup, ids or syntax."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import pictures, topologies
from support.pictures import FEW, NASTY

from inferc.compiler.topology import Topology
from inferc.targets.diagram import TARGET, words
from inferc.targets.diagram.dot import draw
from inferc.targets.diagram.markup import readable
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.themes import LIGHT
from inferc.targets.diagram.views import scene_of


def picture(graph: Topology, renderer: str) -> bytes:
    options = {"formats": "svg", "renderer": renderer, "views": "topology"}
    emitted = TARGET.emit(graph, options)
    assert emitted.diagnostics == ()
    return emitted.artifacts[0].content


@cache
def harmless(renderer: str) -> bytes:
    return picture(topologies.named("name", doc="doc", design="design"), renderer)


def visible(text: str, longest: int) -> str:
    """Return ``text`` as a picture must show it."""
    return readable(words.shorten(text, longest))


def check_shown(name: str, renderer: str) -> None:
    """Fail if the picture shows ``name`` otherwise than as its text."""
    benign = harmless(renderer)
    hostile = picture(topologies.named(name, doc=name, design=name), renderer)
    shown = pictures.texts(hostile)
    assert visible(name, 28) in shown, "the service"
    assert visible(name, 110) in shown, "the doc"
    assert visible(name, 44) in shown, "the topology"
    assert all(f"Topology {visible(name, 44)}, " in label for label in label_of(hostile))
    assert pictures.tags(hostile) == pictures.tags(benign), "no element more or less"


def label_of(content: bytes) -> list[str]:
    """Return what a picture says of itself, twice."""
    return [pictures.parse(content).get("aria-label") or "", pictures.titles(content)[0]]


@pytest.mark.parametrize("renderer", FEW)
@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_names_are_text(name: str, renderer: str) -> None:
    check_shown(name, renderer)


names = st.text(
    st.one_of(st.sampled_from("<>&\"'\\#%{}[]|`;:-\n"), st.characters(exclude_categories=["Cs"])),
    min_size=1,
    max_size=20,
).filter(lambda text: any(char.isalnum() for char in text))


@settings(deadline=None, max_examples=15)
@given(name=names)
def test_any_name_is_text(name: str) -> None:
    check_shown(name, "pure")


@settings(deadline=None, max_examples=15)
@given(name=names)
def test_names_never_become_ids_of_dot(name: str) -> None:
    hostile = topologies.named(name, doc=name, design=name)
    benign = topologies.named("name", doc="doc", design="design")
    for view in VIEWS:
        drawing, other = (draw(scene_of(view, graph), LIGHT) for graph in (hostile, benign))
        assert outside_labels(drawing.source) == outside_labels(other.source)


def outside_labels(source: str) -> str:
    """Return a DOT program without its HTML-like labels, whose angle brackets balance."""
    kept: list[str] = []
    depth = 0
    for char in source:
        if char == "<":
            depth += 1
        elif char == ">" and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    assert depth == 0
    return "".join(kept)


def test_the_check_of_tags_can_fail() -> None:
    more = pictures.tags(picture(topologies.two_services(), "pure"))
    assert more != pictures.tags(picture(topologies.support_chat(), "pure"))
    assert isinstance(more, Counter)
