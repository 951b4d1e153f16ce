"""Who guesses tokens, as a service's lines say it."""

import pytest
from support.models import complaints

DRAFT = "draft_model = cat.models.tinyllama_1_1b_chat"


@pytest.mark.parametrize(
    ("service", "codes"),
    [
        ("speculation = none", []),
        ("speculation in [none, ngram, eagle]; acceptance = 70%", []),
        ("speculation = draft", ["INF164"]),
        ("speculation in [none, draft]", ["INF164"]),
        ("speculation = mtp", ["INF165"]),
        (f"speculation = draft; {DRAFT}", ["INF166"]),
        ("speculation not in [draft]", []),
        ("kv_precision in [fp16, fp8]; expert_parallel = 1; attention_data_parallel = 1", []),
        ("serving in [aggregated, disaggregated]; prefill_replicas = 2; routing = weighted", []),
        ("prefill_replicas = 2", ["INF167"]),
        ("serving = aggregated; prefill_replicas in [1, 2]", ["INF167"]),
        ("serving = disaggregated; prefill_replicas = 2", []),
        ("speculative_tokens = 4", ["INF167"]),
        ("speculation not in [eagle]; speculative_tokens = 4", ["INF167"]),
        ("speculation in [none, ngram]; speculative_tokens = 4", []),
        ("max_model_len = 4096 tok; gpu_memory_utilization = 0.8", []),
    ],
)
def test_lines_about_serving_are_read_or_answered(service: str, codes: list[str]) -> None:
    found = complaints(service=service)
    assert [item.code for item in found] == codes
    for item in found:
        assert item.span is not None
        assert item.help
