"""Renames that can be undone."""

import contextlib
from pathlib import Path


class Moves:
    """The renames made so far, so that all of them can be taken back."""

    def __init__(self) -> None:
        self._done: list[tuple[Path, Path]] = []
        self._made: list[Path] = []

    def move(self, source: Path, target: Path) -> None:
        """Rename ``source`` to ``target``, making the folders above it."""
        self._make_folder(target.parent)
        source.rename(target)
        self._done.append((source, target))

    def undo(self) -> None:
        """Take every rename back, the last one first."""
        while self._done:
            source, target = self._done.pop()
            target.rename(source)
        while self._made:
            with contextlib.suppress(OSError):
                self._made.pop().rmdir()

    def _make_folder(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for place in reversed(missing):
            place.mkdir()
            self._made.append(place)
