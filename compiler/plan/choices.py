"""Each decision with its losers, and the number that made each lose."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace

from inferc.compiler.model import Decision
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, KV_BYTES
from inferc.compiler.perf.memory import can_shard, shard_weights_bytes
from inferc.compiler.perf.speculation import ACCEPTANCE, KINDS
from inferc.compiler.plan.decisions import Alternative, Choice
from inferc.compiler.plan.dimensions import (
    SIXTEEN_BIT,
    can_guess,
    powers_up_to,
    precisions_of,
)
from inferc.compiler.plan.hardware import is_chosen
from inferc.compiler.plan.narrowing import blocking, written
from inferc.compiler.plan.objectives import margins_of
from inferc.compiler.plan.places import SPOT
from inferc.compiler.plan.routing import LOST, PREFERRED, WHY, dealt_out, routing_of
from inferc.compiler.plan.search import TIE_DIGITS, Candidate, Load, Search
from inferc.compiler.plan.weekly_search import WeeklySearch
from inferc.compiler.problem import Case
from inferc.compiler.provenance import Origin
from inferc.compiler.units import percent, show

Reading = Callable[[Candidate], str]

READINGS: tuple[tuple[str, Reading], ...] = (
    ("engine", lambda item: item.shape.engine_name),
    ("precision", lambda item: item.shape.precision),
    ("kv_precision", lambda item: item.shape.kv_precision),
    ("tensor_parallel", lambda item: str(item.shape.tensor)),
    ("pipeline_parallel", lambda item: str(item.shape.pipeline)),
    ("expert_parallel", lambda item: str(item.shape.expert)),
    ("attention_data_parallel", lambda item: str(item.shape.groups)),
    ("speculation", lambda item: item.shape.drafter.kind if item.shape.drafter else "none"),
    ("speculative_tokens", lambda item: str(item.shape.guesses)),
    ("serving", lambda item: "disaggregated" if item.shape.prefill else "aggregated"),
    ("max_num_batched_tokens", lambda item: str(item.budget_tok)),
)
"""The fields by which candidates differ, and how to read them."""

ORDER = (
    *(field for field, _ in READINGS[:-1]),
    *("prefill_replicas", "replicas", "routing", "max_num_seqs"),
    READINGS[-1][0],
)
"""All decisions but those about the place, in the order in which they are told."""


class Explainer:
    """Says of every value that was not chosen why it lost."""

    def __init__(
        self, case: Case, search: Search, loads: tuple[Load, Load], candidates: list[Candidate]
    ) -> None:
        self.case = case
        self.search = search
        self.planned, self.hardest = loads
        self.candidates = candidates
        self.winner = candidates[0]

    def choices(self) -> tuple[Choice, ...]:
        """Return all decisions, in the order of the search space."""
        by_field = {
            field: self.choice(field, read(self.winner), self._compared(field, read))
            for field, read in READINGS
        }
        winner = self.winner
        before = winner.shape.prefill
        by_field["prefill_replicas"] = self.choice(
            "prefill_replicas", str(before.replicas if before else 0), ()
        )
        by_field["replicas"] = self.choice("replicas", str(winner.replicas), self._replicas())
        by_field["routing"] = self._routing()
        by_field["max_num_seqs"] = self.choice(
            "max_num_seqs", str(winner.sequences), self._sequences()
        )
        left_out = self._pointless()
        return (
            *self._of_place(),
            *(by_field[field] for field in ORDER if field not in left_out),
        )

    def _pointless(self) -> frozenset[str]:
        """Return the fields that decide nothing here."""
        fields: set[str] = set()
        if not self.case.model.experts:
            fields |= {"expert_parallel", "attention_data_parallel"}
        if not any(engine.speculation for engine in self.case.engines):
            fields.add("speculation")
        if not self.winner.shape.guesses:
            fields.add("speculative_tokens")
        if not any(engine.disaggregation for engine in self.case.engines):
            fields.add("serving")
        if self.winner.shape.prefill is None:
            fields.add("prefill_replicas")
        if not dealt_out(self.winner):
            fields.add("routing")
        return frozenset(fields)

    def _of_place(self) -> Iterable[Choice]:
        """Return the decisions about the place, where any was open."""
        case, place = self.case, self.winner.shape.place
        if not case.places and not is_chosen(place) and not case.survives and place.market != SPOT:
            return ()
        from inferc.compiler.plan.place_reasons import choices_of_place

        return choices_of_place(self)

    def choice(self, field: str, value: str, losers: Iterable[Alternative]) -> Choice:
        """Return a decision with its losers."""
        decisions = [item for item in self.case.decisions if item.field == field]
        fixed = [item for item in decisions if item.operator == "=" and not item.is_range]
        alternatives = () if fixed else tuple(losers)
        owner = ("pin" if fixed[0].because else "given") if fixed else "planner"
        return Choice(
            path=f"{self.case.service}.{field}",
            value=value,
            owner=owner,
            reason=_fixed_reason(fixed[0]) if fixed else self._reason(field),
            alternatives=alternatives,
        )

    def said(self, decision: Decision) -> str:
        """Return what the user wrote about a field, or what holds where nothing is written."""
        return _fixed_reason(decision)

    def _reason(self, field: str) -> str:
        """Return why the winner has what it has."""
        winner = self.winner
        if not winner.holds:
            return "comes nearest to the SLA at the planned values"
        if field == "replicas":
            return "the fewest that reach all goals that more would reach"
        if field == "max_num_seqs":
            return "the smallest limit under which requests are admitted at once"
        if winner.robust:
            return "holds everywhere in the range of what nobody stated, with the least hardware"
        return "holds at the planned values, with the least hardware and the most room"

    def _compared(self, field: str, read: Reading) -> Iterator[Alternative]:
        """Yield the other values of a field, each by its best candidate."""
        chosen = read(self.winner)
        best: dict[str, Candidate] = {}
        for item in self.candidates:
            if field != "speculative_tokens" or item.shape.guesses:
                best.setdefault(read(item), item)
        values = [value for value in best if value != chosen]
        values += [value for value in self._possible(field) if value not in best]
        for value in sorted(values, key=_natural):
            if value in best:
                yield self.lost(value, best[value])
            else:
                yield self._left_out(field, value)

    def _possible(self, field: str) -> tuple[str, ...]:
        """Return the values that were not tried, though people may ask about them."""
        case, shape, engine = self.case, self.winner.shape, self.winner.shape.engine
        values: Iterable[str | int] = ()
        match field:
            case "engine":
                values = (item.name for item in case.engines)
            case "precision":
                values = precisions_of(engine, shape.place)
            case "kv_precision":
                values = (name for name in engine.kv_precisions if name in KV_BYTES)
                values = (name for name in values if name not in SIXTEEN_BIT)
            case "tensor_parallel" if engine.tensor_parallel:
                values = powers_up_to(shape.place.per_node)
            case "pipeline_parallel" if engine.pipeline_parallel:
                most = max(self.search.room(place) for place in case.choices_of_place)
                values = powers_up_to(most)
            case "expert_parallel" if engine.expert_parallel:
                values = (shape.tensor,)
            case "attention_data_parallel" if engine.attention_data_parallel:
                values = (shape.tensor,)
            case "serving":
                values = ("aggregated", "disaggregated")
            case "speculation":
                values = ("none", *KINDS)
            case _:
                pass
        return tuple(str(value) for value in values)

    def lost(self, value: str, item: Candidate) -> Alternative:
        """Return why a candidate that was tried lost."""
        if not item.holds:
            return self._missed(value, item)
        winner = self.winner
        if winner.robust and not item.robust:
            return Alternative(
                value=value,
                reason="holds at the planned values, but not everywhere in their range",
                ratio=None,
            )
        for line in self.search.soft:
            mine = self.search.grants(line, item, self.planned)
            if self.search.grants(line, winner, self.planned) and not mine:
                for margin in margins_of((line,), item.found, self.planned.demand):
                    reason = f"misses the wished {line.metric}: {show(margin.predicted, 'time')}"
                    return Alternative(value=value, reason=reason, ratio=margin.ratio)
                return Alternative(
                    value=value, reason=f"misses the wished {line.metric}", ratio=None
                )
        return self._dearer(value, item) or _second_best(value, item, winner)

    def _dearer(self, value: str, item: Candidate) -> Alternative | None:
        """Return how a candidate serves the goal less, or None where it does not."""
        winner = self.winner
        if self.search.goal == "throughput":
            mine, best = (self.search.worth(each, self.planned) for each in (item, winner))
            if mine < best:
                reason = f"carries {percent(mine / best)} of what the plan does"
                return Alternative(value=value, reason=reason, ratio=mine / best if best else None)
        cost, least = self.search.spent(item), self.search.spent(winner)
        if self.search.priced and cost > least:
            reason = f"costs {show(cost, 'usd_per_s')}, not {show(least, 'usd_per_s')}"
            return Alternative(value=value, reason=reason, ratio=cost / least if least else None)
        return self._dearer_week(value, item) if cost == least else None

    def _dearer_week(self, value: str, item: Candidate) -> Alternative | None:
        """Return how much more the week of a candidate costs that costs the same at the peak."""
        search = self.search
        if not isinstance(search, WeeklySearch) or not search.compares_weeks:
            return None
        mine, best = (
            search.weekly(each, self.planned, self.hardest) for each in (item, self.winner)
        )
        if mine <= best:
            return None
        reason = (
            f"costs {show(mine, 'usd_per_mo')} with the load of a week, "
            f"not {show(best, 'usd_per_mo')}"
        )
        return Alternative(value=value, reason=reason, ratio=mine / best if best else None)

    def _missed(self, value: str, item: Candidate) -> Alternative:
        """Return how a candidate misses the SLA."""
        demand = self.planned.demand
        lines = margins_of(self.search.held_to(item.shape), item.found, demand)
        worst = max(lines, key=lambda margin: margin.ratio, default=None)
        if item.found.stable and worst is not None and worst.ratio > 1.0:
            line = worst.objective
            limit = show(line.limit.value, "time")
            reason = f"{line.metric} {show(worst.predicted, 'time')} of {limit}"
            if self.search.strictness is not None:
                reason += f", which leaves room below {line.limit.text}"
            return Alternative(value=value, reason=reason, ratio=worst.ratio)
        carried = self.search.capacity_per_s(
            item.shape, item.budget_tok, item.replicas, self.planned
        )
        asked = self.planned.rate_per_s
        if carried >= asked:  # what is missed is no rate: a line about money
            cost, least = self.search.spent(item), self.search.spent(self.winner)
            reason = f"costs {show(cost, 'usd_per_s')}, more than the file allows"
            return Alternative(value=value, reason=reason, ratio=cost / least if least else None)
        reason = f"carries {percent(carried / asked)} of {show(asked, 'req_per_s')} at the peak"
        gone = self.search.lost(item.shape, item.replicas)
        if gone == item.replicas:
            reason = "all of it may be lost at once"
        elif gone:
            reason += f", {gone} of {item.replicas} replicas lost"
        return Alternative(value=value, reason=reason, ratio=asked / carried if carried else None)

    def _left_out(self, field: str, value: str) -> Alternative:
        """Return why a value was not tried at all."""
        number = int(value) if value.isdigit() else value
        decision = blocking(self.case.decisions, field, number)
        if decision is not None:
            return Alternative(
                value=value, reason=f"excluded: {_fixed_reason(decision)}", ratio=None
            )
        match field:
            case "kv_precision":
                wide = self.winner.shape.kv_precision
                reason = f"fewer bits only where a line allows it: `{field} in [{wide}, {value}]`"
                return Alternative(value=value, reason=reason, ratio=None)
            case "attention_data_parallel" if not self.case.model.kv_lora_rank:
                reason = "only where a line names it: this cache can be cut into shards instead"
                return Alternative(value=value, reason=reason, ratio=None)
            case "speculation":
                return Alternative(value=value, reason=self._no_guesses(value), ratio=None)
            case "serving":
                return self._not_split(value)
            case _:
                return self._no_layout(field, value)

    def _no_layout(self, field: str, value: str) -> Alternative:
        """Return why no layout has a value."""
        shape, model = self.winner.shape, self.case.model
        if field == "tensor_parallel" and not can_shard(model, int(value), 1):
            reason = f"does not divide {model.heads} attention heads"
            return Alternative(value=value, reason=reason, ratio=None)
        accelerator = shape.place.accelerator
        usable = accelerator.memory_bytes.value
        if shape.engine.memory_share_of != "free":
            usable *= shape.memory_share
        tensor = int(value) if field == "tensor_parallel" else shape.tensor
        pipeline = int(value) if field == "pipeline_parallel" else 1
        weights = shard_weights_bytes(model, shape.precision, tensor, pipeline)
        if field in {"tensor_parallel", "pipeline_parallel"} and weights > usable:
            reason = f"{show(weights, 'bytes')} of weights, {show(usable, 'bytes')} usable"
            return Alternative(value=value, reason=reason, ratio=weights / usable)
        return Alternative(
            value=value, reason="leaves no layout that fits the place and its memory", ratio=None
        )

    def _routing(self) -> Choice:
        """Return how requests are dealt out, and why not in other ways."""
        value = routing_of(self.case)
        others = (
            Alternative(value=other, reason=LOST[other], ratio=None)
            for other in PREFERRED
            if other != value
        )
        found = self.choice("routing", value, others)
        return found if found.owner != "planner" else replace(found, reason=WHY[value])

    def _not_split(self, value: str) -> Alternative:
        """Return why replicas of two kinds were not tried, and about what they would take."""
        reason = f"only where a line allows it: `serving in [aggregated, {value}]`"
        if self.search.left is not None:
            reason = "not tried where other services share the place"
        if not self.winner.holds or self.search.left is not None:
            return Alternative(value=value, reason=reason, ratio=None)
        best = self._best_split()
        before = best.shape.prefill if best else None
        if best is None or before is None:
            return Alternative(value=value, reason=reason, ratio=None)
        takes, least = (item.configuration.accelerators for item in (best, self.winner))
        reason += f"; takes {takes} accelerators then, {before.accelerators} of them for prompts"
        return Alternative(value=value, reason=reason, ratio=takes / least)

    def _best_split(self) -> Candidate | None:
        """Return the best of replicas of two kinds that are like the winner, allowed or not.

        None where none meets the SLA. Only layouts of one stage are looked at.
        """
        if not self.winner.shape.engine.disaggregation:
            return None
        from inferc.compiler.plan.disaggregated import Split

        other = copy(self.search)
        other.split = Split(other, self.winner)
        found = other.split.candidates(self.planned, self.hardest)
        return min(found, key=lambda item: other.key(item, self.planned), default=None)

    def _no_guesses(self, kind: str) -> str:
        """Return why a kind of guessing was not tried."""
        if kind == "none" or not can_guess(self.case, kind):
            needs = {"draft": "needs a `draft_model`", "mtp": "the model has no modules for it"}
            return needs.get(kind, "a line asks for guesses")
        engine = self.winner.shape.engine
        if kind not in engine.speculation:
            return f"{engine.title} has none"
        opened = any(item.field == "speculation" for item in self.case.decisions)
        if opened and self.winner.shape.pipeline > 1:
            return "engines guess in no pipeline"
        known = ACCEPTANCE[kind]
        return (
            f"only where a line allows it: `speculation in [none, {kind}]`; published guesses are "
            f"right with a chance of {known.low:g} to {known.high:g}"
        )

    def _replicas(self) -> Iterator[Alternative]:
        """Yield one fewer, one more and the most, each with the layout that is best then."""
        winner = self.winner
        counts = self.search.replica_counts(winner.shape)
        others = {winner.replicas - 1, winner.replicas + 1, counts[-1]} - {winner.replicas}
        for count in sorted(others):
            if count in counts:
                yield self.lost(str(count), self._with_replicas(count))

    def _with_replicas(self, count: int) -> Candidate:
        """Return the best candidate of so many replicas; of the winner's layout if none holds."""
        search, loads, winner = self.search, (self.planned, self.hardest), self.winner
        if winner.shape.prefill is None:
            found = [
                search.candidate(shape, budget_tok, count, *loads)
                for shape, budget_tok in search.steps()
                if count in search.replica_counts(shape) and search.limits(shape, budget_tok)
            ]
        else:
            line = replace(self.case.decisions[0], field="replicas", operator="=", is_range=False)
            found = search.pinned(replace(line, values=(float(count),))).candidates(*loads)
        holding = [item for item in found if item.holds]
        if holding:
            return min(holding, key=lambda item: search.key(item, self.planned))
        return search.candidate(winner.shape, winner.budget_tok, count, *loads)

    def _sequences(self) -> Iterator[Alternative]:
        """Yield the neighbouring limits of sequences, with the rest as chosen."""
        winner = self.winner
        limits = [value for value, _ in self.search.limits(winner.shape, winner.budget_tok)]
        if winner.sequences not in limits:
            return
        at = limits.index(winner.sequences)
        for value in limits[max(0, at - 1) : at]:
            yield Alternative(
                value=str(value),
                reason="requests would wait for a slot more than one time in a hundred",
                ratio=winner.sequences / value,
            )
        for value in limits[at + 1 : at + 2]:
            yield Alternative(
                value=str(value), reason="more than the load needs; takes KV cache", ratio=None
            )


