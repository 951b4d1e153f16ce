"""Expressions: a text and the value it comes to, or what is said about it."""

import pytest
from support.front import resolve_text, said, sound


def title_of(expression: str, before: str = "") -> str:
    resolved = sound(f'{before}\ntopology t {{ title = "${{{expression}}}" }}')
    value = resolved.topologies[0].fields["title"].value
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.333333"),
        ("10 - 4 - 3", "3"),
        ("2 * 1000 req/min", "2000 req/min"),
        ("1 GiB + 512 MiB", "1.5 GiB"),
        ("2 GB / 4 s", "500000000 B/s"),
        ("$12/h * 730 h", "$8760"),
        ("90 min / 1 h", "1.5"),
        ("-3x", "-3x"),
        ("5% * 200 req", "10 req"),
        ("1 h == 60 min", "true"),
        ("500ms < 1s", "true"),
        ("1 GB < 1 GiB and not 1 GB == 1 GiB", "true"),
        ("2 in [1, 2]", "true"),
        ("3 in 1..2", "false"),
        ("3 not in 1..2", "true"),
        ("2026-01-31 < 2026-02-01", "true"),
        ("1 > 2 ? 5 : 6", "6"),
        ("[for i in 1..4 if i != 2: i * 10]", "[10, 30, 40]"),
        ("min(3 s, 500ms)", "500ms"),
        ("max([1, 5, 2])", "5"),
        ("sum([for i in 1..10: i])", "55"),
        ("len([1, 2, 3])", "3"),
        ("ceil(7 / 2) + floor(7 / 2) + round(7.4) + abs(-1)", "15"),
        ("all_of([1 < 2, 2 < 3])", "true"),
        ("any_of([1 > 2, 2 > 3])", "false"),
        ("table.gold.rate", "5 req/s"),
        ("list[1]", "b"),
        ("dist(mean = 200, p95 = 700).mean", "200"),
        ("none == none", "true"),
        ("16k req/s / 1 req/s", "16000"),
        ("4_000 ktok/d * 1 d / 1 tok", "4000000"),
        ("$85k/mo / $1/mo", "85000"),
        ("5 minutes / 1 second", "300"),
        ("100k tok/min / (1 tok/s)", "1666.67"),
        ("1000/min * 3 min", "3000"),
        ("400 Gbps * 1 s == 50 GB", "true"),
        ("2 * $2.49/gpu/h", "$4.98/gpu/h"),
    ],
)
def test_an_expression_comes_to_a_value(expression: str, shown: str) -> None:
    names = 'let table = { gold = { rate = 5 req/s } }\nlet list = ["a", "b"]'
    assert title_of(expression, names) == shown


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("1 s + 1 GB", "INF112:1 a duration and an amount of memory cannot be added"),
        ("$1 + 1 EUR", "INF112:1 an amount of money and an amount in EUR cannot be added"),
        ("1 s < 1 GB", "INF112:1 a duration and an amount of memory cannot be compared"),
        ("1 s == 1 GB", "INF112:1 a duration and an amount of memory cannot be compared"),
        ("1..2 GB", "INF112:1 a plain number and an amount of memory cannot be compared"),
        ("1 / (2 - 2)", "INF118:1 division by zero"),
        ("1 and 2 == 2", "INF110:1 `and` needs true or false, not a plain number"),
        ("not 5", "INF110:1 `not` needs true or false, not a plain number"),
        ("-[1]", "INF110:1 `-` needs an amount, not a list"),
        ("true + 1", "INF110:1 `+` needs an amount, not true or false"),
        ("[1, 2][2]", "INF140:1 the list has 2 items, and none at 2"),
        ('{ a = 1 }["b"]', "INF140:1 the record has no `b`"),
        ("{ a = 1, a = 2 }", "INF106:1 `a` is stated twice in this record"),
        ("nothing", "INF101:1 nothing here is called `nothing`"),
        ("nope(1)", "INF122:1 there is no function `nope`"),
        ("max()", "INF121:1 `max`: takes an amount"),
        ("max(1, 2 s)", "INF112:1 a plain number and a duration cannot be compared"),
        ("dist(5, 6, 7, 8)", "INF121:1 `dist`: takes at most 3 arguments"),
        ("dist(mean = 1, mean = 2)", "INF121:1 `dist`: has the argument `mean` twice"),
        (
            "dist(mean = 1, p95 = 2, p95_over_mean = 2)",
            "INF121:1 `dist`: takes only one of `p95`, `p95_over_mean`",
        ),
        ("between(1, 2)", "INF121:1 `between`: lacks `typical`"),
        ('matches("a", "(")', "INF121:1 `matches`: cannot read the pattern: "),
        ("1e70", "INF119:1 this number is too large, too small or too long to compute with"),
        ("5m", "INF113:1 the unit `m` could be minutes, milliseconds or mega"),
        ("80 gib", "INF111:1 `gib` is not a unit"),
        ("2026-02-30", "INF117:1 there is no day `2026-02-30`"),
        ("[for i in 1..1000000: i]", "INF139:1 this loop is too much for the compiler"),
        ("[for i in 5: i]", "INF110:1 `for` needs a list or a range of whole numbers, not a plain"),
        ("5..1", "INF114:1 the range begins at 5 and ends below it, at 1"),
        ("feasible(t)", "INF190:1 `feasible(…)` is part of the language"),
        ("unknown", "INF190:1 `unknown` as a value is part of the language"),
        ("(5).x", "INF101:1 a plain number has no `x`"),
    ],
)
def test_a_wrong_expression_says_so_once(expression: str, problem: str) -> None:
    outcome = resolve_text(f"let wrong = {expression}\ntopology t {{\n}}")
    found = said(outcome.diagnostics)
    assert len(found) == 1
    assert found[0].startswith(problem)


