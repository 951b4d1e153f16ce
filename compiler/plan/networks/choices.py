"""Why each decision about a network fell as it did: what else there was, and what made it lose."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from inferc.compiler.model import Decision
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER
from inferc.compiler.perf.items import delay_s
from inferc.compiler.plan.decisions import Alternative, Choice
from inferc.compiler.plan.narrowing import blocking
from inferc.compiler.plan.networks.search import Candidate, NetworkSearch, asked_per_s
from inferc.compiler.plan.networks.server import Server, percentile_key
from inferc.compiler.plan.objectives import share
from inferc.compiler.problem.network_case import NetworkCase
from inferc.compiler.provenance import Origin
from inferc.compiler.units import show

Reading = Callable[[Candidate], str]

FIELDS: tuple[tuple[str, Reading], ...] = (
    ("engine", lambda item: item.server.engine.name),
    ("precision", lambda item: item.server.precision),
    ("share", lambda item: part_of(item.server)),
    ("replicas", lambda item: str(item.replicas)),
    ("max_batch_size", lambda item: str(item.batch)),
    ("max_queue_delay", lambda item: show(item.delay_s, "time")),
)

SHOWN_DELAYS_S = (1e-3, 5e-3, 20e-3)
"""Delays that losers are shown for, beside the engine's own."""


def part_of(server: Server) -> str:
    """Return what a replica gets of an accelerator, as people say it."""
    portion = server.portion
    if portion.profile is not None:
        return portion.profile.name
    return "whole" if portion.sharers == 1 else f"a turn of {portion.sharers}"


