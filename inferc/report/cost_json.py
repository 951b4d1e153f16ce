"""What a plan costs, for other programs: dollars, named by the suffix of each key."""

from collections.abc import Mapping

from inferc.compiler.cost import Option, ServiceCost
from inferc.compiler.plan import Plan
from inferc.compiler.topology import Json
from inferc.compiler.units import from_unit
from inferc.report.refusal import finite
from inferc.versions import FORMAT_VERSION


def cost_data(cost: ServiceCost | None) -> Mapping[str, Json] | None:
    """Return what a service costs; null where nobody says what its hardware costs."""
    if cost is None:
        return None
    return {
        "usd_per_s": cost.usd_per_s,
        "usd_per_month": from_unit(cost.usd_per_s, "mo"),
        "peak_usd_per_s": cost.peak_usd_per_s,
        "place_usd_per_s": cost.place_usd_per_s,
        "replicas": cost.replicas,
        "follows_load": cost.follows,
        "usd_per_request": finite(cost.usd_per_request),
        "usd_per_input_tok": finite(cost.usd_per_input_tok),
        "usd_per_output_tok": finite(cost.usd_per_output_tok),
        "usd_per_tok": finite(cost.usd_per_tok),
        "input_share": cost.input_share,
        "expenses": [
            {
                "name": item.name,
                "usd_per_s": item.usd_per_s,
                "arithmetic": item.arithmetic,
                "source": item.source,
            }
            for item in cost.expenses
        ],
        "options": [_option(item) for item in cost.options],
    }


def _option(option: Option) -> Mapping[str, Json]:
    """Return an option; its break-even is null where the plan is never cheaper, or has none."""
    found: dict[str, Json] = {
        "kind": option.kind,
        "title": option.title,
        "usd_per_s": option.usd_per_s,
        "usd_per_month": from_unit(option.usd_per_s, "mo"),
        "arithmetic": option.arithmetic,
        "source": option.source,
        "as_of": option.as_of,
    }
    if option.breaks_even:
        found["plan_cheaper_above_req_per_s"] = finite(option.break_even_per_s)
    return found


def to_data(plan: Plan) -> dict[str, Json]:
    """Return what all services of a plan cost."""
    known = [item.cost.usd_per_s for item in plan.services if item.cost is not None]
    known += [item.price_usd_per_s for item in plan.networks if item.price_usd_per_s is not None]
    total = sum(known) if known else None
    return {
        "format_version": FORMAT_VERSION,
        "topology": plan.topology,
        "usd_per_s": total,
        "usd_per_month": None if total is None else from_unit(total, "mo"),
        "services": [
            {"name": item.service.name, "cost": cost_data(item.cost)} for item in plan.services
        ],
        "networks": [
            {"name": item.service.name, "usd_per_s": item.price_usd_per_s} for item in plan.networks
        ],
    }
