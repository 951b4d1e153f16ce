"""A design for programs: the file, what became of each phrase, and the plans."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from inferc import api
from inferc.compiler.topology import Json
from inferc.report.plan_json import to_data as plan_data
from inferc.versions import FORMAT_VERSION

if TYPE_CHECKING:
    from inferc.compiler.words import Words


def to_data(designed: api.Designed) -> dict[str, Json]:
    """Return a design as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "file": designed.words.text,
        "words": words_data(designed.words),
        "topologies": [plan_data(plan) for plan in designed.planned.plans],
    }


def words_data(words: "Words") -> Mapping[str, Json]:
    """Return what became of each phrase."""
    return {
        "understood": list(words.understood),
        "not_acted_on": list(words.idle),
        "not_understood": list(words.not_understood),
    }
