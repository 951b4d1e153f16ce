"""Managed platforms in plans: their hard limits refuse, a replica stays inside an instance."""

import pytest

from inferc import api
from inferc.compiler.plan import Verdict
from inferc.dsl import Severity, SourceFile

TEXT = """infer 1
import std.catalog as cat
topology t {{
  model llm {{
    source    = cat.models.{model}
    precision = {precision}
  }}
  serverless run {{
    platform = {platform}
    gpu      = {gpu}
    instances in 0..{most}
  }}
  service s {{
    model = llm
    on    = run
    load {{
      rate          = {rate}
      peak          = 1x
      prompt_tokens = {prompt}
      output_tokens = {output}
    }}
    sla {{ {sla} }}
  }}
}}
"""
USUAL = {
    "platform": "cloud_run",
    "gpu": "cat.gpu.nvidia.l4",
    "most": "6",
    "model": "meta.llama_3_1_8b_instruct",
    "precision": "fp16",
    "rate": "1 req/min",
    "prompt": "200",
    "output": "100",
    "sla": "p95 ttft <= 1min",
}


def planned(**parts: str) -> api.Planned:
    return api.plan(SourceFile("t.infer", TEXT.format(**(USUAL | parts))))


def codes(found: api.Planned) -> set[str]:
    return {item.code for item in found.diagnostics if item.severity is Severity.ERROR}


def test_a_small_model_is_planned_in_instances_of_one_accelerator() -> None:
    (plan,) = planned(rate="300 req/min").plans
    assert plan.verdict is Verdict.FEASIBLE
    (service,) = plan.services
    assert service.configuration.accelerators_per_replica == 1
    assert service.service.place.platform is not None


def test_a_replica_does_not_span_instances() -> None:
    """Two of eight would do as one replica of sixteen on machines of one's own."""
    big = planned(
        platform="vertex_ai",
        gpu="8 * cat.gpu.nvidia.l4",
        most="2",
        model="meta.llama_3_1_405b_instruct",
        precision="int4",
        sla="p95 ttft <= 1h",
    )
    assert codes(big) == {"INF431"}
    whole = planned(
        platform="vertex_ai",
        gpu="8 * cat.gpu.nvidia.a100_80gb_sxm",
        most="2",
        model="meta.llama_3_1_405b_instruct",
        precision="int4",
        sla="p95 ttft <= 1h",
    )
    (service,) = whole.plans[0].services
    assert service.configuration.accelerators_per_replica <= 8


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"gpu": "2 * cat.gpu.nvidia.l4"}, "INF430"),
        ({"platform": "fargate"}, "INF430"),
        ({"platform": "sagemaker_serverless"}, "INF430"),
        ({"model": "meta.llama_3_70b_instruct"}, "INF431"),
        ({"platform": "azure_ml_online", "output": "6k tok"}, "INF432"),
        (
            {
                "platform": "azure_ml_online",
                "output": "dist(mean = 3_000, p95 = 7_500)",
                "sla": "p99 e2e <= 1h",
            },
            "INF432",
        ),
        ({"platform": "aws_lambda", "rate": "30 req/s", "most": "20"}, "INF434"),
        ({"platform": "azure_ml_online", "rate": "501 req/s", "most": "50"}, "INF436"),
        (
            {"platform": "azure_ml_online", "rate": "450 req/s", "most": "50", "prompt": "12k tok"},
            "INF437",
        ),
    ],
)
def test_a_limit_that_was_looked_up_refuses(parts: dict[str, str], code: str) -> None:
    found = planned(**parts)
    assert code in codes(found)
    assert found.refused


def test_a_limit_that_nobody_looked_up_only_warns() -> None:
    """Eight minutes for a streamed answer are from general knowledge."""
    long = planned(
        platform="sagemaker_realtime", output="20k tok", rate="1 req/h", sla="p95 ttft <= 1h"
    )
    warned = [item for item in long.diagnostics if item.severity is Severity.WARNING]
    assert [item.code for item in warned] == ["INF438"]
    assert not long.refused


def test_targets_that_do_not_speak_to_a_platform_say_so() -> None:
    done = api.compile(SourceFile("t.infer", TEXT.format(**USUAL)))
    found = [item for item in done.diagnostics if item.code == "INF601"]
    assert {item.message.partition("`")[2].partition("`")[0] for item in found} == {
        "kubernetes",
        "pulumi",
    }
    assert all("Google Cloud Run" in item.message for item in found)
    assert done.outputs == ()


def test_what_a_platform_has_not_is_had_on_another_and_no_number_is_proposed_that_it_forbids() -> (
    None
):
    refused = planned(platform="sagemaker_serverless")
    (item,) = (one for one in refused.diagnostics if one.severity is Severity.ERROR)
    assert item.code == "INF430"
    (plan,) = refused.plans
    (refusal,) = plan.refusals
    assert {change.field for change in refusal.nearest} == {"platform"}
    assert [change.proposed for change in refusal.nearest] == [
        "Amazon SageMaker asynchronous endpoint",
        "Amazon SageMaker real-time endpoint",
        "Google Cloud Run",
    ]
    assert "instances from" not in (item.help or "")


def test_changes_of_numbers_are_held_to_the_limits_of_the_platform_again() -> None:
    """A lower rate helps against a limit of the rate, and a longer limit of the SLA does not."""
    refused = planned(
        platform="azure_ml_online",
        gpu="8 * cat.gpu.nvidia.h100_80gb_sxm",
        rate="600 req/s",
        most="50",
        sla="p95 ttft <= 1h",
    )
    assert "INF436" in codes(refused)
    (plan,) = refused.plans
    (refusal,) = plan.refusals
    fields = {change.field for change in refusal.nearest}
    assert fields <= {"platform", "rate"}
