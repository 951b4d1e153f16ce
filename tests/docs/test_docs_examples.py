"""The docs are tests: every example runs and prints what is shown, every link leads somewhere."""

import shutil
from pathlib import Path

import pytest
from support.fences import Fence, agrees, documents, fences, links_in, run_shown, shown_in
from support.repository import ROOT

from inferc import api
from inferc.dsl import SourceFile

RUN = ("inferc", "cat", "ls")
"""What a ``console`` block may call; steps that need a network stand in ``bash`` blocks."""


LONG = (
    "docs/estimate.md",
    "docs/scenarios.md",
    "docs/simulate.md",
    "docs/verification.md",
    "examples/fleet/README.md",
    "examples/mixed-models/README.md",
    "examples/own-measurements/README.md",
)
"""Pages whose commands take a while."""


@pytest.mark.parametrize(
    "fence",
    [
        pytest.param(one, marks=pytest.mark.slow)
        if one.path.relative_to(ROOT).as_posix() in LONG
        else one
        for one in fences("console")
    ],
    ids=str,
)
def test_commands_print_what_is_shown(fence: Fence, tmp_path: Path) -> None:
    for shown in shown_in(fence):
        program = shown.command.partition(" ")[0]
        assert program in RUN, f"{fence}: `{program}` is not run by tests, use a bash block"
        real = run_shown(shown.command, tmp_path)
        assert "INF900" not in real
        assert agrees(shown.output, real), f"{fence}: $ {shown.command}\n{real}"


@pytest.mark.parametrize("fence", fences("infer"), ids=str)
def test_programs_have_no_errors(fence: Fence) -> None:
    source = SourceFile(str(ROOT / "examples" / "in-the-docs.infer"), fence.text)
    assert [item.message for item in api.check(source).diagnostics] == []


@pytest.mark.parametrize("fence", fences("python"), ids=str)
def test_python_examples_run(fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(fence.text, str(fence), "exec"), {})  # noqa: S102 - our own pages


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    broken = [
        link
        for link in links_in(path)
        if "://" not in link
        and not link.startswith(("#", "mailto:"))
        and not (path.parent / link.partition("#")[0]).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_anchors_exist(path: Path) -> None:
    broken = []
    for link in links_in(path):
        name, _, anchor = link.partition("#")
        if not anchor or "://" in link:
            continue
        target = path.parent / name if name else path
        heads = [
            line.lstrip("#").strip()
            for line in target.read_text(encoding="utf-8").splitlines()
            if line.startswith("#")
        ]
        slugs = {
            "".join(char for char in head.lower() if char.isalnum() or char in " -_").replace(
                " ", "-"
            )
            for head in heads
        }
        if anchor not in slugs:
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize(
    ("shown", "real", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("...\nd\n", "d\n", True),
        ("margin …%\n", "margin 18%\n", True),
        ("margin …%\n", "margin 18\n", False),
        ("", "", True),
        ("a\n", "", False),
    ],
)
def test_what_is_shown_is_compared_strictly(shown: str, real: str, same: bool) -> None:
    assert agrees(shown, real) is same
