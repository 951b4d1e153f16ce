"""What a cluster must have before the objects can be applied."""

from collections.abc import Sequence
from dataclasses import dataclass

from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.versions import (
    GPU_RESOURCES,
    KEDA,
    KUBERNETES,
    LEADER_WORKER_SET,
    PROMETHEUS_ADAPTER,
    PROMETHEUS_OPERATOR,
    Component,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A Secret that the objects refer to; it is never emitted."""

    name: str
    purpose: str
    command: str
    """Makes it; the value comes from the caller's environment."""
    optional: bool


def components(servings: Sequence[Serving]) -> tuple[Component, ...]:
    """Return what must be installed, with versions."""
    scalers = {serving.scaler for serving in servings}
    vendors = sorted({serving.place.accelerator.vendor for serving in servings})
    return (
        KUBERNETES,
        *(GPU_RESOURCES[vendor][1] for vendor in vendors),
        PROMETHEUS_OPERATOR,
        *((LEADER_WORKER_SET,) if any(one.is_group for one in servings) else ()),
        *((KEDA,) if "keda" in scalers else ()),
        *((PROMETHEUS_ADAPTER,) if "hpa" in scalers else ()),
    )


def secrets(servings: Sequence[Serving]) -> tuple[Secret, ...]:
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
    if not choices.image_pull_secret:
        return (token,)
    pull = Secret(
        name=choices.image_pull_secret,
        purpose="pulls the images",
        command=f"{create} docker-registry {choices.image_pull_secret} "
        '--docker-server="$REGISTRY" --docker-username="$REGISTRY_USER" '
        '--docker-password="$REGISTRY_PASSWORD"',
        optional=False,
    )
    return (token, pull)