DEVICE = """import std.catalog as cat
topology t {
  device d { hardware = cat.gpu.nvidia.a100_80gb_sxm; count = 2 }
  let value = EXPRESSION
  TITLE
}
"""


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("[1, 2] + [3]", "[1, 2, 3]"),
        ("[1, 2] + 3", "[1, 2, 3]"),
        ("[1, 2, 3] - 2", "[1, 3]"),
        ('"a" + "b"', "ab"),
        ('"a" == "a"', "true"),
        ('"a" != "b"', "true"),
        ('"a" in "cat"', "true"),
        ('"a" in { a = 1 }', "true"),
        ("[true, 2026-01-01, fp16, none]", "[true, 2026-01-01, fp16, none]"),
        ("dist(mean = 200)", "dist(mean = 200)"),
        ("{ a = 1, b = [1] }", "{ a = 1, b = [1] }"),
        ("1..3", "1..3"),
        ("(1..3).high", "3"),
        ("2 * cat.gpu.nvidia.l4", "2 * gpu.nvidia.l4"),
        ("(2 * cat.gpu.nvidia.l4).count", "2"),
        ("cat.gpu.nvidia.l4.title", "NVIDIA L4"),
        ("cat.gpu.nvidia.l4 == cat.gpu.nvidia.l4", "true"),
        ("2026-01-02 > 2026-01-01", "true"),
        ("3 >= 3", "true"),
        ("1 > 2 or 2 > 1", "true"),
        ("false and nope", "false"),
        ('len("abc")', "3"),
        ("d.count + 1", "3"),
        ("d.hardware.memory == 80 GiB", "true"),
        ("d.hardware.link", "link.nvlink_3"),
        ("d.network == none", "true"),
        ("[[[[[[1]]]]]]", "[[[[[…]]]]]"),
    ],
)
def test_values_of_every_sort_can_be_printed(expression: str, shown: str) -> None:
    text = DEVICE.replace("EXPRESSION", expression).replace("TITLE", 'title = "${value}"')
    assert sound(text).topologies[0].fields["title"].value == shown


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ('"a" == 5', "INF110:4 `==` needs a text, not a plain number"),
        ('"a" < "b"', "INF110:4 `<` needs an amount, not a text"),
        ("5 in 6", "INF110:4 `in` needs a list or a range, not a plain number"),
        ("1 GB in 1..2", "INF112:4 an amount of memory and a plain number cannot be compared"),
        ("len(5)", "INF121:4 `len`: takes one list or text"),
        ("all_of([1])", "INF121:4 `all_of`: takes conditions, not a plain number"),
        ('abs("x")', "INF121:4 `abs`: takes one amount"),
        ("max(a = 1)", "INF121:4 `max`: takes no named arguments"),
        ("matches(1, 2)", "INF121:4 `matches`: takes two texts"),
        ('matches("a")', "INF121:4 `matches`: takes a text and a pattern"),
        ("cat.nope(1)", "INF101:4 the folder `catalog` of the standard library has no `nope`"),
        ('aws.s3("x")', "INF101:4 nothing here is called `aws`"),
        ("d.count(1)", "INF122:4 there is no function `d.count`"),
        ("d.nope", "INF101:4 device `d` has no `nope`"),
        ('"a"[0]', "INF140:4 a text cannot be indexed with a plain number"),
        ("(1..3).middle", "INF101:4 a range has no `middle`"),
        ("5 ? 1 : 2", "INF110:4 `?` needs true or false, not a plain number"),
        ('"${nope}"', "INF101:4 nothing here is called `nope`"),
        ("[for i in [1, 2] if i: i]", "INF110:4 `if` needs true or false, not a plain number"),
        ('"x" * 2', "INF110:4 `*` needs an amount, not a text"),
        ("2 s..1 s", "INF114:4 the range begins at 2 s and ends below it, at 1 s"),
        ('"a".."b"', "INF110:4 `..` needs two amounts, not a text"),
        ("null", "INF101:4 nothing here is called `null`"),
    ],
)
def test_values_of_the_wrong_sort_are_refused(expression: str, problem: str) -> None:
    text = DEVICE.replace("EXPRESSION", expression).replace("TITLE", "")
    assert said(resolve_text(text).diagnostics) == [problem]


