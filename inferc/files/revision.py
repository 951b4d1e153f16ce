"""The name of a file as it was. Reading it is in :mod:`inferc.files.revisions`."""

import os
from typing import NamedTuple


class Revision(NamedTuple):
    """A file as it was in a revision: ``main:topology.infer``."""

    revision: str
    """Whatever ``git rev-parse`` knows: a branch, a tag, ``HEAD~1``."""
    path: str
    """From the working folder, as for a file that is on the disk."""

    def __str__(self) -> str:
        """Return it as the command line has it."""
        return f"{self.revision}:{self.path}"


def split_revision(text: str) -> Revision | None:
    """Return the revision that ``text`` names; None for a plain path.

    What stands on the disk under that very name is a path.
    """
    revision, colon, path = text.partition(":")
    if not colon or not revision or not path or os.path.lexists(text):
        return None
    return Revision(revision, path)
