"""What people see: the mistakes of one file, as the terminal shows them."""

from pathlib import Path

from support.front import resolve_text

from inferc.dsl.render import render

DESIGN = """infer 1
import std.catalog as cat

let spare = 2 GB

topology desk {
  model llama { source = cat.models.meta.llama_3_70b_instrct; precision = "fp16" }

  cluster dc {
    platform = kubernetes
    pool gpu { nodes = 1; gpu = 8 * cat.gpu.nvidia.a100_80gb_sxm; memory = spare + 3 min }
  }

  service chat {
    model = llama
    on    = dc
    tensor_paralel = 4
    load { rate = 5m; rate = 6 req/s }
    sla  { p95 ttft <= 60 req/s; p95 availability >= 99% }
  }

  assert dc.gpu.nodes > 1 else "one node is no cluster"
}
"""


def test_the_mistakes_of_a_file_read_well() -> None:
    golden = Path(__file__).with_name("rendered.txt").read_text(encoding="utf-8")
    assert render(resolve_text(DESIGN).diagnostics, color=False) == golden
