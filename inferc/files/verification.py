"""Whether a folder of emitted files is as it was written."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import file_not_found, file_unreadable, manifest_missing
from inferc.files.manifest import NAME, Manifest, Section, digest, digest_of, read_manifest
from inferc.files.reader import near, read_source, reason


class TargetState(NamedTuple):
    """What stands in the folder of one target, against what was written there."""

    topology: str
    target: str
    folder: Path
    section: Section
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    missing: tuple[str, ...]
    not_executable: tuple[str, ...]
    """Programs that are as they were written, but cannot be run any more."""
    earlier: tuple[str, ...]
    """Files of the compile before the last one, which was killed while it replaced them."""
    own: tuple[str, ...]
    """Files that inferc did not write: patches and overlays of the user's."""
    stale_inputs: tuple[str, ...]
    """Files of the design that are not as they were when this was written."""
    manifest_edited: bool
    """Whether the manifest itself is not as it was written."""
    killed: bool
    """Whether a compile was killed while it replaced these files."""

    @property
    def differs(self) -> bool:
        """Whether something is not as it was written."""
        changed = self.edited or self.missing or self.not_executable or self.stale_inputs
        return bool(changed or self.manifest_edited or self.killed)


def survey_outputs(folder: Path, design: Path | None) -> tuple[TargetState, ...] | Diagnostic:
    """Return the state of every target below ``folder``, of one topology or of several.

    With ``design``, the main file, its texts are compared with those that the output is of.
    """
    source = None if design is None else read_source(str(design))
    if isinstance(source, Diagnostic):
        return source
    try:
        if not folder.exists():
            return file_not_found(None, path=str(folder), close=near(folder))
        return _survey(folder, design)
    except OSError as error:
        return file_unreadable(None, path=error.filename or str(folder), reason=reason(error))


def _survey(folder: Path, design: Path | None) -> tuple[TargetState, ...] | Diagnostic:
    places = sorted(path.parent for path in folder.rglob(NAME))
    only = ""
    if not places:
        places, only = _above(Path(os.path.abspath(folder)))  # noqa: PTH100 - links stay links
    found: list[TargetState] = []
    for place in places:
        manifest = read_manifest(place)
        if isinstance(manifest, Diagnostic):
            return manifest
        if manifest is not None:
            found += _states(place, manifest, design, only)
    return tuple(found) or manifest_missing(path=str(folder))


def _above(folder: Path) -> tuple[list[Path], str]:
    """Return where the manifest lies of the target that ``folder`` is part of, and its name."""
    for place in folder.parents:
        if os.path.lexists(place / NAME):
            return [Path(os.path.relpath(place))], folder.relative_to(place).parts[0]
    return [], ""


def _states(
    place: Path, manifest: Manifest, design: Path | None, only: str
) -> Iterator[TargetState]:
    """Yield the state of each target, or of ``only`` one."""
    before = manifest.before or {}
    for name, section in sorted(manifest.targets.items()):
        if only not in {"", name}:
            continue
        folder, old = place / name, before.get(name, {})
        states = {
            path: _state(folder, path, section, old.get(path, ()))
            for path in sorted({*section.files, *old})
        }
        yield TargetState(
            topology=manifest.topology,
            target=name,
            folder=folder,
            section=section,
            unchanged=_of(states, "unchanged"),
            edited=_of(states, "edited"),
            missing=_of(states, "missing"),
            not_executable=_of(states, "not executable"),
            earlier=_of(states, "earlier"),
            own=tuple(path for path in _below(folder) if path not in states),
            stale_inputs=() if design is None else tuple(_stale(section, design)),
            manifest_edited=not manifest.intact,
            killed=name in before,
        )


def _state(folder: Path, path: str, section: Section, old: Sequence[str]) -> str:
    place, recorded = folder / path, section.files.get(path)
    if not os.path.lexists(place):
        return "missing" if recorded else "removed"
    if place.is_symlink() or not place.is_file():
        return "edited"
    try:
        found = digest_of(place)
    except OSError:
        return "edited"
    if found != recorded:
        return "earlier" if found in old else "edited"
    lost = path in section.programs and os.name == "posix" and not place.stat().st_mode & 0o100
    return "not executable" if lost else "unchanged"


def _stale(section: Section, design: Path) -> Iterator[str]:
    """Yield the files of the design that are others now; the main file may be another one."""
    if design.name not in section.inputs:
        yield design.name
    for path, recorded in section.inputs.items():
        try:
            text = (design.parent / path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError, ValueError):
            yield path
            continue
        if digest(text.encode()) != recorded:
            yield path


def _below(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _of(states: dict[str, str], wanted: str) -> tuple[str, ...]:
    return tuple(path for path, state in states.items() if state == wanted)
