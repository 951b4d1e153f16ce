"""A cluster as the provider of Kubernetes uses it: server-side apply, and deletes that wait."""

import json
import threading
from typing import Any

from support.cluster import Cluster

MANAGER = "pulumi-kubernetes"


class OnCluster:
    """Applies what a program registers to a real API server."""

    def __init__(self, cluster: Cluster) -> None:
        """Apply to ``cluster``."""
        self.cluster = cluster
        self.applied: list[str] = []
        self._lock = threading.Lock()

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """Create or change an object as the provider does; return it as it then is.

        A warning of the API server fails: it means a field that is unknown or deprecated, or that
        the namespace's level of security forbids.
        """
        with self._lock:
            self.cluster.need_kinds([document])
        if document["kind"] == "PersistentVolumeClaim":
            self.cluster.add_volumes([document])
        done = self.cluster.kubectl(
            "apply",
            "--server-side",
            f"--field-manager={MANAGER}",
            "-o",
            "json",
            "-f",
            "-",
            given=json.dumps(document),
        )
        assert not done.warnings, done.warnings
        with self._lock:
            self.applied.append(f"{document['kind']}/{document['metadata']['name']}")
            self.cluster.tally.objects_applied += 1
        found: dict[str, Any] = json.loads(done.out)
        return found

    def delete(self, document: dict[str, Any]) -> None:
        """Delete an object with all that it owns, and wait until it is gone."""
        group, _, _ = document["apiVersion"].rpartition("/")
        kind = f"{document['kind'].lower()}.{group}".rstrip(".")
        namespace = document["metadata"].get("namespace", "")
        place = ("-n", namespace) if namespace else ()
        name = document["metadata"]["name"]
        options = ("--ignore-not-found", "--cascade=foreground", "--wait=true", "--timeout=60s")
        self.cluster.kubectl("delete", kind, name, *place, *options)
