"""What a cluster must have before the objects can be applied."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.objects.deployed import Deployed
from inferc.targets.kubernetes.objects.hub import fetches
from inferc.targets.kubernetes.objects.network_serving import NetworkServing
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.kubernetes.objects.settings import Choices
from inferc.targets.kubernetes.objects.ways import picked
from inferc.targets.versions import (
    CERT_MANAGER,
    DRA_DRIVER,
    DRA_KUBERNETES,
    ENVOY_AI_GATEWAY,
    ENVOY_GATEWAY,
    GATEWAY_API,
    GPU_RESOURCES,
    INFERENCE_EXTENSION,
    KEDA,
    KUBERNETES,
    KUEUE,
    LEADER_WORKER_SET,
    LLM_D_OBJECTIVES,
    PROMETHEUS_ADAPTER,
    PROMETHEUS_OPERATOR,
    SHARED_STORAGE,
    Component,
)

SEVERAL = "ReadWriteMany"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A Secret that the objects refer to; it is never emitted."""

    name: str
    purpose: str
    command: str
    """Makes it; the value comes from the caller's environment."""
    optional: bool
    namespace: str = ""
    """Where it must be; empty for beside the services."""


def components(
    servings: Sequence[Serving], networks: Sequence[NetworkServing] = ()
) -> tuple[Component, ...]:
    """Return what must be installed, with versions."""
    everyone: tuple[Deployed, ...] = (*servings, *networks)
    scalers = {serving.scaler for serving in everyone}
    vendors = sorted({serving.place.accelerator.vendor for serving in everyone})
    choices = everyone[0].choices if everyone else Choices()
    return (
        replace(KUBERNETES, at_least=DRA_KUBERNETES) if choices.dra else KUBERNETES,
        *(GPU_RESOURCES[vendor][1] for vendor in vendors),
        *((DRA_DRIVER,) if choices.dra else ()),
        *((KUEUE,) if choices.queue else ()),
        PROMETHEUS_OPERATOR,
        *((SHARED_STORAGE,) if any(one.access_mode == SEVERAL for one in servings) else ()),
        *((LEADER_WORKER_SET,) if any(map(_grouped, servings)) else ()),
        *((KEDA,) if "keda" in scalers else ()),
        *((PROMETHEUS_ADAPTER,) if "hpa" in scalers else ()),
        *(gateway_components(everyone[0].topology, everyone) if everyone else ()),
    )


def _grouped(serving: Serving) -> bool:
    """Return whether a service's replicas are groups, or of two kinds."""
    return serving.workload_kind != "Deployment"


def gateway_components(topology: Topology, servings: Sequence[Deployed]) -> tuple[Component, ...]:
    """Return what the gateways of a topology need."""
    if not topology.gateways:
        return ()
    certificates = [one.certificate for one in topology.gateways]
    issued = any(one is not None and one.issuer for one in certificates)
    pickers = (ENVOY_AI_GATEWAY, INFERENCE_EXTENSION, LLM_D_OBJECTIVES)
    return (
        GATEWAY_API,
        ENVOY_GATEWAY,
        *(pickers if picked(topology, servings) else ()),
        *((CERT_MANAGER,) if issued else ()),
    )


def gateway_secrets(topology: Topology, namespace: str) -> tuple[Secret, ...]:
    """Return the Secrets that the gateways of a topology refer to, each once."""
    found: dict[tuple[str, str], Secret] = {}
    for gateway in topology.gateways:
        own = gateway.namespace or namespace
        certificate, keys = gateway.certificate, gateway.keys
        if certificate is not None and certificate.secret:
            place = certificate.namespace or own
            found[place, certificate.secret] = Secret(
                name=certificate.secret,
                purpose=f"holds the certificate for {', '.join(gateway.hosts)}",
                command=f"kubectl -n {place} create secret tls {certificate.secret} "
                '--cert="$CERTIFICATE_FILE" --key="$KEY_FILE"',
                optional=False,
                namespace=place,
            )
        if keys is not None:
            found[own, keys.secret] = Secret(
                name=keys.secret,
                purpose="holds a key for each caller, under the caller's name",
                command=f"kubectl -n {own} create secret generic {keys.secret} "
                '--from-literal=first-caller="$(openssl rand -hex 32)"',
                optional=False,
                namespace=own,
            )
    return tuple(found.values())


def secrets(servings: Sequence[Deployed]) -> tuple[Secret, ...]:
    """Return the Secrets that the objects refer to."""
    if not servings:
        return ()
    choices, namespace = servings[0].choices, servings[0].namespace
    create = f"kubectl -n {namespace} create secret"
    token = Secret(
        name=choices.hf_token_secret,
        purpose="is needed for gated repositories of the hub, such as Meta's and Mistral's",
        command=f'{create} generic {choices.hf_token_secret} --from-literal=token="$HF_TOKEN"',
        optional=True,
    )
    hub = (token,) if servings[0].topology.services and fetches(choices) else ()
    doors = gateway_secrets(servings[0].topology, namespace)
    name = servings[0].pull_secret
    if not name:
        return (*hub, *doors)
    pull = Secret(
        name=name,
        purpose="pulls the images",
        command=f"{create} docker-registry {name} "
        '--docker-server="$REGISTRY" --docker-username="$REGISTRY_USER" '
        '--docker-password="$REGISTRY_PASSWORD"',
        optional=False,
    )
    return (*hub, pull, *doors)
