"""Random valid programs over the whole grammar of edition 1."""

from collections.abc import Callable
from random import Random

from hypothesis import strategies as st
from support.trees import comment_texts, same_tree, tree
from support.vocabulary import (
    ANY_WORDS,
    BLANKS,
    CLAUSES,
    COMMENT_TEXTS,
    FREE_WORDS,
    KINDS,
    LONG_STRINGS,
    METRICS,
    MONEY,
    NAMES,
    NUMBERS,
    QUANTITIES,
    STRINGS,
)

__all__ = ["comment_texts", "programs", "same_tree", "tree"]


class _Writer:
    """Writes one program: every choice, of content and of layout, is taken from ``random``."""

    def __init__(self, random: Random, size: int) -> None:
        self._random = random
        self._size = size
        self._newline = "\r\n" if self._chance(0.05) else "\n"
        self._comments = random.choice((0.0, 0.02, 0.1))
        self._decorated = False
        self._chunks: list[str] = []
        self._brackets = [False]
        """For each open bracket whether line ends are blanks in it."""

    # ---- layout --------------------------------------------------------------------------------

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _text(self) -> str:
        return self._random.choice(COMMENT_TEXTS)

    def _block_comment(self) -> str:
        lines = [self._text() for _ in range(1 + self._chance(0.1))]
        return f"/*{self._newline.join(lines)}*/"

    def _line_comment(self) -> str:
        return self._random.choice(("#", "//", "///", "////")) + self._text()

    def _line_end(self) -> str:
        """One line end, perhaps with a comment before it and blank or comment lines behind it."""
        parts: list[str] = []
        for _ in range(1 + self._random.choice((0, 0, 0, 1, 3))):
            if self._chance(self._comments):
                parts.append(self._random.choice(BLANKS) + self._line_comment())
            elif self._chance(self._comments):
                parts.append(self._random.choice(BLANKS) + self._block_comment())
            parts.append(self._newline)
        return "".join(parts) + " " * self._random.choice((0, 0, 2, 4, 7))

    def _gap(self) -> str:
        """Something between two tokens: at least one blank."""
        if self._chance(self._comments):
            return f" {self._block_comment()} "
        if self._brackets[-1] and self._chance(0.08):
            return self._line_end() + " "
        return self._random.choice(BLANKS)

    def _put(self, text: str, *, tight: bool = False) -> None:
        """Write a token; ``tight`` if it needs no blank before it."""
        if self._chunks and not (tight and self._chance(0.8)):
            self._chunks.append(self._gap())
        self._chunks.append(text)

    def _open(self, bracket: str, *, tight: bool = False) -> None:
        self._put(bracket, tight=tight)
        self._brackets.append(bracket != "{")

    def _close(self, bracket: str) -> None:
        self._put(bracket, tight=True)
        self._brackets.pop()

    def _separate(self, marks: str) -> None:
        """Write what ends an element where both line ends and ``marks`` do."""
        for _ in range(1 + self._chance(0.1)):
            if self._chance(0.6):
                self._chunks.append(self._line_end())
            else:
                self._put(self._random.choice(marks), tight=True)

    # ---- statements ----------------------------------------------------------------------------

    def program(self) -> str:
        """Return the text of a whole program."""
        if self._chance(0.3):
            self._chunks.append(self._line_end())
        if self._chance(0.7):
            self._put("infer")
            self._put("1")
            self._separate(";")
        for _ in range(self._random.choice((0, 0, 1, 3))):
            self._import()
            self._separate(";")
        self._statements(self._size, 0)
        if self._chance(0.7):
            self._separate(";")
        if self._chance(self._comments):
            self._chunks.append(self._gap() + self._line_comment())
        return "".join(self._chunks)

    def _statements(self, count: int, depth: int) -> None:
        for number in range(count):
            if number:
                self._separate(";")
            self._statement(depth)

    def _statement(self, depth: int) -> None:
        self._decorated = self._chance(0.2)
        if self._decorated:
            for _ in range(self._random.choice((1, 1, 2))):
                self._decorator()
        simple = (
            self._assign,
            self._assign,
            self._assign,
            self._constraint,
            self._soft_assign,
            self._toggle,
            self._assert,
            self._let,
            self._remove,
            self._param,
        )
        nested = (self._block, self._block, self._flow, self._for, self._if, self._model_from)
        if depth < 4 and self._chance(0.35):
            self._random.choice(nested)(depth)
        else:
            self._random.choice(simple)()

    def _decorator(self) -> None:
        self._put("@" + self._dotted())
        if self._chance(0.7):
            self._arguments(1)
        if self._chance(0.7):
            self._chunks.append(self._line_end())

    def _import(self) -> None:
        self._put("import")
        self._put(self._random.choice((self._dotted(), '"./slas.infer"', '"registry/x@^2.1"')))
        if self._chance(0.4):
            self._put("as")
            self._put(self._name())
        elif self._chance(0.5):
            self._open("{")
            if self._chance(0.3):
                self._chunks.append(self._line_end())
            for number in range(self._random.choice((1, 2, 5))):
                if number:
                    self._separate(",;")
                self._put(self._name())
            if self._chance(0.3):
                self._separate(",;")
            self._close("}")

    def _param(self) -> None:
        self._put("param")
        self._put(self._name())
        if self._chance(0.8):
            self._put(":", tight=True)
            self._type(0)
        if self._chance(0.6):
            self._put("=")
            self._expression(0)
        self._clauses()

    def _type(self, depth: int) -> None:
        for number in range(self._random.choice((1, 1, 2, 3))):
            if number:
                self._put("|")
            if depth < 2 and self._chance(0.2):
                self._open("[")
                self._type(depth + 1)
                self._close("]")
            else:
                self._put(self._random.choice((self._dotted(), '"us-east-1"', "4")))
        if self._chance(0.2):
            self._put("?", tight=True)

    def _let(self) -> None:
        self._put("let")
        self._put(self._name())
        self._put("=")
        self._expression(0)

    def _assert(self) -> None:
        self._put("assert")
        self._expression(1)
        self._clauses()

    def _remove(self) -> None:
        self._put("remove")
        self._percentile_path()

    def _assign(self) -> None:
        if not self._decorated and self._chance(0.1):
            self._put(self._random.choice(FREE_WORDS))
        else:
            self._path()
        self._put(self._random.choice(("=", "=", "=", "=", "+=", "-=")))
        self._expression(0)
        self._clauses()

    def _constraint(self) -> None:
        if self._chance(0.3):
            self._put(self._random.choice(("prefer", "forbid", "require")))
        self._percentile_path()
        if self._chance(0.3):
            if self._chance(0.3):
                self._put("not")
            self._put("in")
        else:
            self._put(self._random.choice(("<=", ">=", "==", "!=", "<", ">")))
        self._range(1)
        self._clauses()

    def _soft_assign(self) -> None:
        self._put(self._random.choice(("prefer", "forbid", "require")))
        self._percentile_path()
        self._put("=")
        self._range(1)
        self._clauses()

    def _toggle(self) -> None:
        self._put(self._random.choice(("prefer", "forbid", "require")))
        self._put("limit")  # `forbid p5 over …` would be the percentile of `over`
        self._steps()
        self._clauses()

    def _block(self, depth: int) -> None:
        self._put(self._random.choice(KINDS))
        for _ in range(self._random.choice((0, 1, 1, 2))):
            self._put(self._random.choice((self._name(), '"a label"', '"${t.id}"')))
        if self._chance(0.2):
            self._put("extends")
            self._put(self._dotted())
        self._body(depth)

    def _body(self, depth: int) -> None:
        self._open("{")
        if self._chance(0.5):
            self._chunks.append(self._line_end())
        count = self._random.choice((0, 1, 1, 2, 3, 5))
        self._statements(count, depth + 1)
        if count and self._chance(0.5):
            self._separate(";")
        self._close("}")

    def _flow(self, depth: int) -> None:
        self._path()
        for _ in range(self._random.choice((1, 1, 2))):
            self._put("->", tight=True)
            self._path(tight=True)
        if self._chance(0.5):
            self._body(depth)

    def _for(self, depth: int) -> None:
        self._put("for")
        self._put(self._name())
        self._put("in")
        self._operators(1, records=False)
        self._body(depth)

    def _if(self, depth: int) -> None:
        self._put("if")
        self._operators(1, records=False)
        self._body(depth)
        if self._chance(0.5):
            if self._chance(0.2):
                self._chunks.append(self._line_end())
            self._put("else")
            if self._chance(0.3):
                self._if(depth)
            else:
                self._body(depth)

    def _model_from(self, depth: int) -> None:
        self._put("model")
        self._put(self._name())
        self._put("from")
        self._put('"models/config.json"')
        if self._chance(0.4):
            self._body(depth)

    def _clauses(self) -> None:
        if self._chance(0.7):
            return
        for _ in range(self._random.choice((1, 1, 2, 3))):
            self._clause(self._random.choice(tuple(CLAUSES)))

    def _clause(self, keyword: str) -> None:
        wraps = keyword in ("because", "until", "confidence", "else")
        if wraps and not self._brackets[-1] and self._chance(0.2):
            self._chunks.append(self._line_end())
        self._put(keyword)
        match CLAUSES[keyword]:
            case "text":
                self._put(self._random.choice((*STRINGS, *LONG_STRINGS)))
            case "date":
                self._put("2026-12-31")
            case "name":
                self._put(self._random.choice(("low", "medium", "high")))
            case "path":
                self._put(self._dotted())
            case _:
                self._range(1)

    # ---- paths and expressions -----------------------------------------------------------------

    def _name(self) -> str:
        return self._random.choice(NAMES)

    def _dotted(self) -> str:
        return ".".join(self._name() for _ in range(self._random.choice((1, 1, 2, 3))))

    def _path(self, *, tight: bool = False) -> None:
        name = self._random.choice([name for name in NAMES if name != "p5"])
        self._put(name, tight=tight)  # `p5 …` at the start of a statement is a percentile
        self._steps()

    def _percentile_path(self) -> None:
        if self._chance(0.4):
            percentile = self._random.choice(("p50", "p95", "p99.9"))
            self._put(f"{percentile}{self._random.choice((' ', '   '))}{self._metric()}")
        else:
            self._path()

    def _metric(self) -> str:
        return self._random.choice(METRICS)

    def _steps(self) -> None:
        for _ in range(self._random.choice((0, 0, 1, 2))):
            if self._chance(0.15):
                self._open("[", tight=True)
                self._expression(2)
                self._close("]")
            self._put(".", tight=True)
            self._put(
                self._random.choice((self._name(), self._random.choice(ANY_WORDS))), tight=True
            )

    def _expression(self, depth: int) -> None:
        self._operators(depth)
        if self._chance(0.08):
            self._put("?")
            self._expression(depth + 1)
            self._put(":")
            self._expression(depth + 1)

    def _operators(self, depth: int, *, records: bool = True) -> None:
        """Write ``or``, ``and``, ``not`` and a comparison."""
        for number in range(self._random.choice((1, 1, 1, 1, 1, 2))):
            if number:
                self._put(self._random.choice(("or", "and")))
            if self._chance(0.06):
                self._put("not")
            self._range(depth, records=records)
            if self._chance(0.1):
                self._put(self._random.choice(("<=", "==", "in", "not in", ">", "!=")))
                self._range(depth, records=records)

    def _range(self, depth: int, *, records: bool = True) -> None:
        self._sum(depth, records=records)
        if self._chance(0.08):
            self._put("..", tight=True)
            self._sum(depth, records=records, tight=True)

    def _sum(self, depth: int, *, records: bool = True, tight: bool = False) -> None:
        for number in range(self._random.choice((1, 1, 1, 1, 2, 3))):
            if number:
                self._put(self._random.choice("+-*/"))
            if self._chance(0.06):
                self._put(self._random.choice("+-"), tight=tight)
                self._postfix(depth, records=records, tight=True)
            else:
                self._postfix(depth, records=records, tight=tight and not number)

    def _postfix(self, depth: int, *, records: bool, tight: bool = False) -> None:
        if depth > 4 or self._chance(0.5):
            self._put(self._literal(), tight=tight)
        elif self._chance(0.5):
            self._put(self._name(), tight=tight)
            self._steps()
            if self._chance(0.3):
                self._arguments(depth + 1)
                if self._chance(0.2):
                    self._put(".", tight=True)
                    self._put(self._name(), tight=True)
        else:
            self._bracket(depth + 1, records=records, tight=tight)

    def _literal(self) -> str:
        kinds = (NUMBERS, QUANTITIES, QUANTITIES, MONEY, ("2026-11-21",), STRINGS)
        if self._chance(0.03):
            return self._random.choice(LONG_STRINGS)
        return self._random.choice(self._random.choice(kinds))

    def _bracket(self, depth: int, *, records: bool, tight: bool) -> None:
        kind = self._random.choice(("list", "list", "paren", "loop", "record"))
        if kind == "record" and records:
            self._record(depth, tight=tight)
        elif kind == "paren":
            self._open("(", tight=tight)
            self._expression(depth)
            self._close(")")
        elif kind == "loop":
            self._comprehension(depth, tight=tight)
        else:
            self._open("[", tight=tight)
            self._items(depth, lambda: self._expression(depth))
            self._close("]")

    def _comprehension(self, depth: int, *, tight: bool) -> None:
        self._open("[", tight=tight)
        self._put("for", tight=True)
        self._put(self._name())
        self._put("in")
        self._operators(depth)
        if self._chance(0.4):
            self._put("if")
            self._operators(depth)
        self._put(":", tight=True)
        self._expression(depth)
        self._close("]")

    def _items(self, depth: int, write: Callable[[], None]) -> None:
        count = self._random.choice((0, 1, 2, 3, 6)) if depth < 4 else 1
        for number in range(count):
            if number:
                self._put(",", tight=True)
            write()
        if count and self._chance(0.2):
            self._put(",", tight=True)

    def _arguments(self, depth: int) -> None:
        self._open("(", tight=True)
        self._items(depth, lambda: self._argument(depth))
        self._close(")")

    def _argument(self, depth: int) -> None:
        if self._chance(0.4):
            self._put(self._random.choice(("p95 =", "p99.9=", "mean =", "peak=")))
        self._expression(depth)

    def _record(self, depth: int, *, tight: bool) -> None:
        self._open("{", tight=tight)
        if self._chance(0.3):
            self._chunks.append(self._line_end())
        count = self._random.choice((0, 1, 2, 4))
        for number in range(count):
            if number:
                self._separate(",;")
            self._put(self._random.choice(("p95 =", f"{self._name()} =", '"b-c" =', "mean=")))
            self._expression(depth)
        if count and self._chance(0.3):
            self._separate(",;")
        self._close("}")


def programs(max_statements: int = 8) -> st.SearchStrategy[str]:
    """Return a strategy of valid programs: any content of the grammar in any legal layout."""
    return st.builds(
        lambda seed, size: _Writer(Random(seed), size).program(),
        st.integers(0, 2**48),
        st.integers(0, max_statements),
    )