def _second_best(value: str, item: Candidate, winner: Candidate) -> Alternative:
    """Return why a candidate that meets all that the winner meets, at its cost, lost to it."""
    hardware, least = item.configuration.accelerators, winner.configuration.accelerators
    if hardware > least:
        return Alternative(
            value=value,
            reason=f"takes {hardware} accelerators, not {least}",
            ratio=hardware / least,
        )
    mine = BYTES_PER_PARAMETER[item.shape.precision]
    best = BYTES_PER_PARAMETER[winner.shape.precision]
    if mine < best:
        return Alternative(
            value=value,
            reason="gives up precision and saves no hardware",
            ratio=mine / best,
        )
    mine, best = KV_BYTES[item.shape.kv_precision], KV_BYTES[winner.shape.kv_precision]
    if mine < best:
        return Alternative(
            value=value,
            reason="gives up precision of the cache and saves no hardware",
            ratio=mine / best,
        )
    worst, room = item.tightest, winner.tightest
    if worst > room:
        digits = 2 if f"{worst:.2f}" != f"{room:.2f}" else TIE_DIGITS
        if round(worst, TIE_DIGITS) > round(room, TIE_DIGITS):
            reason = f"less room: {worst:.{digits}f} of the tightest limit, not {room:.{digits}f}"
            return Alternative(value=value, reason=reason, ratio=worst / room if room else None)
    return Alternative(value=value, reason=_as_good(item, winner), ratio=1.0)


def _as_good(item: Candidate, winner: Candidate) -> str:
    """Return what is less simple about a candidate that is as good in all that counts."""
    shape, chosen = item.shape, winner.shape
    compared = (
        ("more stages", shape.pipeline, chosen.pipeline),
        ("more shards", shape.tensor, chosen.tensor),
        ("more groups", shape.groups, chosen.groups),
        ("experts dealt out", shape.expert, chosen.expert),
        ("more guesses", shape.guesses, chosen.guesses),
        ("longer steps", item.budget_tok, winner.budget_tok),
    )
    for words, mine, best in compared:
        if mine != best:
            return f"no better, with {words}" if mine > best else "no better"
    return "no better"


def _fixed_reason(decision: Decision) -> str:
    """Return what the user wrote about a field, or what holds where nothing is written."""
    if decision.origin is Origin.CATALOG:
        return decision.because
    text = written(decision)
    return f"{text} because {decision.because}" if decision.because else text


def _natural(value: str) -> tuple[int, str]:
    return (int(value), "") if value.isdigit() else (0, value)
