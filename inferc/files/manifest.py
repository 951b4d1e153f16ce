"""``inferc.manifest.json``: what inferc wrote into a folder, and from what.

It tells an edited file from one that may be replaced, and a file of an earlier compile from one of
the user's own. It has no time and no absolute path in it: the same input makes the same bytes.
"""

import os
from collections.abc import Mapping
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, field_serializer

from inferc.dsl.diagnostics import Diagnostic
from inferc.files.diagnostics import manifest_not_readable
from inferc.files.reader import reason
from inferc.versions import FORMAT_VERSION

NAME: Final = "inferc.manifest.json"


def is_inside(path: str) -> bool:
    """Return whether the relative ``path`` stays below the folder it starts from."""
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and "\0" not in path


def _inside(path: str) -> str:
    if not is_inside(path):
        raise ValueError("leaves the folder")
    return path


def _same_major(version: str) -> str:
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise ValueError(f"it is of format {version}, and this release reads {FORMAT_VERSION}")
    return version


class _Part(BaseModel):
    """Fields that an older or newer minor version does not know are passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Section(_Part):
    """What one compile wrote for one target. All paths have forward slashes."""

    inferc: str
    """The version of the compiler."""
    plan: str
    """The digest of the decisions."""
    catalog: str = ""
    """The digest of the catalog's entries that were read; an older compiler did not say."""
    inputs: Mapping[str, str]
    """Digests of the files that were read, by their path from the folder of the main one."""
    files: Mapping[Annotated[str, AfterValidator(_inside)], str]
    """Digests of the files that were written, by their path inside the target's folder."""
    programs: tuple[str, ...] = ()
    """Those of the files that are executable; an older compiler did not say."""

    @field_serializer("inputs", "files")
    def _in_order(self, paths: Mapping[str, str]) -> dict[str, str]:
        return dict(sorted(paths.items()))


class Manifest(_Part):
    """What stands in the folder of one topology."""

    format_version: Annotated[str, AfterValidator(_same_major)] = FORMAT_VERSION
    topology: str
    targets: Mapping[str, Section]
    before: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None
    """While files are replaced: by target, the digests of those that stood there. Where a compile
    was killed meanwhile this is still here, and each file is the old one or the new one."""
    digest: str = ""
    """Of all the rest of this file; an older compiler did not say."""

    @field_serializer("targets")
    def _in_order(self, sections: Mapping[str, Section]) -> dict[str, Section]:
        return dict(sorted(sections.items()))

    def render(self) -> bytes:
        """Return the file."""
        sealed = self.model_copy(update={"digest": self._sum()})
        return (sealed.model_dump_json(indent=2, exclude_none=True) + "\n").encode()

    @property
    def intact(self) -> bool:
        """Whether it is as it was written."""
        return self.digest in {"", self._sum()}

    def _sum(self) -> str:
        return digest(self.model_dump_json(exclude={"digest"}, exclude_none=True).encode())


def digest(content: bytes) -> str:
    """Return the digest of ``content`` in the form ``sha256:…``."""
    return f"sha256:{sha256(content).hexdigest()}"


def digest_of(path: Path) -> str:
    """Return the digest of the file at ``path``, which may be larger than memory."""
    with path.open("rb") as file:
        return f"sha256:{file_digest(file, 'sha256').hexdigest()}"


def load_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in ``folder``, or None where there is none that can be understood."""
    found = read_manifest(folder)
    return found if isinstance(found, Manifest) else None


def read_manifest(folder: Path) -> Manifest | Diagnostic | None:
    """Return the manifest in ``folder``, None where there is none, or why it cannot be read."""
    path = folder / NAME
    if not os.path.lexists(path):
        return None
    if not path.is_file():  # reading a pipe would wait for ever
        return manifest_not_readable(path=path.as_posix(), reason="it is not a file")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        return manifest_not_readable(path=path.as_posix(), reason=reason(error))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        words = first["msg"].removeprefix("Value error, ")
        return manifest_not_readable(
            path=path.as_posix(), reason=f"{place}: {words}" if place else words
        )
