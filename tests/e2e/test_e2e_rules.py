"""The rules of the examples, read by Prometheus' own promtool."""

from pathlib import Path

import pytest
from support.repository import ROOT
from support.watching import promtool_says

from inferc import api
from inferc.targets import registry

RULES = (
    ("support-chat", "kubernetes", {}),
    ("own-model", "kubernetes", {}),
    ("office-hours", "kubernetes", {}),
    ("cloud-instances", "kubernetes", {}),
    ("mixed-models", "kubernetes", {"model_volume": "models"}),
    ("own-measurements", "on-prem", {}),
    ("one-box", "on-prem", {}),
    ("two-boxes", "on-prem", {}),
)
"""Examples with the targets that take them. The forty services of the fleet are all the same."""


@pytest.mark.parametrize(("example", "target", "options"), RULES, ids=lambda value: str(value)[:20])
def test_promtool_takes_the_rules_and_their_tests_pass(
    example: str, target: str, options: dict[str, str], promtool: Path, tmp_path: Path
) -> None:
    drawn = api.draw(ROOT / "examples" / example / "topology.infer")
    (topology,) = drawn.topologies
    emitted = registry.load(target).emit(topology, options)
    assert emitted.artifacts, [item.message for item in emitted.diagnostics]
    assert promtool_says(promtool, tmp_path, emitted.artifacts) == []
