"""Writing: whole or not at all, and never over a user's own work.

Everything is compared first (:func:`survey`), then written into a hidden folder beside the output,
and only then moved into place, one rename a file, the manifest last. A rename that fails undoes
those before it.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import (
    output_edited,
    output_is_a_file,
    output_not_ours,
    output_not_writable,
)
from inferc.files.manifest import NAME, Manifest, Section, digest, load_manifest
from inferc.files.moves import Moves
from inferc.files.reader import reason

KEPT_AS: Final = ".orig"


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
    manifest: Manifest
    write: tuple[NewFile, ...]
    same: tuple[str, ...]
    edited: tuple[str, ...]
    stale: tuple[str, ...]
    left: tuple[str, ...]


def write(requests: Sequence[Request], *, force: bool = False, dry_run: bool = False) -> Outcome:
    """Make the folders of ``requests`` hold what they ask for, all of them or none.

    ``force`` replaces edited files and keeps each beside the new one; ``dry_run`` only compares.
    """
    try:
        surveys = [_survey(request) for request in requests]
        diagnostics = [item for survey in surveys for item in _problems(survey, force=force)]
    except OSError as error:
        return Outcome(diagnostics=(_refused(error, requests[0].folder),))
    if diagnostics:
        return Outcome(diagnostics=tuple(diagnostics))
    kept: tuple[Path, ...] = ()
    if not dry_run:
        try:
            kept = _commit(surveys)
        except OSError as error:
            return Outcome(diagnostics=(_refused(error, requests[0].folder),))
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
    before = load_manifest(request.folder)
    owned = _owned(before, request.sections)
    wanted = {file.path: file for file in request.files}
    stale = sorted(path for path in owned if path not in wanted)
    state = {path: _state(request.folder, path, owned.get(path)) for path in (*wanted, *stale)}
    write = [file for file in wanted.values() if not _is_done(request.folder, file)]
    others = dict(before.targets) if before else {}
    return _Survey(
        request=request,
        manifest=Manifest(topology=request.topology, targets={**others, **request.sections}),
        write=tuple(write),
        same=tuple(sorted(set(wanted) - {file.path for file in write})),
        edited=tuple(sorted(file.path for file in write if state[file.path] == "edited")),
        stale=tuple(path for path in stale if state[path] == "ours"),
        left=tuple(path for path in stale if state[path] == "edited"),
    )


def _owned(manifest: Manifest | None, targets: Iterable[str]) -> Mapping[str, str]:
    """Return the digests of what an earlier compile wrote for ``targets``, by path."""
    if manifest is None:
        return {}
    sections = manifest.targets
    return {
        f"{name}/{path}": value
        for name in targets
        if name in sections
        for path, value in sections[name].files.items()
    }


def _state(folder: Path, path: str, recorded: str | None) -> str:
    """Return ``absent``, ``ours`` (as an earlier compile wrote it) or ``edited``."""
    place = folder / path
    if _blocked(folder, path) or place.is_symlink() or place.is_dir():
        return "edited"
    if not place.exists():
        return "absent"
    return "ours" if digest(place.read_bytes()) == recorded else "edited"


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
    executable = bool(place.stat().st_mode & 0o100)
    return executable == file.executable and place.read_bytes() == file.content


def _problems(survey: _Survey, *, force: bool) -> Iterator[Diagnostic]:
    """Return what forbids writing."""
    folder = survey.request.folder
    for place in (folder, *folder.parents):
        if place.exists() or place.is_symlink():
            if not place.is_dir():
                yield output_is_a_file(path=str(place))
                return
            break
    if force or not folder.exists():
        return
    found = sorted(item.name for item in folder.iterdir())
    if found and load_manifest(folder) is None:
        yield output_not_ours(path=str(folder), found=found)
    elif survey.edited:
        yield output_edited(folder=str(folder), files=survey.edited)


# ---- write -----------------------------------------------------------------------------------


def _commit(surveys: Sequence[_Survey]) -> tuple[Path, ...]:
    """Write what changed and return the names under which edited files are kept."""
    changed = [survey for survey in surveys if _is_changed(survey)]
    if not changed:
        return ()
    with _hidden_folder(changed[0].request.folder.parent) as hidden:
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


@contextmanager
def _hidden_folder(parent: Path) -> Generator[Path]:
    """Make a folder inside ``parent``, which may have to be made too, and remove it after use.

    Folders above it that had to be made go as well if nothing came to stand in them.
    """
    import shutil
    import tempfile

    made = [place for place in (parent, *parent.parents) if not place.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    try:
        hidden = Path(tempfile.mkdtemp(prefix=".inferc-", dir=parent))
        try:
            yield hidden
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    finally:
        for place in made:
            if place.exists() and not any(place.iterdir()):
                place.rmdir()


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
    if not folder.exists():
        moves.move(stage, folder)
        return
    for path in _in_the_way(folder, survey):
        kept = _free_name(folder / path)
        moves.move(folder / path, kept)
        yield kept
    old = hidden / f"{stage.name}.old"
    for path in survey.stale:
        moves.move(folder / path, old / path)
    for path in (*(file.path for file in survey.write), NAME):
        if (folder / path).exists():
            moves.move(folder / path, old / path)
        moves.move(stage / path, folder / path)


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
    return output_not_writable(path=str(error.filename or folder), reason=reason(error))
