"""What a plan costs, for people: a few lines of the plan, and the full table."""

from collections.abc import Iterator, Sequence
from math import isinf

from inferc.compiler.cost import Option, ServiceCost
from inferc.compiler.model import Design
from inferc.compiler.plan import Plan, ServicePlan
from inferc.compiler.units import percent, show, to_unit
from inferc.compiler.wording.amounts import plural
from inferc.report.hardware import market
from inferc.report.layout import Cell, Paint, heading, table, wrap

INDENT = 10
"""Of the lines below the first one, so that the figures stand out."""

ALIKE = 5e-3
"""Relative: costs that differ by less are the same to people."""

KINDS = {
    "managed_api": "by the token",
    "serverless_gpu": "by the second",
    "reserved_base": "market",
}


# ---- a few lines -------------------------------------------------------------------------------


def cost_lines(plan: ServicePlan, paint: Paint) -> list[str]:
    """Return the cost of a service in the plan's report; nothing where no price is known."""
    cost = plan.cost
    if cost is None:
        return []
    return [_figures(cost, paint), *_first_lines(plan, cost)]


def _figures(cost: ServiceCost, paint: Paint) -> str:
    each = (
        f"{show(cost.usd_per_tok, 'usd_per_tok')} "
        f"({_bare(cost.usd_per_input_tok)} in, {_bare(cost.usd_per_output_tok)} out)"
    )
    parts = (
        paint(show(cost.usd_per_s, "usd_per_mo"), "bold"),
        show(cost.usd_per_s, "usd_per_s"),
        each,
        show(cost.usd_per_request, "usd_per_kreq"),
    )
    return "    cost  " + "   ".join(parts)


def _bare(usd_per_tok: float) -> str:
    return show(usd_per_tok, "usd_per_tok").removesuffix("/Mtok")


def _first_lines(plan: ServicePlan, cost: ServiceCost) -> Iterator[str]:
    yield from wrap(made_of(plan, cost), indent=INDENT)
    for option in _worth_naming(cost.options):
        yield from wrap(against(option, cost), indent=INDENT)


def made_of(plan: ServicePlan, cost: ServiceCost) -> str:
    """Return what the cost is made of, in a line."""
    first = cost.expenses[0]
    replicas = show(cost.replicas, "count")
    count = f"{replicas} replica" if cost.replicas == 1 else f"{replicas} replicas"
    before = plan.configuration.prefill
    if before is not None:
        count += f", and {before.replicas} for prompts,"
    kept = "on average" if cost.follows else "all the time"
    text = f"{count} {kept}, {market(plan.service.place)}"
    if len(cost.expenses) > 1:
        text += ": " + " + ".join(
            f"{item.name} {show(item.usd_per_s, 'usd_per_s')}" for item in cost.expenses
        )
    else:
        text += f": {first.arithmetic}"
    if cost.follows and cost.peak_usd_per_s > cost.usd_per_s:
        text += f"; {show(cost.peak_usd_per_s, 'usd_per_s')} at the peak"
    if cost.place_usd_per_s > cost.usd_per_s * (1.0 + 1e-9):
        text += f"; the whole place {show(cost.place_usd_per_s, 'usd_per_s')}, used or not"
    return text


def _worth_naming(options: Sequence[Option]) -> Iterator[Option]:
    """Yield the cheapest option of each kind, markets apart where they save nothing."""
    seen: set[str] = set()
    for option in options:
        group = option.kind if option.breaks_even else "market"
        if group not in seen:
            seen.add(group)
            yield option


def against(option: Option, cost: ServiceCost) -> str:
    """Return how an option compares with the plan."""
    price = show(option.usd_per_s, "usd_per_mo")
    change = difference(option.usd_per_s, cost.usd_per_s)
    if not option.breaks_even:
        return f"{option.title}: {price}, {change}"
    return f"{option.title}: {price}, {change}; {break_even(option, cost)}"


def difference(option: float, plan: float) -> str:
    """Return how much more or less an option costs than the plan."""
    if plan <= 0.0:
        return "the plan costs nothing"
    share = option / plan - 1.0
    if abs(share) < ALIKE:
        return "as much as the plan"
    if share > 1.0:
        return f"{show(option / plan, 'factor')} the plan"
    return f"{show(abs(share), 'ratio')} {'more' if share > 0.0 else 'less'}"


def break_even(option: Option, cost: ServiceCost) -> str:
    """Return from which load on the plan is cheaper than an option."""
    rate = option.break_even_per_s
    if isinf(rate) and option.usd_per_s > cost.usd_per_s:
        return "dearer than the plan here, cheaper at larger loads"
    if isinf(rate):
        return "cheaper than the plan at any load"
    if rate <= 0.0:
        return "dearer than the plan at any load"
    return f"the plan is cheaper above {show(rate, 'req_per_s')}"


def budget_lines(plan: Plan, design: Design) -> list[str]:
    """Return what several services cost together of the tightest of their budgets."""
    total = plan.cost_usd_per_s
    several = len(plan.planned) > 1
    if not design.budgets or total is None or plan.refusals or not several:
        return []
    limit = min(line.limit.value for line in design.budgets)
    left = f"margin {percent(1.0 - total / limit)}" if total <= limit else "missed"
    amounts = (show(total, "usd_per_mo"), show(limit, "usd_per_mo"))
    return [f"budget   all services together {amounts[0]} <= {amounts[1]}   {left}"]


