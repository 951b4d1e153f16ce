"""`model NAME from "config.json"`: the file is found, read, and means what a block would."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.configs import DEEPSEEK_V3, LLAMA_3_1_8B, QWEN3_5_35B_A3B, Json
from support.front import MemoryReader, resolve_text, said

from inferc import api
from inferc.compiler.load import load
from inferc.compiler.model import Outcome, Service, build
from inferc.compiler.provenance import Origin
from inferc.compiler.resolve import resolve
from inferc.dsl import SourceFile

DESIGN = """infer 1
import std.catalog as cat
{top}
topology desk {{
  {models}
  cluster dc {{
    platform = kubernetes
    pool gpu {{ nodes = 1; gpu = 8 * cat.gpu.nvidia.h200_141gb_sxm }}
  }}
  service chat {{
    model = {name}
    on    = dc.gpu
    load {{ rate = 1 req/s }}
    sla {{ p95 ttft <= 20s }}
  }}
}}
"""
FROM = 'model m from "models/llama/config.json"'
LLAMA = {"models/llama/config.json": json.dumps(LLAMA_3_1_8B, indent=2)}


def design(models: str = FROM, *, name: str = "m", top: str = "") -> str:
    return DESIGN.format(models=models, name=name, top=top)


def outcome(
    text: str, files: Mapping[str, str] = LLAMA, path: str = "desk.infer"
) -> tuple[Outcome, list[str]]:
    """Return what a text means, and what is wrong with it in any phase."""
    loaded = load(SourceFile(path, text), MemoryReader(files))
    resolved = resolve(loaded)
    built = build(resolved.resolved)
    found = (*loaded.diagnostics, *resolved.diagnostics, *built.diagnostics)
    return built, said(found)


def service(text: str, files: Mapping[str, str] = LLAMA, path: str = "desk.infer") -> Service:
    built, found = outcome(text, files, path)
    assert found == []
    (one,) = built.designs
    (only,) = one.services
    return only


def test_the_model_is_what_the_file_says() -> None:
    found = service(design())
    assert found.model_name == "m"
    assert found.model.title == "m"
    assert (found.model.layers, found.model.hidden, found.model.kv_heads) == (32, 4096, 8)
    assert found.model.parameters.value == 8_030_261_248
    assert found.model.parameters.origin is Origin.GIVEN
    assert found.model.published == "bf16"


def test_a_number_leads_to_its_line_in_the_file() -> None:
    resolved = resolve_text(design(), LLAMA)
    (topology,) = resolved.resolved.topologies
    facts = next(block for block in topology.children if block.kind == "llm")
    span = facts.fields["layers"].span
    assert span.source.path == "models/llama/config.json"
    assert span.text == '"num_hidden_layers": 32'
    assert "num_hidden_layers" in span.source.line(span.line)


@pytest.mark.parametrize(
    ("entry", "path", "key"),
    [
        ("desk.infer", "config.json", "config.json"),
        ("desk.infer", "./config.json", "config.json"),
        ("a/desk.infer", "../models/config.json", "models/config.json"),
        ("a/b/desk.infer", "m/llama.json", "a/b/m/llama.json"),
        ("desk.infer", "models/llama", "models/llama/config.json"),
        ("a/desk.infer", "/srv/models/config.json", "/srv/models/config.json"),
    ],
)
def test_paths_start_at_the_file_that_names_them(entry: str, path: str, key: str) -> None:
    files = {key: json.dumps(LLAMA_3_1_8B)}
    assert service(design(f'model m from "{path}"'), files, entry).model.layers == 32


def test_what_lies_beside_the_configuration_is_read() -> None:
    index = {"metadata": {"total_size": 2 * 8_000_000_000}, "weight_map": {}}
    beside = {"models/llama/model.safetensors.index.json": json.dumps(index)}
    assert service(design(), LLAMA | beside).model.parameters.value == 8_000_000_000
    quantised = {"quantization": {"quant_algo": "FP8"}}
    beside = {"models/llama/hf_quant_config.json": json.dumps(quantised)}
    assert service(design(), LLAMA | beside).model.published == "fp8"
    older = {"models/llama/quantize_config.json": json.dumps({"bits": 4, "group_size": 128})}
    assert service(design(), LLAMA | older).model.published == "int4"


def test_the_body_adds_and_overrides() -> None:
    body = """ {
      title = "Our Llama"
      context = 8192 tok
      precision = fp8
    }"""
    found = service(design(FROM + body))
    assert (found.model.title, found.model.context) == ("Our Llama", 8192)
    (decision,) = [item for item in found.decisions if item.field == "precision"]
    assert decision.values == ("fp8",)


def test_the_body_may_narrow_what_the_planner_chooses() -> None:
    found = service(design(FROM + " { precision in [bf16, fp8] }"))
    (decision,) = [item for item in found.decisions if item.field == "precision"]
    assert decision.operator == "in"


def test_the_body_may_say_what_the_file_does_not() -> None:
    half: Json = {key: item for key, item in LLAMA_3_1_8B.items() if key != "torch_dtype"}
    half["quantization_config"] = {"quant_method": "hqq"}
    files = {"models/llama/config.json": json.dumps(half)}
    found = resolve_text(design(), files).diagnostics
    assert [item.code for item in found] == ["INF195"]
    assert service(design(FROM + " { dtype = int4 }"), files).model.published == "int4"


def test_at_the_top_of_a_file_it_is_a_fact_for_all_its_topologies() -> None:
    top = 'llm ours from "models/llama/config.json"'
    assert service(design("", name="ours", top=top)).model.layers == 32
    used = "model m { source = ours; precision = fp8 }"
    assert service(design(used, top=top)).model.title == "ours"


def test_in_an_imported_file_the_path_starts_there() -> None:
    files = {
        "shared/models.infer": 'infer 1\nllm ours from "llama/config.json" { title = "Shared" }\n',
        "shared/llama/config.json": json.dumps(LLAMA_3_1_8B),
    }
    top = 'import "./shared/models.infer" as shared'
    assert service(design("", name="shared.ours", top=top), files).model.title == "Shared"


def test_each_architecture_comes_through_all_phases() -> None:
    for config, layers in ((DEEPSEEK_V3, 61), (QWEN3_5_35B_A3B, 40)):
        files = {"models/llama/config.json": json.dumps(config)}
        assert service(design(), files).model.layers == layers


@pytest.mark.parametrize(
    ("files", "said_first"),
    [
        ({}, "INF701:5 there is no file `models/llama/config.json`"),
        ({"models/llama/Config.json": "{}"}, "INF704:5 the file is called `models/llama/Config"),
        ({"models/llama/config.json": "{"}, "INF191:1 `models/llama/config.json` is no JSON"),
        ({"models/llama/config.json": "{}"}, "INF192:1 `models/llama/config.json` has no"),
        (
            {"models/llama/config.json": json.dumps({"model_type": "llama"})},
            "INF193:1 `models/llama/config.json` lacks `num_hidden_layers`, ",
        ),
    ],
)
def test_one_mistake_is_said_once(files: Mapping[str, str], said_first: str) -> None:
    found = resolve_text(design(), files)
    messages = said(found.diagnostics)
    assert len(messages) == 1
    assert messages[0].startswith(said_first)


def test_a_model_in_an_environment_is_refused() -> None:
    text = design() + f"env prod {{\n  {FROM.replace('model m', 'model n')}\n}}\n"
    loaded = load(SourceFile("desk.infer", text), MemoryReader(LLAMA))
    found = resolve(loaded, env="prod")
    assert [item.code for item in found.diagnostics] == ["INF136"]


def test_two_models_of_one_name() -> None:
    found = resolve_text(design(f"{FROM}\n  {FROM}"), LLAMA)
    assert [item.code for item in found.diagnostics] == ["INF105"]


def test_a_branch_that_is_not_taken_is_not_read_into_the_design() -> None:
    text = f'{FROM}\n  if 1 > 2 {{\n    model n from "models/llama"\n  }}'
    assert service(design(text)).model.layers == 32


def test_from_the_disk_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "models" / "llama").mkdir(parents=True)
    for path, text in LLAMA.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    entry = tmp_path / "desk.infer"
    entry.write_text(design(), encoding="utf-8")
    assert api.check(entry).diagnostics == ()
