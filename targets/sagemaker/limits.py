"""What Amazon SageMaker allows, as data; times in seconds unless a name says otherwise.

Source: the API models of botocore 1.44.5, sagemaker 2017-07-24, sagemaker-runtime 2017-05-13 and
application-autoscaling 2016-02-06, where nothing else is said.
"""

import re
from typing import Final

NAME_LIMIT: Final = 63
NAME: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
"""Of endpoints, their configurations and variants."""

START_S: Final = (60, 3600)
"""Until the container answers its first health check; until the weights are there, likewise."""

EXECUTION_S: Final = (600, 28_800)
"""How long a deployment may take."""

WAIT_S: Final = (0, 3600)
"""Between the steps of a deployment, and before the old fleet ends."""

CANARY_PERCENT: Final = (1, 50)
"""Of the variant's instances, in the first step of a deployment."""

VARIABLES: Final = 100
VARIABLE_BYTES: Final = 1024
"""Environment variables of a container, and the length of each name and value."""

CONCURRENT: Final = (1, 1000)
"""Requests that an asynchronous endpoint hands to one instance at once."""

COMPONENT_MEMORY_MIB: Final = 128
"""The least that a copy of an inference component may ask for."""

SERVERLESS_MEMORY_MIB: Final = 6144

HOST_MEMORY_SHARE: Final = 0.9
"""Of an instance's memory, what containers may have: the rest is for the agents of the host.

Source: an assumption on the safe side; SageMaker does not publish how much it keeps.
"""

IMAGE_GB: Final = 20.0
"""Room that the image of an engine takes beside the weights: 10 GB packed, twice that unpacked."""

STEP_S: Final = 60
"""Period of the metrics of endpoints. Source: AWS, Amazon SageMaker AI metrics in CloudWatch."""
