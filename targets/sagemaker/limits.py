"""What Amazon SageMaker allows, as data; times in seconds unless a name says otherwise.

Source: the API models of botocore 1.44.5, sagemaker 2017-07-24, sagemaker-runtime 2017-05-13 and
application-autoscaling 2016-02-06, where nothing else is said.
"""

from typing import Final

NAME_LIMIT: Final = 63
NAME: Final = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
"""The pattern of the names of endpoints, their configurations and variants."""

START_S: Final = (60, 3600)
"""Until the container answers its first health check; until the weights are there, likewise."""

EXECUTION_S: Final = (600, 28_800)
"""How long a deployment may take."""

WAIT_S: Final = (0, 3600)
"""Between the steps of a deployment, and before the old fleet ends."""

CANARY_PERCENT: Final = (1, 50)
"""Of the variant's instances, in the first step of a deployment."""

VARIABLE_BYTES: Final = 1024
"""The length of the name and of the value of an environment variable; there are 100 at most."""

CONCURRENT: Final = (1, 1000)
"""Requests that an asynchronous endpoint hands to one instance at once."""

HOST_MEMORY_SHARE: Final = 0.9
"""Of an instance's memory, what containers may have: the rest is for the agents of the host.

Source: an assumption on the safe side; SageMaker does not publish how much it keeps.
"""

STEP_S: Final = 60
"""Period of the metrics of endpoints. Source: AWS, Amazon SageMaker AI metrics in CloudWatch."""
