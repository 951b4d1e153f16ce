"""Whole designs that are without fault: what each block comes to."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from support.front import block_at, resolve_text, said, sound
from support.repository import ROOT

from inferc import stdlib
from inferc.compiler.load import CATALOG
from inferc.compiler.provenance import Confidence, Origin
from inferc.compiler.resolve import (
    CallValue,
    ListValue,
    Multiple,
    RangeValue,
    Ref,
    ResolvedBlock,
    Word,
)
from inferc.compiler.units import Quantity

EXAMPLES = ROOT / "examples"

SERVICE = """
infer 1
import std.catalog as cat

topology desk {
  model llama { source = cat.models.meta.llama_3_8b_instruct }

  cluster dc {
    platform = kubernetes
    pool gpu { nodes = 2; gpu = 4 * cat.gpu.nvidia.l4 }
  }

  service chat {
    model = llama
    on    = dc.gpu
    load { rate = 120 req/min }
    sla  { p95 ttft <= 500ms }
  }
BODY
}
"""


def design(body: str = "", after: str = "") -> str:
    return SERVICE.replace("BODY", body) + after


def amount(block: ResolvedBlock, name: str) -> Fraction:
    value = block.fields[name].value
    assert isinstance(value, Quantity)
    return value.value


def lines(block: ResolvedBlock) -> list[tuple[float | None, str, str, str]]:
    return [(r.percentile, r.target, r.operator, str(r.value)) for r in block.restrictions]


# ---- the two examples ----------------------------------------------------------------------------


def test_the_first_example() -> None:
    resolved = sound((EXAMPLES / "support-chat" / "topology.infer").read_text())
    chat = block_at(resolved, "chat")
    assert chat.fields["model"].value == Ref("llama")
    assert chat.fields["on"].value == Ref("dc1.gpu")
    assert amount(block_at(resolved, "chat.load"), "rate") == Fraction(50, 3)
    assert block_at(resolved, "chat.load").fields["shape"].value == Word("spiky")
    pool = block_at(resolved, "dc1.gpu").fields["gpu"].value
    assert isinstance(pool, Multiple)
    assert (pool.count.value, pool.of) == (8, Ref("gpu.nvidia.a100_80gb_sxm"))
    hard, soft = block_at(resolved, "chat.sla").restrictions
    assert (hard.modifier, hard.percentile, hard.target, hard.operator) == ("", 0.95, "ttft", "<=")
    assert (soft.modifier, soft.percentile, soft.target) == ("prefer", 0.95, "itl")
    assert {
        "gpu.nvidia.a100_80gb_sxm",
        "link.nvlink_3",
        "models.meta.llama_3_70b_instruct",
        "engine.vllm",
        "shape.spiky",
        "shape.unstated",
        "workload.unstated",
        "link.unstated",
    } <= set(resolved.catalog)


def test_the_second_example() -> None:
    resolved = sound((EXAMPLES / "impossible-pi" / "topology.infer").read_text())
    assert amount(block_at(resolved, "chat.load"), "rate") == 1_000_000
    assert block_at(resolved, "chat").fields["on"].value == Ref("pi")
    board = resolved.catalog["board.raspberry_pi_4b_4gb"]
    assert amount(board, "memory") == 4 * 2**30


@pytest.mark.parametrize("path", [p for p in stdlib.all_entries() if p.startswith(CATALOG)])
def test_every_entry_of_the_catalog_is_without_fault(path: str) -> None:
    outcome = resolve_text(f"import std.{path} as entry\nlet it = entry.title\ntopology t {{\n}}")
    assert said(outcome.diagnostics) == []
    block = outcome.resolved.catalog.get(path.removeprefix(f"{CATALOG}."))
    if block is None:  # an entry whose title alone was read is not part of the result
        return
    assert all(field.origin is Origin.CATALOG for field in block.fields.values())


def test_facts_carry_their_source_and_fields_may_have_their_own() -> None:
    resolved = sound(design())
    board = resolved.catalog["gpu.nvidia.l4"]
    for field in board.fields.values():
        assert field.origin is Origin.CATALOG
        assert field.source
        assert field.as_of.count("-") == 2
    compute = board.child("compute")
    assert compute is not None
    assert all(field.source for field in compute.fields.values())


# ---- parents and overlays ------------------------------------------------------------------------


def test_a_child_is_its_parent_with_changes() -> None:
    resolved = sound(
        design("""
  service batch extends chat {
    load { rate = 6 req/min; peak = 2x }
    sla  { p95 ttft <= 2s; prefer p50 itl <= 40ms }
  }
