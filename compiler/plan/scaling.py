"""When to add and remove replicas."""

from bisect import bisect_left
from dataclasses import replace
from math import inf, isfinite

from inferc.compiler.model import Load as ServiceLoad
from inferc.compiler.plan.decisions import Autoscale
from inferc.compiler.plan.search import Candidate, Search, load_of
from inferc.compiler.problem import Case
from inferc.compiler.units import show

PEAK_S = 60.0
"""How long a peak lasts: the catalog's peak factors are those of the busiest minute of traces."""

SCALE_DOWN_S = 300.0
"""Kubernetes' own default for scaling down (HorizontalPodAutoscaler v2, behaviour)."""


def spike_s(load: ServiceLoad) -> float:
    """Return how long a peak lasts: a minute, or longer where the file says so."""
    return max(PEAK_S, load.spike_s.value if load.spike_s else 0.0)


def autoscale(
    case: Case, search: Search, best: Candidate, load_time_s: float, *, alone: bool
) -> Autoscale:
    """Return when to add replicas: from the operating point, not from habit.

    A replica may have as many prompts waiting as it can work off in the time that the TTFT limit
    leaves; one more and a new request would miss it. Peaks are those of a minute: where a replica
    takes longer to start, those of the peak are kept warm, else as many as the mean rate needs. A
    replica that was removed too early is missed for as long as it takes to start. On a place that
    is not ``alone`` the service's, replicas beyond the plan could take what others need.
    """
    shape, counts = best.shape, search.replica_counts(best.shape)
    mean = load_of(replace(case, peak=1.0))
    at = bisect_left(
        range(len(counts)),
        1,
        key=lambda place: (
            counts[place] >= best.replicas
            or search.holds_with(shape, best.budget_tok, counts[place], mean)
        ),
    )
    late = load_time_s > PEAK_S
    least = best.replicas if late else counts[at]
    slack_s = _slack_s(search, best)
    per_prompt_s = best.found.mixed_s
    waiting = slack_s / per_prompt_s if isfinite(per_prompt_s) else 1.0
    threshold = float(max(1, int(min(waiting, float(best.sequences)))))
    return Autoscale(
        min_replicas=least,
        max_replicas=counts[-1] if alone else best.replicas,
        signal="waiting",
        threshold=threshold,
        scale_up_stabilisation_s=0.0,
        scale_down_stabilisation_s=max(SCALE_DOWN_S, load_time_s),
        reason=f"{_kept(least, load_time_s, late=late)}; {_room(per_prompt_s, slack_s, threshold)}",
    )


def _kept(least: int, load_time_s: float, *, late: bool) -> str:
    if late:
        start = show(load_time_s, "time")
        return f"{least} are kept warm for the peak, since a start takes {start} and peaks a minute"
    return f"{least} carry the mean rate, and more start in time for a peak"


def _room(per_prompt_s: float, slack_s: float, threshold: float) -> str:
    if not isfinite(per_prompt_s) or not isfinite(slack_s):
        return "at this peak the queue grows without end"
    prompt, slack = show(per_prompt_s, "time"), show(slack_s, "time")
    return f"a prompt takes {prompt}, the limit leaves {slack}, so {threshold:g} may wait in each"


def _slack_s(search: Search, best: Candidate) -> float:
    """Return the time that a request may wait before it would miss its first-token limit."""
    limits = [line.limit.value for line in search.hard if line.metric == "ttft"]
    if not limits or not best.found.stable:
        return best.found.mixed_s if best.found.stable else inf
    return max(0.0, min(limits) - best.found.ttft_floor_s - best.found.mixed_s)
