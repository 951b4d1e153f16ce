"""Correct texts: each construct and its tree, with every node where the text has it."""

from dataclasses import fields
from decimal import Decimal

import pytest
from support.dsl import EXAMPLES, SAMPLES, found, parse_text, tree_of

from inferc.dsl import SourceFile, parse
from inferc.dsl.source import Span
from inferc.dsl.syntax import (
    Assign,
    Binary,
    Block,
    If,
    Let,
    MoneyLiteral,
    Node,
    QuantityLiteral,
    Text,
)

STATEMENTS = [
    ("", ""),
    ("\n\n  \n", ""),
    ("infer 1", "(header 1)"),
    ("import std.catalog as cat", '(import module:"std.catalog" cat)'),
    ('import "./a.infer" { b, c }', '(import module:"./a.infer" quoted [b c])'),
    ('import "./a.infer" {\n  b\n  c\n}', '(import module:"./a.infer" quoted [b c])'),
    ("param n", "(param n)"),
    ('param r: "a" | 1 | x.y? = 2', '(param r (typeexpr ["a" 1 x.y] optional) 2)'),
    ("param r: [string] = []", "(param r (typeexpr [(typeexpr [string])]) (listexpr))"),
    ("param n = 2 where n > 1", "(param n 2 [(clause where (binary > n 1))])"),
    ("let a = 3x", "(let a (quantity 3 unit:x))"),
    ("a b { }", "(block a [b])\n  {}"),
    ('a b "c" extends d.e { x = 1 }', '(block a [b "c"] d.e)\n  (assign x = 1)'),
    ("a {x = 1; y = 2\nz = 3}", "(block a)\n  (assign x = 1)\n  (assign y = 2)\n  (assign z = 3)"),
    ('m n from "a.json"', '(modelfrom m n "a.json")'),
    ('m n from "a.json" { }', '(modelfrom m n "a.json")\n  {}'),
    ("a.b[0].c = 1", "(assign (path [(pathstep a) (pathstep b [0]) (pathstep c)]) = 1)"),
    ("a += 1; b -= 2", "(assign a += 1)\n(assign b -= 2)"),
    ("p95 ttft <= 500ms", "(constraint p95 ttft <= (quantity 500 unit:ms))"),
    ("p99.9 ttft <= 1s", "(constraint p99.9 ttft <= (quantity 1 unit:s))"),
    ("n in 1..8", "(constraint n in (range 1 8))"),
    ("n not in [1]", "(constraint n not in (listexpr [1]))"),
    ("prefer p95 itl <= 60ms", "(constraint prefer p95 itl <= (quantity 60 unit:ms))"),
    ("prefer a = 1", "(constraint prefer a = 1)"),
    ("forbid a.b", "(constraint forbid a.b)"),
    ("require a in [b]", "(constraint require a in (listexpr [b]))"),
    ("remove a.b", "(remove a.b)"),
    ("remove p95 ttft", "(remove p95 ttft)"),
    ("a -> b.c", "(flow [a b.c])"),
    ("a -> b -> c { w = 95% }", "(flow [a b c])\n  (assign w = (quantity 95 unit:%))"),
    ("for t in xs { }", "(for t xs)\n  {}"),
    ("if a { } else { b = 1 }", "(if a)\n  {}\nelse\n  (assign b = 1)"),
    ("if a { }\nelse if b { }", "(if a)\n  {}\nelse\n  (if b)\n    {}"),
    ('assert a else "b"', '(assert a [(clause else "b")])'),
    (
        "@x.y(1, z = 2)\n@w\nlet a = 1",
        "(let [(decorator x.y [(argument 1) (argument z 2)]) (decorator w)] a 1)",
    ),
    (
        'a = 1 over 7d at cold per x.y because "z" until 2026-12-31 confidence low where b',
        (
            "(assign a = 1 [(clause over (quantity 7 unit:d)) (clause at cold)"
            ' (clause per (attribute x y)) (clause because "z") (clause until (date 2026-12-31))'
            " (clause confidence low) (clause where b)])"
        ),
    ),
    ('a = 1\n  because "b"', '(assign a = 1 [(clause because "b")])'),
    (
        "a = 1 # c\n\n  // d\n  until 2026-01-01",
        "(assign a = 1 [(clause until (date 2026-01-01))])",
    ),
]


