"""Statements that no software can beat, each with its arithmetic.

They hold for every engine on this hardware, without any coefficient of the performance model: full
speed, no overhead, no waiting. They are checked with every unknown at its most favourable end. No
request shares a prompt with another, and a step yields one token of an answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inferc.compiler.model import Objective
from inferc.compiler.perf.architecture import (
    decode_flop_per_tok,
    kv_bytes,
    prefill_flop,
    read_once_bytes,
    weights_bytes,
)
from inferc.compiler.perf.formats import BYTES_PER_PARAMETER, compute_dtype, peak_flop_per_s
from inferc.compiler.perf.queueing import length_quantile
from inferc.compiler.plan.decisions import Bound, Term
from inferc.compiler.plan.objectives import hard, share
from inferc.compiler.plan.space import formats_of
from inferc.compiler.problem import Case, Problem, Quantity
from inferc.dsl.source import Span

ROOFLINE = "Williams, Waterman, Patterson, Roofline (2009)"
TRANSFORMER = "counts of the transformer's matrices; Vaswani et al. (2017)"
HTTP = "RFC 9112, HTTP/1.1, sections 3 and 6; OpenAI API, chat completions"

SMALLEST_REQUEST = (
    "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"
    '{"model":"a","messages":[{"role":"user","content":""}]}'
)
"""Request line, the header fields that HTTP/1.1 demands, and a chat of one empty message."""

BYTES_PER_TOK = 1.0
"""A token stands for at least one byte of text (Sennrich et al., byte-pair encoding, 2016)."""

Spans = tuple[tuple[Span, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The most favourable format of weights that is still allowed."""

    name: str
    weights: float
    read_bytes: float
    """Of the weights that one token needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """All accelerators of a place together, at full speed."""

    devices: float
    memory_bytes: float
    bytes_per_s: float
    flop_per_s: float
    """With the fastest format that is allowed."""
    dtype: str


def violated(problem: Problem) -> tuple[Bound, ...]:
    """Return every bound that fails with all unknowns at their most favourable end."""
    case = problem.easiest()
    formats = _formats(case)
    if not formats or case.place.accelerators < 1:
        return ()
    hardware = _hardware(case, formats)
    spans = _Spans(problem)
    found = (
        *_memory(case, formats, hardware, spans),
        *_first_token(case, formats, hardware, spans),
        *_next_token(case, formats, hardware, spans),
        *_compute(case, hardware, spans),
        *_bandwidth(case, hardware, spans),
        *_network(case, spans),
        *_context(case, spans),
    )
    return tuple(bound for bound in found if bound.ratio > 1.0)


class _Spans:
    """The lines of the user's file that a bound may rest on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def place(self) -> Spans:
        """Return where the hardware stands."""
        span = self.problem.case.place.span
        return ((span, "the hardware"),) if span else ()

    def line(self, objective: Objective) -> Spans:
        """Return where the SLA line stands."""
        return ((objective.span, "cannot hold, even for one request"),)

    def rate(self) -> Spans:
        """Return where the rate stands, if the user's file says it."""
        span = self.problem.service.load.rate_per_s.span
        return ((span, "the demand"),) if span else ()


def _formats(case: Case) -> tuple[Best, ...]:
    return tuple(
        Best(
            name=name,
            weights=weights_bytes(case.model, name),
            read_bytes=read_once_bytes(case.model, name),
        )
        for name in sorted(formats_of(case), key=lambda name: (BYTES_PER_PARAMETER[name], name))
    )


def _hardware(case: Case, formats: tuple[Best, ...]) -> Hardware:
    accelerator = case.place.accelerator
    devices = float(case.place.accelerators)
    fastest = max(formats, key=lambda item: peak_flop_per_s(accelerator, item.name))
    return Hardware(
        devices=devices,
        memory_bytes=devices * accelerator.memory_bytes.value,
        bytes_per_s=devices * accelerator.bandwidth_bytes_per_s.value,
        flop_per_s=devices * peak_flop_per_s(accelerator, fastest.name),
        dtype=compute_dtype(accelerator, fastest.name) or fastest.name,
    )


def _term(name: str, value: float, unit: str, source: str) -> Term:
    return Term(name=name, value=value, unit=unit, source=source)


def _devices(case: Case) -> Term:
    return _term(
        "accelerators", float(case.place.accelerators), "", f"the file, `{case.place.path}`"
    )


def _of_device(case: Case, name: str, value: float, unit: str) -> Term:
    accelerator = case.place.accelerator
    sources = {
        "memory": accelerator.memory_bytes.source,
        "bandwidth": accelerator.bandwidth_bytes_per_s.source,
    }
    source = sources.get(name, "") or f"catalog, {accelerator.id}"
    return _term(f"{name} of one {accelerator.title}", value, unit, source)


