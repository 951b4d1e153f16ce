"""The bounds themselves: each is one inequality over what a service needs and a place has.

They hold for every engine on this hardware, without any coefficient of the performance model: full
speed, no overhead, no waiting, and every unknown at its most favourable end. No request shares a
prompt with another, lengths of prompts and answers do not depend on each other, and a step yields
one token of an answer unless the file allows speculation.
"""

from collections.abc import Iterator

from inferc.compiler.model import Objective
from inferc.compiler.plan.bounds.amounts import Amount, defined, let, most
from inferc.compiler.plan.bounds.claim import Claim, Rule, Spans
from inferc.compiler.plan.bounds.favourable import Ground
from inferc.compiler.plan.objectives import hard
from inferc.compiler.problem import asked_per_s

ROOFLINE = "Williams, Waterman, Patterson, Roofline (2009)"
HTTP = "RFC 9112, HTTP/1.1, sections 3 and 6; OpenAI API, chat completions"
BYTE_PAIRS = "Sennrich et al., byte-pair encoding (2016)"

SMALLEST_REQUEST = (
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"
    '{"model":"a","messages":[{"role":"user","content":""}]}'
)
"""Request line, the header fields that HTTP/1.1 demands, and a chat of one empty message."""

WEIGHTS = Rule(
    "INF402",
    "weights-do-not-fit",
    "the weights must fit into the memory of all accelerators together",
    "definition",
)
ONE_REQUEST = Rule(
    "INF428",
    "request-does-not-fit",
    "the weights and the KV cache of one request must fit into the memory of all accelerators",
    "definition",
)
PROMPT = Rule(
    "INF401",
    "ttft-below-compute",
    "all accelerators together must compute one prompt in time",
    ROOFLINE,
)
ONE_READ = Rule(
    "INF406",
    "ttft-below-one-read",
    "all accelerators together must read the weights once in time",
    ROOFLINE,
)
NEXT_TOKEN = Rule(
    "INF405",
    "tpot-below-one-read",
    "all accelerators together must read weights and KV cache for each token",
    ROOFLINE,
)
ANSWER = Rule(
    "INF429",
    "e2e-below-reads",
    "all accelerators together must read the weights for each token of an answer in time",
    ROOFLINE,
)
COMPUTE = Rule(
    "INF403",
    "compute-exceeded",
    "all accelerators together must compute what all requests ask for",
    ROOFLINE,
)
BANDWIDTH = Rule(
    "INF407",
    "bandwidth-exceeded",
    "all accelerators together must read the KV cache of all requests",
    ROOFLINE,
)
NETWORK = Rule(
    "INF404",
    "network-exceeded",
    "the requests must fit through the network of all nodes together",
    HTTP,
)
CONTEXT = Rule(
    "INF408",
    "context-too-short",
    "a request of mean length must fit into the model's context",
    "the model's configuration, max_position_embeddings",
)
THROUGHPUT = Rule(
    "INF435",
    "throughput-exceeded",
    "all accelerators together must compute the throughput that the SLA asks for",
    ROOFLINE,
)


def weights(ground: Ground) -> Iterator[Claim]:
    """Yield: the weights, in the smallest format allowed, fit into all memory together.

    On a managed platform they must fit into one instance, which :mod:`managed` looks at.
    """
    if ground.facts.place.platform is not None:
        return
    yield Claim(
        rule=WEIGHTS,
        need=ground.weights,
        have=ground.memory_bytes,
        unit="B",
        short=(ground.weights, ground.facts.devices, ground.facts.memory),
        spans=ground.on,
    )


def one_request(ground: Ground) -> Iterator[Claim]:
    """Yield: a request of mean length fits beside the weights, where these fit."""
    if ground.facts.place.platform is not None:
        return
    if ground.weights.value > ground.memory_bytes.value:
        return
    yield Claim(
        rule=ONE_REQUEST,
        need=ground.weights + ground.request_kv,
        have=ground.memory_bytes,
        unit="B",
        short=(ground.weights, ground.request_kv, ground.facts.devices, ground.facts.memory),
        spans=ground.on,
    )


def _lines(ground: Ground, *metrics: str) -> Iterator[Objective]:
    return (line for line in hard(ground.case.objectives) if line.metric in metrics)


def _line(line: Objective) -> Spans:
    """Return where an SLA line stands."""
    return ((line.span, "cannot hold, even for one request"),)


def first_token(ground: Ground) -> Iterator[Claim]:
    """Yield: a prompt is computed, and the weights read once, before the first token."""
    facts, counts = ground.facts, ground.counts
    for line in _lines(ground, "ttft", "e2e"):
        limit, prompt = facts.limit(line), facts.prompt_at(line)
        name = prompt.text.replace("_tok", "_flop")
        flop = counts.prefill(name, prompt, "of that prompt and its first token")
        yield Claim(
            rule=PROMPT,
            need=flop / ground.flop_per_s,
            have=limit,
            unit="s",
            short=(prompt, flop, ground.flop_per_s),
            spans=_line(line),
        )
        if line.metric == "e2e":
            continue
        yield Claim(
            rule=ONE_READ,
            need=ground.read / ground.bytes_per_s,
            have=limit,
            unit="s",
            short=(ground.read, ground.bytes_per_s),
            spans=_line(line),
        )


