"""A budget against the cheapest that the least hardware can cost."""

from collections.abc import Iterator

from inferc.compiler.plan.bounds.amounts import Whence, let, looked_up, most, stated
from inferc.compiler.plan.bounds.claim import Claim, Rule
from inferc.compiler.plan.bounds.facts import asked_by
from inferc.compiler.plan.bounds.favourable import Ground
from inferc.compiler.plan.bounds.rules import request_flop
from inferc.compiler.plan.objectives import is_cost

BUDGET = Rule(
    "INF411",
    "budget-below-hardware",
    "the least hardware that can hold the weights and do the work must not cost more",
    "definition; Williams, Waterman, Patterson, Roofline (2009)",
)


def budget(ground: Ground) -> Iterator[Claim]:
    """Yield: as many accelerators as the weights need, and the mean work, are in the budget.

    Whatever comes and goes, the weights of a service that never sleeps lie on some accelerators all
    the time, and the work of all requests takes so much of the peak of accelerators on average.
    Parts of accelerators count, so that no way to share them can beat it.
    """
    facts, case = ground.facts, ground.case
    lines = [line for line in case.objectives if line.hard and is_cost(line) and not line.counts]
    price = facts.place.price_usd_per_s
    if not lines or price is None:
        return
    line = min(lines, key=lambda item: item.limit.value)
    busy = let(
        "busy_accelerators",
        facts.rate * request_flop(ground) / ground.device_flop_per_s,
        "",
        "accelerators at their peak that the mean work takes",
    )
    least = busy
    if case.scaling is None or not case.scaling.to_zero:
        holding = let(
            "holding_accelerators",
            ground.weights / facts.memory,
            "",
            "accelerators, parts of one included, whose memory the weights fill",
        )
        least = most(busy, holding)
    source = looked_up(price).source or price.because
    each = stated(
        "price_usd_per_s",
        price.low,
        "USD/s",
        "price of one accelerator",
        Whence(price.origin, source, price.span),
    )
    whence = asked_by(line)
    yield Claim(
        rule=BUDGET,
        need=let("least_usd_per_s", least * each, "USD/s", "what that costs, all the time"),
        have=stated("budget_usd_per_s", line.limit.value, "USD/s", "what it may cost", whence),
        unit="USD/s",
        short=(each, busy),
        spans=((line.limit.span or line.span, "below what the least hardware costs"),),
    )