def _memory(
    case: Case, formats: tuple[Best, ...], hardware: Hardware, spans: _Spans
) -> Iterator[Bound]:
    """Yield: the weights, in the smallest format allowed, fit into all memory together."""
    best = min(formats, key=lambda item: item.weights)
    device_bytes = case.place.accelerator.memory_bytes.value
    yield Bound(
        code="INF402",
        slug="weights-do-not-fit",
        service=case.service,
        statement="the weights must fit into the memory of all accelerators together",
        formula="weights <= accelerators * memory",
        need=best.weights,
        have=hardware.memory_bytes,
        unit="B",
        ratio=share(best.weights, hardware.memory_bytes),
        terms=(
            _term("parameters", case.model.parameters.value, "", case.model.parameters.source),
            _term(f"weights in {best.name}", best.weights, "B", TRANSFORMER),
            _devices(case),
            _of_device(case, "memory", device_bytes, "B"),
        ),
        spans=spans.place(),
        source="definition",
    )


def _latency_lines(case: Case, *metrics: str) -> Iterator[Objective]:
    return (line for line in hard(case.objectives) if line.metric in metrics)


def _prompt_at(case: Case, line: Objective) -> float:
    """Return the prompt that must still be served in time.

    At best the longest prompts are those that miss: what is left is the percentile of lengths. A
    mean over requests is at least the time of the mean prompt, since longer ones cost ever more.
    """
    if line.percentile is None:
        return case.prompt_mean_tok
    return length_quantile(case.prompt_mean_tok, case.prompt_p95_over_mean, line.percentile)


def _first_token(
    case: Case, formats: tuple[Best, ...], hardware: Hardware, spans: _Spans
) -> Iterator[Bound]:
    """Yield: a prompt is computed, and the weights read once, before the first token."""
    peak = hardware.flop_per_s / hardware.devices
    read = min(item.read_bytes for item in formats)
    bandwidth = case.place.accelerator.bandwidth_bytes_per_s.value
    for line in _latency_lines(case, "ttft", "e2e"):
        limit = line.limit.value
        prompt = _prompt_at(case, line)
        flop = prefill_flop(case.model, prompt)
        yield Bound(
            code="INF401",
            slug="ttft-below-compute",
            service=case.service,
            statement="all accelerators together must compute one prompt in time",
            formula="prompt FLOP / (accelerators * peak) <= limit",
            need=flop / hardware.flop_per_s,
            have=limit,
            unit="s",
            ratio=share(flop / hardware.flop_per_s, limit),
            terms=(
                _term("prompt at that percentile", prompt, "tok", "the file or the catalog"),
                _term("prompt FLOP", flop, "FLOP", TRANSFORMER),
                _devices(case),
                _of_device(case, f"{hardware.dtype} peak", peak, "FLOP/s"),
            ),
            spans=spans.line(line),
            source=ROOFLINE,
        )
        yield Bound(
            code="INF406",
            slug="ttft-below-one-read",
            service=case.service,
            statement="all accelerators together must read the weights once in time",
            formula="weights read / (accelerators * bandwidth) <= limit",
            need=read / hardware.bytes_per_s,
            have=limit,
            unit="s",
            ratio=share(read / hardware.bytes_per_s, limit),
            terms=(
                _term("weights read for one token", read, "B", TRANSFORMER),
                _devices(case),
                _of_device(case, "bandwidth", bandwidth, "B/s"),
            ),
            spans=spans.line(line),
            source=ROOFLINE,
        )


def _next_token(
    case: Case, formats: tuple[Best, ...], hardware: Hardware, spans: _Spans
) -> Iterator[Bound]:
    """Yield: each token of an answer reads the weights and its own KV cache once."""
    read = min(item.read_bytes for item in formats)
    bandwidth = case.place.accelerator.bandwidth_bytes_per_s.value
    for line in _latency_lines(case, "itl", "tpot"):
        cached = kv_bytes(case.model, _prompt_at(case, line))
        needed = (read + cached) / hardware.bytes_per_s
        yield Bound(
            code="INF405",
            slug="tpot-below-one-read",
            service=case.service,
            statement="all accelerators together must read weights and KV cache for each token",
            formula="(weights read + KV cache) / (accelerators * bandwidth) <= limit",
            need=needed,
            have=line.limit.value,
            unit="s",
            ratio=share(needed, line.limit.value),
            terms=(
                _term("weights read for one token", read, "B", TRANSFORMER),
                _term("KV cache of the prompt at that percentile", cached, "B", TRANSFORMER),
                _devices(case),
                _of_device(case, "bandwidth", bandwidth, "B/s"),
            ),
            spans=spans.line(line),
            source=ROOFLINE,
        )


def _arrivals(case: Case, spans: _Spans) -> tuple[Term, Term]:
    """Return the terms of the busiest rate of requests."""
    return (
        _term("rate", case.rate_per_s, "req/s", "the file"),
        _term("peak factor", case.peak, "x", _whence(spans.problem, Quantity.PEAK)),
    )


