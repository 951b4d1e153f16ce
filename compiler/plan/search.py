"""Which configurations hold at a load, and which of them is best.

Everything here is exact over the search space of :mod:`space`: what is skipped is skipped because
the model is monotone in it. More replicas never make a latency longer; a replica that is too slow
with the largest token budget is with a smaller one, too.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from inferc.compiler.model import Decision, Objective, Place
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.plan.candidates import (
    FAR_DIGITS,
    Candidate,
    Decided,
    Load,
    as_far,
    furthest_edge,
    highest,
    load_of,
    never,
    shortfall,
    stuck,
)
from inferc.compiler.plan.dimensions import allows_aggregated, allows_disaggregated
from inferc.compiler.plan.hardware import cost, is_chosen, some_priced
from inferc.compiler.plan.narrowing import stated_numbers
from inferc.compiler.plan.objectives import hard, margins_of, meets, share, soft
from inferc.compiler.plan.packing import Layout, Room
from inferc.compiler.plan.places import lost, places_of, survives
from inferc.compiler.plan.space import (
    Shape,
    allowed_counts,
    budgets_of,
    sequence_limits_of,
    shapes_of,
    twins,
)
from inferc.compiler.plan.trust import strictness
from inferc.compiler.problem import Case, asked_per_s

if TYPE_CHECKING:
    from inferc.compiler.plan.disaggregated import Split

__all__ = ["Candidate", "Load", "Search", "load_of"]

CONTEXT_FIELD = "max_model_len"

HOPELESS = 1e6
"""Further away than any rate that a configuration falls short of: no request keeps the SLA."""

TIE_DIGITS = 3
"""Margins are compared to so many digits: a thousandth is no reason to prefer anything."""


class Search:
    """The search over one service's space; loads come and go, layouts are worked out once.

    With ``accelerators`` no more of a place may be used than that: other services have the rest.
    """

    def __init__(self, case: Case, accelerators: int | None = None) -> None:
        self.decisions = case.decisions
        self.accelerators = accelerators
        self.left: Room | None = None
        """What the other services of the place leave; None where there are none."""
        self.places = places_of(case)
        self.survives = case.survives
        self.priced = some_priced(self.places)
        self.goal = case.goal
        self.context_tok = case.model.context
        stated = stated_numbers(case.decisions, CONTEXT_FIELD)
        self.least_context_tok = stated[0] if stated else 1.0
        self.hard = hard(case.objectives)
        self.strictness = strictness(case, self.hard)
        self.soft = soft(case.objectives)
        self.bases = shapes_of(case, self.places)
        """Every layout of a replica."""
        self.shapes = self.bases if allows_aggregated(case.decisions) else ()
        """Those of replicas that serve a request from its beginning to its end."""
        self.budgets = {id(shape): budgets_of(shape, case.decisions) for shape in self.bases}
        self.made: dict[tuple[int, int, int, int], Shape] = {}
        """Layouts with others for prompts, by what they are made of: kept, since known by id."""
        self._twins: Mapping[int, int] = twins(self.bases) if len(self.places) > 1 else {}
        self._replicas: dict[int, Sequence[int]] = {}
        self._limits: dict[tuple[int, int], tuple[tuple[int, float], ...]] = {}
        self._tokens: dict[tuple[int, int, float], tuple[tuple[int, float], ...]] = {}
        self._found: dict[tuple[int, int, float, Demand], Operation] = {}
        self._last = 0

    def steps(self) -> list[tuple[Shape, int]]:
        """Return every layout with every token budget."""
        return [(shape, budget) for shape in self.shapes for budget in self.budgets[id(shape)]]

    def fits_somewhere(self) -> bool:
        """Return whether there is a configuration at all, whatever its latency."""
        return any(
            self.replica_counts(shape) and self.limits(shape, budget_tok)
            for shape, budget_tok in self.steps()
        ) or (self.split is not None and self.split.exists())

    @cached_property
    def split(self) -> "Split | None":
        """The search over replicas of two kinds, where a line allows them.

        Not where other services have a part of the place: those share out replicas of one kind.
        """
        if not allows_disaggregated(self.decisions) or self.left is not None:
            return None
        from inferc.compiler.plan.disaggregated import Split

        return Split(self)

    def within(self, left: Room) -> "Search":
        """Return this search in the room that others leave; what was worked out is shared."""
        other = self._copied()
        other.left = left
        return other

    def without_losses(self) -> "Search":
        """Return this search where nothing need be survived; what was worked out is shared."""
        other = self._copied()
        other.survives = ""
        return other

    def pinned(self, decision: Decision) -> "Search":
        """Return this search with a number of replicas pinned; what was worked out is shared."""
        other = self._copied()
        other.decisions = (*self.decisions, decision)
        return other

    def _copied(self) -> "Search":
        other = copy(self)
        other._replicas = {}
        other.__dict__.pop("split", None)
        return other

    @property
    def alone(self) -> bool:
        """Whether all of a place may be used."""
        return self.accelerators is None and self.left is None

    def room(self, place: Place) -> int:
        """Return how many accelerators of ``place`` may be used."""
        if self.left is not None:
            return self.left.accelerators(place)
        return place.accelerators if self.accelerators is None else self.accelerators

    def replica_counts(self, shape: Shape) -> Sequence[int]:
        """Return the numbers of replicas that fit and are allowed, smallest first."""
        known = self._replicas.get(id(shape))
        if known is None:
            known = allowed_counts(self.decisions, self._most_replicas(shape))
            self._replicas[id(shape)] = known
        return known

    def _most_replicas(self, shape: Shape) -> int:
        most, left = shape.replicas_that_fit(self.room(shape.place)), self.left
        return most if left is None else min(most, left.replicas(shape.place, shape.split))

    def limits(self, shape: Shape, budget_tok: int) -> tuple[tuple[int, float], ...]:
        """Return the sequence limits with the bytes of KV cache each leaves, smallest first."""
        at = (self._twins.get(id(shape), id(shape)), budget_tok)
        known = self._limits.get(at)
        if known is None:
            known = self._limits[at] = tuple(self._limits_of(shape, budget_tok))
        return known

    def _limits_of(self, shape: Shape, budget_tok: int) -> Iterator[tuple[int, float]]:
        """Yield what :meth:`limits` keeps: nothing where the fixed context cannot be had."""
        if self.least_context_tok > self.context_tok:
            return
        for sequences in sequence_limits_of(shape, self.decisions):
            if sequences * (1 + shape.guesses) <= budget_tok:
                cache_bytes = shape.memory(sequences, budget_tok).kv_cache_bytes
                if shape.longest_context_tok(cache_bytes) >= self.least_context_tok:
                    yield sequences, cache_bytes

    def operate(self, shape: Shape, budget_tok: int, replicas: int, load: Load) -> Operation:
        """Return how each of ``replicas`` runs, requests dealt out among them at random.

        The same questions come again: from flip points, envelopes and reasons of other choices.
        """
        if shape.prefill is not None and self.split is not None:
            return self.split.operate(shape, replicas, 0, load)
        rate_per_s = load.rate_per_s / replicas
        at = (self._twins.get(id(shape), id(shape)), budget_tok, rate_per_s, load.demand)
        known = self._found.get(at)
        if known is None:
            frontend_s = shape.frontend_s(load.demand.prompt_tok)
            known = operate(shape.stage, load.demand, rate_per_s, budget_tok, frontend_s)
            if known.stable:
                crowd = self._crowd(shape, budget_tok, known, load.demand)
                known = known if crowd < 1.0 else stuck(crowd)
            self._found[at] = known
        return known

    def _crowd(self, shape: Shape, budget_tok: int, found: Operation, demand: Demand) -> float:
        """Return the share of slots or of cache, whichever is larger, that is taken on average.

        With the limit of sequences that has most room. At 1 requests queue for a place without end.
        """
        present = found.sequences + found.sequences_in_prefill
        held_tok = shape.kv_held_tok(found, demand)
        return min(
            (
                max(present / sequences, share(held_tok, cached_tok))
                for sequences, cached_tok in self._cached(shape, budget_tok, demand.context_tok)
            ),
            default=inf,
        )

    def _cached(
        self, shape: Shape, budget_tok: int, context_tok: float
    ) -> tuple[tuple[int, float], ...]:
        """Return the sequence limits with the tokens of KV cache each leaves, at that context."""
        at = (id(shape), budget_tok, context_tok)
        known = self._tokens.get(at)
        if known is None:
            limits = dict(self.limits(shape, budget_tok))
            tokens = shape.kv_caches_tok(limits.values(), context_tok)
            known = self._tokens[at] = tuple(zip(limits, tokens, strict=True))
        return known

    def sequences_that_suffice(
        self, shape: Shape, budget_tok: int, found: Operation, demand: Demand
    ) -> int | None:
        """Return the smallest limit of sequences under which requests are admitted at once."""
        if not found.stable:
            return None
        slots = shape.sequences_needed(found)
        tokens = shape.kv_needed_tok(found, demand)
        for sequences, cached_tok in self._cached(shape, budget_tok, demand.context_tok):
            if sequences >= slots:
                return sequences if cached_tok >= tokens else None
        return None

    def holds_with(self, shape: Shape, budget_tok: int, replicas: int, load: Load) -> bool:
        """Return whether the SLA holds with some limit of sequences, and what may be lost gone."""
        found = self.operate_without(shape, budget_tok, replicas, load)
        return self._admits(shape, budget_tok, found, load)

    def operate_without(
        self, shape: Shape, budget_tok: int, replicas: int, load: Load
    ) -> Operation:
        """Return how each replica runs that is left when what may be lost is gone."""
        left = replicas - self.lost(shape, replicas)
        if left and shape.prefill is not None and self.split is not None:
            gone = self.lost(shape.prefill.shape, shape.prefill.replicas)
            return self.split.operate(shape, left, gone, load)
        return self.operate(shape, budget_tok, left, load) if left else stuck(inf)

    def lost(self, shape: Shape, replicas: int) -> int:
        """Return how many of ``replicas`` may be gone at the peak."""
        what = survives(self.survives, shape.place)
        return lost(shape.place, Layout(shape.tensor, shape.pipeline), replicas, what)

    def holds(self, load: Load) -> bool:
        """Return whether any configuration of the space meets the SLA at ``load``.

        The layout that held last is tried first: neighbouring questions have the same answer.
        """
        if load.longest_tok > self.context_tok:
            return False
        count = len(self.shapes)
        for turn in range(count):
            index = (self._last + turn) % count
            if self.shape_holds(self.shapes[index], load):
                self._last = index
                return True
        return self._split_holds(load)

    def _split_holds(self, load: Load) -> bool:
        return self.split is not None and self.split.holds(load)

    def furthest(
        self, load_at: Callable[[float], Load], low: float, high: float, width: float
    ) -> float:
        """Return the largest value between ``low`` and ``high`` at which something holds.

        ``load_at`` says what is asked at a value; more of it is never easier, something holds at
        ``low`` and nothing at ``high``, if it is finite. Exact to the relative ``width``. A layout
        is only looked at closely if it gets further than those before it: each loses with one look.
        """
        best = low
        loads: dict[float, Load] = {}
        layouts: list[Shape | None] = [*self.shapes[self._last :], *self.shapes[: self._last]]
        if self.split is not None:
            layouts.append(None)
        for layout in layouts:

            def holds(value: float, shape: Shape | None = layout) -> bool:
                load = loads.get(value) or loads.setdefault(value, load_at(value))
                return load.longest_tok <= self.context_tok and (
                    self.shape_holds(shape, load) if shape else self._split_holds(load)
                )

            above = best * (1.0 + width)
            if above < high and holds(above):
                best = furthest_edge(holds, above, high, width)
        return best

    def shape_holds(self, shape: Shape, load: Load) -> bool:
        """Return whether a layout holds with some token budget, the largest first.

        What is too slow with that one is with a smaller one, too, except in a pipeline: there
        shorter steps leave smaller bubbles. What lacks cache may have enough: steps need memory.
        """
        counts = self.replica_counts(shape)
        if not counts:
            return False
        for budget_tok in self.budgets[id(shape)]:
            found = self.operate_without(shape, budget_tok, counts[-1], load)
            if not found.stable and not found.crowded and shape.pipeline == 1:
                return False
            if self._admits(shape, budget_tok, found, load):
                return True
        return False

    def _admits(self, shape: Shape, budget_tok: int, found: Operation, load: Load) -> bool:
        """Return whether a replica keeps up, meets the SLA and has context, slots and memory."""
        return (
            found.stable
            and load.longest_tok <= self.context_tok
            and meets(self.held_to(shape), found, load.demand)
            and self.sequences_that_suffice(shape, budget_tok, found, load.demand) is not None
        )

    def held_to(self, shape: Shape) -> tuple[Objective, ...]:
        """Return the lines that must hold, with limits as tight as a layout is held to."""
        if self.strictness is None:
            return self.hard
        return self.strictness.held_to(shape.engine, shape.place, shape.precision)

    def capacity_per_s(
        self, shape: Shape, budget_tok: int, replicas: int, load: Load, decided: Decided = never
    ) -> float:
        """Return the highest peak rate at which the SLA holds, lengths as in ``load``."""

        def holds(rate: float) -> bool:
            at = Load(rate, load.demand, load.longest_tok)
            return self.holds_with(shape, budget_tok, replicas, at)

        return highest(holds, load.rate_per_s, decided)

    def candidates(self, planned: Load, hardest: Load) -> list[Candidate]:
        """Return the best candidate of each layout and token budget, best first."""
        found: list[Candidate] = []
        for shape, budget_tok in self.steps():
            counts = self.replica_counts(shape)
            if counts and self.limits(shape, budget_tok):
                found.append(self._best_count(shape, budget_tok, counts, (planned, hardest)))
        if self.split is not None:
            found += self.split.candidates(planned, hardest)
        holding = [item for item in found if item.holds]
        if not holding:
            return sorted(found, key=lambda item: self.key(item, planned))
        # How far the others are from the SLA is looked for only where the nearest is the answer.
        others = [item for item in found if not item.holds]
        ordered = sorted(holding, key=lambda item: self.key(item, planned))
        return [*ordered, *sorted(others, key=shortfall)]

    def _best_count(
        self, shape: Shape, budget_tok: int, counts: Sequence[int], loads: tuple[Load, Load]
    ) -> Candidate:
        """Return the fewest replicas that reach all that the most can reach.

        Or the most themselves, where the goal is not cost and the hardware is there anyway.
        """
        most = self.candidate(shape, budget_tok, counts[-1], *loads)
        if not most.holds or (self.goal != "cost" and not is_chosen(shape.place)):
            return most

        def reached(count: int) -> bool:
            item = self.candidate(shape, budget_tok, count, *loads)
            return item.holds and self._goals(item, loads[0]) == self._goals(most, loads[0])

        at = bisect_left(range(len(counts)), 1, key=lambda place: reached(counts[place]))
        return self.candidate(shape, budget_tok, counts[at], *loads)

    def candidate(
        self, shape: Shape, budget_tok: int, replicas: int, planned: Load, hardest: Load
    ) -> Candidate:
        """Return where a configuration stands, its limit of sequences as small as suffices."""
        found = self.operate(shape, budget_tok, replicas, planned)
        worst = self.operate_without(shape, budget_tok, replicas, planned)
        holds = self._admits(shape, budget_tok, worst, planned)
        load, robust = planned, False
        if holds:
            hard = self.operate_without(shape, budget_tok, replicas, hardest)
            robust = self._admits(shape, budget_tok, hard, hardest)
            load, worst = (hardest, hard) if robust else (planned, worst)
        sequences = self.sequences_that_suffice(shape, budget_tok, worst, load.demand)
        limits = self.limits(shape, budget_tok)
        lines = margins_of((*self.hard, *self.soft), found, planned.demand)
        return Candidate(
            shape=shape,
            budget_tok=budget_tok,
            replicas=replicas,
            sequences=limits[-1][0] if sequences is None else sequences,
            found=found,
            holds=holds,
            robust=robust,
            tightest=max((margin.ratio for margin in lines), default=found.load),
        )

    def _distance(self, item: Candidate, planned: Load) -> float:
        """Return how far a candidate is from the SLA: how often the rate that it carries fits.

        What keeps the SLA at no rate is further away than anything that does: by its worst line.
        """
        at = (item.shape, item.budget_tok, item.replicas, planned)
        carried = self.capacity_per_s(*at, as_far(planned.rate_per_s))
        if carried > 0.0:
            return share(planned.rate_per_s, carried)
        lines = margins_of(self.hard, item.found, planned.demand)
        worst = max((line.ratio for line in lines), default=1.0)
        return HOPELESS * min(HOPELESS, worst)

    def _goals(self, item: Candidate, planned: Load) -> tuple[bool, ...]:
        """Return which soft goals are missed, in order: robustness first, then ``prefer`` lines."""
        missed = (not self.grants(line, item, planned) for line in self.soft)
        return (not item.robust, *missed)

    def grants(self, line: Objective, item: Candidate, planned: Load) -> bool:
        """Return whether a candidate grants a wish, a ``prefer`` line."""
        asked = asked_per_s(line, planned.demand.output_tok)
        if not asked:
            return meets((line,), item.found, planned.demand)
        load = Load(asked, planned.demand, planned.longest_tok)
        return self.holds_with(item.shape, item.budget_tok, item.replicas, load)

    def spent(self, item: Candidate) -> float:
        """Return what a candidate costs, in dollars a second, or in accelerators without prices.

        Endless where others have a price and its place has none.
        """
        return self.price(item.shape, item.replicas)

    def price(self, shape: Shape, replicas: int) -> float:
        """Return the same of so many replicas of a layout."""
        return cost(shape.place, shape.taken(replicas), priced=self.priced)

    def worth(self, item: Candidate, planned: Load) -> float:
        """Return the requests a second that a candidate carries; by its cost where that is chosen.

        Else more hardware would always be better.
        """
        carried = self.capacity_per_s(item.shape, item.budget_tok, item.replicas, planned)
        return share(carried, self.spent(item)) if is_chosen(item.shape.place) else carried

    def _striving(self, item: Candidate, planned: Load) -> tuple[float, ...]:
        """Return what the goal orders by: cost and hardware, width of weights and cache, room.

        Narrower formats are taken only where the file allows them, and among those it allows only
        where that saves hardware, or serves the goal.
        """
        shape = item.shape
        width = (-BYTES_PER_PARAMETER[shape.precision], -KV_BYTES[shape.kv_precision])
        spent = (self.spent(item), float(shape.in_use(item.replicas)))
        room = round(item.tightest, TIE_DIGITS)
        match self.goal:
            case "latency":
                return (room, *spent, *width)
            case "throughput":
                return (-self.worth(item, planned), *spent, *width, room)
            case _:
                return (*spent, *width, room)

    def key(self, item: Candidate, planned: Load) -> tuple[float | str, ...]:
        """Return what candidates are ordered by.

        SLA, whole range, wishes in order, then cost, width of formats and room as the goal has it;
        then few stages, few shards, attention and experts undivided, and short steps, which keep
        the gaps between tokens short at peaks.
        """
        shape = item.shape
        return (
            not item.holds,
            0.0 if item.holds else round(self._distance(item, planned), FAR_DIGITS),
            *self._goals(item, planned),
            *self._striving(item, planned),
            shape.pipeline,
            shape.tensor,
            shape.groups,
            shape.expert,
            shape.guesses,
            item.budget_tok,
            item.sequences if item.holds else 0,
            *shape.of_prompts,
        )
