"""The emitted policies, asked about the objects that the program creates."""

import importlib.util
import json
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from support import designs, pulumi, topologies

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET as KUBERNETES
from inferc.targets.pulumi.emitter import TARGET as PULUMI

Object = dict[str, Any]


@dataclass
class Args:
    """What a policy is asked about."""

    resource_type: str
    props: Object
    name: str


@dataclass
class Resources:
    """What a policy about all resources is asked about."""

    resources: Sequence[Args]


def priced(limit_usd_per_h: float | None = None) -> Topology:
    """Return two services of $10 and $20 an hour, under a budget for both."""
    base = topologies.two_services()
    plans = []
    for plan, usd_per_h in zip(base.services, (10.0, 20.0), strict=True):
        objective = replace(
            designs.support_chat().services[0].objectives[0], metric="cost", percentile=None
        )
        budget = None if limit_usd_per_h is None else limit_usd_per_h / 3600
        line = replace(plan.margins[0], objective=replace(objective, budget_usd_per_s=budget))
        margins = plan.margins if budget is None else (*plan.margins, line)
        plans.append(replace(plan, price_usd_per_s=usd_per_h / 3600, margins=margins))
    return replace(base, services=tuple(plans))


@cache
def objects() -> tuple[Object, ...]:
    """Return the objects of two services."""
    return tuple(
        one
        for artifact in KUBERNETES.emit(topologies.two_services(), {}).artifacts
        if re.match(r"(cluster/)?\d", artifact.path)
        for one in yaml.safe_load_all(artifact.content)
    )


