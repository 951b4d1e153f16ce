"""Which metrics to watch, and from where on to act."""

from collections.abc import Iterator, Mapping

from inferc.compiler.plan import Margin, ServicePlan
from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, line_amount, line_name
from inferc.targets.design_doc.facts import adds_replica
from inferc.targets.design_doc.markdown import code, section, table, text

NEARLY_FULL = 0.9
"""Of the KV cache: beyond, preemption is near."""


HIDDEN = "not seen from outside"
"""Of a managed platform, which asks the engine for no metrics: its target alarms on its own."""


def watch(topology: Topology) -> list[str]:
    """Return the table of metrics with thresholds."""
    rows = [row for plan in topology.services for row in _rows(plan)]
    rows += [row for plan in topology.networks for row in _network_rows(plan)]
    heads = ("service", "metric", "series", "expected at the peak", "act when")
    return section(2, "Metrics to watch", table(heads, rows))


def _rows(plan: ServicePlan) -> Iterator[tuple[str, ...]]:
    name, estimate = text(plan.service.name), plan.estimate
    platform = plan.service.place.platform
    yield (
        name,
        "queue depth",
        _series(plan, "waiting"),
        "0 to a few",
        _scales_up(plan, "waiting"),
    )
    for margin in plan.margins:
        line = margin.objective
        said = line_name(line)
        limit = line_amount(line.limit.value, line)
        yield (
            name,
            said,
            _series(plan, line.metric),
            line_amount(margin.predicted, line),
            text(f"not {line.operator} {limit}") if line.hard else text(f"{limit} is wanted"),
        )
    tokens = estimate.capacity_per_s * plan.service.load.output.mean_tok.value
    yield (
        name,
        "tokens per second",
        _series(plan, "output_tokens"),
        amount(min(tokens, _peak(plan)), "tok/s"),
        f"above **{amount(tokens, 'tok/s')}** the SLA no longer holds",
    )
    yield (
        name,
        "KV cache in use",
        _series(plan, "kv_usage"),
        "",
        _scales_up(plan, "kv_usage") or f"**> {percent(NEARLY_FULL)}**: preemption is near",
    )
    yield (
        name,
        "requests running",
        _series(plan, "running"),
        amount(estimate.concurrency, ""),
        _scales_up(plan, "running")
        or f"at **{plan.configuration.max_num_seqs}** new ones wait for a slot",
    )
    yield (
        name,
        "GPU utilization",
        "DCGM",
        percent(min(1.0, estimate.utilisation)),
        "says little by itself",
    )
    door = text(platform.title) if platform else "gateway"
    yield name, "request success rate", door, "", "below the SLO of the gateway"


def _series(plan: ServicePlan, meaning: str) -> str:
    """Return the name under which the engine exports what a metric means."""
    if plan.service.place.platform is not None:
        return HIDDEN
    metrics: Mapping[str, str] = plan.engine.metrics if plan.engine else {}
    return code(metrics.get(meaning, "")) or "none of its own"


def _network_rows(plan: NetworkPlan) -> Iterator[tuple[str, ...]]:
    name, found = text(plan.service.name), plan.estimate
    yield (
        name,
        "queue depth",
        "of the engine",
        amount(found.mean_batch, ""),
        f"**> {plan.autoscale.threshold:g}** a replica: scale up",
    )
    for margin in plan.margins:
        yield name, *_watched(margin)


def _watched(margin: Margin) -> tuple[str, ...]:
    """Return what to watch of a line of an SLA of a network."""
    line = margin.objective
    limit = line_amount(line.limit.value, line)
    return (
        line_name(line),
        "of the engine",
        text(line_amount(margin.predicted, line)),
        text(f"not {line.operator} {limit}") if line.hard else text(f"{limit} is wanted"),
    )


def _scales_up(plan: ServicePlan, signal: str) -> str:
    """Return from where on of a signal a replica is added; nothing where another one decides."""
    if plan.autoscale.signal != signal:
        return ""
    return f"**{adds_replica(plan.autoscale).partition(' ')[2]}** a replica: scale up"


def _peak(plan: ServicePlan) -> float:
    """Return the tokens of answers that are asked for at the peak."""
    load = plan.service.load
    return load.rate_per_s.value * load.peak.value * load.output.mean_tok.value
