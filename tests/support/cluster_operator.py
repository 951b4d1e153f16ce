"""A stand-in for NVIDIA's GPU operator: what nodes offer once it has cut up their GPUs.

It reads what the operator reads, the emitted ConfigMaps, and the labels that the README of the tree
says to give to nodes: if either is wrong, the nodes offer something else than pods ask for.

Source: GPU operator 26.7 (``mig-parted`` configurations, strategy ``mixed``) and the README of
k8s-device-plugin (``timeSlicing``).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import yaml
from support.cluster import Object

WHOLE: Final = "nvidia.com/gpu"
MIG_LABEL: Final = "nvidia.com/mig.config"
PLUGIN_LABEL: Final = "nvidia.com/device-plugin.config"
POOL: Final = "inferc.test/pool"
LABELLED = re.compile(
    r"^\| (?P<pool>\S+) \| (?P<count>\S+) "
    r"\| `kubectl label nodes --overwrite NODE (?P<key>[^=]+)=(?P<value>\S+)` \|$",
    re.MULTILINE,
)


def configured(
    nodes: Sequence[Object], admin: Sequence[Object], readme: str, values: Mapping[str, Any]
) -> list[Object]:
    """Return the nodes as they are once the README was followed.

    Args:
        nodes: Those of the plan, with whole GPUs.
        admin: The objects that those who own the cluster apply.
        readme: What the tree says to do with nodes.
        values: Those for the operator's chart, which name the ConfigMaps.
    """
    made = [deepcopy(node) for node in nodes]
    for found in LABELLED.finditer(readme):
        pool = found["pool"].replace("\\", "").replace(".", "-").replace("_", "-")
        of_pool = [
            node
            for node in made
            if node["metadata"]["labels"].get(POOL) == pool
            and found["key"] not in node["metadata"]["labels"]
        ]
        count = len(of_pool) if found["count"] == "all" else int(found["count"])
        assert len(of_pool) >= count > 0, f"no {count} nodes of {pool}"
        for node in of_pool[:count]:
            node["metadata"]["labels"][found["key"]] = found["value"]
    for node in made:
        labels = node["metadata"]["labels"]
        if MIG_LABEL in labels:
            _offer(node, _parts(node, _config(admin, values, "migManager"), labels[MIG_LABEL]))
        if PLUGIN_LABEL in labels:
            name = _named(values, "devicePlugin")
            config = yaml.safe_load(_map(admin, name)["data"][labels[PLUGIN_LABEL]])
            _offer(node, _turns(node, config))
    return made


def values_beside(folder: Path) -> Mapping[str, Any]:
    """Return the emitted values for the operator's chart; none where nothing is shared."""
    path = folder / "gpu-operator-values.yaml"
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}


def _parts(node: Object, config: Mapping[str, Any], entry: str) -> dict[str, int]:
    """Return what the device plugin offers of GPUs that are cut as ``entry`` says."""
    offered: Counter[str] = Counter()
    seen: Counter[int] = Counter()
    for rule in config["mig-configs"][entry]:
        gpus = range(_gpus(node)) if rule["devices"] == "all" else rule["devices"]
        for gpu in gpus:
            seen[gpu] += 1
            if not rule["mig-enabled"]:
                offered[WHOLE] += 1
                continue
            for profile, count in rule["mig-devices"].items():
                offered[f"nvidia.com/mig-{profile}"] += count
    assert set(seen.values()) == {1}, "a GPU is cut twice"
    assert set(seen) == set(range(_gpus(node))), "not every GPU of the node is configured"
    return dict(offered)


def _turns(node: Object, config: Mapping[str, Any]) -> dict[str, int]:
    """Return what the device plugin offers of GPUs on which replicas take turns."""
    slicing = config.get("sharing", {}).get("timeSlicing", {})
    for resource in slicing.get("resources", ()):
        if resource["name"] == WHOLE:
            suffix = ".shared" if slicing.get("renameByDefault") else ""
            return {f"{WHOLE}{suffix}": _gpus(node) * resource["replicas"]}
    return {WHOLE: _gpus(node)}


def _gpus(node: Object) -> int:
    return int(node["status"]["capacity"][WHOLE])


def _offer(node: Object, resources: Mapping[str, int]) -> None:
    status = {key: value for key, value in node["status"]["capacity"].items() if key != WHOLE}
    offered = {**status, **{key: str(count) for key, count in resources.items()}}
    node["status"] = {"allocatable": offered, "capacity": offered}


def _config(admin: Sequence[Object], values: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    text = _map(admin, _named(values, part))["data"]["config.yaml"]
    config: Mapping[str, Any] = yaml.safe_load(text)
    return config


def _named(values: Mapping[str, Any], part: str) -> str:
    return str(values[part]["config"]["name"])


def _map(admin: Sequence[Object], name: str) -> Object:
    (found,) = (
        one for one in admin if one["kind"] == "ConfigMap" and one["metadata"]["name"] == name
    )
    return found
