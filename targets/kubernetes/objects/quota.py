"""How many accelerators the namespace may take: what the file says it has, and no more."""

from collections.abc import Iterator

from inferc.targets.kubernetes.objects.layout import Layout
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version


def quota(layout: Layout) -> Iterator[Manifest]:
    """Yield the limit, where the namespace is the topology's own.

    It is all accelerators of the pools in use, not only what the plan takes of them: pods that end
    still count, also those of a node that is lost, and their places must not be missing.
    """
    if not layout.choices.create_namespace:
        return
    pools = {one.place.path: (one.gpu_resource, one.place) for one in layout.servings}
    hard: dict[str, int] = {}
    for resource, place in pools.values():
        key = f"requests.{resource}"
        hard[key] = hard.get(key, 0) + place.most_accelerators
    yield Manifest(
        api_version=api_version("ResourceQuota"),
        kind="ResourceQuota",
        name="accelerators",
        namespace=layout.namespace,
        concern="namespace",
        labels=layout.labels,
        body={"spec": {"hard": {key: str(hard[key]) for key in sorted(hard)}}},
    )
