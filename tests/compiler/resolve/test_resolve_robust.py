"""Whatever the text is, the answer is diagnostics or blocks, the same every time."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.front import resolve_text, said
from support.mutations import mutants
from support.repository import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*/topology.infer"))

RICH = """
infer 1
import std.catalog as cat
import "./slas.infer" { gold }
param rate: rate = 10 req/s where rate <= 100 req/s
let tiers = { a = { n = 1 }, b = { n = 2 } }

gpu mine {
  title = "Mine"; memory = 96 GiB; bandwidth = 2 TB/s
  compute { fp16 = 400 TFLOP/s }
}

topology t {
  title = "at ${2 * rate}"
  model llama { source = cat.models.meta.llama_3_8b_instruct; precision in [fp16, bf16] }
  cluster dc {
    platform = kubernetes
    for i in 1..2 { pool "p${i}" { nodes = i; gpu = (2 * i) * mine; price = $2.49/gpu/h } }
  }
  for t in ["a", "b"] {
    service "s_${t}" {
      model = llama
      on    = dc.p1
      load { rate = tiers[t].n * rate; prompt_tokens = dist(mean = 200, p95 = 700) }
      sla extends gold { p95 ttft <= 1s; prefer p50 itl <= 50ms }
    }
  }
  service other extends s_a { load { peak = 2x } }
  assume { s_a.load.peak = 3x because "no trace" confidence low }
  pin { s_a.tensor_parallel in [1, 2]; forbid s_b.engine = llama_cpp }
  assert all_of([for x in [1, 2] if x > 1: x >= 2]) else "never"
  emit kubernetes { namespace = "llm" }
}

env prod {
  s_a.load.rate = 5 req/s
  remove s_b
  service more extends s_a { load { rate = 1 req/s } }
}
"""
FILES = {"slas.infer": "sla gold { p95 ttft <= 2s; p99 ttft <= 4s }"}


def test_the_rich_design_is_sound() -> None:
    assert said(resolve_text(RICH, FILES).diagnostics) == []
    assert said(resolve_text(RICH, FILES, env="prod").diagnostics) == []


def _end_in_diagnostics(texts: Iterable[str], seed: int) -> None:
    env = "prod" if seed % 2 else None
    for text in texts:
        for item in resolve_text(text, FILES, env=env).diagnostics:
            assert item.message
            assert item.help or item.code.startswith("INF0")


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_design_gives_no_traceback(seed: int) -> None:
    _end_in_diagnostics(mutants(RICH, seed, 12), seed)
    for path in EXAMPLES:
        _end_in_diagnostics(mutants(path.read_text("utf-8"), seed, 3), seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_mutated_designs_give_no_traceback(seed: int) -> None:
    _end_in_diagnostics(mutants(RICH, seed, 100), seed)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_many_mutated_examples_give_no_traceback(path: Path) -> None:
    for seed in range(12):
        _end_in_diagnostics(mutants(path.read_text("utf-8"), seed, 12), seed)


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_two_runs_say_the_same(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 10_000))
    (mutant,) = mutants(RICH, seed, 1)
    first, second = resolve_text(mutant, FILES), resolve_text(mutant, FILES)
    assert said(first.diagnostics) == said(second.diagnostics)
    assert list(first.resolved.catalog) == list(second.resolved.catalog)


@pytest.mark.parametrize(
    "text",
    [
        "let a = " + "[" * 150 + "]" * 150,
        "let a = " + "-" * 150 + "1",
        "let a = " + " + ".join(["1"] * 400),
        "let a = " + " ? 1 : ".join(["true"] * 150) + " ? 1 : 2",
        "topology t { model a extends a {} }",
        "topology t { model a extends b {}\nmodel b extends a {} }",
        "\n".join(f"model m{n} extends m{n + 1} {{}}" for n in range(200)) + "\ntopology t {}",
        "topology t extends t {}",
        'let s0 = "ab"\n' + "\n".join(f'let s{n + 1} = "${{s{n}}}${{s{n}}}"' for n in range(40)),
        "let l0 = [1]\n" + "\n".join(f"let l{n + 1} = l{n} + l{n}" for n in range(40)),
        "let l0 = [1]\n"
        + "\n".join(f"let l{n + 1} = [l{n}, l{n}]" for n in range(40))
        + "\nlet x = l40 + 1",
        "topology t { for a in 1..200 { for b in 1..200 { let c = a } } }",
        "let x = [for a in 1..90: [for b in 1..90: a * b]]",
        'let m = matches("' + "a" * 900 + '", "' + "(a+)+$" + '")',
        "topology t { let a = b.c\n let b = t }",
        "assert " + " and ".join(["1 < 2"] * 120),
    ],
)
def test_extremes_end_soon_and_without_a_traceback(text: str) -> None:
    resolve_text(f"{text}\n")
