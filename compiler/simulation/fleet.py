"""Several replicas behind a router, while replicas come and go."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush, heapreplace
from itertools import islice
from math import inf
from typing import NamedTuple

from inferc.compiler.simulation.chance import Chance
from inferc.compiler.simulation.engine import Engine, engine
from inferc.compiler.simulation.events import Autoscaler, Loss, Spot, Transfer
from inferc.compiler.simulation.front import FrontEnd
from inferc.compiler.simulation.prefixes import prefixes
from inferc.compiler.simulation.queues import ALIKE, FairQueue
from inferc.compiler.simulation.routing import Routing, router
from inferc.compiler.simulation.scaling import Scaler
from inferc.compiler.simulation.tally import Tally
from inferc.compiler.simulation.ties import Answered, Ties, pool_of
from inferc.compiler.simulation.values import (
    Outcome,
    Queue,
    ReplicaSetup,
    Request,
    Resumed,
)

NEVER = -1.0
"""No arrival changes what an engine that was shut down does."""

TIMER = -1
"""In the place of an engine: something else is due."""

Action = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSetup:
    """Replicas, how requests are dealt out to them, and what happens to them."""

    replicas: tuple[ReplicaSetup, ...]
    """At the start; a scaler adds more of the first."""
    routing: Routing = "least_outstanding"
    weights: tuple[float, ...] = ()
    """Of the replicas, for weighted routing; 1 where none is given."""
    fair: bool = False
    """Each replica's queue goes by priority, and by turns between tenants."""
    tenant_weights: Mapping[str, float] = field(default_factory=lambda: ALIKE)
    decode: tuple[ReplicaSetup, ...] = ()
    """Replicas that go on with what the others have begun; these then only compute prompts."""
    transfer: Transfer | None = None
    """How the KV cache gets from one to the other; at once where nothing is said."""
    autoscaler: Autoscaler | None = None
    losses: tuple[Loss, ...] = ()
    spot: Spot | None = None
    seed: int = 0


class Ready(NamedTuple):
    """From when on so many replicas took requests."""

    at_s: float
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOutcome:
    """What a load came to on a fleet."""

    whole: Outcome
    replicas: tuple[Outcome, ...]
    """In the order in which they were started; those that decode come after the first ones."""
    ready: tuple[Ready, ...]
    """Whenever the number of replicas changed that take requests."""
    replica_s: float
    """Time of all replicas together, from their start to their end: what is paid for."""
    resent: int
    """Requests that were sent again because their replica was lost."""


def fleet_open_loop(
    setup: FleetSetup, requests: Iterable[Request], *, answered: Answered | None = None
) -> FleetOutcome:
    """Simulate requests that come when they come, in order of their time.

    ``answered`` is told of each answer, for figures by tenant, priority or time.
    """
    return Fleet(setup, answered=answered).run(requests)


def fleet_closed_loop(
    setup: FleetSetup, lengths: Iterable[tuple[int, int]], concurrency: int
) -> FleetOutcome:
    """Simulate clients that each send their next request when their answer is complete."""
    left = iter(lengths)
    first = [Request(0.0, *pair) for pair in islice(left, concurrency)]
    return Fleet(setup, left).run(first)


class Server:
    """One replica of a fleet: engines that share a queue, and what the router knows of them."""

    __slots__ = (
        "accepting", "answers", "begins", "cache", "engines", "handed", "link_free_s", "resumed",
        "sent", "setup", "since_s", "tally", "until_s", "waiting", "weight",
    )  # fmt: skip

    def __init__(self, setup: ReplicaSetup, waiting: Queue, since_s: float) -> None:
        self.setup = setup
        self.waiting = waiting
        self.since_s = since_s
        """From when on it is paid for."""
        self.until_s = inf
        """When it was shut down, or took no more requests."""
        self.handed: deque[Resumed] = deque()
        self.resumed: deque[Resumed] = deque()
        self.tally = Tally()
        self.answers = self.tally.e2e.values
        self.cache = prefixes(setup)
        self.engines: list[int] = []
        self.begins = False
        """It hands requests over after their first token."""
        self.accepting = True
        self.sent = 0
        self.weight = 1.0
        self.link_free_s = 0.0

    @property
    def outstanding(self) -> int:
        """Requests that were sent and are not complete."""
        tally = self.tally
        if self.begins:
            return self.sent - tally.begun_before - len(tally.ttft.values)
        return self.sent - tally.done_before - len(self.answers)

    @property
    def queued(self) -> bool:
        """Whether anything waits for a place."""
        return bool(self.waiting or self.resumed)

    def cached_tok(self, request: Request, /) -> int:
        """Return how many leading tokens of a prompt its cache holds."""
        return 0 if self.cache is None else self.cache.peek_tok(request.blocks)


