"""What one run of resolution carries along: diagnostics, scopes of files, limits."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from inferc.compiler.load import Loaded
from inferc.compiler.resolve import diagnostics as report
from inferc.compiler.resolve.blocks import FieldValue
from inferc.compiler.resolve.nodes import Entry, Inner, Layer, Node, Poison, Scope
from inferc.compiler.schema import Types
from inferc.dsl import Diagnostic, Label, Span
from inferc.dsl.syntax import Assert, Expression

MAX_DEPTH = 100
"""How deep expressions may lie inside each other, followed through names."""
MAX_STEPS = 200_000
"""How many expressions one file may evaluate."""
MAX_ITEMS = 10_000
"""How many rounds all loops together may take, and how many items a list may have."""

Evaluate: TypeAlias = Callable[["Context", Expression, Scope, Types], Inner]
Ensure: TypeAlias = Callable[["Context", Node], None]
ReadField: TypeAlias = Callable[["Context", Node, str], FieldValue | Poison | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps that need each other; each lives in its own module."""

    evaluate: Evaluate
    ensure: Ensure
    read_field: ReadField


class Context:
    """The state of one call of ``resolve``."""

    def __init__(
        self, loaded: Loaded, steps: Steps, params: Mapping[str, str], env: str | None
    ) -> None:
        self.loaded = loaded
        self.params = params
        self.env = env
        self.steps = steps
        self.diagnostics: list[Diagnostic] = []
        self.scopes: dict[str, Scope] = {}
        """The names at the top of each file, by its key."""
        self.entries: dict[str, Node] = {}
        """Catalog entries by dotted path below ``std``."""
        self.facts: dict[str, Node] = {}
        """Facts that the result must hold: catalog entries and the user's own, by path."""
        self.targets: dict[str, Node] = {}
        """Blocks of the topology that references led to, by path."""
        self.overlays: list[Layer] = []
        """The ``env`` blocks at the top of the file."""
        self.read: list[Entry] = []
        """Fields whose values were worked out."""
        self.place: Span | None = None
        """Where that field is named."""
        self.field = ""
        """The field whose value is worked out, for messages."""
        self.fitting: set[int] = set()
        """Lines of overlays that fit a topology, by identity."""
        self.elsewhere: dict[int, Diagnostic] = {}
        """What is wrong with those that fitted none so far; the file may have several."""
        self.asserts: list[tuple[Assert, Scope]] = []
        self.active: dict[int, Span] = {}
        """Names and fields that are being evaluated, by identity."""
        self.circular: set[int] = set()
        """Those of them that were found to need themselves; they are silent from then on."""
        self._missed: set[tuple[str, str]] = set()
        self._said: set[tuple[str, str, str]] = set()
        self._quiet = 0
        self._spent = False
        """Whether the file asks for too much: what is said after that is not to be trusted."""
        self._values: dict[int, tuple[object, Inner]] = {}
        self._depth = 0
        self._steps = 0
        self._items = 0

    # ---- diagnostics ---------------------------------------------------------------------------

    def report(self, item: Diagnostic) -> None:
        """Keep ``item``, unless it was said of the same place before."""
        if self._quiet or self._spent:
            return
        span = item.span
        key = (item.code, str(span), item.message)
        if key not in self._said:
            self._said.add(key)
            self.diagnostics.append(item)

    def first_miss(self, path: str, name: str) -> bool:
        """Return whether this is the first time that ``name`` is missed in the file ``path``."""
        if self._quiet:
            return False
        known = len(self._missed)
        self._missed.add((path, name))
        return len(self._missed) > known

    def quietly(self, expression: Expression, scope: Scope) -> Inner:
        """Return the value of ``expression`` without reporting what is wrong with it."""
        self._quiet += 1
        try:
            return self.steps.evaluate(self, expression, scope, ())
        finally:
            self._quiet -= 1

    def begin(self, thing: object, span: Span, what: str, place: Span) -> bool:
        """Note that ``thing`` is being evaluated; report and return False if it already is.

        ``place`` is where it is defined, ``span`` where it is needed.
        """
        key = id(thing)
        if key in self.active:
            members = list(self.active)[list(self.active).index(key) :]
            if not self.circular.intersection(members):
                chain = [Label(self.active[item], "needed here") for item in members[1:4]]
                chain.append(Label(span, "and again here"))
                self.report(report.circular(place, what=what, chain=chain))
            self.circular.update(members)
            return False
        self.active[key] = span
        return True

    def end(self, thing: object) -> None:
        """Note that ``thing`` is evaluated."""
        del self.active[id(thing)]

    # ---- limits --------------------------------------------------------------------------------

    def enter(self, span: Span) -> bool:
        """Count one more expression; return whether it may be evaluated."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            limit = f"{MAX_STEPS} expressions"
            self.report(report.too_much(span, what="computing this file", limit=limit))
            self._spent = True
            return False
        if self._depth >= MAX_DEPTH:
            self.report(
                report.too_much(
                    span,
                    what="an expression that needs so many others",
                    limit=f"{MAX_DEPTH} expressions inside each other",
                )
            )
            return False
        self._depth += 1
        return True

    def leave(self) -> None:
        """Leave the expression that was entered last."""
        self._depth -= 1

    def rounds(self, count: int, span: Span) -> bool:
        """Count rounds of a loop; return whether there may be so many."""
        self._items += count
        if self._items <= MAX_ITEMS:
            return True
        self.report(report.too_much(span, what="this loop", limit=f"{MAX_ITEMS} rounds in all"))
        return False

    # ---- shorthands ----------------------------------------------------------------------------

    def evaluate(self, expression: Expression, scope: Scope, expected: Types = ()) -> Inner:
        """Return the value of ``expression``, or the poison after saying what is wrong."""
        return self.steps.evaluate(self, expression, scope, expected)

    def kept(self, name: object) -> Inner | None:
        """Return the value of a name, if it was worked out before."""
        found = self._values.get(id(name))
        return None if found is None else found[1]

    def keep(self, name: object, value: Inner) -> None:
        """Keep the value of a name for the next time, unless nobody was told what is wrong."""
        if not self._quiet:
            self._values[id(name)] = (name, value)

    def forget(self) -> None:
        """Forget the values of names: fields that they were made of have changed."""
        self._values.clear()
        for entry in self.read:
            entry.value = None
        self.read.clear()

    @contextmanager
    def working_on(self, field: str, place: Span) -> Generator[None, None, None]:
        """Let messages name the field ``field``, which is written at ``place``."""
        outer = self.field, self.place
        self.field, self.place = field, place
        yield
        self.field, self.place = outer

    def ensure(self, node: Node) -> None:
        """Build ``node`` unless that was done."""
        self.steps.ensure(self, node)

    def read_field(self, node: Node, name: str) -> FieldValue | Poison | None:
        """Return the value of a field; None where it is absent."""
        return self.steps.read_field(self, node, name)