def _compute(case: Case, hardware: Hardware, spans: _Spans) -> Iterator[Bound]:
    """Yield: the FLOP of all requests fit into the peak of all accelerators together."""
    prompt, output = case.prompt_mean_tok, case.output_mean_tok
    later = max(0.0, output - 1.0)
    per_request = prefill_flop(case.model, prompt)
    per_request += later * decode_flop_per_tok(case.model, prompt + later / 2.0)
    need = case.peak_rate_per_s * per_request
    yield Bound(
        code="INF403",
        slug="compute-exceeded",
        service=case.service,
        statement="all accelerators together must compute what all requests ask for",
        formula="rate * peak factor * FLOP of a request <= accelerators * peak",
        need=need,
        have=hardware.flop_per_s,
        unit="FLOP/s",
        ratio=share(need, hardware.flop_per_s),
        terms=(
            *_arrivals(case, spans),
            _term("mean prompt", prompt, "tok", _whence(spans.problem, Quantity.PROMPT)),
            _term("mean answer", output, "tok", _whence(spans.problem, Quantity.OUTPUT)),
            _term("FLOP of a request", per_request, "FLOP", TRANSFORMER),
            _devices(case),
            _of_device(
                case,
                f"{hardware.dtype} peak",
                hardware.flop_per_s / hardware.devices,
                "FLOP/s",
            ),
        ),
        spans=(*spans.rate(), *spans.place()),
        source=ROOFLINE,
    )


def _bandwidth(case: Case, hardware: Hardware, spans: _Spans) -> Iterator[Bound]:
    """Yield: each token of an answer reads its own context from the KV cache."""
    later = max(0.0, case.output_mean_tok - 1.0)
    context = case.prompt_mean_tok + later / 2.0
    per_request = later * kv_bytes(case.model, context)
    need = case.peak_rate_per_s * per_request
    bandwidth = case.place.accelerator.bandwidth_bytes_per_s.value
    yield Bound(
        code="INF407",
        slug="bandwidth-exceeded",
        service=case.service,
        statement="all accelerators together must read the KV cache of all requests",
        formula="rate * peak factor * KV bytes read by a request <= accelerators * bandwidth",
        need=need,
        have=hardware.bytes_per_s,
        unit="B/s",
        ratio=share(need, hardware.bytes_per_s),
        terms=(
            *_arrivals(case, spans),
            _term("tokens decoded", later, "tok", _whence(spans.problem, Quantity.OUTPUT)),
            _term("mean context", context, "tok", _whence(spans.problem, Quantity.PROMPT)),
            _term("KV cache at that context", kv_bytes(case.model, context), "B", TRANSFORMER),
            _term("KV bytes read by a request", per_request, "B", TRANSFORMER),
            _devices(case),
            _of_device(case, "bandwidth", bandwidth, "B/s"),
        ),
        spans=(*spans.rate(), *spans.place()),
        source=ROOFLINE,
    )


def _network(case: Case, spans: _Spans) -> Iterator[Bound]:
    """Yield: the smallest requests that carry these prompts fit through the network."""
    link = case.place.network
    per_request = len(SMALLEST_REQUEST) + BYTES_PER_TOK * case.prompt_mean_tok
    need = case.peak_rate_per_s * per_request
    nodes = case.place.nodes.value
    have = nodes * link.bandwidth_bytes_per_s.value
    yield Bound(
        code="INF404",
        slug="network-exceeded",
        service=case.service,
        statement="the requests must fit through the network of all nodes together",
        formula="rate * peak factor * bytes of a request <= nodes * bandwidth of the link",
        need=need,
        have=have,
        unit="B/s",
        ratio=share(need, have),
        terms=(
            *_arrivals(case, spans),
            _term("smallest request without a prompt", float(len(SMALLEST_REQUEST)), "B", HTTP),
            _term("mean prompt", case.prompt_mean_tok, "B", "a token is at least one byte of text"),
            _term("bytes of a request", per_request, "B", HTTP),
            _term("nodes", nodes, "", f"the file, `{case.place.path}`"),
            _term(
                f"bandwidth of {link.title}",
                link.bandwidth_bytes_per_s.value,
                "B/s",
                link.bandwidth_bytes_per_s.source or f"catalog, {link.id}",
            ),
        ),
        spans=spans.rate(),
        source=HTTP,
    )


def _context(case: Case, spans: _Spans) -> Iterator[Bound]:
    """Yield: a request of mean length fits into what the model was trained for."""
    need = case.prompt_mean_tok + case.output_mean_tok
    have = float(case.model.context)
    yield Bound(
        code="INF408",
        slug="context-too-short",
        service=case.service,
        statement="a request of mean length must fit into the model's context",
        formula="mean prompt + mean answer <= context",
        need=need,
        have=have,
        unit="tok",
        ratio=share(need, have),
        terms=(
            _term("mean prompt", case.prompt_mean_tok, "tok", "the file or the catalog"),
            _term("mean answer", case.output_mean_tok, "tok", "the file or the catalog"),
            _term("context", have, "tok", f"catalog, {case.model.id}"),
        ),
        spans=spans.rate(),
        source="the model's configuration, max_position_embeddings",
    )


def _whence(problem: Problem, quantity: Quantity) -> str:
    """Return where a number of the easiest case comes from."""
    unknown = next((u for u in problem.unknowns if u.quantity is quantity), None)
    if unknown is None:
        return "the file"
    return f"most favourable value; {unknown.source or unknown.because}".rstrip("; ")
