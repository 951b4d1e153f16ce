"""Installing an emitted chart as its README says, with Helm itself."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from support import cluster_deploy, cluster_plans
from support.cluster import Cluster, ClusterError, Object
from support.cluster_plans import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A chart on the cluster."""

    helm: Path
    cluster: Cluster
    tree: Tree
    namespace: str
    name: str
    documents: list[Object]
    """What the chart renders to with its own values."""

    @property
    def chart(self) -> Path:
        """The folder of the chart."""
        return self.tree.folder / "chart"

    def command(self, *words: str | Path) -> str:
        """Run Helm in the namespace; return what it prints."""
        done = self.cluster.run(self.helm, *words, "--namespace", self.namespace)
        if done.code:
            message = f"helm {' '.join(map(str, words))}: exit code {done.code}\n{done.err}"
            raise ClusterError(message)
        return done.out

    def upgrade(self, values: Mapping[str, Any] | None = None) -> str:
        """Install the chart or bring it up to date, with the user's values."""
        own = self.tree.folder / "my-values.yaml"
        if values is not None:
            own.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        return self.command("upgrade", "--install", self.name, self.chart, "--values", own)

    def live(self) -> list[Object]:
        """Return the objects of the release as the server holds them."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": self.documents})
        options = ("--ignore-not-found", "-o", "json")
        done = self.cluster.kubectl("get", "-f", "-", *options, given=text)
        items: list[Object] = json.loads(done.out)["items"] if done.out.strip() else []
        return items

    def states(self) -> dict[str, Object]:
        """Return what of those objects changes with an update, by kind and name."""
        return {
            f"{one['kind']}/{one['metadata']['name']}": {
                "generation": one["metadata"].get("generation"),
                "uid": one["metadata"]["uid"],
                "spec": one.get("spec"),
            }
            for one in self.live()
        }


@contextmanager
def installed(cluster: Cluster, helm: Path, tree: Tree) -> Iterator[Release]:
    """Install a chart on a cluster that has the nodes that its plan counts on."""
    folder = tree.folder
    name = yaml.safe_load((folder / "chart" / "Chart.yaml").read_text("utf-8"))["name"]
    spaces = cluster.documents(folder / "namespace.yaml")
    (namespace,) = [one["metadata"]["name"] for one in spaces if one["kind"] == "Namespace"]
    version = cluster.version().removeprefix("v")
    done = cluster.run(
        *(helm, "template", name, folder / "chart"),
        *("--namespace", namespace, "--kube-version", version),
    )
    if done.code:
        raise ClusterError(done.err)
    documents = [one for one in yaml.load_all(done.out, Loader=yaml.CSafeLoader) if one]
    cluster.need_kinds(documents)
    nodes = [*cluster_plans.nodes_of(tree.topology), *cluster_plans.decoys()]
    owned = folder / "cluster.yaml"
    with (
        cluster_deploy.neighbours(cluster, documents),
        cluster.nodes(nodes),
        _applied(cluster, owned),
        cluster.cleared(namespace),
    ):
        cluster.apply(folder / "namespace.yaml")
        cluster.add_volumes(
            [
                {**one, "metadata": {**one["metadata"], "namespace": namespace}}
                for one in documents
                if one["kind"] == "PersistentVolumeClaim"
            ]
        )
        release = Release(
            helm=helm,
            cluster=cluster,
            tree=tree,
            namespace=namespace,
            name=name,
            documents=documents,
        )
        release.upgrade()
        yield release


@contextmanager
def _applied(cluster: Cluster, file: Path) -> Iterator[None]:
    """Have the objects of a file, where it is there, until the block ends."""
    if not file.is_file():
        yield
        return
    cluster.apply(file)
    try:
        yield
    finally:
        cluster.kubectl("delete", "-f", file, "--ignore-not-found")