def next_token(ground: Ground) -> Iterator[Claim]:
    """Yield: each token of an answer reads the weights and its own KV cache once."""
    facts = ground.facts
    for line in _lines(ground, "itl", "tpot"):
        if _between_steps(line, ground.guesses):
            continue
        limit, prompt = facts.limit(line), facts.prompt_at(line)
        words = "KV cache of that prompt"
        cached = ground.counts.kv(
            prompt.text.replace("_tok", "_kv_bytes"),
            prompt,
            ground.kv_format,
            words,
            spread=line.percentile is None,
        )
        yield Claim(
            rule=NEXT_TOKEN,
            need=ground.per_step((ground.read + cached) / ground.bytes_per_s),
            have=limit,
            unit="s",
            short=(ground.read, prompt, cached, ground.bytes_per_s),
            spans=_line(line),
        )


def _between_steps(line: Objective, guesses: int) -> bool:
    """Return whether a line is about gaps that speculation may close altogether.

    Tokens of one step arrive together: of ``guesses + 1`` gaps only one is a step.
    """
    if line.metric != "itl" or line.percentile is None:
        return False
    return line.percentile <= guesses / (guesses + 1.0)


def answer(ground: Ground) -> Iterator[Claim]:
    """Yield: an answer reads the weights once for each of its tokens before it ends."""
    facts = ground.facts
    for line in _lines(ground, "e2e"):
        limit, tokens = facts.limit(line), facts.output_at(line)
        name = tokens.text.replace("_tok", "_reads")
        words = "times that the weights are read for an answer of that length"
        reads = let(name, most(1.0, ground.per_step(tokens)), "", words)
        yield Claim(
            rule=ANSWER,
            need=reads * ground.read / ground.bytes_per_s,
            have=limit,
            unit="s",
            short=(tokens, ground.read, ground.bytes_per_s),
            spans=_line(line),
        )


def request_flop(ground: Ground) -> Amount:
    """Return the FLOP of a mean request."""
    facts, counts = ground.facts, ground.counts
    prompt = counts.prefill(
        "prompt_mean_flop", facts.prompt_mean, "of a mean prompt, its first token too"
    )
    later = facts.later_tok * counts.decode(facts.context_mean)
    return let("request_flop", prompt + later, "FLOP", "of a mean request")


def compute(ground: Ground) -> Iterator[Claim]:
    """Yield: the FLOP of all requests fit into the peak of all accelerators together."""
    facts, flop = ground.facts, request_flop(ground)
    yield Claim(
        rule=COMPUTE,
        need=facts.rate * facts.peak * flop,
        have=ground.flop_per_s,
        unit="FLOP/s",
        short=(facts.rate, facts.peak, facts.prompt_mean, facts.output_mean, flop, *_speed(ground)),
        spans=(*ground.demand, *ground.on),
    )


def _speed(ground: Ground) -> tuple[Amount, ...]:
    return ground.facts.devices, ground.flop_per_s


def bandwidth(ground: Ground) -> Iterator[Claim]:
    """Yield: each token of an answer reads its own context from the KV cache."""
    facts = ground.facts
    context = facts.context_mean
    words = "KV cache of a sequence in the middle of its answer"
    cached = ground.counts.kv("context_kv_bytes", context, ground.kv_format, words, spread=True)
    steps = ground.per_step(facts.later_tok)
    each = let("request_read_bytes", steps * cached, "B", "of KV cache that a mean request reads")
    yield Claim(
        rule=BANDWIDTH,
        need=facts.rate * facts.peak * each,
        have=ground.bytes_per_s,
        unit="B/s",
        short=(facts.rate, facts.peak, facts.later_tok, context, cached, ground.bytes_per_s),
        spans=(*ground.demand, *ground.on),
    )


def request_bytes(ground: Ground) -> Amount:
    """Return the bytes of the smallest request that carries a mean prompt."""
    words = "of the smallest request without a prompt"
    size = float(len(SMALLEST_REQUEST))
    empty = defined("empty_request_bytes", size, "B", words, HTTP)
    words = "of text that a token stands for, at least"
    token = defined("bytes_per_tok", 1.0, "B/tok", words, BYTE_PAIRS)
    total = empty + token * ground.facts.prompt_mean
    return let("request_bytes", total, "B", "of a mean request")


def network(ground: Ground) -> Iterator[Claim]:
    """Yield: the smallest requests that carry these prompts fit through the network."""
    facts, each = ground.facts, request_bytes(ground)
    yield Claim(
        rule=NETWORK,
        need=facts.rate * facts.peak * each,
        have=facts.devices * facts.link,
        unit="B/s",
        short=(facts.rate, facts.peak, facts.prompt_mean, each, facts.devices, facts.link),
        spans=ground.demand,
    )


def context(ground: Ground) -> Iterator[Claim]:
    """Yield: a request of mean length fits into what the model was trained for."""
    facts = ground.facts
    yield Claim(
        rule=CONTEXT,
        need=facts.prompt_mean + facts.output_mean,
        have=ground.counts.context,
        unit="tok",
        short=(facts.prompt_mean, facts.output_mean, ground.counts.context),
        spans=ground.demand,
    )


def throughput(ground: Ground) -> Iterator[Claim]:
    """Yield: the FLOP of the throughput that the SLA asks for fit into the peak.

    Tokens are those of answers, and come to requests by the mean answer that the plan is made for.
    """
    planned_tok = ground.facts.problem.case.output_mean_tok
    flop = request_flop(ground)
    for line in ground.case.objectives:
        asked = asked_per_s(line, planned_tok)
        if not line.hard or asked <= 0.0:
            continue
        wanted = ground.facts.throughput(line, planned_tok)
        yield Claim(
            rule=THROUGHPUT,
            need=wanted * flop,
            have=ground.flop_per_s,
            unit="FLOP/s",
            short=(wanted, flop, *_speed(ground)),
            spans=((line.span, "cannot be reached, even at full speed"), *ground.on),
        )
