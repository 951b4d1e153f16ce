"""inferc: a design language and a topology compiler for AI inference serving."""

__version__ = "0.1.0"

__all__ = ["__version__"]
