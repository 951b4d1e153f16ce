"""From names and a few numbers to a configuration, with what nobody chose filled in."""

from dataclasses import replace
from typing import NamedTuple

from inferc.compiler.calibration import (
    Conditions,
    EngineSettings,
    Run,
    read_command_line,
    settings_or_defaults,
    weights_format,
)
from inferc.compiler.estimation.names import find
from inferc.compiler.estimation.values import PROCESSORS, Setup
from inferc.compiler.model import Accelerator, Engine, LanguageModel, runs_on
from inferc.compiler.model.calibrated import calibrated_accelerator, calibrated_engine
from inferc.compiler.model.calibration import NOTHING, Calibration
from inferc.compiler.model.catalog import NODE, engine_at, paths, place_of
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.perf.steps import Layout
from inferc.compiler.provenance import Origin

USUAL = "fp16"
"""The format of weights where nobody states one: what checkpoints are published in."""

PREFERRED = ("engine.vllm", "engine.llama_cpp")
"""What is taken where nobody names an engine and it runs."""

PREFERRED_FOR_ITEMS = ("engine.triton", "engine.onnxruntime")
"""The same for models that answer items: networks other than language models."""


class Wanted(NamedTuple):
    """What a caller chooses of a configuration; empty or 0 for what it leaves open."""

    precision: str = ""
    kv_precision: str = ""
    tensor_parallel: int = 0
    pipeline_parallel: int = 0
    expert_parallel: int = 0
    attention_data_parallel: int = 0
    replicas: int = 1
    max_num_seqs: int = 0
    max_num_batched_tokens: int = 0
    memory_share: float = 0.0
    per_node: int = 0
    simulated: bool = False
    """Simulate also where a closed form holds."""
    engine_args: str = ""
    """The engine's own command line; what stands above wins over it."""


def default_engine(accelerator: Accelerator) -> Engine | None:
    """Return the engine for an accelerator where nobody names one.

    vLLM or llama.cpp where one of them runs, else the first of the catalog that does and batches
    continuously. Where none does, vLLM stands in on what computes beside a processor.
    """
    for path in PREFERRED:
        engine = engine_at(path)
        if engine is not None and runs_on(engine, accelerator, ()):
            return engine
    able = [
        engine
        for engine in map(engine_at, paths("engine"))
        if engine is not None and runs_on(engine, accelerator, ())
    ]
    first = min(able, key=_reluctance, default=None)
    if first is not None and first.batching == "continuous":
        return first
    return first if accelerator.kind in PROCESSORS else engine_at(PREFERRED[0])


def _reluctance(engine: Engine) -> tuple[bool, bool]:
    """Return how little an engine is meant for language models that nobody names it for."""
    return engine.batching != "continuous", engine.only_if_named


def default_item_engine(accelerator: Accelerator) -> Engine | None:
    """Return the engine for models that answer items, where nobody names one."""
    for path in (*PREFERRED_FOR_ITEMS, *paths("engine")):
        engine = engine_at(path)
        if engine is not None and runs_on(engine, accelerator, ()):
            return engine
    return None


def engine_named(name: str, accelerator: Accelerator) -> Engine | None:
    """Return the engine called ``name``: of its builds the one that runs on ``accelerator``.

    A build for other hardware is called after its engine: ``vllm_rocm``.
    """
    path = find("engine", name).path
    first = engine_at(path) if path else None
    if first is None or runs_on(first, accelerator, ()):
        return first
    builds = (engine_at(other) for other in paths("engine") if other.startswith(f"{path}_"))
    return next((item for item in builds if item and runs_on(item, accelerator, ())), first)


def setup_of(
    model: LanguageModel,
    accelerator: Accelerator,
    engine: Engine,
    wanted: Wanted,
    calibration: Calibration = NOTHING,
) -> Setup:
    """Return the configuration, the engine's own defaults where ``wanted`` is silent.

    Engine and accelerator get the coefficients of ``calibration``.
    """
    if calibration is not NOTHING:
        accelerator = calibrated_accelerator(accelerator, calibration)
        engine = calibrated_engine(engine, calibration)
    assumed: list[str] = []
    said = read_command_line(wanted.engine_args, engine=engine.name)
    tensor = wanted.tensor_parallel or said.tensor_parallel or 1
    pipeline = wanted.pipeline_parallel or said.pipeline_parallel or 1
    replicas = wanted.replicas
    size = tensor * pipeline * replicas
    per_node = wanted.per_node or _per_node(accelerator, tensor)
    operating = settings_or_defaults(
        _chosen(said, wanted),
        engine,
        accelerator,
        run=Run(context_tok=said.max_model_len or model.context, accelerators=tensor * pipeline),
    )
    layout = Layout(
        precision=wanted.precision or _precision(model, engine, said.quantization, assumed),
        kv_precision=wanted.kv_precision or operating.kv_precision,
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        expert_parallel=wanted.expert_parallel or (tensor if said.expert_parallel else 1),
        attention_data_parallel=wanted.attention_data_parallel
        or (tensor if said.attention_data_parallel else 1),
        eager=operating.eager,
    )
    assumed += [
        f"{name} {getattr(operating, name)}, the default of {engine.title}"
        for name in ("max_num_seqs", "max_num_batched_tokens")
        if operating.origin(name) is Origin.DEFAULTED
    ]
    assumed += [f"`{flag}` is not read" for flag in said.unread]
    return Setup(
        model=model,
        place=place_of(accelerator, per_node=per_node, nodes=max(1, -(-size // per_node))),
        engine=replace(engine, scheduling=operating.scheduling),
        layout=layout,
        operating=operating,
        replicas=replicas,
        calibration=calibration,
        simulated=wanted.simulated,
        assumed=tuple(assumed),
    )


def _chosen(said: EngineSettings, wanted: Wanted) -> EngineSettings:
    """Return the engine's settings, with the caller's own numbers before its command line's."""
    return replace(
        said,
        max_num_seqs=wanted.max_num_seqs or said.max_num_seqs,
        max_num_batched_tokens=wanted.max_num_batched_tokens or said.max_num_batched_tokens,
        memory_share=wanted.memory_share or said.memory_share,
    )


def format_in_name(name: str, *, gpu: str = "") -> str:
    """Return the format of weights that the name of a checkpoint says; empty where it does not."""
    words = Conditions(id="", model=name, gpu=gpu, engine="", load="")
    return weights_format(words).name


def _precision(model: LanguageModel, engine: Engine, quantization: str, assumed: list[str]) -> str:
    """Return the format that the command line asks for, else that of the published weights.

    The latter only where the engine has it.
    """
    if quantization:
        words = Conditions(id="", model="", gpu="", engine="", load="", weights=quantization)
        asked = weights_format(words).name
        if asked:
            return asked
    wide = next((name for name in engine.precisions if name in {"fp16", "bf16"}), USUAL)
    published = model.published
    if published in engine.precisions and published in BYTES_PER_PARAMETER:
        assumed.append(f"weights in {published}, as they are published")
        return published
    why = f"the published {published} is cast to it" if published else "nobody says otherwise"
    assumed.append(f"weights in {wide}: {why}")
    return wide


def _per_node(accelerator: Accelerator, tensor_parallel: int) -> int:
    """Return how many accelerators a node has where nobody says: eight GPUs, or one board."""
    if accelerator.kind in PROCESSORS:
        return 1
    return max(NODE, accelerator.link_domain) if tensor_parallel > NODE else NODE
