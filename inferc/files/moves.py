"""Renames that can be undone."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import NamedTuple


class _Move(NamedTuple):
    source: Path
    target: Path
    backup: Path | None
    """What stood at ``target``; None where nothing did."""


class Moves:
    """The renames made so far, so that all of them can be taken back.

    Each is noted before it is made: an interrupt may come between the two, and a rename that was
    not made is told by its source, which is still there.
    """

    def __init__(self) -> None:
        self._begun: list[_Move] = []
        self._made: list[Path] = []

    def move(self, source: Path, target: Path) -> None:
        """Rename ``source`` to ``target``, making the folders above it."""
        self._make_folder(target.parent)
        self._begun.append(_Move(source, target, None))
        source.rename(target)

    def keep(self, target: Path, backup: Path) -> None:
        """Keep the file that stands at ``target`` as ``backup``, for :meth:`replace`."""
        if not target.exists():
            return
        self._make_folder(backup.parent)
        try:
            os.link(target, backup)
        except OSError:  # a file system without links
            shutil.copy2(target, backup)

    def replace(self, source: Path, target: Path, backup: Path) -> None:
        """Rename ``source`` to ``target``, where the file may stand that ``backup`` keeps.

        Whoever reads ``target`` meanwhile finds the old file or the new one.
        """
        self._make_folder(target.parent)
        there = os.path.lexists(backup)
        self._begun.append(_Move(source, target, backup if there else None))
        source.replace(target)

    def undo(self) -> None:
        """Take every rename back, the last one first."""
        while self._begun:
            source, target, backup = self._begun[-1]
            if not os.path.lexists(source) and os.path.lexists(target):
                if backup is None:
                    target.rename(source)
                else:
                    backup.replace(target)
            self._begun.pop()
        while self._made:
            with contextlib.suppress(OSError):
                self._made.pop().rmdir()

    def _make_folder(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for place in reversed(missing):
            self._made.append(place)
            place.mkdir()
