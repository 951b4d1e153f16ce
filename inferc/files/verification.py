"""Whether a folder of emitted files is as it was written."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import file_not_found, manifest_missing
from inferc.files.manifest import NAME, Section, digest, load_manifest
from inferc.files.reader import near


class TargetState(NamedTuple):
    """What stands in the folder of one target, against what was written there."""

    topology: str
    target: str
    folder: Path
    section: Section
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    missing: tuple[str, ...]
    own: tuple[str, ...]
    """Files that inferc did not write: patches and overlays of the user's."""
    stale_inputs: tuple[str, ...]
    """Files of the design that are not as they were when this was written."""

    @property
    def differs(self) -> bool:
        """Whether something is not as it was written."""
        return bool(self.edited or self.missing or self.stale_inputs)


def survey_outputs(folder: Path, design: Path | None) -> tuple[TargetState, ...] | Diagnostic:
    """Return the state of every target below ``folder``, of one topology or of several.

    With ``design``, the main file, its texts are compared with those that the output is of.
    """
    if not folder.is_dir():
        return file_not_found(None, path=str(folder), close=near(folder))
    places = sorted(path.parent for path in folder.rglob(NAME))
    if not places and folder.parent != folder and (folder.parent / NAME).is_file():
        return _one(folder, design)
    found = tuple(state for place in places for state in _states(place, design))
    return found or manifest_missing(path=str(folder))


def _one(folder: Path, design: Path | None) -> tuple[TargetState, ...] | Diagnostic:
    """Return the state of a single target's folder, whose manifest lies above it."""
    found = tuple(one for one in _states(folder.parent, design) if one.target == folder.name)
    return found or manifest_missing(path=str(folder))


def _states(place: Path, design: Path | None) -> Iterator[TargetState]:
    manifest = load_manifest(place)
    for name, section in sorted(manifest.targets.items()) if manifest else ():
        folder = place / name
        states = {path: _state(folder / path, value) for path, value in section.files.items()}
        yield TargetState(
            topology=manifest.topology if manifest else "",
            target=name,
            folder=folder,
            section=section,
            unchanged=_of(states, "unchanged"),
            edited=_of(states, "edited"),
            missing=_of(states, "missing"),
            own=tuple(path for path in _below(folder) if path not in section.files),
            stale_inputs=() if design is None else tuple(_stale(section, design)),
        )


def _state(path: Path, recorded: str) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "edited"
    return "unchanged" if digest(content) == recorded and not path.is_symlink() else "edited"


def _stale(section: Section, design: Path) -> Iterator[str]:
    for path, recorded in section.inputs.items():
        try:
            text = (design.parent / path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError):
            yield path
            continue
        if digest(text.encode()) != recorded:
            yield path


def _below(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()


def _of(states: dict[str, str], wanted: str) -> tuple[str, ...]:
    return tuple(path for path, state in sorted(states.items()) if state == wanted)
