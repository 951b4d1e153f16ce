"""When to add and remove replicas."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from inferc.compiler.model import Profile, cron
from inferc.compiler.perf.demand import Demand
from inferc.compiler.plan.decisions import Autoscale, Cold, Schedule
from inferc.compiler.plan.hardware import is_chosen
from inferc.compiler.plan.narrowing import at_any_load
from inferc.compiler.plan.search import Candidate, Search, load_of
from inferc.compiler.plan.space import allowed_counts
from inferc.compiler.problem import Case
from inferc.compiler.units import percent, show, to_unit

LOOK_S = 15.0
"""Between two looks of the autoscaler: the polling interval that is emitted."""

WAITING = "waiting"

NEXT_TO_NOTHING = 1e-6
"""Of the peak: the rate of hours in which nothing comes, of which a replica takes notice."""

SCALE_DOWN_S = 300.0
"""Kubernetes' own default for scaling down (HorizontalPodAutoscaler v2, behaviour)."""


def autoscale(
    case: Case, search: Search, best: Candidate, start: Cold, *, alone: bool
) -> Autoscale:
    """Return when to add replicas: from the operating point, not from habit.

    A replica may have as many prompts waiting as it can work off in the time that the TTFT limit
    leaves; one more and a new request would miss it. A replica that was removed too early is missed
    for as long as it takes to start. On a place that is not ``alone`` the service's, replicas
    beyond the plan could take what others need.
    """
    counts: Sequence[int] = search.replica_counts(best.shape)
    if best.shape.prefill is not None:
        counts = (best.replicas,)  # beside those that compute prompts, in the planned ratio
    scaling = case.scaling
    late = is_late(case, search, start.start_s)
    fleet = _at_any_load(search, best, counts)
    least = max(start.warm, best.replicas if late else _for_mean(case, search, best, fleet))
    quiet = _quiet(case, search, best, fleet) if case.week and late else least
    schedule = None
    if case.week and quiet < best.replicas and best.shape.place.platform is None:
        schedule = _schedule(case.week, best, start.start_s)
    if schedule is not None:
        least = max(start.warm, quiet)
    most = max(counts[-1] if alone else best.replicas, least)
    signal = scaling.signal if scaling and scaling.signal else WAITING
    threshold, room = _threshold(case, search, best, signal)
    if scaling and scaling.target:
        room = f"{scaling.target.text} a replica is given; {room}"
        threshold = scaling.target.value
    calm_s = scaling.calm_s.value if scaling and scaling.calm_s else SCALE_DOWN_S
    rollout, replaced = _rollout(search, best, most)
    kept = _kept(case, best, least, start.start_s, late=late)
    if start.reason and not start.sleeps:
        kept = f"{start.reason}; {kept}"
    if schedule is not None:
        kept = f"{least} carry the quiet hours, and {best.replicas} are there in the busy ones"
    return Autoscale(
        min_replicas=least,
        max_replicas=most,
        signal=signal,
        threshold=threshold,
        scale_up_stabilisation_s=0.0,
        scale_down_stabilisation_s=max(calm_s, start.start_s),
        reason=f"{kept}; {room}",
        rollout=rollout,
        rollout_reason=replaced,
        schedule=schedule,
    )


def _at_any_load(search: Search, best: Candidate, counts: Sequence[int]) -> Sequence[int]:
    """Return the numbers of replicas that may run below the peak.

    Where hardware is chosen a number that is pinned is that of the peak.
    """
    own = tuple(item for item in search.decisions if item.field == "replicas")
    kept = at_any_load(own)
    if kept == own or not is_chosen(best.shape.place) or best.shape.prefill is not None:
        return counts
    return allowed_counts(kept, best.replicas)


def _quiet(case: Case, search: Search, best: Candidate, counts: Sequence[int]) -> int:
    """Return the fewest replicas that carry the quietest stretch of the week, bursts included."""
    least = min(share for _, share in case.stretches)
    quiet = load_of(replace(case, peak=case.peak * max(least, NEXT_TO_NOTHING)))
    at = bisect_left(
        range(len(counts)),
        1,
        key=lambda place: (
            counts[place] >= best.replicas
            or search.holds_with(best.shape, best.budget_tok, counts[place], quiet)
        ),
    )
    return counts[at]


def _schedule(week: Profile, best: Candidate, start_s: float) -> Schedule | None:
    """Return the busy hours of a week, begun as much earlier as a replica takes to start."""
    if week.window is None:
        return None
    start, end, zone = cron(week.window, ceil(to_unit(start_s, "min")))
    return Schedule(replicas=best.replicas, start=start, end=end, zone=zone)


def asleep(scale: Autoscale, cold: Cold) -> Autoscale:
    """Return the scaling of a service that runs nowhere while nobody asks."""
    return replace(scale, min_replicas=0, reason=f"{cold.reason}; awake, {scale.reason}")


def is_late(case: Case, search: Search, start_s: float) -> bool:
    """Return whether replicas that are started when a spike begins come too late for it.

    Until they take requests, whoever comes meets too few. That is no more than the SLA lets miss it
    where a start, and the scaler's next look, take no more of a spike than one less the strictest
    percentile. A line about the mean lets nobody miss it.
    """
    if case.peak <= 1.0:
        return False
    shares = [1.0 - line.percentile if line.percentile else 0.0 for line in search.hard]
    return start_s + LOOK_S > min(shares, default=1.0) * case.spike_s


