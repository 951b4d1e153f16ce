"""What a place without the internet must be given: images and models, and what fetches them."""

from collections.abc import Iterable, Sequence

from inferc.compiler.topology import Topology
from inferc.targets.base import Artifact
from inferc.targets.heading import heading
from inferc.targets.kubernetes.objects import storage
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.on_prem.images import qualified
from inferc.targets.render import render

IMAGES, MODELS, SCRIPT = "images.txt", "models.txt", "mirror.sh"


def lists(
    topology: Topology, servings: Sequence[Serving], images: Iterable[str], folder: str = ""
) -> tuple[Artifact, ...]:
    """Return the lists, and the script; ``images`` are named as their makers name them."""
    names = sorted({qualified(image) for image in images})
    models = sorted(
        {
            (one.repository, one.revision or "main", storage.directory(one).rpartition("/")[2])
            for one in servings
        }
    )
    texts = {
        IMAGES: heading(topology, "Every image, one a line") + _table((name,) for name in names),
        MODELS: heading(topology, "Every model: repository, revision, folder") + _table(models),
        SCRIPT: render(
            "on_prem/mirror.sh",
            {
                "header": heading(topology, "Fetches images and models, where there is internet"),
                "marker": storage.MARKER,
                "excluded": storage.EXCLUDED,
            },
        ),
    }
    return tuple(
        Artifact(path=folder + name, content=text.encode(), executable=name == SCRIPT)
        for name, text in sorted(texts.items())
    )


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