class Explainer:
    """The choices of a plan, from the candidates that were looked at."""

    def __init__(
        self,
        search: NetworkSearch,
        cases: tuple[NetworkCase, NetworkCase],
        candidates: Sequence[Candidate],
        winner: Candidate,
    ) -> None:
        self.search = search
        self.planned, self.hardest = cases
        self.candidates = candidates
        self.winner = winner

    def choices(self) -> tuple[Choice, ...]:
        """Return every decision with what lost."""
        return tuple(self._choice(field, read) for field, read in FIELDS)

    def _choice(self, field: str, read: Reading) -> Choice:
        decisions = [item for item in self.planned.decisions if item.field == field]
        fixed = next(
            (item for item in decisions if item.operator == "=" and not item.is_range), None
        )
        span = self.planned.share.span if field == "share" else None
        owner = "planner"
        if fixed is not None:
            owner = "pin" if fixed.because else "given"
        elif span is not None:
            owner = "given"
        return Choice(
            path=f"{self.planned.service}.{field}",
            value=read(self.winner),
            owner=owner,
            reason=self._reason(field, fixed),
            alternatives=() if owner != "planner" else tuple(self._losers(field, read)),
        )

    def _reason(self, field: str, fixed: Decision | None) -> str:
        winner = self.winner
        if fixed is not None or (field == "share" and self.planned.share.span is not None):
            return (fixed.because if fixed else "") or "as the file says"
        if not winner.holds:
            return "comes nearest to the SLA at the planned values"
        where = "everywhere in the range of what nobody stated"
        reason = f"holds {where if winner.robust else 'at the planned values'}, for least cost"
        carried, asked = (
            show(winner.carried_per_s, "req_per_s"),
            show(winner.asked_per_s, "req_per_s"),
        )
        reasons = {
            "replicas": f"each carries {carried} within the limits, and {asked} are asked for",
            "max_batch_size": "no other limit needs fewer replicas",
            "max_queue_delay": "while a batch is served the next fills by itself",
        }
        if winner.server.portion.profile is not None:
            reasons["share"] = "the part that costs least where all replicas hold"
        return reasons.get(field, reason)

    def _losers(self, field: str, read: Reading) -> Iterator[Alternative]:
        match field:
            case "replicas":
                yield from self._fewer()
            case "max_batch_size":
                yield from self._batches()
            case "max_queue_delay":
                yield from self._delays()
            case _:
                yield from self._compared(field, read)

    def _compared(self, field: str, read: Reading) -> Iterator[Alternative]:
        """Yield the other values of a field, each by its best candidate."""
        best: dict[str, Candidate] = {}
        for item in self.candidates:
            best.setdefault(read(item), item)
        chosen = read(self.winner)
        for value, item in best.items():
            if value != chosen:
                yield self._lost(value, item)
        if field in {"engine", "precision"}:
            for value in self._possible(field):
                if value not in best:
                    decision = blocking(self.planned.decisions, field, value)
                    why = "excluded by the file" if decision else self._left_out(field)
                    if decision is not None and decision.origin is Origin.CATALOG:
                        why = decision.because
                    yield Alternative(value=value, reason=why, ratio=None)

    def _left_out(self, field: str) -> str:
        """Return why a value was not tried that no line excludes."""
        if field == "precision":
            return f"as wide and as fast as {self.winner.server.precision}"
        return "does not run there, or does not fit"

    def _possible(self, field: str) -> tuple[str, ...]:
        if field == "engine":
            return tuple(engine.name for engine in self.planned.engines)
        return tuple(
            name for name in self.winner.server.engine.precisions if name in BYTES_PER_PARAMETER
        )

    def _lost(self, value: str, item: Candidate) -> Alternative:
        """Return why a way that was looked at lost, by the first thing that is worse."""
        if not item.holds:
            return self._short(value, item)
        winner = self.winner
        mine = BYTES_PER_PARAMETER[item.server.precision]
        best = BYTES_PER_PARAMETER[winner.server.precision]
        spent, least = self.search.spent(item), self.search.spent(winner)
        reason, ratio = "no better", 1.0
        if winner.robust and not item.robust:
            reason, ratio = "holds at the planned values, but not everywhere in their range", 0.0
        elif item.wishes < winner.wishes:
            reason, ratio = "misses a wish that is met", 0.0
        elif mine < best:
            reason, ratio = "gives up precision that the SLA does not ask for", mine / best
        elif spent > least:
            reason, ratio = self._dearer(item), spent / least
        elif item.busy > winner.busy:
            reason = f"would be busy {item.busy:.0%} with full batches, not {winner.busy:.0%}"
            ratio = item.busy / winner.busy
        return Alternative(value=value, reason=reason, ratio=ratio or None)

    def _dearer(self, item: Candidate) -> str:
        """Return what a candidate takes, and of which parts."""
        takes, instead = item.accelerators, self.winner.accelerators
        parts = f"{item.replicas} of {part_of(item.server)}"
        noun = "accelerator" if takes <= 1.0 else "accelerators"
        return f"takes {takes:.3g} {noun} ({parts}), not {instead:.3g}"

    def _short(self, value: str, item: Candidate) -> Alternative:
        """Return how far a candidate is from what is asked."""
        server, lines = item.server, self.search.hard
        asked = show(item.asked_per_s, "req_per_s")
        missed = next(
            (line for line in lines if not server.can_meet(item.batch, item.delay_s, (line,))), None
        )
        if missed is not None:
            takes = server.requests_s(item.batch, server.together(item.batch))
            takes += item.delay_s + server.fixed_s(missed.percentile)
            limit = missed.limit.value
            name = percentile_key(missed.percentile)
            reason = (
                f"a full batch alone takes {show(takes, 'time')} of {name} {missed.metric} "
                f"{show(limit, 'time')}"
            )
            return Alternative(value=value, reason=reason, ratio=takes / limit)
        carried = item.carried_per_s * item.replicas
        carry = "1 of them carries" if item.replicas == 1 else f"{item.replicas} of them carry"
        reason = f"{carry} {show(carried, 'req_per_s')} of {asked} at the peak"
        return Alternative(value=value, reason=reason, ratio=share(item.asked_per_s, carried))

    def _fewer(self) -> Iterator[Alternative]:
        """Yield one replica fewer, with the rest as chosen."""
        winner = self.winner
        if winner.replicas > 1:
            fewer = replace(winner, replicas=winner.replicas - 1)
            hard = asked_per_s(self.hardest) if winner.robust else winner.asked_per_s
            item = replace(fewer, asked_per_s=max(hard, winner.asked_per_s))
            yield self._short(str(fewer.replicas), item)

    def _batches(self) -> Iterator[Alternative]:
        """Yield the other batch limits of the chosen server."""
        winner = self.winner
        server = winner.server
        known = sorted(self.search.limits(server))
        at = known.index(winner.batch) if winner.batch in known else 0
        for batch in (*known[max(0, at - 2) : at], *known[at + 1 : at + 3]):
            carried = server.carried_per_s(batch, winner.delay_s, self.search.hard)
            item = replace(winner, batch=batch)
            if carried <= 0.0:
                yield self._short(str(batch), item)
            else:
                more = carried >= winner.carried_per_s
                best = show(winner.carried_per_s, "req_per_s")
                reason = f"a replica carries {show(carried, 'req_per_s')} within the limits, " + (
                    "and no fewer are needed" if more else f"not {best}"
                )
                ratio = None if more else share(winner.carried_per_s, carried)
                yield Alternative(value=str(batch), reason=reason, ratio=ratio)

    def _delays(self) -> Iterator[Alternative]:
        """Yield what holding batches back would do to the latency: the engine's default first."""
        winner = self.winner
        server = winner.server
        line = next(iter(self.search.hard), None)
        percentile = line.percentile if line else 0.95
        own = delay_s(server.engine)
        for delay in sorted({*SHOWN_DELAYS_S, own} - {winner.delay_s}):
            found = server.latency_s(
                winner.asked_per_s / winner.replicas, winner.batch, delay, [percentile]
            )
            name = percentile_key(percentile)
            reason = f"{name} latency {show(found[name], 'time')}"
            default = ", the engine's default" if delay == own else ""
            ratio = found[name] / line.limit.value if line else None
            yield Alternative(value=show(delay, "time"), reason=reason + default, ratio=ratio)
