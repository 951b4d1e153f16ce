"""What a measurement was taken of: model, accelerator, engine, layout, settings."""

from dataclasses import dataclass, replace

from inferc.compiler.calibration import names
from inferc.compiler.calibration.command_line import read_command_line
from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.operating import Operating, Run, settings_or_defaults
from inferc.compiler.calibration.protocols import Protocol, protocol_of
from inferc.compiler.calibration.values import Cell
from inferc.compiler.model import Accelerator, Engine, LanguageModel, find_accelerator
from inferc.compiler.model.catalog import accelerator_at, engine_at, language_model_at
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES, WIDE_BYTES, peak_flop_per_s
from inferc.compiler.perf.memory import can_shard, shard_weights_bytes
from inferc.compiler.perf.steps import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A measurement in our own words."""

    conditions: Conditions
    protocol: Protocol
    operating: Operating
    model: LanguageModel
    accelerator: Accelerator
    engine: Engine
    cell: Cell
    layout: Layout
    replicas: int
    unknown: tuple[str, ...]
    """What nobody states and had to be assumed, sorted."""


class NoSubjectError(Exception):
    """A row cannot be predicted; the text is the reason, the same for all rows alike."""


def subject_of(conditions: Conditions) -> Subject:
    """Return what a row was measured of.

    Raises:
        NoSubjectError: The catalog lacks the model or the accelerator, or it cannot run there.
    """
    protocol = protocol_of(conditions)
    model = _model(conditions)
    accelerator, stated = _accelerator(conditions)
    name = names.engine_name(conditions)
    engine = _engine(protocol.generation, name.id)
    weights = names.weights_format(conditions)
    precision = weights.name or model.published or "fp16"
    if not peak_flop_per_s(accelerator, precision):
        raise NoSubjectError(f"the accelerator has no units for {precision}")
    layout, replicas = _layout(protocol, model, accelerator, precision, conditions.gpus)
    operating = settings_or_defaults(
        read_command_line(conditions.scheduler_flags, engine=name.id),
        engine,
        accelerator,
        known=protocol.settings,
        run=Run(
            context_tok=model.context,
            accelerators=layout.tensor_parallel * layout.pipeline_parallel,
            offline=protocol.client == "in_process",
        ),
    )
    layout = replace(
        layout,
        kv_precision=_cache(names.cache_format(conditions).name, operating.kv_precision),
        eager=operating.eager,
    )
    unknown = {*protocol.assumed}
    unknown |= {"accelerator"} if not stated else set()
    unknown |= {"engine"} if not name.same else set()
    unknown |= {"precision"} if not weights.stated else set()
    return Subject(
        conditions=conditions,
        protocol=protocol,
        operating=operating,
        model=model,
        accelerator=accelerator,
        engine=engine,
        cell=Cell(
            engine=_family(protocol),
            architecture=accelerator.architecture,
            narrow=BYTES_PER_PARAMETER[precision] < WIDE_BYTES,
        ),
        layout=layout,
        replicas=replicas,
        unknown=tuple(sorted(unknown)),
    )


def _engine(*candidates: str) -> Engine:
    """Return the first of these engines that the catalog has, else the usual one."""
    for name in (*candidates, names.USUAL_ENGINE):
        found = engine_at(f"engine.{name}")
        if found is not None:
            return found
    raise NoSubjectError("the catalog has no engine")


def _family(protocol: Protocol) -> str:
    """Return the engine's generation; one that streams answers from its own process is another."""
    served = bool(protocol.settings.get("single_process"))
    return f"{protocol.generation}_served" if served else protocol.generation


def _model(conditions: Conditions) -> LanguageModel:
    path = names.model_path(conditions)
    model = language_model_at(path) if path else None
    if model is None:
        raise NoSubjectError(f"no model `{conditions.model}` in the catalog")
    return model


def _accelerator(conditions: Conditions) -> tuple[Accelerator, bool]:
    name = names.accelerator_name(conditions)
    path = find_accelerator(name.name) if name.name else None
    accelerator = accelerator_at(path) if path else None
    if accelerator is None:
        raise NoSubjectError(
            f"no accelerator `{conditions.gpu}` in the catalog"
            if conditions.gpu
            else "the accelerator is not named"
        )
    return accelerator, name.stated


def _cache(stated: str, usual: str) -> str:
    """Return the format of the KV cache: the row's, else what the engine was told or does."""
    return next((name for name in (stated, usual) if name in KV_BYTES), "fp16")


def _layout(
    protocol: Protocol,
    model: LanguageModel,
    accelerator: Accelerator,
    precision: str,
    gpus: int | None,
) -> tuple[Layout, int]:
    """Return the layout of one replica, and how many there are.

    Where nobody says how far a layer is split: as little as holds the weights. What people count
    as one accelerator may be a package of several.
    """
    package = accelerator.per_package
    stages = protocol.pipeline_parallel
    tensor = protocol.tensor_parallel * package if protocol.tensor_parallel else None
    replicas = protocol.replicas
    if tensor is None:
        tensor = _smallest(model, accelerator, precision)
        replicas = max(replicas, (gpus or 1) * package // (tensor * stages))
    experts = protocol.expert_parallel if model.experts else 1
    groups = protocol.attention_data_parallel
    layout = Layout(
        precision=precision,
        tensor_parallel=tensor,
        pipeline_parallel=stages,
        expert_parallel=experts,
        attention_data_parallel=groups if tensor % groups == 0 else 1,
    )
    return layout, replicas


LARGEST = 64
"""The most accelerators over which a layer is split."""

ROOM = 0.8
"""Share of the memory that weights may take where the split is not stated."""


def _smallest(model: LanguageModel, accelerator: Accelerator, precision: str) -> int:
    tensor = 1
    room_bytes = ROOM * accelerator.memory_bytes.value
    while tensor < LARGEST and (
        shard_weights_bytes(model, precision, tensor, 1) > room_bytes
        or not can_shard(model, tensor, 1)
    ):
        tensor *= 2
    return tensor
