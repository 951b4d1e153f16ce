"""What managed platforms allow: hard limits of their instances, requests and answers."""

from collections.abc import Iterator

from inferc.compiler.model.platform import Platform, is_verified
from inferc.compiler.plan.bounds.amounts import Amount, let, looked_up, most, stated
from inferc.compiler.plan.bounds.claim import Claim, Rule, Spans
from inferc.compiler.plan.bounds.favourable import Ground
from inferc.compiler.plan.bounds.rules import ROOFLINE, request_bytes
from inferc.compiler.plan.objectives import hard

LIMIT = "hard limit of the platform, in its entry of std.catalog.platform"

ACCELERATORS = Rule(
    "INF430",
    "platform-accelerators",
    "an instance may have no more accelerators than the platform gives it",
    LIMIT,
)
INSTANCE = Rule(
    "INF431",
    "platform-instance-too-small",
    "the weights and the KV cache of one request must fit into one instance of the platform",
    "definition; a replica does not span instances",
)
RESPONSE = Rule(
    "INF432",
    "platform-response-too-long",
    "an answer must end before the platform cuts it off",
    f"{ROOFLINE}; {LIMIT}",
)
REQUEST = Rule(
    "INF433",
    "platform-request-too-large",
    "a request of mean length must not be larger than the platform takes",
    LIMIT,
)
CONCURRENCY = Rule(
    "INF434",
    "platform-concurrency-exceeded",
    "the requests that are under way must be no more than all instances may serve at once",
    f"Little, A proof for the queuing formula L = lambda W (1961); {LIMIT}",
)
RATE = Rule(
    "INF436",
    "platform-rate-exceeded",
    "the platform must take as many requests a second as come",
    LIMIT,
)
TRAFFIC = Rule(
    "INF437",
    "platform-traffic-exceeded",
    "the platform must take as many bytes a second as come",
    LIMIT,
)


def managed(ground: Ground) -> Iterator[Claim]:
    """Yield what the platform of a place demands; nothing for hardware of one's own."""
    platform = ground.facts.place.platform
    if platform is None:
        return
    limits = _Limits(ground, platform)
    yield from limits.accelerators()
    yield from limits.instance()
    yield from limits.response()
    yield from limits.request()
    yield from limits.concurrency()
    yield from limits.arrivals()


