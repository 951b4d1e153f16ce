"""Services of networks, from text to plan."""

from functools import cache

from inferc.compiler.model import Accelerator, Design, Engine
from inferc.compiler.model.catalog import accelerator_at, engine_at
from inferc.compiler.pipeline import Compilation, Settings
from inferc.compiler.plan import Plan
from inferc.compiler.plan.networks import NetworkOutcome, NetworkPlan, build_networks
from inferc.compiler.problem.network_case import NetworkProblem
from inferc.compiler.problem.networks import build_networks as problems_of
from inferc.dsl import Diagnostic, SourceFile
from inferc.files.reader import DiskReader

A100 = "8 * cat.gpu.nvidia.a100_80gb_sxm"


def program(*services: str, pool: str = f"nodes = 1; gpu = {A100}") -> SourceFile:
    """Return a topology with one pool and these services."""
    text = "\n".join(services)
    return SourceFile(
        "mixed.infer",
        "infer 1\nimport std.catalog as cat\n\ntopology mixed {\n"
        f"  cluster dc {{\n    platform = kubernetes\n    pool gpu {{ {pool} }}\n  }}\n"
        f"{text}\n}}\n",
    )


def service(
    name: str = "embed",
    model: str = "cat.networks.baai.bge_m3",
    *,
    load: str = "rate = 800 req/s; input_tokens = dist(mean = 300 tok, p95 = 512 tok)",
    shape: str = "shape = steady",
    sla: str = "p95 latency <= 80ms",
    more: str = "",
) -> str:
    """Return a service of a network."""
    return (
        f"  service {name} {{\n    model = {model}\n    on = dc.gpu\n    {more}\n"
        f"    load {{ {load}; {shape} }}\n    sla {{ {sla} }}\n  }}"
    )


def compilation(source: SourceFile) -> Compilation:
    """Return a file on its way."""
    return Compilation(source, DiskReader(), Settings())


def found(source: SourceFile) -> tuple[Diagnostic, ...]:
    """Return what a plan of ``source`` has to say."""
    return compilation(source).plans.diagnostics


def design(source: SourceFile) -> Design:
    """Return the design of a file without errors."""
    step = compilation(source).designs
    assert step.value is not None, [item.message for item in step.diagnostics]
    return step.value[0]


def problems(source: SourceFile) -> tuple[NetworkProblem, ...]:
    """Return the problems of the networks of a file."""
    return problems_of(design(source))


def outcome(source: SourceFile) -> NetworkOutcome:
    """Return what comes of the networks of a file alone."""
    return build_networks(problems(source))


def plan(source: SourceFile) -> Plan:
    """Return the plan of a file."""
    step = compilation(source).plans
    assert step.value is not None, [item.message for item in step.diagnostics]
    return step.value[0]


def only(source: SourceFile) -> NetworkPlan:
    """Return the plan of the one network of a file."""
    (item,) = plan(source).networks
    return item


@cache
def device(name: str = "a100_80gb_sxm") -> Accelerator:
    """Return a GPU of the catalog."""
    gpu = accelerator_at(f"gpu.nvidia.{name}")
    assert gpu is not None
    return gpu


@cache
def engine(name: str = "triton") -> Engine:
    """Return an engine of the catalog."""
    item = engine_at(f"engine.{name}")
    assert item is not None
    return item
