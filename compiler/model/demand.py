"""The demand on a service: what is stated, assumed, or taken from the catalog's ranges."""

from dataclasses import replace

from inferc.compiler.model import diagnostics as report
from inferc.compiler.model import timetable, values
from inferc.compiler.model.design import Lengths, Load
from inferc.compiler.model.lookup import Blocks
from inferc.compiler.model.profile import Window
from inferc.compiler.provenance import Confidence, Origin, Sourced, exactly
from inferc.compiler.resolve import CallValue, FieldValue, ResolvedBlock, Value
from inferc.dsl import Diagnostic

UNSTATED = "unstated"
"""The entry of ``workload`` and ``shape`` for what nobody says."""

STEADY = "steady"

AT_ONCE = replace(
    exactly(1.0, Origin.DEFAULTED, text="1x"),
    because="the goal is throughput: the load is as high as it can be all the time",
)
"""The peak of a load that is as high as it can be all the time."""

ALL_ALIKE = 1.0
"""The p95 of lengths over their mean where each is as long as the other."""

RATE = "rate"

WHATEVER_IS_CARRIED = replace(
    exactly(0.0, Origin.DEFAULTED, text="as much as is carried"),
    because="no rate is stated and the goal is throughput: as much as the hardware carries",
)
"""The rate where the goal is throughput and nobody states one."""


def load(
    block: ResolvedBlock, blocks: Blocks, found: list[Diagnostic], *, goal: str = "cost"
) -> Load:
    """Return the demand that a ``load`` block states, completed from the catalog."""
    shape = _shape(block)
    lasting = _argument(block.fields.get("shape"), "lasting")
    rate = _rate(block, goal)
    window = timetable.window_of(block, found) if rate.value else None
    peak = _peak(block, shape, blocks, found, window) if rate.value else AT_ONCE
    return Load(
        rate_per_s=rate,
        peak=peak,
        shape=shape,
        prompt=_lengths(block, "prompt_tokens", blocks, found),
        output=_lengths(block, "output_tokens", blocks, found),
        spike_s=values.sourced(lasting) if lasting else _of_shape(shape, "lasting", blocks),
        spike_share=_of_shape(shape, "share", blocks),
        profile=timetable.profile_of(block.fields["shape"], window, peak, found)
        if window
        else None,
    )


def _rate(block: ResolvedBlock, goal: str) -> Sourced[float]:
    """Return the mean rate. Raises MissingFieldError, unless the goal does without."""
    if goal == "throughput" and RATE not in block.fields:
        return WHATEVER_IS_CARRIED
    rate = values.required(block, RATE)
    return as_stated(rate, values.sourced(rate))


# ---- peak ------------------------------------------------------------------------------------


def _shape(block: ResolvedBlock) -> str:
    """Return the name of the shape that the load is said to have; empty where nobody says."""
    field = block.fields.get("shape")
    if field is None:
        return ""
    if isinstance(field.value, CallValue):
        return field.value.name
    return values.word(field.value).rpartition(".")[2]


def _peak(
    block: ResolvedBlock,
    shape: str,
    blocks: Blocks,
    found: list[Diagnostic],
    window: Window | None,
) -> Sourced[float]:
    known = _known_peak(block, "" if shape in timetable.SHAPES else shape, blocks)
    if window is not None:
        known = timetable.scaled(known, window, shape)
    said = block.fields.get("shape")
    peak = block.fields.get("peak") or _argument(said, "peak")
    if peak is None:
        return defaulted(known) if said is None else _of_word(said, known)
    stated = as_stated(peak, known)
    if shape == STEADY and said is not None and stated.value > known.value:
        found.append(report.steady_with_peak(peak.span, peak=stated.text, shape_span=said.span))
    return stated


def _known_peak(block: ResolvedBlock, shape: str, blocks: Blocks) -> Sourced[float]:
    """Return the catalog's range for the shape."""
    entry = blocks.entry("shape", shape or UNSTATED)
    if entry is None:
        raise values.MissingFieldError(block, "peak")
    return values.number(entry, "peak")


def _argument(shape: FieldValue | None, name: str) -> FieldValue | None:
    """Return what ``spiky(peak = 3x, lasting = 20s)`` says of ``peak`` or ``lasting``."""
    if shape is None or not isinstance(shape.value, CallValue):
        return None
    value = shape.value.arguments.get(name)
    return None if value is None else replace(shape, value=value)


