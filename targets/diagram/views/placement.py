"""The map of accelerators: which of them each replica has, and what is idle."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, sqrt

from inferc.compiler.topology import NodeKind, Topology
from inferc.targets.diagram import hosts, words
from inferc.targets.diagram.hosts import Unit
from inferc.targets.diagram.scene import Group, Scene
from inferc.targets.diagram.views import common

VIEW = "placement"

MOST_COLUMNS = 4
"""Hosts beside each other: more than that is wider than a page."""


def scene(topology: Topology) -> Scene:
    """Return the scene: a frame for each place, with its hosts in a grid."""
    units: dict[str, list[Unit]] = {}
    for unit in hosts.build(topology):
        units.setdefault(unit.hosts[0].place, []).append(unit)
    plans = common.plans_of(topology)
    frames = [_frame(topology, path, own, plans) for path, own in units.items()]
    facts = (*words.facts(topology)[:2], *words.survives(topology))
    return common.picture(topology, VIEW, frames, (), facts=facts)


def _frame(
    topology: Topology, path: str, units: Sequence[Unit], plans: Mapping[str, words.Planned]
) -> Group:
    """Return a place with its hosts."""
    return Group(
        id=f"place {path}",
        title=words.shorten(path),
        lines=tuple(_about(topology, path)),
        items=tuple(_unit(unit, plans) for unit in units),
        columns=min(MOST_COLUMNS, ceil(sqrt(len(units)))),
    )


def _about(topology: Topology, path: str) -> Iterator[str]:
    """Yield what a place is, what joins its accelerators, and what fails together."""
    nodes = [node for node in topology.nodes if node.kind is NodeKind.HOST]
    attributes = next(node.attributes for node in nodes if node.attributes["place"] == path)
    plans = common.by_place(topology)[path]
    yield words.place(plans)
    yield words.links(plans[0].service.place)
    rented = [
        str(attributes[name]) for name in ("cloud", "instance", "market") if name in attributes
    ]
    if rented:
        yield " · ".join(map(words.shorten, rented))


def _unit(unit: Unit, plans: Mapping[str, words.Planned]) -> Group:
    """Return a host, or the hosts that share replicas in a frame of their own."""
    groups = tuple(common.host_group(unit, host, plans) for host in unit.hosts)
    if len(groups) == 1:
        return groups[0]
    return Group(
        id=f"unit {groups[0].id}",
        title=words.unit_title(unit),
        lines=("replicas that span nodes",),
        items=groups,
        columns=min(2, len(groups)),
        count=unit.count,
    )
