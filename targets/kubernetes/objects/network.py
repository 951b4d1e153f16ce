"""Who may talk to whom: nobody, but for what the plan needs."""

from inferc.compiler.topology import Topology
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects.engine_pod import PORT_NAME
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.serving import Serving

DNS_PORT = 53
HTTPS_PORT = 443
ANYWHERE = (("0.0.0.0/0", "169.254.0.0/16"), ("::/0", "fe80::/10"))
"""Every address but the link-local ones, where clouds hand out the node's credentials."""


def default_deny(topology: Topology, namespace: str) -> Manifest:
    """Return the rule that nothing in the namespace may talk, except as other rules allow."""
    return Manifest(
        api_version=api_version("NetworkPolicy"),
        kind="NetworkPolicy",
        name="deny-all",
        namespace=namespace,
        concern="network",
        labels={
            "app.kubernetes.io/part-of": dns_label(topology.name),
            "app.kubernetes.io/managed-by": "inferc",
        },
        body={"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
    )


def engine(serving: Serving) -> Manifest:
    """Return what the engine may do: answer gateway, Prometheus and kubelet, and ask for names."""
    sources: list[Data] = [
        _in_namespace(name)
        for name in dict.fromkeys(
            (serving.settings["gateway_namespace"], serving.choices.monitoring_namespace)
        )
    ]
    if serving.choices.node_cidr:
        sources.append({"ipBlock": {"cidr": serving.choices.node_cidr}})
    rule: dict[str, Data] = {"from": sources, "ports": [{"port": PORT_NAME, "protocol": "TCP"}]}
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": serving.selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [rule],
        "egress": [_dns()],
    }
    return _policy(serving, serving.named("engine"), "engine", spec)


def group(serving: Serving) -> tuple[Manifest, ...]:
    """Return what the pods of a replica may do: say everything to each other, on any port.

    Neither NCCL nor the engines' message queues keep to ports that are known before.
    """
    if not serving.is_group:
        return ()
    selector: dict[str, Data] = {"matchLabels": serving.replica_selector}
    spec: dict[str, Data] = {
        "podSelector": selector,
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": selector}]}],
        "egress": [{"to": [{"podSelector": selector}]}, _dns()],
    }
    return (_policy(serving, serving.named("group"), "engine", spec),)


def prefetch(serving: Serving) -> Manifest:
    """Return what the download may do: ask for names, and HTTPS to anywhere outside."""
    selector = {**serving.selector, "app.kubernetes.io/component": "prefetch"}
    outside: list[Data] = [
        {"ipBlock": {"cidr": block, "except": [local]}} for block, local in ANYWHERE
    ]
    https: dict[str, Data] = {"to": outside, "ports": [{"port": HTTPS_PORT, "protocol": "TCP"}]}
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": selector},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [_dns(), https],
    }
    return _policy(serving, serving.named("prefetch"), "prefetch", spec)


def _policy(serving: Serving, name: str, component: str, spec: dict[str, Data]) -> Manifest:
    return Manifest(
        api_version=api_version("NetworkPolicy"),
        kind="NetworkPolicy",
        name=name,
        namespace=serving.namespace,
        concern="network",
        labels=serving.labels_of(component),
        body={"spec": spec},
    )


def _in_namespace(name: str) -> dict[str, Data]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _dns() -> dict[str, Data]:
    server: dict[str, Data] = {
        **_in_namespace("kube-system"),
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports: list[Data] = [{"port": DNS_PORT, "protocol": name} for name in ("UDP", "TCP")]
    return {"to": [server], "ports": ports}
