"""Whatever the text: an answer, no exception, and time in proportion to its length."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.dsl import SAMPLES, parse_text, place

from inferc.dsl import has_errors
from inferc.dsl.text import dump

TEXTS = [path.read_text(encoding="utf-8") for path in SAMPLES]
SOUP = r"""
infer import param let for if else assert remove prefer forbid require in not and or
over at per because until confidence where as from extends a b.c p95 ttft _x p5 none
{ } ( ) [ ] = += == <= -> .. , ; : ? + - * / . @ % $ ! ' ${ # // /* */ \\
1 5ms 1000/min $2/h 2026-12-31 1e9 "text" "${a}" " é
"""
WORDS = (*SOUP.split(), '"""', "\x00", "\ud800", "\ufeff", "\n", "\n  ", "\r\n", "\n    ", "\t")


def check(text: str) -> None:
    """Check that ``text`` is read or refused with places inside it."""
    parsed = parse_text(text)
    for item in parsed.diagnostics:
        line, _ = place(item)
        assert 1 <= line <= text.count("\n") + 1
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)
    dump(parsed.module)
    lines = [place(item)[0] for item in parsed.diagnostics]
    assert lines == sorted(set(lines))


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_soup_of_tokens(words: list[str]) -> None:
    check(" ".join(words))


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(TEXTS), st.data())
def test_any_cut_and_splice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 80)))
    check(text[:start] + data.draw(st.sampled_from(WORDS)) + text[end:])


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(TEXTS), st.data())
def test_a_text_that_ends_early_is_refused_or_whole(text: str, data: st.DataObject) -> None:
    check(text[: data.draw(st.integers(0, len(text)))])


def steps_of(text: str) -> int:
    """Return how many lines of Python are run to parse ``text``: a clock that does not waver."""
    parse_text(text)
    count = 0

    def trace(*_: object) -> Callable[..., object]:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse_text(text)
    finally:
        sys.settrace(before)
    return count


GROWING = {
    "statements": lambda n: "a { b = 1 + 2 * c }\n" * n,
    "one sum": lambda n: "a = " + " + ".join(["1"] * n) + "\n",
    "one list": lambda n: "a = [\n" + "  1,\n" * n + "]\n",
    "branches": lambda n: "if a {\n  b = 1\n}\n" + "else if c {\n  d = 2\n}\n" * (n % 150),
    "broken statements": lambda n: "a {\n  b = 1\n}\n" * n + "x =\n",
    "open brackets": lambda n: "a = 1\n" * n + "b {\n",
    "closing brackets": lambda n: "}\n" * n,
    "decorators": lambda n: "@a\n" * n + "b = \n",
    "comments": lambda n: "# # # #\n/// a\n" * n + "b = 1\n",
    "quotes": lambda n: 'a = "b\n' * n,
    "strings": lambda n: 'a = "b ${c} d"\n' * n,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(GROWING))
def test_work_grows_with_the_text(kind: str) -> None:
    small, large = steps_of(GROWING[kind](100)), steps_of(GROWING[kind](400))
    assert large < small * 4 * 1.3 + 2000


def test_a_broken_file_keeps_most_of_its_tree() -> None:
    for text in TEXTS:
        whole = dump(parse_text(text).module).count("\n")
        parsed = parse_text(text + "\nx =\n")
        assert has_errors(parsed.diagnostics)
        assert dump(parsed.module).count("\n") == whole
