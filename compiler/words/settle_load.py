"""How much comes, how long it is, what must hold, and what is wanted once it holds."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from inferc.compiler.words.desk import Desk, Line, distinct, words_of
from inferc.compiler.words.latency import UNNAMED
from inferc.compiler.words.numbers import unit, written
from inferc.compiler.words.phrases import Reading
from inferc.compiler.words.traffic import PER_USER

USUAL_PERCENTILE = "p95"
"""Of an SLA of which nobody says for how many of the requests it must hold."""

_TAIL = Fraction(95, 100)
_USES = ("code_completion", "long_context", "question_answering", "conversation")
"""The most special first: a chat about long documents is about long documents."""
_WORDS_PER_TOKEN = Fraction(3, 4)
"""Of English text. Source: OpenAI, What are tokens and how to count them,
https://help.openai.com/en/articles/4936856-what-are-tokens-and-how-to-count-them."""
_ONE = Fraction(1)
_INTERACTIVE = (("ttft", "450ms"), ("tpot", "40ms"))
"""Source: MLPerf Inference v5.0, constraints of Llama 2 70B in the interactive scenario,
https://github.com/mlcommons/inference_policies/blob/master/inference_rules.adoc."""
_INTERACTIVE_SOURCE = "MLPerf's interactive scenario"


class Load(NamedTuple):
    """The lines of a load, of its SLA and of the service's goal."""

    load: list[Line]
    sla: list[Line]
    service: list[Line]
    assumed: list[Line]
    """Fields of the load that nobody stated, for an ``assume`` block."""


def load_lines(desk: Desk, *, network: bool) -> Load:
    """Return what the descriptions say of the demand and of what must hold."""
    sla = [*_sla_lines(desk, network=network), *_throughput_lines(desk)]
    lengths, assumed = _length_lines(desk)
    rates, peak = _rate_lines(desk)
    goal = _goal_lines(desk, has_rate=bool(rates), has_sla=bool(sla))
    if network:  # whose replicas are planned for the peak, at the least cost
        goal = [line for line in goal if line.value == "cost"]
    if not rates and not any(line.value == "throughput" for line in goal):
        assumed = [_one_request_a_second(), *assumed]
    if not sla:
        sla = _least_lines(rates, goal, network=network)
    load = [*rates, *peak, *_use_lines(desk, network=network, lengths=lengths), *lengths]
    return Load(load, sla, [*_api_lines(desk), *goal], assumed)


def _least_lines(rates: Sequence[Line], goal: Sequence[Line], *, network: bool) -> list[Line]:
    """Return what must hold where no limit is said: the stated rate is carried.

    Where low latency is asked for, without a number, the limits that a benchmark calls interactive
    are wished for: no plan is refused because of them.
    """
    if any(line.value == "latency" for line in goal) and not network:
        because = f"{goal[0].because}; no limit is said: those of {_INTERACTIVE_SOURCE}"
        return [Line(f"prefer p99 {name}", most, because, "<=") for name, most in _INTERACTIVE]
    if not rates:
        return [Line("throughput", "1 req/s", "no rate is said", ">=")] if network else []
    most = re.search(r"high = ([^,]+)", rates[0].value)
    because = f"{rates[0].because}; no latency is said: the rate is carried"
    return [Line("throughput", most[1] if most else rates[0].value, because, ">=")]


# ---- rates -----------------------------------------------------------------------------------


