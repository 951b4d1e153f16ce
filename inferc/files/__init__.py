"""The only reader and writer of files.

Import the part that is needed, ``reader``, ``create`` or ``output``: a check need not load what
writes folders.
"""
