"""Names and labels that the API server accepts, made from any text.

A text that is a valid name once ``_`` is ``-`` keeps its spelling. Every other text loses what is
not allowed and gains a digest of itself, so that two texts never get one name.
"""

import hashlib
import re

LABEL_LIMIT = 63
"""Of a DNS label and of a label's value. Source: RFC 1123, and Kubernetes' object names."""

DIGEST_CHARS = 8

DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1035: the strictest of the rules for names, that of a Service."""


def is_dns_label(text: str) -> bool:
    """Return whether ``text`` can name any kind of object."""
    return len(text) <= LABEL_LIMIT and DNS_LABEL.fullmatch(text) is not None


def digest(text: str, length: int = DIGEST_CHARS) -> str:
    """Return the first ``length`` hexadecimal digits of a digest of ``text``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def dns_label(text: str, *suffixes: str, limit: int = LABEL_LIMIT) -> str:
    """Return a name for ``text``, ending in ``suffixes``, of at most ``limit`` characters."""
    tail = "".join(f"-{suffix}" for suffix in suffixes)
    plain = text.replace("_", "-")
    if is_dns_label(plain) and is_dns_label(plain + tail) and len(plain + tail) <= limit:
        return plain + tail
    kept = re.sub(r"[^a-z0-9-]+", "-", plain.lower()).strip("-")
    if not kept or not kept[0].isalpha():
        kept = f"x-{kept}".rstrip("-")
    tail = f"-{digest(text)}{tail}"
    return kept[: limit - len(tail)].rstrip("-") + tail
