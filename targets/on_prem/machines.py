"""Single machines, and which replica runs on which of their GPUs: as the plan places them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inferc.compiler.model import Place
from inferc.compiler.topology import NodeKind, Topology
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.settings import Choices as ClusterChoices


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One replica of a service, and the GPUs that it has, by number."""

    serving: Serving
    index: int
    devices: tuple[int, ...]

    @property
    def name(self) -> str:
        """What its container is called, inside the machine's own network too."""
        return f"{self.serving.name}-{self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine with what runs on it."""

    name: str
    """Empty where there is only one."""
    project: str
    """What its containers belong to: a DNS label."""
    place: Place
    replicas: tuple[Replica, ...]

    @property
    def servings(self) -> tuple[Serving, ...]:
        """The services that have a replica here."""
        found = {replica.serving.name: replica.serving for replica in self.replicas}
        return tuple(found[name] for name in sorted(found))

    def of(self, serving: Serving) -> tuple[Replica, ...]:
        """Return the replicas of ``serving``."""
        return tuple(one for one in self.replicas if one.serving.name == serving.name)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one accelerator of a replica is."""

    place: str
    node: int
    device: int


def servings_of(topology: Topology) -> tuple[Serving, ...]:
    """Return every service of ``topology`` that has an engine, on whatever hardware."""
    from inferc.targets.kubernetes.objects.serving import servings

    return servings(topology, ClusterChoices(scaler="none", namespace=dns_label(topology.name)))


def placements(topology: Topology) -> Mapping[tuple[str, int], tuple[Placed, ...]]:
    """Return, by service and replica, the accelerators that the plan gives it."""
    found: dict[tuple[str, int], list[Placed]] = {}
    for node in topology.nodes:
        if node.kind is not NodeKind.GPU or node.attributes.get("service") is None:
            continue
        values = node.attributes
        key = (str(values["service"]), int(values["replica"]))
        found.setdefault(key, []).append(
            Placed(str(values["place"]), int(values["node"]), int(values["index"]))
        )
    return {key: tuple(places) for key, places in found.items()}


def machines(topology: Topology, servings: Sequence[Serving]) -> tuple[Machine, ...]:
    """Return every machine that has something to run, as the plan places it.

    A replica that lies on several machines is left out: ``refusals`` says so.
    """
    where = placements(topology)
    groups: dict[tuple[str, int], list[Replica]] = {}
    places: dict[str, Place] = {}
    for serving in servings:
        places[serving.place.path] = serving.place
        for index in range(serving.plan.configuration.replicas):
            slots = where.get((serving.plan.service.name, index), ())
            homes = {(slot.place, slot.node) for slot in slots}
            if len(homes) == 1:
                devices = tuple(sorted(slot.device for slot in slots))
                replica = Replica(serving=serving, index=index, devices=devices)
                groups.setdefault(next(iter(homes)), []).append(replica)
    label = dns_label(topology.name)
    several = len(groups) > 1
    found: list[Machine] = []
    for path, node in sorted(groups):
        name = dns_label(path.replace(".", "-"), str(node + 1)) if several else ""
        found.append(
            Machine(
                name=name,
                project=dns_label(topology.name, name) if name else label,
                place=places[path],
                replicas=tuple(groups[path, node]),
            )
        )
    return tuple(found)
