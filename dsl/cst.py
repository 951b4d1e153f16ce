"""The parse tree between the grammar and the syntax tree: rules and tokens, nothing understood."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from inferc.dsl.syntax import AnyStatement, Expression, Node


class Leaf(Protocol):
    """A token: its text is ``str(leaf)``."""

    type: str
    start_pos: int | None
    end_pos: int | None


class Branch:
    """One use of a grammar rule.

    ``start`` and ``end`` are offsets in the source file, ``depth`` counts what nests inside. They,
    and what the rule means (``expression``, ``statement`` or ``part``), are filled in from the
    leaves upwards.
    """

    __slots__ = ("children", "depth", "end", "expression", "part", "rule", "start", "statement")

    def __init__(self, rule: str, children: list["Branch | Leaf"]) -> None:
        """Take what the parser hands over when it has seen the whole rule."""
        self.rule = rule
        self.children = children
        self.start = 0
        self.end = 0
        self.depth = 0
        self.expression: Expression | None = None
        self.statement: AnyStatement | None = None
        self.part: Node | None = None

    def branches(self) -> Iterator["Branch"]:
        """Return the children that are rules."""
        return (child for child in self.children if isinstance(child, Branch))

    def leaves(self, *types: str) -> Iterator[Leaf]:
        """Return the children that are tokens of one of ``types``, or all tokens without any."""
        for child in self.children:
            if not isinstance(child, Branch) and (not types or child.type in types):
                yield child


Child: TypeAlias = Branch | Leaf


def leaf_start(leaf: Leaf) -> int:
    """Return the offset in the parsed text at which ``leaf`` starts."""
    return leaf.start_pos or 0


def leaf_end(leaf: Leaf) -> int:
    """Return the offset in the parsed text behind ``leaf``."""
    return leaf.end_pos or 0


def from_the_leaves_up(root: Branch) -> Iterator[Branch]:
    """Return every branch below ``root`` after its children, in the order of the text.

    The tree of a sum of a thousand terms is a thousand branches deep: no recursion here.
    """
    order: list[Branch] = []
    pending = [root]
    while pending:
        branch = pending.pop()
        order.append(branch)
        pending.extend(branch.branches())
    return reversed(order)
