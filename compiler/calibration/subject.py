"""What a measurement was taken of: model, accelerator, engine, layout, settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from inferc.compiler.calibration import names
from inferc.compiler.calibration.command_line import EngineSettings, read_command_line
from inferc.compiler.calibration.measurements import Conditions
from inferc.compiler.calibration.protocols import Protocol, protocol_of
from inferc.compiler.calibration.values import Cell
from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.model.catalog import accelerator_at, engine_at, language_model_at
from inferc.compiler.model.names import find_accelerator
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES, WIDE_BYTES, peak_flop_per_s
from inferc.compiler.perf.memory import can_shard, shard_weights_bytes
from inferc.compiler.perf.steps import Layout

USUAL_ENGINE = "vllm"
"""Whose profile stands in for an engine that the catalog lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A measurement in our own words."""

    conditions: Conditions
    protocol: Protocol
    settings: EngineSettings
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
    settings = read_command_line(conditions.scheduler_flags, engine=name.id)
    weights = names.weights_format(conditions)
    precision = weights.name or model.published or "fp16"
    if not peak_flop_per_s(accelerator, precision):
        raise NoSubjectError(f"the accelerator has no units for {precision}")
    cache = names.cache_format(conditions)
    layout, replicas = _layout(
        protocol, model, accelerator, (precision, _cache(cache.name, settings, protocol)),
        conditions.gpus,
    )
    unknown = {*protocol.assumed}
    unknown |= {"accelerator"} if not stated else set()
    unknown |= {"engine"} if not name.same else set()
    unknown |= {"precision"} if not weights.stated else set()
    return Subject(
        conditions=conditions,
        protocol=protocol,
        settings=settings,
        model=model,
        accelerator=accelerator,
        engine=engine,
        cell=Cell(
            engine=protocol.generation,
            architecture=accelerator.architecture,
            narrow=BYTES_PER_PARAMETER[precision] < WIDE_BYTES,
        ),
        layout=layout,
        replicas=replicas,
        unknown=tuple(sorted(unknown)),
    )


def _engine(*candidates: str) -> Engine:
    """Return the first of these engines that the catalog has, else the usual one."""
    for name in (*candidates, USUAL_ENGINE):
        found = engine_at(f"engine.{name}")
        if found is not None:
            return found
    raise NoSubjectError("the catalog has no engine")


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


def _cache(stated: str, settings: EngineSettings, protocol: Protocol) -> str:
    """Return the format of the KV cache: the row's, its command line's, its source's, else 16."""
    asked = settings.kv_cache_dtype or str(protocol.settings.get("kv_cache", ""))
    for name in (stated, asked):
        if name in KV_BYTES:
            return name
    return "fp16"


def _layout(
    protocol: Protocol,
    model: LanguageModel,
    accelerator: Accelerator,
    formats: tuple[str, str],
    gpus: int | None,
) -> tuple[Layout, int]:
    """Return the layout of one replica, and how many there are.

    Where nobody says how far a layer is split: as little as holds the weights.
    """
    precision, cache = formats
    stages = protocol.pipeline_parallel
    tensor = protocol.tensor_parallel
    replicas = protocol.replicas
    if tensor is None:
        tensor = _smallest(model, accelerator, precision)
        replicas = max(replicas, (gpus or 1) // (tensor * stages))
    experts = protocol.expert_parallel if model.experts else 1
    groups = protocol.attention_data_parallel
    layout = Layout(
        precision=precision,
        kv_precision=cache,
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


Settings = Mapping[str, str | float | bool]


def number(subject: Subject, field: str, *, default: float) -> float:
    """Return a setting: the row's command line, its source's script, the engine's default."""
    said = getattr(subject.settings, field, None)
    if isinstance(said, int | float):
        return float(said)
    known = subject.protocol.settings.get(field)
    if isinstance(known, int | float):
        return float(known)
    usual = subject.engine.defaults.get(field)
    return usual.value if usual else default


def flag(subject: Subject, field: str, *, default: bool) -> bool:
    """Return a setting that is on or off, by the same order."""
    said = getattr(subject.settings, field, None)
    if isinstance(said, bool):
        return said
    known = subject.protocol.settings.get(field)
    return bool(known) if isinstance(known, bool) else default
