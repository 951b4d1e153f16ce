"""What the picture says, as plain text: every form of picture escapes it in its own way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from inferc.compiler.plan import Margin, ServicePlan
from inferc.compiler.topology import GraphNode, Topology
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import line_amount, percentile_name
from inferc.targets.diagram.scene import Host, Part, Unit

if TYPE_CHECKING:
    from inferc.compiler.plan.networks import NetworkPlan

Planned: TypeAlias = "ServicePlan | NetworkPlan"

LONGEST = 44
"""Characters of a line; longer names end in an ellipsis, the whole name is in the tooltip."""

DIGEST_DIGITS = 12

TIMES_SIGN = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaLine:
    """One line of an SLA with what is predicted for it."""

    metric: str
    predicted: str
    limit: str
    margin: str
    met: bool
    hard: bool
    """Whether it must hold; else it is a wish."""


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return ``text`` on one line, cut where it is longer than ``longest``."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def rate(per_s: float) -> str:
    """Return a rate of requests as an edge shows it."""
    return show(per_s, "req_per_s")


def sla_lines(plan: Planned) -> tuple[SlaLine, ...]:
    """Return the SLA of a service, line by line."""
    return tuple(_sla_line(margin) for margin in plan.margins)


def _sla_line(margin: Margin) -> SlaLine:
    line = margin.objective
    met = margin.ratio <= 1
    missed = "missed" if line.hard else "wish missed"
    return SlaLine(
        metric=f"{percentile_name(line.percentile)} {line.metric}".strip(),
        predicted=line_amount(margin.predicted, line),
        limit=f"{_sign(line.operator)} {line_amount(line.limit.value, line)}",
        margin=f"{percent(1 - margin.ratio)} margin" if met else missed,
        met=met,
        hard=line.hard,
    )


def _sign(operator: str) -> str:
    return {"<=": "≤", ">=": "≥"}.get(operator, operator)


def shape(plan: Planned) -> str:
    """Return engine and parallelism of a service, or the share of a network, in one line."""
    if not isinstance(plan, ServicePlan):
        own = plan.configuration
        return f"{own.engine} · {own.precision} · {own.part} · batches to {own.max_batch_size}"
    config = plan.configuration
    parallel = f"TP {config.tensor_parallel}"
    if config.pipeline_parallel > 1:
        parallel += f" {TIMES_SIGN} PP {config.pipeline_parallel}"
    return f"{config.engine} · {config.precision} · {parallel}"


def scaling(plan: Planned) -> tuple[str, str]:
    """Return range and signal of the autoscaler of a service."""
    scale = plan.autoscale
    if scale.min_replicas == scale.max_replicas:
        return f"{_plural(scale.max_replicas, 'replica')}, fixed", ""
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


def tile(host: Host, index: int) -> str:
    """Return the name of an accelerator on its host."""
    if host.kind == "gpu":
        return f"GPU {index}"
    return host.kind if host.accelerators == 1 else f"{host.kind} {index}"


def part_title(part: Part) -> str:
    """Return the name of what is drawn in one box of a host."""
    if not part.service:
        return "idle"
    name = shorten(part.service, 24)
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


def description(topology: Topology) -> str:
    """Return what the picture shows, in a sentence."""
    services = [
        f"{shorten(plan.service.name)} runs {shorten(plan.service.model.title)} in "
        f"{_plural(plan.configuration.replicas, 'replica')}"
        for plan in topology.planned
    ]
    name, verdict = shorten(topology.name), topology.verdict.value
    return f"Topology {name}, {verdict}: {'; '.join(services)}; {used(topology)}."


def used(topology: Topology) -> str:
    """Return how many accelerators are used, of how many."""
    places = {plan.service.place.path: plan.service.place for plan in topology.planned}
    total = sum(place.accelerators for place in places.values())
    whole = sum(plan.configuration.accelerators for plan in topology.services)
    in_use = whole + sum(plan.accelerators for plan in topology.networks)
    return f"{in_use:.3g} of {_plural(total, 'accelerator')} in use"


def facts(topology: Topology) -> tuple[str, ...]:
    """Return what stands below the title: which plan it is, what it uses, what is predicted."""
    return (f"plan {digest(topology)}", used(topology), "predictions at the planned peak")


def digest(topology: Topology) -> str:
    """Return the beginning of the digest of the decisions."""
    return topology.digest[:DIGEST_DIGITS]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
