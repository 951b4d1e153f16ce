"""The verdict in one line, and what each unknown number does to it."""

from typing import TYPE_CHECKING

from inferc.compiler.plan import Assumption, Plan, ServicePlan, Verdict
from inferc.compiler.problem import Quantity, Unknown
from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.wording.amounts import amount, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inferc.compiler.plan.networks import NetworkPlan

NOUNS = {
    Quantity.RATE: "a mean rate of {}",
    Quantity.PEAK: "a peak of {}",
    Quantity.PROMPT: "prompts of {} on average",
    Quantity.OUTPUT: "answers of {} on average",
    Quantity.COLD_START: "starts of {}",
    Quantity.ITEMS: "{} items in a request",
    Quantity.ITEM: "items of {} on average",
    Quantity.STEPS: "{} steps",
}
"""How a limit on each kind of number is said."""

TOGETHER = "as planned it holds, with several numbers high at once not"


def headline(plan: Plan) -> str:
    """Return the verdict with its reason, for the first line of a report."""
    word = plan.verdict.value
    if plan.verdict is Verdict.INFEASIBLE:
        return f"{word}: {_refused(plan)}"
    return f"{word}: {reason(plan.verdict, plan.planned)}"


def reason(verdict: Verdict, services: "Iterable[ServicePlan | NetworkPlan]") -> str:
    """Return why plans that are no refusals have their verdict."""
    planned = tuple(services)
    carried = "; ".join(
        text for plan in planned if isinstance(plan, ServicePlan) and (text := carries(plan))
    )
    if verdict is Verdict.CONDITIONAL:
        condition = _condition(planned) or TOGETHER
        return f"{carried}; {condition}" if carried else condition
    if carried and len(planned) == 1:
        return carried
    holds = "the SLA holds wherever the numbers that nobody stated may lie"
    return f"{carried}; {holds}" if carried else holds


def carries(plan: ServicePlan) -> str:
    """Return what a service carries that takes whatever there is; empty for others."""
    rate = plan.service.load.rate_per_s
    if plan.service.goal != "throughput" or rate.origin is not Origin.DEFAULTED:
        return ""
    tokens = amount(rate.value * plan.service.load.output.mean_tok.value, "tok/s")
    hardware = plural(plan.configuration.accelerators, "accelerator")
    said = amount(rate.value, "req/s")
    return f"`{plan.service.name}` carries {said}, {tokens} of answers, on {hardware}"


def _refused(plan: Plan) -> str:
    bounds = sum(len(refusal.bounds) for refusal in plan.refusals)
    if not bounds:
        return "no configuration meets the SLA, even with every assumption at its best"
    subject = "a bound that no software can beat fails"
    if bounds > 1:
        subject = f"{bounds} bounds that no software can beat fail"
    return f"{subject}, even with every assumption at its best"


def _condition(services: "Iterable[ServicePlan | NetworkPlan]") -> str:
    """Return the condition that is closest to failing, in words."""
    found = [
        (_reach(item), item.unknown.quantity is not Quantity.PEAK, plan.service.name, item)
        for plan in services
        for item in plan.assumptions
        if decides(item)
    ]
    if not found:
        return ""
    missed = [entry for entry in found if entry[0] < 1]
    _, _, service, item = min(missed or found, key=lambda entry: (entry[1], entry[0]))
    where = f"`{service}` holds" if len({entry[2] for entry in found}) > 1 else "it holds"
    return f"{where} {_limit(item)}"


def _reach(item: Assumption) -> float:
    """Return the largest value that holds over the planned one."""
    return (item.holds_up_to or 0.0) / item.unknown.typical if item.unknown.typical else 0.0


def _limit(item: Assumption) -> str:
    unknown, most = item.unknown, item.holds_up_to or 0.0
    said = "assumed" if unknown.origin is Origin.ASSUMED else "planned"
    if not most:
        return f"for no value of {unknown.path}, with the other numbers as planned"
    up_to = f"up to {NOUNS[unknown.quantity].format(amount(most, unknown.unit))}"
    if most < unknown.typical:
        return f"{up_to}, and {amount(unknown.typical, unknown.unit)} is {said}"
    return f"{up_to}, and it may be {amount(unknown.high, unknown.unit)}"


def decides(item: Assumption) -> bool:
    """Return whether the plan fails somewhere in the range of an unknown number."""
    return item.holds_up_to is not None and item.holds_up_to < worst(item.unknown)


def worst(unknown: Unknown) -> float:
    """Return the worst value to reckon with: high confidence counts as given."""
    assumed = unknown.origin is Origin.ASSUMED and unknown.confidence is Confidence.HIGH
    return unknown.typical if assumed else unknown.high


def effect(item: Assumption) -> str:
    """Return what an unknown number does to the plan, in a few words."""
    unknown, most = item.unknown, item.holds_up_to
    if most is None:
        searched = amount(item.searched_up_to, unknown.unit)
        return f"does not decide alone: holds up to {searched} and more"
    if not most:
        return "does not help: the SLA is missed at any value"
    if not decides(item):
        return f"does not decide alone: holds up to {amount(most, unknown.unit)}"
    return f"decides: holds up to {amount(most, unknown.unit)}"


def span_of(item: Assumption) -> str:
    """Return the range in which a number may lie, in words; empty where there is none."""
    unknown = item.unknown
    if worst(unknown) == unknown.typical:
        return ""
    return f"may be {amount(unknown.low, unknown.unit)} .. {amount(unknown.high, unknown.unit)}"


def settled(item: Assumption) -> str:
    """Return which verdict the design gets once the number is stated, in words."""
    if not item.flips:
        return ""
    points = sorted(item.flips, key=lambda point: point.at)
    parts = [f"{point.below.value} up to {amount(point.at, point.unit)}" for point in points]
    return f"once stated: {', '.join(parts)}, {points[-1].above.value} above"


def place_of(unknown: Unknown) -> str:
    """Return ``file:line`` of an unknown number, or who said it."""
    if unknown.span is None:
        return "catalog default"
    return f"{unknown.span.source.path}:{unknown.span.line}"
