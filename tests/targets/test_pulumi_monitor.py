"""The emitted program as the engine runs it: over gRPC, with a state from run to run."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import pulumi, topologies
from support.pulumi_monitor import Stack
from support.pulumi_state import EngineError, Keeper, Outcome

from inferc.compiler.topology import Topology
from inferc.targets.base import Options
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.pulumi.emitter import TARGET as PULUMI

PROJECT = "support-chat"


def write(folder: Path, topology: Topology, options: Options | None = None) -> Path:
    return pulumi.write(PULUMI.emit(topology, options or {}).artifacts, folder)


def manifests(topology: Topology) -> dict[str, Any]:
    """Return the objects in the files of the Kubernetes target."""
    found: dict[str, Any] = {}
    for artifact in KUBERNETES.emit(topology, {}).artifacts:
        if re.match(r"(cluster/)?\d", artifact.path):
            for one in yaml.safe_load_all(artifact.content):
                found[f"{one['kind']}/{one['metadata']['name']}"] = one
    return found


def stack() -> Stack:
    return Stack(project=PROJECT, applier=Keeper())


def needs(outcome: Outcome, kind: str, name: str) -> set[str]:
    """Return by kind and name what must be there before an object."""
    found = outcome.needed_by(outcome.resource(kind, name).urn)
    objects = (outcome.resources[urn] for urn in found if outcome.resources[urn].is_object)
    return {f"{one.inputs['kind']}/{one.inputs['metadata']['name']}" for one in objects}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("program"), topologies.two_services())


@pytest.fixture(scope="module")
def first(folder: Path) -> tuple[Stack, Outcome]:
    own = stack()
    return own, own.up(folder)


def test_what_is_registered_is_what_the_kubernetes_target_writes(
    first: tuple[Stack, Outcome],
) -> None:
    own, outcome = first
    expected = manifests(topologies.two_services())
    assert outcome.objects == expected
    assert isinstance(own.applier, Keeper)
    assert own.applier.objects == expected
    assert set(outcome.counts) == {"create"}


def test_everything_is_on_the_cluster_that_was_asked_for(first: tuple[Stack, Outcome]) -> None:
    _, outcome = first
    [provider] = [one.urn for one in outcome.resources.values() if "providers:" in one.type]
    for one in outcome.resources.values():
        if one.is_object:
            assert one.provider.startswith(f"{provider}::"), one.urn


def test_objects_wait_for_their_namespace(first: tuple[Stack, Outcome]) -> None:
    """The engine creates at once whatever depends on nothing that is missing."""
    _, outcome = first
    space = "Namespace/support-chat"
    for name, document in outcome.objects.items():
        if document["metadata"].get("namespace"):
            kind, _, own = name.partition("/")
            assert space in needs(outcome, kind, own), name


def test_pods_wait_for_fences_volumes_and_weights(first: tuple[Stack, Outcome]) -> None:
    _, outcome = first
    for name in ("chat", "tagger"):
        found = needs(outcome, "Deployment", name)
        assert {
            "NetworkPolicy/deny-all",
            f"NetworkPolicy/{name}-engine",
            f"ServiceAccount/{name}",
        } < found
        [claim] = [one for one in found if one.startswith("PersistentVolumeClaim/")]
        assert claim.startswith(f"PersistentVolumeClaim/{name}-weights-")
        [job] = [one for one in found if one.startswith("Job/")]
        assert job.startswith(f"Job/{name}-prefetch")
        assert any(one.startswith("PriorityClass/") for one in found)
        before = needs(outcome, "Job", job.partition("/")[2])
        assert f"NetworkPolicy/{name}-prefetch" in before
        assert not any(one.startswith("Deployment/") for one in before)


def test_a_second_run_changes_nothing(folder: Path, first: tuple[Stack, Outcome]) -> None:
    own, _ = first
    assert isinstance(own.applier, Keeper)
    calls = list(own.applier.calls)
    assert set(own.up(folder).counts) == {"same"}
    assert own.applier.calls == calls


@pytest.mark.slow
def test_another_plan_changes_what_differs(first: tuple[Stack, Outcome], tmp_path: Path) -> None:
    own, _ = first
    base = topologies.two_services()
    fewer = tuple(
        replace(plan, configuration=replace(plan.configuration, max_num_seqs=7))
        if plan.service.name == "tagger"
        else plan
        for plan in base.services
    )
    other = write(tmp_path, replace(base, services=fewer))
    outcome = own.preview(other)
    changed = {urn.rpartition("::")[2] for urn, one in outcome.changes.items() if one == "update"}
    assert changed == {"tagger"}
    assert "delete" not in outcome.counts


@pytest.mark.slow
def test_a_service_that_is_gone_is_deleted(first: tuple[Stack, Outcome], tmp_path: Path) -> None:
    own, _ = first
    base = topologies.two_services()
    one = write(tmp_path, replace(base, services=base.services[:1]))
    outcome = own.preview(one)
    gone = {
        urn.rpartition("::")[2] for urn, change in outcome.changes.items() if change == "delete"
    }
    assert {"tagger", "tagger-engine"} <= gone
    assert any(name.startswith("tagger-weights-") for name in gone)
    assert not any(name.startswith("chat") for name in gone)


@pytest.mark.slow
def test_changes_of_ones_own_reach_every_object(tmp_path: Path) -> None:
    folder = write(tmp_path, topologies.support_chat())
    (folder / "customise.py").write_text(
        "import pulumi\n\n\n"
        "def customise(args):\n"
        "    if args.type_ == 'kubernetes:apps/v1:Deployment':\n"
        "        args.props['metadata']['labels']['team'] = 'search'\n"
        "        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)\n",
        "utf-8",
    )
    objects = stack().up(folder).objects
    expected = manifests(topologies.support_chat())
    expected["Deployment/chat"]["metadata"]["labels"]["team"] = "search"
    assert objects == expected


@pytest.mark.slow
def test_the_configuration_of_a_stack(tmp_path: Path) -> None:
    folder = write(tmp_path, topologies.support_chat(), {"image_pull_secret": "regcred"})
    own = stack()
    config = {"createSecrets": "true", "clusterObjects": "false", "retainWeights": "true"}
    with pytest.raises(EngineError, match="Missing required configuration variable"):
        own.up(folder, config)
    outcome = own.up(folder, config, {"regcred": "{}", "hfToken": "hf"})
    assert outcome.objects["Secret/regcred"]["stringData"] == {".dockerconfigjson": "{}"}
    assert outcome.objects["Secret/regcred"]["type"] == "kubernetes.io/dockerconfigjson"
    for name in ("regcred", "hf-token"):
        assert outcome.resource("Secret", name).secrets == ("stringData",)
        assert f"Secret/{name}" in needs(outcome, "Deployment", "chat")
    assert not any(name.startswith("PriorityClass/") for name in outcome.objects)
    own.destroy()
    assert isinstance(own.applier, Keeper)
    claim, space = sorted(own.applier.objects, reverse=True)
    assert space == "Namespace/support-chat"
    assert claim.startswith("PersistentVolumeClaim/chat-weights-")


@pytest.mark.slow
def test_protected_weights_stop_a_destroy(tmp_path: Path) -> None:
    folder = write(tmp_path, topologies.support_chat())
    own = stack()
    own.up(folder, {"protectWeights": "true"})
    with pytest.raises(EngineError, match=r"protected: .*chat-weights"):
        own.destroy()
    own.up(folder, {"protectWeights": "false"})
    assert set(own.destroy().counts) == {"delete"}


@pytest.mark.slow
def test_protected_weights_stop_a_plan_with_others(tmp_path: Path) -> None:
    """As the README says; a plan with the same weights goes on."""
    base = topologies.support_chat()
    own, config = stack(), {"protectWeights": "true"}
    own.up(write(tmp_path / "first", base), config)
    (plan,) = base.services
    shape = replace(plan.configuration, max_num_seqs=7)
    same = replace(base, services=(replace(plan, configuration=shape),))
    assert own.preview(write(tmp_path / "same", same), config).counts["update"]
    others = replace(base, services=(replace(plan, weights_bytes=3e11),))
    folder = write(tmp_path / "others", others)
    with pytest.raises(EngineError, match=r"protected: .*chat-weights"):
        own.preview(folder, config)
    assert "pulumi state unprotect" in (folder / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_fewer_replicas_on_demand(tmp_path: Path) -> None:
    base = topologies.support_chat()
    scale = replace(base.services[0].autoscale, min_replicas=2, max_replicas=6)
    scaled = replace(base, services=(replace(base.services[0], autoscale=scale),))
    folder = write(tmp_path, scaled)
    spec = (
        stack()
        .up(folder, {"maxReplicas": json.dumps({"chat": 1})})
        .objects["ScaledObject/chat"]["spec"]
    )
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 1)
    with pytest.raises(EngineError, match="no service 'chut'; there are: chat"):
        stack().up(folder, {"maxReplicas": json.dumps({"chut": 1})})


@pytest.mark.slow
def test_the_double_finds_what_the_engine_would(tmp_path: Path) -> None:
    """A name given twice, and an object on whatever cluster happens to be the current one."""
    (tmp_path / "__main__.py").write_text(
        "import pulumi_kubernetes as k8s\nk8s.core.v1.ConfigMap('a', metadata={'name': 'a'})\n",
        "utf-8",
    )
    with pytest.raises(EngineError, match="default provider"):
        stack().up(tmp_path)
    (tmp_path / "__main__.py").write_text(
        "import pulumi, pulumi_kubernetes as k8s\n"
        "on = pulumi.ResourceOptions(provider=k8s.Provider('c'))\n"
        "for _ in range(2):\n"
        "    k8s.core.v1.ConfigMap('a', metadata={'name': 'a'}, opts=on)\n",
        "utf-8",
    )
    with pytest.raises(EngineError, match="Duplicate resource URN"):
        stack().up(tmp_path)
