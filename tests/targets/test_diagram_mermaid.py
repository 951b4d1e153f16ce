"""The Mermaid text: held to a strict grammar of its own, label by label."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import topologies
from support.pictures import NASTY

from inferc.compiler.topology import Topology
from inferc.targets.diagram import words
from inferc.targets.diagram.mermaid import escape, render

CHARACTER = r"(?:[^\x00-\x1f\"#<>`{}\[\]|&\\;^~$@!?*']|#\d+;)"
LABEL = rf'"(?:{CHARACTER}|<br/>)*"'
NODE = r"[np]\d+(?:_\d+_\d+)?"

LINES = [
    rf"  {NODE}\(\[{LABEL}\]\)",
    rf"  {NODE}\[{LABEL}\]",
    rf"  {NODE}\[\({LABEL}\)\]",
    rf"  subgraph u\d+_\d+ \[{LABEL}\]",
    rf"    {NODE}\[{LABEL}\]",
    r"  end",
    rf"  {NODE} (?:-->|-\.->)(?:\|{LABEL}\|)? {NODE}",
    r"  classDef r\d fill:#[0-9A-F]{6},stroke:#[0-9A-F]{6},color:#[0-9A-F]{6}",
    r"  classDef idle stroke-dasharray:4 4",
    rf"  class {NODE} (?:r\d|idle)",
]
LINE = re.compile("|".join(f"(?:{line})" for line in LINES))


def check(text: str) -> list[str]:
    """Fail unless ``text`` is a flowchart; return its labels, decoded."""
    head, title, foot, kind, *lines = text.split("\n")
    assert (head, foot, kind) == ("---", "---", "flowchart LR")
    assert re.fullmatch(r'title: "(?:[^"\\]|\\u[0-9a-f]{4}|\\["\\])*"', title), title
    assert lines.pop() == ""
    for line in lines:
        assert LINE.fullmatch(line), line
    assert sum(line.startswith("  subgraph ") for line in lines) == lines.count("  end")
    defined = {m[1] for line in lines if (m := re.match(rf" +({NODE})[(\[]", line))}
    used = {
        end
        for line in lines
        if (m := re.fullmatch(rf"  ({NODE}) -.*?->?(?:\|.*\|)? ({NODE})", line))
        for end in m.groups()
    }
    assert used <= defined
    return [decode(label) for label in re.findall(LABEL, "\n".join(lines))]


def decode(label: str) -> str:
    """Return the text that Mermaid shows for a quoted label."""
    inner = label[1:-1].replace("<br/>", "\n")
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), inner)


@pytest.mark.parametrize("name", topologies.every())
def test_every_example_is_a_flowchart(name: str) -> None:
    check(render(topologies.every()[name]))


def named(name: str) -> Topology:
    return topologies.named(name, doc=name, design=name)


@pytest.mark.parametrize("name", NASTY, ids=lambda name: ascii(name)[:24])
def test_nasty_names_are_text(name: str) -> None:
    labels = check(render(named(name)))
    assert any(label.startswith(words.shorten(name)) for label in labels)


@settings(deadline=None, max_examples=150)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_any_name_is_text(name: str) -> None:
    check(render(named(name)))


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_reads_back(text: str) -> None:
    expected = "".join(" " if char.isspace() else char for char in text)
    assert decode(f'"{escape(text)}"') == expected


@pytest.mark.parametrize(
    "bad",
    ['  n0["a"b"]', '  n0["<b>"]', '  n0["`a`"]', '  n0["#quot;"]', "  n0[plain]", "  end2"],
)
def test_the_grammar_refuses(bad: str) -> None:
    assert not LINE.fullmatch(bad)


def test_the_text_of_a_small_topology() -> None:
    graph = topologies.one_board()
    assert (
        render(graph)
        == f"""\
---
title: "hobby: conditional, plan {graph.digest[:12]}"
---
flowchart LR
  n0(["clients<br/>peak 1.5 req/h"])
  n1["gateway"]
  n2["router"]
  n3["metrics"]
  n4["chat<br/>TinyLlama 1.1B Chat v1.0<br/>llama_cpp · int4 · TP 1<br/>\
p95 ttft 8.2 ms ≤ 10 ms, 18% margin"]
  n5["chat autoscaler<br/>1 replica, fixed"]
  n6[("chat weights<br/>int4, 131 GiB")]
  subgraph u0_0 ["pi · node 0<br/>Raspberry Pi 4 Model B 4GB"]
    p0_0_0["chat replica 0<br/>board 0"]
  end
  n0 -->|"1 req/h"| n1
  n1 -->|"1 req/h"| n2
  n2 -->|"1 req/h"| n4
  n3 -.-> n5
  n5 -.-> n4
  n4 -->|"1 req/h"| p0_0_0
  n6 -.-> p0_0_0
  p0_0_0 -.-> n3
  classDef r0 fill:#56B4E9,stroke:#56B4E9,color:#000000
  class p0_0_0 r0
"""
    )
