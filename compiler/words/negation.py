"""What a "no" in a clause reaches: ``no NVLink between nodes``, ``quantization is not allowed``."""

import re

_NOT_A_NO = re.compile(
    r"\bno (?:more|less|fewer|later|longer|higher|lower|greater|worse) than\b|\bnot (?:only"
    r"|just|exceed\w*|more than"
    r"|less than|yet)\b|\bmust not exceed\b|\bno limits?\b(?! on)"
)
_NO = re.compile(
    r"(?<![a-z0-9])(?:no|not|non|without|never|avoid(?:s|ed|ing)?|excluding|except(?: for)?"
    r"|neither|nor|cannot|"
    r"\w+n't|lack(?:s|ing)?|instead of|rather than|isn't|free of|forbid(?:s|den)?"
    r"|exclude[sd]?|disable[sd]?|disallow(?:ed|s)?)"
    r"(?![a-z0-9])"
)
_BORDER = re.compile(r"(?<![a-z])(?:and|only|except|just)(?![a-z])")
_GONE = (
    r"(?:unavailable|absent|disabled|forbidden|prohibited|disallowed|excluded|irrelevant"
    r"|unimportant"
    r"|unwanted|impossible)"
)
_AFTER = re.compile(
    r"[\s)]*(?:(?:is|are|was|were|will be|would be|should be|must be|can be|may be)[ ]+"
    rf"(?:not|never|off|{_GONE})|[:=]?[ ]*{_GONE}|[:=][ ]*(?:no|none|off)"
    r"|not[ ](?:available|allowed|needed|required|permitted|wanted|important|used|possible"
    r"|supported|there)"
    r"|(?:isn't|aren't|can't|cannot|won't|mustn't|doesn't matter|does not matter|must not"
    r"|should not)"
    r"(?:[ ](?:available|allowed|needed|required|important|be used|used|matter))?)(?![a-z])"
)


def denied(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return from where to where a clause denies what stands from ``start`` to ``end``, or None."""
    plain = _NOT_A_NO.sub(lambda match: "_" * len(match.group()), text)
    behind = _AFTER.match(plain, end)
    if behind:
        return start, behind.end()
    before = [match for match in _NO.finditer(plain, 0, start + 1) if match.end() <= start + 1]
    if not before or _BORDER.search(plain, before[-1].end(), start):
        return None
    return before[-1].start(), end
