"""Wrong texts: for each the codes, the places, and for one of each kind the words."""

import re

import pytest
from support.dsl import found, parse_text
from support.repository import ROOT

from inferc.dsl.text import dump

EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"

ERRORS = [
    # what is missing
    ("x =\n", [("INF006", 1, 4)]),
    ("x = \ny = 1", [("INF006", 1, 4)]),
    ("x = 1 +", [("INF006", 1, 8)]),
    ("x = [1, 2 *]", [("INF006", 1, 12)]),
    ("x = f(a = )", [("INF006", 1, 11)]),
    ("x <= ; y = 1", [("INF006", 1, 5)]),
    ("x = 1 because", [("INF006", 1, 14)]),
    ("x = 1 until soon", [("INF001", 1, 13)]),
    ('x =\n  because "y"', [("INF006", 1, 4)]),
    ("import", [("INF006", 1, 7)]),
    ("let", [("INF006", 1, 4)]),
    ("a ->", [("INF006", 1, 5)]),
    ("x", [("INF001", 1, 2)]),
    ("model m", [("INF001", 1, 8)]),
    ("rate 1000 req/min", [("INF015", 1, 6)]),
    ("x = [1 2]", [("INF015", 1, 8)]),
    ("x = f(\n  a = 1\n  b = 2\n)", [("INF015", 2, 8)]),
    ("x = a b", [("INF015", 1, 7)]),
    # what is too much or wrong
    ("x = = 1", [("INF001", 1, 5)]),
    ("x = 1 2", [("INF015", 1, 7)]),
    ("= 1", [("INF001", 1, 1)]),
    ("x: 1", [("INF001", 1, 2)]),
    ("1 = x", [("INF001", 1, 1)]),
    ("let 3 = 4", [("INF001", 1, 5)]),
    ('x = 1 becuase "y"', [("INF015", 1, 15)]),
    ("if a { } esle { }", [("INF001", 1, 10)]),
    ("x = 1 <= y <= 2", [("INF016", 1, 12)]),
    ("service = {\n  a = b\n  p95 ttft <= 1s\n}", [("INF020", 1, 9)]),
    # words and names
    ("for = 3", [("INF009", 1, 1)]),
    ("if.x = 3", [("INF009", 1, 1)]),
    ("x = in", [("INF009", 1, 5)]),
    ("model my-model { }", [("INF011", 1, 7)]),
    ("max-batch-size = 4", [("INF011", 1, 1)]),
    # percentiles
    ("p95 <= 500ms", [("INF012", 1, 1)]),
    ("ttft p95 <= 500ms", [("INF012", 1, 6)]),
    ("p100 ttft <= 500ms", [("INF012", 1, 1)]),
    ("p101 ttft <= 500ms", [("INF012", 1, 1)]),
    ("prefer P95 ttft <= 500ms", [("INF012", 1, 8)]),
    ("p95 ttft = 500ms", [("INF001", 1, 10)]),
    # units
    ("x = 16.7 req / s", [("INF010", 1, 5)]),
    ("x = 16.7 req /s", [("INF010", 1, 5)]),
    ("x = 1000 / min", [("INF010", 1, 5)]),
    ("let s = 2\nx = 16 req / s", []),
    ("x = 80 GiB / nodes", []),
    ("x = 5 %", [("INF010", 1, 5)]),
    ("x = 5 k req/s", [("INF010", 1, 5)]),
    # texts, comments and characters
    ('x = "abc\ny = 1', [("INF004", 1, 5)]),
    ('x = """abc\ny = 1', [("INF004", 1, 5)]),
    ("x = 1 /* abc\ny = 1", [("INF004", 1, 7)]),
    ("x = 'abc'", [("INF005", 1, 5)]),
    ("x = a && b", [("INF005", 1, 7)]),
    ("é = 1", [("INF005", 1, 1)]),
    ("x\u00a0= 1", [("INF005", 1, 2)]),
    ("x = 1\x00", [("INF005", 1, 6)]),
    ('x = "\ud800"', [("INF005", 1, 6)]),
    ("x = 1 # \u202e", [("INF005", 1, 9)]),
    ("x = 1\ry = 2", [("INF005", 1, 6)]),
    (r'x = "\d"', [("INF013", 1, 6)]),
    (r'x = "\u{110000}"', [("INF013", 1, 6)]),
    ('x = "a ${b["c"]}"', [("INF008", 1, 8)]),
    ('x = "a ${b"', [("INF008", 1, 8)]),
    ('x = "a ${b +} c"', [("INF006", 1, 13)]),
    ('x = "a ${} c"', [("INF001", 1, 10)]),
    ('x = "${1 2}"', [("INF015", 1, 10)]),
    # numbers and editions
    ("x = 1e101", [("INF014", 1, 5)]),
    ("x = " + "9" * 101 + "ms", [("INF014", 1, 5)]),
    ("x = $1e999/h", [("INF001", 1, 5)]),
    ("infer 2", [("INF017", 1, 7)]),
    ("x = 1\ninfer 1", [("INF019", 2, 1)]),
    # several at once
    ("a {\n  b 1\n  c =\n}", [("INF015", 2, 5), ("INF006", 3, 6)]),
    ("c =\n  d = 'x'\n  e = 1\nf g", [("INF006", 1, 4), ("INF005", 2, 7), ("INF001", 4, 4)]),
    ("topology {{\n  x =\n}", [("INF003", 1, 10), ("INF006", 2, 6)]),
]


