"""From emitted files to folders: ``<out>/<topology>/<target>/`` and the manifest beside them."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inferc import __version__
from inferc.files.manifest import Section, digest
from inferc.files.output import NewFile, Outcome, Request, write

if TYPE_CHECKING:
    from inferc.targets.base import Artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The files of one topology for one target; paths are relative to the target's folder."""

    topology: str
    target: str
    plan: str
    """The digest of the decisions."""
    artifacts: "tuple[Artifact, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What outputs were made from: texts by path, and by dotted path below ``std``."""

    inputs: Mapping[str, str]
    catalog: Mapping[str, str]


def write_outputs(
    outputs: Sequence[Output], sources: Sources, out: str, *, force: bool, dry: bool
) -> Outcome:
    """Write the files of all topologies below ``out``, or none of them."""
    digests, catalog = input_digests(sources.inputs), catalog_digest(sources.catalog)
    requests = [
        Request(
            folder=Path(out) / name,
            topology=name,
            sections={
                output.target: Section(
                    inferc=__version__,
                    plan=output.plan,
                    catalog=catalog,
                    inputs=digests,
                    files={
                        item.path: digest(item.content)
                        for item in output.artifacts
                        if not item.starter
                    },
                    programs=tuple(
                        sorted(
                            item.path
                            for item in output.artifacts
                            if item.executable and not item.starter
                        )
                    ),
                )
                for output in outputs
                if output.topology == name
            },
            files=tuple(
                NewFile(
                    path=f"{output.target}/{item.path}",
                    content=item.content,
                    executable=item.executable,
                    starter=item.starter,
                )
                for output in outputs
                if output.topology == name
                for item in output.artifacts
            ),
        )
        for name in dict.fromkeys(output.topology for output in outputs)
    ]
    return write(requests, force=force, dry_run=dry) if requests else Outcome()


def input_digests(inputs: Mapping[str, str]) -> Mapping[str, str]:
    """Return the digests of the texts that were read, by path from the folder of the first."""
    folder = posixpath.dirname(next(iter(inputs), ""))
    return {
        posixpath.relpath(path, folder or "."): digest(text.encode())
        for path, text in inputs.items()
    }


def catalog_digest(texts: Mapping[str, str]) -> str:
    """Return one digest of the catalog's entries that were read."""
    return digest("".join(f"{path}\0{texts[path]}\0" for path in sorted(texts)).encode())
