"""Which ways to serve a network hold, and which is best.

A replica carries so much and no more, so the replicas that are needed follow by division. What
cannot need fewer than what is known already is not looked at further: full batches say how much a
replica carries at most.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, inf

from inferc.compiler.model import Engine, Objective
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, peak_flop_per_s
from inferc.compiler.plan.hardware import all_priced, is_chosen
from inferc.compiler.plan.narrowing import allowed, stated_counts, stated_numbers
from inferc.compiler.plan.networks.portion import Portion, portions_of
from inferc.compiler.plan.networks.server import MOST_BUSY, Server, Work, work_of
from inferc.compiler.plan.objectives import share
from inferc.compiler.plan.space import allowed_counts
from inferc.compiler.problem.network_case import NetworkCase

LATENCY, THROUGHPUT = "latency", "throughput"
UPPER, LOWER = ("<=", "<"), (">=", ">")

NO_DELAY_S = 0.0
"""How long batches are held unless the user says: while one is served the next fills by itself, and
holding it back never carried more within a limit on any network of the catalog."""

ALIKE = 3
"""Batch limits with equally few replicas that are looked at, the smallest first: larger ones only
leave more room."""

ROOM_DIGITS = 2
"""Of how much more a plan carries than is asked: less is no reason to prefer anything."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A way to serve, with as many replicas as it needs."""

    server: Server
    batch: int
    delay_s: float
    replicas: int
    holds: bool
    robust: bool
    """Whether it also holds with every unknown at its least favourable end."""
    wishes: int
    """How many ``prefer`` lines hold, in order."""
    asked_per_s: float
    """Requests a second that all replicas must carry, as planned."""
    limits: tuple[Objective, ...]
    """The lines that must hold."""

    @property
    def accelerators(self) -> float:
        """Whole accelerators that the replicas come to."""
        return self.server.portion.taken(self.replicas)

    @cached_property
    def carried_per_s(self) -> float:
        """Requests a second that one replica carries within the limits, as planned."""
        return self.server.carried_per_s(self.batch, self.delay_s, self.limits)

    @property
    def busy(self) -> float:
        """What is asked over what full batches carry; infinite where one alone is too slow."""
        if not self.server.can_meet(self.batch, self.delay_s, self.limits):
            return inf
        return share(self.asked_per_s, self.server.largest_per_s(self.batch) * self.replicas)


def lines_of(case: NetworkCase, *, hard: bool) -> tuple[Objective, ...]:
    """Return the lines about latency that must hold, or that are wished for."""
    return tuple(
        line
        for line in case.objectives
        if line.metric == LATENCY and line.hard is hard and line.operator in UPPER
    )


def asked_per_s(case: NetworkCase) -> float:
    """Return the requests a second that must be carried: of the peak, or more where a line says."""
    floors = [
        line.limit.value
        for line in case.objectives
        if line.metric == THROUGHPUT and line.hard and line.operator in LOWER
    ]
    return max([case.peak_rate_per_s, *floors])


