"""How a container is told its settings: a variable for each flag of the engine."""

from typing import Final

from inferc.targets.kubernetes.objects.arguments import flags
from inferc.targets.kubernetes.objects.serving import Serving
from inferc.targets.sagemaker.images import MODEL_FOLDER, Image

GIVEN_BY_THE_IMAGE: Final = ("--port", "--host")

SCRATCH: Final = "/tmp"  # noqa: S108 - of the container, which has no other writable folder
CACHE: Final = "/cache"


def environment(serving: Serving, image: Image) -> tuple[tuple[str, str], ...]:
    """Return the variables of the container, by name.

    A flag that stands alone is a variable without a value, which every release of the image's
    entry point passes on as the flag alone; ``true`` is understood by newer ones only.
    """
    release = image.release
    found = {image.model_variable: MODEL_FOLDER, "HF_HUB_OFFLINE": "1"}
    for name, value in release.environment.items():
        found[name] = value.replace(CACHE, SCRATCH, 1) if value.startswith(CACHE) else value
    for argument in release.always:
        flag, _, value = argument.partition("=")
        if flag not in GIVEN_BY_THE_IMAGE:
            found[variable(image, flag)] = value
    for flag, given in flags(serving, release):
        if flag not in GIVEN_BY_THE_IMAGE:
            found[variable(image, flag)] = given or ""
    return tuple(sorted(found.items()))


def variable(image: Image, flag: str) -> str:
    """Return the variable that the image turns into ``flag``."""
    return image.prefix + flag.removeprefix("--").replace("-", "_").upper()
