"""Which configurations hold at a load, and which of them is best.

Everything here is exact over the search space of :mod:`space`: what is skipped is skipped because
the model is monotone in it. More replicas never make a latency longer; a replica that cannot keep
up with the largest token budget cannot with a smaller one.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from math import inf, sqrt

from inferc.compiler.model import Decision, Objective, Place
from inferc.compiler.perf import Configuration
from inferc.compiler.perf.demand import Demand, demand_of
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.operation import operate
from inferc.compiler.plan.dimensions import powers_up_to
from inferc.compiler.plan.hardware import cost, is_chosen, some_priced
from inferc.compiler.plan.narrowing import allowed, stated_counts, stated_numbers
from inferc.compiler.plan.objectives import hard, margins_of, meets, share, soft
from inferc.compiler.plan.packing import Layout, Room
from inferc.compiler.plan.places import lost, places_of, survives
from inferc.compiler.plan.space import (
    Shape,
    budgets_of,
    sequence_limits_of,
    shapes_of,
    twins,
)
from inferc.compiler.plan.trust import strictness
from inferc.compiler.problem import Case, asked_per_s

CONTEXT_FIELD = "max_model_len"

FAR_DIGITS = 1
"""Of how far a plan is from the SLA: the model is not surer than a tenth, so that less decides
nothing."""

HOPELESS = 1e6
"""Further away than any rate that a configuration falls short of: no request keeps the SLA."""

FURTHEST = 2.0**40
"""Beyond that nothing is asked for: it holds at any value."""

MANY = 4096
"""Replicas that are looked at one by one where the user restricts their number."""

RATE_PRECISION = 1e-4
"""Relative width at which a bisection over rates stops."""

TIE_DIGITS = 3
"""Margins are compared to so many digits: a thousandth is no reason to prefer anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration at a load: where it stands."""

    shape: Shape
    budget_tok: int
    replicas: int
    sequences: int
    """The limit of sequences in a step."""
    found: Operation
    holds: bool
    robust: bool
    """Whether it also holds with every unknown at its least favourable end."""
    tightest: float
    """The largest share of a limit that is used up: above 1 a line is missed."""

    @property
    def configuration(self) -> Configuration:
        """As the plan says it."""
        return Configuration(
            engine=self.shape.engine_name,
            precision=self.shape.precision,
            tensor_parallel=self.shape.tensor,
            pipeline_parallel=self.shape.pipeline,
            replicas=self.replicas,
            max_num_seqs=self.sequences,
            max_num_batched_tokens=self.budget_tok,
            kv_precision=self.shape.kv_precision,
            expert_parallel=self.shape.expert,
            attention_data_parallel=self.shape.groups,
            speculation=self.shape.speculation,
        )


@dataclass(frozen=True, slots=True)
class Load:
    """A case as the search sees it."""

    rate_per_s: float
    demand: Demand
    longest_tok: float
    """Mean prompt and answer together: what must fit into the model's context."""


