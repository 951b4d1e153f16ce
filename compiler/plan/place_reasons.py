"""Where a service runs, why nowhere else, and what it costs that something may be lost."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from inferc.compiler.model import Decision, Place, runs_on
from inferc.compiler.perf.architecture import weights_bytes
from inferc.compiler.plan.decisions import Alternative, Choice
from inferc.compiler.plan.hardware import is_chosen
from inferc.compiler.plan.narrowing import blocking
from inferc.compiler.plan.places import NODE, SPOT, survives
from inferc.compiler.plan.search import Candidate, Load, Search
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case
from inferc.compiler.units import show

OWN = "none"
"""Stands for the type of machines of one's own."""

READINGS: tuple[tuple[str, Callable[[Place], str]], ...] = (
    ("on", lambda place: place.path),
    ("instance", lambda place: place.instance.removeprefix("instance.") or OWN),
    ("market", lambda place: place.market),
)
"""The decisions about a place, and how to read them: as the file would say it."""


class Explaining(Protocol):
    """What says why values lost, and puts a decision together."""

    case: Case
    search: Search
    planned: Load
    hardest: Load
    candidates: list[Candidate]
    winner: Candidate

    def choice(self, field: str, value: str, losers: Iterable[Alternative]) -> Choice:
        """Return a decision with its losers."""
        ...

    def lost(self, value: str, item: Candidate) -> Alternative:
        """Return why a candidate that was tried lost."""
        ...

    def said(self, decision: Decision) -> str:
        """Return what the user wrote about a field."""
        ...


def choices_of_place(explain: Explaining) -> Iterator[Choice]:
    """Yield the decisions about the place, those of them that were open, and what may be lost."""
    places, winner = explain.case.choices_of_place, explain.winner
    for field, read in READINGS:
        values = dict.fromkeys(read(place) for place in places)
        if len(values) > 1:
            chosen = read(winner.shape.place)
            others = [value for value in values if value != chosen]
            losers = (_other(explain, field, value) for value in others)
            yield _with_reason(explain, explain.choice(field, chosen, losers))
    if is_chosen(winner.shape.place):
        count = nodes_of(winner)
        yield _with_reason(explain, explain.choice("nodes", str(count), _nodes(explain, count)))
    if survives(explain.case.survives, winner.shape.place):
        yield _survival(explain)


def nodes_of(item: Candidate) -> int:
    """Return how many nodes a candidate takes."""
    return item.shape.taken(item.replicas) // item.shape.place.per_node


def _with_reason(explain: Explaining, choice: Choice) -> Choice:
    """Return ``choice`` with the reason that counts for places: what it costs."""
    winner = explain.winner
    if choice.owner != "planner" or not winner.holds:
        return choice
    spent = explain.search.spent(winner)
    if explain.search.goal != "cost" or not explain.search.priced or spent == float("inf"):
        return choice
    reason = f"the cheapest that meets the SLA: {show(spent, 'usd_per_s')}"
    if choice.path.endswith(".market") and choice.value == SPOT:
        reason += ", though it is planned for the loss of a node"
    return replace(choice, reason=reason)


# ---- other places ------------------------------------------------------------------------------


def _other(explain: Explaining, field: str, value: str) -> Alternative:
    """Return why a value lost, by its best candidate or by what keeps it from having one."""
    read = dict(READINGS)[field]
    best = next((c for c in explain.candidates if read(c.shape.place) == value), None)
    if best is not None:
        lost = explain.lost(value, best)
        if explain.search.priced and best.shape.place.price_usd_per_s is None and best.holds:
            return replace(lost, reason="nobody says what it costs", ratio=None)
        return lost
    places = [place for place in explain.case.choices_of_place if read(place) == value]
    for place in places:
        stated = (("on", place.path), ("instance", place.instance), ("market", place.market))
        for name, own in stated:
            decision = blocking(explain.case.decisions, name, own)
            if decision is not None:
                reason = f"excluded: {explain.said(decision)}"
                return Alternative(value=value, reason=reason, ratio=None)
    return _without_layout(explain.case, value, places)