def holds(replica: ReplicaSetup, request: Request) -> bool:
    """Return whether a request fits into the KV cache of a replica at all."""
    block_tok = replica.kv_block_tok
    tokens = -(-(request.prompt_tok + request.output_tok) // block_tok) * block_tok
    return tokens <= replica.kv_cache_tok


def _outstanding(server: Server) -> int:
    return server.outstanding


class Fleet:
    """Engines, timers and arrivals in one order of time."""

    def __init__(
        self,
        setup: FleetSetup,
        followers: Iterator[tuple[int, int]] | None = None,
        answered: Answered | None = None,
    ) -> None:
        self.setup = setup
        self.answered = answered
        self.followers = followers
        self.pauses = followers is not None or bool(setup.decode)
        shared = any(replica.pipeline > 1 for replica in (*setup.replicas, *setup.decode))
        self.watches = self.pauses or shared
        """Whether there is something to look at after each event."""
        self.heap: list[tuple[float, int]] = []
        self.engines: list[Engine] = []
        self.ends: list[float] = []
        self.untils: list[float] = []
        self.owners: list[Server] = []
        self.timers: list[tuple[float, int, Action]] = []
        self.ordered = 0
        self.servers: list[Server] = []
        self.open: list[Server] = []
        """Those that take requests."""
        self.decoders: list[Server] = []
        self.stranded: list[tuple[Request, float]] = []
        """Prompts that no replica is there to go on with, and when their first token came."""
        self.backlog: list[Request] = []
        """Requests for which no replica was there."""
        self.ready: list[Ready] = []
        self.resent = 0
        self.coming = True
        self.gate = FrontEnd(setup.replicas[0])
        self.route = router(setup.routing, setup.seed)
        self.whole = Tally()
        self.sample_s = 0.0
        self.chance = Chance(f"spot {setup.seed}")
        for place, replica in enumerate(setup.replicas):
            server = self.start(replica, 0.0, begins=bool(setup.decode))
            server.weight = setup.weights[place] if place < len(setup.weights) else 1.0
            self.admit(server, 0.0)
        for replica in setup.decode:
            self.admit(self.start(replica, 0.0), 0.0)
        for loss in setup.losses:
            self.at(loss.at_s, partial(self._lose, self.servers[loss.replica], loss.back_after_s))
        self.scaler = None if setup.autoscaler is None else Scaler(setup.autoscaler)
        if setup.autoscaler is not None:
            self.at(setup.autoscaler.interval_s, self._scale)

    # ---- requests

    def run(self, requests: Iterable[Request]) -> FleetOutcome:
        """Serve requests, and return what became of them."""
        heap, ends, untils, engines = self.heap, self.ends, self.untils, self.engines
        send_request = self._send
        for at_s, request in self.gate.passed(requests):
            while heap and heap[0][0] < at_s:
                end_s, which = heap[0]
                if which < 0 or ends[which] != end_s or self.watches:
                    self._next()
                    continue
                end_s, untils[which] = engines[which].send(None)
                ends[which] = end_s
                if end_s < inf:
                    heapreplace(heap, (end_s, which))
                else:
                    heappop(heap)
            send_request(request, at_s)
        self.coming = False
        while heap:
            self._next()
        return self._outcome()

    def _next(self) -> None:
        """Let the next thing happen that is due."""
        end_s, which = heappop(self.heap)
        if which < 0:
            heappop(self.timers)[2](end_s)
            return
        if self.ends[which] != end_s:
            return
        self._step(which, None)
        server = self.owners[which]
        if len(server.engines) > 1 and self.ends[which] < inf and server.queued:
            for other in server.engines:
                if self.ends[other] == inf:
                    self._step(other, end_s)
        if server.tally.ended:
            self._ended(server, self.ends[which])

    def _step(self, which: int, at_s: float | None) -> None:
        """Let an engine go on, or tell it of a request that came."""
        end_s, self.untils[which] = self.engines[which].send(at_s)
        self.ends[which] = end_s
        if end_s < inf:
            heappush(self.heap, (end_s, which))

    def _send(self, request: Request, now: float) -> None:
        """Send a request to a replica."""
        targets = self.open
        if not targets:
            self.backlog.append(request)
            return
        if now >= self.sample_s:  # what a request finds: itself is not part of the queue
            waiting = sum(len(one.waiting) for one in self.servers)
            inside = sum(one.outstanding for one in self.servers)
            self.sample_s = self.whole.sample(now, waiting, inside - waiting)
        server = targets[self.route(request, targets)] if len(targets) > 1 else targets[0]
        server.sent += 1
        server.waiting.append(request)
        self._wake(server, now)

    def _wake(self, server: Server, now: float) -> None:
        """Tell engines that something came: an idle one, or else all that would take it."""
        ends, untils = self.ends, self.untils
        if len(server.engines) > 1:
            for which in server.engines:
                if ends[which] == inf:
                    self._step(which, now)
                    return
        for which in server.engines:
            if now < untils[which]:
                self._step(which, now)

    def _ended(self, server: Server, now: float) -> None:
        """Go on with requests that have left an engine."""
        ended = tuple(server.tally.ended)
        server.tally.ended.clear()
        for request in ended:
            if server.begins and self._hand_over(server, request, now):
                continue
            pair = next(self.followers, None) if self.followers is not None else None
            if pair is not None:
                follower = Request(now, *pair)
                ready_s = self.gate.pass_s(follower)
                if ready_s <= now:
                    self._send(follower, now)
                else:
                    self.at(ready_s, partial(self._send, follower))

    # ---- from prefill to decode

    def _hand_over(self, server: Server, request: Request, now: float) -> bool:
        """Send the KV cache of a prompt to where it is used; return whether the answer goes on."""
        if request.output_tok == 0:
            return False
        if request.output_tok == 1:
            self.whole.e2e.values.append(now - request.at_s)
            if self.answered is not None:
                self.answered(request, now, now)
            self.whole.completed += 1
            self.whole.prompt_tok += request.prompt_tok
            self.whole.output_tok += 1
            return False
        if not any(holds(replica, request) for replica in self.setup.decode):
            self.whole.rejected += 1
            return False
        arrives_s = now
        link = self.setup.transfer
        if link is not None:
            begins_s = max(now, server.link_free_s)
            lasts_s = request.prompt_tok * link.bytes_per_tok / link.bytes_per_s
            server.link_free_s = begins_s + lasts_s
            arrives_s = server.link_free_s + link.latency_s
        self.at(arrives_s, partial(self._take_over, request, now))
        return True

    def _take_over(self, request: Request, first_s: float, now: float) -> None:
        """Let a replica go on with an answer."""
        holders = [one for one in self.decoders if holds(one.setup, request)]
        if not holders:
            self.stranded.append((request, first_s))
            return
        server = min(holders, key=_outstanding)
        server.sent += 1
        left = request.output_tok - 1
        server.handed.append(Resumed(request.prompt_tok, left, first_s, request, first_s))
        self._wake(server, now)

    # ---- replicas

    def start(self, replica: ReplicaSetup, now: float, *, begins: bool = False) -> Server:
        """Begin to pay for a replica, and return it; it does not take requests yet."""
        fair = self.setup.fair
        waiting: Queue = FairQueue(self.setup.tenant_weights) if fair else deque[Request]()
        server = Server(replica, waiting, now)
        server.begins = begins
        ties = Ties(
            pause=self.pauses,
            resumed=server.resumed,
            pool=pool_of(replica),
            handed=None if begins else server.handed,
            hands_over=begins,
            cache=server.cache,
            answered=self.answered,
        )
        for place in range(replica.pipeline):
            which = len(self.engines)
            own = ties._replace(seed=which, place=place)
            one = engine(replica, waiting, server.tally, own)
            end_s, until_s = next(one)
            server.engines.append(which)
            self.engines.append(one)
            self.ends.append(end_s)
            self.untils.append(until_s)
            self.owners.append(server)
        self.servers.append(server)
        return server

    def admit(self, server: Server, now: float) -> None:
        """Let a replica take requests."""
        self._pool(server).append(server)
        self._note(now)
        stranded, self.stranded = self.stranded, []
        for request, first_s in stranded:
            self._take_over(request, first_s, now)
        backlog, self.backlog = self.backlog, []
        for request in backlog:
            self._send(request, now)  # back to the backlog where this one only decodes
        spot = self.setup.spot
        if spot is not None and spot.per_s > 0.0:
            self.at(now + self.chance.expovariate(spot.per_s), partial(self._notice, server))

    def _pool(self, server: Server) -> list[Server]:
        """Return the replicas among which this one is when it takes requests."""
        return self.decoders if self.setup.decode and not server.begins else self.open

    def drain(self, server: Server, now: float) -> None:
        """Let a replica take no more requests; it completes what it has."""
        if server.accepting:
            self._pool(server).remove(server)
            server.accepting = False
            server.until_s = now
            self._note(now)

    def _kill(self, server: Server, now: float) -> None:
        """Shut a replica down at once, and send what it had again."""
        self.drain(server, now)
        for which in server.engines:
            self.engines[which].close()
            self.ends[which] = inf
            self.untils[which] = NEVER
        again = [*server.tally.interrupted, *server.waiting, *(item[3] for item in server.handed)]
        server.tally.interrupted.clear()
        while server.waiting:
            server.waiting.popleft()
        server.handed.clear()
        server.until_s = now
        server.sent -= server.outstanding
        self.resent += len(again)
        for request in sorted(again):
            self._send(request, now)

    def _lose(self, server: Server, back_after_s: float, now: float) -> None:
        if server.accepting:
            self._kill(server, now)
            self.at(now + back_after_s, partial(self._replace, server.setup, server.begins))

    def _replace(self, replica: ReplicaSetup, begins: bool, now: float) -> None:  # noqa: FBT001
        self.admit(self.start(replica, now, begins=begins), now)

    def _notice(self, server: Server, now: float) -> None:
        """Stop sending requests to a replica that the provider takes away."""
        spot = self.setup.spot
        if spot is None or not server.accepting or not self.busy:
            return
        self.drain(server, now)
        self.at(now + spot.notice_s, partial(self._kill, server))
        again = partial(self._replace, server.setup, server.begins)
        self.at(now + spot.replacement_s, again)

    def _scale(self, now: float) -> None:
        """Start and drain replicas as the scaler wants it, and look again later."""
        if self.scaler is None or not self.busy:
            return
        change = self.scaler.change(now, self.open)
        for _ in range(change):
            server = self.start(self.setup.replicas[0], now, begins=bool(self.setup.decode))
            self.at(now + self.scaler.settings.cold_start_s, partial(self._started, server))
        for _ in range(-change):
            self.drain(self.open[-1], now)
        self.at(now + self.scaler.settings.interval_s, self._scale)

    def _started(self, server: Server, now: float) -> None:
        if self.scaler is not None:
            self.scaler.starting -= 1
        self.admit(server, now)

    @property
    def busy(self) -> bool:
        """Whether there is anything left to serve."""
        return self.coming or bool(self.backlog) or any(one.outstanding for one in self.servers)

    # ---- inside

    def at(self, when_s: float, action: Action) -> None:
        """Do something at a time."""
        self.ordered += 1
        heappush(self.timers, (when_s, self.ordered, action))
        heappush(self.heap, (when_s, TIMER))

    def _note(self, now: float) -> None:
        self.ready.append(Ready(now, len(self.open) + len(self.decoders)))

    def _outcome(self) -> FleetOutcome:
        for one in self.engines:
            one.close()
        whole = self.whole
        for server in self.servers:
            whole.merge(server.tally)
        whole.rejected += len(self.backlog) + len(self.stranded)
        last_s = whole.makespan_s
        paid_s = {
            place: max(server.tally.makespan_s, min(server.until_s, last_s)) - server.since_s
            for place, server in enumerate(self.servers)
            if server.since_s < last_s
        }
        paid = [(self.servers[place].setup, lasts_s) for place, lasts_s in paid_s.items()]
        span_s = last_s or inf
        engines = sum(replica.pipeline * lasts_s for replica, lasts_s in paid) / span_s
        room = sum(replica.kv_cache_tok * lasts_s for replica, lasts_s in paid) / span_s
        return FleetOutcome(
            whole=whole.outcome(engines or 1.0, room),
            replicas=tuple(
                server.tally.outcome(server.setup.pipeline, server.setup.kv_cache_tok)
                for server in self.servers
            ),
            ready=tuple(self.ready),
            replica_s=sum(paid_s.values()),
            resent=self.resent,
        )
