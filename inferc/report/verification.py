"""How a plan fared in simulated traffic: for people, and as JSON for programs."""

from collections.abc import Mapping

from inferc.compiler.topology import Json
from inferc.compiler.trial import Held, Judgement, Played, Rejected, SceneKind, Verification
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import (
    amount,
    line_amount,
    line_name,
    line_suffix,
    plural,
    times,
)
from inferc.report.layout import Cell, Paint, heading, table, wrap
from inferc.report.refusal import finite
from inferc.report.simulation_text import with_interval

STYLES = {Held.MET: "green", Held.MISSED: "red", Held.UNSURE: "yellow"}
"""Colours are never the only carrier of a meaning."""

MANY_TIMES = 2.0
"""Of a limit: from here on people read a factor more easily than a share."""


# ---- for people ----------------------------------------------------------------------------------


def verification_lines(found: Verification, paint: Paint) -> list[str]:
    """Return what was played and what became of each line of the SLA."""
    lines = [heading(f"verified by simulation: {_summary(found)}", paint)]
    closest = found.tightest
    rows: list[tuple[Cell, ...]] = [
        tuple((name, "dim") for name in ("", "", "simulated", "limit", "closed form", "", ""))
    ]
    for tested in found.tested:
        rows += _rows(found, tested, closest)
    lines += table(rows, paint, indent=4, right=(2, 3, 4))
    lines += [paint(line, "dim") for line in wrap(_played(found), indent=4)]
    for rejected in found.rejected:
        lines += wrap(_passed_over(rejected), indent=4)
    return lines


def _summary(found: Verification) -> str:
    promised = [
        item
        for tested in found.tested
        if tested.promised
        for item in tested.judgements
        if item.objective.hard
    ]
    missed = sum(item.held is Held.MISSED for item in promised)
    unsure = sum(item.held is Held.UNSURE for item in promised)
    if not promised:
        return "no line that it can judge must hold"
    if not missed and not unsure:
        return "the SLA is met wherever the plan promises it"
    told = [f"{count} {word}" for count, word in ((missed, "missed"), (unsure, "unsure")) if count]
    return f"{' and '.join(told)} of {plural(len(promised), 'line')} that must hold"


def _rows(
    found: Verification, tested: Played, closest: tuple[Played, Judgement] | None
) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    title = _title(found, tested)
    if not tested.judgements:
        return [(title, "no line of the SLA is measured here", "", "", "", "", "")]
    for item in tested.judgements:
        line = item.objective
        predicted = "" if item.predicted is None else line_amount(item.predicted, line)
        is_closest = closest is not None and closest[1] is item
        rows.append(
            (
                title,
                line_name(line),
                (with_interval(item.line.figure), "bold"),
                f"{line.operator} {line_amount(line.limit.value, line)}",
                (predicted, "dim"),
                (item.held.value, STYLES[item.held]),
                (_remark(tested, item, closest=is_closest), "dim"),
            )
        )
        title = ""
    return rows


def _title(found: Verification, tested: Played) -> str:
    shape = found.plan.configuration
    match tested.scene.kind:
        case SceneKind.STATED:
            return "as stated"
        case SceneKind.PEAK:
            return "at the peak"
        case SceneKind.TRACE:
            return "the trace"
        case SceneKind.LOST:
            lost, lasts = shape.replicas - tested.replicas, amount(tested.lasts_s, "s")
            return f"{lost} of {plural(shape.replicas, 'replica')} lost for {lasts}"
        case SceneKind.SCALE_UP:
            return f"a spike finds {plural(tested.replicas, 'replica')}"


def _remark(tested: Played, item: Judgement, *, closest: bool) -> str:
    told: list[str] = []
    if closest:
        far = times(item.ratio) if item.ratio > MANY_TIMES else f"{percent(item.ratio)} of"
        told.append(f"tightest: {far} its limit")
    if tested.overloaded:
        told.append("the queue grows")
    if not item.objective.hard:
        told.append("wanted")
    elif not tested.promised:
        told.append("not promised")
    return ", ".join(told)