def _rate_lines(desk: Desk) -> tuple[list[Line], list[Line]]:
    """Return the line of the mean rate, and those of how the load varies."""
    rates = [item for item in desk.take("rate") if item.low]
    single = [item for item in rates if item.how == PER_USER]
    if single:
        return _of_users(desk, single), [*_factor_line(desk, desk.take("peak")), *_shape_line(desk)]
    means = [item for item in rates if item.how != "peak"]
    peaks = [item for item in rates if item.how == "peak"]
    factors = desk.take("peak")
    shape = _shape_line(desk)
    if not rates:
        return [], [*_factor_line(desk, factors), *shape]
    if not means:
        top = max(peaks, key=_per_second)
        line = Line("rate", _rate_text(top), words_of(peaks))
        one = Line("peak", "1x", words_of(peaks, extra="the rate is that of the peak already"))
        return [line], [one, *[item for item in shape if item.value == "steady"]]
    mean = max(means, key=_per_second)
    if len({_per_second(item) for item in means}) > 1:
        desk.contradiction(
            distinct(means, _per_second), taken=_rate_text(mean), why="the highest is planned for"
        )
    line = Line("rate", _rate_text(mean), words_of(means))
    if peaks and not factors:
        ratio = max(_ONE, max(map(_per_second, peaks)) / _per_second(mean))
        return [line], [
            Line("peak", f"{written(ratio)}x", words_of(peaks)),
            *_without_steady(shape),
        ]
    return [line], [*_factor_line(desk, factors), *shape]


def _of_users(desk: Desk, single: Sequence[Reading]) -> list[Line]:
    """Return the rate of all users together; without their number it stays unknown."""
    users = [item for item in (*desk.take("concurrency"), *desk.take("people")) if item.low]
    if not users:
        desk.leave(single)
        return []
    each = max(single, key=_per_second)
    number = max(item.low or _ONE for item in users) * (each.low or _ONE)
    return [Line("rate", f"{written(number)} req/{each.word}", words_of([*users, *single]))]


def _shape_line(desk: Desk) -> list[Line]:
    """Return what the load looks like in time; a word that is denied is the other one."""
    words: dict[str, list[Reading]] = {"spiky": [], "steady": []}
    for word, other in (("spiky", "steady"), ("steady", "spiky")):
        words[word] += desk.take("shape", word=word)
        words[other] += desk.take("shape", word=word, negated=True)
    said = [word for word, readings in words.items() if readings]
    if len(said) > 1:
        desk.contradiction(
            [*words["spiky"], *words["steady"]], taken="spiky", why="it is the harder of the two"
        )
    return [Line("shape", said[0], words_of(words[said[0]]))] if said else []


def _factor_line(desk: Desk, factors: Sequence[Reading]) -> list[Line]:
    if not factors:
        return []
    numbers = sorted({item.low or _ONE for item in factors})
    if len(numbers) > 1:
        taken = f"{written(numbers[-1])}x"
        desk.contradiction(factors, taken=taken, why="the highest peak is planned for")
    return [Line("peak", f"{written(numbers[-1])}x", words_of(factors))]


def _without_steady(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.value != "steady"]


def _per_second(item: Reading) -> Fraction:
    return (item.high or item.low or Fraction(0)) / unit(item.word)


def _rate_text(item: Reading) -> str:
    low, high, time = item.low or Fraction(0), item.high, item.word
    if high is None or high == low:
        return f"{written(low)} req/{time}"
    middle = (low + high) / 2
    return (
        f"between(low = {written(low)} req/{time}, high = {written(high)} req/{time}, "
        f"typical = {written(middle)} req/{time})"
    )


def _one_request_a_second() -> Line:
    return Line("load.rate", "1 req/s", "no rate is said", confidence="low")


# ---- lengths ---------------------------------------------------------------------------------


def _length_lines(desk: Desk) -> tuple[list[Line], list[Line]]:
    """Return the lengths that are stated, and those that are assumed from their ends."""
    stated: list[Line] = []
    assumed: list[Line] = []
    for topic in ("prompt", "output"):
        readings = [item for item in desk.take(topic) if item.low]
        means = [item for item in readings if item.how in {"", "mean"}]
        tops = [item for item in readings if item.how in {"up_to", "p95"}]
        ranges = [item for item in readings if item.how == "range"]
        field = f"{topic}_tokens"
        if means:
            stated.append(_mean_line(desk, field, means, [*tops, *ranges]))
        elif ranges or tops:
            assumed.append(_spread_line(desk, field, ranges or tops))
    return stated, assumed