""")
    )
    assert amount(block_at(resolved, "batch.load"), "rate") == Fraction(1, 10)
    assert amount(block_at(resolved, "chat.load"), "rate") == 2
    assert "peak" not in block_at(resolved, "chat.load").fields
    assert lines(block_at(resolved, "batch.sla")) == [
        (0.95, "ttft", "<=", "2s"),
        (0.5, "itl", "<=", "40ms"),
    ]
    assert len(block_at(resolved, "batch.sla").restrictions[0].writers) == 2
    assert len(block_at(resolved, "batch.load").fields["rate"].writers) == 2


def test_parents_come_from_other_files_too() -> None:
    files = {
        "slas.infer": "sla gold { p95 ttft <= 2s }\nsla silver extends gold { p95 ttft <= 3s }",
        "base.infer": "import std.catalog as cat\n"
        "topology platform { cluster dc { platform = kubernetes\n"
        "  pool gpu { nodes = 1; gpu = cat.gpu.nvidia.l4 } } }",
    }
    resolved = sound(
        """
import std.catalog as cat
import "./slas.infer" { silver }
import "./base.infer" as base

topology desk extends base.platform {
  cluster dc { namespace = "llm" }
  service chat {
    model = cat.models.meta.llama_3_8b_instruct
    on    = dc.gpu
    load { rate = 1 req/s }
    sla extends silver { p99 ttft <= 9s }
  }
}
""",
        files,
    )
    assert lines(block_at(resolved, "chat.sla")) == [
        (0.95, "ttft", "<=", "3s"),
        (0.99, "ttft", "<=", "9s"),
    ]
    assert block_at(resolved, "dc").fields["namespace"].value == "llm"
    assert block_at(resolved, "chat").fields["on"].value == Ref("dc.gpu")


OVERLAYS = """
env small {
  chat.load.rate = 6 req/min
  p95 chat.sla.ttft <= 2s
  dc.gpu.nodes = 1
}
env tiny extends small {
  dc.gpu.gpu = cat.gpu.nvidia.t4
  remove chat.sla
}
"""


@pytest.mark.parametrize(
    ("env", "rate", "nodes", "sla"),
    [
        (None, 2, 2, [(0.95, "ttft", "<=", "500ms")]),
        ("small", Fraction(1, 10), 1, [(0.95, "ttft", "<=", "2s")]),
        ("tiny", Fraction(1, 10), 1, None),
    ],
)
def test_an_overlay_patches_by_path(
    env: str | None, rate: Fraction, nodes: int, sla: list[object] | None
) -> None:
    resolved = sound(design(after=OVERLAYS), env=env)
    assert amount(block_at(resolved, "chat.load"), "rate") == rate
    assert amount(block_at(resolved, "dc.gpu"), "nodes") == nodes
    found = block_at(resolved, "chat").child("sla")
    assert (None if found is None else lines(found)) == sla


def test_an_overlay_reaches_the_topologies_that_it_fits() -> None:
    text = design(
        after="""
