"""A topology as endpoints of Amazon SageMaker."""

from inferc.compiler.topology import Topology
from inferc.dsl import has_errors
from inferc.targets.base import Artifact, Emitted, Options
from inferc.targets.sagemaker.deployment import deployment
from inferc.targets.sagemaker.files import files_of
from inferc.targets.sagemaker.options import TARGET as NAME
from inferc.targets.sagemaker.options import read_options
from inferc.targets.sagemaker.refusals import refuse


class SageMakerTarget:
    """A Pulumi program with one endpoint a service, and the same as a CloudFormation template."""

    name: str = NAME

    def emit(self, topology: Topology, options: Options) -> Emitted:
        """Return the files for ``topology``, or diagnostics that say why there are none."""
        refused = refuse(topology, options)
        if has_errors(refused):
            return Emitted(artifacts=(), diagnostics=refused)
        choices, _ = read_options(options)
        texts = files_of(deployment(topology, choices))
        artifacts = (
            Artifact(
                path=path, content=texts[path].encode("utf-8"), executable=path.endswith(".sh")
            )
            for path in sorted(texts)
        )
        return Emitted(artifacts=tuple(artifacts), diagnostics=refused)


TARGET = SageMakerTarget()
