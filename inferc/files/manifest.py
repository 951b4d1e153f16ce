"""``inferc.manifest.json``: what inferc wrote into a folder, and from what.

It tells an edited file from one that may be replaced, and a file of an earlier compile from one of
the user's own. It has no time and no absolute path in it: the same input makes the same bytes.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, field_serializer

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
        raise ValueError("of another major version")
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

    @field_serializer("inputs", "files")
    def _in_order(self, paths: Mapping[str, str]) -> dict[str, str]:
        return dict(sorted(paths.items()))


class Manifest(_Part):
    """What stands in the folder of one topology."""

    format_version: Annotated[str, AfterValidator(_same_major)] = FORMAT_VERSION
    topology: str
    targets: Mapping[str, Section]

    @field_serializer("targets")
    def _in_order(self, sections: Mapping[str, Section]) -> dict[str, Section]:
        return dict(sorted(sections.items()))

    def render(self) -> bytes:
        """Return the file."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def digest(content: bytes) -> str:
    """Return the digest of ``content`` in the form ``sha256:…``."""
    return f"sha256:{sha256(content).hexdigest()}"


def load_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in ``folder``, or None where there is none that can be understood."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError):
        return None