@pytest.mark.parametrize(("text", "errors"), ERRORS)
def test_a_mistake_has_its_code_and_place(text: str, errors: list[tuple[str, int, int]]) -> None:
    assert found(text) == errors


BRACKETS = [
    ("a {\n  b {\n    c = 1\n  d = 2\n}\n", "INF002", 3),
    ("a {\n  b {\n    c = 1\n  }\n", "INF002", 4),
    ("a {\n  b { c = 1\n  d = 2\n}\n", "INF002", 2),
    ("a {\n  x = (1 + 2\n  d = 2\n}\n", "INF002", 2),
    ("a {\n  x = [1, 2\n  d = 2\n}\n", "INF002", 2),
    ("a {\n  x = f(1, [2, 3)\n  d = 2\n}\n", "INF002", 2),
    ("a\n  b = 1\n}\n", "INF003", 1),
    ("a {\n  b\n    c = 1\n  }\n  d = 1\n}\n", "INF003", 2),
    ("a {\n    c = 1\n  }\n  d = 1\n}\n", "INF003", 2),
    ("a {\n  b = 1 }\n  c = 1\n}\n", "INF003", 2),
    ("a {\n  b = 1\n  } }\n  c = 1\n}\n", "INF003", 3),
    ("a {\n  b = 1)\n  c = 1\n}\n", "INF003", 2),
    ("a {\n  b = (1]\n  c = 1\n}\n", "INF003", 2),
    ("a (\n  b = 1\n}\n", "INF003", 1),
    ("a {\n  b = 1\n)\n", "INF003", 3),
    ("a { b = 1 }}\nc = 1\n", "INF003", 1),
    ("{\n", "INF003", 1),
    ("}\n", "INF003", 1),
    ("a {", "INF002", 1),
    # without indentation the count decides
    ("a {\nb {\nc = 1\nd = 2\n}\ne = 1\n", "INF002", 1),
    ("a {\nb = 1\n}\n}\n", "INF003", 4),
]


@pytest.mark.parametrize(("text", "code", "line"), BRACKETS)
def test_a_wrong_bracket_is_found_where_it_is(text: str, code: str, line: int) -> None:
    assert [item[:2] for item in found(text)] == [(code, line)]


