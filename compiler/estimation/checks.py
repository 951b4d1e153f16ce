"""What no engine would start with, whatever the load."""

from inferc.compiler.estimation import diagnostics as report
from inferc.compiler.estimation.values import PROCESSORS, Setup
from inferc.compiler.model import runs_on
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES, peak_flop_per_s
from inferc.compiler.perf.memory import can_shard
from inferc.dsl import Diagnostic


def problems(setup: Setup) -> tuple[Diagnostic, ...]:
    """Return every reason why ``setup`` cannot be, or is not known to be."""
    return (*_engine(setup), *_formats(setup), *_split(setup))


def _engine(setup: Setup) -> list[Diagnostic]:
    engine = setup.engine
    hardware = setup.place.accelerator
    if engine.batching != "continuous":
        return [report.no_language_engine(engine, setup.model)]
    if runs_on(engine, hardware, ()):
        return []
    if hardware.kind in PROCESSORS or not {"gpu", "accelerator"} & {*engine.devices}:
        return [report.engine_cannot(engine, hardware, why=_where(setup))]
    return [report.engine_stands_in(engine, hardware, why=_where(setup))]


def _where(setup: Setup) -> str:
    engine = setup.engine
    kinds = " or ".join(engine.devices)
    vendors = f" of {' or '.join(engine.vendors)}" if engine.vendors else ""
    return f"it runs on {kinds}{vendors}"


def _formats(setup: Setup) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    engine, layout = setup.engine, setup.layout
    known = [name for name in engine.precisions if name in BYTES_PER_PARAMETER]
    if layout.precision not in known:
        found.append(
            report.format_unknown(what="weights", name=layout.precision, engine=engine, known=known)
        )
    elif not peak_flop_per_s(setup.place.accelerator, layout.precision):
        found.append(report.format_not_computed(setup.place.accelerator, layout.precision))
    cached = [name for name in KV_BYTES if name in {*engine.kv_precisions, "fp16", "bf16"}]
    if layout.kv_precision not in cached:
        found.append(
            report.format_unknown(
                what="the KV cache", name=layout.kv_precision, engine=engine, known=cached
            )
        )
    return found


def _split(setup: Setup) -> list[Diagnostic]:
    reasons = [
        reason
        for wrong, reason in (
            *_parallelism_of_engine(setup),
            *_parallelism_of_model(setup),
            *_parallelism_of_place(setup),
        )
        if wrong
    ]
    return [report.cannot_split(setup, reasons)] if reasons else []


def _parallelism_of_engine(setup: Setup) -> tuple[tuple[bool, str], ...]:
    engine, layout = setup.engine, setup.layout
    title = engine.title
    return (
        (
            layout.tensor_parallel > 1 and not engine.tensor_parallel,
            f"{title} has no tensor parallelism",
        ),
        (
            layout.pipeline_parallel > 1 and not engine.pipeline_parallel,
            f"{title} has no pipeline parallelism",
        ),
        (
            layout.expert_parallel > 1 and not engine.expert_parallel,
            f"{title} has no expert parallelism",
        ),
        (
            layout.attention_data_parallel > 1 and not engine.attention_data_parallel,
            f"{title} has no data-parallel attention",
        ),
    )


def _parallelism_of_model(setup: Setup) -> tuple[tuple[bool, str], ...]:
    model, layout = setup.model, setup.layout
    tensor, groups = layout.tensor_parallel, layout.attention_data_parallel
    shards = max(1, tensor // groups)
    uneven = tensor % groups != 0
    return (
        (
            layout.pipeline_parallel > model.layers,
            f"{model.title} has {model.layers} layers for {layout.pipeline_parallel} stages",
        ),
        (
            not uneven and not can_shard(model, shards, 1),
            f"{shards} accelerators cannot share {model.heads} heads and {model.kv_heads} KV heads",
        ),
        (
            layout.expert_parallel > 1 and not model.experts,
            f"{model.title} has no experts",
        ),
        (
            bool(model.experts) and model.experts % layout.expert_parallel != 0,
            f"{model.experts} experts cannot be dealt out to {layout.expert_parallel}",
        ),
        (
            uneven,
            f"tensor_parallel {tensor} is no multiple of attention_data_parallel {groups}",
        ),
        (
            tensor % layout.expert_parallel != 0,
            f"tensor_parallel {tensor} is no multiple of expert_parallel {layout.expert_parallel}",
        ),
    )


def _parallelism_of_place(setup: Setup) -> tuple[tuple[bool, str], ...]:
    place, tensor = setup.place, setup.layout.tensor_parallel
    joined = max(place.per_node, place.accelerator.link_domain)
    title = place.accelerator.title
    return (
        (
            tensor > joined,
            f"tensor_parallel {tensor} leaves the node: {joined} x {title} are joined",
        ),
    )
