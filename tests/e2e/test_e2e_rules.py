"""The rules of every example, read by Prometheus' own promtool."""

from pathlib import Path

import pytest
from support.repository import ROOT
from support.watching import promtool_says

from inferc import api
from inferc.dsl import has_errors
from inferc.targets import registry

EXAMPLES = sorted(
    path.parent.name
    for path in (ROOT / "examples").glob("*/topology.infer")
    if path.parent.name not in {"fleet", "impossible-pi"}
)
"""Forty services are forty times the same, and nothing can be emitted for the impossible one."""


@pytest.mark.parametrize("target", ["kubernetes"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_promtool_takes_the_rules_and_their_tests_pass(
    example: str, target: str, promtool: Path, tmp_path: Path
):
    drawn = api.draw(ROOT / "examples" / example / "topology.infer")
    (topology,) = drawn.topologies
    emitted = registry.load(target).emit(topology, {})
    if has_errors(emitted.diagnostics):
        codes = ", ".join(item.code for item in emitted.diagnostics)
        pytest.skip(f"the target cannot take it: {codes}")
    assert promtool_says(promtool, tmp_path, emitted.artifacts) == []
