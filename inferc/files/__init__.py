"""The only reader and writer of files."""

from inferc.files.create import create_file, replace_file
from inferc.files.manifest import Manifest, Section, digest, load_manifest
from inferc.files.output import NewFile, Outcome, Request, write
from inferc.files.reader import STDIN, DiskReader, find_files, read_source

__all__ = [
    "STDIN",
    "DiskReader",
    "Manifest",
    "NewFile",
    "Outcome",
    "Request",
    "Section",
    "create_file",
    "digest",
    "find_files",
    "load_manifest",
    "read_source",
    "replace_file",
    "write",
]