def test_an_error_silences_what_is_made_of_it() -> None:
    outcome = resolve_text(
        "let a = nope + 1\nlet b = a * 2 s\nlet c = b < 3 GB\n"
        'topology t { title = "${c}"; device d { hardware = a; count = b } }'
    )
    assert said(outcome.diagnostics) == ["INF101:1 nothing here is called `nope`"]


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("let a = a", 1),
        ("let a = b\nlet b = c\nlet c = a", 1),
        ("let a = a\nlet b = b", 2),
        ("param p: number = p", 1),
    ],
)
def test_a_circle_is_reported_once(text: str, circles: int) -> None:
    found = said(resolve_text(f"{text}\ntopology t {{\n}}").diagnostics)
    assert [item.partition(":")[0] for item in found] == ["INF120"] * circles


def test_fields_may_be_read_and_not_in_circles() -> None:
    text = """
import std.catalog as cat
topology t {
  device a { hardware = cat.board.raspberry_pi_5_8gb; count = b.count + 1 }
  device b { hardware = cat.board.raspberry_pi_5_8gb; count = COUNT }
}
"""
    assert said(resolve_text(text.replace("COUNT", "2")).diagnostics) == []
    found = said(resolve_text(text.replace("COUNT", "a.count")).diagnostics)
    assert found == ["INF120:4 `a.count` is defined by itself"]


def test_long_chains_end_in_a_message() -> None:
    chain = "\n".join(f"let a{n} = a{n + 1} + 1" for n in range(500)) + "\nlet a500 = 1"
    found = said(resolve_text(f"{chain}\ntopology t {{\n}}").diagnostics)
    assert {item.partition(":")[0] for item in found} == {"INF139"}


def test_numbers_cannot_grow_without_end() -> None:
    squares = "\n".join(f"let a{n + 1} = a{n} * a{n}" for n in range(40))
    found = said(resolve_text(f"let a0 = 1.000001\n{squares}\ntopology t {{\n}}").diagnostics)
    assert {item.partition(":")[0] for item in found} == {"INF119"}


@pytest.mark.parametrize(
    ("path", "fixes"),
    [("models.tinyllama.tinyllama_1_1b_chat", 0), ("models.tinyllama", 1), ("models.mete.x", 1)],
)
def test_a_near_entry_is_offered_only_where_the_path_then_leads_on(path: str, fixes: int) -> None:
    text = f"import std.catalog as cat\ntopology t {{ model m {{ source = cat.{path} }} }}"
    (found,) = resolve_text(text).diagnostics
    assert found.code == "INF109"
    assert len(found.fixes) == fixes


def test_a_target_that_is_named_twice_keeps_its_name() -> None:
    text = "topology t {\n  emit kubernetes { }\n  emit kubernetes { }\n}"
    (found,) = resolve_text(text).diagnostics
    assert found.code == "INF105"
    assert found.help == "put all options into one block"
