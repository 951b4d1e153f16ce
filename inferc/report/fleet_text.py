"""Many services at a glance: one line each, then what they share and what decides."""

from collections.abc import Iterable, Iterator

from inferc.compiler.plan import Margin, Plan, ServicePlan, Verdict
from inferc.compiler.units import percent
from inferc.compiler.wording.amounts import amount, line_name, plural, times
from inferc.compiler.wording.verdicts import decides, effect
from inferc.report.hardware import hardware
from inferc.report.layout import Cell, Paint, heading, table, wrap

MANY = 4
"""More services than that are listed in a table, and shown one by one when asked for."""

MOST_DECIDING = 12
"""Numbers that decide a verdict and are listed; the rest is counted."""


def fleet_blocks(plan: Plan, paint: Paint) -> Iterator[list[str]]:
    """Yield the parts of the report of a plan with many services."""
    yield _services(plan.services, paint)
    yield _places(plan.services, paint)
    yield _deciding(plan.services, paint)


def _services(plans: Iterable[ServicePlan], paint: Paint) -> list[str]:
    heads = ("service", "", "place", "engine", "layout", "of", "carries", "tightest line", "cost")
    rows: list[tuple[Cell, ...]] = [tuple((head, "dim") for head in heads)]
    rows += [_row(plan) for plan in plans]
    return [heading("services", paint), *table(rows, paint, indent=4, right=(5, 6, 8))]


def _row(plan: ServicePlan) -> tuple[Cell, ...]:
    chosen, price = plan.configuration, plan.price_usd_per_s
    verdict = "" if plan.verdict is Verdict.FEASIBLE else plan.verdict.value
    return (
        (plan.service.name, "bold"),
        (verdict, "yellow"),
        plan.service.place.path,
        f"{chosen.engine} {chosen.precision}",
        f"{chosen.replicas} x TP {chosen.tensor_parallel}{_stages(plan)}",
        str(chosen.accelerators),
        amount(plan.estimate.capacity_per_s, "req/s"),
        _tightest(plan.margins),
        "" if price is None else amount(price, "USD/s"),
    )


def _stages(plan: ServicePlan) -> str:
    stages = plan.configuration.pipeline_parallel
    return f" PP {stages}" if stages > 1 else ""


def _tightest(margins: Iterable[Margin]) -> Cell:
    worst = max((item for item in margins if item.objective.hard), key=_ratio, default=None)
    if worst is None:
        return ""
    name = line_name(worst.objective)
    if worst.ratio > 1:
        return f"{name} missed, {times(worst.ratio)}", "red"
    return f"{name} {percent(1 - worst.ratio)} left"


def _ratio(margin: Margin) -> float:
    return margin.ratio


def _places(plans: Iterable[ServicePlan], paint: Paint) -> list[str]:
    """Return how full each place is, and what all of it costs."""
    users: dict[str, list[ServicePlan]] = {}
    for plan in plans:
        users.setdefault(plan.service.place.path, []).append(plan)
    rows: list[tuple[Cell, ...]] = []
    for path, group in users.items():
        place = group[0].service.place
        used = sum(plan.configuration.accelerators for plan in group)
        rows.append(
            (
                (path, "bold"),
                hardware(place),
                f"{used} of {plural(place.accelerators, 'accelerator')}",
                plural(len(group), "service"),
            )
        )
    return [heading("places", paint), *table(rows, paint, indent=4)]


def _deciding(plans: Iterable[ServicePlan], paint: Paint) -> list[str]:
    """Return the unstated numbers on which a verdict turns."""
    found = [item for plan in plans for item in plan.assumptions if decides(item)]
    if not found:
        return [heading("rests on", paint), "    no number that nobody stated decides"]
    rows: list[tuple[Cell, ...]] = [
        (
            f"{item.unknown.path} = {amount(item.unknown.typical, item.unknown.unit)}",
            f"{item.unknown.origin.value}, {item.unknown.confidence.value}",
            (effect(item), "yellow"),
        )
        for item in found[:MOST_DECIDING]
    ]
    lines = [heading("rests on", paint), *table(rows, paint, indent=4)]
    if len(found) > MOST_DECIDING:
        lines += wrap(f"and {len(found) - MOST_DECIDING} more", indent=4)
    return lines
