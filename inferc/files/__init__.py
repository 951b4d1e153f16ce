"""The only reader and writer of files."""

from inferc.files.manifest import Manifest, Section, digest, load_manifest
from inferc.files.output import NewFile, Outcome, Request, write
from inferc.files.reader import DiskReader, find_files, read_source

__all__ = [
    "DiskReader",
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
