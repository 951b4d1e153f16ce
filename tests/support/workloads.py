"""Topologies whose workloads are more than a Deployment of one pod a replica."""

from dataclasses import replace
from functools import cache

from support import gateways, network_plans, topologies

from inferc.compiler.pipeline import Compilation, Settings
from inferc.compiler.topology import Topology
from inferc.dsl import SourceFile
from inferc.files.reader import DiskReader

A100 = "8 * cat.gpu.nvidia.a100_80gb_sxm"
SPLITTING = "0.33.0"
"""A release of vLLM that can hand a KV cache over."""
NETWORKS = {"model_volume": "models"}
"""Options with which networks can be emitted."""


def on_release(topology: Topology, version: str) -> Topology:
    """Return ``topology`` on another release of vLLM."""
    (plan,) = topology.services
    image = f"vllm/vllm-openai:v{version}"
    engine = replace(plan.service.engines[0], version=version, image=image)
    service = replace(plan.service, engines=(engine,))
    return replace(topology, services=(replace(plan, service=service),))


@cache
def split() -> Topology:
    """Return two replicas for prompts and one that answers, behind a gateway that picks."""
    return gateways.behind(on_release(topologies.disaggregated(), SPLITTING))


@cache
def split_over_nodes() -> Topology:
    """Return one replica for prompts on two nodes, and one that answers."""
    topology = topologies.disaggregated(prefill=1, nodes=3, tensor=8, pipeline_parallel=2)
    return gateways.behind(on_release(topology, SPLITTING))


def compiled(source: SourceFile) -> Topology:
    """Return the topology of a file without errors."""
    step = Compilation(source, DiskReader(), Settings()).topologies
    assert step.value is not None, [item.message for item in step.diagnostics]
    return step.value[0]


@cache
def network() -> Topology:
    """Return a network on whole accelerators."""
    return compiled(network_plans.program(network_plans.service()))


@cache
def networks_in_parts() -> Topology:
    """Return two networks on parts of accelerators, of two sizes."""
    lengths = "input_tokens = dist(mean = 300 tok, p95 = 512 tok)"
    embed = network_plans.service(
        load=f"rate = 300 req/s; {lengths}", more='share = mig("2g.20gb")'
    )
    rank = network_plans.service(
        "rank",
        load=f"rate = 20 req/s; {lengths}",
        sla="p95 latency <= 500ms",
        more='share = mig("1g.10gb")',
    )
    pool = f"nodes = 1; gpu = {A100}; partition = mig"
    return compiled(network_plans.program(embed, rank, pool=pool))


@cache
def network_in_turns() -> Topology:
    """Return a network whose replicas take turns on accelerators."""
    return compiled(
        network_plans.program(
            network_plans.service(
                load="rate = 20 req/s; input_tokens = dist(mean = 300 tok, p95 = 512 tok)",
                sla="prefer p95 latency <= 500ms",
                more="share = time_slice(2)",
            )
        )
    )


@cache
def language_model_in_parts() -> Topology:
    """Return a language model on parts of accelerators, of two nodes of four."""
    chat = (
        "  service chat {\n    model = cat.models.meta.llama_3_2_1b_instruct\n    on = dc.gpu\n"
        '    share = mig("2g.20gb")\n'
        "    load {\n      rate = 2 req/s\n      shape = steady\n"
        "      prompt_tokens = dist(mean = 200 tok, p95 = 400 tok)\n"
        "      output_tokens = dist(mean = 100 tok, p95 = 200 tok)\n    }\n"
        "    sla { p95 ttft <= 2s }\n  }"
    )
    pool = "nodes = 2; gpu = 4 * cat.gpu.nvidia.a100_80gb_sxm; partition = mig"
    return compiled(network_plans.program(chat, pool=pool))