# ---- the full table ----------------------------------------------------------------------------


def render_cost(plan: Plan, design: Design, *, color: bool = False) -> str:
    """Return what a plan costs in full: figures, what they are made of, other ways to have it."""
    paint = Paint(color)
    head = f"topology {paint(design.name, 'bold')}   {_total(plan)}"
    blocks = [[head, *budget_lines(plan, design)]]
    for item in plan.services:
        blocks.extend(_service(item, paint))
    if plan.networks:
        from inferc.report.network_plan import cost_block

        blocks.extend(cost_block(item, paint) for item in plan.networks)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _total(plan: Plan) -> str:
    known = [item.cost.usd_per_s for item in plan.services if item.cost is not None]
    known += [item.price_usd_per_s for item in plan.networks if item.price_usd_per_s is not None]
    if not known:
        return "nobody says what the hardware costs"
    total = sum(known)
    missing = len(plan.planned) - len(known)
    rest = f", {missing} without a price" if missing else ""
    return f"{show(total, 'usd_per_mo')} ({show(total, 'usd_per_s')}){rest}"


def _service(plan: ServicePlan, paint: Paint) -> list[list[str]]:
    service, cost = plan.service, plan.cost
    title = f"  {paint(service.name, 'bold', 'cyan')}   {service.model.title} on "
    title += service.place.path
    if cost is None:
        why = f"no price is known for {service.place.path}: state `price = $2.50/gpu/h`, or "
        return [[title, *wrap(why + "`capital = $250k` where you bought it", indent=4)]]
    return [
        [title, *_rates(plan, cost, paint)],
        _made(cost, paint),
        _others(plan, cost, paint),
    ]


def _rates(plan: ServicePlan, cost: ServiceCost, paint: Paint) -> list[str]:
    load, replicas = plan.service.load, plural(plan.configuration.replicas, "replica")
    rows: list[tuple[Cell, ...]] = [
        (
            "a month of 730 h",
            (show(cost.usd_per_s, "usd_per_mo"), "bold"),
            f"at {show(load.rate_per_s.value, 'req_per_s')} on average",
        ),
        ("an hour, on average", show(cost.usd_per_s, "usd_per_s"), ""),
        (
            "an hour, at the peak",
            show(cost.peak_usd_per_s, "usd_per_s"),
            f"{replicas}, {show(load.peak.value, 'factor')} the mean",
        ),
        (
            "an hour, the whole place",
            show(cost.place_usd_per_s, "usd_per_s"),
            "its hardware stands there, used or not",
        )
        if cost.place_usd_per_s > cost.usd_per_s
        else ("", "", ""),
        ("1,000 requests", show(cost.usd_per_request, "usd_per_kreq").partition("/")[0], ""),
        ("1M tokens, blended", _bare(cost.usd_per_tok), "over all tokens of the stated mix"),
        (
            "1M tokens of prompts",
            _bare(cost.usd_per_input_tok),
            f"prompts take {show(cost.input_share, 'ratio')} of a replica's time",
        ),
        ("1M tokens of answers", _bare(cost.usd_per_output_tok), ""),
    ]
    return table([row for row in rows if row[0]], paint, indent=4, right=(1,))


def _made(cost: ServiceCost, paint: Paint) -> list[str]:
    rows = [
        (item.name, show(item.usd_per_s, "usd_per_s"), item.arithmetic) for item in cost.expenses
    ]
    sources = dict.fromkeys(item.source for item in cost.expenses)
    lines = [heading("made of", paint), *table(rows, paint, indent=4, right=(1,))]
    for source in sources:
        lines += [paint(line, "dim") for line in wrap(source, indent=6)]
    return lines


def _others(plan: ServicePlan, cost: ServiceCost, paint: Paint) -> list[str]:
    if not cost.options:
        return []
    rows: list[tuple[Cell, ...]] = [
        (
            ("the plan", "bold"),
            market(plan.service.place),
            (show(cost.usd_per_s, "usd_per_mo"), "bold"),
            "",
            "",
        )
    ]
    rows += [
        (
            item.title,
            KINDS.get(item.kind, "market"),
            show(item.usd_per_s, "usd_per_mo"),
            difference(item.usd_per_s, cost.usd_per_s),
            _from(item, plan, cost),
        )
        for item in cost.options
    ]
    lines = [heading("other ways to have it", paint)]
    lines += table(rows, paint, indent=4, right=(2,))
    for item in cost.options:
        day = f" ({item.as_of})" if item.as_of else ""
        text = f"{item.title}: {item.arithmetic}; {item.source}{day}"
        lines += [paint(line, "dim") for line in wrap(text, indent=6)]
    return lines


def _from(option: Option, plan: ServicePlan, cost: ServiceCost) -> str:
    """Return from which load on the plan is cheaper, in requests and in tokens."""
    if not option.breaks_even:
        return ""
    rate = option.break_even_per_s
    if isinf(rate) or rate <= 0.0:
        return break_even(option, cost)
    load = plan.service.load
    tokens = load.prompt.mean_tok.value + load.output.mean_tok.value
    a_day = rate * tokens / to_unit(1.0, "d")
    return f"{break_even(option, cost)}, {show(a_day, 'parameters')} tok/d"
