"""How much comes, and how evenly: ``1000 requests per minute``, ``highly spiky``."""

import re
from collections.abc import Iterator

from inferc.compiler.words.numbers import NUMBER, RANGE_SIGN, number_of, range_of
from inferc.compiler.words.phrases import Found

_NOUN = (
    r"(?:(?:inference|user|chat|api|concurrent|incoming|completion|image|embedding|prediction"
    r"|search)[ ])*"
    r"(?:requests?|reqs?|queries|query|calls?|inferences?|prompts?|messages?|invocations?|images?"
    r"|embeddings?|predictions?|generations?|transactions?|documents?|completions?"
    r"|conversations?|(?:audio |video )?files?|clips?|jobs?|tasks?|items?|pages?"
    r"|chats?|tickets?|emails?|summaries|sentences?)"
)
_TIMES = (
    ("s", r"seconds?|secs?|s"),
    ("min", r"minutes?|mins?|min|m"),
    ("h", r"hours?|hrs?|hr|h"),
    ("d", r"days?|d|nights?"),
    ("week", r"weeks?"),
    ("mo", r"months?|mo"),
)
_TIME = "|".join(rf"(?P<{name}>{words})" for name, words in _TIMES)
_LETTERS = {"s": "s", "m": "min", "h": "h", "d": "d"}
_AMOUNT = rf"(?P<low>{NUMBER})(?:{RANGE_SIGN}(?P<high>{NUMBER}))?\+?"
_BEFORE = (
    r"(?:(?P<peak_before>peak(?:s|ing)?|max(?:imum)?|bursts?|spikes?|up)(?:[ ](?:load|rate"
    r"|traffic))?"
    r"(?:[ ](?:of|at|to|up to))*[ :]*|(?P<mean_before>average|avg|mean|sustained|baseline"
    r"|typical|normally|usually)"
    r"(?:[ ](?:load|rate|traffic))?(?:[ ](?:of|at))*[ :]*)?(?:(?:about|around|roughly"
    r"|approximately|~)[ ]?)?"
)
_AFTER = (
    r"(?:[ ](?P<peak_after>at(?: the)? peak|peak|at most|max(?:imum)?|in bursts|during spikes)"
    r"|[ ](?P<mean_after>on average|average|mean|sustained))?(?![a-z0-9])"
)
_RATE = re.compile(
    rf"(?<![a-z]){_BEFORE}{_AMOUNT}[ -]*(?:{_NOUN}[ ]*(?:/[ ]*|(?:per|an?|each"
    rf"|every)[ ]+)(?:{_TIME})(?![a-z0-9])"
    r"|(?P<letters>[rq]p(?P<letter>[smhd]))(?![a-z0-9]))" + _AFTER
)
_BARE_RATE = re.compile(rf"{_AMOUNT}[ ]*(?:/|per)[ ]*(?:{_TIME})(?![a-z0-9])")
_OTHERS = re.compile(
    rf"(?P<number>{NUMBER})\+?[ -]*(?:concurrent|simultaneous|parallel)[ ](?:\w+[ ])?"
    r"(?:users?|requests?|reqs?|sessions?|connections?|streams?|clients?|conversations?)(?![a-z])"
    rf"|concurrency(?: (?:of|is|at|up to|:))*[ ](?P<after>{NUMBER})(?![a-z])"
    r"|(?P<high>high|massive|heavy|very high|extreme)(?:ly)?[ -]concurren(?:cy|t)(?![a-z])"
)
_FACTOR = re.compile(
    rf"(?P<a>{NUMBER})[ ]?(?:x|times)[ ](?:the[ ])?(?:peaks?|spikes?|bursts?|surges?|average"
    rf"|mean|baseline"
    r"|normal|usual)(?:[ ](?:traffic|load|rate|factor|bursts?|spikes?|peaks?|at peak"
    r"|in peaks?))*(?![a-z])"
    r"|(?:peaks?|spikes?|bursts?|surges?|spiking|bursting|peaking)(?:[ ](?:traffic|load"
    r"|factor|ratio))?"
    rf"(?:[ ](?:of|up|to|at|by|reach|reaching|is|are))*[ ](?P<b>{NUMBER})[ ]?(?:x"
    rf"|times)(?![a-z0-9])"
    r"(?:[ ](?:the[ ])?(?:average|mean|baseline|normal|usual)(?:[ ](?:load|traffic|rate))?)?"
    rf"|peak[ -]to[ -](?:average|mean)(?:[ ]ratio)?(?:[ ](?:of|is))*[ ](?P<c>{NUMBER})(?:x"
    rf"|:1)?(?![a-z0-9])"
)
_SHAPE = re.compile(
    r"(?<![a-z])(?:(?:highly|very|extremely|quite|sometimes|often|fairly|somewhat|sudden"
    r"|short|large|huge)[ ])*"
    r"(?:(?P<spiky>spik(?:y|es?|ing)|burst(?:y|s|ing)?|surg(?:es?|ing)|erratic|unpredictable"
    r"|(?:highly[ ]|very[ ])?variable[ ](?:traffic|load|rate)|fluctuating|flash crowds?)"
    r"|(?P<steady>steady|constant|uniform(?=[ ](?:traffic|load|rate|arrival))"
    r"|flat(?=[ ](?:traffic|load|rate))"
    r"|predictable|stable(?=[ ](?:traffic|load|rate))|even(?=[ ](?:traffic|load|rate))))"
    r"(?:[ ](?:traffic|load|rate|demand|arrivals?|pattern|patterns|workload|stream))*(?![a-z])"
)
_DAILY = re.compile(
    r"(?<![a-z])(?:diurnal|business hours|office hours|working hours|daytime|nightly"
    r"|overnight|weekends?"
    r"|seasonal|daily pattern|(?:in|at|during)(?: the)? (?:mornings?|evenings?|nights?"
    r"|afternoons?|lunch))(?:[ ](?:traffic|load|pattern|peaks?|only))*(?![a-z])"
)


