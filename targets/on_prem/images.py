"""Names of images, as a machine without the internet knows them too."""

from inferc.targets.kubernetes.objects.pods import IMAGE_HOSTS, mirrored
from inferc.targets.on_prem.options import Choices


def qualified(image: str) -> str:
    """Return ``image`` with its registry: Podman does not take Docker's for granted."""
    first, slash, _ = image.partition("/")
    if slash and (any(sign in first for sign in IMAGE_HOSTS) or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def image_of(image: str, choices: Choices) -> str:
    """Return where ``image`` is pulled from."""
    return mirrored(qualified(image), choices.image_registry)
