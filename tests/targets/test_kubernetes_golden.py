"""The emitted files, to be read by people; and those of the example that everybody sees first."""

from pathlib import Path

import pytest
from support import topologies
from support.kubernetes import is_native, native_problems, objects, write_tree
from support.repository import ROOT

from inferc import api
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.emitter import TARGET
from inferc.targets.versions import KUBERNETES

GOLDEN = Path(__file__).parent / "golden" / "kubernetes"
EXAMPLE = ROOT / "examples" / "support-chat" / "topology.infer"

TREES = {
    "support_chat": (topologies.support_chat, {}),
    "two_services": (topologies.two_services, {"scaler": "hpa", "namespace": "llm"}),
}


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", sorted(TREES))
def test_the_files_are_as_they_were(name: str, request: pytest.FixtureRequest):
    make, options = TREES[name]
    artifacts = TARGET.emit(make(), options).artifacts
    folder = GOLDEN / name
    if request.config.getoption("--update-golden", default=False):
        folder.mkdir(parents=True, exist_ok=True)
        for path in files_of(folder):
            path.unlink()
        write_tree(folder, artifacts)
    found = [path.relative_to(folder).as_posix() for path in files_of(folder)]
    assert sorted(found) == [artifact.path for artifact in artifacts]
    for artifact in artifacts:
        expected = (folder / artifact.path).read_text("utf-8")
        assert artifact.content.decode() == expected, artifact.path


def test_the_example_gives_valid_objects():
    drawn = api.draw(EXAMPLE)
    (topology,) = drawn.topologies
    manifests = objects(topology)
    assert check(manifests, topology, {}) == ()
    documents = [manifest.document() for manifest in manifests]
    assert {one["kind"] for one in documents} >= {"Deployment", "Job", "Service", "PodMonitor"}
    native = [one for one in documents if is_native(one)]
    assert [p for one in native for p in native_problems(one, KUBERNETES.version)] == []
    (deployment,) = (one for one in documents if one["kind"] == "Deployment")
    (plan,) = topology.services
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    shape = plan.configuration
    gpus = container["resources"]["limits"]["nvidia.com/gpu"]
    assert gpus == str(shape.tensor_parallel * shape.pipeline_parallel)
    assert f"--tensor-parallel-size={shape.tensor_parallel}" in container["args"]
