"""A small design with a price, and what is planned and said of it."""

from dataclasses import dataclass

from inferc import api
from inferc.dsl import Severity, SourceFile

TEXT = """infer 1
import std.catalog as cat

topology desk {{
  model m {{ source = cat.models.meta.llama_3_1_8b_instruct }}
  {clouds}
  cluster dc {{
    platform = kubernetes
    {on}
    pool gpu {{ {pool} }}
  }}

  service chat {{
    model = m
    on    = dc.gpu
    load {{
      rate          = 4 req/s
      {load}
      prompt_tokens = 900 tok
      output_tokens = 250 tok
    }}
    sla {{ {sla} }}
  }}
  {more}
}}
"""
REGIONS = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}


@dataclass(frozen=True)
class Desk:
    """One service on one pool."""

    pool: str
    load: str = "peak = 1.2x"
    sla: str = "p95 ttft <= 2s"
    more: str = ""
    cloud: str = ""
    env: str = ""

    @property
    def text(self) -> str:
        """The file."""
        region = REGIONS.get(self.cloud, "")
        clouds = f'cloud {self.cloud} {{ region = "{region}" }}' if self.cloud else ""
        return TEXT.format(
            clouds=clouds,
            on=f"on = {self.cloud}" if self.cloud else "",
            pool=self.pool,
            load=self.load,
            sla=self.sla,
            more=self.more,
        )


def planned(desk: Desk) -> api.Planned:
    """Return the plan of a desk, whatever its verdict."""
    return api.plan(SourceFile("desk.infer", desk.text), env=desk.env)


def told(desk: Desk) -> list[str]:
    """Return the codes of the errors of a desk, each once."""
    found = planned(desk).diagnostics
    codes = [item.code for item in found if item.severity is Severity.ERROR]
    return list(dict.fromkeys(codes))


def costs(desk: Desk) -> list[float]:
    """Return what each service costs in dollars a second."""
    (plan,) = planned(desk).plans
    return [item.cost.usd_per_s if item.cost else 0.0 for item in plan.services]
