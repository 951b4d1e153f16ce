"""What must hold: ``500ms time-to-first-token SLA``, ``10 ms p99``, ``50 tokens/s per user``."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from inferc.compiler.words.numbers import NUMBER, number_of, unit
from inferc.compiler.words.phrases import Found

UNNAMED = "latency"
"""A latency of which nobody says from where to where."""

_METRICS = (
    ("ttft", r"ttft|time[ -]*to[ -]*(?:the[ -]*)?first[ -]*(?:token|byte)|first[ -]tokens?"),
    (
        "itl",
        r"itl|inter[ -]?token|tbt|(?:time[ -])?between[ -](?:two[ -])?tokens|token[ -]to[ -]token",
    ),
    (
        "tpot",
        r"tpot|time[ -]per[ -](?:output[ -])?token|(?:per|each|every)[ -](?:output[ -])?token",
    ),
    (
        "e2e",
        (
            r"e2e|end[ -]to[ -]end|(?:total|full|overall|whole|request|response|answer|reply"
            r"|completion)"
            r"[ -](?:latency|time)|turnaround(?:[ -]time)?|latency per (?:request|query)"
        ),
    ),
    (UNNAMED, r"latency|latencies|response|respond(?:s|ing)?|answered|answers?|reply|replies"),
)
_METRIC = re.compile(
    "|".join(
        rf"(?P<{name}>(?<![a-z0-9])(?:{words})(?:[ -](?:latency|latencies|delay))?(?![a-z0-9]))"
        for name, words in _METRICS
    )
)
_UNIT = (
    r"(?:ms|msecs?|milli-?seconds?|us|micro-?seconds?|s|secs?|seconds?|min|mins|minutes?"
    r"|h|hrs?|hours?)"
)
_DURATION = re.compile(
    rf"(?P<number>{NUMBER})[ -]?(?P<unit>{_UNIT})(?![a-z0-9])|(?<![a-z])sub-?(?P<sub>second"
    rf"|ms|millisecond)"
    r"(?![a-z0-9])|(?:under|within|below|in|than)[ ](?P<one>a second)(?![a-z])"
)
_PERCENTILE = re.compile(
    r"(?<![a-z0-9])(?:p(?P<p>\d{2}(?:\.\d{1,2})?)(?![a-z0-9])"
    r"|(?P<th>\d{2}(?:\.\d{1,2})?)(?:th|st|nd|rd)?"
    r"[ -]?(?:percentile|%-?ile|pctl?)(?![a-z])|(?P<share>\d{2}(?:\.\d{1,2})?)[ ]?(?:%"
    r"|percent)[ ]of[ ](?:all[ ]|the[ ])?"
    r"(?:requests|queries|calls|users|cases|time|traffic|answers)"
    r"|(?:for|in)[ ](?P<bare>\d{2}(?:\.\d{1,2})?)[ ]?(?:%|percent)(?![a-z])"
    r"|(?P<median>median)(?![a-z])"
    r"|(?P<mean>average|mean|avg)(?![a-z]))"
)
_ASKING = re.compile(
    r"(?<![a-z])(?:sla|slo|slas|slos|target|budget|limit|bound|goal|objective|within|under"
    r"|below|at most"
    r"|less than|no more than|not exceed(?:ing)?|max(?:imum)?|<)(?![a-z])|<"
)
_PER_USER = re.compile(
    rf"(?P<number>{NUMBER})\+?[ -]*(?:tokens?|toks?|tok|t)[ ]*(?:/|per|a)[ ]*(?:seconds?"
    rf"|secs?|s)[ ]*(?:/|per|for"
    r"(?: each| every)?|each)[ ]*(?:users?|requests?|streams?|sequences?|sessions?"
    r"|clients?)(?![a-z])"
)
_IN_TOTAL = re.compile(
    rf"(?P<number>{NUMBER})\+?[ -]*(?:(?:output|generated|generation|total|aggregate)[ ])*"
    r"(?:tokens?|toks?|tok)[ ]*(?:/|per|a|each)[ ]*(?P<unit>seconds?|secs?|s|minutes?|min"
    r"|hours?|h|days?|d)"
    r"(?![a-z])(?: (?:in total|total|overall|aggregate|throughput|of throughput))*"
)
_UNITS = {"s": "s", "m": "min", "h": "h", "d": "d"}
_SHORT = {"msec": "ms", "msecs": "ms", "milli-second": "ms", "milli-seconds": "ms"} | {
    "micro-second": "us",
    "micro-seconds": "us",
}


def read_latencies(text: str) -> Iterator[Found]:
    """Yield the lines of an SLA in ``text``: durations, each with its metric and percentile."""
    yield from _token_rates(text)
    times = [m for m in _DURATION.finditer(text) if not _of_a_rate(text, m)]
    metrics = list(_METRIC.finditer(text))
    percentiles = list(_PERCENTILE.finditer(text))
    asks = [m for m in _ASKING.finditer(text) if m.group() in {"sla", "slo", "slas", "slos"}]
    for time in times:
        metric = _nearest(time, [m for m in metrics if m.lastgroup != UNNAMED]) or _nearest(
            time, metrics
        )
        percentile = _percentile_of(metric, time, metrics, percentiles)
        asked = _nearest(time, asks)
        if metric is None and percentile is None and asked is None:
            continue
        parts = [part for part in (time, metric, percentile, asked) if part is not None]
        yield Found(
            "sla",
            min(part.start() for part in parts),
            max(part.end() for part in parts),
            (metric.lastgroup if metric else "") or UNNAMED,
            seconds(time),
            how=_percentile(percentile),
        )


def seconds(match: re.Match[str]) -> Fraction:
    """Return a duration that was matched."""
    if match["one"]:
        return unit("s")
    if match["sub"]:
        return unit("s" if match["sub"] == "second" else "ms")
    return number_of(match["number"]) * unit(
        _SHORT.get(match["unit"], match["unit"]).replace("-", "")
    )


def _token_rates(text: str) -> Iterator[Found]:
    """Yield what is said of tokens a second: of one answer, or of all of them."""
    taken: list[re.Match[str]] = []
    for match in _PER_USER.finditer(text):
        taken.append(match)
        speed = number_of(match["number"])
        if speed:
            yield Found("sla", match.start(), match.end(), "tpot", 1 / speed)
    for match in _IN_TOTAL.finditer(text):
        if any(other.start() <= match.start() < other.end() for other in taken):
            continue
        number = number_of(match["number"])
        if number:
            time = _UNITS[match["unit"][0]]
            yield Found("token_rate", match.start(), match.end(), time, number)


def _of_a_rate(text: str, match: re.Match[str]) -> bool:
    """Return whether a duration is the window of something else: ``per 5 minutes``."""
    return bool(re.search(r"(?:per|every|each|last|for)\s*$", text[: match.start()]))


def _nearest(time: re.Match[str], others: Sequence[re.Match[str]]) -> re.Match[str] | None:
    """Return the one of ``others`` with the fewest letters between it and ``time``."""

    def gap(other: re.Match[str]) -> tuple[int, int]:
        before, after = time.start() - other.end(), other.start() - time.end()
        return max(before, after), other.start()

    apart = [
        other for other in others if other.end() <= time.start() or other.start() >= time.end()
    ]
    return min(apart, key=gap, default=None)


def _percentile_of(
    metric: re.Match[str] | None,
    time: re.Match[str],
    metrics: Sequence[re.Match[str]],
    percentiles: Sequence[re.Match[str]],
) -> re.Match[str] | None:
    """Return the percentile that a metric is named with, or else the nearest one that is free.

    In "p95 TTFT below 1 second and p99 e2e" the nearer of the two belongs to the other metric.
    """
    own: re.Match[str] | None = None
    others: list[re.Match[str]] = []
    for named in metrics:
        with_it = _named_with(named, percentiles)
        if with_it is None:
            continue
        if named is metric:
            own = with_it
        elif named.lastgroup != UNNAMED:
            others.append(with_it)
    return own or _nearest(time, [item for item in percentiles if item not in others])


def _named_with(
    metric: re.Match[str], percentiles: Sequence[re.Match[str]]
) -> re.Match[str] | None:
    """Return the percentile right before a metric: ``p95 TTFT``, ``99th percentile of TPOT``."""
    before = [item for item in percentiles if item.end() <= metric.start()]
    if not before:
        return None
    between = metric.string[before[-1].end() : metric.start()]
    return before[-1] if re.fullmatch(r"[ :-]*(?:of |for |in )?(?:the )?", between) else None


def _percentile(match: re.Match[str] | None) -> str:
    """Return ``p99``, ``mean``, or nothing where nobody says."""
    if match is None:
        return ""
    if match["median"]:
        return "p50"
    return (
        "mean"
        if match["mean"]
        else f"p{match['p'] or match['th'] or match['share'] or match['bare']}"
    )
