"""What the picture says, as plain text: every form of picture escapes it in its own way."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.model import Place
from inferc.compiler.plan import Configuration, Margin, ServicePlan
from inferc.compiler.topology import GraphNode, Topology
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import line_amount, line_name, plural
from inferc.targets.diagram.hosts import Host, Part, Seat, Unit
from inferc.targets.diagram.scene import Badge, Tone

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

Planned: TypeAlias = "ServicePlan | NetworkPlan"

LONGEST = 44
"""Characters of a line; longer names end in an ellipsis, the whole name is in the tooltip."""

DIGEST_DIGITS = 12

MOST_SURVIVORS = 2
"""Services of which it is said one by one what they survive."""

SAID_ELSEWHERE = frozenset(
    {"rate_per_s", "peak_rate_per_s", "services", "service", "gateway", "paths"}
)
"""What lines and boxes beside a gateway or a router say."""

MOST_LINES = 4
"""Things that are said of a gateway or a router."""

MOST_TOLD = 8
"""Services that a sentence about a picture names."""

TIMES_SIGN = "\N{MULTIPLICATION SIGN}"


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return ``text`` on one line, cut where it is longer than ``longest``."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def rate(per_s: float) -> str:
    """Return a rate of requests as an edge shows it."""
    return show(per_s, "req_per_s")


def sla_lines(plan: Planned) -> tuple[Badge, ...]:
    """Return the SLA of a service, line by line."""
    return tuple(map(_sla_line, plan.margins))


def worst_line(plan: Planned) -> tuple[Badge, ...]:
    """Return the line of the SLA that is nearest to being missed, or missed by most."""
    hardest = sorted(plan.margins, key=lambda margin: (not margin.objective.hard, -margin.ratio))
    missed = [margin for margin in hardest if margin.ratio > 1]
    tight = sorted(plan.margins, key=lambda margin: -margin.ratio)
    return tuple(map(_sla_line, (missed or tight)[:1]))


def _sla_line(margin: Margin) -> Badge:
    line = margin.objective
    met = margin.ratio <= 1
    missed = "missed" if line.hard else "wish missed"
    return Badge(
        name=line_name(line),
        value=line_amount(margin.predicted, line),
        limit=f"{_sign(line.operator)} {line_amount(line.limit.value, line)}",
        verdict=f"{percent(1 - margin.ratio)} margin" if met else missed,
        tone=Tone.GOOD if met else Tone.BAD if line.hard else Tone.WARN,
    )


def _sign(operator: str) -> str:
    return {"<=": "≤", ">=": "≥"}.get(operator, operator)


def shape(plan: Planned) -> str:
    """Return engine and parallelism of a service, or the share of a network, in one line."""
    if not isinstance(plan, ServicePlan):
        own = plan.configuration
        return f"{own.engine} · {own.precision} · {own.part} · batches to {own.max_batch_size}"
    config = plan.configuration
    if config.prefill:
        both = f"prefill {parallel(config.prefill)}, decode {parallel(config)}"
        return f"{config.engine} · {config.precision} · {both}"
    return f"{config.engine} · {config.precision} · {parallel(config)}"


def parallel(config: Configuration) -> str:
    """Return how a replica is laid out over accelerators."""
    text = f"TP {config.tensor_parallel}"
    if config.pipeline_parallel > 1:
        text += f" {TIMES_SIGN} PP {config.pipeline_parallel}"
    if config.attention_data_parallel > 1:
        text += f" · DP {config.attention_data_parallel}"
    if config.expert_parallel > 1:
        text += f" · EP {config.expert_parallel}"
    return text


def scaling(plan: Planned) -> tuple[str, str]:
    """Return range and signal of the autoscaler of a service."""
    scale = plan.autoscale
    if scale.min_replicas == scale.max_replicas:
        return f"{plural(scale.max_replicas, 'replica')}, fixed", ""
    signal = f"{scale.signal} > {scale.threshold:g} a replica"
    return f"{scale.min_replicas} to {scale.max_replicas} replicas", signal


def weights(plan: Planned) -> tuple[str, ...]:
    """Return format and size of the weights of a service."""
    return (f"{plan.configuration.precision}, {show(plan.weights_bytes, 'bytes')}",)


def client(node: GraphNode) -> tuple[str, ...]:
    """Return what the clients ask for at worst."""
    peak = float(node.attributes["peak_rate_per_s"])
    return (f"peak {rate(peak)}",)


def unit_title(unit: Unit) -> str:
    """Return which hosts a unit stands for."""
    first = unit.hosts[0]
    if len(unit.indices) == 1:
        return f"{shorten(first.place)} · node {first.index}"
    return f"{shorten(first.place)} · nodes {ranges(unit.indices)}"


def host_title(host: Host) -> str:
    """Return the name of one host."""
    return f"{shorten(host.place)} · node {host.index}"


def hardware(accelerators: int, title: str) -> str:
    """Return what a host holds."""
    return shorten(title if accelerators == 1 else f"{accelerators} {TIMES_SIGN} {title}")


def tile(host: Host, seat: Seat) -> str:
    """Return the name of an accelerator on its host."""
    if host.kind == "gpu":
        return f"GPU {seat.number}"
    return host.kind if host.accelerators == 1 else f"{host.kind} {seat.number}"


def tile_note(seat: Seat) -> str:
    """Return the memory of an accelerator, or of the part of it that a replica has."""
    memory = show(seat.memory_bytes, "bytes")
    part, _, _ = seat.part.partition("-at-")
    if not part:
        return memory
    return part.replace("-", " ") if part.startswith("turn") else f"{part}: {memory}"


def part_title(part: Part) -> str:
    """Return the name of what is drawn in one box of a host."""
    if not part.service:
        return "idle"
    name = f"{shorten(part.service, 24)} {part.role}".rstrip()
    return f"{name} {'replica' if len(part.replicas) == 1 else 'replicas'} {ranges(part.replicas)}"


def ranges(numbers: Iterable[int]) -> str:
    """Return sorted numbers with runs drawn together: ``0..3, 7``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{low}..{high}" if low < high else f"{low}" for low, high in runs)