def _without_layout(case: Case, value: str, places: list[Place]) -> Alternative:
    """Return why no layout of the model fits on any of ``places``."""
    largest = max(places, key=_memory_bytes)
    if not any(runs_on(engine, largest.accelerator, ()) for engine in case.engines):
        reason = f"no engine that is left runs on {largest.accelerator.title}"
        return Alternative(value=value, reason=reason, ratio=None)
    formats = formats_of(case)
    if not formats:
        return Alternative(value=value, reason="no format of weights is left for it", ratio=None)
    weights = min(weights_bytes(case.model, name) for name in formats)
    have = _memory_bytes(largest)
    if weights > have:
        reason = f"{show(weights, 'bytes')} of weights, {show(have, 'bytes')} there at most"
        return Alternative(value=value, reason=reason, ratio=weights / have)
    reason = "leaves no layout that fits its nodes and their memory"
    return Alternative(value=value, reason=reason, ratio=None)


def _memory_bytes(place: Place) -> float:
    return place.accelerators * place.accelerator.memory_bytes.value


# ---- how many nodes ----------------------------------------------------------------------------


def _nodes(explain: Explaining, count: int) -> Iterator[Alternative]:
    """Yield one node fewer, one more and the most, each filled, with the rest as chosen."""
    winner, search = explain.winner, explain.search
    shape, place = winner.shape, winner.shape.place
    most = int(place.nodes.value)
    counts = search.replica_counts(shape)

    def nodes_of(replicas: int) -> int:
        return shape.taken(replicas) // place.per_node

    for nodes in sorted({count - 1, count + 1, most} - {count, 0}):
        at = bisect_right(counts, nodes, key=nodes_of)
        if at and nodes_of(counts[at - 1]) == nodes:
            item = search.candidate(
                shape, winner.budget_tok, counts[at - 1], explain.planned, explain.hardest
            )
            yield explain.lost(str(nodes), item)
        elif place.least_nodes is not None and nodes < place.least_nodes:
            reason = f"at least {place.least_nodes} are asked for"
            yield Alternative(value=str(nodes), reason=reason, ratio=None)


# ---- what may be lost --------------------------------------------------------------------------


def _survival(explain: Explaining) -> Choice:
    """Return what may be lost at the peak, and what it costs."""
    case, winner = explain.case, explain.winner
    what = survives(case.survives, winner.shape.place)
    gone = explain.search.lost(winner.shape, winner.replicas)
    left = winner.replicas - gone
    those = "a replica" if what != NODE else "a node"
    reason = f"with {those} lost, {left} of {winner.replicas} replicas meet the SLA at the peak"
    if not winner.holds:
        reason = f"with {those} lost, {left} of {winner.replicas} replicas are left"
    if case.survives != what:
        reason += "; on a spot market any node may be taken away, until another has started"
    losers = (_nothing_lost(explain),) if case.survives else ()
    return Choice(
        path=f"{case.service}.survives",
        value=what,
        owner="given" if case.survives == what else "planner",
        reason=reason,
        alternatives=losers,
    )


def _nothing_lost(explain: Explaining) -> Alternative:
    """Return what the plan would cost if everything stayed up."""
    search = explain.search.without_losses()
    best = search.candidates(explain.planned, explain.hardest)[0]
    cost, now = search.spent(best), explain.search.spent(explain.winner)
    if search.priced:
        amounts = f"{show(cost, 'usd_per_s')}, not {show(now, 'usd_per_s')}"
    else:
        amounts = f"{cost:g} accelerators, not {now:g}"
    if cost < now:
        reason = f"would take {amounts}, and miss the SLA while something is down"
        return Alternative(value=OWN, reason=reason, ratio=cost / now)
    return Alternative(value=OWN, reason="would cost as much", ratio=1.0)
