"""Routing, batching, memory and scaling of a service: the operating point, in bullets."""

from collections.abc import Iterator
from math import isfinite

from inferc.compiler.plan import ServicePlan
from inferc.compiler.topology import Topology
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, plural
from inferc.targets.design_doc.facts import batches_continuously, boundary, engine_title, scales
from inferc.targets.design_doc.markdown import bold, bullets, code, section, text

LEAST = "Least outstanding"
"""The policy that sends a request to the replica with the fewest."""


def routing(plan: ServicePlan, topology: Topology) -> list[str]:
    """Return how requests find a replica."""
    return section(3, "Request routing and load balancing", bullets(_routing(plan, topology)))


def _routing(plan: ServicePlan, topology: Topology) -> Iterator[str]:
    service, replicas = plan.service, plan.configuration.replicas
    each = service.load.rate_per_s.value / replicas
    if len(topology.planned) > 1:
        yield f"By path and model name: {text(service.name)} answers {code(service.api)}."
    if replicas == 1:
        yield "**One replica**: nothing to balance; the gateway queues nothing, the engine does."
        return
    mean, peak = amount(each, "req/s"), amount(each * service.load.peak.value, "req/s")
    yield (
        f"{bold(_policy(plan))} over {plural(replicas, 'replica')}: {mean} each on average, "
        f"{peak} at the peak."
    )
    if plan.configuration.prefill:
        yield "Prompts go to a prefill replica first; the router pairs it with one that decodes."
    if _policy(plan) == LEAST:
        yield "A request goes to the replica that has the fewest to answer."


def _policy(plan: ServicePlan) -> str:
    """Return how requests are dealt out to replicas."""
    return plan.configuration.routing.replace("_", " ").capitalize()


def batching(plan: ServicePlan) -> list[str]:
    """Return how requests share steps."""
    return section(3, "Dynamic batching and scheduling", bullets(_batching(plan)))


def _batching(plan: ServicePlan) -> Iterator[str]:
    chosen, engine, estimate = plan.configuration, plan.engine, plan.estimate
    if batches_continuously(engine):
        yield (
            f"**Continuous Batching** in {text(engine_title(plan))}: requests join and leave at "
            f"every step, at most **{chosen.max_num_seqs} sequences**."
        )
    if engine and engine.scheduling == "prefill_first":
        yield (
            "**Prompts first**: they have steps of their own, for which answers wait; at most "
            f"**{chosen.max_num_batched_tokens} tokens** a step."
        )
    elif engine and engine.chunked_prefill:
        yield (
            f"**Chunked prefill**: at most **{chosen.max_num_batched_tokens} tokens** a step; "
            "prompts ride in chunks on the steps of answers, which bounds the time between tokens."
        )
    if isfinite(estimate.concurrency):
        yield (
            f"At the peak a replica holds {amount(estimate.concurrency, '')} requests and is busy "
            f"{percent(estimate.utilisation)} of the time; p95 between two tokens is "
            f"{amount(estimate.itl_s['p95'], 's')}."
        )
    else:
        yield "At the peak as planned more comes than a step can carry: admission must be limited."


def memory(plan: ServicePlan) -> list[str]:
    """Return what fills the memory of an accelerator."""
    return section(3, "Memory management", bullets(_memory(plan)))


def _memory(plan: ServicePlan) -> Iterator[str]:
    chosen, engine = plan.configuration, plan.engine
    used = plan.estimate.memory
    held = (
        f"**{amount(used.kv_cache_tok, 'tok')}** fit into a replica "
        f"({amount(used.kv_cache_bytes, 'B')} an accelerator, {text(chosen.kv_precision)})"
    )
    if engine and engine.kv_admission == "as_needed":
        yield (
            "**PagedAttention**: the KV cache lives in blocks that are handed out as answers grow; "
            f"{held}."
        )
        yield "When blocks run out the youngest request is preempted and computed again."
    else:
        yield f"**Reserved KV cache**: a request is admitted once its whole length fits; {held}."
    yield (
        f"Weights take {amount(used.weights_bytes, 'B')} of {amount(used.total_bytes, 'B')} on the "
        f"fullest accelerator, activations {amount(used.activation_bytes, 'B')}, the runtime "
        f"{amount(used.runtime_bytes, 'B')}; "
        f"{amount(used.total_bytes - used.usable_bytes, 'B')} stay free."
    )
    yield (
        f"**Context limit {amount(float(plan.max_model_len), 'tok')}**: longer requests are "
        "refused at the door instead of pushing others out of the cache."
    )
    if engine and engine.prefix_caching:
        yield "Prefix caching is on; the figures count no hits."


def scaling(plan: ServicePlan) -> list[str]:
    """Return when replicas come and go."""
    return section(3, "Autoscaling triggers", bullets(_scaling(plan)))


def _scaling(plan: ServicePlan) -> Iterator[str]:
    scale = plan.autoscale
    yield scales(plan)
    yield (
        f"A replica starts in {amount(plan.load_time_s, 's')} from weights on the node's volume "
        f"({amount(plan.weights_bytes, 'B')})."
    )
    if scale.max_replicas > scale.min_replicas:
        yield (
            f"Up after {amount(scale.scale_up_stabilisation_s, 's')} above the threshold, down "
            f"after {amount(scale.scale_down_stabilisation_s, 's')} below."
        )
    yield boundary(plan)
