"""A real cluster on loopback, without machines: the control plane of Kubernetes, and kwok.

Nodes and pods are kwok's, which sets their status as a kubelet would: nothing is pulled and nothing
runs.

See tests/e2e/README.md for how to use it in a test.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from support import cluster_crds

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as plain data."""

WAIT_LIMIT_S: Final = 120
COMMAND_LIMIT_S: Final = 300
POLL_S: Final = 0.25

DEFAULT_CLASS: Final = "test-volumes"
"""The cluster's default storage class; its volumes are made by :meth:`Cluster.add_volumes`."""


class ClusterError(AssertionError):
    """The cluster did not do what a test asked of it; the text says what was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command wrote and how it ended."""

    code: int
    out: str
    err: str

    @property
    def warnings(self) -> list[str]:
        """What the API server warned of."""
        return [line for line in self.err.splitlines() if line.startswith("Warning:")]


@dataclass(slots=True)
class Tally:
    """What was done to the cluster, for the summary at the end."""

    objects_applied: int = 0
    """Objects that were created or changed by an apply."""
    dry_runs: int = 0
    """Objects that a server-side dry run accepted."""
    pods_running: int = 0
    """Pods that the scheduler placed and that ran."""
    jobs_done: int = 0
    names: list[str] = field(default_factory=list[str])
    """What was deployed: examples, charts, programs."""


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A running cluster. Tests get it from the fixture ``cluster``."""

    folder: Path
    programs: Mapping[str, Path]
    url: str
    token: str
    tally: Tally = field(default_factory=Tally)
    _kinds: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    # --- commands

    @property
    def kubeconfig(self) -> Path:
        """The file that clients read: ``KUBECONFIG``."""
        return self.folder / "kubeconfig.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment in which ``kubectl`` is the right one and talks to this cluster."""
        first = str(self.programs["kubectl"].parent)
        return {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "PATH": f"{first}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),  # kubectl keeps what it discovered there
        }

    def run(self, *command: str | Path, given: str = "", cwd: Path | None = None) -> Done:
        """Run any command against the cluster: a script, Helm, kubectl."""
        done = subprocess.run(
            [str(word) for word in command],
            input=given,
            env=self.environment,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
        return Done(code=done.returncode, out=done.stdout, err=done.stderr)

    def kubectl(self, *arguments: str | Path, given: str = "", codes: Sequence[int] = (0,)) -> Done:
        """Run kubectl; an exit code that is not among ``codes`` fails."""
        done = self.run(self.programs["kubectl"], *arguments, given=given)
        if done.code not in codes:
            words = " ".join(str(word) for word in arguments)
            message = f"kubectl {words}: exit code {done.code}\n{done.out}{done.err}"
            raise ClusterError(message)
        return done

    def version(self) -> str:
        """Return the version that the server itself states."""
        answer: Object = json.loads(self.kubectl("get", "--raw", "/version").out)
        return str(answer["gitVersion"])

    # --- applying

    def apply(self, objects: Path | Sequence[Mapping[str, Any]]) -> list[str]:
        """Apply a kustomize folder, a file or objects; return what kubectl says of each.

        A warning of the API server fails: it means a field that is unknown, deprecated, or
        forbidden by the namespace's level of security.
        """
        if not isinstance(objects, Path) and not objects:
            return []
        done = self._apply(objects)
        lines = done.out.splitlines()
        self.tally.objects_applied += sum(not line.endswith("unchanged") for line in lines)
        return lines

    def apply_in_spite_of_warnings(self, objects: Path | Sequence[Mapping[str, Any]]) -> list[str]:
        """Apply as :meth:`apply` does, for a test of what then becomes of it; return warnings."""
        return self._with_source("apply", objects).warnings

    def dry_run(self, objects: Path | Sequence[Mapping[str, Any]]) -> list[str]:
        """Have the server check objects as it would on an apply, and keep nothing."""
        lines = self._apply(objects, "--dry-run=server").out.splitlines()
        self.tally.dry_runs += len(lines)
        return lines

    def diff(self, objects: Path | Sequence[Mapping[str, Any]]) -> str:
        """Return what an apply would change; empty for nothing."""
        return self._with_source("diff", objects, "--concurrency=4", codes=(0, 1)).out

    def _apply(self, objects: Path | Sequence[Mapping[str, Any]], *options: str) -> Done:
        done = self._with_source("apply", objects, *options)
        if done.warnings:
            raise ClusterError("\n".join(done.warnings))
        return done

    def _with_source(
        self,
        verb: str,
        objects: Path | Sequence[Mapping[str, Any]],
        *options: str,
        codes: Sequence[int] = (0,),
    ) -> Done:
        if not isinstance(objects, Path):
            self.need_kinds(objects)
            text = json.dumps(_listed(objects), default=str)
            return self.kubectl(verb, *options, "-f", "-", given=text, codes=codes)
        self.need_kinds(self.documents(objects))
        is_tree = (objects / "kustomization.yaml").is_file()
        return self.kubectl(verb, *options, "-k" if is_tree else "-f", objects, codes=codes)

    def documents(self, source: Path) -> list[Object]:
        """Return the objects of a kustomize folder, as kubectl builds it, or of a file."""
        is_tree = (source / "kustomization.yaml").is_file()
        text = self.kubectl("kustomize", source).out if is_tree else source.read_text("utf-8")
        return [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one]

    # --- looking

    def get(self, kind: str, namespace: str = "", selector: str = "") -> list[Object]:
        """Return all objects of ``kind``, of one namespace where it is given."""
        place = ("-n", namespace) if namespace else ("--all-namespaces",)
        chosen = ("-l", selector) if selector else ()
        out = self.kubectl("get", kind, *place, *chosen, "-o", "json").out
        items: list[Object] = json.loads(out)["items"]
        return items

    def one(self, kind: str, name: str, namespace: str = "") -> Object:
        """Return one object."""
        place = ("-n", namespace) if namespace else ()
        found: Object = json.loads(self.kubectl("get", kind, name, *place, "-o", "json").out)
        return found

    def exists(self, kind: str, name: str, namespace: str = "") -> bool:
        """Return whether there is such an object."""
        place = ("-n", namespace) if namespace else ()
        found = self.kubectl("get", kind, name, *place, "--ignore-not-found", "-o", "name")
        return bool(found.out.strip())

    def wait(self, what: str, look: Callable[[], str], limit_s: float = WAIT_LIMIT_S) -> None:
        """Wait until ``look`` returns nothing; what it returns says what is still lacking."""
        deadline = time.monotonic() + limit_s
        while lacking := look():
            if time.monotonic() > deadline:
                message = f"{what}: not within {limit_s:.0f} s\n{lacking}"
                raise ClusterError(message)
            time.sleep(POLL_S)

    # --- what a test brings along

    def need_kinds(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """Install the definitions of the custom resources among ``objects``; each once.

        Raises:
            Missing: If no definition of one of them is at hand.
        """
        kinds = {(str(one["apiVersion"]).rpartition("/")[0], str(one["kind"])) for one in objects}
        new = sorted(kind for kind in kinds - self._kinds if cluster_crds.is_custom(*kind))
        found = [cluster_crds.definition(*kind) for kind in new]
        if found:
            text = json.dumps(_listed(found), default=str)
            self.kubectl("apply", "--server-side", "-f", "-", given=text)
            names = [str(document["metadata"]["name"]) for document in found]
            self.wait("custom resources", lambda: self._not_established(names))
        self._kinds |= kinds

    def _not_established(self, names: Sequence[str]) -> str:
        """Return the definitions that the server does not serve yet."""
        serving = {
            str(one["metadata"]["name"])
            for one in self.get("crd")
            for condition in one.get("status", {}).get("conditions") or ()
            if condition["type"] == "Established" and condition["status"] == "True"
        }
        return ", ".join(sorted(set(names) - serving))

    @contextmanager
    def nodes(self, nodes: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
        """Have nodes of kwok's for a while; yield their names."""
        names = [str(node["metadata"]["name"]) for node in nodes]
        if nodes:
            self.kubectl("create", "-f", "-", given=json.dumps(_listed(nodes)))
            targets = [f"node/{name}" for name in names]
            self.kubectl("wait", "--for=condition=Ready", "--timeout=60s", *targets)
        try:
            yield names
        finally:
            if names:
                self.kubectl("delete", "node", "--ignore-not-found", *names)

    def add_volumes(self, claims: Sequence[Mapping[str, Any]]) -> None:
        """Make a volume for each claim, as large as it asks and for who it says may mount it."""
        volumes = [volume_for(claim) for claim in claims]
        classes = {str(volume["spec"]["storageClassName"]) for volume in volumes}
        missing = [name for name in sorted(classes) if not self.exists("storageclass", name)]
        made = [storage_class(name) for name in missing]
        if volumes:
            self.kubectl("apply", "-f", "-", given=json.dumps(_listed([*made, *volumes])))

    @contextmanager
    def cleared(self, *namespaces: str) -> Iterator[None]:
        """Delete ``namespaces``, with all that is in them, when the block ends."""
        try:
            yield
        finally:
            self.clear(*namespaces)

    def clear(self, *namespaces: str) -> None:
        """Delete ``namespaces`` with all that is in them, and the volumes that were theirs."""
        for namespace in namespaces:
            self.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=true")
        volumes = [
            str(volume["metadata"]["name"])
            for volume in self.get("persistentvolume")
            if volume["spec"].get("claimRef", {}).get("namespace") in namespaces
        ]
        if volumes:
            self.kubectl("delete", "persistentvolume", *volumes, "--wait=false")

    def delete(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """Delete objects, if they are there."""
        text = json.dumps(_listed(objects), default=str)
        self.kubectl("delete", "--ignore-not-found", "-f", "-", given=text)

    def scale(self, target: str, replicas: int, namespace: str) -> None:
        """Set the replicas of ``deployment/chat`` by its scale subresource, as autoscalers do."""
        self.kubectl("scale", "-n", namespace, target, f"--replicas={replicas}")


def _listed(items: Sequence[Mapping[str, Any]]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


def storage_class(name: str, *, default: bool = False) -> Object:
    """Return a storage class whose volumes somebody makes by hand."""
    marks = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": marks},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def volume_for(claim: Mapping[str, Any]) -> Object:
    """Return a volume that the claim, and no other, can have."""
    metadata, spec = claim["metadata"], claim["spec"]
    namespace = metadata.get("namespace", "default")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}.{metadata['name']}"},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "storageClassName": spec.get("storageClassName", DEFAULT_CLASS),
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": namespace,
                "name": metadata["name"],
            },
            # Of no type that the attach controller knows, like a share of a file server.
            "nfs": {"server": "127.0.0.1", "path": "/"},
        },
    }


def node(
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Mapping[str, str]] = (),
    resources: Mapping[str, str | int] | None = None,
    cpus: float = 128,
    memory_gib: float = 2048,
) -> Object:
    """Return a node; ``resources`` are the accelerators it offers: ``{"nvidia.com/gpu": 8}``."""
    offered = {
        "cpu": f"{round(cpus * 1000)}m",
        "memory": f"{round(memory_gib * 1024)}Mi",
        "ephemeral-storage": "4Ti",
        "pods": "110",
        **{key: str(count) for key, count in (resources or {}).items()},
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                **(labels or {}),
            },
        },
        "spec": {"taints": [dict(taint) for taint in taints]},
        "status": {"allocatable": offered, "capacity": offered},
    }