class NetworkSearch:
    """The search over one service's space; loads come and go, servers are worked out once."""

    def __init__(self, case: NetworkCase) -> None:
        self.case = case
        self.portions = tuple(portions_of(case))
        self.hard = lines_of(case, hard=True)
        self.soft = lines_of(case, hard=False)
        self.stated_batches = stated_counts(case.decisions, "max_batch_size")
        stated = stated_numbers(case.decisions, "max_queue_delay")
        self.delays = stated or (NO_DELAY_S,)
        self.priced = all_priced(case.places)
        self._servers: dict[Work, list[Server]] = {}
        self._counts: dict[Portion, Sequence[int]] = {}
        self._last = 0

    # ---- the space -----------------------------------------------------------------------------

    @cached_property
    def kinds(self) -> tuple[tuple[Portion, Engine, str], ...]:
        """Every portion with every engine and format of weights that it can have."""
        return tuple(
            (portion, engine, precision)
            for portion in self.portions
            for engine in self.case.engines
            if _runs(engine, portion) and allowed(self.case.decisions, "engine", engine.id)
            for precision in self._precisions(engine, portion)
        )

    def _precisions(self, engine: Engine, portion: Portion) -> Iterator[str]:
        """Yield the formats that are left; of those that are as wide and as fast, the first."""
        seen: set[tuple[float, float]] = set()
        for name in engine.precisions:
            if name not in BYTES_PER_PARAMETER or not allowed(
                self.case.decisions, "precision", name
            ):
                continue
            speed = (BYTES_PER_PARAMETER[name], peak_flop_per_s(portion.accelerator, name))
            if speed[1] and speed not in seen:
                seen.add(speed)
                yield name

    def servers(self, case: NetworkCase) -> list[Server]:
        """Return a replica of every kind, for the items of ``case``."""
        work = work_of(case)
        known = self._servers.get(work)
        if known is None:
            known = [Server(self.case.model, *kind, work) for kind in self.kinds]
            self._servers[work] = known
        return known

    def limits(self, server: Server) -> tuple[int, ...]:
        """Return the batch limits that are left, the largest first."""
        decisions = self.case.decisions
        return tuple(
            size
            for size in server.batches(self.stated_batches)
            if allowed(decisions, "max_batch_size", size)
        )

    def counts(self, portion: Portion) -> Sequence[int]:
        """Return the numbers of replicas that the place has room for and that are allowed."""
        known = self._counts.get(portion)
        if known is None:
            known = allowed_counts(self.case.decisions, portion.replicas_that_fit)
            self._counts[portion] = known
        return known

    def needed(self, portion: Portion, per_replica: float, asked: float) -> int | None:
        """Return the fewest replicas that carry what is asked, or None where none suffice."""
        if per_replica <= 0.0:
            return None
        least = max(1, ceil(asked / per_replica - 1e-9))
        counts = self.counts(portion)
        at = bisect_left(counts, least)
        return counts[at] if at < len(counts) else None

    # ---- what holds ----------------------------------------------------------------------------

    def least(self, case: NetworkCase) -> Iterator[tuple[Portion, int]]:
        """Yield the fewest replicas of each portion with which the SLA holds at ``case``.

        Portions on which nothing holds are left out; each is worked out when it is asked for.
        """
        asked = asked_per_s(case)
        servers = self.servers(case)
        for portion in self.portions:
            best: int | None = None
            for server in servers:
                if server.portion is portion:
                    for bound, batch in self._ordered(server, asked):
                        count = self._fewest(server, batch, (asked, bound), best)
                        best = count if count is not None else best
            if best is not None:
                yield portion, best

    def _ordered(self, server: Server, asked: float) -> list[tuple[int, int]]:
        """Return batch limits, each behind the fewest replicas that full batches would do with.

        The fewest replicas first, and of equal ones the smallest batch: it is worked out quickest.
        """
        bounds = ((self._bound(server, batch, asked), batch) for batch in self.limits(server))
        return sorted((bound, batch) for bound, batch in bounds if bound is not None)

    def _fewest(
        self, server: Server, batch: int, asked: tuple[float, int], best: int | None
    ) -> int | None:
        """Return the fewest replicas over all delays; None where there can be no fewer."""
        found = None
        for delay in self.delays:
            if best is not None and asked[1] >= best:
                return found
            count = self._enough(server, batch, delay, asked, self.hard)
            if count is not None and (best is None or count < best):
                found = best = count
        return found

    def _enough(
        self,
        server: Server,
        batch: int,
        delay: float,
        asked: tuple[float, int],
        lines: tuple[Objective, ...],
    ) -> int | None:
        """Return the fewest replicas that hold, not fewer than a bound; None where none do."""
        rate, bound = asked
        if server.carries(rate / bound, batch, delay, lines):
            return bound
        carried = server.carried_per_s(batch, delay, lines)
        return self.needed(server.portion, carried, rate)

    def holds(self, case: NetworkCase, most: Callable[[Portion], int] | None = None) -> bool:
        """Return whether the SLA holds at ``case`` with as many replicas as there is room for.

        ``most`` says how many of a portion; without it all that the place has room for. What held
        last is tried first: neighbouring questions have the same answer.
        """
        asked = asked_per_s(case)
        servers = self.servers(case)
        for turn in range(len(servers)):
            at = (self._last + turn) % len(servers)
            server = servers[at]
            counts = self.counts(server.portion)
            replicas = (counts[-1] if counts else 0) if most is None else most(server.portion)
            if replicas and self._carries(server, asked / replicas):
                self._last = at
                return True
        return False

    def _carries(self, server: Server, rate: float) -> bool:
        """Return whether one replica carries a rate with any batch limit and delay."""
        return any(
            server.carries(rate, batch, delay, self.hard)
            for batch in reversed(self.limits(server))
            for delay in self.delays
        )

    # ---- candidates ----------------------------------------------------------------------------

    def candidates(self, planned: NetworkCase, hardest: NetworkCase) -> list[Candidate]:
        """Return the best way of each kind of replica, batch limit and delay, best first."""
        found: list[Candidate] = []
        cases = (planned, hardest)
        for servers in zip(self.servers(planned), self.servers(hardest), strict=True):
            found += self._of_server(servers, cases)
        return sorted(found, key=self.key)

    def _of_server(
        self, servers: tuple[Server, Server], cases: tuple[NetworkCase, NetworkCase]
    ) -> list[Candidate]:
        """Return the ways of one kind of replica that may be as few as the best of them."""
        found: list[Candidate] = []
        best: Candidate | None = None
        alike = 0
        at = 1 if self._ordered(servers[1], asked_per_s(cases[1])) else 0
        for bound, batch in self._ordered(servers[at], asked_per_s(cases[at])):
            if best is not None and best.robust and (bound > best.replicas or alike >= ALIKE):
                break
            for delay in self.delays:
                item = self.candidate(servers, batch, delay, cases)
                found.append(item)
                if best is None or self.key(item) < self.key(best):
                    alike = alike if best and item.replicas == best.replicas else 0
                    best = item
                alike += item.replicas == best.replicas
        if found:
            return found
        hopeless = sorted(self.limits(servers[0]), key=servers[0].largest_per_s)[-1:]
        return [self.candidate(servers, batch, self.delays[0], cases) for batch in hopeless]

    def _bound(self, server: Server, batch: int, asked: float) -> int | None:
        """Return the fewest replicas that full batches would do with; None where none suffice."""
        return self.needed(server.portion, MOST_BUSY * server.largest_per_s(batch), asked)

    def candidate(
        self,
        servers: tuple[Server, Server],
        batch: int,
        delay: float,
        cases: tuple[NetworkCase, NetworkCase],
    ) -> Candidate:
        """Return a way to serve with as many replicas as reach most: the whole range, then wishes.

        Where nothing holds, with all that there is room for.
        """
        planned = servers[0]
        asked = asked_per_s(cases[0])
        for robust in (True, False):
            at = 1 if robust else 0
            server, case = servers[at], cases[at]
            if not server.fits(batch):
                continue
            for wishes in range(len(self.soft), -1, -1):
                lines = (*self.hard, *self.soft[:wishes])
                rate = asked_per_s(case)
                bound = self._bound(server, batch, rate)
                if bound is None:
                    break
                count = self._enough(server, batch, delay, (rate, bound), lines)
                if count is not None:
                    return Candidate(
                        server=planned,
                        batch=batch,
                        delay_s=delay,
                        replicas=count,
                        holds=True,
                        robust=robust,
                        wishes=wishes,
                        asked_per_s=asked,
                        limits=self.hard,
                    )
        counts = self.counts(planned.portion)
        return Candidate(
            server=planned,
            batch=batch,
            delay_s=delay,
            replicas=counts[-1] if counts else 1,
            holds=False,
            robust=False,
            wishes=0,
            asked_per_s=asked,
            limits=self.hard,
        )

    def spent(self, item: Candidate) -> float:
        """Return what a candidate costs, in dollars a second, or in accelerators without prices."""
        price = item.server.portion.place.price_usd_per_s
        used = paid_for(item.server.portion, item.accelerators)
        return used * price.value if self.priced and price else used

    def key(self, item: Candidate) -> tuple[float | str, ...]:
        """Return what candidates are ordered by: as for language models, see plan/README.md."""
        server, portion = item.server, item.server.portion
        return (
            not item.holds,
            not item.robust,
            -item.wishes,
            -BYTES_PER_PARAMETER[server.precision],
            round(self.spent(item), 9) if item.holds else round(item.busy, ROOM_DIGITS),
            round(item.accelerators, 9),
            item.delay_s,
            round(item.busy, ROOM_DIGITS),
            item.batch,
            portion.place.path,
            portion.name,
            server.engine.id,
            server.precision,
        )


def paid_for(portion: Portion, accelerators: float) -> float:
    """Return the accelerators that are paid for: those in use, or whole nodes where chosen."""
    place = portion.place
    if not is_chosen(place):
        return accelerators
    nodes = max(place.least_nodes or 0, ceil(accelerators / place.per_node - 1e-9))
    return float(nodes * place.per_node)


def _runs(engine: Engine, portion: Portion) -> bool:
    gpu = portion.accelerator
    return gpu.kind in engine.devices and (not engine.vendors or gpu.vendor in engine.vendors)
