"""Topologies of different shapes, for tests of targets and reports.

The numbers of the plans are plausible and made up: what a target writes must not depend on them
being right.
"""

from collections.abc import Mapping
from dataclasses import replace

from support import designs

from inferc.compiler import topology
from inferc.compiler.model import Design, Emission, Service
from inferc.compiler.plan import (
    Autoscale,
    Configuration,
    Estimate,
    Margin,
    Memory,
    Plan,
    ServicePlan,
    Verdict,
)
from inferc.compiler.topology import Topology

GIB = designs.GIB


def configuration(**changes: int | str) -> Configuration:
    """Return two replicas of vLLM on four accelerators each, with ``changes``."""
    base = Configuration(
        engine="vllm",
        precision="fp16",
        tensor_parallel=4,
        pipeline_parallel=1,
        replicas=2,
        max_num_seqs=128,
        max_num_batched_tokens=2048,
    )
    return replace(base, **changes)


def service_plan(service: Service, shape: Configuration) -> ServicePlan:
    """Return a plan that runs ``service`` in ``shape``."""
    predictions: Mapping[str, float] = {"ttft": 0.41, "itl": 0.0287, "tpot": 0.0287, "e2e": 4.14}
    margins = tuple(
        Margin(
            objective=objective,
            predicted=predictions[objective.metric],
            ratio=predictions[objective.metric] / objective.limit.value,
        )
        for objective in service.objectives
    )
    return ServicePlan(
        service=service,
        verdict=Verdict.CONDITIONAL,
        configuration=shape,
        max_model_len=min(8192, service.model.context),
        gpu_memory_utilization=0.9,
        autoscale=Autoscale(
            min_replicas=1,
            max_replicas=shape.replicas,
            signal="waiting",
            threshold=4.0,
            scale_up_stabilisation_s=30.0,
            scale_down_stabilisation_s=300.0,
            reason="a start takes 3 min, a spike less: room for the peak is kept",
        ),
        estimate=_estimate(service, shape),
        margins=margins,
        load_time_s=190.0,
        weights_bytes=service.model.parameters.value * 2,
        price_usd_per_s=service.place.price_usd_per_s.value * shape.accelerators
        if service.place.price_usd_per_s
        else None,
        choices=(),
        assumptions=(),
        envelope=(),
        candidates=112,
    )


def _estimate(service: Service, shape: Configuration) -> Estimate:
    weights = service.model.parameters.value * 2 / shape.tensor_parallel / shape.pipeline_parallel
    total = service.place.accelerator.memory_bytes.value
    return Estimate(
        memory=Memory(
            total_bytes=total,
            usable_bytes=total * 0.9,
            weights_bytes=weights,
            activation_bytes=2 * GIB,
            runtime_bytes=3 * GIB,
            kv_cache_bytes=max(0.0, total * 0.9 - weights - 5 * GIB),
            kv_cache_tok=412_000.0,
        ),
        ttft_s={"mean": 0.19, "p50": 0.15, "p95": 0.41, "p99": 0.62},
        tpot_s=0.0287,
        e2e_s=4.14,
        utilisation=0.71,
        concurrency=39.2,
        capacity_per_s=44.0,
        compute_share=0.28,
    )


def plan_of(design: Design, *shapes: Configuration) -> Plan:
    """Return a plan that runs the services of ``design`` in ``shapes``."""
    return Plan(
        topology=design.name,
        verdict=Verdict.CONDITIONAL,
        services=tuple(
            service_plan(service, shape)
            for service, shape in zip(design.services, shapes, strict=True)
        ),
        refusals=(),
    )


def topology_of(design: Design, *shapes: Configuration) -> Topology:
    """Return the topology of ``design`` with its services in ``shapes``; it has no faults."""
    outcome = topology.build(design, plan_of(design, *shapes))
    assert outcome.diagnostics == ()
    return outcome.topology


def support_chat(**options: str | float | bool) -> Topology:
    """Return the first example: two replicas with tensor parallelism 4 on one node of eight."""
    emissions = (Emission(target="kubernetes", options=options, span=designs.NOWHERE),)
    design = designs.support_chat()
    return topology_of(replace(design, emissions=emissions if options else ()), configuration())


def named(service: str, doc: str = "", design: str = "support_chat") -> Topology:
    """Return the first example under other names."""
    base = designs.support_chat()
    renamed = replace(base.services[0], name=service)
    changed = replace(base, name=design, doc=doc, services=(renamed,))
    return topology_of(changed, configuration())


def with_idle() -> Topology:
    """Return one replica on four accelerators of eight."""
    return topology_of(designs.support_chat(), configuration(replicas=1))


def pipelined() -> Topology:
    """Return one replica on two nodes: tensor parallelism 8, pipeline parallelism 2."""
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=2.0))
    shape = configuration(tensor_parallel=8, pipeline_parallel=2, replicas=1)
    return topology_of(replace(base, services=(service,)), shape)


def small_replicas() -> Topology:
    """Return eight equal replicas on one accelerator each."""
    base = designs.support_chat()
    service = replace(base.services[0], model=designs.TINYLLAMA_1_1B, model_name="tiny")
    shape = configuration(tensor_parallel=1, replicas=8)
    return topology_of(replace(base, services=(service,)), shape)


def fleet(nodes: int = 16) -> Topology:
    """Return two replicas on each of many nodes."""
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=float(nodes)))
    return topology_of(replace(base, services=(service,)), configuration(replicas=2 * nodes))


def two_services() -> Topology:
    """Return two services that share one node of eight accelerators, one of them idle."""
    base = designs.support_chat()
    chat = base.services[0]
    tiny = replace(chat, name="tagger", model=designs.TINYLLAMA_1_1B, model_name="tiny")
    return topology_of(
        replace(base, services=(chat, tiny)),
        configuration(replicas=1),
        configuration(tensor_parallel=1, replicas=3),
    )


def one_board() -> Topology:
    """Return TinyLlama on a Raspberry Pi: no cluster, no GPU."""
    design = designs.impossible_pi(designs.TINYLLAMA_1_1B)
    service = design.services[0]
    slow = replace(service, load=replace(service.load, rate_per_s=designs.given(1 / 3600)))
    shape = configuration(
        engine="llama_cpp", precision="int4", tensor_parallel=1, replicas=1, max_num_seqs=1
    )
    return topology_of(replace(design, name="hobby", services=(slow,)), shape)


def every() -> Mapping[str, Topology]:
    """Return every example topology, by name."""
    return {
        "support_chat": support_chat(),
        "with_idle": with_idle(),
        "pipelined": pipelined(),
        "small_replicas": small_replicas(),
        "fleet": fleet(4),
        "two_services": two_services(),
        "one_board": one_board(),
    }
