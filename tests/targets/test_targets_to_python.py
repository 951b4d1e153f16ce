"""Source text: literals mean what they say, and the layout is that of `ruff format`."""

import ast
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferc.targets.to_python import (
    WIDTH,
    Expression,
    array,
    assign,
    block_literal,
    call,
    class_name,
    dictionary,
    flat,
    import_from,
    lay_out,
    literal,
    module_name,
    snake,
)

QUOTES = st.text(st.sampled_from("\"'\\\n\t {}a\x00é模🦙\u202e"), max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '""'),
        ("a", '"a"'),
        ('a"b', "'a\"b'"),
        ("a'b", '"a\'b"'),
        ("a'b\"c", '"a\'b\\"c"'),
        ("a\nb\\", '"a\\nb\\\\"'),
        ("é\u202e🦙\x00", '"\\xe9\\u202e\\U0001f999\\x00"'),
    ],
)
def test_literals(text: str, expected: str) -> None:
    assert literal(text) == expected


@settings(deadline=None)
@given(st.text() | QUOTES)
def test_a_literal_means_its_text(text: str) -> None:
    assert ast.literal_eval(literal(text)) == text
    assert literal(text).isascii()
    assert literal(text).isprintable()


@settings(deadline=None)
@given(st.text(st.sampled_from("\"'\\\n ab{é"), max_size=20) | st.text())
def test_a_block_means_its_text_or_is_none(text: str) -> None:
    block = block_literal(text)
    assert block is None or ast.literal_eval(block) == text


def test_blocks() -> None:
    assert block_literal("a\nb\n") == '"""\\\na\nb\n"""'
    assert block_literal("a\nb") is None
    assert block_literal("a\\\n") is None


def random_expression(random: Random, depth: int = 0) -> Expression:
    text = literal("".join(random.choices("ab \"'{}\n", k=random.choice((0, 5, 30, 120)))))
    if depth > 4 or random.random() < 0.3:
        return random.choice((text, "12", "args.namespace", "True"))
    items = [random_expression(random, depth + 1) for _ in range(random.choice((0, 1, 2, 5)))]
    match random.choice(("list", "dict", "call")):
        case "list":
            return array(items)
        case "dict":
            return dictionary((f"key {number}", item) for number, item in enumerate(items))
        case _:
            return call("k8s.core.v1.Thing", ((f"field_{n}", item) for n, item in enumerate(items)))


def test_layout_keeps_the_meaning() -> None:
    random = Random(1)
    for _ in range(300):
        expression = random_expression(random)
        lines = lay_out("x = ", expression)
        assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(
            ast.parse(f"x = {flat(expression)}")
        )


def test_layout_is_that_of_ruff(tmp_path: Path) -> None:
    random = Random(2)
    lines = ["args = k8s = None"]
    for number in range(300):
        lines += assign(f"NAME_{number}", random_expression(random))
    path = tmp_path / "layout.py"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={WIDTH}"]
    done = subprocess.run(
        [*command, "--diff", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[:3000]


def test_names() -> None:
    assert snake("PersistentVolumeClaim") == "persistent_volume_claim"
    assert class_name("chat-large") == "ChatLarge"
    assert module_name("chat-large", ()) == "chat_large"
    assert module_name("a-name-that-is-too-long-for-a-line", ()) == "a_name_that_is_too_l_8ac8ee68"
    assert module_name("class", ()) == "class_service"
    assert module_name("foundation", {"foundation"}) == "foundation_service"
    assert import_from("a.b", ("C", "B")) == ["from a.b import B, C"]
    assert import_from("a" * 60, ("B" * 30, "C" * 30))[-1] == ")"
