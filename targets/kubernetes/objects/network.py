"""Who may talk to whom: nobody, but for what the plan needs."""

from inferc.compiler.topology import Topology
from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import hub
from inferc.targets.kubernetes.objects.deployed import PORT_NAME, Deployed
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import dns_label
from inferc.targets.kubernetes.objects.serving import Serving

DNS_PORT = 53
NODE_LOCAL_DNS = "169.254.20.10/32"
"""Where NodeLocal DNSCache answers on a node that has it: link-local, so that no selector finds it.

Source: Kubernetes, Using NodeLocal DNSCache in Kubernetes Clusters; the add-on's README.
"""
API_SERVER_PORTS = (443, 6443)
"""Where the API server is asked: its Service, and behind that its usual port.

Its addresses are outside the cluster's own, so that no selector finds them: any may be one.
"""


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


def engine(serving: Deployed) -> Manifest:
    """Return what the engine may do: answer gateway, Prometheus and kubelet, and ask for names."""
    sources: list[Data] = [
        in_namespace(name)
        for name in dict.fromkeys(
            (serving.settings["gateway_namespace"], serving.choices.monitoring_namespace)
        )
    ]
    if serving.choices.node_cidr:
        sources.append({"ipBlock": {"cidr": serving.choices.node_cidr}})
    ports = dict.fromkeys((PORT_NAME, serving.metrics_port))
    rule: dict[str, Data] = {
        "from": sources,
        "ports": [{"port": port, "protocol": "TCP"} for port in ports],
    }
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": serving.selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [rule],
        "egress": [dns()],
    }
    return policy(serving, serving.named("engine"), "engine", spec)


def group(serving: Serving) -> tuple[Manifest, ...]:
    """Return what the pods of a replica may do: say everything to each other, on any port.

    Neither NCCL nor the engines' message queues keep to ports that are known before.
    """
    if not serving.talks:
        return ()
    selector: dict[str, Data] = {"matchLabels": serving.replica_selector}
    spec: dict[str, Data] = {
        "podSelector": selector,
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": selector}]}],
        "egress": [{"to": [{"podSelector": selector}]}, dns()],
    }
    return (policy(serving, serving.named("group"), "engine", spec),)


def prompts(serving: Serving) -> Manifest:
    """Return what replicas that compute prompts may do beside handing over: be scraped."""
    sources: list[Data] = [in_namespace(serving.choices.monitoring_namespace)]
    if serving.choices.node_cidr:
        sources.append({"ipBlock": {"cidr": serving.choices.node_cidr}})
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": serving.selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": sources, "ports": [{"port": PORT_NAME, "protocol": "TCP"}]}],
        "egress": [dns()],
    }
    return policy(serving, serving.named("prompts"), "engine", spec)


def prefetch(serving: Serving) -> Manifest:
    """Return what the download may do: ask for names, and go where the hub is."""
    selector = {**serving.selector, "app.kubernetes.io/component": "prefetch"}
    spec: dict[str, Data] = {
        "podSelector": {"matchLabels": selector},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [dns(), *hub.egress(serving.choices)],
    }
    return policy(serving, serving.named("prefetch"), "prefetch", spec)


def policy(serving: Deployed, name: str, component: str, spec: dict[str, Data]) -> Manifest:
    """Return a NetworkPolicy that belongs to ``component`` of a service."""
    return Manifest(
        api_version=api_version("NetworkPolicy"),
        kind="NetworkPolicy",
        name=name,
        namespace=serving.namespace,
        concern="network",
        labels=serving.labels_of(component),
        body={"spec": spec},
    )


def in_namespace(name: str) -> dict[str, Data]:
    """Return the pods of the namespace ``name``, as one side of a rule."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def dns() -> dict[str, Data]:
    """Return the rule that names may be asked for."""
    server: dict[str, Data] = {
        **in_namespace("kube-system"),
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports: list[Data] = [{"port": DNS_PORT, "protocol": name} for name in ("UDP", "TCP")]
    return {"to": [server, {"ipBlock": {"cidr": NODE_LOCAL_DNS}}], "ports": ports}