PER_USER = "per_user"
"""How a rate is meant that each of several people has."""
_EACH = re.compile(
    r"(?:each|every|a|one|per)(?:[ ](?:user|client|developer|customer|person|agent|of them|one))?"
    r"(?:[ ](?:\w+ing|sends?|makes?|issues?|asks?|does|with))?[ ]*$"
)
_EACH_BEHIND = re.compile(
    r"[ ]*(?:/|per|each|for each|from each|by each)[ ](?:user|client"
    r"|session|developer)s?|[ ]+(?:each|apiece)[ .]*$"
)
_PEOPLE = re.compile(
    rf"(?:for[ ])?(?P<number>{NUMBER})\+?[ ](?:\w+[ ])?(?:developers?|employees?|customers?"
    rf"|people|engineers?|users?|colleagues?|persons?|coworkers?|co-workers?|members|analysts?"
    r"|agents?|clients?|students?|seats?)(?![a-z])"
)


def read_traffic(text: str) -> Iterator[Found]:
    """Yield rates, peaks, the shape of the load, and how many come at once."""
    taken: list[tuple[int, int]] = []
    for found in (*_rates(text), *_factors(text), *_concurrency(text)):
        if not any(start < found.end and found.start < end for start, end in taken):
            taken.append((found.start, found.end))
            yield found
    for match in _SHAPE.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            yield Found("shape", match.start(), match.end(), match.lastgroup or "spiky")
    for match in _DAILY.finditer(text):
        yield Found("noted", match.start(), match.end(), "daily")


def _rates(text: str) -> Iterator[Found]:
    named = list(_RATE.finditer(text))
    for match in named:
        groups = match.groupdict()
        peak = bool(groups["peak_before"] or groups["peak_after"])
        unit = _LETTERS[groups["letter"]] if groups["letter"] else _time_of(match)
        found = _rate(match, unit, "peak" if peak else "mean")
        before, behind = _each(text, match)
        if before or behind:
            found = found._replace(how=PER_USER, start=found.start - before, end=found.end + behind)
        yield found
    for match in _BARE_RATE.finditer(text):
        if not any(other.start() <= match.start() < other.end() for other in named):
            yield _rate(match, _time_of(match), "mean")


def _each(text: str, match: re.Match[str]) -> tuple[int, int]:
    """Return how many letters before and behind a rate say that each of several has it."""
    before = _EACH.search(text[: match.start()])
    behind = _EACH_BEHIND.match(text, match.end())
    said = before is not None and before.group().strip() not in {"a", "one", "per"}
    return (
        len(before.group()) if before is not None and said else 0,
        len(behind.group()) if behind else 0,
    )


def _rate(match: re.Match[str], unit: str, how: str) -> Found:
    low, high = match["low"], match["high"]
    ends = range_of(low, high) if high else (number_of(low), None)
    return Found("rate", match.start(), match.end(), unit, ends[0], ends[1], how)


def _time_of(match: re.Match[str]) -> str:
    return next(name for name, _ in _TIMES if match[name])


def _factors(text: str) -> Iterator[Found]:
    for match in _FACTOR.finditer(text):
        number = number_of(match["a"] or match["b"] or match["c"])
        if number >= 1:
            yield Found("peak", match.start(), match.end(), low=number)


def _concurrency(text: str) -> Iterator[Found]:
    for match in _OTHERS.finditer(text):
        number = match["number"] or match["after"]
        low = number_of(number) if number else None
        yield Found("concurrency", match.start(), match.end(), "" if number else "high", low)
    for match in _PEOPLE.finditer(text):
        yield Found("people", match.start(), match.end(), low=number_of(match["number"]))
