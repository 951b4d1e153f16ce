"""What a network does on an accelerator: latency by batch, throughput, memory, waits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from inferc.compiler.model import Accelerator, Engine
from inferc.compiler.model.items import ItemModel
from inferc.compiler.perf.dynamic_batching import Batcher, Queueing, queueing
from inferc.compiler.perf.formats import compute_dtype, peak_flop_per_s
from inferc.compiler.perf.item_coefficients import item_coefficients
from inferc.compiler.perf.item_time import (
    ItemMemory,
    Line,
    Pass,
    batch_s,
    item_memory,
    line,
    passes,
)
from inferc.compiler.perf.item_work import flop_per_item, sized

__all__ = ["ItemEstimate", "batch_s", "estimate_items", "item_coefficients", "sized"]

MEASURED_ON = frozenset({"Ampere", "Hopper", "Ada Lovelace"})
"""Architectures whose published throughputs the coefficients were held against."""

SPREAD = (1 / 1.4, 1.4)
"""Factors to the ends of the interval of a time, on those architectures: what eight in ten of the
published throughputs in tests/physics/test_physics_items.py stay within."""

WIDE_SPREAD = (1 / 2.5, 2.5)
"""The same on others, of which data sheets are all that is known."""

DELAY = "max_queue_delay_s"
DELAY_FROM_START = "delay_from_start"
"""Defaults of an engine that batches: how long it waits, and whether from when an instance asks."""

BATCHES = frozenset({"dynamic", "continuous"})
"""Kinds of batching that collect single requests; continuous ones without a delay."""

SAME_SPEED = {"bf16": ("fp16",), "fp16": ("bf16",)}
"""Formats that stand in for each other without a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEstimate:
    """What a network does on one kind of accelerator. Times are infinite where a queue grows."""

    model: ItemModel
    accelerator: Accelerator
    engine: Engine
    precision: str
    compute_dtype: str
    """What the accelerator multiplies weights of that format in."""
    batch: int
    """As asked, or the most that fits where that is less."""
    instances: int
    """Copies, each on an accelerator of its own, fed from one queue."""
    latency_s: float
    """Of one full batch, from its start to its answers."""
    items_per_s: float
    """Of all instances with full batches."""
    latency_by_batch_s: Mapping[int, float]
    """Of 1, 2, 4, … items up to the batch."""
    line: Line
    """The time of a batch beyond the knee, and the knee."""
    memory: ItemMemory
    flop_per_item: float
    passes: tuple[Pass, ...]
    """Where the time of the batch goes, by module."""
    compute_share: float
    """Of the peak that a full batch uses."""
    bound: str
    """What takes most of the time: ``compute``, ``memory``, ``lookups`` or ``overhead``."""
    queue: Queueing | None
    """Under ``rate_per_s``; None where none was given."""
    familiarity: str
    """``calibrated`` or ``spec sheet``: how much of such hardware was measured."""
    interval: tuple[float, float]
    """Factors from a time to the ends of its 80 % interval; of a throughput their inverses."""
    notes: tuple[str, ...] = field(default=())
    """What was assumed for want of better."""

    @property
    def fits(self) -> bool:
        """Whether weights and one item fit the memory."""
        return self.memory.largest_batch > 0


