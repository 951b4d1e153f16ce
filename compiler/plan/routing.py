"""How requests are dealt out to the replicas of a service.

Every figure of a plan is worked out for requests that are dealt out at random. In turn is never
later: each replica then sees the more even arrivals. To count what each replica has to do helps
less, of replicas that are alike: most of what it counts are answers, which keep nobody waiting.
"""

from inferc.compiler.plan.candidates import Candidate
from inferc.compiler.plan.narrowing import allowed
from inferc.compiler.problem import Case

FIELD = "routing"

PREFERRED = ("round_robin", "least_outstanding", "prefix_aware", "weighted")
"""What is taken where a line allows it, the first of all that are left."""

WHY = {
    "round_robin": "in turn: never later than the figures of the plan, which hold for dealing out "
    "at random",
    "least_outstanding": "the replica with the fewest requests: no later than the figures of the "
    "plan, which hold for dealing out at random",
    "prefix_aware": "whoever holds most of the prompt, else the one with the fewest requests",
    "weighted": "by weight, and the replicas are alike",
}

LOST = {
    "round_robin": "even arrivals at each replica; excluded here",
    "least_outstanding": "counts answers, which keep nobody waiting: simulated, the first token is "
    "later than in turn while replicas are alike",
    "prefix_aware": "only where a line asks for it: nothing says that prompts begin alike",
    "weighted": "the replicas are alike",
}


def routing_of(case: Case) -> str:
    """Return how requests should be dealt out."""
    left = (value for value in PREFERRED if allowed(case.decisions, FIELD, value))
    return next(left, PREFERRED[0])


def dealt_out(item: Candidate) -> bool:
    """Return whether there is more than one replica that a request may go to."""
    before = item.shape.prefill
    return (before.replicas if before else item.replicas) > 1