def _of_shape(shape: str, name: str, blocks: Blocks) -> Sourced[float] | None:
    """Return a fact of the catalog about the shape, None where it has none."""
    entry = blocks.entry("shape", shape or UNSTATED)
    field = None if entry is None else entry.fields.get(name)
    return None if field is None else _point(values.sourced(field))


def _of_word(shape: FieldValue, known: Sourced[float]) -> Sourced[float]:
    """Return the peak that the word for the shape implies.

    A word that leaves no choice, ``steady``, states it; any other leaves the catalog's range.
    """
    if known.low < known.high:
        return defaulted(known)
    return replace(
        known,
        origin=shape.origin,
        span=shape.span,
        because=shape.because,
        confidence=shape.confidence,
    )


# ---- lengths ---------------------------------------------------------------------------------


def _lengths(block: ResolvedBlock, name: str, blocks: Blocks, found: list[Diagnostic]) -> Lengths:
    known = _known_lengths(block, name, blocks)
    field = block.fields.get(name)
    if field is None:
        return known
    match field.value:
        case CallValue(name="dist", arguments=arguments):
            stated = replace(field, value=arguments["mean"])
            mean = as_stated(stated, known.mean_tok)
            ratio = ratio_of(stated, arguments.get("p95"), arguments.get("p95_over_mean"))
            if ratio is not None and ratio.value < 1:
                p95 = arguments["p95"]
                found.append(
                    report.tail_below_mean(
                        field.span, name=name, mean=mean.text, p95=values.text_of(p95)
                    )
                )
            return Lengths(mean_tok=mean, p95_over_mean=ratio or known.p95_over_mean)
        case _:
            mean = as_stated(field, known.mean_tok)
            return Lengths(mean_tok=mean, p95_over_mean=known.p95_over_mean)


def ratio_of(mean: FieldValue, p95: Value | None, over_mean: Value | None) -> Sourced[float] | None:
    """Return how far the tail reaches, where the distribution says."""
    if over_mean is not None:
        return values.sourced(replace(mean, value=over_mean))
    if p95 is None:
        return None
    stated = values.sourced(replace(mean, value=p95))
    ratio = stated.value / values.amount(mean.value)
    return replace(stated, value=ratio, low=ratio, high=ratio)


def _known_lengths(block: ResolvedBlock, name: str, blocks: Blocks) -> Lengths:
    """Return the catalog's range for the use that the load names, or for any use."""
    used = block.fields.get("workload")
    word = values.word(used.value).rpartition(".")[2] if used else UNSTATED
    entry = blocks.entry("workload", word)
    field = None if entry is None else entry.fields.get(name)
    if field is None or not isinstance(field.value, CallValue):
        raise values.MissingFieldError(block, name)
    arguments = field.value.arguments
    mean = values.sourced(replace(field, value=arguments["mean"]))
    ratio = values.sourced(replace(field, value=arguments["p95_over_mean"]))
    return Lengths(mean_tok=defaulted(mean), p95_over_mean=unstated_tail(ratio))


def unstated_tail(usual: Sourced[float]) -> Sourced[float]:
    """Return how far lengths reach where nobody says.

    Planned is what the catalog calls usual. At best they are all alike, and their p95 is the mean.
    """
    return replace(_point(usual), low=ALL_ALIKE, origin=Origin.DEFAULTED, confidence=Confidence.LOW)


# ---- origins ---------------------------------------------------------------------------------


def defaulted(known: Sourced[float]) -> Sourced[float]:
    """Return the catalog's range as what is planned with where nobody says."""
    if known.low == known.high:
        return known
    return replace(known, origin=Origin.DEFAULTED, confidence=Confidence.LOW)


def _point(number: Sourced[float]) -> Sourced[float]:
    """Return the typical value without its range, for numbers that are not varied."""
    return replace(number, low=number.value, high=number.value)


def as_stated(field: FieldValue, known: Sourced[float]) -> Sourced[float]:
    """Return a number that somebody wrote.

    A single number that is assumed, and not with high confidence, may lie anywhere in the
    catalog's range, which is widened to include it. A range is taken as it was written.
    """
    number = values.sourced(field)
    sure = field.origin is not Origin.ASSUMED or field.confidence is Confidence.HIGH
    if sure or number.low < number.high:
        return number
    return replace(number, low=min(number.low, known.low), high=max(number.high, known.high))
