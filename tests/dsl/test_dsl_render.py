"""What people and programs get to see of diagnostics."""

import json
import re

import pytest
from support.dsl import parse_text

from inferc.dsl import (
    Diagnostic,
    Edit,
    Fix,
    Label,
    Severity,
    SourceFile,
    Span,
    as_json,
    render_diagnostics,
    to_json,
)
from inferc.dsl.columns import crop, shown, width_of

SOURCE = SourceFile(
    "a.infer", "let a = 1\nlet b = [2,\n  3]\n\n\n\nlet c = 4\nlet d = 5\nlet e = 6\n"
)
OTHER = SourceFile("b.infer", "model m { }\n")


def spot(text: str, source: SourceFile = SOURCE) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def make(span: Span | None, **more: object) -> Diagnostic:
    values: dict[str, object] = {"code": "INF999", "slug": "a-test", "message": "it is wrong"}
    return Diagnostic(**{**values, **more}, span=span)  # pyright: ignore[reportArgumentType]


def plain(*items: Diagnostic, width: int = 100) -> str:
    return render_diagnostics(items, color=False, width=width)


def test_a_diagnostic_with_everything() -> None:
    item = make(
        spot("4"),
        label="this one",
        labels=(
            Label(spot("a ="), "as here"),
            Label(spot("d"), "and here"),
            Label(spot("m {", OTHER), "and there"),
        ),
        notes=("need 5, have 4", "two\nlines"),
        help="write 5",
        fixes=(Fix("write `5`", (Edit(spot("4"), "5"),), safe=True),),
    )
    assert plain(item) == (
        "error[INF999] a-test: it is wrong\n"
        " --> a.infer:7:9\n"
        "  |\n"
        "1 | let a = 1\n"
        "  |     --- as here\n"
        "...\n"
        "7 | let c = 4\n"
        "  |         ^ this one\n"
        "8 | let d = 5\n"
        "  |     - and here\n"
        " ::: b.infer:1\n"
        "  |\n"
        "1 | model m { }\n"
        "  |       --- and there\n"
        "  |\n"
        "  = note: need 5, have 4\n"
        "  = note: two\n"
        "          lines\n"
        "  = help: write 5\n"
        "  = fix: write `5`\n"
        "         + let c = 5\n"
        "\n"
        "1 error\n"
    )


def test_the_lines_of_a_real_error() -> None:
    items = parse_text("a {\n  b = 16.7 req / s\n").diagnostics
    assert plain(*items) == (
        "error[INF002] unclosed-delimiter: expected `}`\n"
        " --> x.infer:2:19\n"
        "  |\n"
        "1 | a {\n"
        "  |   - to close this one\n"
        "2 |   b = 16.7 req / s\n"
        "  |                   ^ the indentation says that the `}` is missing here\n"
        "  |\n"
        "  = help: add the `}`, or take the `{` away\n"
        "\n"
        "1 error\n"
    )


def test_nothing_is_nothing() -> None:
    assert plain() == ""
    assert json.loads(to_json([])) == {"format_version": "1.0", "diagnostics": []}


def test_without_a_place() -> None:
    assert plain(make(None, severity=Severity.NOTE)) == (
        "note[INF999] a-test: it is wrong\n\n1 note\n"
    )


def test_sorted_and_each_once() -> None:
    first, second = make(spot("1")), make(spot("4"), severity=Severity.WARNING)
    other = make(spot("m", OTHER))
    text = plain(other, second, first, second)
    assert re.findall("--> (.*)", text) == ["a.infer:1:9", "a.infer:7:9", "b.infer:1:1"]
    assert text.endswith("2 errors, 1 warning\n")
    assert text == plain(first, second, other)


def test_a_place_over_several_lines_is_marked_on_its_first() -> None:
    text = plain(make(spot("[2,\n  3]"), label="a list"))
    assert "2 | let b = [2,\n  |         ^^^ a list (to line 3)\n" in text


