"""Names of images, as a machine without the internet knows them too."""

from inferc.targets.on_prem.options import Choices

HOSTS = (".", ":")
"""What the first part of an image's name holds where it is a registry's address."""


def prefixed(image: str, registry: str) -> str:
    """Return ``image`` as ``registry`` has it: without the host that it comes from."""
    prefix = registry.rstrip("/")
    if not prefix:
        return image
    first, slash, rest = image.partition("/")
    has_host = slash and (any(sign in first for sign in HOSTS) or first == "localhost")
    return f"{prefix}/{rest if has_host else image}"


def qualified(image: str) -> str:
    """Return ``image`` with its registry: Podman does not take Docker's for granted."""
    first, slash, _ = image.partition("/")
    if slash and (any(sign in first for sign in HOSTS) or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def image_of(image: str, choices: Choices) -> str:
    """Return where ``image`` is pulled from."""
    return prefixed(qualified(image), choices.image_registry)
