"""Clouds and their machines: ``AWS p5.48xlarge``, ``on GCP in us-central1``, ``spot instances``."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from inferc.compiler.model.catalog import paths
from inferc.compiler.words.catalog_text import text_of
from inferc.compiler.words.numbers import NUMBER, number_of
from inferc.compiler.words.phrases import Found

OTHER = "other"
"""A cloud whose machines are not in the catalog."""

_CLOUDS: Final = (
    ("aws", r"aws|amazon(?: web services)?|ec2|eks"),
    ("azure", r"(?:microsoft )?azure|aks"),
    ("gcp", r"gcp|google cloud(?: platform)?(?! run)|gke"),
    ("digitalocean", r"digital ?ocean"),
    ("lambda", r"lambda (?:labs|cloud)"),
    ("nebius", r"nebius"),
    ("oci", r"oracle cloud(?: infrastructure)?|oci"),
    ("runpod", r"runpod"),
    ("hyperbolic", r"hyperbolic"),
    (OTHER, r"coreweave|together\.ai|crusoe|ibm cloud|alibaba cloud|vultr|paperspace|scaleway|ovh"),
)
_MANAGED: Final = (
    ("cloud_run", r"(?:google )?cloud run"),
    ("vertex_ai", r"(?:google )?vertex(?: ai)?(?: endpoints?)?"),
    ("sagemaker_async", r"sagemaker async(?:hronous)?(?: inference| endpoints?)?"),
    ("sagemaker_serverless", r"sagemaker serverless(?: inference| endpoints?)?"),
    (
        "sagemaker_realtime",
        r"(?:amazon |aws )?sagemaker(?: real-?time)?(?: inference| endpoints?)?",
    ),
    ("aws_lambda", r"aws lambda|lambda functions?"),
    ("fargate", r"(?:aws )?fargate"),
    ("azure_container_apps", r"azure container apps?"),
    ("azure_ml_online", r"azure ml(?: online)?(?: endpoints?)?"),
    ("knative", r"knative(?: serving)?"),
)
"""Platforms of the catalog that run containers for others."""
_MARKETS: Final = (
    (
        "spot",
        r"spot(?: instances?| gpus?| vms?| nodes?| capacity)?|preemptible(?: instances?| vms?)?",
    ),
    ("on_demand", r"on[ -]demand(?: instances?| gpus?)?"),
    ("reserved", r"reserved(?: instances?| capacity)?|committed use(?: discounts?)?"),
)
_REGION = re.compile(
    r"(?<![a-z0-9])(?:(?:region|in)[ ])?(?P<name>(?:us|eu|ap|ca|sa|me|af|europe|asia"
    r"|northamerica|southamerica"
    r"|australia)-(?:gov-)?(?:north|south|east|west|central)+(?:east|west)?-?\d)(?![a-z0-9])"
)
_TYPE = re.compile(r'^  type +=\s*"([^"]*)"', re.MULTILINE)
_NAME = re.compile(
    rf"(?:(?P<count>{NUMBER})[ ]?x?[ ]*)?"
    r"(?P<name>(?<![a-z0-9._-])[a-z][a-z0-9]*(?:[._-][a-z0-9_.-]*[a-z0-9]))"
    r"(?:[ ](?:instances?|nodes?|machines?|vms?))?(?![a-z0-9])"
)
_PREFIX = "standard_"
"""What Azure's types begin with, and people leave out."""


def read_clouds(text: str) -> Iterator[Found]:
    """Yield clouds, their machines, regions and markets."""
    types = _types()
    taken: list[tuple[int, int]] = []
    for match in _NAME.finditer(text):
        path = types.get(match["name"].removeprefix(_PREFIX))
        if path:
            count = number_of(match["count"]) if match["count"] else None
            taken.append(match.span())
            yield Found("instance", match.start(), match.end(), path, count)
    for match in _REGION.finditer(text):
        yield Found("region", match.start(), match.end(), match["name"])
    for topic, words in (("managed", _MANAGED), ("cloud", _CLOUDS), ("market", _MARKETS)):
        for word, pattern in words:
            for match in re.finditer(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", text):
                if not any(start <= match.start() < end for start, end in taken):
                    taken.append(match.span())
                    yield Found(topic, match.start(), match.end(), word)


@cache
def _types() -> Mapping[str, str]:
    """Return the machines of all clouds by what their clouds call them."""
    found: dict[str, str] = {}
    for path in paths("instance"):
        named = _TYPE.search(text_of(path))
        if named:
            found.setdefault(named[1].lower().removeprefix(_PREFIX), path)
    return found