def load_of(case: Case) -> Load:
    """Return the load of ``case`` at its peak."""
    demand = demand_of(
        case.prompt_mean_tok,
        case.prompt_p95_over_mean,
        case.output_mean_tok,
        case.output_p95_over_mean,
    )
    return Load(case.carried_per_s, demand, case.prompt_mean_tok + case.output_mean_tok)


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
        self.shapes = shapes_of(case, self.places)
        self.budgets = {id(shape): budgets_of(shape, case.decisions) for shape in self.shapes}
        self._twins = twins(self.shapes) if len(self.places) > 1 else {}
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
        )

    def within(self, left: Room) -> "Search":
        """Return this search in the room that others leave; what was worked out is shared."""
        other = copy(self)
        other.left = left
        other._replicas = {}
        return other

    def without_losses(self) -> "Search":
        """Return this search where nothing need be survived; what was worked out is shared."""
        other = copy(self)
        other.survives = ""
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
        most = shape.replicas_that_fit(self.room(shape.place))
        if self.left is None:
            return most
        layout = Layout(shape.tensor, shape.pipeline)
        return min(most, self.left.replicas(shape.place, layout))

    def limits(self, shape: Shape, budget_tok: int) -> tuple[tuple[int, float], ...]:
        """Return the sequence limits with the bytes of KV cache each leaves, smallest first."""
        at = (self._twins.get(id(shape), id(shape)), budget_tok)
        known = self._limits.get(at)
        if known is None:
            known = tuple(self._limits_of(shape, budget_tok))
            self._limits[at] = known
        return known

    def _limits_of(self, shape: Shape, budget_tok: int) -> Iterator[tuple[int, float]]:
        """Yield what :meth:`limits` keeps: nothing where the fixed context cannot be had."""
        if self.least_context_tok > self.context_tok:
            return
        for sequences in sequence_limits_of(shape, self.decisions):
            cache_bytes = shape.memory(sequences, budget_tok).kv_cache_bytes
            held_tok = shape.longest_context_tok(cache_bytes)
            if sequences * (1 + shape.guesses) <= budget_tok and held_tok >= self.least_context_tok:
                yield sequences, cache_bytes

    def operate(self, shape: Shape, budget_tok: int, replicas: int, load: Load) -> Operation:
        """Return how each of ``replicas`` runs, requests dealt out among them at random.

        The same questions come again: from flip points, envelopes and reasons of other choices.
        """
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
            known = self._tokens[at] = tuple(
                (sequences, shape.kv_cache_tok(cache_bytes, context_tok))
                for sequences, cache_bytes in self.limits(shape, budget_tok)
            )
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
        return False

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
        order = (*self.shapes[self._last :], *self.shapes[: self._last])
        for shape in order:

            def holds(value: float, shape: Shape = shape) -> bool:
                load = loads.get(value) or loads.setdefault(value, load_at(value))
                return load.longest_tok <= self.context_tok and self.shape_holds(shape, load)

            above = best * (1.0 + width)
            if above < high and holds(above):
                best = _edge(holds, above, high, width)
        return best

    def shape_holds(self, shape: Shape, load: Load) -> bool:
        """Return whether a layout holds with some token budget, the largest first.

        What cannot keep up with that one cannot with a smaller one either, except in a pipeline:
        there shorter steps leave smaller bubbles.
        """
        counts = self.replica_counts(shape)
        if not counts:
            return False
        for budget_tok in self.budgets[id(shape)]:
            found = self.operate_without(shape, budget_tok, counts[-1], load)
            if not found.stable and shape.pipeline == 1:
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

    def capacity_per_s(self, shape: Shape, budget_tok: int, replicas: int, load: Load) -> float:
        """Return the highest peak rate at which the SLA holds, lengths as in ``load``."""
        return highest(
            lambda rate: self.holds_with(
                shape, budget_tok, replicas, Load(rate, load.demand, load.longest_tok)
            ),
            load.rate_per_s,
        )

    def candidates(self, planned: Load, hardest: Load) -> list[Candidate]:
        """Return the best candidate of each layout and token budget, best first."""
        found: list[Candidate] = []
        for shape, budget_tok in self.steps():
            counts = self.replica_counts(shape)
            if counts and self.limits(shape, budget_tok):
                found.append(self._best_count(shape, budget_tok, counts, (planned, hardest)))
        return sorted(found, key=lambda item: self._key(item, planned))

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

        What keeps the SLA at no rate at all is further away than anything that does, by its worst
        line.
        """
        carried = self.capacity_per_s(item.shape, item.budget_tok, item.replicas, planned)
        if carried > 0.0:
            return share(planned.rate_per_s, carried)
        lines = margins_of(self.hard, item.found, planned.demand)
        worst = max((margin.ratio for margin in lines), default=1.0)
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
        place, hardware = item.shape.place, item.shape.taken(item.replicas)
        return cost(place, hardware, priced=self.priced)

    def worth(self, item: Candidate, planned: Load) -> float:
        """Return the requests a second that a candidate carries; by its cost where that is chosen.

        Else more hardware would always be better.
        """
        carried = self.capacity_per_s(item.shape, item.budget_tok, item.replicas, planned)
        return carried / self.spent(item) if is_chosen(item.shape.place) else carried

    def _striving(self, item: Candidate, planned: Load) -> tuple[float, ...]:
        """Return what the goal orders by: cost and hardware, width of weights and cache, room.

        Narrower formats are taken only where the file allows them, and among those it allows only
        where that saves hardware, or serves the goal.
        """
        shape = item.shape
        width = (-BYTES_PER_PARAMETER[shape.precision], -KV_BYTES[shape.kv_precision])
        spent = (self.spent(item), float(item.replicas * shape.size))
        room = round(item.tightest, TIE_DIGITS)
        match self.goal:
            case "latency":
                return (room, *spent, *width)
            case "throughput":
                return (-self.worth(item, planned), *spent, *width, room)
            case _:
                return (*spent, *width, room)

    def _key(self, item: Candidate, planned: Load) -> tuple[float | str, ...]:
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
            item.sequences,
        )


def stuck(load: float) -> Operation:
    """Return how a replica runs whose requests queue without end."""
    found = Operation()
    found.load = load
    return found


def allowed_counts(decisions: tuple[Decision, ...], most: int) -> Sequence[int]:
    """Return the numbers of replicas up to ``most`` that are allowed, smallest first.

    On a place too large to look at each, those near what the user states and the powers of two.
    """
    own = tuple(item for item in decisions if item.field == "replicas")
    if not own:
        return range(1, most + 1)
    if most <= MANY:
        return tuple(count for count in range(1, most + 1) if allowed(own, "replicas", count))
    stated = stated_counts(own, "replicas")
    near = {count + step for count in stated for step in (-1, 0, 1)}
    counts = {most, *powers_up_to(most), *near}
    within = (count for count in sorted(counts) if 1 <= count <= most)
    return tuple(count for count in within if allowed(own, "replicas", count))


def _edge(holds: Callable[[float], bool], low: float, high: float, width: float) -> float:
    """Return up to where ``holds``, which it does at ``low``, by doubling and halving."""
    above = min(high, low * 2.0)
    while above < high and holds(above):
        low, above = above, min(high, above * 2.0)
        if low > FURTHEST:
            return low
    while above > low * (1.0 + width):
        middle = sqrt(low * above)
        if holds(middle):
            low = middle
        else:
            above = middle
    return low


def highest(holds: Callable[[float], bool], start: float) -> float:
    """Return the highest value at which ``holds`` is true, by doubling and halving from ``start``.

    0 where it holds nowhere above a millionth of ``start``. ``holds`` must fall from true to false.
    """
    if start <= 0.0:
        return 0.0
    low, high = 0.0, start
    while holds(high):
        low, high = high, high * 2.0
        if high > start * 2.0**40:
            return low
    while low == 0.0:
        middle = high / 2.0
        if middle < start * 1e-6:
            return 0.0
        if holds(middle):
            low = middle
        else:
            high = middle
    while high - low > RATE_PRECISION * high:
        middle = (low + high) / 2.0
        if holds(middle):
            low = middle
        else:
            high = middle
    return low
