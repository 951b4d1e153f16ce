"""The imports of a file: text to a closed set of modules."""

from inferc.compiler.load.build import library_bindings, load, model_key, names_of
from inferc.compiler.load.library import CATALOG, Library
from inferc.compiler.load.modules import Binding, Loaded, LoadedModule, ModelFiles, Reader

__all__ = [
    "CATALOG",
    "Binding",
    "Library",
    "Loaded",
    "LoadedModule",
    "ModelFiles",
    "Reader",
    "library_bindings",
    "load",
    "model_key",
    "names_of",
]
