"""Two kinds of replicas: some compute prompts, the others go on with the answers.

What is asked of one kind hardly depends on the other: the time to the first token on those that
compute prompts, the time between tokens on the others. So the fewest of each are found apart, and
every pair of layouts is looked at. Only lines about whole answers, and wishes for a rate, ask
something of both: there the numbers of one kind are tried in turn, with the fewest of the other.

Both kinds run one engine, with one format of weights and cache, on one place.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple, TypeAlias

from inferc.compiler.model import Objective
from inferc.compiler.perf.coefficients import coefficients_of
from inferc.compiler.perf.demand import Demand
from inferc.compiler.perf.disaggregation import (
    Transfer,
    answers_only,
    joined,
    prompts_only,
    transfer_of,
)
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES
from inferc.compiler.perf.found import Operation
from inferc.compiler.perf.memory import MOST_SAMPLED
from inferc.compiler.plan.candidates import Candidate, Load, shortfall
from inferc.compiler.plan.hardware import cost, is_chosen
from inferc.compiler.plan.objectives import is_latency, meets
from inferc.compiler.plan.one_kind import OneKind
from inferc.compiler.plan.pairs import Able, Pair, fewest, ready, together
from inferc.compiler.plan.space import Prefill, Shape, allowed_counts
from inferc.compiler.problem import asked_per_s

OF_PROMPTS = frozenset({"ttft"})
OF_ANSWERS = frozenset({"itl", "tpot"})
"""Lines that one kind of replica meets or misses, whatever the other does."""

PROMPT_REPLICAS = "prefill_replicas"


class Wanted(NamedTuple):
    """Something that is to hold: lines at a load."""

    lines: tuple[Objective, ...]
    load: Load
    reduced: bool
    """Whether what may be lost is gone then."""

    def about(self, metrics: frozenset[str]) -> tuple[Objective, ...]:
        """Return the lines about some metrics."""
        return tuple(line for line in self.lines if line.metric in metrics)

    @property
    def coupled(self) -> bool:
        """Whether it asks something of both kinds together."""
        return any(line.metric not in OF_PROMPTS | OF_ANSWERS for line in self.lines)


Wish: TypeAlias = Wanted | Load
"""Lines, or a load under which all that must hold is to hold."""


class Split:
    """The search over both kinds of replicas, beside a search that has the layouts of one kind."""

    def __init__(self, search: OneKind, like: Candidate | None = None) -> None:
        self.search = search
        self._able = self._layouts(like)
        self._last: Pair | None = None
        self._prompts: dict[tuple[int, int, float, Demand], Operation] = {}
        self._answers: dict[tuple[int, float, Demand], Operation] = {}
        self._links: dict[int, Transfer] = {}
        self._least: dict[tuple[bool, int, int, int], int | None] = {}
        self._hards: dict[tuple[Load, str, int, str], Wanted] = {}
        self._wishes: dict[Load, tuple[Wish, ...]] = {}

    def _layouts(self, like: Candidate | None) -> list[Able]:
        """Return the layouts for prompts; those of one stage that are like a candidate if asked."""
        search = self.search
        able = [shape for shape in search.bases if shape.engine.disaggregation]
        if like is not None:
            able = [one for one in able if one.pipeline == 1 and together(one, like.shape)]
        found: list[Able] = []
        for prompts in able:
            alike = next((one for one in found if together(one.prompts, prompts)), None)
            answers = (
                alike.answers
                if alike
                else [
                    (shape, budget_tok)
                    for shape in able
                    if together(prompts, shape)
                    for budget_tok in search.budgets[id(shape)]
                    if like is None or budget_tok == like.budget_tok
                ]
            )
            found.append(Able(prompts, self._budgets(prompts), answers))
        return found

    def _pairs(self) -> Iterator[Pair]:
        """Yield every pair of layouts."""
        for prompts, budgets, others in self._able:
            for answers, answers_tok in others:
                for prompts_tok in budgets:
                    yield Pair(prompts, prompts_tok, answers, answers_tok)

    def _promising(self, load: Load) -> Iterator[Pair]:
        """Yield the pairs of which each does at ``load`` what must hold and is asked of it alone.

        And whose fewest replicas are not more than there is room for. No other pair holds: of many
        thousand pairs few are left to look at, since each kind is looked at once.
        """
        looked_at: dict[int, list[tuple[Shape, int, int]]] = {}
        for prompts, budgets, others in self._able:
            wanted, room = self._hard(prompts, load), self.search.room(prompts.place)
            first = [
                (budget_tok, count * prompts.size)
                for budget_tok in budgets
                if (count := self._least_prompts(prompts, budget_tok, wanted)) is not None
            ]
            if not first:
                continue
            known = looked_at.get(id(others))
            later: list[tuple[Shape, int, int]] = []
            for answers, answers_tok, taken in (
                self._able_to_answer(others, wanted) if known is None else known
            ):
                later.append((answers, answers_tok, taken))
                for prompts_tok, before in first:
                    if before + taken <= room:
                        yield Pair(prompts, prompts_tok, answers, answers_tok)
            looked_at[id(others)] = later

    def _able_to_answer(
        self, answers: Sequence[tuple[Shape, int]], wanted: Wanted
    ) -> Iterator[tuple[Shape, int, int]]:
        """Yield the layouts for answers that are fast enough, with the accelerators they take."""
        for shape, budget_tok in answers:
            count = self._least_answers(shape, budget_tok, wanted)
            if count is not None:
                yield shape, budget_tok, count * shape.size

    def _budgets(self, prompts: Shape) -> tuple[int, ...]:
        """Return the token budgets that are tried for prompts.

        The largest that leaves room for a cache: in steps of prompts alone a smaller one adds steps
        and saves none. In a pipeline shorter steps leave smaller bubbles.
        """
        search = self.search
        budgets = tuple(b for b in search.budgets[id(prompts)] if search.limits(prompts, b))
        return budgets if prompts.pipeline > 1 else budgets[:1]

    # ---- one configuration

    def shape(self, pair: Pair, replicas: int) -> Shape:
        """Return the layout of answers with so many replicas for prompts beside it."""
        at = (id(pair.prompts), pair.prompts_tok, replicas, id(pair.answers))
        known = self.search.made.get(at)
        if known is None:
            sequences = self._sequences(pair.prompts, pair.prompts_tok)
            before = Prefill(pair.prompts, pair.prompts_tok, replicas, sequences)
            known = self.search.made[at] = replace(pair.answers, prefill=before)
            known.__dict__["stage"] = pair.answers.stage
            known.__dict__["weights_bytes"] = pair.answers.weights_bytes
            self.search.budgets[id(known)] = self.search.budgets[id(pair.answers)]
        return known

    def _sequences(self, prompts: Shape, budget_tok: int) -> int:
        """Return the limit of sequences of a replica for prompts: one that never matters."""
        limits = [value for value, _ in self.search.limits(prompts, budget_tok)]
        return max((value for value in limits if value <= MOST_SAMPLED), default=limits[0])

    def operate(self, shape: Shape, replicas: int, lost: int, load: Load) -> Operation:
        """Return how requests fare on ``replicas`` of a layout that has others for prompts.

        Of those for prompts ``lost`` are gone.
        """
        before = shape.prefill
        if before is None or before.replicas <= lost:
            return Operation()
        rate_per_s = load.rate_per_s / (before.replicas - lost)
        prompts = self._of_prompts(before.shape, before.budget_tok, rate_per_s, load)
        answers = self._of_answers(shape, load.rate_per_s / replicas, load)
        return joined(prompts, answers, self._link(before.shape), load.demand, rate_per_s)

    def _of_prompts(
        self, shape: Shape, budget_tok: int, rate_per_s: float, load: Load
    ) -> Operation:
        """Return how a replica for prompts runs; not stable where its slots or cache are full."""
        at = (id(shape), budget_tok, rate_per_s, load.demand)
        known = self._prompts.get(at)
        if known is None:
            frontend_s = shape.frontend_s(load.demand.prompt_tok)
            known = prompts_only(shape.stage, load.demand, rate_per_s, budget_tok, frontend_s)
            known.stable = known.stable and self._has_room(shape, budget_tok, known, load.demand)
            self._prompts[at] = known
        return known

    def _has_room(self, shape: Shape, budget_tok: int, found: Operation, demand: Demand) -> bool:
        """Return whether a replica for prompts has slots and cache for those that are there."""
        sequences = self._sequences(shape, budget_tok)
        cache_bytes = dict(self.search.limits(shape, budget_tok))[sequences]
        held_tok = shape.kv_cache_tok(cache_bytes, demand.prompt_tok)
        return (
            shape.sequences_needed(found) <= sequences
            and shape.kv_needed_tok(found, replace(demand, output_tok=1.0)) <= held_tok
        )

    def _of_answers(self, shape: Shape, rate_per_s: float, load: Load) -> Operation:
        at = (id(shape.stage), rate_per_s, load.demand)
        known = self._answers.get(at)
        if known is None:
            budget_tok = self.search.budgets[id(shape)][0]
            known = answers_only(shape.stage, load.demand, rate_per_s, budget_tok)
            self._answers[at] = known
        return known

    def _link(self, shape: Shape) -> Transfer:
        known = self._links.get(id(shape))
        if known is None:
            coefficients = coefficients_of(shape.engine, shape.place.accelerator)
            known = self._links[id(shape)] = transfer_of(shape.stage, coefficients)
        return known

    # ---- numbers of replicas

    def prompt_counts(self, shape: Shape) -> Sequence[int]:
        """Return how many replicas for prompts there may be."""
        most = shape.replicas_that_fit(self.search.room(shape.place))
        return allowed_counts(self.search.decisions, most, PROMPT_REPLICAS)

    def _least_prompts(self, shape: Shape, budget_tok: int, wanted: Wanted) -> int | None:
        """Return the fewest replicas for prompts that meet the lines about them."""
        at = (True, id(shape), budget_tok, id(wanted))
        if at not in self._least:
            lines, load = wanted.about(OF_PROMPTS), wanted.load
            link, idle = self._link(shape), ready()

            def enough(count: int) -> bool:
                left = count - (self.search.lost(shape, count) if wanted.reduced else 0)
                if left <= 0:
                    return False
                rate_per_s = load.rate_per_s / left
                prompts = self._of_prompts(shape, budget_tok, rate_per_s, load)
                found = joined(prompts, idle, link, load.demand, rate_per_s)
                return found.stable and meets(lines, found, load.demand)

            self._least[at] = fewest(self.prompt_counts(shape), enough)
        return self._least[at]

    def _least_answers(self, shape: Shape, budget_tok: int, wanted: Wanted) -> int | None:
        """Return the fewest replicas for answers that meet the lines about them."""
        search = self.search
        at = (False, id(shape), budget_tok, id(wanted))
        if at not in self._least:
            lines, load = wanted.about(OF_ANSWERS), wanted.load

            def enough(count: int) -> bool:
                left = count - (search.lost(shape, count) if wanted.reduced else 0)
                if left <= 0:
                    return False
                found = self._of_answers(shape, load.rate_per_s / left, load)
                room = search.sequences_that_suffice(shape, budget_tok, found, load.demand)
                return room is not None and meets(lines, found, load.demand)

            self._least[at] = fewest(search.replica_counts(shape), enough)
        return self._least[at]

    def _numbers(self, pair: Pair, wanted: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
        """Yield numbers of both kinds that fit and meet all that is wanted, none with one too many.

        One pair of numbers, unless something asks for both kinds together.
        """
        first = [self._least_prompts(pair.prompts, pair.prompts_tok, item) for item in wanted]
        later = [self._least_answers(pair.answers, pair.answers_tok, item) for item in wanted]
        prompts = max((n for n in first if n is not None), default=0)
        answers = max((n for n in later if n is not None), default=0)
        if None in first or None in later or not self._fits(pair, prompts, answers):
            return
        coupled = [item for item in wanted if item.coupled]
        if not coupled:
            yield prompts, answers
            return
        for count in self.prompt_counts(pair.prompts):
            if count >= prompts:
                least = self._beside(pair, count, answers, coupled)
                if least is not None:
                    yield count, least

    def _beside(
        self, pair: Pair, prompts: int, answers: int, wanted: Sequence[Wanted]
    ) -> int | None:
        """Return the fewest replicas for answers, beside so many for prompts."""
        shape = self.shape(pair, prompts)
        counts = [n for n in self.search.replica_counts(shape) if n >= answers]

        def enough(count: int) -> bool:
            return all(self._met(shape, pair, count, item) for item in wanted)

        return fewest(counts, enough)

    def _met(self, shape: Shape, pair: Pair, count: int, wanted: Wanted) -> bool:
        search, load = self.search, wanted.load
        operate = search.operate_without if wanted.reduced else search.operate
        found = operate(shape, pair.answers_tok, count, load)
        return found.stable and meets(wanted.lines, found, load.demand)

    def _fits(self, pair: Pair, prompts: int, answers: int) -> bool:
        return answers in self.search.replica_counts(self.shape(pair, prompts))

    # ---- the whole space

    def exists(self) -> bool:
        """Return whether there is a pair of layouts at all, whatever its latency."""
        return any(
            self.search.limits(pair.answers, pair.answers_tok)
            and self.search.replica_counts(self.shape(pair, counts[0]))
            for pair in self._pairs()
            if (counts := self.prompt_counts(pair.prompts))
        )

    def holds(self, load: Load) -> bool:
        """Return whether any pair meets the SLA at ``load``; what held last is tried first."""
        if self._last is not None and self._pair_holds(self._last, load):
            return True
        for pair in self._promising(load):
            if self._pair_holds(pair, load):
                self._last = pair
                return True
        return False

    def _pair_holds(self, pair: Pair, load: Load) -> bool:
        """Return whether some numbers of both kinds meet all that must hold, cost included."""
        return any(
            self.search.candidate(
                self.shape(pair, prompts), pair.answers_tok, answers, load, load
            ).holds
            for prompts, answers in self._numbers(pair, (self._hard(pair.answers, load),))
        )

    def _hard(self, shape: Shape, load: Load) -> Wanted:
        at = (load, shape.engine.id, id(shape.place), shape.precision)
        known = self._hards.get(at)
        if known is None:
            known = self._hards[at] = Wanted(self.search.held_to(shape), load, reduced=True)
        return known

    def candidates(self, planned: Load, hardest: Load) -> list[Candidate]:
        """Return the best candidate of each layout of either kind.

        Of pairs that cost the same, all are looked at closely; what costs more is beaten. Where
        none holds and nothing but pairs is allowed, the nearest division of the place by each.
        """
        wishes = self._wishes.setdefault(planned, tuple(self._wished(planned)))
        best: dict[tuple[bool, int], list[tuple[tuple[float, ...], Pair, int, int]]] = {}
        for pair in self._promising(planned):
            for prompts, answers, missed in self._reached(pair, planned, hardest, wishes):
                key = (*missed, *self._spent(pair, prompts, answers))
                for place in ((True, id(pair.prompts)), (False, id(pair.answers))):
                    kept = best.setdefault(place, [])
                    if not kept or key < kept[0][0]:
                        kept[:] = []
                    if not kept or key == kept[0][0]:
                        kept.append((key, pair, prompts, answers))
        made: dict[tuple[int, int, int], Candidate] = {}
        for kept in best.values():
            for _, pair, prompts, answers in kept:
                shape = self.shape(pair, prompts)
                at = (id(shape), pair.answers_tok, answers)
                if at not in made:
                    made[at] = self.search.candidate(
                        shape, pair.answers_tok, answers, planned, hardest
                    )
        if not made and not self.search.shapes:
            return list(self._nearest(planned, hardest))
        return list(made.values())

    def least_cost(self, load: Load) -> float:
        """Return what the cheapest pair that holds at ``load`` costs; endless where none does.

        A pair that costs too much with the fewest of each kind is not looked at.
        """
        search, least = self.search, inf
        for pair in self._promising(load):
            hard = self._hard(pair.answers, load)
            first = self._least_prompts(pair.prompts, pair.prompts_tok, hard) or 0
            later = self._least_answers(pair.answers, pair.answers_tok, hard) or 0
            in_use = first * pair.prompts.size + later * pair.answers.size
            if cost(pair.answers.place, in_use, priced=True) >= least:
                continue
            for prompts, answers in self._numbers(pair, (hard,)):
                shape = self.shape(pair, prompts)
                price = search.price(shape, answers)
                if price < least:
                    found = search.candidate(shape, pair.answers_tok, answers, load, load)
                    least = price if found.holds else least
        return least

    def _nearest(self, planned: Load, hardest: Load) -> Iterator[Candidate]:
        """Yield for each pair the division of the whole place that is nearest to the SLA."""
        for pair in self._pairs():
            found = (
                self.search.candidate(
                    self.shape(pair, prompts), pair.answers_tok, answers, planned, hardest
                )
                for prompts, answers in self._divisions(pair)
            )
            best = min(found, key=shortfall, default=None)
            if best is not None:
                yield best

    def _divisions(self, pair: Pair) -> Iterator[tuple[int, int]]:
        """Yield how the whole place may be divided: as many for answers as prompts leave room."""
        for prompts in self.prompt_counts(pair.prompts):
            counts = self.search.replica_counts(self.shape(pair, prompts))
            if counts and self.search.limits(pair.answers, pair.answers_tok):
                yield prompts, counts[-1]

    def divided(self) -> Iterator[tuple[Shape, int, int]]:
        """Yield each layout on all of its place, with the token budget and number for answers.

        On the fewest nodes that have room for both where nodes are chosen and none may be lost.
        """
        for pair in self._pairs():
            least = 0
            for prompts, answers in self._divisions(pair):
                shape, most = self.shape(pair, prompts), answers
                counts = self.search.replica_counts(shape)
                if is_chosen(shape.place) and not self.search.lost(shape, counts[0]):
                    least = least or shape.taken(counts[0])
                    taken = [shape.taken(count) for count in counts]
                    at = bisect_right(taken, least)
                    if not at:
                        break
                    most = counts[at - 1]
                yield shape, pair.answers_tok, most

    def _reached(
        self, pair: Pair, planned: Load, hardest: Load, wishes: Sequence[Wish]
    ) -> Iterator[tuple[int, int, tuple[bool, ...]]]:
        """Yield numbers that meet the SLA and as many goals as can be, in their order.

        A goal that fits beside those before it is taken: more of each kind never miss what fewer
        meet.
        """
        wanted = [self._hard(pair.answers, planned)]
        if next(self._numbers(pair, wanted), None) is None:
            return
        missed: list[bool] = []
        layout = pair.answers
        own = (self._hard(layout, wish) if isinstance(wish, Load) else wish for wish in wishes)
        for goal in (self._hard(layout, hardest), *own):
            met = next(self._numbers(pair, (*wanted, goal)), None) is not None
            missed.append(not met)
            if met:
                wanted.append(goal)
        found = self._numbers(pair, wanted)
        if self.search.goal != "cost" and not is_chosen(pair.answers.place):
            found = self._all_of_it(pair, wanted)
        for prompts, answers in found:
            yield prompts, answers, tuple(missed)

    def _wished(self, planned: Load) -> Iterator[Wish]:
        """Yield the ``prefer`` lines: about latencies as they are, a rate as the load it makes."""
        for line in self.search.soft:
            asked = asked_per_s(line, planned.demand.output_tok)
            if asked:
                yield replace(planned, rate_per_s=asked)
            elif is_latency(line):
                yield Wanted((line,), planned, reduced=False)

    def _all_of_it(self, pair: Pair, wanted: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
        """Yield every way to divide the whole place, where its hardware is there anyway."""
        least = list(self._numbers(pair, wanted))
        for prompts, answers in self._divisions(pair):
            if any(prompts >= p and answers >= a for p, a in least):
                yield prompts, answers

    def _spent(self, pair: Pair, prompts: int, answers: int) -> tuple[float, ...]:
        """Return cost, hardware and width of formats, as candidates are ordered by."""
        if self.search.goal != "cost":
            return ()
        shape = self.shape(pair, prompts)
        width = (-BYTES_PER_PARAMETER[shape.precision], -KV_BYTES[shape.kv_precision])
        return (self.search.price(shape, answers), float(shape.in_use(answers)), *width)
