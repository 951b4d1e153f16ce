"""The time of a batch of items: encoders, vision, speech, diffusion, recommendation.

A batch passes through every module of a network; a pass is as slow as the slower of computing and
moving bytes, operator by operator. Weights are read once for a whole batch, so the time is flat up
to a knee and a straight line beyond it: ``latency(b) = a + c b``.

Source: Williams, Waterman, Patterson, Roofline (2009).
"""

from collections.abc import Mapping
from math import hypot
from typing import NamedTuple

from inferc.compiler.model import Accelerator
from inferc.compiler.model.items import ItemModel, NetworkModule
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.perf.item_work import Work, passes_of, work
from inferc.compiler.perf.roofline import larger

WIDE = "fp16"
"""What attention is computed in, whatever the weights are."""

AT_KNEE = 0.8
"""Share of the largest throughput at which a batch is called beyond the knee."""

LARGEST_BATCH = 1 << 20
"""No larger batch is considered, however small the items are."""


class Pass(NamedTuple):
    """Where the time of a module's passes over a batch goes, in seconds."""

    module: str
    passes: float
    computing_s: float
    """Matrix products or convolutions, where they are slower to compute than to feed."""
    reading_s: float
    """The same where reading weights, of convolutions activations too, is slower."""
    attention_s: float
    """Attention, where it is slower to compute than to read what it looks at."""
    cached_s: float
    """The same where reading keys and values of earlier passes is slower."""
    moving_s: float
    """Activations between operators, where nothing hides them."""
    lookup_s: float
    overhead_s: float

    @property
    def total_s(self) -> float:
        """All of it."""
        read_s = self.reading_s + self.cached_s + self.moving_s + self.lookup_s
        return self.passes * (self.computing_s + self.attention_s + read_s + self.overhead_s)


class Line(NamedTuple):
    """The time of a batch beyond the knee: ``fixed_s + per_item_s * batch``."""

    knee: int
    """The smallest batch with :data:`AT_KNEE` of the largest throughput."""
    fixed_s: float
    per_item_s: float


class ItemMemory(NamedTuple):
    """Bytes on one accelerator."""

    total_bytes: float
    usable_bytes: float
    """What the engine may take."""
    weights_bytes: float
    runtime_bytes: float
    per_item_bytes: float
    """Activations, and keys and values, of one item of a batch."""
    largest_batch: int
    """That fits; 0 where the weights alone do not."""


def batch_s(
    model: ItemModel,
    accelerator: Accelerator,
    coefficients: Mapping[str, float],
    batch: int,
    precision: str,
) -> float:
    """Return the time in which ``accelerator`` answers ``batch`` items at once.

    Source: the sum of :func:`passes`, the engine's time for a batch and for each of its items.
    Holds for: items of one size, all passes of a batch on one accelerator.
    """
    device_s = sum(
        item.total_s for item in passes(model, accelerator, coefficients, batch, precision)
    )
    host_s = coefficients["batch_overhead_s"] + batch * coefficients["item_overhead_s"]
    return device_s + host_s


def passes(
    model: ItemModel,
    accelerator: Accelerator,
    coefficients: Mapping[str, float],
    batch: int,
    precision: str,
) -> tuple[Pass, ...]:
    """Return where the time of a batch goes, by module."""
    peak = peak_flop_per_s(accelerator, precision)
    peaks = (peak, peak_flop_per_s(accelerator, WIDE) or peak)
    bandwidth = accelerator.bandwidth_bytes_per_s.value
    return tuple(
        _pass(model, module, (*peaks, bandwidth), coefficients, (batch, precision))
        for module in model.modules
    )


