"""Pareto fronts as text and as data."""

from collections.abc import Iterator, Mapping, Sequence

from inferc.compiler.perf import Configuration
from inferc.compiler.plan.front import Front, Point
from inferc.compiler.wording.amounts import amount, percentile_name, plural
from inferc.report.hardware import market
from inferc.report.layout import PLAIN, Cell, Paint, heading, table, wrap
from inferc.versions import FORMAT_VERSION


def render_fronts(fronts: Sequence[Front], *, color: bool = False) -> str:
    """Return ``fronts`` as text."""
    paint = Paint(color)
    return "\n\n".join("\n".join(_lines(front, paint)) for front in fronts) + "\n"


def to_data(fronts: Sequence[Front]) -> Mapping[str, object]:
    """Return ``fronts`` as data for JSON; what is not known is null."""
    return {"format_version": FORMAT_VERSION, "services": [_front_data(item) for item in fronts]}


# ---- text --------------------------------------------------------------------------------------


def _lines(front: Front, paint: Paint = PLAIN) -> Iterator[str]:
    rate = amount(front.rate_per_s, "req/s")
    yield heading(front.service, paint)
    if not front.points:
        yield "    no configuration holds the SLA"
        return
    count = plural(front.candidates, "configuration")
    yield from wrap(
        f"of {count} that hold the SLA at {rate}, those that no other beats in cost, latency and "
        "accelerators together",
        indent=4,
    )
    yield ""
    rows: list[tuple[Cell, ...]] = [_heads(front)]
    rows += [_row(point) for point in front.points]
    yield from table(rows, paint, indent=4, right=(1, 2, 3, 4))


def _heads(front: Front) -> tuple[Cell, ...]:
    priced = any(point.price_usd_per_s is not None for point in front.points)
    heads = ("", "cost" if priced else "", "accelerators", latency_name(front), "carries", "layout")
    return tuple((head, "dim") for head in heads)


def _row(point: Point) -> tuple[Cell, ...]:
    price = point.price_usd_per_s
    style = "bold" if point.chosen else ""
    cells = (
        "the plan" if point.chosen else "",
        "" if price is None else amount(price, "USD/s"),
        str(point.accelerators),
        amount(point.latency_s, "s"),
        amount(point.capacity_per_s, "req/s"),
        layout(point),
    )
    return tuple((cell, style) for cell in cells)


def latency_name(front: Front) -> str:
    """Return what the latency of a front is: ``p95 ttft``."""
    if front.line is None:
        return "mean e2e"
    return f"{percentile_name(front.line.percentile) or 'mean'} {front.line.metric}"


def layout(point: Point) -> str:
    """Return a configuration in one line, without what is as usual."""
    return ", ".join([*_parts(point.configuration), *_place(point)])


def _parts(chosen: Configuration) -> Iterator[str]:
    yield f"{chosen.engine} {chosen.precision}"
    yield f"{chosen.replicas} x TP {chosen.tensor_parallel}"
    if chosen.pipeline_parallel > 1:
        yield f"PP {chosen.pipeline_parallel}"
    if chosen.expert_parallel > 1:
        yield f"EP {chosen.expert_parallel}"
    if chosen.attention_data_parallel > 1:
        yield f"attention DP {chosen.attention_data_parallel}"
    if chosen.speculation:
        yield f"{chosen.speculation.kind} speculation"
    if chosen.prefill:
        yield f"prefill on {chosen.prefill.replicas} x TP {chosen.prefill.tensor_parallel}"
    yield f"{chosen.max_num_batched_tokens} tok a step"


def _place(point: Point) -> Iterator[str]:
    if point.place.instance:
        yield f"{point.place.instance_type} {market(point.place)}"


# ---- data --------------------------------------------------------------------------------------


def _front_data(front: Front) -> Mapping[str, object]:
    return {
        "service": front.service,
        "latency": latency_name(front),
        "rate_per_s": front.rate_per_s,
        "candidates": front.candidates,
        "points": [_point_data(point) for point in front.points],
    }


def _point_data(point: Point) -> Mapping[str, object]:
    chosen = point.configuration
    return {
        "chosen": point.chosen,
        "price_usd_per_s": point.price_usd_per_s,
        "accelerators": point.accelerators,
        "latency_s": point.latency_s,
        "capacity_per_s": point.capacity_per_s,
        "place": point.place.path,
        "instance": point.place.instance or None,
        "market": point.place.market,
        "engine": chosen.engine,
        "precision": chosen.precision,
        "tensor_parallel": chosen.tensor_parallel,
        "pipeline_parallel": chosen.pipeline_parallel,
        "expert_parallel": chosen.expert_parallel,
        "attention_data_parallel": chosen.attention_data_parallel,
        "replicas": chosen.replicas,
        "max_num_seqs": chosen.max_num_seqs,
        "max_num_batched_tokens": chosen.max_num_batched_tokens,
    }
