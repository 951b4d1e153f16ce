"""What a file says about scaling: signal and target, sleeping, and what is kept warm."""

from inferc.compiler.model import diagnostics_scaling as report
from inferc.compiler.model import timetable, values
from inferc.compiler.model.design import Scaling, WarmPool
from inferc.compiler.model.profile import Window, read_window
from inferc.compiler.provenance import Sourced
from inferc.compiler.resolve import ResolvedBlock
from inferc.compiler.schema import KEPT, SIGNALS
from inferc.compiler.units import NUMBER, RATE, REQ, Dimension, Quantity
from inferc.dsl import Diagnostic

UNITS: dict[str, tuple[Dimension, ...]] = {
    "queue_depth": (REQ, NUMBER),
    "running": (REQ, NUMBER),
    "kv_usage": (NUMBER,),
    "rate": (RATE,),
}
"""What a target of each signal counts."""

ALL_DAY = "00:00-24:00"


def scaling(service: ResolvedBlock, found: list[Diagnostic]) -> Scaling | None:
    """Return what a service says about scaling; None where it says nothing."""
    automatic, sleeping = service.child("autoscale"), service.child("scale")
    if automatic is None and sleeping is None:
        return None
    signal, target, calm_s = "", None, None
    if automatic is not None:
        signal = values.text_or(automatic, "signal")
        target = _amount(automatic, "target")
        calm_s = _amount(automatic, "idle")
        _check_target(automatic, signal or "queue_depth", found)
    to_zero, sleep_s, pool = False, None, None
    if sleeping is not None:
        to_zero = values.flag_or(sleeping, "to_zero")
        sleep_s = _amount(sleeping, "idle")
        pool = _warm_pool(sleeping.child("warm_pool"), found)
    return Scaling(
        signal=SIGNALS.get(signal, ""),
        target=target,
        calm_s=calm_s,
        to_zero=to_zero,
        sleep_s=sleep_s,
        warm_pool=pool,
    )


def _amount(block: ResolvedBlock, name: str) -> Sourced[float] | None:
    field = block.fields.get(name)
    return None if field is None else values.sourced(field)


def _check_target(block: ResolvedBlock, signal: str, found: list[Diagnostic]) -> None:
    """Report a target that counts something else than its signal."""
    field = block.fields.get("target")
    if field is None or not isinstance(field.value, Quantity):
        return
    more_than_all = signal == "kv_usage" and values.amount(field.value) > 1.0
    if field.value.dimension not in UNITS[signal] or more_than_all:
        text = values.text_of(field.value)
        found.append(report.target_of_another_signal(field.span, signal=signal, text=text))


def _warm_pool(block: ResolvedBlock | None, found: list[Diagnostic]) -> WarmPool | None:
    if block is None:
        return None
    text, days = values.text_or(block, "window"), values.text_or(block, "days")
    window: Window | None = None
    if text or days:
        window = read_window(text or ALL_DAY, days)
        if window is None:
            wrong = block.fields["window" if text and not read_window(text) else "days"]
            found.append(report.warm_window_not_read(wrong.span, text=values.word(wrong.value)))
        elif why := timetable.wrong_zone(window):
            at = block.fields["window"].span
            found.append(report.warm_window_not_read(at, text=text, why=why))
    return WarmPool(
        instances=values.count(block, "instances"),
        window=window,
        text=" ".join(part for part in (text, days) if part),
        keep=values.text_or(block, "keep", KEPT[0]),
    )
