"""Images that always bring the same: what the user chose aside, each has a version or a digest."""

import re
from collections.abc import Iterator, Sequence

from inferc.targets.kubernetes.checks.lookup import pods, text
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Layout, Manifest
from inferc.targets.kubernetes.objects.pods import image

PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[\w][\w.-]*$", re.ASCII)


def check_images(manifests: Sequence[Manifest], layout: Layout) -> Iterator[Finding]:
    """Yield images that may be another one at the next start of a pod.

    That of an engine is the user's, who is warned of it.
    """
    chosen = {image(serving) for serving in layout.deployed}
    for manifest in manifests:
        for pod in pods(manifest):
            for container in pod.containers:
                name = text(container, "image")
                if name not in chosen and not PINNED.search(name):
                    yield manifest.id, f"the image `{name}` has no fixed version"