def _played(found: Verification) -> str:
    """Return how much was played, and what scenes there are not."""
    runs = [tested.scene.runs for tested in found.tested]
    least, most = min(runs, default=0), max(runs, default=0)
    count = f"{least}" if least == most else f"{least} to {most}"
    values = sum(tested.scene.runs * tested.scene.requests for tested in found.tested)
    told = [f"{count} runs of each, {values:,} requests in all, 95 % intervals"]
    scale = found.plan.autoscale
    kinds = {tested.scene.kind for tested in found.tested}
    if SceneKind.PEAK in kinds and SceneKind.SCALE_UP not in kinds:
        told.append(f"no scale-up, since {plural(scale.min_replicas, 'replica')} stay for the peak")
    short = [tested for tested in found.tested if _is_short(tested)]
    told += [
        f"of {amount(tested.lasts_s, 's')} the first {amount(tested.measured_s, 's')} were played"
        for tested in short
    ]
    return "; ".join(told)


def _is_short(tested: Played) -> bool:
    """Return whether a scene that ends by itself was not played to its end."""
    ends = tested.scene.kind in {SceneKind.LOST, SceneKind.SCALE_UP}
    return ends and tested.measured_s < 0.999 * tested.lasts_s


def _passed_over(rejected: Rejected) -> str:
    shape, item = rejected.configuration, rejected.judgement
    line = item.objective
    name = line_name(line)
    return (
        f"passed over: {plural(shape.replicas, 'replica')}, tensor_parallel "
        f"{shape.tensor_parallel}, max_num_batched_tokens {shape.max_num_batched_tokens}: {name} "
        f"{with_interval(item.line.figure)} of {line_amount(line.limit.value, line)} in "
        "simulation"
    )


# ---- for programs --------------------------------------------------------------------------------


def to_data(found: Verification) -> dict[str, Json]:
    """Return a verification as plain values."""
    closest = found.tightest
    return {
        "scenes": [_scene(tested) for tested in found.tested],
        "tightest": None
        if closest is None
        else {"scene": closest[0].scene.kind.value, **_judgement(closest[1])},
        "passed_over": [_rejected(item) for item in found.rejected],
        "trace": None if found.recording is None else found.recording.trace.path,
    }


def _scene(tested: Played) -> Mapping[str, Json]:
    scene = tested.scene
    return {
        "kind": scene.kind.value,
        "promised": tested.promised,
        "rate_per_s": scene.rate_per_s,
        "replicas": tested.replicas,
        "runs": scene.runs,
        "requests": scene.requests,
        "measured_s": tested.measured_s,
        "lasts_s": finite(tested.lasts_s),
        "queue_grows": tested.overloaded,
        "resent": scene.resent,
        "latency_s": {
            metric: {
                name: {"value": figure.value, "plus_minus": figure.plus_minus}
                for name, figure in figures.items()
            }
            for metric, figures in scene.latency_s.items()
        },
        "sla": [_judgement(item) for item in tested.judgements],
    }


def _judgement(item: Judgement) -> Mapping[str, Json]:
    line, figure = item.objective, item.line.figure
    suffix = line_suffix(line)
    return {
        "metric": line.metric,
        "percentile": line.percentile,
        "operator": line.operator,
        "hard": line.hard,
        f"limit{suffix}": line.limit.value,
        f"simulated{suffix}": figure.value,
        f"plus_minus{suffix}": figure.plus_minus,
        f"closed_form{suffix}": None if item.predicted is None else finite(item.predicted),
        "ratio": item.ratio,
        "held": item.held.value,
    }


def _rejected(item: Rejected) -> Mapping[str, Json]:
    shape = item.configuration
    return {
        "engine": shape.engine,
        "precision": shape.precision,
        "tensor_parallel": shape.tensor_parallel,
        "pipeline_parallel": shape.pipeline_parallel,
        "replicas": shape.replicas,
        "max_num_batched_tokens": shape.max_num_batched_tokens,
        "missed": _judgement(item.judgement),
    }
