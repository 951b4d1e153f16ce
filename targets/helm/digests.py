"""The digest that Helm works out from values, so that a name can tell whether they are as planned.

The template of a Job cannot be changed. Its name therefore carries a digest of it: other values
that shape its pods must give another name, and the planned ones the planned name.
"""

import hashlib
import json

from inferc.targets.base import Data

LENGTH = 10
ESCAPED = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What Go's writer of JSON escapes beyond what JSON demands. Source: Go, ``encoding/json``,
``HTMLEscape``."""


def go_json(value: Data) -> str:
    """Return ``value`` as ``toJson`` of a template writes it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escaped in ESCAPED.items():
        text = text.replace(char, escaped)
    return text


def digest(value: Data) -> str:
    """Return what ``toJson | sha256sum | trunc 10`` gives for ``value``."""
    return hashlib.sha256(go_json(value).encode("utf-8", "replace")).hexdigest()[:LENGTH]
