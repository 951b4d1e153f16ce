"""The standard library: catalog facts with their sources, as ``.infer`` files."""

from inferc.stdlib.files import all_entries, names, read

__all__ = ["all_entries", "names", "read"]
