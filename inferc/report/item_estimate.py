"""What a model that answers items does: for people, and as JSON for programs."""

from collections.abc import Mapping, Sequence

from inferc.compiler.perf.items import ItemEstimate
from inferc.compiler.topology import Json
from inferc.compiler.units import percent, show
from inferc.compiler.wording.amounts import amount, plural
from inferc.report.layout import BAR, Cell, Paint, heading, table, wrap
from inferc.report.refusal import finite
from inferc.versions import FORMAT_VERSION


def render_items(
    found: ItemEstimate, *, assumed: Sequence[str] = (), steps: bool = False, color: bool = False
) -> str:
    """Return the figures of a network as text; with ``steps`` where the time of a batch goes."""
    paint = Paint(color)
    blocks = [
        _head(found, paint),
        _batches(found, paint),
        _queue(found, paint),
        _memory(found, paint),
        _passes(found, paint) if steps else [],
        _rests_on(found, assumed, paint),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(found: ItemEstimate, paint: Paint) -> list[str]:
    count = f"{found.instances} x " if found.instances > 1 else ""
    hardware = f"{count}{found.accelerator.title}"
    engine = f"{found.engine.title} {found.engine.version}"
    task = found.model.task.replace("_", " ")
    work = f"{amount(found.flop_per_item, 'FLOP')} for each {found.model.item}"
    return [
        f"{paint(found.model.title, 'bold')} in {found.precision} on {hardware}, {engine}",
        f"  {task}: {work}",
    ]


def _batches(found: ItemEstimate, paint: Paint) -> list[str]:
    """Return latency and throughput by batch, with the interval of the time."""
    low, high = found.interval
    rows: list[tuple[Cell, ...]] = [
        ("batch", ("latency", "dim"), ("80 %", "dim"), ("items/s", "dim"))
    ]
    for size, time_s in found.latency_by_batch_s.items():
        rows.append(
            (
                str(size),
                (amount(time_s, "s"), "bold" if size == found.batch else ""),
                f"{amount(time_s * low, 's')} to {amount(time_s * high, 's')}",
                f"{found.instances * size / time_s:,.4g}",
            )
        )
    line = found.line
    text = (
        f"beyond the knee at {plural(line.knee, 'item')} a batch takes {amount(line.fixed_s, 's')} "
        f"and {amount(line.per_item_s, 's')} for each item; a batch of {found.batch} uses "
        f"{percent(found.compute_share)} of the peak and is bound by {found.bound}"
    )
    lines = [heading("batches", paint), *table(rows, paint, indent=4, right=(0, 1, 2, 3))]
    return [*lines, *wrap(text, indent=4)]


def _queue(found: ItemEstimate, paint: Paint) -> list[str]:
    queue = found.queue
    if queue is None:
        return []
    rows: list[tuple[Cell, ...]] = [
        (name, (amount(value, "s"), "bold" if name == "mean" else ""))
        for name, value in queue.latency_s.items()
    ]
    most = show(queue.largest_per_s, "req_per_s")
    text = (
        f"busy {percent(queue.load)}; batches of {queue.mean_batch:.3g} on average; at most {most}"
    )
    title = heading("from arrival to answer", paint)
    return [title, *table(rows, paint, indent=4, right=(1,)), *wrap(text, indent=4)]


def _memory(found: ItemEstimate, paint: Paint) -> list[str]:
    memory = found.memory
    rows: list[tuple[Cell, ...]] = [
        ("weights", amount(memory.weights_bytes, "B")),
        ("runtime", amount(memory.runtime_bytes, "B")),
        ("one item", amount(memory.per_item_bytes, "B")),
        ("largest batch", f"{memory.largest_batch:,}"),
    ]
    title = f"memory of one accelerator, {amount(memory.total_bytes, 'B')}"
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1,))]


def _passes(found: ItemEstimate, paint: Paint) -> list[str]:
    """Return where the time of a batch goes, by module."""
    rows: list[tuple[Cell, ...]] = [
        (
            item.module,
            plural(round(item.passes), "pass"),
            amount(item.total_s, "s"),
            show(item.total_s / found.latency_s, "ratio"),
            ("#" * round(BAR * item.total_s / found.latency_s), "cyan"),
        )
        for item in found.passes
    ]
    title = f"a batch of {found.batch}, {amount(found.latency_s, 's')}"
    return [heading(title, paint), *table(rows, paint, indent=4, right=(1, 2, 3))]


def _rests_on(found: ItemEstimate, assumed: Sequence[str], paint: Paint) -> list[str]:
    hardware = found.accelerator
    facts = [("memory bandwidth", "B/s", hardware.bandwidth_bytes_per_s)]
    if found.compute_dtype:
        dtype = found.compute_dtype
        facts.append((f"peak in {dtype}", "FLOP/s", hardware.flop_per_s[dtype]))
    facts.append(("parameters", "", found.model.parameters))
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            amount(fact.value, unit),
            (f"{fact.source}{f' ({fact.as_of})' if fact.as_of else ''}", "dim"),
        )
        for name, unit, fact in facts
    ]
    lines = [heading("rests on", paint), *table(rows, paint, indent=4, right=(1,))]
    lines.append(f"    {found.familiarity}")
    for text in (*assumed, *found.notes):
        lines += wrap(text, indent=8, first="      - ")
    return lines


def to_data(found: ItemEstimate, *, assumed: Sequence[str] = ()) -> dict[str, Json]:
    """Return the figures of a network as plain values; an infinite time is null."""
    low, high = found.interval
    memory, line, queue = found.memory, found.line, found.queue
    return {
        "format_version": FORMAT_VERSION,
        "configuration": {
            "model": found.model.id,
            "task": found.model.task,
            "item": found.model.item,
            "accelerator": found.accelerator.id,
            "engine": found.engine.id,
            "engine_version": found.engine.version,
            "precision": found.precision,
            "compute_dtype": found.compute_dtype,
            "batch": found.batch,
            "instances": found.instances,
        },
        "latency_s": _figure(found.latency_s, low, high),
        "items_per_s": _figure(found.items_per_s, 1.0 / high, 1.0 / low),
        "batches": [
            {"batch": size, "latency_s": finite(time_s)}
            for size, time_s in found.latency_by_batch_s.items()
        ],
        "line": {"knee": line.knee, "fixed_s": line.fixed_s, "per_item_s": line.per_item_s},
        "compute_share": found.compute_share,
        "bound": found.bound,
        "flop_per_item": found.flop_per_item,
        "queue": None
        if queue is None
        else {
            "stable": queue.stable,
            "utilisation": queue.load,
            "capacity_items_per_s": queue.largest_per_s,
            "mean_batch": queue.mean_batch,
            "latency_s": {name: finite(value) for name, value in queue.latency_s.items()},
        },
        "memory": {
            "total_bytes": memory.total_bytes,
            "usable_bytes": memory.usable_bytes,
            "weights_bytes": memory.weights_bytes,
            "runtime_bytes": memory.runtime_bytes,
            "per_item_bytes": memory.per_item_bytes,
            "largest_batch": memory.largest_batch,
        },
        "passes": [
            {"module": item.module, "passes": item.passes, "time_s": item.total_s}
            for item in found.passes
        ],
        "provenance": {
            "basis": found.familiarity,
            "assumed": [*assumed, *found.notes],
        },
    }


def _figure(value: float, low: float, high: float) -> Mapping[str, Json]:
    if finite(value) is None:
        return {"value": None}
    return {"value": value, "low80": value * low, "high80": value * high}
