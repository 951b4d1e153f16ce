"""A design for people: the plan, and the techniques that it rests on by their names."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inferc import api
from inferc.compiler.plan import ServicePlan
from inferc.compiler.units import show
from inferc.report.amounts import amount, plural
from inferc.report.layout import Paint, heading, wrap
from inferc.report.plan_text import render_plan


class Technique(NamedTuple):
    """A technique that a plan uses, and what it is here."""

    name: str
    """As papers write it: ``PagedAttention``."""
    what: str


def render_design(planned: api.Planned, *, file: str, color: bool = False) -> str:
    """Return the design of each topology: its techniques by name, and its plan."""
    paint = Paint(color)
    parts: list[str] = []
    for plan, of in zip(planned.plans, planned.designs, strict=True):
        lines = [line for service in plan.services for line in _service(service, paint)]
        parts.append("\n".join([*lines, "", render_plan(plan, of, file=file, color=color)]))
    return "\n".join(parts)


def techniques(plan: ServicePlan) -> tuple[Technique, ...]:
    """Return the techniques that ``plan`` uses: of its layout, its engine, its memory."""
    return (*_parallelism(plan), *_engine(plan), *_replication(plan))


def _service(plan: ServicePlan, paint: Paint) -> list[str]:
    shape, place = plan.configuration, plan.service.place
    engine = plan.engine.title if plan.engine else shape.engine
    nodes = plural(int(place.nodes.value), "node")
    what = f"{nodes} of {place.per_node} x {place.accelerator.title}"
    lines = [heading(f"design of {plan.service.name}", paint)]
    first = f"{plan.service.model.title} in {shape.precision} on {engine}: {what}"
    lines += wrap(first, indent=4)
    for item in techniques(plan):
        lines += wrap(f"{paint(item.name, 'bold')}: {item.what}", indent=6, first="    - ")
    return lines


def _parallelism(plan: ServicePlan) -> Iterator[Technique]:
    shape = plan.configuration
    tensor, pipeline = shape.tensor_parallel, shape.pipeline_parallel
    if tensor > 1:
        link = plan.service.place.accelerator.link
        over = f" over {link.title}" if link is not None else " over the host"
        yield Technique(
            "Tensor Parallelism",
            f"tensor parallelism of {tensor}: each layer is shared by {tensor} accelerators{over}",
        )
    if pipeline > 1:
        yield Technique(
            "Pipeline Parallelism",
            f"pipeline parallelism of {pipeline}: the layers are cut into {pipeline} stages",
        )
    if shape.expert_parallel > 1:
        yield Technique(
            "Expert Parallelism", f"experts are dealt out over {shape.expert_parallel} accelerators"
        )
    if shape.attention_data_parallel > 1:
        groups = shape.attention_data_parallel
        yield Technique(
            "Data-Parallel Attention", f"{groups} groups attend to requests of their own"
        )


def _engine(plan: ServicePlan) -> Iterator[Technique]:
    engine, shape = plan.engine, plan.configuration
    if engine is None:
        return
    if engine.batching == "continuous":
        yield Technique(
            "Continuous Batching",
            f"requests join and leave at every step: at most {shape.max_num_seqs} at once, "
            f"{shape.max_num_batched_tokens} tokens a step",
        )
    elif engine.batching == "dynamic":
        yield Technique("Dynamic Batching", f"batches of at most {shape.max_num_seqs}")
    if engine.chunked_prefill:
        yield Technique("Chunked Prefill", "long prompts share their steps with answers")
    yield from _cache(plan)
    if shape.speculation is not None:
        yield Technique("Speculative Decoding", "a draft guesses tokens, one step checks them")
    if shape.prefill is not None:
        yield Technique("Disaggregated Prefill", "prompts are computed on replicas of their own")


def _cache(plan: ServicePlan) -> Iterator[Technique]:
    memory, engine = plan.estimate.memory, plan.engine
    block = engine.coefficients.get("kv_block_tok") if engine else None
    size = show(memory.kv_cache_bytes, "bytes")
    if block is not None and engine is not None and engine.kv_admission == "as_needed":
        yield Technique(
            "PagedAttention",
            f"the KV Cache grows with the answers, {plural(int(block.value), 'token')} at a time",
        )
    yield Technique(
        "KV Cache",
        f"{plan.configuration.kv_precision}, {size} of each accelerator, "
        f"{amount(memory.kv_cache_tok, 'tok')} a replica",
    )


def _replication(plan: ServicePlan) -> Iterator[Technique]:
    scale = plan.autoscale
    yield Technique(
        "Load balancing",
        f"over {plural(plan.configuration.replicas, 'replica')} by requests in flight",
    )
    yield Technique(
        "Autoscaling",
        f"{scale.min_replicas} to {scale.max_replicas} replicas on more than {scale.threshold:g} "
        f"{scale.signal} in each",
    )


def names(plans: Sequence[ServicePlan]) -> tuple[str, ...]:
    """Return the names of all techniques of ``plans``, each once."""
    return tuple(dict.fromkeys(item.name for plan in plans for item in techniques(plan)))
