"""Documents to templates of Go: marks stand for actions, and everything else stays as it is.

A mark is a word that occurs in no document. It goes through the YAML writer like any other text,
and its line is then rewritten. So the only actions of a template are those of this program:
``{{`` in a text of a user's is written such that it renders as itself.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from inferc.targets import to_yaml
from inferc.targets.base import Data

OPEN = re.compile(r"\{\{")
FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Form(Enum):
    """What becomes of the line that a mark stands in."""

    INLINE = "inline"
    """``{{ action }}`` in place of the mark."""
    BLOCK = "block"
    """The key, and below it the value as YAML."""
    WITH = "with"
    """The same, and no key where the value is empty."""
    LINES = "lines"
    """Lines of their own, indented like the mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place of a template: the form, and the expression or the lines."""

    form: Form
    text: str


@dataclass(slots=True)
class Marks:
    """The marks of one chart, by the words that stand for them."""

    word: str
    known: dict[str, Mark] = field(default_factory=dict[str, Mark])

    def add(self, form: Form, text: str) -> str:
        """Return the word that stands for a mark."""
        word = f"{self.word}x{len(self.known)}x"
        self.known[word] = Mark(form=form, text=text)
        return word

    def inline(self, action: str) -> str:
        """Return the word for ``{{ action }}``."""
        return self.add(Form.INLINE, action)

    def block(self, expression: str) -> str:
        """Return the word for a value that is written as YAML."""
        return self.add(Form.BLOCK, expression)

    def optional(self, expression: str) -> str:
        """Return the word for a value that is left out, key and all, where it is empty."""
        return self.add(Form.WITH, expression)

    def lines(self, text: str) -> dict[str, Data]:
        """Return an entry of a mapping that becomes ``text``."""
        word = self.add(Form.LINES, text)
        return {word: word}


def marks_for(documents: Sequence[Mapping[str, Data]]) -> Marks:
    """Return marks whose words occur nowhere in ``documents``."""
    everything = json.dumps(documents, ensure_ascii=False)
    word, number = "mark", 0
    while f"{word}x" in everything:
        number += 1
        word = f"mark{number}"
    return Marks(word)


def escape(text: str, *, ends: bool = True) -> str:
    """Return a text of a template that renders as ``text``; an action follows unless it ``ends``.

    A brace before an action would be taken for a part of it.
    """
    escaped = OPEN.sub('{{ "{{" }}', text)
    return escaped if ends or not escaped.endswith("{") else escaped[:-1] + '{{ "{" }}'


def member(holder: str, key: str) -> str:
    """Return the expression of an entry of a mapping."""
    return f"{holder}.{key}" if FIELD.fullmatch(key) else f"(index {holder} {quoted(key)})"


def quoted(text: str) -> str:
    """Return ``text`` as a string of Go."""
    return json.dumps(text)


def template(document: Mapping[str, Data], marks: Marks) -> str:
    """Return the template of a document with marks in it."""
    pattern = re.compile(rf"{marks.word}x\d+x")
    lines = to_yaml.dump(document).splitlines()
    return "".join(f"{made}\n" for line in lines for made in _rewritten(line, marks, pattern))


def _rewritten(line: str, marks: Marks, pattern: re.Pattern[str]) -> Iterator[str]:
    word = line.rpartition(" ")[2]
    mark = marks.known.get(word)
    if mark is None or mark.form is Form.INLINE:
        yield _inline(line, marks, pattern)
        return
    before = line.removesuffix(word).rstrip()
    indent = " " * (len(line) - len(line.lstrip(" -")))
    match mark.form:
        case Form.LINES:
            text = mark.text.replace(" @ ", f" {len(indent)} ")
            yield from (f"{indent}{one}" for one in text.splitlines())
        case Form.BLOCK:
            yield escape(before)
            yield f"{indent}  {{{{- toYaml {mark.text} | nindent {len(indent) + 2} }}}}"
        case _:
            yield f"{indent}{{{{- with {mark.text} }}}}"
            yield escape(before)
            yield f"{indent}  {{{{- toYaml . | nindent {len(indent) + 2} }}}}"
            yield f"{indent}{{{{- end }}}}"


def _inline(line: str, marks: Marks, pattern: re.Pattern[str]) -> str:
    made, position = "", 0
    for found in pattern.finditer(line):
        action = marks.known[found.group()].text
        made += f"{escape(line[position : found.start()], ends=False)}{{{{ {action} }}}}"
        position = found.end()
    return made + escape(line[position:])
