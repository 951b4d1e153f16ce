"""The files of a deployment, by their paths."""

from collections.abc import Mapping

from inferc.targets.sagemaker.cloudformation.template import fragment, mirror, version_fragment
from inferc.targets.sagemaker.deployment import COMPONENTS, Deployment
from inferc.targets.sagemaker.document import plan_document
from inferc.targets.sagemaker.program import program
from inferc.targets.sagemaker.words import words


def files_of(planned: Deployment) -> Mapping[str, str]:
    """Return the text of every file."""
    stacks = {
        f"stacks/{one.label}.json": fragment(planned, one)
        for one in planned.endpoints
        if one.kind == COMPONENTS
    }
    if planned.choices.registry:
        stacks |= {
            f"stacks/{one.label}-version.json": version_fragment(one) for one in planned.endpoints
        }
    return {
        "cloudformation.json": mirror(planned),
        "plan.json": plan_document(planned),
        **program(planned),
        **stacks,
        **words(planned),
    }
