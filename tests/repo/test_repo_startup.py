"""What a command loads: start-up is a design constraint, and one import can break it."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from support.measurements import as_csv, cells, grid, lived
from support.repository import ROOT

EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"

DRAWING = {"graphviz"}
SIMULATING = {
    "ddsketch",
    "inferc.compiler.simulation.traces",
    "inferc.compiler.trial",
    "matplotlib",
}
FITTING = {"inferc.compiler.calibration.learning", "numpy", "scipy"}
HEAVY = {"jinja2", "lark", "networkx", "pydantic", "rich", "typer", "yaml"}
HEAVY |= {*DRAWING, *FITTING, *SIMULATING}

ENDS = {"chekc": 2}
"""Exit codes other than 0."""

LOADED = [
    # command, what it must not load
    (("version",), HEAVY | {"inferc.compiler", "inferc.dsl", "inferc.targets"}),
    (("version", "--json"), HEAVY | {"inferc.compiler", "inferc.dsl", "inferc.targets"}),
    (("--help",), HEAVY | {"inferc.compiler", "inferc.dsl", "inferc.targets"}),
    (("chekc",), HEAVY | {"inferc.compiler", "inferc.dsl", "inferc.targets"}),
    (("explain", "INF900"), HEAVY | {"inferc.dsl", "inferc.targets"}),
    (
        ("check", str(EXAMPLE)),
        (HEAVY - {"lark"}) | {"inferc.compiler.plan", "inferc.compiler.topology", "inferc.targets"},
    ),
    (("fmt", "--check", str(EXAMPLE)), (HEAVY - {"lark", "typer"}) | {"inferc.compiler.resolve"}),
    (
        ("plan", str(EXAMPLE)),
        {"graphviz", "jinja2", "pydantic", "rich", "typer", "yaml", "inferc.targets.kubernetes"}
        | {*FITTING, *SIMULATING},
    ),
    (
        ("simulate", str(EXAMPLE), "--requests", "50", "--seeds", "2"),
        {"graphviz", "jinja2", "matplotlib", "pydantic", "rich", "yaml", "inferc.targets"}
        | FITTING,
    ),
    (
        ("estimate", "--model", "llama-3-8b-instruct", "--gpu", "l40s", "--rate", "1/s"),
        (HEAVY - {"lark", "typer"}) | {"inferc.compiler.plan", "inferc.targets"},
    ),
    (("compile", str(EXAMPLE), "-t", "kubernetes", "--dry-run"), {"rich", *DRAWING}),
    (("compile", str(EXAMPLE), "-t", "diagram", "--dry-run"), {"jinja2", "rich"}),
]


@cache
def loaded(arguments: tuple[str, ...], folder: Path) -> frozenset[str]:
    """Return the modules that a command loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "inferc", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    names = re.findall(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert done.returncode == ENDS.get(arguments[0], 0), done.stderr
    assert "inferc.cli.app" in names
    return frozenset(names)


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    LOADED,
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:40],
)
def test_a_command_loads_only_what_it_needs(
    arguments: tuple[str, ...], unwanted: set[str], tmp_path: Path
) -> None:
    assert loaded(arguments, tmp_path) & unwanted == set()


def test_only_a_fit_computes_with_arrays(tmp_path: Path) -> None:
    rows = lived(grid()[:4])
    (tmp_path / "rows.csv").write_text(as_csv(cells(row) for row in rows), encoding="utf-8")
    assert loaded(("accuracy", "rows.csv"), tmp_path) & {*FITTING, "matplotlib"} == set()
    assert loaded(("calibrate", "rows.csv", "-o", "mine.infer"), tmp_path) >= FITTING


def test_the_check_can_fail() -> None:
    assert "typer" in loaded(("check", "--help"), ROOT)
