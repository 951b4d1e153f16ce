"""Designs that read well and mean nothing: one code and one place each."""

import re

import pytest
from support.models import NoFiles, complaints, outcome_of, program
from support.repository import ROOT

from inferc.compiler.load import load
from inferc.compiler.model import build
from inferc.compiler.resolve import resolve
from inferc.dsl import Severity, SourceFile, has_errors

PAGES = ROOT / "compiler" / "model" / "pages"
BAD_HEADS = """
  llm ours {
    title = "Ours"; parameters = 8.03B; layers = 32; hidden = 4096; intermediate = 14336
    heads = 32; kv_heads = 7; head_dim = 128; vocabulary = 128256; context = 8192 tok
  }
"""
BAD_SUM = BAD_HEADS.replace("kv_heads = 7", "kv_heads = 8").replace("8.03B", "7B")


@pytest.mark.parametrize(
    ("parts", "code", "line"),
    [
        ({"sla": ""}, "INF150", "sla {"),
        ({"sla": "forbid p95 ttft <= 500ms"}, "INF190", "forbid p95 ttft <= 500ms"),
        (
            {"load": "prompt_tokens = dist(mean = 100..500, p95 = 200)"},
            "INF154",
            "prompt_tokens = dist(mean = 100..500, p95 = 200)",
        ),
        ({"load": "shape = steady; peak = 3x"}, "INF155", "shape = steady; peak = 3x"),
        ({"facts": BAD_HEADS, "source": "ours"}, "INF156", "heads = 32; kv_heads = 7"),
        ({"facts": BAD_SUM, "source": "ours"}, "INF157", 'title = "Ours"; parameters = 7B'),
        ({"nodes": "0"}, "INF158", "nodes = 0"),
        ({"on": "box", "model": "precision = fp8"}, "INF153", "on    = box"),
    ],
)
def test_one_mistake_is_one_diagnostic_where_it_was_made(
    parts: dict[str, str], code: str, line: str
) -> None:
    found = complaints(**parts)
    assert [item.code for item in found] == [code]
    (item,) = found
    assert item.span is not None
    assert line in item.span.source.line(item.span.line)
    assert item.help
    assert item.message


def test_a_missing_sla_is_asked_for_and_not_invented() -> None:
    text = re.sub(r"    sla \{.*?\}\n", "", program(), flags=re.DOTALL)
    outcome = outcome_of(text)
    (item,) = outcome.diagnostics
    assert item.code == "INF150"
    assert "prefer" in item.help
    assert outcome.designs[0].services[0].objectives == ()


def test_a_language_model_answers_no_images() -> None:
    (item,) = complaints(sla="throughput >= 5 img/s")
    assert item.code == "INF172"
    assert item.severity is Severity.ERROR
    assert "images" in item.message
    assert "`throughput >= 5 req/s`" in item.help
    assert not complaints(sla="throughput >= 5 req/s")
    assert not complaints(sla="throughput >= 50 tok/s")


def test_a_topology_without_services_is_reported() -> None:
    outcome = outcome_of('infer 1\ntopology empty {\n  title = "later"\n}\n')
    assert [item.code for item in outcome.diagnostics] == ["INF152"]


def test_several_mistakes_are_reported_in_one_run() -> None:
    found = complaints(
        sla="forbid p95 ttft <= 1s",
        load="shape = steady; peak = 3x\n      prompt_tokens = dist(mean = 100..500, p95 = 200)",
        nodes="0",
    )
    assert sorted(item.code for item in found) == ["INF154", "INF155", "INF158", "INF190"]


def test_parameters_that_do_not_add_up_are_only_a_warning() -> None:
    (item,) = complaints(facts=BAD_SUM, source="ours")
    assert item.severity is Severity.WARNING
    assert "7B" in item.message
    assert "8.03B" in item.message


def test_no_engine_says_what_the_engines_can() -> None:
    (item,) = complaints(on="box", model="precision = fp8")
    assert "Raspberry Pi 4 Model B 4GB" in item.message
    assert "fp8" in item.message
    assert any("llama.cpp runs on board" in note for note in item.notes)
    assert any("vLLM runs on gpu" in note for note in item.notes)


# ---- pages -----------------------------------------------------------------------------------


def examples() -> list[tuple[str, str]]:
    """Return the code and the first whole program of each page."""
    found = []
    for page in sorted(PAGES.glob("INF*.md")):
        programs = re.findall(r"```infer\n(infer 1\n.*?)```", page.read_text("utf-8"), re.DOTALL)
        found.extend((page.stem, text) for text in programs[:1])
    return found


def test_most_pages_have_an_example_that_can_be_run() -> None:
    assert len(examples()) >= 6


@pytest.mark.parametrize(("code", "text"), examples(), ids=[code for code, _ in examples()])
def test_the_example_of_a_page_provokes_it(code: str, text: str) -> None:
    loaded = load(SourceFile("page.infer", text), NoFiles())
    resolution = resolve(loaded)
    assert not has_errors([*loaded.diagnostics, *resolution.diagnostics])
    assert [item.code for item in build(resolution.resolved).diagnostics] == [code]


@pytest.mark.parametrize(
    ("parts", "missing", "code"),
    [
        ({"on": "nowhere"}, "on", "INF151"),
        ({"served": "nothing"}, "model", "INF151"),
        ({"rate": "5 apples"}, "rate", "INF180"),
        ({"gpu": "8 * cat.gpu.nvidia.no_such"}, "gpu", "INF151"),
        ({"source": "cat.models.meta.no_such"}, "source", "INF151"),
    ],
)
def test_what_could_not_be_resolved_is_missing_and_never_a_traceback(
    parts: dict[str, str], missing: str, code: str
) -> None:
    loaded = load(SourceFile("desk.infer", program(**parts)), NoFiles())
    resolution = resolve(loaded)
    assert has_errors(resolution.diagnostics)
    outcome = build(resolution.resolved)
    assert [item.code for item in outcome.diagnostics] == [code]
    assert f"`{missing}`" in outcome.diagnostics[0].message
    assert outcome.designs[0].services == ()
