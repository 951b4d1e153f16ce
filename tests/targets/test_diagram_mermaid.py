"""The Mermaid text: held to a strict grammar of its own, label by label."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import pictures, topologies
from support.pictures import NASTY

from inferc.targets.diagram.markup import is_readable, readable
from inferc.targets.diagram.mermaid import escape, render
from inferc.targets.diagram.scene import Line, boxes
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.themes import DARK, LIGHT
from inferc.targets.diagram.views import scene_of

CHARACTER = r"(?:[^\x00-\x1f\"#<>`{}\[\]|&\\;^~$@!?*']|#\d+;)"
LABEL = rf'"(?:{CHARACTER}|<br/>)*"'
NODE = r"n\d+"
NODES = rf"{NODE}(?:,{NODE})*"
COLOR = "#[0-9A-F]{6}"
DASH = r"(?:,stroke-dasharray:4 4)?"

LINES = [
    rf" +{NODE}\(\[{LABEL}\]\)",
    rf" +{NODE}\[{LABEL}\]",
    rf" +{NODE}\[\({LABEL}\)\]",
    rf" +subgraph {NODE} \[{LABEL}\]",
    r" +end",
    rf"  {NODE} (?:-->|-\.->|==>)(?:\|{LABEL}\|)? {NODE}",
    rf"  classDef (?:r\d|[a-z]+) fill:{COLOR},stroke:{COLOR},color:{COLOR}{DASH}",
    rf"  class {NODES} (?:r\d|[a-z]+)",
    rf"  linkStyle \d+(?:,\d+)* stroke:{COLOR},stroke-width:\dpx(?:,stroke-dasharray:\d 4)?",
]
LINE = re.compile("|".join(f"(?:{line})" for line in LINES))
TOLD = r"[\w .,_+=()/:%\-]*"


def check(text: str) -> list[str]:
    """Fail unless ``text`` is a flowchart; return its labels, decoded."""
    head, title, foot, kind, name, told, *lines = text.split("\n")
    assert (head, foot, kind) == ("---", "---", "flowchart LR")
    assert re.fullmatch(r'title: "(?:[^"\\]|\\u[0-9a-f]{4}|\\["\\])*"', title), title
    assert re.fullmatch(rf"  accTitle: {TOLD}", name), name
    assert re.fullmatch(rf"  accDescr: {TOLD}", told), told
    assert lines.pop() == ""
    for line in lines:
        assert LINE.fullmatch(line), line
    assert sum(line.strip().startswith("subgraph ") for line in lines) == sum(
        line.strip() == "end" for line in lines
    )
    defined = {m[1] for line in lines if (m := re.match(rf" +(?:subgraph )?({NODE}) ?[(\[]", line))}
    used = {
        end
        for line in lines
        if (m := re.fullmatch(rf"  ({NODE}) \S+?>(?:\|.*\|)? ({NODE})", line))
        for end in m.groups()
    }
    assert used <= defined
    return [decode(label) for label in re.findall(LABEL, "\n".join(lines))]


def decode(label: str) -> str:
    """Return the text that Mermaid shows for a quoted label."""
    inner = label[1:-1].replace("<br/>", "\n")
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), inner)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", topologies.every())
def test_every_example_is_a_flowchart(name: str, view: str) -> None:
    scene = scene_of(view, topologies.every()[name])
    labels = check(render(scene, LIGHT))
    for box in boxes(scene.items):
        assert any(label.startswith(box.title) for label in labels), box.title


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_texts_are_text(name: str) -> None:
    labels = check(render(pictures.hostile_scene(name), DARK))
    shown = readable(name).replace("\n", " ")
    assert labels.count(shown) == len(Line)
    assert sum(label.startswith(shown) for label in labels) >= 5


@settings(deadline=None, max_examples=25)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_text_is_text(name: str) -> None:
    check(render(pictures.hostile_scene(name), LIGHT))


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_reads_back(text: str) -> None:
    shown = "".join(char if is_readable(char) else "\ufffd" for char in text)
    expected = "".join(" " if char.isspace() else char for char in text)
    assert decode(f'"{escape(text)}"').replace("\ufffd", "") == "".join(
        b for a, b in zip(shown, expected, strict=True) if a != "\ufffd" or b == " "
    )


@pytest.mark.parametrize(
    "bad",
    ['  n0["a"b"]', '  n0["<b>"]', '  n0["`a`"]', '  n0["#quot;"]', "  n0[plain]", "  end2"],
)
def test_the_grammar_refuses(bad: str) -> None:
    assert not LINE.fullmatch(bad)


def test_every_kind_of_line_has_a_look() -> None:
    text = render(pictures.all_lines(), LIGHT)
    check(text)
    styles = re.findall(r"  linkStyle \d+ (.*)", text)
    assert len(styles) == len(set(styles)) == len(Line)
    assert "==>" in text
    assert "-.->" in text


def test_the_text_of_a_small_topology() -> None:
    graph = topologies.one_board()
    assert (
        render(scene_of("topology", graph), LIGHT)
        == f"""\
---
title: "hobby: conditional, plan {graph.digest[:12]}"
---
flowchart LR
  accTitle: hobby
  accDescr: Topology hobby, conditional: chat runs TinyLlama 1.1B Chat v1.0 in 1 replica, 1 of 1 \
accelerator in use.
  n0(["clients<br/>peak 1.5 req/h"])
  n1["gateway"]
  n2["router"]
  n3["chat · openai_chat<br/>TinyLlama 1.1B Chat v1.0<br/>llama_cpp · int4 · TP 1<br/>\
p95 ttft 8.2 ms ≤ 10 ms, 18% margin"]
  n4["chat autoscaler<br/>1 replica, fixed"]
  n5["metrics"]
  n6[("chat weights<br/>int4, 131 GiB")]
  subgraph n7 ["pi · node 0<br/>Raspberry Pi 4 Model B 4GB"]
    n8["chat replica 0<br/>board (4 GiB)"]
  end
  n0 -->|"1 req/h"| n1
  n1 -->|"1 req/h"| n2
  n2 -->|"1 req/h"| n3
  n3 -->|"1 req/h"| n8
  n7 -.-> n5
  n5 -.-> n4
  n4 -.-> n3
  n6 -.-> n7
  classDef box fill:#FEFEFE,stroke:#C9D1D9,color:#1B1F24
  class n0,n1,n2,n4,n5,n6 box
  classDef group fill:#F4F6F8,stroke:#C9D1D9,color:#1B1F24
  class n7 group
  classDef r0 fill:#56B4E9,stroke:#56B4E9,color:#000000
  class n8 r0
  classDef service fill:#FEFEFE,stroke:#0B6FA8,color:#1B1F24
  class n3 service
  linkStyle 0,1,2,3 stroke:#0B6FA8,stroke-width:2px
  linkStyle 4,5 stroke:#59626D,stroke-width:1px,stroke-dasharray:6 4
  linkStyle 6 stroke:#B34700,stroke-width:1px,stroke-dasharray:6 4
  linkStyle 7 stroke:#59626D,stroke-width:1px,stroke-dasharray:2 4
"""
    )
