"""Language models on parts of GPUs, by the targets that make Kubernetes objects."""

import pytest
from support import deployables, workloads

from inferc.targets import registry

PART = 'nvidia.com/mig-2g.20gb: "1"'


@pytest.mark.parametrize(
    ("target", "engine", "cuts"),
    [
        ("helm", "chart/values.yaml", "cluster.yaml"),
        ("kserve", "40-workload.yaml", "cluster/10-cluster.yaml"),
        ("kubernetes", "40-workload.yaml", "cluster/10-cluster.yaml"),
        ("llm-d", "values/chat.yaml", "cluster/10-cluster.yaml"),
        ("ray-serve", "40-workload.yaml", "cluster/10-cluster.yaml"),
    ],
)
def test_engines_ask_for_parts_and_the_cluster_is_told_to_cut_them(
    target: str, engine: str, cuts: str
) -> None:
    topology = workloads.language_model_in_parts()
    files = deployables.texts(deployables.emit(registry.load(target), topology))
    assert files[engine].count(PART) == 2  # requests and limits
    assert "mig-configs" in files[cuts]
    assert cuts.partition("/")[0] in files["README.md"]


def test_a_chart_that_cannot_bring_what_cuts_them_is_refused() -> None:
    topology = workloads.language_model_in_parts()
    assert deployables.refused(registry.load("vllm-stack"), topology) == "INF601"