def _pass(
    model: ItemModel,
    module: NetworkModule,
    device: tuple[float, float, float],
    coefficients: Mapping[str, float],
    asked: tuple[int, str],
) -> Pass:
    """Return the time of a module's passes over a batch.

    Convolutions are fused with what follows them: each is as slow as the slower of its computing
    and of what it reads and writes. A network has layers of both kinds, so the whole lies between
    the slower of the two sums and both together: their norm of order two. Between the matrix
    products of a transformer stand operators that only move activations, so those come on top.
    Matrix products of few rows leave the device partly empty: ``m`` rows run at ``m / (m + half)``
    of the speed.
    """
    peak, wide_peak, bandwidth = device
    batch, precision = asked
    one = work(model, module, precision)
    memory = bandwidth * coefficients["memory_efficiency"]
    rows = batch * one.rows
    filled = rows / (rows + coefficients["half_tok"]) if rows else 1.0
    computing_s = batch * one.matrix_flop / (peak * _efficiency(module, coefficients, precision))
    moving_s = batch * one.moved_bytes * coefficients["activation_traffic"] / memory
    reading_s = one.weights_bytes / memory
    if module.convolution:
        reading_s, moving_s = reading_s + moving_s, 0.0
        product_s = hypot(computing_s, reading_s)
    else:
        computing_s /= filled
        product_s = larger(computing_s, reading_s)
    pairs_s = batch * one.attention_flop / (wide_peak * coefficients["attention_efficiency"])
    cached_s = batch * one.cached_bytes / memory
    return Pass(
        module=module.name,
        passes=passes_of(model, module),
        computing_s=product_s if computing_s >= reading_s else 0.0,
        reading_s=product_s if computing_s < reading_s else 0.0,
        attention_s=pairs_s if pairs_s >= cached_s else 0.0,
        cached_s=cached_s if pairs_s < cached_s else 0.0,
        moving_s=moving_s,
        lookup_s=_lookup_s(one, batch, bandwidth * coefficients["random_access_efficiency"]),
        overhead_s=one.kernels * coefficients["kernel_overhead_s"],
    )


def _lookup_s(one: Work, batch: int, bytes_per_s: float) -> float:
    """Return the time to read an item's rows of embedding tables, each from another place."""
    return batch * one.lookup_bytes / bytes_per_s


def _efficiency(module: NetworkModule, coefficients: Mapping[str, float], precision: str) -> float:
    """Return the share of the peak that a module's products reach in the format of its weights."""
    name = "convolution_efficiency" if module.convolution else "compute_efficiency"
    narrow = coefficients["narrow_efficiency"] if precision in {"fp8", "int8"} else 1.0
    return coefficients[name] * narrow


def line(
    model: ItemModel,
    accelerator: Accelerator,
    coefficients: Mapping[str, float],
    precision: str,
    largest: int,
) -> Line:
    """Return the line that the time of a batch follows beyond its knee.

    Through the times at ``largest`` and at half of it.
    """

    def seconds(batch: int) -> float:
        return batch_s(model, accelerator, coefficients, batch, precision)

    top = max(2, largest)
    slope = (seconds(top) - seconds(top // 2)) / (top - top // 2)
    wanted = AT_KNEE * top / seconds(top)
    low, high = 1, top
    while low < high:
        middle = (low + high) // 2
        if middle / seconds(middle) >= wanted:
            high = middle
        else:
            low = middle + 1
    return Line(knee=low, fixed_s=max(0.0, seconds(top) - slope * top), per_item_s=slope)


def item_memory(
    model: ItemModel,
    accelerator: Accelerator,
    coefficients: Mapping[str, float],
    precision: str,
) -> ItemMemory:
    """Return what a model and a batch of its items take of an accelerator's memory.

    All modules stay loaded; those that follow each other share the room for activations.
    """
    works = [work(model, module, precision) for module in model.modules]
    weights = model.parameters.value * BYTES_PER_PARAMETER[precision]
    usable = accelerator.memory_bytes.value * coefficients["memory_share"]
    per_item = max(one.live_bytes for one in works) + sum(one.cached_bytes for one in works)
    room = usable - weights - coefficients["runtime_bytes"]
    return ItemMemory(
        total_bytes=accelerator.memory_bytes.value,
        usable_bytes=usable,
        weights_bytes=weights,
        runtime_bytes=coefficients["runtime_bytes"],
        per_item_bytes=per_item,
        largest_batch=_largest(room, per_item),
    )


def _largest(room_bytes: float, per_item_bytes: float) -> int:
    if room_bytes < per_item_bytes:
        return 0
    return int(min(float(LARGEST_BATCH), room_bytes / max(1.0, per_item_bytes)))
