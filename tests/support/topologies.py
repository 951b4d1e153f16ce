"""Topologies of different shapes, for tests of targets and reports.

The numbers of the plans are plausible and made up: what a target writes must not depend on them
being right.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from support import designs, plans

from inferc.compiler import topology
from inferc.compiler.model import Design, Emission
from inferc.compiler.model.catalog import engine_at
from inferc.compiler.plan import Configuration, Plan
from inferc.compiler.topology import Topology


def configuration(**changes: object) -> Configuration:
    """Return two replicas of vLLM on four accelerators each, with ``changes``."""
    return replace(plans.CONFIGURATION, **changes)  # type: ignore[arg-type]  # its own fields


def plan_of(design: Design, *shapes: Configuration) -> Plan:
    """Return a plan that runs the services of ``design`` in ``shapes``."""
    pairs = zip(design.services, shapes, strict=True)
    return plans.plan_of(design.name, *(plans.service_plan(s, shape) for s, shape in pairs))


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


def disaggregated(
    prefill: int = 2, decode: int = 1, nodes: int = 2, *, tensor: int = 4, **changes: object
) -> Topology:
    """Return replicas that compute prompts beside others that decode, four accelerators each."""
    base = designs.support_chat()
    service = replace(base.services[0], place=designs.a100_node(nodes=float(nodes)))
    before = configuration(**{"replicas": prefill, "tensor_parallel": tensor, **changes})
    shape = configuration(replicas=decode, prefill=before)
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


def with_engine(name: str) -> Topology:
    """Return the first example on another engine of the catalog."""
    engine = engine_at(f"engine.{name}")
    assert engine is not None
    base = designs.support_chat()
    service = replace(base.services[0], engines=(engine,))
    shape = configuration(engine=name)
    return topology_of(replace(base, services=(service,)), shape)


@cache
def every() -> Mapping[str, Topology]:
    """Return every example topology, by name."""
    return {
        "support_chat": support_chat(),
        "with_idle": with_idle(),
        "pipelined": pipelined(),
        "disaggregated": disaggregated(),
        "small_replicas": small_replicas(),
        "fleet": fleet(4),
        "two_services": two_services(),
        "one_board": one_board(),
        "on_sglang": with_engine("sglang"),
    }


def missed(*, wished: bool = False) -> Topology:
    """Return the first example with a line of its SLA that is missed: a hard one, or a wish."""
    graph = support_chat()
    plan = graph.services[0]
    late = int(wished)
    margins = tuple(
        replace(margin, predicted=margin.objective.limit.value * 1.5, ratio=1.5)
        if number == late
        else margin
        for number, margin in enumerate(plan.margins)
    )
    return replace(graph, services=(replace(plan, margins=margins),))