def _for_mean(case: Case, search: Search, best: Candidate, counts: Sequence[int]) -> int:
    """Return the fewest replicas that carry the mean rate within the SLA."""
    mean = load_of(replace(case, peak=1.0))
    at = bisect_left(
        range(len(counts)),
        1,
        key=lambda place: (
            counts[place] >= best.replicas
            or search.holds_with(best.shape, best.budget_tok, counts[place], mean)
        ),
    )
    return counts[at]


def _kept(case: Case, best: Candidate, least: int, start_s: float, *, late: bool) -> str:
    """Return why so many stay."""
    stay = f"{least} stay" if least != 1 else "1 stays"
    if best.shape.prefill is not None:
        return f"{stay} beside {best.shape.prefill.replicas} for prompts, in the planned ratio"
    if case.peak <= 1.0:
        return f"{stay}: the load is even"
    start, spike = show(start_s, "time"), show(case.spike_s, "time")
    if late:
        return f"{stay} warm, since a start takes {start} and a peak lasts {spike}"
    if least < best.replicas:
        return f"{stay} for the mean rate: {start} of a start leave time in a peak of {spike}"
    return f"{stay}, which the mean rate needs as well"


def _threshold(case: Case, search: Search, best: Candidate, signal: str) -> tuple[float, str]:
    """Return the signal of a replica that has enough to do, and why that."""
    found, shape = best.found, best.shape
    if not found.stable:
        return 1.0, "at this peak the queue grows without end"
    if signal == "running":
        served = found.sequences + found.sequences_in_prefill
        return float(max(1, ceil(served))), f"{served:.3g} are served at once at the peak"
    if signal == "kv_usage":
        load = load_of(case)
        held = shape.kv_held_tok(found, load.demand)
        cache = shape.memory(best.sequences, best.budget_tok, load.demand.context_tok)
        taken = min(1.0, held / cache.kv_cache_tok)
        return round(taken, 2) or 0.01, f"{percent(taken)} of the KV cache is taken at the peak"
    if signal == "rate":
        each = load_of(case).rate_per_s / best.replicas
        return float(f"{each:.3g}"), f"{show(each, 'req_per_s')} come to each at the peak"
    per_prompt_s = _per_prompt_s(best, load_of(case).demand)
    slack_s = _slack_s(search, best, per_prompt_s)
    if slack_s is None:
        takes = f"a prompt takes {show(per_prompt_s, 'time')}"
        return 1.0, f"{takes}, and no line limits the first token, so 1 may wait in each"
    threshold = float(max(1, int(min(slack_s / per_prompt_s, float(best.sequences)))))
    return threshold, _room(per_prompt_s, slack_s, threshold)


def _rollout(search: Search, best: Candidate, most: int) -> tuple[str, str]:
    """Return how a new version takes over: beside the old replicas, or in the place of one."""
    shape = best.shape
    room = shape.replicas_that_fit(search.room(shape.place))
    comes_and_goes = is_chosen(shape.place)
    if room > (best.replicas if comes_and_goes else most):
        return "surge", "a rollout starts one more beside them"
    if best.replicas == 1:
        return "unavailable", "a rollout has no room beside the replica: nothing answers meanwhile"
    left = best.replicas - 1
    verb = "is" if left == 1 else "are"
    return "unavailable", f"a rollout replaces one at a time, for which {left} {verb} left"


def _room(per_prompt_s: float, slack_s: float, threshold: float) -> str:
    prompt, slack = show(per_prompt_s, "time"), show(slack_s, "time")
    return f"a prompt takes {prompt}, the limit leaves {slack}, so {threshold:g} may wait in each"


def _per_prompt_s(best: Candidate, demand: Demand) -> float:
    """Return the time of a prompt: a step, or as many as the token budget cuts it into.

    Where prompts have replicas of their own, it is theirs; where they have steps of their own, a
    step with prompts has all of them.
    """
    found, shape, prefill = best.found, best.shape, best.shape.prefill
    if prefill is not None:
        chunks = max(1.0, demand.prompt_tok / prefill.budget_tok)
        chunk_tok = demand.prompt_tok / chunks
        return chunks * prefill.shape.stage.step_s(chunk_tok, demand.pairs_per_tok, 0.0, 0.0)
    if shape.stage.prompts_alone:
        return found.mixed_s
    beside_tok = (found.sequences / found.pipeline + 1.0) * shape.stage.wide
    room_tok = max(1.0, best.budget_tok - beside_tok)
    return found.mixed_s * max(1.0, demand.prompt_tok / room_tok)


def _slack_s(search: Search, best: Candidate, per_prompt_s: float) -> float | None:
    """Return the time that a request may wait before it would miss its first-token limit.

    None where no line limits that.
    """
    limits = [line.limit.value for line in search.hard if line.metric == "ttft"]
    if not limits:
        return None
    return max(0.0, min(limits) - best.found.ttft_floor_s - per_prompt_s)
