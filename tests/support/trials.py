"""Designs with traffic, small enough to be simulated in a test."""

from functools import cache

from inferc import api
from inferc.compiler.plan import ServicePlan
from inferc.dsl import SourceFile

TEXT = """infer 1
import std.catalog as cat

topology desk {{
  cluster dc {{
    platform = kubernetes
    pool gpu {{ nodes = 1; gpu = 2 * cat.gpu.nvidia.l40s }}
  }}
  service chat {{
    model = cat.models.meta.llama_3_1_8b_instruct
    on    = dc.gpu
    load {{ {load}
      prompt_tokens = dist(mean = 300, p95 = 900); output_tokens = 120 }}
    sla  {{ {sla} }}
  }}
  pin {{ {pin} }}
}}
"""


def text_of(
    load: str = "rate = 4 req/s; peak = 2x",
    sla: str = "p95 ttft <= 2s",
    pin: str = "chat.replicas = 2",
) -> str:
    """Return a design with one service."""
    return TEXT.format(load=load, sla=sla, pin=pin)


@cache
def plan_of(
    load: str = "rate = 4 req/s; peak = 2x",
    sla: str = "p95 ttft <= 2s",
    pin: str = "chat.replicas = 2",
) -> ServicePlan:
    """Return the plan of that service."""
    planned = api.plan(SourceFile("desk.infer", text_of(load, sla, pin)))
    assert planned.ok, planned.diagnostics
    (plan,) = planned.plans
    (service,) = plan.services
    return service