def description(topology: Topology, view: str = "topology") -> str:
    """Return what a picture shows, in a sentence."""
    services = [
        f"{shorten(plan.service.name)} runs {shorten(plan.service.model.title)} in "
        f"{plural(plan.configuration.replicas, 'replica')}"
        for plan in topology.planned[:MOST_TOLD]
    ]
    more = len(topology.planned) - len(services)
    services += [f"and {plural(more, 'service')} more"] if more else []
    name, verdict = shorten(topology.name), topology.verdict.value
    told = f"{'; '.join(services)}; {used(topology)}"
    return f"Topology {name}{SHOWS[view]}, {verdict}: {told}."


def used(topology: Topology) -> str:
    """Return how many accelerators are used, of how many."""
    places = {plan.service.place.path: plan.service.place for plan in topology.planned}
    total = sum(place.accelerators for place in places.values())
    whole = sum(plan.configuration.accelerators for plan in topology.services)
    in_use = whole + sum(plan.accelerators for plan in topology.networks)
    return f"{in_use:.3g} of {plural(total, 'accelerator')} in use"


def facts(topology: Topology) -> tuple[str, ...]:
    """Return what stands below the title: which plan it is, what it uses, what is predicted."""
    return (f"plan {digest(topology)}", used(topology), "predictions at the planned peak")


def digest(topology: Topology) -> str:
    """Return the beginning of the digest of the decisions."""
    return topology.digest[:DIGEST_DIGITS]


# ---- of whole pictures and places --------------------------------------------------------------

SHOWS = {
    "topology": "",
    "request": ", the way of a request",
    "placement": ", placement on accelerators",
    "deployment": ", what is applied where",
    "cost": ", cost",
}


def mean_rate(plan: Planned) -> float:
    """Return the mean rate of requests of a service."""
    return plan.service.load.rate_per_s.value


def share(plan: Planned, *, prefill: bool = False) -> str:
    """Return what comes to each replica that a request goes to first."""
    count = plan.configuration.replicas
    if prefill and isinstance(plan, ServicePlan) and plan.configuration.prefill:
        count = plan.configuration.prefill.replicas
    return rate(mean_rate(plan) / max(1, count))


def pools(plan: Planned) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield role, number and layout of replicas that do the same work, in a request's order."""
    place = plan.service.place
    if not isinstance(plan, ServicePlan):
        own = plan.configuration
        yield "", own.replicas, (f"{own.part} of {_title(place)}", shorten(place.path))
        return
    whole = plan.configuration
    both = (("prefill", whole.prefill), ("decode", whole)) if whole.prefill else (("", whole),)
    for role, shape in both:
        width = shape.accelerators_per_replica
        each = f"{hardware(width, _title(place))} each"
        laid = (parallel(shape),) if width > 1 else ()
        yield role, shape.replicas, (*laid, each, shorten(place.path))


def _title(place: Place) -> str:
    return place.accelerator.title


def place(plans: Sequence[Planned]) -> str:
    """Return how many nodes a place has, and what is in them."""
    at = plans[0].service.place
    nodes = plural(int(at.nodes.value), "node")
    return f"{nodes} with {hardware(at.per_node, at.accelerator.title)}"


def links(at: Place) -> str:
    """Return what joins the accelerators of a node, and what joins nodes."""
    own = at.accelerator.link
    inside = ""
    if own is not None and at.per_node > 1:
        per_s = show(own.bandwidth_bytes_per_s.value, "bytes_per_s")
        width = min(at.per_node, max(1, at.accelerator.link_domain))
        inside = f"{shorten(own.title)} joins {width} at {per_s} each"
    if at.nodes.value <= 1:
        return inside
    per_s = show(at.network.bandwidth_bytes_per_s.value, "bytes_per_s")
    between = f"{shorten(at.network.title)} between nodes, {per_s} an accelerator"
    return " · ".join(part for part in (inside, between) if part)


def rented(at: Place) -> tuple[str, ...]:
    """Return how the nodes of a place are had, where they are not one's own."""
    told = (at.cloud, at.instance_type, at.market.replace("_", " "))
    return (" · ".join(shorten(text) for text in told if text),) if at.instance_type else ()


def survives(topology: Topology) -> tuple[str, ...]:
    """Return what may be lost while the SLA holds."""
    found = [
        f"{shorten(plan.service.name, 24)} survives the loss of a {plan.service.survives}"
        for plan in topology.services
        if plan.service.survives
    ]
    many = (f"{plural(len(found), 'service')} survive losses",)
    return tuple(found) if len(found) <= MOST_SURVIVORS else many


def told(node: GraphNode) -> tuple[str, ...]:
    """Return what is worth saying of a gateway or a router beside its rates."""
    said: list[str] = []
    for name, value in node.attributes.items():
        words = name.replace("_", " ")
        if name not in SAID_ELSEWHERE and value not in ("", False):
            said.append(words if value is True else shorten(f"{words}: {value}"))
    return tuple(said[:MOST_LINES])


def percent_of(value: float) -> str:
    """Return a share as a percentage."""
    return show(value, "ratio")
