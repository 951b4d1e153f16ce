"""The only reader and writer of files."""

from inferc.files.manifest import Manifest, Section, digest, load_manifest
from inferc.files.output import NewFile, Outcome, Request, write
from inferc.files.reader import find_files, read_source

__all__ = [
    "Manifest",
    "NewFile",
    "Outcome",
    "Request",
    "Section",
    "digest",
    "find_files",
    "load_manifest",
    "read_source",
    "write",
]
