"""How long prompts and answers are: ``average input 500 tokens``, ``up to 20K tokens``."""

import re
from collections.abc import Iterator
from fractions import Fraction

from inferc.compiler.words.numbers import NUMBER, number_of, range_of, unit
from inferc.compiler.words.phrases import Found

_SIDES = {
    "prompt": r"inputs?|prompts?|payloads?|prefill|questions?|isl|documents?|messages?"
    r"|input sequences?"
    r"|context(?= of| length)",
    "output": r"outputs?|responses?|answers?|generations?|generated|completions?|decode"
    r"|repl(?:y|ies)|summar(?:y|ies)|osl"
    r"|output sequences?",
}
_SIDE = "|".join(rf"(?P<{name}>(?<![a-z])(?:{words})(?![a-z]))" for name, words in _SIDES.items())
_CONTEXT = re.compile(
    rf"(?P<before>{NUMBER})[ -]*(?:tokens?|toks?|tok)?[ -]*(?:context(?:s|[ -](?:windows?"
    rf"|length|size))?"
    r"|max(?:imum)?[ ](?:model|sequence)[ ]len(?:gth)?|sequence length)(?![a-z])"
    rf"|(?:context(?:[ -](?:windows?|length|size))?|max(?:imum)?[ _](?:model|sequence"
    rf"|seq)[ _]len(?:gth)?"
    rf"|sequence length)(?:[ ](?:of|up|to|is|at|max(?:imum)?))*[ :=]+(?P<after>{NUMBER})"
    r"(?:[ -]*(?:tokens?|toks?|tok)(?![a-z]))?"
)
_NUMBER_OF_TOKENS = re.compile(
    rf"(?P<how>(?:(?:up|between|at|from|about|around|roughly|approximately|~|max(?:imum)?"
    rf"|average|avg|mean"
    r"|median|typical(?:ly)?|most|to|of|p95|as long as|a)[ ]?)*)"
    rf"(?P<low>{NUMBER})(?:[ ]*(?:-|to|and|\.\.)[ ]*(?P<high>{NUMBER}))?"
    r"[ -]*(?P<unit>tokens?|toks?|tok|words?)?(?![a-z0-9/])(?!\s*(?:/|per)\s)"
)
_QUALIFIERS = (
    ("up_to", r"up to|max(?:imum)?|at most|no more than|limit|longest|as long as|<"),
    ("p95", r"p95|95th"),
    ("mean", r"average|avg|mean|typical(?:ly)?|median|on average|about|around|roughly|~"),
)
_SLASH = re.compile(
    rf"(?P<low>{NUMBER})[ ]?/[ ]?(?P<high>{NUMBER})[ ]*(?:tokens?)?[ ]*"
    r"(?:\(?in(?:put)?[ ]?/[ ]?out(?:put)?\)?)"
    rf"|(?:isl|input)[ ]?/[ ]?(?:osl|output)(?:[ ](?:of|is"
    rf"|tokens?))*[ :=]*(?P<a>{NUMBER})[ ]?/[ ]?(?P<b>{NUMBER})"
    r"(?:[ ]*tokens?)?"
)
_LONG = re.compile(
    r"(?<![a-z])(?:(?P<long>(?:very |massive |large |huge |long )+(?:inputs?|prompts?"
    r"|input payloads?|contexts?))"
    r"|(?P<short>(?:very |small )*short (?:inputs?|prompts?|answers?|outputs?"
    r"|responses?)))(?![a-z])"
)
_COUNTED = re.compile(
    r"[ ](?:[a-z]+[ ])?(?:documents|messages|questions|prompts|payloads|summaries|replies|responses"
    r"|answers|completions)(?![a-z])"
)
"""What is counted, not measured, behind a number without a unit: ``2 million documents``."""
_AMOUNT = re.compile(
    rf"(?P<number>{NUMBER})[ ](?:[a-z]+[ ])?(?:documents|messages|questions|prompts|files|pages"
    r"|clips|images|tickets|emails|sentences|summaries)(?![a-z])"
)
_OF_EACH = re.compile(
    rf"(?P<how>(?:(?:up|to|at|about|around|roughly|approximately|~|max(?:imum)?|average|avg|mean"
    rf"|median|most|of)[ ]?)*)(?P<low>{NUMBER})(?:[ ]*(?:-|to|\.\.)[ ]*(?P<high>{NUMBER}))?"
    r"[ -]*(?P<unit>tokens?|toks?|tok|words?)[ ](?:each|apiece|per[ ](?:request|query|item|call))"
    r"(?![a-z])"
)
EACH = "length_of_each"
"""Topic of a length whose side stands in an earlier clause: ``2000 documents, 300 tokens each``."""
_FAR = 10**4
"""As good as no word: something else that was read, or a number, stands in between."""
_FEWEST = 8
"""A bare number below is hardly a length: ``2 prompts`` are two of them."""


