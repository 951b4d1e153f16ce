"""A topology as a kustomize tree."""

from collections.abc import Mapping, Sequence

from inferc.compiler.topology import Topology
from inferc.dsl import Diagnostic, has_errors
from inferc.targets import to_yaml
from inferc.targets.base import Artifact, Data, Emitted, Options
from inferc.targets.kubernetes.adapter import adapter_values
from inferc.targets.kubernetes.checks import check
from inferc.targets.kubernetes.objects import CONCERNS, Manifest, build_objects, refuse
from inferc.targets.kubernetes.objects.serving import servings
from inferc.targets.kubernetes.objects.settings import read_options
from inferc.targets.kubernetes.preflight import preflight
from inferc.targets.kubernetes.readme import readme
from inferc.targets.sharing import refusals

TITLES: Mapping[str, str] = {
    "namespace": "The namespace, and accounts that may do nothing",
    "network": "Who may talk to whom",
    "storage": "Volumes of weights, and the Jobs that fill them",
    "workload": "The engines, and the addresses they answer at",
    "scaling": "How many replicas there are",
    "disruption": "What a drain may do to them",
    "monitoring": "What Prometheus scrapes",
}
PREFLIGHT_FILE = "preflight.sh"
ADAPTER_FILE = "prometheus-adapter-values.yaml"


class KubernetesTarget:
    """Kubernetes manifests, checked before they are written."""

    name: str = "kubernetes"

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        missing = refusals(topology, self.name)
        if missing:
            return Emitted(artifacts=(), diagnostics=missing)
        refused = refuse(topology, options)
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        manifests = build_objects(topology, options)
        wrong: tuple[Diagnostic, ...] = check(manifests, topology, options)
        if has_errors(wrong):
            return Emitted(artifacts=(), diagnostics=(*refused, *wrong))
        return Emitted(artifacts=_files(topology, manifests, options), diagnostics=refused)


def _files(
    topology: Topology, manifests: Sequence[Manifest], options: Options
) -> tuple[Artifact, ...]:
    choices, _ = read_options(options)
    parts = servings(topology, choices)
    groups = {
        f"{number}0-{concern}.yaml": (concern, documents)
        for number, concern in enumerate(CONCERNS, start=1)
        if (documents := [one.document() for one in manifests if one.concern == concern])
    }
    texts = {
        name: _header(topology, TITLES[concern]) + to_yaml.dump_all(documents)
        for name, (concern, documents) in groups.items()
    }
    texts["kustomization.yaml"] = _kustomization(topology, tuple(groups))
    has_adapter = any(serving.scaler == "hpa" for serving in parts)
    texts["README.md"] = readme(topology, parts, adapter_file=ADAPTER_FILE if has_adapter else "")
    header = _header(topology, "What the cluster lacks, if anything")
    texts[PREFLIGHT_FILE] = preflight(parts, header=header)
    if has_adapter:
        header = _header(topology, "Values for the chart of the Prometheus adapter")
        texts[ADAPTER_FILE] = header + to_yaml.dump(adapter_values(parts))
    return tuple(
        Artifact(path=name, content=texts[name].encode(), executable=name == PREFLIGHT_FILE)
        for name in sorted(texts)
    )


def _kustomization(topology: Topology, files: Sequence[str]) -> str:
    document: dict[str, Data] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
    }
    return _header(topology, "All objects of the topology") + to_yaml.dump(document)


def _header(topology: Topology, title: str) -> str:
    return to_yaml.comment(
        (
            f"{title}.",
            f"Topology {topology.name}, plan {topology.digest}.",
            "Generated: change the .infer file, or patch this one from an overlay of your own.",
        )
    )


TARGET = KubernetesTarget()
