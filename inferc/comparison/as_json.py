"""Changes as JSON for other programs."""

from collections.abc import Mapping, Sequence

from inferc.comparison.changes import Change, Changes, ServiceChanges, TopologyChanges
from inferc.comparison.files import FileChange
from inferc.compiler.topology import Json
from inferc.versions import FORMAT_VERSION


def to_data(
    changes: Changes,
    causes: Sequence[str] = (),
    files: Sequence[FileChange] | None = None,
) -> dict[str, Json]:
    """Return what differs as plain values, with what it may come from and what becomes of it."""
    return {
        "format_version": FORMAT_VERSION,
        "differs": bool(changes),
        "breaking": changes.breaking,
        "causes": list(causes),
        "topologies": [_topology(one) for one in changes.topologies],
        **({} if files is None else {"files": [_file(one) for one in files]}),
    }


def _file(found: FileChange) -> Mapping[str, Json]:
    return {
        "path": found.path,
        "kind": found.kind,
        "added": found.added,
        "removed": found.removed,
        "patch": "\n".join(found.patch) or None,
    }


def _topology(found: TopologyChanges) -> Mapping[str, Json]:
    return {
        "topology": found.name,
        "kind": found.kind,
        "verdict": _change(found.verdict),
        "totals": [_change(one) for one in found.totals],
        "services": [_service(one) for one in found.services],
    }


def _service(found: ServiceChanges) -> Mapping[str, Json]:
    return {
        "service": found.name,
        "kind": found.kind,
        "breaking": found.breaking,
        "verdict": _change(found.verdict),
        "decisions": [_change(one) for one in found.decisions],
        "sla": [_change(one) for one in found.sla],
        "resources": [_change(one) for one in found.resources],
        "cost": [_change(one) for one in found.cost],
    }


def _change(change: Change | None) -> Mapping[str, Json] | None:
    if change is None:
        return None
    return {
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "reason": change.reason or None,
        "breaking": change.breaking,
    }
