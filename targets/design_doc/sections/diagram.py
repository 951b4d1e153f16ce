"""The topology as text."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.plan import ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import EdgeKind, Topology
from inferc.compiler.wording.amounts import amount
from inferc.targets.design_doc.facts import adds_replica
from inferc.targets.design_doc.markdown import plain, section

MOST_REPLICAS = 4
"""Replicas that are drawn one by one; more are drawn together."""

LONGEST = 40
"""Characters of a name."""


def diagram(topology: Topology) -> list[str]:
    """Return the diagram in a block of preformatted text."""
    lines = [line.replace("`", "'") for line in _lines(topology)]
    return section(2, "Topology", ["```text", *lines, "```"])


def _lines(topology: Topology) -> Iterator[str]:
    yield from _front(topology)
    places = _runs_on(topology)
    for at, plan in enumerate(topology.planned):
        last = at == len(topology.planned) - 1
        yield from _service(plan, places, last=last)


def _front(topology: Topology) -> Iterator[str]:
    """Yield how requests come in: by the gateways of the file, or by what it does not name."""
    led_to = {route.service for gateway in topology.gateways for route in gateway.routes}
    for gateway in topology.gateways:
        services = ", ".join(dict.fromkeys(_name(route.service) for route in gateway.routes))
        hosts = ", ".join(_name(host) for host in gateway.hosts)
        yield f"clients --> {_name(gateway.name)} ({hosts}) --> {services}"
    if any(plan.service.name not in led_to for plan in topology.planned):
        doors = [node.title for node in topology.nodes if node.id in ("gateway", "router")]
        yield " --> ".join(("clients", *map(_name, doors)))


def _service(
    plan: ServicePlan | NetworkPlan, places: Mapping[str, Sequence[str]], *, last: bool
) -> Iterator[str]:
    load = plan.service.load
    mean = amount(load.rate_per_s.value, "req/s")
    peak = amount(load.rate_per_s.value * load.peak.value, "req/s")
    stem = " " * 24
    yield f"{stem}{'`' if last else '|'}--> {_name(plan.service.name)}  {mean}, peak {peak}"
    inner = f"{stem}{' ' if last else '|'}     "
    shape, count = _shape(plan), plan.configuration.replicas
    shown = range(count) if count <= MOST_REPLICAS else range(MOST_REPLICAS - 1)
    for index in shown:
        where = _where(places.get(f"{plan.service.name}/replica-{index}", ()))
        yield f"{inner}|-- replica {index}  {shape}  {where}".rstrip()
    if count > MOST_REPLICAS:
        yield f"{inner}|-- and {count - len(shown)} more like these"
    scale = plan.autoscale
    yield (
        f"{inner}`-- autoscaler  {scale.min_replicas}..{scale.max_replicas} on "
        f"{adds_replica(scale)}"
    )


def _shape(plan: ServicePlan | NetworkPlan) -> str:
    """Return what a replica takes, in a few characters."""
    if not isinstance(plan, ServicePlan):
        return plan.configuration.part
    chosen = plan.configuration
    stages = chosen.pipeline_parallel
    return f"TP {chosen.tensor_parallel}" + (f" x PP {stages}" if stages > 1 else "")


def _name(text: str) -> str:
    line = plain(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def _runs_on(topology: Topology) -> Mapping[str, Sequence[str]]:
    """Return the ids of the accelerators of each replica, by the id of the replica."""
    found: dict[str, list[str]] = {}
    for edge in topology.edges:
        if edge.kind is EdgeKind.PLACEMENT and edge.attributes.get("role") == "runs_on":
            found.setdefault(edge.source, []).append(edge.target)
    return found


def _where(ids: Sequence[str]) -> str:
    """Return ``dc1.gpu node-0 gpu-0..3``: nodes with the range of accelerators on each."""
    nodes: dict[str, list[int]] = {}
    for item in ids:
        node, _, gpu = item.rpartition("/gpu-")
        nodes.setdefault(node, []).append(int(gpu.partition("/")[0]))
    return ", ".join(
        f"{_name(node.replace('/', ' '))} gpu {_range(gpus)}" for node, gpus in nodes.items()
    )


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    if high - low + 1 == len(numbers) and high > low:
        return f"{low}..{high}"
    return ",".join(str(number) for number in sorted(numbers))
