"""Two plans side by side: what was decided, what it promises, takes and costs, and why it differs.

    planned -> snapshot -> compare -> text, Markdown, JSON

A snapshot is read from the JSON of a plan, wherever that comes from: from a file that was just
planned, from one kept in a repository, or from a lock.
"""

from inferc.comparison.changes import Change, Changes, ServiceChanges, compare
from inferc.comparison.lock import Lock, drift
from inferc.comparison.snapshot import Snapshot, read_json, read_snapshot

__all__ = [
    "Change",
    "Changes",
    "Lock",
    "ServiceChanges",
    "Snapshot",
    "compare",
    "drift",
    "read_json",
    "read_snapshot",
]
