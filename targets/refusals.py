"""In whose name targets refuse what they share."""

from collections.abc import Sequence
from dataclasses import replace

from inferc.dsl import Diagnostic


def said_by(target: str, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what the shared Kubernetes objects refuse as said by ``target``, which was asked."""
    theirs, ours = "`kubernetes`", f"`{target}`"
    return tuple(
        replace(item, message=item.message.replace(theirs, ours)) if item.code == "INF601" else item
        for item in found
    )
