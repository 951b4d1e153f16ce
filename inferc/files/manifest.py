"""``inferc.manifest.json``: what inferc wrote into a folder, and from what.

It tells an edited file from one that may be replaced, and a file of an earlier compile from one of
the user's own. It has no time and no absolute path in it: the same input makes the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final, cast

from inferc.versions import FORMAT_VERSION

NAME: Final = "inferc.manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one compile wrote for one target. All paths have forward slashes."""

    inferc: str
    """The version of the compiler."""
    plan: str
    """The digest of the decisions."""
    inputs: Mapping[str, str]
    """Digests of the files that were read, by their path from the folder of the main one."""
    files: Mapping[str, str]
    """Digests of the files that were written, by their path inside the target's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands in the folder of one topology."""

    topology: str
    targets: Mapping[str, Section]

    def render(self) -> bytes:
        """Return the file."""
        content = {
            "format_version": FORMAT_VERSION,
            "topology": self.topology,
            "targets": {
                name: {
                    "inferc": section.inferc,
                    "plan": section.plan,
                    "inputs": dict(sorted(section.inputs.items())),
                    "files": dict(sorted(section.files.items())),
                }
                for name, section in sorted(self.targets.items())
            },
        }
        return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def digest(content: bytes) -> str:
    """Return the digest of ``content`` in the form ``sha256:…``."""
    return f"sha256:{sha256(content).hexdigest()}"


def load_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in ``folder``, or None where there is none that can be understood."""
    try:
        content: object = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return _manifest(content)


def is_inside(path: str) -> bool:
    """Return whether the relative ``path`` stays below the folder it starts from."""
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and "\0" not in path


def _manifest(content: object) -> Manifest | None:
    top = _mapping(content)
    version, topology = top.get("format_version"), top.get("topology")
    if not isinstance(version, str) or not isinstance(topology, str):
        return None
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        return None
    sections = {name: _section(section) for name, section in _mapping(top.get("targets")).items()}
    known = {name: section for name, section in sections.items() if section is not None}
    if len(known) != len(sections):
        return None
    return Manifest(topology=topology, targets=known)


def _section(content: object) -> Section | None:
    part = _mapping(content)
    inferc, plan = part.get("inferc"), part.get("plan")
    inputs, files = _digests(part.get("inputs")), _digests(part.get("files"))
    if not isinstance(inferc, str) or not isinstance(plan, str) or inputs is None or files is None:
        return None
    if not all(is_inside(path) for path in files):
        return None
    return Section(inferc=inferc, plan=plan, inputs=inputs, files=files)


def _digests(content: object) -> Mapping[str, str] | None:
    if not isinstance(content, dict):
        return None
    items = _mapping(cast("object", content))
    found = {key: value for key, value in items.items() if isinstance(value, str)}
    return found if len(found) == len(items) else None


def _mapping(content: object) -> Mapping[str, object]:
    """Return a JSON object; an empty one where ``content`` is none."""
    return cast("Mapping[str, object]", content) if isinstance(content, dict) else {}