def _mean_line(desk: Desk, field: str, means: Sequence[Reading], tops: Sequence[Reading]) -> Line:
    numbers = sorted({_tokens(item, item.low) for item in means})
    if len(numbers) > 1:
        desk.contradiction(
            means, taken=f"{_tok(numbers[-1])} on average", why="the longest is planned for"
        )
    mean = numbers[-1]
    ends = [_tokens(item, item.high or item.low) for item in tops]
    ends = [end for end in ends if end > mean]
    if not ends:
        return Line(field, _tok(mean), words_of(means))
    value = f"dist(mean = {_tok(mean)}, p95 = {_tok(max(ends))})"
    return Line(field, value, words_of([*means, *tops]))


def _spread_line(desk: Desk, field: str, ends: Sequence[Reading]) -> Line:
    """Return what is assumed of lengths of which only the ends are said: they are spread evenly.

    The mean of an even spread is the middle, its 95th percentile lies 95% of the way up. Where they
    are not even the mean lies elsewhere, from halfway down to the lower end, up to where the same
    tail would reach the upper end.
    """
    longest = max(ends, key=lambda item: _tokens(item, item.high or item.low))
    low = _tokens(longest, longest.low) if longest.high else Fraction(0)
    high = _tokens(longest, longest.high or longest.low)
    if len({(item.low, item.high) for item in ends}) > 1:
        desk.contradiction(ends, taken=f"up to {_tok(high)}", why="the longest is planned for")
    mean = (low + high) / 2
    ratio = (low + _TAIL * (high - low)) / mean
    least, most = (low + mean) / 2, high / ratio
    value = (
        f"dist(mean = between(low = {_tok(least)}, high = {_tok(most)}, typical = {_tok(mean)}), "
        f"p95_over_mean = {written(_rounded(ratio))})"
    )
    because = words_of(ends, extra="spread evenly between the ends")
    return Line(f"load.{field}", value, because, confidence="medium")


def _tokens(item: Reading, number: Fraction | None) -> Fraction:
    tokens = number or Fraction(0)
    return tokens / _WORDS_PER_TOKEN if item.word.startswith("word") else tokens


def _tok(number: Fraction) -> str:
    return f"{written(Fraction(max(1, round(number))))} tok"


def _rounded(ratio: Fraction) -> Fraction:
    return Fraction(round(ratio * 100), 100)


# ---- uses and goals --------------------------------------------------------------------------


def _use_lines(desk: Desk, *, network: bool, lengths: Sequence[Line]) -> list[Line]:
    """Return the kind of use, where lengths are taken from it."""
    uses = desk.look("use")
    if network or len(lengths) == len(("prompt", "output")):
        return []
    desk.take("use")
    word = next((word for word in _USES if any(item.word == word for item in uses)), "")
    chosen = [item for item in uses if item.word == word]
    return [Line("workload", word, words_of(chosen))] if chosen else []


def _api_lines(desk: Desk) -> list[Line]:
    chats = desk.take("use", word="conversation")
    no_chat = desk.take("use", word="conversation", negated=True)
    if chats and no_chat:
        desk.contradiction([*chats, *no_chat], taken="a chat", why="it is asked for somewhere")
    if chats:
        return [Line("api", "openai_chat", words_of(chats))]
    return [Line("api", "openai_completions", words_of(no_chat))] if no_chat else []


