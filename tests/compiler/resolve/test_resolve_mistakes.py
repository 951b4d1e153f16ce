"""One mistake each in a sound design: what is said, and on which line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.front import resolve_text, said

DESIGN = """infer 1
import std.catalog as cat

topology t {
  model llama {
    source    = cat.models.meta.llama_3_70b_instruct
    precision = fp16
  }
  cluster dc1 {
    platform = kubernetes
    pool gpu {
      nodes = 1
      gpu   = 8 * cat.gpu.nvidia.a100_80gb_sxm
    }
  }
  service chat {
    model = llama
    on    = dc1.gpu
    api   = openai_chat
    load {
      rate  = 1000 req/min
      shape = spiky
    }
    sla {
      p95 ttft <= 500ms
      prefer p95 itl <= 60ms
    }
  }
}
"""


def read(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    for block in path.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        lines = block.splitlines()
        right, wrong, expected = (
            [line[2:] for line in lines if line.startswith(sign)] for sign in "-+!"
        )
        yield "\n".join(right), "\n".join(wrong), expected


MISTAKES = list(read(Path(__file__).with_name("mistakes.txt")))


@pytest.mark.parametrize(("right", "wrong", "expected"), MISTAKES)
def test_a_mistake_is_named_on_its_line(right: str, wrong: str, expected: list[str]) -> None:
    text = DESIGN.replace(right, wrong, 1)
    assert text != DESIGN
    assert said(resolve_text(text).diagnostics) == expected


@pytest.mark.parametrize(("right", "wrong", "expected"), MISTAKES)
def test_a_single_mistake_has_few_consequences(right: str, wrong: str, expected: list[str]) -> None:
    assert len(expected) <= 2, (right, wrong)


@pytest.mark.parametrize(("right", "wrong", "expected"), MISTAKES)
def test_a_fix_that_is_offered_mends_the_mistake_it_belongs_to(
    right: str, wrong: str, expected: list[str]
) -> None:
    text = DESIGN.replace(right, wrong, 1)
    for item in resolve_text(text).diagnostics:
        for fix in item.fixes:
            mended = text
            for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
                mended = mended[: edit.span.start] + edit.text + mended[edit.span.end :]
            again = said(resolve_text(mended).diagnostics)
            assert f"{item.code}:{item.span.line if item.span else 0} {item.message}" not in again
            assert len(again) <= len(expected)
    del right, wrong


def test_several_mistakes_are_reported_in_one_run() -> None:
    text = (
        DESIGN.replace("nodes = 1", "nodes = 1.5")
        .replace("1000 req/min", "1000 req/mnute")
        .replace("precision = fp16", "precison = fp16")
        .replace("prefer p95 itl <= 60ms", "prefer p95 itll <= 60ms")
    )
    assert said(resolve_text(text).diagnostics) == [
        "INF104:7 model `llama` has no field `precison`",
        "INF114:12 `nodes` must be a whole number from 0, not `1.5`",
        "INF111:21 `mnute` is not a unit",
        "INF124:26 there is no metric `itll`",
    ]


@pytest.mark.parametrize(
    ("params", "env", "expected"),
    [
        ({"regoin": "eu"}, None, ["INF126:0 there is no parameter `regoin`"]),
        ({"region": "mars"}, None, ['INF127:1 parameter `region` takes "eu" or "us", not "mars"']),
        (
            {"rate": "5 GB"},
            None,
            ["INF127:2 parameter `rate` takes a request rate, not an amount of memory, 5 GB"],
        ),
        ({"rate": "5 +"}, None, ["INF127:2 parameter `rate` cannot be `5 +`"]),
        (
            {"rate": "500 req/s"},
            None,
            ["INF127:2 parameter `rate` is 500 req/s, and `rate <= 9 req/s` does not hold"],
        ),
        ({}, "prod", ["INF128:0 there is no environment `prod`"]),
        ({}, "dev", []),
    ],
)
def test_what_the_command_line_gives_is_checked(
    params: dict[str, str], env: str | None, expected: list[str]
) -> None:
    text = (
        'param region: "eu" | "us" = "eu"\n'
        "param rate: rate = 5 req/s where rate <= 9 req/s\n"
        'topology t { title = region }\nenv dev { title = "dev" }'
    )
    assert said(resolve_text(text, params=params, env=env).diagnostics) == expected


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("param p: number", ["INF127:1 parameter `p` has no value"]),
        ("param p: number?", []),
        ("param p = 5", []),
        ("param p: [number] = [1, 2]", []),
        (
            'param p: [number] = [1, "a"]',
            ['INF127:1 parameter `p` takes a list of number, not a list, [1, "a"]'],
        ),
        (
            "param p: int = 1.5",
            ["INF127:1 parameter `p` takes a whole number, not a plain number, 1.5"],
        ),
        ("param p: numbr = 1", ["INF101:1 the language has no `numbr`"]),
        (
            'param p: string = "A" where matches("^[a-z]+$")',
            ['INF127:1 parameter `p` is "A", and `matches("^[a-z]+$")` does not hold'],
        ),
    ],
)
def test_a_parameter_keeps_to_its_type(declaration: str, expected: list[str]) -> None:
    found = said(resolve_text(f"{declaration}\ntopology t {{\n}}").diagnostics)
    assert found == expected
