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