def _goal_lines(desk: Desk, *, has_rate: bool, has_sla: bool) -> list[Line]:
    """Return what is strived for once the SLA holds; nothing where the default will do."""
    said = {word: desk.take("goal", word=word) for word in ("throughput", "latency", "cost")}
    desk.take("goal", negated=True)
    batch = (*desk.take("mode", word="batch"), *desk.take("mode", word="online", negated=True))
    online = (*desk.take("mode", word="online"), *desk.take("mode", word="batch", negated=True))
    if said["latency"] and has_sla:
        said["latency"] = ()
    wanted = [word for word, readings in said.items() if readings]
    if len(wanted) > 1:
        taken = _first_goal(wanted, has_rate=has_rate)
        readings = [item for word in wanted for item in said[word]]
        desk.contradiction(
            readings,
            taken=f"`goal = {taken}`",
            why="one goal orders the plans; the others need a line of the SLA or a budget",
        )
        return [Line("goal", taken, words_of(said[taken]))]
    if wanted == ["cost"] and not has_rate:
        extra = "no rate is said: as much as possible for the money"
        return [Line("goal", "throughput", words_of(said["cost"], extra=extra))]
    if wanted:
        return [Line("goal", wanted[0], words_of(said[wanted[0]]))]
    if online and not has_sla:
        return [Line("goal", "latency", words_of(online))]
    return [] if has_rate else [_goal_without_rate(batch)]


def _goal_without_rate(batch: Sequence[Reading]) -> Line:
    if batch:
        return Line("goal", "throughput", words_of(batch, extra="no rate is said"))
    return Line("goal", "throughput", "no rate is said: as much as the hardware carries")


def _first_goal(wanted: Sequence[str], *, has_rate: bool) -> str:
    order = ("cost", "throughput", "latency") if has_rate else ("throughput", "latency", "cost")
    return next(word for word in order if word in wanted)


# ---- what must hold --------------------------------------------------------------------------


def _sla_lines(desk: Desk, *, network: bool) -> list[Line]:
    """Return a line for each metric and percentile, the strictest where there are several."""
    limits: dict[tuple[str, str], list[Reading]] = {}
    for item in desk.take("sla"):
        if item.low:
            limits.setdefault((_metric(item, network=network), _percentile(item)), []).append(item)
    lines: list[Line] = []
    for (metric, percentile), readings in sorted(limits.items()):
        strictest = min(readings, key=lambda item: item.low or _ONE)
        if len({item.low for item in readings}) > 1:
            desk.contradiction(
                readings,
                taken=f"{percentile} {metric} <= {_time(strictest)}",
                why="the strictest counts",
            )
        _say_what_was_open(desk, strictest, metric, percentile)
        because = words_of(readings, extra=_open_words(strictest))
        lines.append(Line(f"{percentile} {metric}", _time(strictest), because, "<="))
    return lines


def _metric(item: Reading, *, network: bool) -> str:
    if network:
        return UNNAMED
    return "e2e" if item.word == UNNAMED else item.word


def _percentile(item: Reading) -> str:
    return {"": USUAL_PERCENTILE, "mean": "p50"}.get(item.how, item.how)


def _open_words(item: Reading) -> str:
    if item.how == "mean":
        return "an average is no percentile: p50"
    return "" if item.how else f"no percentile is said: {USUAL_PERCENTILE}"


def _say_what_was_open(desk: Desk, item: Reading, metric: str, percentile: str) -> None:
    if item.word == UNNAMED and metric == "e2e":
        desk.ambiguity(
            item,
            taken=f"{percentile} e2e: from the request to the last token",
            others=("ttft, the time to the first token", "tpot, the time per token"),
            say='say "time to first token" or "end-to-end latency"',
        )


def _throughput_lines(desk: Desk) -> list[Line]:
    rates = [item for item in desk.take("token_rate") if item.low]
    if not rates:
        return []
    most = max(rates, key=_per_second)
    return [
        Line("throughput", f"{written(most.low or _ONE)} tok/{most.word}", words_of(rates), ">=")
    ]


def _time(item: Reading) -> str:
    """Return a duration in the unit that people would choose."""
    value = item.low or Fraction(0)
    for name in ("h", "min", "s", "ms"):
        in_unit = value / unit(name)
        least = 2 if name in {"h", "min"} else 1
        if in_unit >= least and (in_unit * 100).denominator == 1:
            return f"{written(in_unit)}{name}"
    name = "ms" if value >= unit("ms") else "us"
    return f"{written(Fraction(int(value / unit(name) * 100), 100))}{name}"
