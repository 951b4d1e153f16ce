"""Which hardware holds what, and how it is scheduled."""

from collections.abc import Iterator

from inferc.compiler.model import Place
from inferc.compiler.topology import Topology
from inferc.compiler.wording.amounts import amount, plural
from inferc.targets.design_doc.facts import fabric, hardware
from inferc.targets.design_doc.markdown import bold, bullets, code, section, text


def orchestration(topology: Topology) -> list[str]:
    """Return the bullets about hardware."""
    return section(2, "Hardware orchestration", bullets(_lines(topology)))


def places(topology: Topology) -> tuple[Place, ...]:
    """Return the places in use, each once."""
    return tuple(
        {plan.service.place.path: plan.service.place for plan in topology.planned}.values()
    )


def _lines(topology: Topology) -> Iterator[str]:
    for place in places(topology):
        users = [plan for plan in topology.services if plan.service.place.path == place.path]
        used = sum(plan.configuration.accelerators for plan in users)
        parts = [plan for plan in topology.networks if plan.place.path == place.path]
        share = sum(plan.accelerators for plan in parts)
        network = amount(place.network.bandwidth_bytes_per_s.value, "B/s")
        yield (
            f"{bold(place.path)}: {hardware(place)}, {text(fabric(place))} inside a node, "
            f"{text(place.network.title)} ({network}) between nodes; "
            f"**{used + share:.3g} of {plural(place.accelerators, 'accelerator')}** in use."
        )
        if place.instance:
            instance = code(place.instance.rpartition(".")[2])
            yield f"Nodes are {instance}, {text(place.market.replace('_', ' '))}."
        for plan in users:
            size, name = plan.configuration.accelerators_per_replica, text(plan.service.name)
            if size > place.per_node:
                nodes = -(-size // place.per_node)
                yield (
                    f"A replica of {name} spans **{nodes} nodes** and is scheduled as a gang: all "
                    "of it or nothing."
                )
            elif size > 1:
                fits = place.per_node // size
                yield f"A node holds {plural(fits, 'replica')} of {name}, {size} accelerators each."
