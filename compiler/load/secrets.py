"""Tokens and keys that stand in a file, which is no place for them."""

import re
from collections.abc import Iterator
from typing import Final

from inferc.compiler.load import diagnostics as report
from inferc.dsl import Diagnostic, SourceFile, Span

FORMS: Final[tuple[tuple[str, str], ...]] = (
    ("a token of Hugging Face", r"hf_[A-Za-z0-9]{30,}"),
    ("an access key of AWS", r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    ("a key of OpenAI or Anthropic", r"sk-(?=[\w-]*[0-9])[\w-]{20,}"),
    ("a token of GitHub", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})"),
    ("a token of GitLab", r"glpat-[\w-]{20,}"),
    ("a key of NVIDIA", r"nvapi-[\w-]{40,}"),
    ("a token of Slack", r"xox[abeoprs]-[0-9A-Za-z-]{20,}"),
    ("a key of Google", r"AIza[\w-]{35}"),
    ("a private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"),
)
"""How the providers write what they hand out; each says itself in its first characters."""

SHOWN: Final = 5
"""Characters that are shown of what is found, to know it again."""

_ANY: Final = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"({pattern})" for _, pattern in FORMS) + ")", re.ASCII
)
_SIGNS: Final = re.compile(
    r"hf_|AKIA|ASIA|sk-|gh[pousr]_|github_pat_|glpat-|nvapi-|xox|AIza|-----B"
)
"""What every one of them begins with: most files have none, and are read once."""


def secrets_in(source: SourceFile) -> Iterator[Diagnostic]:
    """Yield what looks like a secret anywhere in a file, without repeating it."""
    if _SIGNS.search(source.text) is None:
        return
    found = list(_ANY.finditer(source.text))
    if not found:
        return
    masked = SourceFile(source.path, _ANY.sub(_mask, source.text))
    for match in found:
        what, _ = FORMS[(match.lastindex or 1) - 1]
        yield report.secret_in_file(Span(masked, match.start(), match.end()), what=what)


def _mask(match: re.Match[str]) -> str:
    text = match.group()
    return text[:SHOWN] + "*" * (len(text) - SHOWN)