topology other {
  device pi { hardware = cat.board.raspberry_pi_5_8gb; count = 1 }
}
env live { chat.load.rate = 5 req/s; pi.count = 3 }
env wrong { chit.load.rate = 5 req/s }
"""
    )
    desk, other = sound(text, env="live").topologies
    assert amount(desk.children[2].children[0], "rate") == 5
    assert amount(other.children[0], "count") == 3
    line = text[: text.index("env wrong")].count("\n") + 1
    (problem,) = said(resolve_text(text, env="wrong").diagnostics)
    assert problem.startswith(f"INF129:{line} the path `chit.load.rate` leads nowhere")


def test_overlays_of_imported_files_stay_there() -> None:
    files = {"other.infer": "env live { nothing.here = 1 }\nlet x = 1"}
    text = design().replace("infer 1\n", 'infer 1\nimport "./other.infer" as other\n')
    text += "\nenv live { chat.load.rate = 3 req/s }"
    assert amount(block_at(sound(text, files, env="live"), "chat.load"), "rate") == 3


def test_an_overlay_inside_a_topology_may_add_blocks() -> None:
    text = design("  env more {\n    service second extends chat { load { rate = 1 req/s } }\n  }")
    assert [b.name for b in sound(text).topologies[0].children if b.kind == "service"] == ["chat"]
    resolved = sound(text, env="more")
    assert amount(block_at(resolved, "second.load"), "rate") == 1


# ---- assumptions and pins ------------------------------------------------------------------------


def test_an_assumption_has_its_reason_and_confidence() -> None:
    resolved = sound(
        design("""
  assume {
    chat.load.peak          = 3x because "no trace yet" confidence low
    chat.load.prompt_tokens = dist(mean = 200, p95 = 700)
  }
""")
    )
    load = block_at(resolved, "chat.load")
    peak, prompt = load.fields["peak"], load.fields["prompt_tokens"]
    assert (peak.origin, peak.because, peak.confidence) == (
        Origin.ASSUMED,
        "no trace yet",
        Confidence.LOW,
    )
    assert prompt.confidence is Confidence.MEDIUM
    assert isinstance(prompt.value, CallValue)
    assert load.fields["rate"].origin is Origin.GIVEN


def test_an_overlay_may_state_what_was_assumed() -> None:
    text = design("  assume { chat.load.peak = 3x }", "env live { chat.load.peak = 2x }")
    peak = block_at(sound(text, env="live"), "chat.load").fields["peak"]
    assert (peak.origin, str(peak.value)) == (Origin.GIVEN, "2x")


def test_pins_are_restrictions_with_full_paths() -> None:
    resolved = sound(
        design("""
  pin {
    chat.tensor_parallel = 4 because "change freeze" until 2026-12-31
    chat.engine in [vllm]
    chat.replicas in 1..3
    forbid chat.precision = fp8
    forbid chat.pipeline_parallel in [2, 4]
  }
""")
    )
    pin = resolved.topologies[0].child("pin")
    assert pin is not None
    found = {(r.target, r.operator): r.value for r in pin.restrictions}
    assert isinstance(found["chat.tensor_parallel", "="], Quantity)
    assert found["chat.engine", "in"] == ListValue((Word("vllm"),))
    assert isinstance(found["chat.replicas", "in"], RangeValue)
    assert found["chat.precision", "not in"] == ListValue((Word("fp8"),))
    assert isinstance(found["chat.pipeline_parallel", "not in"], ListValue)
    assert pin.restrictions[0].clauses["because"] == "change freeze"
    assert str(pin.restrictions[0].clauses["until"]) == "2026-12-31"
    assert "engine.vllm" in resolved.catalog


def test_the_range_of_an_autoscaler_narrows_the_replicas_of_its_service() -> None:
    text = design().replace("on    = dc.gpu", "on    = dc.gpu\n    autoscale { replicas in 1..4 }")
    assert [r.target for r in block_at(sound(text), "chat").restrictions] == ["replicas"]


# ---- loops, conditions, parameters ---------------------------------------------------------------


def test_loops_and_conditions_make_blocks() -> None:
    resolved = sound(
        design("""
  let tiers = { gold = 4 req/s, bronze = 1 req/s }
  for t in [{ id = "gold", big = true }, { id = "bronze", big = false }] {
    let rate = tiers[t.id]
    service "chat_${t.id}" extends chat {
      load { rate = rate; if t.big { peak = 2x } else { peak = 1x } }
    }
  }