MESSAGES = [
    ("p100 ttft <= 500ms", "`p100` is not a percentile"),
    ("P95 ttft <= 500ms", "`P95` is not a percentile"),
    ("remove s.sla.p95 ttft", "the percentile `p95` does not stand before a metric"),
    ("x = ", "expected a value behind `=`"),
    ("rate 5 req/s", "expected `=` or a comparison between `rate` and `5 req/s`"),
    ("x = [1 2]", "expected `,` between `1` and `2`"),
    ("x: 1", "expected `=`, found `:`"),
    ("let 3 = 4", "expected a name, found `3`"),
    ("import 3", "expected a name or a text in quotes, found `3`"),
    ("x = 1 until soon", "expected a date such as 2026-12-31, found `soon`"),
    ("a -> b c", "expected `{`, `->` or the end of the line, found `c`"),
    ("= 1", "expected a statement, found `=`"),
    ("if a { } esle { }", "expected `else`, found `esle`"),
    ("a {\n  b {\n  c = 1\n}\n", "expected `}`"),
    ("é = 1", "`é` (U+00E9, latin small letter e with acute) cannot stand here"),
    ("x = 1\x00", "U+0000 (a character without a name) cannot stand here"),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES)
def test_messages_use_the_words_of_the_user(text: str, message: str) -> None:
    assert [item.message for item in parse_text(text).diagnostics] == [message]


def test_no_message_names_a_terminal_of_the_grammar() -> None:
    for text, _ in ERRORS:
        for item in parse_text(text).diagnostics:
            words = f"{item.message} {item.label} {item.help}"
            assert not re.search(r"_NL|[$]END|NAME|[A-Z]{4,}", words)
            assert item.message
            assert item.span is not None


FIXES = [
    ("model my-model { }", "model my_model { }"),
    ("x = 16.7 req / s", "x = 16.7 req/s"),
    ("x = 5 %", "x = 5%"),
    ("x: 1", "x = 1"),
    ("for = 3", "for_ = 3"),
    (r'x = "\d"', r'x = "\\d"'),
    ("if a { } esle { }", "if a { } else { }"),
    ("a = { }\nb {\n  c = 1 )\n}", "a = { }\nb {\n  c = 1 \n}"),
    ("x = 1\u00a0+ 2", "x = 1 + 2"),
    ("service = {\n  p95 ttft <= 1s\n}", "service  {\n  p95 ttft <= 1s\n}"),
]


@pytest.mark.parametrize(("text", "mended"), FIXES)
def test_a_fix_mends_the_text(text: str, mended: str) -> None:
    ((fix,),) = (item.fixes for item in parse_text(text).diagnostics)
    for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert text == mended
    assert parse_text(text).diagnostics == ()


def test_what_is_right_is_kept() -> None:
    text = "let a = 1\nb {\n  c =\n  d = 2\n  e f g\n  h { i = 3 }\n}\nj k =\nl = 4\n"
    assert dump(parse_text(text).module) == (
        "(let a 1)\n(block b)\n  (assign d = 2)\n  (block h)\n    (assign i = 3)\n(assign l = 4)\n"
    )


def test_places_of_what_is_kept_are_those_of_the_file() -> None:
    text = "x =\nb {\n  if c { d = 1 } else { e = (2 + 3) }\n}\n"
    (block,) = parse_text(text).module.statements
    assert block.span.text == text[4:-1]


def test_many_errors_have_an_end() -> None:
    codes = [item.code for item in parse_text("x =\n" * 1000).diagnostics]
    assert codes == ["INF006"] * 50 + ["INF018"]


def test_several_mistakes_are_each_reported_where_they_are() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for right, wrong in {
        "precision = fp16\n  }": "precision = fp16\n",
        "cluster dc1 {": "cluster dc-1 {",
        "nodes = 1": "nodes = (1",
        "1000 req/min": "1000 req / min",
        "p95 ttft <= 500ms": "p95 ttft 500ms",
    }.items():
        assert right in text
        text = text.replace(right, wrong)
    assert [item[:2] for item in found(text)] == [
        ("INF002", 9),
        ("INF011", 12),
        ("INF002", 16),
        ("INF010", 27),
        ("INF015", 32),
    ]


def test_a_brace_on_a_line_of_its_own_is_one_mistake() -> None:
    text = "a b\n{\n    c d\n    {\n        e =\n    }\n}\n"
    assert found(text) == [("INF001", 1, 4), ("INF001", 3, 8), ("INF006", 5, 12)]
