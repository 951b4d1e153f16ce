"""Mermaid's own parser reads the flowcharts: every label as its text, and nothing besides.

It comes from npm, into the folder that ``INFERC_NODE_MODULES`` names, or a new one.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import pictures, topologies
from support.pictures import NASTY

from inferc.targets.diagram.markup import readable
from inferc.targets.diagram.mermaid import render
from inferc.targets.diagram.scene import Line, Scene, boxes
from inferc.targets.diagram.target import VIEWS
from inferc.targets.diagram.themes import LIGHT
from inferc.targets.diagram.views import scene_of

PACKAGES = ("mermaid@11", "jsdom@26")

SCRIPT = """
import {JSDOM} from 'jsdom';
import {readFileSync} from 'node:fs';
const dom = new JSDOM('<!DOCTYPE html>');
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const {default: mermaid} = await import('mermaid');
await mermaid.parse('flowchart LR');
const found = [];
for (const path of process.argv.slice(2)) {
  try {
    const {db} = await mermaid.mermaidAPI.getDiagramFromText(readFileSync(path, 'utf8'));
    const groups = new Set(db.getSubGraphs().map(one => one.id));
    found.push({
      boxes: [...db.getVertices().values()].filter(one => !groups.has(one.id)).map(one => one.text),
      groups: db.getSubGraphs().map(one => one.title),
      edges: db.getEdges().map(one => one.text),
    });
  } catch (error) { found.push({error: String(error)}); }
}
console.log(JSON.stringify(found));
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which node finds mermaid."""
    own = os.environ.get("INFERC_NODE_MODULES")
    folder = Path(own).parent if own else tmp_path_factory.mktemp("mermaid")
    if not (folder / "node_modules" / "mermaid").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", *PACKAGES]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mermaid cannot be installed: {done.stderr[-200:]}")
    return folder


def read(modules: Path, folder: Path, texts: list[str]) -> list[dict[str, list[str]]]:
    """Return what Mermaid finds in each of ``texts``."""
    (modules / "read.mjs").write_text(SCRIPT, encoding="utf-8")
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.mmd"
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    done = subprocess.run(
        [shutil.which("node") or "node", "read.mjs", *paths],
        cwd=modules,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, list[str]]] = json.loads(done.stdout)
    return found


def lines(label: str) -> list[str]:
    """Return the lines of a label as they are shown: Mermaid keeps codes in a form of its own."""
    return [
        re.sub(r"ﬂ°°?(\w+)¶ß", lambda code: chr(int(code[1])), line) for line in label.split("<br>")
    ]


def test_every_view_is_read(modules: Path, tmp_path: Path) -> None:
    scenes: list[Scene] = [
        *(scene_of(view, graph) for graph in topologies.every().values() for view in VIEWS),
        pictures.all_lines(),
    ]
    found = read(modules, tmp_path, [render(scene, LIGHT) for scene in scenes])
    for scene, read_back in zip(scenes, found, strict=True):
        assert "error" not in read_back, read_back
        own = list(boxes(scene.items))
        assert len(read_back["boxes"]) == len(own)
        for box, label in zip(own, read_back["boxes"], strict=True):
            assert lines(label)[0].startswith(box.title)
        assert len(read_back["edges"]) == len(scene.edges)


def test_nasty_texts_are_shown_as_they_are(modules: Path, tmp_path: Path) -> None:
    found = read(modules, tmp_path, [render(pictures.hostile_scene(name), LIGHT) for name in NASTY])
    benign = read(modules, tmp_path, [render(pictures.hostile_scene("x"), LIGHT)])[0]
    for name, read_back in zip(NASTY, found, strict=True):
        assert "error" not in read_back, (name, read_back)
        assert {key: len(value) for key, value in read_back.items()} == {
            key: len(value) for key, value in benign.items()
        }
        shown = readable(name)
        for label in read_back["edges"]:
            assert " ".join(lines(label)[0].split()) == " ".join(shown.split()), name
        assert len(read_back["edges"]) == len(Line)