class _Limits:
    """The limits of the platform that a service is on."""

    def __init__(self, ground: Ground, platform: Platform) -> None:
        self.ground = ground
        self.facts = ground.facts
        self.platform = platform

    def _limit(self, name: str, unit: str, words: str) -> Amount | None:
        """Return a limit; None where the platform has none of that kind."""
        found = self.platform.limits.get(name)
        if found is None:
            return None
        title = f"{words} of {self.platform.title}"
        return stated(f"platform_{name}", found.value, unit, title, looked_up(found))

    def _verified(self, *names: str) -> bool:
        known = (self.platform.limits[name] for name in names if name in self.platform.limits)
        return all(is_verified(limit) for limit in known)

    @property
    def _on(self) -> Spans:
        span = self.facts.place.span
        return ((span, f"on {self.platform.title}"),) if span else ()

    def accelerators(self) -> Iterator[Claim]:
        """Yield: the file asks for no more accelerators of an instance than there are."""
        name = "accelerators_per_instance"
        limit = self._limit(name, "", "accelerators of an instance")
        if limit is None:
            return
        yield Claim(
            rule=ACCELERATORS,
            need=self.facts.per_node,
            have=limit,
            unit="",
            short=(self.facts.per_node, limit),
            spans=self._on,
            certain=self._verified(name),
        )

    def instance(self) -> Iterator[Claim]:
        """Yield: a model and one request fit into the accelerators of one instance."""
        facts, ground = self.facts, self.ground
        words = "memory of the accelerators of one instance"
        memory = let("instance_memory_bytes", facts.per_node * facts.memory, "B", words)
        yield Claim(
            rule=INSTANCE,
            need=ground.weights + ground.request_kv,
            have=memory,
            unit="B",
            short=(ground.weights, ground.request_kv, facts.per_node, facts.memory),
            spans=self._on,
        )

    def _best_case(self, line_percentile: float | None) -> Amount:
        """Return the time of a request in an instance at full speed, alone."""
        facts, ground = self.facts, self.ground
        prompt, output = facts.prompt_of(line_percentile), facts.output_of(line_percentile)
        name = prompt.text.replace("_tok", "_flop")
        flop = ground.counts.prefill(name, prompt, "of that prompt and its first token")
        speed = let(
            "instance_flop_per_s",
            facts.per_node * ground.device_flop_per_s,
            "FLOP/s",
            "peak of the accelerators of one instance",
        )
        read = let(
            "instance_bytes_per_s",
            facts.per_node * facts.bandwidth,
            "B/s",
            "memory bandwidth of the accelerators of one instance",
        )
        steps = most(0.0, ground.per_step(output - 1.0))
        total = flop / speed + steps * ground.read / read
        words = "of such a request alone in an instance at full speed"
        return let(output.text.replace("_tok", "_request_s"), total, "s", words)

    def response(self) -> Iterator[Claim]:
        """Yield: the longest requests that the SLA counts end before they are cut off.

        Answers may be streamed where the platform can: the longer of the two limits counts.
        """
        streamed = self._limit("longest_stream", "s", "longest streamed answer")
        name = "longest_response" if streamed is None else "longest_stream"
        limit = streamed or self._limit(name, "s", "longest answer")
        if limit is None:
            return
        lines = [line for line in hard(self.ground.case.objectives) if line.metric == "e2e"]
        percentile = max((line.percentile or 0.0 for line in lines), default=0.0) or None
        need = self._best_case(percentile)
        yield Claim(
            rule=RESPONSE,
            need=need,
            have=limit,
            unit="s",
            short=(self.ground.read, need, limit),
            spans=self._on,
            certain=self._verified(name),
        )

    def request(self) -> Iterator[Claim]:
        """Yield: a request of mean length is not larger than the platform takes."""
        limit = self._limit("largest_request", "B", "largest request")
        if limit is None:
            return
        need = request_bytes(self.ground)
        yield Claim(
            rule=REQUEST,
            need=need,
            have=limit,
            unit="B",
            short=(self.facts.prompt_mean, need, limit),
            spans=self._on,
            certain=self._verified("largest_request"),
        )

    def concurrency(self) -> Iterator[Claim]:
        """Yield: as many requests as are under way at full speed have a place in an instance."""
        each = self._limit("concurrency", "req", "requests that an instance serves at once")
        if each is None:
            return
        facts = self.facts
        yield Claim(
            rule=CONCURRENCY,
            need=facts.rate * facts.peak * self._best_case(None),
            have=facts.nodes * each,
            unit="req",
            short=(facts.rate, facts.peak, facts.nodes, each),
            spans=(*self.ground.demand, *self._on),
            certain=self._verified("concurrency", "instances"),
        )

    def arrivals(self) -> Iterator[Claim]:
        """Yield: the platform takes the requests, and their bytes, as quickly as they come."""
        facts = self.facts
        limit = self._limit("rate", "req/s", "requests a second")
        if limit is not None:
            yield Claim(
                rule=RATE,
                need=facts.rate * facts.peak,
                have=limit,
                unit="req/s",
                short=(facts.rate, facts.peak, limit),
                spans=(*self.ground.demand, *self._on),
                certain=self._verified("rate"),
            )
        limit = self._limit("bandwidth", "B/s", "bytes a second")
        if limit is not None:
            each = request_bytes(self.ground)
            yield Claim(
                rule=TRAFFIC,
                need=facts.rate * facts.peak * each,
                have=limit,
                unit="B/s",
                short=(facts.rate, facts.peak, each, limit),
                spans=(*self.ground.demand, *self._on),
                certain=self._verified("bandwidth"),
            )
