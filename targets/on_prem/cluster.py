"""Several machines: the Kubernetes tree, and what a cluster of one's own lacks besides."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from inferc.compiler.model import Place
from inferc.compiler.provenance import exactly
from inferc.compiler.topology import Topology
from inferc.dsl import has_errors
from inferc.targets import registry, to_yaml
from inferc.targets.base import Artifact, Data, Emitted, Options
from inferc.targets.heading import heading
from inferc.targets.kubernetes.objects import Layout, build_objects, layout_of, storage
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.on_prem import gpu_operator
from inferc.targets.on_prem.lists import lists
from inferc.targets.on_prem.options import Choices, for_kubernetes
from inferc.targets.render import render
from inferc.targets.versions import METALLB, NFS_DRIVER, NVIDIA_DEVICE_PLUGIN

FOLDER: Final = "site/"
METALLB_NAMESPACE: Final = "metallb-system"
NFS_PROVISIONER: Final = "nfs.csi.k8s.io"
UNLISTED_DRIVER: Final = (
    ", but for the driver's, whose tag ends in the nodes' operating system: see its values"
)
"""What the README says of the one image that a list cannot name."""


def emit(topology: Topology, choices: Choices, options: Options) -> Emitted:
    """Return the files for a cluster of one's own."""
    own = _settled(topology, _stated(topology, choices))
    passed = for_kubernetes(options, choices)
    emitted = registry.load("kubernetes").emit(own, passed)
    if has_errors(emitted.diagnostics):
        return emitted
    layout = layout_of(own, passed)
    makers = build_objects(_settled(topology, {"image_registry": ""}), passed)
    extra = tuple(_extra(layout, choices, makers))
    artifacts = sorted((*map(_led, emitted.artifacts), *extra), key=lambda one: one.path)
    return Emitted(artifacts=tuple(artifacts), diagnostics=emitted.diagnostics)


def _led(one: Artifact) -> Artifact:
    """Return a file of the tree; its README leads to what the cluster itself needs first."""
    if one.path != "README.md":
        return one
    first = f"## Apply\n\nBegin with `{FOLDER}README.md`: what the cluster itself needs.\n".encode()
    return replace(one, content=one.content.replace(b"## Apply\n", first, 1))


def storage_class(topology: Topology) -> str:
    """Return the name of the storage class that is emitted for a shared folder."""
    return dns_label(topology.name, "models")


def _stated(topology: Topology, choices: Choices) -> dict[str, str]:
    """Return what the options say about the cluster."""
    stated: dict[str, str] = {}
    if choices.image_registry:
        stated["image_registry"] = choices.image_registry
    if choices.nfs:
        stated["storage_class"] = storage_class(topology)
    return stated


def _settled(topology: Topology, stated: Mapping[str, str]) -> Topology:
    """Return ``topology`` with ``stated`` for settings of its cluster."""
    return replace(
        topology,
        services=tuple(
            replace(plan, service=replace(plan.service, place=_with(plan.service.place, stated)))
            for plan in topology.services
        ),
        networks=tuple(
            replace(plan, service=replace(plan.service, place=_with(plan.service.place, stated)))
            for plan in topology.networks
        ),
    )


def _with(place: Place, stated: Mapping[str, str]) -> Place:
    if place.cluster is None or not stated:
        return place
    settings = {name: exactly(value, text=value) for name, value in stated.items()}
    cluster = replace(place.cluster, settings={**place.cluster.settings, **settings})
    return replace(place, cluster=cluster)


def _extra(layout: Layout, choices: Choices, makers: tuple[Manifest, ...]) -> Iterator[Artifact]:
    """Yield the files beside the tree; ``makers`` has images as their makers name them."""
    topology, settings = layout.topology, layout.settings
    operator = gpu_operator.values(
        settings["release_label"], settings["image_registry"], driver=choices.gpu_driver
    )
    title = "Values for the chart of the GPU operator"
    yield _file("gpu-operator-values.yaml", heading(topology, title) + to_yaml.dump(operator))
    if choices.addresses:
        title = "Addresses that MetalLB gives to services of the type LoadBalancer"
        text = to_yaml.dump_all([one.document() for one in _addresses(layout, choices)])
        yield _file("metallb.yaml", heading(topology, title) + text)
    if choices.nfs:
        title = "The storage class of the weights: a folder that all nodes reach"
        text = to_yaml.dump(_shared_folder(layout, choices).document())
        yield _file("storage-class.yaml", heading(topology, title) + text)
    images = {
        *(image for one in makers for image in _images(one.body)),
        *gpu_operator.images(driver=choices.gpu_driver),
    }
    yield from lists(topology, layout.servings, images, FOLDER)
    yield _file("README.md", render("on_prem/cluster.md", _readme(layout, choices)))


def _images(data: Data) -> Iterator[str]:
    """Yield every image inside an object."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == "image" and isinstance(value, str):
                yield value
            else:
                yield from _images(value)
    elif isinstance(data, list | tuple):
        for item in data:
            yield from _images(item)


def _addresses(layout: Layout, choices: Choices) -> Iterator[Manifest]:
    name = dns_label(layout.namespace, "pool")
    specs: dict[str, dict[str, Data]] = {
        "IPAddressPool": {"addresses": [choices.addresses], "avoidBuggyIPs": True},
        "L2Advertisement": {"ipAddressPools": [name]},
    }
    for kind, spec in specs.items():
        yield Manifest(
            api_version=api_version(kind),
            kind=kind,
            name=name,
            namespace=METALLB_NAMESPACE,
            concern="cluster",
            labels=layout.labels,
            body={"spec": spec},
        )


def _shared_folder(layout: Layout, choices: Choices) -> Manifest:
    server, _, share = choices.nfs.partition(":")
    return Manifest(
        api_version=api_version("StorageClass"),
        kind="StorageClass",
        name=storage_class(layout.topology),
        namespace="",
        concern="cluster",
        labels=layout.labels,
        body={
            "provisioner": NFS_PROVISIONER,
            "parameters": {"server": server, "share": share or "/"},
            "mountOptions": ["nfsvers=4.1"],
            "reclaimPolicy": "Retain",
            "volumeBindingMode": "Immediate",
            "allowVolumeExpansion": True,
        },
    )


def _readme(layout: Layout, choices: Choices) -> dict[str, object]:
    return {
        "topology": layout.topology.name,
        "digest": layout.topology.digest,
        "mirrored": "Images and models" if choices.air_gapped else "Images",
        "mirroring": tuple(_mirroring(layout.settings["image_registry"], choices)),
        "unlisted": UNLISTED_DRIVER if choices.gpu_driver else "",
        "hub": layout.choices.hub,
        "gpu": NVIDIA_DEVICE_PLUGIN,
        "gpu_version": gpu_operator.VERSION,
        "metallb": METALLB if choices.addresses else None,
        "addresses": choices.addresses,
        "nfs": NFS_DRIVER if choices.nfs else None,
        "share": choices.nfs,
        "storage": layout.settings["storage_class"] or "the cluster's default class",
        "shared": any(one.access_mode == "ReadWriteMany" for one in layout.servings),
        "claims": [storage.claim_name(one) for one in layout.servings],
    }


def _mirroring(image_registry: str, choices: Choices) -> Iterator[str]:
    """Yield the commands that copy what the cluster cannot fetch itself."""
    if choices.air_gapped or image_registry:
        yield f"./mirror.sh push {image_registry or 'REGISTRY'}"
    if choices.air_gapped:
        yield "./mirror.sh models FOLDER"


def _file(name: str, text: str) -> Artifact:
    return Artifact(path=FOLDER + name, content=text.encode())
