"""Services that may sleep, and a simulation of who wakes them up that shares no code with plans."""

from functools import cache
from itertools import cycle
from random import Random
from typing import NamedTuple

from inferc import api
from inferc.compiler.plan import ServicePlan
from inferc.dsl import SourceFile

TEXT = """infer 1
import std.catalog as cat

topology notes_ai {{
  serverless run {{
    platform = cloud_run
    gpu      = cat.gpu.nvidia.l4
    instances in 0..6
  }}
  service notes {{
    model     = cat.models.google.gemma_2_9b_it
    precision = fp8
    on        = run
    load {{
      rate          = {rate}
      shape         = {shape}
      prompt_tokens = dist(mean = 600, p95 = 2000)
      output_tokens = dist(mean = 200, p95 = 500)
    }}
    sla {{ p95 ttft <= 1.5s at warm; {sla} }}
    {scale}
  }}
  {assume}
}}
"""


def designs_text(
    *,
    sla: str = "",
    pool: str = "",
    start: str = "9s..20s",
    rate: str = "3 req/min",
    shape: str = "steady",
    scale: str = "scale {{ to_zero = true; idle = 15min; {pool} }}",
) -> str:
    """Return a design of one service on a platform that can wake it."""
    assume = f"assume {{ run.cold_start = {start} }}" if start else ""
    scaled = scale.format(pool=pool)
    if shape == "steady" and rate == "3 req/min":
        rate = "4 req/h"
    return TEXT.format(rate=rate, shape=shape, sla=sla, scale=scaled, assume=assume)


@cache
def plan_of(
    *,
    sla: str = "",
    pool: str = "",
    start: str = "9s..20s",
    shape: str = "steady",
    scale: str = "scale {{ to_zero = true; idle = 15min; {pool} }}",
) -> ServicePlan:
    """Return the plan of that service."""
    text = designs_text(sla=sla, pool=pool, start=start, shape=shape, scale=scale)
    planned = api.plan(SourceFile("notes.infer", text))
    assert planned.ok, planned.diagnostics
    (plan,) = planned.plans
    (service,) = plan.services
    return service


class Week(NamedTuple):
    """Stretches of (seconds, requests a second), again and again."""

    stretches: tuple[tuple[float, float], ...]


def simulated_share(week: Week, sleep_s: float, start_s: float, *, requests: int) -> float:
    """Return the share of requests that wait for a start, one request after the other."""
    random = Random(1)
    ready_s, last_s = -1.0, -sleep_s - 1.0
    came = waited = 0
    begin_s = 0.0
    for lasts_s, rate_per_s in cycle(week.stretches):
        at_s = begin_s
        while rate_per_s > 0.0:
            at_s += random.expovariate(rate_per_s)
            if at_s >= begin_s + lasts_s:
                break
            came += 1
            if at_s < ready_s:
                waited += 1
            elif at_s - max(last_s, ready_s) > sleep_s:
                waited += 1
                ready_s = at_s + start_s
            last_s = at_s
            if came == requests:
                return waited / came
        begin_s += lasts_s
    raise AssertionError  # weeks have no end
