"""Seeded mutations of `.infer` texts: bytes, tokens, lines and blocks."""

import random
import re
from collections.abc import Callable, Iterator

TOKEN = re.compile(
    r'"[^"\n]*"|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9_.]*|[<>=!]=|->|\.\.|[^\sA-Za-z0-9_]'
)

SNIPPETS = (
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    '"',
    "=",
    "<=",
    "in",
    "not in",
    "->",
    "..",
    ";",
    "p95",
    "0",
    "-1",
    "1e400",
    "99999999999999999999 req/s",
    "5m",
    "80gib",
    "$1/h",
    "2026-02-31",
    "none",
    "x.y.z",
    "cat.gpu.nvidia.nothing",
    "dist(mean = 0)",
    "between(low = 3, high = 1, typical = 2)",
    "1..0",
    "[]",
    "{ a = 1 }",
    "${",
    '"${a}"',
    '"""',
    "/*",
    "///",
    "\x00",
    "é",
    "\ufffd",
    "\t",
    "\r\n",
    "param p = 1",
    "let x = x",
    "if true { a = 1 }",
    "for i in [1, 2] { b = i }",
    "assert 1 > 2",
    "remove chat",
    "env prod { chat.load.rate = 1 req/s }",
    "pin { chat.tensor_parallel = 3 }",
    "forbid chat.engine in [vllm]",
    "extends chat",
    "@allow",
)


def _character(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    char = chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x110000 - 0x2800) % 0xD800)))
    return text[:at] + char + text[at + (kind == 1) :]


def _token(text: str, rng: random.Random) -> str:
    tokens = list(TOKEN.finditer(text))
    if not tokens:
        return rng.choice(SNIPPETS)
    token = rng.choice(tokens)
    new = rng.choice(("", token.group() * 2, rng.choice(SNIPPETS), rng.choice(tokens).group()))
    return text[: token.start()] + new + text[token.end() :]


def _line(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at = rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        lines.insert(at, rng.choice(SNIPPETS) + "\n")
    else:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return "".join(lines)


def _block(text: str, rng: random.Random) -> str:
    """Delete, double or move what lies between an opening brace's line and its partner."""
    opens = [match.start() for match in re.finditer(r"\{", text)]
    if not opens:
        return text
    start = rng.choice(opens)
    depth = 0
    end = len(text)
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            end = at + 1
            break
    begin = text.rfind("\n", 0, start) + 1
    block = text[begin:end]
    rest = text[:begin] + text[end:]
    kind = rng.randrange(3)
    if kind == 0:
        return rest
    at = begin if kind == 1 else rng.randrange(len(rest) + 1)
    return rest[:at] + block + "\n" + (block if kind == 1 else "") + rest[at:]


MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (_character, _token, _line, _block)


def mutants(text: str, seed: int, count: int) -> Iterator[str]:
    """Yield ``count`` texts, each one to four random mutations away from ``text``."""
    rng = random.Random(seed)  # a reproducible sequence is the point
    for _ in range(count):
        mutant = text
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            mutant = rng.choice(MUTATIONS)(mutant, rng)
        yield mutant
