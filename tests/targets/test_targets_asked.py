"""Where a file asks for a target: names in files have no hyphens."""

from dataclasses import replace

import pytest
from support import topologies
from support.designs import NOWHERE

from inferc.compiler.model import Emission
from inferc.targets import registry
from inferc.targets.base import asked_at


@pytest.mark.parametrize("name", registry.names())
def test_a_block_is_found_by_the_name_of_its_target(name: str) -> None:
    block = Emission(target=name.replace("-", "_"), options={}, span=NOWHERE)
    topology = replace(topologies.support_chat(), emissions=(block,))

    assert asked_at(topology, name) is NOWHERE
    assert asked_at(topology, "another") is None


@pytest.mark.parametrize(
    ("target", "has", "has_not"),
    [
        ("helm", {"chart_version", "dra"}, set()),
        ("kserve", {"kind", "namespace"}, {"dra", "queue"}),
        ("llm-d", {"gateway", "provider"}, {"dra", "queue"}),
        ("pulumi", {"cluster", "dra"}, set()),
        ("ray-serve", {"operator_namespace", "ray_image"}, {"dra", "queue"}),
        ("vllm-stack", {"router_tag"}, {"hub", "dra"}),
    ],
)
def test_a_wrong_option_is_answered_with_those_that_there_are(
    target: str, has: set[str], has_not: set[str]
) -> None:
    emitted = registry.load(target).emit(topologies.support_chat(), {"no_such": "x"})
    (found,) = (item for item in emitted.diagnostics if item.code == "INF602")
    told = set(found.notes[0].partition(": ")[2].split(", "))
    assert f"`{target}`" in found.message
    assert has <= told
    assert not has_not & told
