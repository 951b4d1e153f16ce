"""Reading a design as it was: files of a git revision, by way of ``git`` itself."""

import os
import subprocess
from typing import Final

from inferc.dsl.diagnostics import Diagnostic
from inferc.dsl.source import SourceFile
from inferc.files.diagnostics import file_too_large, not_utf8, revision_not_readable
from inferc.files.reader import LIMIT_BYTES
from inferc.files.revision import Revision

TIMEOUT_S: Final = 60
NO_GIT: Final = "there is no `git` on the path"


class GitError(OSError):
    """Git would not give a file; ``strerror`` has its own words."""


def read_revision(asked: Revision) -> SourceFile | Diagnostic:
    """Return the text of a file as it was."""
    try:
        content = _show(asked.revision, asked.path)
    except GitError as error:
        words = error.strerror or str(error)
        return revision_not_readable(
            revision=asked.revision, path=asked.path, reason=words, todo=_todo(words)
        )
    if len(content) > LIMIT_BYTES:
        return file_too_large(None, path=str(asked), limit_bytes=LIMIT_BYTES)
    try:
        return SourceFile(asked.path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return not_utf8(None, path=str(asked), line=line, byte=content[error.start])


class GitReader:
    """Reads the files that a design of a revision imports, from that revision."""

    def __init__(self, revision: str) -> None:
        """Read from ``revision``."""
        self._revision = revision

    def read(self, path: str) -> str:
        """Return the text at ``path``.

        Raises:
            OSError: It was not there, or git would not give it.
            UnicodeError: It is not UTF-8.
            ValueError: It is too large.
        """
        content = _show(self._revision, path)
        if len(content) > LIMIT_BYTES:
            raise ValueError(f"it is larger than {LIMIT_BYTES} bytes")
        return content.decode("utf-8-sig")

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in ``folder``, sorted; nothing where it cannot be read."""
        try:
            place = _object(self._revision, folder or ".")
            listed = _git("ls-tree", "--name-only", "-z", place)
        except OSError:
            return ()
        return tuple(sorted(name for name in listed.decode("utf-8", "replace").split("\0") if name))


def _todo(reason: str) -> str:
    """Return what to do about what git said, where it is not the name that is wrong."""
    if reason == NO_GIT:
        return "install git, or compare with a plan that was kept: `inferc diff plan.json FILE`"
    if reason.startswith("not a git repository"):
        return "go to a folder of the repository, or compare two files: `inferc diff A B`"
    if reason.startswith("invalid object name") and _is_shallow():
        return "this clone is shallow: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow"
    return ""


def _is_shallow() -> bool:
    try:
        return _git("rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitError:
        return False


def _show(revision: str, path: str) -> bytes:
    return _git("cat-file", "blob", _object(revision, path))


def _object(revision: str, path: str) -> str:
    """Return git's own name of a path from the working folder."""
    if revision.startswith("-"):
        raise GitError(0, f"`{revision}` is no revision")
    relative = os.path.relpath(path)
    here = "" if relative == os.curdir else relative.replace(os.sep, "/")
    return f"{revision}:./{here}"


def _git(*arguments: str) -> bytes:
    """Run git and return what it prints.

    Raises:
        GitError: There is no git, or it refuses.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and what a user names is no option
            ("git", *arguments),  # noqa: S607 - whichever git the user has
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C"},  # its words are told apart
        )
    except FileNotFoundError:
        raise GitError(0, NO_GIT) from None
    except subprocess.TimeoutExpired:
        raise GitError(0, f"git gave no answer within {TIMEOUT_S} s") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(0, words[0].removeprefix("fatal: ") if words else "git refuses")
    return done.stdout