@pytest.mark.parametrize(("text", "tree"), STATEMENTS)
def test_a_statement_has_its_tree(text: str, tree: str) -> None:
    assert tree_of(text) == tree


EXPRESSIONS = [
    ("1", "1"),
    ("3_000", "3000"),
    ("1.5e3", "1.5E+3"),
    ("5 minutes", "(quantity 5 unit:minutes)"),
    ("80GiB", "(quantity 80 unit:GiB)"),
    ("16k req/s", "(quantity 16 scale:k unit:req/s)"),
    ("16k", "(quantity 16 unit:k)"),
    ("1000/min", "(quantity 1000 unit:/min)"),
    ("1_000 / min(2)", "(binary / 1000 (call min [(argument 2)]))"),
    ("5%", "(quantity 5 unit:%)"),
    ("2.5e-3", "0.0025"),
    ("1E+6 - 3", "(binary - 1E+6 3)"),
    ("1e-3ms", "(quantity 0.001 unit:ms)"),
    ("2e3s", "(quantity 2E+3 unit:s)"),
    ("$85k/mo", "(money 85 scale:k per:/mo)"),
    ("$2.49/gpu/h * 8", "(binary * (money 2.49 per:/gpu/h) 8)"),
    ("10 EUR/h", "(quantity 10 unit:EUR/h)"),
    ("2026-12-31", "(date 2026-12-31)"),
    ("1 - 2 - 3", "(binary - (binary - 1 2) 3)"),
    ("1 + 2 * 3", "(binary + 1 (binary * 2 3))"),
    ("(1 + 2) * 3", "(binary * (binary + 1 2) 3)"),
    ("replicas-1", "(binary - replicas 1)"),
    ("- -a", "(unary - (unary - a))"),
    ("not a == b", "(unary not (binary == a b))"),
    ("a or b and c", "(binary or a (binary and b c))"),
    ("a not in b", "(binary not in a b)"),
    ("1..2", "(range 1 2)"),
    ("a ? 1 : b ? 2 : 3", "(ternary a 1 (ternary b 2 3))"),
    ("a.b[1](c).d", "(attribute (call (index (attribute a b) 1) [(argument c)]) d)"),
    ("f(x = 1, p95 = 2,)", "(call f [(argument x 1) (argument p95 2)])"),
    ("f(a == b)", "(call f [(argument (binary == a b))])"),
    ("[1,\n 2,\n]", "(listexpr [1 2])"),
    ("[for i in xs: i]", "(comprehension i xs i)"),
    ("[for i in xs if i.ok: i.n]", "(comprehension i xs (attribute i ok) (attribute i n))"),
    (
        '{ a = 1, "b-c" = 2; p95 = 3\n d = 4 }',
        "(record [(pair a 1) (pair b-c 2) (pair p95 3) (pair d 4)])",
    ),
    ("{}", "(record)"),
    ("p5", "p5"),
    ("aws.p5_48xlarge", "(attribute aws p5_48xlarge)"),
    ("x.if", "(attribute x if)"),
    ('"a ${b} c"', '(text ["a " b " c"])'),
    ('"${a.b[0] + 1}"', "(text [(binary + (index (attribute a b) 0) 1)])"),
    ('"\\$${a}"', '(text ["$" a])'),
    ('"$5"', '"$5"'),
    ('""', '""'),
    ('"""a "b" c"""', '(text ["a \\"b\\" c"] long)'),
    ('"""\n    a\n      b\n    """', '(text ["a\\n  b\\n"] long)'),
]


@pytest.mark.parametrize(("text", "tree"), EXPRESSIONS)
def test_an_expression_has_its_tree(text: str, tree: str) -> None:
    assert tree_of(f"let x = {text}") == f"(let x {tree})"


