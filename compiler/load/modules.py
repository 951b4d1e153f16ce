"""What loading yields: the modules of a design, and what their imports name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from inferc.compiler.load.library import Library
from inferc.dsl import Diagnostic, SourceFile, Span
from inferc.dsl.syntax import Module


class Reader(Protocol):
    """Where the texts of imported files come from; the compiler itself touches no file."""

    def read(self, path: str) -> str:
        """Return the text at ``path``.

        Raises:
            FileNotFoundError: Nothing is there.
            OSError: It cannot be read.
            UnicodeError: It is not UTF-8.
        """
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in ``folder``, sorted; nothing where it cannot be read.

        They serve suggestions, and hold the spelling of a name where the file system ignores case.
        An empty ``folder`` is the one that relative paths start from.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A name that an import brings into a file.

    ``library`` or ``module`` says where it leads: a dotted path below ``std``, or the key of
    another file, from which ``member`` is the one name taken, if any. Where both are empty the
    import has an error, which is reported, and the name means nothing.
    """

    name: str
    span: Span
    library: str = ""
    module: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModule:
    """A file with its imports looked up."""

    key: str
    """The path it was read from; that of the entry is the path it is shown under."""
    module: Module
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files of a model's repository that say what it is; those beside the first may lack."""

    config: SourceFile
    quantization: SourceFile | None
    index: SourceFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A closed set of files: everything that the entry needs is here or in the library."""

    entry: LoadedModule
    modules: Mapping[str, LoadedModule]
    """Every file by its key, the entry included."""
    library: Library
    diagnostics: tuple[Diagnostic, ...]
    models: Mapping[str, ModelFiles] = field(default_factory=dict[str, ModelFiles])
    """What `model NAME from "…"` statements lead to, by :func:`model_key` of each."""
