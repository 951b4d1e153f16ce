"""A topology as a Helm chart of its own."""

import posixpath
from collections.abc import Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import has_errors
from inferc.targets import to_yaml
from inferc.targets.base import Artifact, Emitted, Options, asked_at
from inferc.targets.heading import heading
from inferc.targets.helm import chart_files
from inferc.targets.helm.context import Chart
from inferc.targets.helm.gotext import escape, marks_for
from inferc.targets.helm.knobs import schema_text, tree, values_text
from inferc.targets.helm.lifting import lifted
from inferc.targets.helm.options import known_options, read_options
from inferc.targets.helm.readme import chart_readme, readme
from inferc.targets.helm.scope import Scope, scopes
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.files import EXTRA_FILES
from inferc.targets.kubernetes.objects import (
    Layout,
    Manifest,
    build_objects,
    cluster_objects,
    layout_of,
    refuse,
)
from inferc.targets.kubernetes.objects.names import dns_label

CHART = "chart"
CLUSTER_FILE = "cluster.yaml"
NAMESPACE_FILE = "namespace.yaml"
OWN_VALUES = "my-values.yaml"
STARTER = """\
# Values of your own: this file is made once, and compiling again leaves it alone.
# chart/README.md lists what it may hold.
{}
"""
SHARED = "shared"
"""The folder of templates of what belongs to no single service."""


class HelmTarget:
    """A chart that renders to the objects of the Kubernetes target."""

    name: str = "helm"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        span = asked_at(topology, self.name)
        version, rest, wrong = read_options(options, span)
        refused = (*wrong, *refuse(topology, rest, self.name, known=known_options()))
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        manifests = build_objects(topology, rest)
        faults = check(manifests, topology, rest)
        if has_errors(faults):
            return Emitted(artifacts=(), diagnostics=(*refused, *faults))
        layout = layout_of(topology, rest)
        own = cluster_objects(topology, rest)
        return Emitted(artifacts=_artifacts(layout, manifests, own, version), diagnostics=refused)


def _artifacts(
    layout: Layout, manifests: Sequence[Manifest], own: Sequence[Manifest], version: str
) -> tuple[Artifact, ...]:
    inside = [one for one in manifests if one.namespace]
    outside = [one for one in manifests if not one.namespace]
    chart = new_chart(layout, inside)
    texts = {f"{CHART}/{path}": text for path, text in chart_texts(chart, inside, version).items()}
    for path, title, objects in (
        (NAMESPACE_FILE, "The namespace that the release is installed into", outside),
        (CLUSTER_FILE, "What belongs to the whole cluster, for those who own it", own),
    ):
        if objects:
            documents = [one.document() for one in objects]
            texts[path] = heading(layout.topology, title) + to_yaml.dump_all(documents)
    texts["README.md"] = readme(chart, has_namespace=bool(outside), has_cluster=bool(own))
    found = {one.path: one for files in EXTRA_FILES for one in files(layout, manifests)}
    found |= {path: Artifact(path=path, content=text.encode()) for path, text in texts.items()}
    found[OWN_VALUES] = Artifact(path=OWN_VALUES, content=STARTER.encode(), starter=True)
    return tuple(found[path] for path in sorted(found))


def new_chart(layout: Layout, manifests: Sequence[Manifest]) -> Chart:
    """Return a chart with the values that all services share."""
    documents = [one.document() for one in manifests]
    labels = {name for one in manifests for name in one.labels}
    chart = Chart(
        name=dns_label(layout.topology.name),
        layout=layout,
        marks=marks_for(documents),
        taken=tuple(sorted(labels)),
    )
    chart_files.shared_knobs(chart)
    return chart


def chart_texts(chart: Chart, manifests: Sequence[Manifest], version: str) -> Mapping[str, str]:
    """Return the files of the chart."""
    found = scopes(chart.layout, manifests)
    head = escape(_head(chart))
    texts = {
        posixpath.join("templates", path): head + lifted(chart, scope)
        for path, scope in _paths(found).items()
    }
    root = tree(tuple(chart.knobs.values()), chart_files.about(chart))
    title = f"Values of the chart {chart.name}"
    return {
        **texts,
        ".helmignore": chart_files.IGNORED,
        "Chart.yaml": chart_files.chart_yaml(chart, version),
        "README.md": chart_readme(chart, root),
        "values.yaml": _head(chart) + "\n" + values_text(root),
        "values.schema.json": schema_text(root, title),
        "templates/NOTES.txt": chart_files.notes(chart),
        "templates/_helpers.tpl": chart_files.helpers(chart),
    }


def _head(chart: Chart) -> str:
    topology = chart.layout.topology
    return to_yaml.comment(
        (
            f"Topology {topology.name}, plan {topology.digest}.",
            "Generated: change the .infer file, or give values of your own with -f.",
        )
    )


def _paths(found: Sequence[Scope]) -> Mapping[str, Scope]:
    """Return a file for each object: its kind, and its name where the kind does not say which."""
    kinds = [(one.service, one.manifest.kind) for one in found]
    paths: dict[str, Scope] = {}
    for scope in found:
        manifest, folder = scope.manifest, scope.service or SHARED
        stem = manifest.kind.lower()
        if kinds.count((scope.service, manifest.kind)) > 1:
            stem += f"-{manifest.name}"
        paths[f"{folder}/{stem}.yaml"] = scope
    return paths


TARGET = HelmTarget()
