"""From names and a few numbers to a configuration, with what nobody chose filled in."""

from typing import NamedTuple

from inferc.compiler.estimation.names import find
from inferc.compiler.estimation.values import Setup
from inferc.compiler.model import Accelerator, Engine, LanguageModel
from inferc.compiler.model.catalog import engine_at, paths, place_of
from inferc.compiler.model.facts import runs_on
from inferc.compiler.perf.coefficients import coefficient
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.perf.steps import Layout

USUAL = "fp16"
"""The format of weights where nobody states one: what checkpoints are published in."""

PREFERRED = "engine.vllm"


class Wanted(NamedTuple):
    """What a caller chooses of a configuration; empty or 0 for what it leaves open."""

    precision: str = ""
    kv_precision: str = ""
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    expert_parallel: int = 1
    attention_data_parallel: int = 1
    replicas: int = 1
    max_num_seqs: int = 0
    max_num_batched_tokens: int = 0
    memory_share: float = 0.0
    per_node: int = 0


def default_engine(accelerator: Accelerator) -> Engine | None:
    """Return the engine for an accelerator where nobody names one.

    vLLM where it runs, else the first of the catalog that does.
    """
    for path in (PREFERRED, *paths("engine")):
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
    model: LanguageModel, accelerator: Accelerator, engine: Engine, wanted: Wanted
) -> Setup:
    """Return the configuration, the engine's own defaults where ``wanted`` is silent."""
    assumed: list[str] = []
    layout = Layout(
        precision=wanted.precision or _precision(model, engine, assumed),
        kv_precision=wanted.kv_precision or engine.kv_precisions[0],
        tensor_parallel=wanted.tensor_parallel,
        pipeline_parallel=wanted.pipeline_parallel,
        expert_parallel=wanted.expert_parallel,
        attention_data_parallel=wanted.attention_data_parallel,
    )
    size = wanted.tensor_parallel * wanted.pipeline_parallel * wanted.replicas
    per_node = wanted.per_node or _per_node(accelerator, wanted.tensor_parallel)
    return Setup(
        model=model,
        place=place_of(accelerator, per_node=per_node, nodes=max(1, -(-size // per_node))),
        engine=engine,
        layout=layout,
        replicas=wanted.replicas,
        max_num_seqs=wanted.max_num_seqs or _default("max_num_seqs", engine, accelerator, assumed),
        max_num_batched_tokens=wanted.max_num_batched_tokens
        or _default("max_num_batched_tokens", engine, accelerator, assumed),
        memory_share=wanted.memory_share or coefficient("memory_share", engine, accelerator),
        assumed=tuple(assumed),
    )


def _precision(model: LanguageModel, engine: Engine, assumed: list[str]) -> str:
    """Return the format of the published weights, where the engine has it."""
    wide = next((name for name in engine.precisions if name in {"fp16", "bf16"}), USUAL)
    published = model.published
    if published in engine.precisions and published in BYTES_PER_PARAMETER:
        assumed.append(f"weights in {published}, as they are published")
        return published
    why = f"the published {published} is cast to it" if published else "nobody says otherwise"
    assumed.append(f"weights in {wide}: {why}")
    return wide


def _default(name: str, engine: Engine, accelerator: Accelerator, assumed: list[str]) -> int:
    """Return what the engine does unless told; else the most that the planner would give it."""
    own = engine.defaults.get(name)
    value = int(own.value if own else coefficient(f"{name}_limit", engine, accelerator))
    assumed.append(
        f"{name} {value}, {'the default' if own else 'the usual limit'} of {engine.title}"
    )
    return value


def _per_node(accelerator: Accelerator, tensor_parallel: int) -> int:
    """Return how many accelerators a node has where nobody says: eight GPUs, or one board."""
    if accelerator.kind in {"board", "cpu"}:
        return 1
    return max(8, accelerator.link_domain) if tensor_parallel > 8 else 8  # noqa: PLR2004
