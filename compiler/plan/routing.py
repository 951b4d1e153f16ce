"""How requests are dealt out to the replicas of a service.

Every figure of a plan is worked out for requests that are dealt out at random. To look at who has
the fewest is never worse: a replica with a long prompt gets no other until it is through. So that
is what the router should do; what it gains stays on top, as room.
"""

from inferc.compiler.plan.candidates import Candidate
from inferc.compiler.plan.narrowing import allowed
from inferc.compiler.problem import Case

FIELD = "routing"

PREFERRED = ("least_outstanding", "round_robin", "prefix_aware", "weighted")
"""What is taken where a line allows it, the first of all that are left.

Prefixes: without any that prompts share, that router looks at who has the fewest; it is taken only
where a line asks, since nothing of a plan says how much is shared. Weights: replicas are alike.
"""

ALONE = "round_robin"
"""Of one replica: there is nothing to choose."""

WHY = {
    "least_outstanding": "the replica with the fewest requests: never later than the figures of "
    "the plan, which hold for dealing out at random",
    "round_robin": "in turn, which the figures of the plan hold for",
    "prefix_aware": "whoever holds most of the prompt, else the one with the fewest requests",
    "weighted": "by weight; the replicas are alike",
}

LOST = {
    "least_outstanding": "counts the requests that each replica has; excluded here",
    "round_robin": "a request may meet a replica that is busy with long prompts, while others wait",
    "prefix_aware": "only where a line asks for it: nothing says that prompts begin alike",
    "weighted": "the replicas are alike",
}


def routing_of(case: Case, item: Candidate) -> str:
    """Return how requests should be dealt out to the replicas of a candidate."""
    left = tuple(value for value in PREFERRED if allowed(case.decisions, FIELD, value))
    replicas = item.shape.prefill.replicas if item.shape.prefill else item.replicas
    if replicas == 1 and ALONE in left:
        return ALONE
    return left[0] if left else ALONE
