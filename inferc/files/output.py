"""Writing: whole or not at all, and never over a user's own work.

Everything is compared first (:func:`survey`), then written into a hidden folder beside the output,
and only then moved into place, one rename a file, the manifest last. A rename that fails undoes
those before it. While files are moved the manifest knows the old ones and the new ones, so that a
compile that is killed there leaves nothing that the next one takes for an edit.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import (
    output_edited,
    output_is_a_file,
    output_not_ours,
    output_not_writable,
    output_of_another,
)
from inferc.files.manifest import NAME, Manifest, Section, digest_of, read_manifest
from inferc.files.moves import Moves
from inferc.files.reader import reason
from inferc.files.workplace import HIDDEN, alone, folder_for, hidden_folder

KEPT_AS: Final = ".orig"
AT_WORK: Final = "at-work.json"
"""The manifest that stands there while files are moved, in the hidden folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """One file to write; ``path`` is relative to the topology's folder, with forward slashes."""

    path: str
    content: bytes
    executable: bool = False
    starter: bool = False
    """Whether it is the user's own once it is there: made where it is missing, then left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to stand in the folder of one topology, for the targets that were compiled."""

    folder: Path
    topology: str
    sections: Mapping[str, Section]
    files: tuple[NewFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, or would be: paths below the output folders, sorted."""

    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    """Written by an earlier compile, not edited since, and no longer part of the output."""
    left: tuple[Path, ...] = ()
    """No longer part of the output, but edited, and therefore still there."""
    kept: tuple[Path, ...] = ()
    """Edited files that ``force`` replaced, under the names that they are kept as."""
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """What has to change in one folder."""

    request: Request
    found: Manifest | Diagnostic | None
    """The manifest that stands there."""
    manifest: Manifest
    """The one that is to stand there."""
    new: bool
    """Whether nothing stands there."""
    write: tuple[NewFile, ...]
    same: tuple[str, ...]
    edited: tuple[str, ...]
    stale: tuple[str, ...]
    left: tuple[str, ...]


def write(requests: Sequence[Request], *, force: bool = False, dry_run: bool = False) -> Outcome:
    """Make the folders of ``requests`` hold what they ask for, all of them or none.

    ``force`` replaces edited files and keeps each beside the new one; ``dry_run`` only compares.
    """
    blocked = [item for request in requests for item in _blocking(request.folder)]
    if blocked:
        return Outcome(diagnostics=tuple(blocked))
    parent = requests[0].folder.parent
    try:
        if dry_run:
            return _written(requests, force=force, dry_run=True)
        with folder_for(parent), alone(parent):
            return _written(requests, force=force, dry_run=False)
    except OSError as error:
        return Outcome(diagnostics=(_refused(error, requests[0].folder),))


def _written(requests: Sequence[Request], *, force: bool, dry_run: bool) -> Outcome:
    """Compare, and write unless ``dry_run``.

    Raises:
        OSError: The system refuses; everything is as it was.
    """
    surveys = [_survey(request) for request in requests]
    diagnostics = [item for survey in surveys for item in _problems(survey, force=force)]
    if diagnostics:
        return Outcome(diagnostics=tuple(diagnostics))
    kept = () if dry_run else _commit(surveys)
    return Outcome(
        written=_paths((survey, file.path) for survey in surveys for file in survey.write),
        unchanged=_paths((survey, path) for survey in surveys for path in survey.same),
        removed=_paths((survey, path) for survey in surveys for path in survey.stale),
        left=_paths((survey, path) for survey in surveys for path in survey.left),
        kept=kept,
    )


# ---- compare ---------------------------------------------------------------------------------


def _survey(request: Request) -> _Survey:
    """Compare what stands in a folder with what is to stand there."""
    found = read_manifest(request.folder)
    ours = isinstance(found, Manifest) and found.topology == request.topology
    before = found if isinstance(found, Manifest) and ours else None
    owned = _owned(before, request.sections)
    wanted = {file.path: file for file in request.files}
    stale = sorted(path for path in owned if path not in wanted)
    state = {path: _state(request.folder, path, owned.get(path, ())) for path in (*wanted, *stale)}
    write = [file for file in wanted.values() if not _is_done(request.folder, file)]
    return _Survey(
        request=request,
        found=found,
        manifest=_manifest(before, request),
        new=not os.path.lexists(request.folder),
        write=tuple(write),
        same=tuple(sorted(set(wanted) - {file.path for file in write})),
        edited=tuple(sorted(file.path for file in write if state[file.path] == "edited")),
        stale=tuple(path for path in stale if state[path] == "ours"),
        left=tuple(path for path in stale if state[path] == "edited"),
    )


def _manifest(before: Manifest | None, request: Request) -> Manifest:
    """Return the manifest that is to stand there: of targets whose folder was removed, nothing."""
    known: Mapping[str, Section] = before.targets if before else {}
    others = {
        name: section
        for name, section in known.items()
        if name not in request.sections and (not section.files or (request.folder / name).is_dir())
    }
    killed = (before.before if before else None) or {}
    return Manifest(
        topology=request.topology,
        targets={**others, **request.sections},
        before={name: files for name, files in killed.items() if name in others} or None,
    )


def _owned(manifest: Manifest | None, targets: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the digests of what earlier compiles wrote for ``targets``, by path.

    There are several where a compile was killed: the file is an old one, or the new one.
    """
    return {
        f"{name}/{path}": digests
        for name in targets
        for path, digests in _digests(manifest, name).items()
    }


def _digests(manifest: Manifest | None, target: str) -> Mapping[str, tuple[str, ...]]:
    """Return the digests that the files of ``target`` may have, by path inside its folder."""
    if manifest is None or target not in manifest.targets:
        return {}
    found = dict((manifest.before or {}).get(target, {}))
    for path, value in manifest.targets[target].files.items():
        found[path] = tuple(dict.fromkeys((*found.get(path, ()), value)))
    return found


def _state(folder: Path, path: str, recorded: Sequence[str]) -> str:
    """Return ``absent``, ``ours`` (as an earlier compile wrote it) or ``edited``."""
    place = folder / path
    if not _blocked(folder, path) and not os.path.lexists(place):
        return "absent"
    if _blocked(folder, path) or place.is_symlink() or not place.is_file():
        return "edited"
    return "ours" if recorded and digest_of(place) in recorded else "edited"


def _blocked(folder: Path, path: str) -> bool:
    """Return whether a file or a link stands where ``path`` needs a folder."""
    above = (folder / path).parent
    while above != folder:
        if above.is_symlink() or (above.exists() and not above.is_dir()):
            return True
        above = above.parent
    return False


def _is_done(folder: Path, file: NewFile) -> bool:
    """Return whether nothing has to be done for ``file``: a starter need only be there."""
    return (file.starter and (folder / file.path).exists()) or _is_there(folder, file)


def _is_there(folder: Path, file: NewFile) -> bool:
    place = folder / file.path
    if _blocked(folder, file.path) or place.is_symlink() or not place.is_file():
        return False
    there = place.stat()
    if there.st_size != len(file.content) or bool(there.st_mode & 0o100) != file.executable:
        return False
    return place.read_bytes() == file.content


def _blocking(folder: Path) -> Iterator[Diagnostic]:
    """Return that a file stands where ``folder``, or one above it, is to be."""
    for place in (folder, *folder.parents):
        try:
            there = os.path.lexists(place)
        except ValueError:  # a NUL
            there = False
        if there:
            if not place.is_dir():
                yield output_is_a_file(path=str(place))
            return


def _problems(survey: _Survey, *, force: bool) -> Iterator[Diagnostic]:
    """Return what forbids writing."""
    request, found = survey.request, survey.found
    folder = str(request.folder)
    if isinstance(found, Manifest) and found.topology != request.topology:
        yield output_of_another(folder=folder, topology=request.topology, found=found.topology)
    elif force or not request.folder.exists():
        return
    elif isinstance(found, Diagnostic):
        yield found
    elif found is None and (names := sorted(item.name for item in request.folder.iterdir())):
        yield output_not_ours(path=folder, found=names)
    elif survey.edited:
        yield output_edited(folder=folder, files=survey.edited)


# ---- write -----------------------------------------------------------------------------------


def _commit(surveys: Sequence[_Survey]) -> tuple[Path, ...]:
    """Write what changed and return the names under which edited files are kept."""
    changed = [survey for survey in surveys if _is_changed(survey)]
    if not changed:
        return ()
    with hidden_folder(changed[0].request.folder.parent) as hidden:
        staged = [_stage(survey, hidden / str(index)) for index, survey in enumerate(changed)]
        moves = Moves()
        try:
            kept = [
                path
                for survey, stage in zip(changed, staged, strict=True)
                for path in _put_in_place(survey, stage, hidden, moves)
            ]
        except BaseException:
            moves.undo()
            raise
        _remove_empty_folders(changed)
    return tuple(sorted(kept))


def _is_changed(survey: _Survey) -> bool:
    manifest = NewFile(path=NAME, content=survey.manifest.render())
    return bool(survey.write or survey.stale) or not _is_there(survey.request.folder, manifest)


def _stage(survey: _Survey, folder: Path) -> Path:
    """Write what changed in one folder, and its manifest, into ``folder``."""
    manifest = NewFile(path=NAME, content=survey.manifest.render())
    for file in (*survey.write, manifest):
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        if file.executable:
            mode = place.stat().st_mode
            place.chmod(mode | (mode & 0o444) >> 2)
    return folder


def _put_in_place(survey: _Survey, stage: Path, hidden: Path, moves: Moves) -> Iterator[Path]:
    """Move the files of ``stage`` to where they belong; yield what edited files are kept as."""
    folder = survey.request.folder
    if survey.new:  # a disk that does not tell `Chat` from `chat` refuses the second one here
        moves.move(stage, folder)
        return
    for path in _in_the_way(folder, survey):
        kept = _free_name(folder / path)
        moves.move(folder / path, kept)
        yield kept
    old = hidden / f"{stage.name}.old"
    at_work = hidden / f"{stage.name}.{AT_WORK}"
    at_work.write_bytes(_at_work(survey).render())
    paths = [file.path for file in survey.write]
    for path in (*paths, NAME):
        moves.keep(folder / path, old / path)
    moves.replace(at_work, folder / NAME, old / NAME)
    for path in survey.stale:
        moves.move(folder / path, old / path)
    for path in paths:
        moves.replace(stage / path, folder / path, old / path)
    moves.keep(folder / NAME, old / AT_WORK)
    moves.replace(stage / NAME, folder / NAME, old / AT_WORK)


def _at_work(survey: _Survey) -> Manifest:
    """Return the manifest that knows the old files as well as the new ones."""
    found = survey.found if isinstance(survey.found, Manifest) else None
    old = {target: _digests(found, target) for target in survey.request.sections}
    before = {**(survey.manifest.before or {}), **old}
    return survey.manifest.model_copy(update={"before": before})


def _in_the_way(folder: Path, survey: _Survey) -> tuple[str, ...]:
    """Return the paths to keep under another name: edited files, or what blocks a folder."""
    found: set[str] = set()
    for path in survey.edited:
        parts = path.split("/")
        heads = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
        blocking = (
            head for head in heads if (folder / head).is_symlink() or (folder / head).is_file()
        )
        found.add(next(blocking, path))
    return tuple(sorted(found))


def _free_name(path: Path) -> Path:
    kept = path.with_name(path.name + KEPT_AS)
    number = 2
    while kept.exists() or kept.is_symlink():
        kept = path.with_name(f"{path.name}{KEPT_AS}{number}")
        number += 1
    return kept


def _remove_empty_folders(surveys: Iterable[_Survey]) -> None:
    """Remove the folders that are empty because their last file was stale."""
    for survey in surveys:
        for path in survey.stale:
            place = (survey.request.folder / path).parent
            while place != survey.request.folder and place.is_dir() and not any(place.iterdir()):
                place.rmdir()
                place = place.parent


def _paths(pairs: Iterable[tuple[_Survey, str]]) -> tuple[Path, ...]:
    return tuple(sorted(survey.request.folder / path for survey, path in pairs))


def _refused(error: OSError, folder: Path) -> Diagnostic:
    named = str(error.filename or folder)
    shown = str(folder.parent) if HIDDEN in named else named
    return output_not_writable(path=shown, reason=reason(error))
