"""The files of a deployment, by their paths."""

from collections.abc import Mapping

from inferc.targets.sagemaker.cloudformation.template import fragment, mirror
from inferc.targets.sagemaker.deployment import COMPONENTS, Deployment


def files_of(planned: Deployment) -> Mapping[str, str]:
    """Return the text of every file."""
    texts = {"cloudformation.json": mirror(planned)}
    for one in planned.endpoints:
        if one.kind == COMPONENTS:
            texts[f"stacks/{one.label}.json"] = fragment(planned, one)
    return texts