def estimate_items(  # noqa: PLR0913 - each is a choice of its own
    model: ItemModel,
    accelerator: Accelerator,
    engine: Engine,
    *,
    precision: str,
    batch: int,
    rate_per_s: float | None = None,
    instances: int = 1,
    dispersion: float = 1.0,
) -> ItemEstimate:
    """Return what ``model`` does on ``accelerator`` under ``engine``.

    With ``rate_per_s`` single items arrive, and the engine's batcher collects them up to ``batch``
    for as long as the engine waits by default. Items of other lengths: :func:`sized` first.
    """
    coefficients = item_coefficients(engine)
    memory = item_memory(model, accelerator, coefficients, precision)
    used = max(1, min(batch, memory.largest_batch))

    def seconds(number: int) -> float:
        return batch_s(model, accelerator, coefficients, number, precision)

    found = passes(model, accelerator, coefficients, used, precision)
    latency_s = seconds(used) if memory.largest_batch else inf
    known = accelerator.architecture in MEASURED_ON
    flop = flop_per_item(model)
    peak = peak_flop_per_s(accelerator, precision)
    return ItemEstimate(
        model=model,
        accelerator=accelerator,
        engine=engine,
        precision=precision,
        compute_dtype=compute_dtype(accelerator, precision) or "",
        batch=used,
        instances=instances,
        latency_s=latency_s,
        items_per_s=instances * used / latency_s,
        latency_by_batch_s={number: seconds(number) for number in _powers(used)},
        line=line(model, accelerator, coefficients, precision, max(used, 2)),
        memory=memory,
        flop_per_item=flop,
        passes=found,
        compute_share=used * flop / (latency_s * peak) if peak else 0.0,
        bound=_bound(found, latency_s - sum(item.total_s for item in found)),
        queue=None
        if rate_per_s is None or not memory.largest_batch
        else _queue(engine, seconds, (rate_per_s, dispersion), used, coefficients, instances),
        familiarity="calibrated" if known else "spec sheet",
        interval=SPREAD if known else WIDE_SPREAD,
        notes=_notes(model, accelerator, precision, (batch, used), memory),
    )


def _queue(
    engine: Engine,
    seconds: Callable[[int], float],
    arrivals: tuple[float, float],
    batch: int,
    coefficients: Mapping[str, float],
    instances: int,
) -> Queueing:
    """Return how single items wait, the protocol's time included."""
    rate_per_s, dispersion = arrivals
    batched = engine.batching in BATCHES
    batcher = Batcher(
        max_batch=batch if batched else 1,
        max_delay_s=delay_s(engine),
        instances=instances,
        from_arrival=not engine.defaults.get(DELAY_FROM_START),
    )
    found = queueing(rate_per_s, batcher, seconds, dispersion)
    frontend_s = coefficients["frontend_s"]
    latency = {name: value + frontend_s for name, value in found.latency_s.items()}
    return found._replace(latency_s=latency)


def delay_s(engine: Engine) -> float:
    """Return how long the engine waits for a batch to fill unless told."""
    stated = engine.defaults.get(DELAY)
    return stated.value if stated else 0.0


def _bound(found: tuple[Pass, ...], host_s: float) -> str:
    """Return what takes most of a batch's time."""
    parts = {
        "compute": sum(item.passes * (item.computing_s + item.attention_s) for item in found),
        "memory": sum(
            item.passes * (item.reading_s + item.cached_s + item.moving_s) for item in found
        ),
        "lookups": sum(item.passes * item.lookup_s for item in found),
        "overhead": host_s + sum(item.passes * item.overhead_s for item in found),
    }
    return max(parts, key=lambda name: parts[name])


def _powers(largest: int) -> tuple[int, ...]:
    """Return 1, 2, 4, … up to ``largest``, and itself."""
    found = [1 << step for step in range(largest.bit_length()) if 1 << step < largest]
    return (*found, largest)


def _notes(
    model: ItemModel,
    accelerator: Accelerator,
    precision: str,
    batch: tuple[int, int],
    memory: ItemMemory,
) -> tuple[str, ...]:
    """Return what was assumed for want of better."""
    asked, used = batch
    found: list[str] = []
    dtype = compute_dtype(accelerator, precision)
    if dtype not in {precision, *SAME_SPEED.get(precision, ())}:
        found.append(
            f"{accelerator.title} multiplies {precision} weights in {dtype or 'no format'}"
        )
    if memory.largest_batch and used < asked:
        found.append(f"a batch of {asked} does not fit: {used} do")
    if not memory.largest_batch:
        found.append("the weights and one item do not fit the memory of one accelerator")
    if model.tokens and model.tokens.low < model.tokens.high:
        found.append(f"items of {model.tokens.value:g} tokens, as the catalog assumes")
    if model.steps and model.steps.low < model.steps.high:
        found.append(f"{model.steps.value:g} steps an item, as the catalog assumes")
    return tuple(found)