def read_context(text: str) -> Iterator[Found]:
    """Yield the context windows in ``text``."""
    for match in _CONTEXT.finditer(text):
        number = number_of(match["before"] or match["after"])
        yield Found("context", match.start(), match.end(), low=number)


def read_lengths(text: str) -> Iterator[Found]:
    """Yield the lengths of prompts and answers in ``text``, each with the side it is nearest to."""
    slashes = list(_SLASH.finditer(text))
    for match in slashes:
        first, second = match["low"] or match["a"], match["high"] or match["b"]
        yield Found("prompt", match.start(), match.end(), low=number_of(first), how="mean")
        yield Found("output", match.start(), match.end(), low=number_of(second), how="mean")
    if slashes:
        return
    sides = list(re.finditer(_SIDE, text))
    if not sides:
        yield from _of_each(text)
    for number in _NUMBER_OF_TOKENS.finditer(text):
        side = _side_of(number, sides, text)
        if side is None or not (number["unit"] or _is_long(number)):
            continue
        if not number["unit"] and _COUNTED.match(text, number.end()):
            continue
        start = min(number.start(), side.start())
        end = max(number.end(), side.end())
        before = text[max(0, start - len("average ")) : start]
        widened = re.search(r"(?:average|avg|mean|max|maximum|variable|massive|typical)\s$", before)
        start -= len(widened.group()) if widened else 0
        low, high = number["low"], number["high"]
        ends = range_of(low, high) if high else (number_of(low), None)
        how = "range" if high else _how(text[start:end])
        unit = number["unit"] or ""
        yield Found(side.lastgroup or "prompt", start, end, unit, ends[0], ends[1], how)


def side_before(text: str) -> str:
    """Return the side that was named last in what stands before; a prompt where none was."""
    named = [match.lastgroup or "prompt" for match in re.finditer(_SIDE, text)]
    return named[-1] if named else "prompt"


def _of_each(text: str) -> Iterator[Found]:
    for number in _OF_EACH.finditer(text):
        low, high = number["low"], number["high"]
        ends = range_of(low, high) if high else (number_of(low), None)
        how = "range" if high else _how(number.group())
        yield Found(EACH, number.start(), number.end(), number["unit"], ends[0], ends[1], how)


def read_vague_lengths(text: str) -> Iterator[Found]:
    """Yield long and short prompts that nobody puts a number to, and numbers of them alone."""
    for match in _AMOUNT.finditer(text):
        yield Found("amount", match.start(), match.end(), low=number_of(match["number"]))
    for match in _LONG.finditer(text):
        yield Found("noted", match.start(), match.end(), "length")


def _is_long(number: re.Match[str]) -> bool:
    return number_of(number["low"]) >= _FEWEST


def _side_of(number: re.Match[str], sides: list[re.Match[str]], text: str) -> re.Match[str] | None:
    """Return what a number of tokens is the length of: the word nearest to it.

    Where a word stands on either side, the one with nothing but small words in between.
    """

    def gap(side: re.Match[str]) -> tuple[int, int]:
        before = side.end() <= number.start()
        between = text[side.end() : number.start()] if before else text[number.end() : side.start()]
        crossed = bool(re.search(r"\d", between)) or "\x00" in between
        return (len(between) + (_FAR if crossed else 0), 0 if before else 1)

    near = [s for s in sides if s.end() <= number.start() or s.start() >= number.end()]
    best = min(near, key=gap, default=None)
    return None if best is None or gap(best)[0] >= _FAR else best


def _how(text: str) -> str:
    """Return what a number is: a mean, unless somebody says otherwise."""
    return next(
        (how for how, words in _QUALIFIERS if re.search(rf"(?<![a-z])(?:{words})(?![a-z])", text)),
        "",
    )


def context_tok(number: Fraction) -> int:
    """Return a context in tokens; `8K` is 8192 of them, as of every power of two."""
    thousands, rest = divmod(number, number_of("1k"))
    whole = int(thousands)
    power = rest == 0 and whole > 0 and whole & (whole - 1) == 0
    return whole * int(unit("KiB")) if power else max(1, int(number))