""")
    )
    assert amount(block_at(resolved, "chat_gold.load"), "rate") == 4
    assert amount(block_at(resolved, "chat_bronze.load"), "rate") == 1
    assert amount(block_at(resolved, "chat_gold.load"), "peak") == 2
    assert amount(block_at(resolved, "chat_bronze.load"), "peak") == 1


PARAMS = """
import std.catalog as cat
param region: "eu" | "us" = "eu"
param rate: rate = 10 req/s where rate <= 100 req/s
param host: string = "a.example" where matches("^[a-z.]+$")
topology t { title = "${host} in ${region} at ${2 * rate}" }
"""


@pytest.mark.parametrize(
    ("params", "title"),
    [
        ({}, "a.example in eu at 20 req/s"),
        ({"region": "us"}, "a.example in us at 20 req/s"),
        ({"rate": "600 req/min"}, "a.example in eu at 1200 req/min"),
        ({"host": "b.example"}, "b.example in eu at 20 req/s"),
        ({"host": '"c.example"'}, "c.example in eu at 20 req/s"),
    ],
)
def test_parameters_come_from_outside(params: Mapping[str, str], title: str) -> None:
    assert sound(PARAMS, params=params).topologies[0].fields["title"].value == title


def test_a_mistake_in_a_parameter_is_shown_as_it_was_given() -> None:
    (found,) = resolve_text(PARAMS, params={"rate": "abc"}).diagnostics
    assert found.code == "INF101"
    assert found.span is not None
    assert found.span.source.path == "-p"
    assert found.span.source.text == "rate = abc\n"
    assert found.span.text == "abc"


@pytest.mark.parametrize("text", ["= 5", "1 }", "1\nx = 2", "", "in 1..2"])
def test_a_parameter_takes_one_value(text: str) -> None:
    found = resolve_text(PARAMS, params={"rate": text}).diagnostics
    assert [item.code for item in found] == ["INF127"]


SECOND_WITH_GOLD = "service second extends chat { sla extends gold { p50 ttft <= 5s } }"


@pytest.mark.parametrize(
    ("body", "after", "said_"),
    [
        ("  sla { p99 ttft <= 9s }", "", ["INF115"]),
        ("  sla gold { p99 ttft <= 9s }", "", ["INF190"]),
        ("  sla gold { p99 ttft <= 9s }", "\nenv live { chat.load.rate = 1 req/s }", []),
        (f"  sla gold {{ p99 ttft <= 9s }}\n  {SECOND_WITH_GOLD}", "", []),
    ],
)
def test_an_sla_that_no_service_has_is_no_promise(body: str, after: str, said_: list[str]) -> None:
    found = resolve_text(design(body, after)).diagnostics
    assert [item.code for item in found] == said_


# ---- facts of the user's own -------------------------------------------------------------------


def test_a_design_may_bring_its_own_hardware_and_model() -> None:
    resolved = sound("""
gpu sample {
  title = "Sample"; memory = 96 GiB; bandwidth = 2.4 TB/s
  compute { fp16 = 400 TFLOP/s }
}
topology t {
  llm small {
    title = "Small"; parameters = 1.1B; layers = 22; hidden = 2048; intermediate = 5632
    heads = 32; kv_heads = 4; vocabulary = 32000; context = 2048 tok
  }
  device box { hardware = sample; count = 2 }
  service s { model = small; on = box; load { rate = 1/min } }
}
""")
    assert resolved.catalog["sample"].kind == "gpu"
    assert amount(resolved.catalog["small"], "parameters") == 1_100_000_000
    assert block_at(resolved, "box").fields["hardware"].value == Ref("sample")
    assert all(f.origin is Origin.GIVEN for f in resolved.catalog["sample"].fields.values())


def test_the_order_of_blocks_does_not_matter() -> None:
    text = design()
    service = text[text.index("  service") : text.index("BODY" if "BODY" in text else "\n}\n")]
    moved = text.replace(service, "").replace("topology desk {", f"topology desk {{\n{service}")
    first, second = sound(text), sound(moved)
    assert block_at(first, "chat").fields.keys() == block_at(second, "chat").fields.keys()
    assert first.catalog.keys() == second.catalog.keys()