STARTERS = frozenset(
    {"infer", "import", "param", "let", "for", "if", "assert", "remove"}
    | {"prefer", "forbid", "require"}
)
CONTINUING = frozenset({"because", "until", "confidence", "else"})
CLAUSES = frozenset({"over", "at", "per", "where"})
WORDS = sorted(STARTERS | CONTINUING | CLAUSES | {"as", "from", "extends", "and", "or"})


@pytest.mark.parametrize("word", WORDS)
def test_words_of_the_language_can_name_things(word: str) -> None:
    assert tree_of(f"x.{word} = y.{word}") == f"(assign x.{word} = (attribute y {word}))"
    assert tree_of(f"let x = {{ {word} = 1 }}") == f"(let x (record [(pair {word} 1)]))"
    assert tree_of(f"let {word} = 1") == f"(let {word} 1)"
    if word not in STARTERS:
        assert tree_of(f"{word} = 1") == f"(assign {word} = 1)"
        assert tree_of(f"{word} x {{ }}") == f"(block {word} [x])\n  {{}}"


@pytest.mark.parametrize("word", sorted(STARTERS))
def test_a_word_that_starts_a_statement_names_no_field(word: str) -> None:
    assert found(f"a = 1\n{word} = 2") in ([("INF009", 2, 1)], [("INF006", 2, len(word) + 1)])


@pytest.mark.parametrize("word", ["in", "not"])
def test_operators_are_no_names(word: str) -> None:
    assert found(f"{word} = 1") == [("INF009", 1, 1)]
    assert found(f"a = x.{word}") == [("INF009", 1, 7)]


# ---- spans -------------------------------------------------------------------------------------


def nodes(root: Node) -> list[Node]:
    """Return ``root`` and everything below it."""
    found: list[Node] = []
    pending: list[object] = [root]
    while pending:
        item = pending.pop()
        if isinstance(item, tuple):
            pending.extend(item)
        elif isinstance(item, Node):
            found.append(item)
            pending.extend(getattr(item, field.name) for field in fields(item))
    return found


@pytest.mark.parametrize(
    "path", [*EXAMPLES, *SAMPLES], ids=lambda path: path.parent.name + path.stem
)
def test_every_node_lies_inside_its_parent(path) -> None:
    source = SourceFile(str(path), path.read_text(encoding="utf-8"))
    parsed = parse(source)
    assert parsed.diagnostics == ()
    for statement in parsed.module.statements:
        for node in nodes(statement):
            assert 0 <= node.span.start < node.span.end <= len(source.text)
            assert node.span.text == node.span.text.strip()
            for field in fields(node):
                value = getattr(node, field.name)
                for inner in value if isinstance(value, tuple) else (value,):
                    if isinstance(inner, Node):
                        assert node.span.start <= inner.span.start
                        assert inner.span.end <= node.span.end


def only(text: str) -> Node:
    (statement,) = parse_text(text).module.statements
    return statement


def test_spans_are_the_text_they_stand_for() -> None:
    statement = only('\n  @x(1)\n  a.b = (1 + 2 req / z) * 3 because "c"  # d\n')
    assert isinstance(statement, Assign)
    assert statement.span.text == '@x(1)\n  a.b = (1 + 2 req / z) * 3 because "c"'
    assert statement.decorators[0].span.text == "@x(1)"
    assert statement.target.span.text == "a.b"
    assert statement.clauses[0].span.text == 'because "c"'
    product = statement.value
    assert isinstance(product, Binary)
    assert product.span.text == "(1 + 2 req / z) * 3"
    assert product.left.span.text == "1 + 2 req / z"


def test_the_span_of_a_body_has_its_braces() -> None:
    block = only("a b {\n  c = 1\n}\n")
    assert isinstance(block, Block)
    assert block.body_span.text == "{\n  c = 1\n}"


def test_insertions_lie_where_they_are_written() -> None:
    statement = only('let a = "x ${b.c} y"')
    assert isinstance(statement, Let)
    assert isinstance(statement.value, Text)
    (inserted,) = (part for part in statement.value.parts if isinstance(part, Node))
    assert inserted.span.text == "b.c"
    assert inserted.span.start == 13


