"""Images of containers as values: host, name and version stand apart, so that one can change."""

from collections.abc import Mapping
from typing import NamedTuple

from inferc.targets.kubernetes.objects.pods import IMAGE_HOSTS


class Image(NamedTuple):
    """The parts of an image's name."""

    registry: str
    repository: str
    tag: str
    digest: str

    def values(self) -> Mapping[str, str]:
        """Return the parts as values of the chart."""
        return self._asdict()


def parts(image: str) -> Image:
    """Return the parts of ``image``; the chart puts them together again."""
    name, at, digest = image.partition("@")
    first, slash, rest = name.partition("/")
    has_host = slash and (any(sign in first for sign in IMAGE_HOSTS) or first == "localhost")
    registry, path = (first, rest) if has_host else ("", name)
    folder, slash, last = path.rpartition("/")
    last, _, tag = last.partition(":")
    return Image(registry, folder + slash + last, tag, digest if at else "")