@pytest.mark.parametrize("at", [len(SOURCE.text), len(SOURCE.text) - 1])
def test_the_end_of_a_file_can_be_marked(at: int) -> None:
    assert "^ here" in plain(make(Span(SOURCE, at, at), label="here"))
    empty = SourceFile("e.infer", "")
    assert " --> e.infer:1:1\n  |\n1 |\n  | ^ here\n" in plain(
        make(Span(empty, 0, 0), label="here")
    )


CARETS = [
    ("\tx = y", "y", "    x = y", "        ^"),
    ("名前 = y", "y", "名前 = y", "       ^"),
    ("e\u0301 = y", "y", "e\u0301 = y", "    ^"),
    ("x = 名前", "名前", "x = 名前", "    ^^^^"),
    ("x\x00 = y", "y", "x<U+0000> = y", "            ^"),
    ("x = \ud800y", "y", "x = <U+D800>y", "            ^"),
]


@pytest.mark.parametrize(("line", "part", "printed", "carets"), CARETS)
def test_carets_stand_under_what_they_mean(line: str, part: str, printed: str, carets: str) -> None:
    source = SourceFile("w.infer", line)
    assert f"1 | {printed}\n  | {carets}\n" in plain(make(spot(part, source)))


@pytest.mark.parametrize("at", [0, 50, 500, 990])
def test_a_long_line_is_cut_around_the_place(at: int) -> None:
    source = SourceFile("l.infer", "x" * at + "Y" + "x" * (1000 - at))
    text = plain(make(Span(source, at, at + 1)), width=60)
    lines = text.splitlines()
    assert all(len(line) <= 60 for line in lines)
    shown_line, carets = lines[3], lines[4]
    assert shown_line[carets.index("^")] == "Y"


def test_colour_only_when_asked_for() -> None:
    item = make(spot("4"), label="x", help="y")
    assert "\x1b" not in plain(item)
    colored = render_diagnostics([item], color=True)
    assert "\x1b[1;31merror[INF999] a-test\x1b[0m" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == plain(item)


def test_a_fix_that_needs_a_look_says_so() -> None:
    fix = Fix("write `5`", (Edit(spot("4"), "5"), Edit(spot("1"), "2")))
    assert "= fix: write `5` (look at it first)\n\n" in plain(make(spot("4"), fixes=(fix,)))


def test_json_has_every_field_and_both_ends() -> None:
    fix = Fix("write `5`", (Edit(spot("4"), "5"),), safe=True)
    item = make(spot("4"), label="x", labels=(Label(spot("a"), "y"),), notes=("n",), fixes=(fix,))
    place = {
        "file": "a.infer",
        "start": {"line": 7, "column": 9, "offset": SOURCE.text.index("4")},
        "end": {"line": 7, "column": 10, "offset": SOURCE.text.index("4") + 1},
    }
    assert as_json(item) == {
        "code": "INF999",
        "slug": "a-test",
        "severity": "error",
        "message": "it is wrong",
        **place,
        "label": "x",
        "labels": [
            {
                "file": "a.infer",
                "start": {"line": 1, "column": 5, "offset": 4},
                "end": {"line": 1, "column": 6, "offset": 5},
                "message": "y",
            }
        ],
        "notes": ["n"],
        "help": "",
        "fixes": [{"title": "write `5`", "safe": True, "edits": [{**place, "text": "5"}]}],
    }
    assert json.loads(to_json([item]))["diagnostics"] == [as_json(item)]
    assert as_json(make(None))["file"] is None


def test_json_can_always_be_written() -> None:
    items = parse_text('x = "\ud800" \u202e').diagnostics
    assert items
    to_json(items).encode("ascii")


def test_columns() -> None:
    assert width_of("abc") == 3
    assert width_of("名e\u0301") == 3
    assert shown("a\tb").text == "a   b"
    assert shown("a\tb").columns == (0, 1, 4, 5)
    assert crop("abcdef", 0, 10) == "abcdef"
    assert crop("abcdef", 0, 4) == "abc…"
    assert crop("abcdef", 2, 4) == "…def"
