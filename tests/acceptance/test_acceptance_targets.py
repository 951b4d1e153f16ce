"""Every example through every target: written whole and well-formed, or refused with this code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

import pytest
from support import deployables, kubernetes, skeletons
from support.repository import ROOT

from inferc import api
from inferc.dsl import Severity
from inferc.targets import registry

Document: TypeAlias = Mapping[str, Any]

EXAMPLES = sorted(path.parent.name for path in (ROOT / "examples").glob("*/topology.infer"))
CLUSTERS = ("helm", "kserve", "kubernetes", "llm-d", "pulumi", "ray-serve", "vllm-stack")
MACHINES = ("compose", "on-prem")

UNFIT = frozenset({"INF601"})
NO_VOLUME = frozenset({"INF621"})
IMPOSSIBLE = frozenset({"INF401", "INF402", "INF403", "INF404", "INF406", "INF407"})

NO_SAGEMAKER = {"sagemaker": UNFIT}
NO_MACHINE = {"compose": UNFIT}
ONLY_SAGEMAKER = dict.fromkeys((*CLUSTERS, *MACHINES), UNFIT)

REFUSED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "cloud-instances": NO_SAGEMAKER | NO_MACHINE,
    "fleet": NO_SAGEMAKER,
    "impossible-pi": dict.fromkeys(registry.names(), IMPOSSIBLE),
    # Three networks: charts and controllers of others serve language models, and the file names
    # the volume with what was built for Triton to the target `kubernetes` alone.
    "mixed-models": NO_SAGEMAKER
    | dict.fromkeys(("compose", "kserve", "llm-d", "ray-serve", "vllm-stack"), UNFIT)
    | dict.fromkeys(("helm", "on-prem", "pulumi"), NO_VOLUME),
    "office-hours": NO_SAGEMAKER | NO_MACHINE,
    "one-box": NO_SAGEMAKER,
    "own-measurements": NO_SAGEMAKER | dict.fromkeys(CLUSTERS, UNFIT),
    "own-model": NO_SAGEMAKER,
    "public-endpoint": NO_SAGEMAKER
    | {"compose": frozenset({"INF643"})}
    | dict.fromkeys(("llm-d", "ray-serve", "vllm-stack"), UNFIT),
    "sagemaker-endpoint": ONLY_SAGEMAKER,
    "sagemaker-queue": ONLY_SAGEMAKER,
    "support-chat": NO_SAGEMAKER,
    "two-boxes": NO_SAGEMAKER,
}
"""By example: the targets that refuse it, and the codes of their errors."""


@cache
def drawn(example: str) -> api.Planned:
    return api.draw(ROOT / "examples" / example / "topology.infer")


def compiled(example: str, target: str) -> api.Compiled:
    return api.emit(drawn(example), None, api.Order(targets=(target,)))


def first_of_each_kind(documents: Iterable[Document], count: int) -> Iterator[Document]:
    """Yield ``count`` objects of each kind: forty services of a fleet differ by name."""
    seen: Counter[str] = Counter()
    for document in documents:
        seen[document["kind"]] += 1
        if seen[document["kind"]] <= count:
            yield document


def test_every_example_is_in_the_table() -> None:
    assert sorted(REFUSED) == EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("target", registry.names())
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_written_or_refused(example: str, target: str) -> None:
    done = compiled(example, target)
    errors = {one.code for one in done.diagnostics if one.severity is Severity.ERROR}
    assert errors == REFUSED[example].get(target, frozenset())
    assert bool(done.outputs) is not bool(errors)
    for output in done.outputs:
        assert output.artifacts
        for item in output.artifacts:
            skeletons.read(item.path, item.content)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["kserve", "kubernetes", "llm-d", "on-prem", "ray-serve"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_objects_of_an_example_meet_every_schema(example: str, target: str) -> None:
    folder = deployables.folder_or_skip()
    for output in compiled(example, target).outputs:
        if "kustomization.yaml" not in {item.path for item in output.artifacts}:
            continue  # single machines
        documents = deployables.objects(output)
        assert documents
        some = first_of_each_kind(documents, 4)
        assert deployables.problems(some, folder, kubernetes.VERSIONS) == []
