"""Services that share a place, for tests of the planner."""

from dataclasses import replace

from support import designs
from support.machines import LLAMA_3_8B
from support.problems import all_settled, problem, settled

from inferc.compiler.model import Accelerator, LanguageModel, Place
from inferc.compiler.problem import Problem

LENGTHS = {"prompt": 200.0, "output": 100.0}
SETTLED = {"peak": 1.0, **LENGTHS}


def nodes_of(
    nodes: int,
    per_node: int = 8,
    *,
    accelerator: Accelerator = designs.A100_80GB_SXM,
    least: int | None = None,
    usd_per_hour: float | None = None,
) -> Place:
    """Return a pool; with ``least`` the planner chooses from that many nodes on."""
    price = None if usd_per_hour is None else designs.fact(usd_per_hour / 3600.0)
    place = designs.a100_node(float(nodes), per_node)
    return replace(place, accelerator=accelerator, least_nodes=least, price_usd_per_s=price)


def tenant(
    name: str,
    *places: Place,
    model: LanguageModel = LLAMA_3_8B,
    rate_per_s: float = 5.0,
    ttft_s: float = 0.5,
    known: bool = True,
    wish_s: float | None = None,
) -> Problem:
    """Return a service with lengths that are known, and a peak unless it is not ``known``."""
    asked = problem(model, places[0], rate_per_s=rate_per_s, limits_s={"ttft": ttft_s})
    asked = all_settled(asked, **SETTLED) if known else settled(asked, **LENGTHS)
    objectives = asked.case.objectives
    if wish_s is not None:
        wish = designs.objective("itl", wish_s, "prefer p95 itl <= 60ms", hard=False)
        objectives = (*objectives, wish)
    several = places if len(places) > 1 else ()
    return replace(
        asked,
        case=replace(asked.case, service=name, objectives=objectives, places=several),
        service=replace(asked.service, name=name, objectives=objectives, places=several),
        unknowns=tuple(
            replace(item, path=item.path.replace("chat.", f"{name}.", 1)) for item in asked.unknowns
        ),
    )