def test_units_know_their_place() -> None:
    statement = only("let a = 16k req/s")
    assert isinstance(statement, Let)
    quantity = statement.value
    assert isinstance(quantity, QuantityLiteral)
    assert quantity.unit_span.text == "req/s"
    assert quantity.value == Decimal(16)
    price = only("let a = $0.60/Mtok")
    assert isinstance(price, Let)
    assert isinstance(price.value, MoneyLiteral)
    assert price.value.value == Decimal("0.60")


# ---- comments ----------------------------------------------------------------------------------


def test_every_comment_is_kept() -> None:
    text = '# a\nx = 1 // b\n/* c\nd */ y = "# no // no /* no */" /// e\n/// f\n'
    comments = parse_text(text).module.comments
    assert [(item.text, item.own_line, item.span.text) for item in comments] == [
        ("# a", True, "# a"),
        ("// b", False, "// b"),
        ("/* c\nd */", True, "/* c\nd */"),
        ("/// e", False, "/// e"),
        ("/// f", True, "/// f"),
    ]


DOCS = [
    ("/// a\nx = 1", "a"),
    ("/// a\n///  b\n///\n\n/// c\nx = 1", "a\n b\n\nc"),
    ("/// a\n// no\nx = 1", "a"),
    ("y = 1 /// no\nx = 1", ""),
    ("/// no\ny = 1\nx = 1", ""),
    ("/// a\n@d\nx = 1", "a"),
    ("@d\n/// a\nx = 1", "a"),
    ("y { /// no\n /// a\n x = 1\n /// dangling\n}\nx = 1", ""),
]


@pytest.mark.parametrize(("text", "doc"), DOCS)
def test_documentation_belongs_to_the_next_statement(text: str, doc: str) -> None:
    statement = parse_text(text).module.statements[-1]
    assert statement.doc == doc


def test_documentation_inside_a_block() -> None:
    block = only("y { /// no\n /// a\n x = 1\n /// dangling\n}")
    assert isinstance(block, Block)
    assert [statement.doc for statement in block.body] == ["a"]


# ---- texts at the edge -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["a = 1", "a = 1\n", "a = 1\r\n", "\ufeffa = 1", "\ta\t=\t1\t", "a = 1 # x", "a=1;", ";;a = 1"],
)
def test_line_ends_marks_and_blanks_do_not_matter(text: str) -> None:
    assert tree_of(text) == "(assign a = 1)"


def test_windows_line_ends_everywhere() -> None:
    for path in SAMPLES:
        text = path.read_text(encoding="utf-8")
        if '"""' not in text:
            assert tree_of(text.replace("\n", "\r\n")) == tree_of(text)


def test_long_chains_cost_no_recursion() -> None:
    terms = 3000
    statement = only("let a = " + " + ".join(["1"] * terms))
    assert isinstance(statement, Let)
    depth = 0
    value = statement.value
    while isinstance(value, Binary):
        value = value.left
        depth += 1
    assert depth == terms - 1
    assert tree_of("let a = b" + ".c" * terms).count("attribute") == terms
    assert len(parse_text("a = 1\n" * 10_000).module.statements) == 10_000


DEEP = [
    ("[" * 200 + "]" * 200, 0),
    ("[" * 201 + "]" * 201, 1),
    ("(" * 200 + "1" + ")" * 200, 0),
    ("- " * 200 + "1", 0),
    ("- " * 201 + "1", 1),
    ("a ? b : " * 200 + "c", 0),
    ("a ? b : " * 201 + "c", 1),
]


@pytest.mark.parametrize(("text", "errors"), DEEP)
def test_nesting_has_an_end(text: str, errors: int) -> None:
    assert [item.code for item in parse_text(f"let a = {text}").diagnostics] == ["INF007"] * errors


def test_branches_nest_no_deeper() -> None:
    assert found("if a { }" + " else if b { }" * 250)[0][0] == "INF007"
    assert isinstance(only("if a { }" + " else if b { }" * 150), If)


def test_a_span_prints_as_a_place() -> None:
    source = SourceFile("a.infer", "x\ny = 1")
    assert str(Span(source, 2, 3)) == "a.infer:2:1"