def rules(folder: Path, topology: Topology) -> ModuleType:
    """Return the module of the emitted pack."""
    pulumi.write(PULUMI.emit(topology, {}).artifacts, folder)
    spec = importlib.util.spec_from_file_location("emitted_rules", folder / "policy" / "rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return rules(tmp_path_factory.mktemp("pack"), priced())


def found(pack: ModuleType, given: Sequence[Object]) -> Mapping[str, list[str]]:
    """Return what each policy reports about ``given``."""
    seen: dict[str, list[str]] = {}
    every = [
        Args(f"kubernetes:{one['apiVersion']}:{one['kind']}", one, one["metadata"]["name"])
        for one in given
    ]
    for policy in pack.POLICIES:
        is_whole = type(policy).__name__ == "StackValidationPolicy"
        for args in [Resources(every)] if is_whole else every:
            policy.validate(
                args, lambda text, _, name=policy.name: seen.setdefault(name, []).append(text)
            )
    return seen


def test_what_is_planned_passes(pack: ModuleType) -> None:
    assert found(pack, objects()) == {}


def engines(given: Sequence[Object]) -> list[Object]:
    """Return the pods that serve."""
    return [one["spec"]["template"]["spec"] for one in given if one["kind"] == "Deployment"]


def container(change: Callable[[Object], object]) -> Callable[[list[Object]], None]:
    """Return what changes the first container of every engine."""

    def apply(given: list[Object]) -> None:
        for pod in engines(given):
            change(pod["containers"][0])

    return apply


def each_pod(change: Callable[[Object], object]) -> Callable[[list[Object]], None]:
    def apply(given: list[Object]) -> None:
        for pod in engines(given):
            change(pod)

    return apply


def of_kind(kind: str, change: Callable[[Object], object]) -> Callable[[list[Object]], None]:
    def apply(given: list[Object]) -> None:
        for one in given:
            if one["kind"] == kind:
                change(one)

    return apply


BROKEN: Mapping[str, tuple[Callable[[list[Object]], None], str, str]] = {
    "one GPU more": (
        container(lambda one: one["resources"]["limits"].update({"nvidia.com/gpu": "5"})),
        "accelerators-as-planned",
        "a replica of chat has 5 nvidia.com/gpu, planned are 4",
    ),
    "requests unlike limits": (
        container(lambda one: one["resources"]["requests"].update({"nvidia.com/gpu": "3"})),
        "accelerators-as-planned",
        "chat requests another number of nvidia.com/gpu than its limit",
    ),
    "latest": (
        container(lambda one: one.update(image="host:5000/vllm")),
        "images-pinned",
        "the image 'host:5000/vllm' of 'engine' is not pinned",
    ),
    "root": (
        each_pod(lambda pod: pod["securityContext"].update(runAsNonRoot=False)),
        "pods-restricted",
        "the container 'engine' may run as root",
    ),
    "privileged": (
        container(lambda one: one["securityContext"].update(privileged=True)),
        "pods-restricted",
        "the container 'engine' is privileged",
    ),
    "capabilities": (
        container(lambda one: one["securityContext"].update(capabilities={"add": ["IPC_LOCK"]})),
        "pods-restricted",
        "the container 'engine' adds IPC_LOCK",
    ),
    "the node's network": (
        each_pod(lambda pod: pod.update(hostNetwork=True)),
        "pods-restricted",
        "a pod has hostNetwork",
    ),
    "the node's files": (
        each_pod(lambda pod: pod["volumes"].append({"name": "a", "hostPath": {"path": "/"}})),
        "pods-restricted",
        "a pod mounts a path of its node",
    ),
    "a password": (
        container(lambda one: one["env"].append({"name": "DB_PASSWORD", "value": "hunter2"})),
        "secrets-by-reference",
        "the variable 'DB_PASSWORD' has a value, not a reference",
    ),
    "a load balancer": (
        of_kind("Service", lambda one: one["spec"].update(type="LoadBalancer")),
        "no-unplanned-doors",
        "the Service chat can be reached from outside",
    ),
    "more replicas": (
        of_kind("Deployment", lambda one: one["spec"].update(replicas=9)),
        "replicas-within-plan",
        "chat may have 9 replicas, planned are at most 1",
    ),
    "none": (
        of_kind("Deployment", lambda one: one["spec"].update(replicas=0)),
        "replicas-enough-for-sla",
        "chat has 0 to 0 replicas; its SLA needs 1 to 1",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_planned_is_found(name: str, pack: ModuleType) -> None:
    change, policy, text = BROKEN[name]
    given = deepcopy(list(objects()))
    change(given)
    assert text in found(pack, given)[policy]


@pytest.mark.parametrize(
    ("budget_usd_per_h", "expected"),
    [
        (31.0, {}),
        (
            29.0,
            {
                "peak-within-budget": [
                    "at most, all services cost $30.00 an hour, their budget is $29.00"
                ]
            },
        ),
        (
            15.0,
            {
                "peak-within-budget": [
                    "at most, all services cost $30.00 an hour, their budget is $15.00"
                ],
                "within-budget": [
                    "at least, all services cost $16.67 an hour, their budget is $15.00"
                ],
            },
        ),
    ],
)
def test_the_budget_of_the_source(
    budget_usd_per_h: float, expected: Mapping[str, list[str]], tmp_path: Path
) -> None:
    """One replica of `chat` costs $10 an hour; of `tagger`, which has 1 to 3, $6.67."""
    assert found(rules(tmp_path, priced(budget_usd_per_h)), objects()) == expected


def test_the_bounds_are_those_of_the_plan(tmp_path: Path) -> None:
    pulumi.write(PULUMI.emit(priced(), {}).artifacts, tmp_path)
    limits = json.loads((tmp_path / "policy" / "limits.json").read_text("utf-8"))
    assert limits["pack"] == "support-chat-plan"
    assert limits["services"]["chat"]["usd_per_replica_h"] == pytest.approx(10)
    assert limits["services"]["tagger"]["usd_per_replica_h"] == pytest.approx(20 / 3)
    assert limits["memory_may_be_locked"] is False


def test_the_pack_names_each_policy_once(pack: ModuleType) -> None:
    names = [policy.name for policy in pack.POLICIES]
    assert len(set(names)) == len(names) == 9
    assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,100}", name) for name in (*names, pack.PACK))
