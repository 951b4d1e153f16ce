"""The plan of a network: for people, and as JSON for programs."""

from collections.abc import Mapping, Sequence

from inferc.compiler.plan.networks import NetworkPlan
from inferc.compiler.topology import Json
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import amount, plural
from inferc.report.hardware import hardware
from inferc.report.layout import Cell, Paint, heading, table, wrap
from inferc.report.margins import scaling_line, sla_table
from inferc.report.refusal import finite


def network_lines(plan: NetworkPlan, paint: Paint) -> list[str]:
    """Return what is deployed for a network, and what it does."""
    service, shape, found = plan.service, plan.configuration, plan.estimate
    place = service.place
    whole = plural(place.accelerators, "accelerator")
    used = f"({plan.accelerators:.3g} of {whole})"
    fields = (
        ("engine", shape.engine),
        ("", shape.precision),
        ("share", shape.part),
        ("replicas", str(shape.replicas)),
        ("", used),
    )
    limits = (
        ("max_batch_size", str(shape.max_batch_size)),
        ("max_queue_delay", amount(shape.max_queue_delay_s, "s")),
    )
    what = f"{service.model.title} on {place.path} ({hardware(place)})"
    return [
        f"  {paint(service.name, 'bold', 'cyan')}   {what}",
        *("    " + "   ".join(f"{n} {v}".strip() for n, v in line) for line in (fields, limits)),
        f"    {scaling_line(plan.autoscale, plan.load_time_s)}",
        *(paint(text, "dim") for text in wrap(plan.autoscale.reason, indent=8)),
        "",
        *sla_table(plan.margins, paint),
        *(paint(text, "dim") for text in wrap(_held(plan), indent=4)),
        "",
        *wrap(_work(plan), indent=4),
        *_cost(plan),
        "",
        heading("from request to answer at the peak", paint),
        *_latencies(found.latency_s, found.upper_latency_s, paint),
    ]


def _held(plan: NetworkPlan) -> str:
    """Return what the figures rest on, and at which end of them the limits are held."""
    found = plan.estimate
    end = "held at the upper end" if plan.service.confidence else "held at typical values"
    return f"(in brackets) 80% of such estimates; {found.basis}; {end}"


def _work(plan: NetworkPlan) -> str:
    """Return how much there is to do, and how much is carried."""
    found, item = plan.estimate, plan.service.model.item
    return (
        f"at the mean rate {percent(found.compute_share)} of the peak FLOP/s; at the peak each "
        f"replica is busy {percent(found.utilisation)} of the time with batches of "
        f"{found.mean_batch:.3g} on average; sustained within the SLA: "
        f"{show(found.capacity_per_s, 'req_per_s')}; full batches come to "
        f"{found.items_per_s:,.4g} {item}s/s"
    )


def _cost(plan: NetworkPlan) -> list[str]:
    """Return what the accelerators cost, and what a thousand items do at the mean rate."""
    if plan.price_usd_per_s is None:
        return []
    each = usd_per_item(plan)
    item = plan.service.model.item
    thousand = show(each, "usd_per_kreq").replace("req", f"{item}s") if each else ""
    return [f"    cost {amount(plan.price_usd_per_s, 'USD/s')}   {thousand}".rstrip()]


def cost_block(plan: NetworkPlan, paint: Paint) -> list[str]:
    """Return what a network costs, under its name."""
    service = plan.service
    title = f"  {paint(service.name, 'bold', 'cyan')}   {service.model.title} on "
    return [f"{title}{service.place.path}", *(_cost(plan) or ["    no price is known"])]


def usd_per_item(plan: NetworkPlan) -> float:
    """Return what an item costs at the mean rate, all replicas of the peak running."""
    load = plan.service.load
    items_per_s = load.rate_per_s.value * load.items.value
    return (plan.price_usd_per_s or 0.0) / items_per_s if items_per_s else 0.0


def _latencies(typical: Mapping[str, float], upper: Mapping[str, float], paint: Paint) -> list[str]:
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            (amount(value, "s"), "bold" if name == "p95" else ""),
            (f"upper end {amount(upper[name], 's')}", "dim"),
        )
        for name, value in typical.items()
    ]
    return table(rows, paint, indent=4, right=(1,))


def memory_lines(plan: NetworkPlan, paint: Paint) -> list[str]:
    """Return how the memory of what a replica gets is spent."""
    memory, batch = plan.estimate.memory, plan.configuration.max_batch_size
    rows: list[tuple[Cell, ...]] = [
        ("weights", amount(memory.weights_bytes, "B")),
        ("runtime", amount(memory.runtime_bytes, "B")),
        (f"a batch of {batch}", amount(batch * memory.per_item_bytes, "B")),
    ]
    title = f"memory of a replica, {amount(memory.total_bytes, 'B')}"
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1,))]


# ---- for programs ------------------------------------------------------------------------------


def network_data(
    plan: NetworkPlan,
    *,
    autoscale: Json,
    margins: Sequence[Json],
    assumptions: Sequence[Json],
    choices: Sequence[Json],
) -> dict[str, Json]:
    """Return the plan of a network as plain values."""
    service = plan.service
    return {
        "name": service.name,
        "verdict": plan.verdict.value,
        "model": service.model.id,
        "item": service.model.item,
        "place": service.place.path,
        "accelerator": service.place.accelerator.id,
        "accelerators": service.place.accelerators,
        "configuration": _configuration(plan),
        "autoscale": autoscale,
        "estimate": _estimate(plan),
        "margins": list(margins),
        "assumptions": list(assumptions),
        "choices": list(choices),
        "candidates": plan.candidates,
        "load_time_s": finite(plan.load_time_s),
        "weights_bytes": plan.weights_bytes,
        "price_usd_per_s": plan.price_usd_per_s,
        "usd_per_item": None if plan.price_usd_per_s is None else usd_per_item(plan),
    }


def _configuration(plan: NetworkPlan) -> Mapping[str, Json]:
    shape = plan.configuration
    return {
        "engine": shape.engine,
        "precision": shape.precision,
        "share": shape.share,
        "profile": shape.profile,
        "sharers": shape.sharers,
        "replicas": shape.replicas,
        "accelerators": plan.accelerators,
        "max_batch_size": shape.max_batch_size,
        "max_queue_delay_s": shape.max_queue_delay_s,
    }


def _estimate(plan: NetworkPlan) -> Mapping[str, Json]:
    found = plan.estimate
    memory = found.memory
    return {
        "latency_s": {name: finite(value) for name, value in found.latency_s.items()},
        "upper_latency_s": {name: finite(value) for name, value in found.upper_latency_s.items()},
        "interval": list(found.interval),
        "basis": found.basis,
        "mean_batch": found.mean_batch,
        "utilisation": found.utilisation,
        "capacity_req_per_s": found.capacity_per_s,
        "items_per_s": found.items_per_s,
        "batch_s": found.batch_s,
        "compute_share": found.compute_share,
        "memory": {
            "total_bytes": memory.total_bytes,
            "usable_bytes": memory.usable_bytes,
            "weights_bytes": memory.weights_bytes,
            "runtime_bytes": memory.runtime_bytes,
            "per_item_bytes": memory.per_item_bytes,
        },
    }
