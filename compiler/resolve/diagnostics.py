"""What may be wrong with blocks and names. The values in fields have ``diagnostics_values``."""

from collections.abc import Sequence

from inferc.compiler.resolve.wording import (
    article,
    close_to,
    did_you_mean,
    listing,
    quoted,
    replace_by_first,
)
from inferc.dsl import Diagnostic, Edit, Fix, Label, Span

RENAME = "give one of them another name"


def unknown_name(span: Span, *, name: str, known: Sequence[str], only: bool = False) -> Diagnostic:
    """INF101: a bare word that names nothing; with ``only``, the known name is the one meant."""
    close = tuple(known) if only else close_to(name, known)
    rest = "define it, or put a text in quotes"
    return Diagnostic(
        code="INF101",
        slug="unknown-name",
        message=f"nothing here is called `{name}`",
        span=span,
        help=did_you_mean(close, rest),
        fixes=replace_by_first(span, close),
    )


def catalog_not_imported(span: Span, *, name: str, place: Span) -> Diagnostic:
    """INF101: the usual name of the catalog in a file that does not import it."""
    line = f"import std.catalog as {name}"
    return Diagnostic(
        code="INF101",
        slug="unknown-name",
        message=f"nothing here is called `{name}`",
        span=span,
        help=f"write `{line}` at the top of the file",
        fixes=(Fix(title=f"add `{line}`", edits=(Edit(place, f"{line}\n"),)),),
    )


def unknown_member(span: Span, *, name: str, owner: str, known: Sequence[str]) -> Diagnostic:
    """INF101: a name behind a dot that the thing in front of it does not have."""
    close = close_to(name, known)
    return Diagnostic(
        code="INF101",
        slug="unknown-name",
        message=f"{owner} has no `{name}`",
        span=span,
        notes=listing("it has", known, close),
        help=did_you_mean(close, "correct the name, or define it there"),
        fixes=replace_by_first(span, close),
    )


def unknown_kind(span: Span, *, kind: str, owner: str, known: Sequence[str]) -> Diagnostic:
    """INF102: no kind of block is called so."""
    close = close_to(kind, known)
    return Diagnostic(
        code="INF102",
        slug="unknown-kind",
        message=f"there is no kind of block `{kind}`",
        span=span,
        notes=listing(f"{owner} may hold", known, close),
        help=did_you_mean(close, "use one of those kinds"),
        fixes=replace_by_first(span, close),
    )


def misplaced_block(span: Span, *, kind: str, owner: str, places: Sequence[str]) -> Diagnostic:
    """INF103: the kind exists and does not belong here."""
    where = quoted(places, " or ") if places else ""
    return Diagnostic(
        code="INF103",
        slug="misplaced-block",
        message=f"{owner} cannot hold {article(kind)} block",
        span=span,
        help=f"move it into {where}" if where else "remove it",
    )


def unknown_field(
    span: Span, *, name: str, owner: str, known: Sequence[str], note: str = ""
) -> Diagnostic:
    """INF104: the block has no such field."""
    close = close_to(name, known)
    return Diagnostic(
        code="INF104",
        slug="unknown-field",
        message=f"{owner} has no field `{name}`",
        span=span,
        notes=(note,) if note else listing("it has", known, close),
        help=did_you_mean(close, "remove the line, or use one of those fields"),
        fixes=replace_by_first(span, close),
    )


def duplicate_name(span: Span, *, name: str, first: Span | None, step: str = RENAME) -> Diagnostic:
    """INF105: a name is defined twice in one place."""
    return Diagnostic(
        code="INF105",
        slug="duplicate-name",
        message=f"`{name}` is already defined",
        span=span,
        label="defined again",
        labels=(Label(first, "first defined here"),) if first else (),
        help=step,
    )


def duplicate_field(span: Span, *, name: str, owner: str, first: Span) -> Diagnostic:
    """INF106: a field, a part or an SLA line stands twice in one block."""
    return Diagnostic(
        code="INF106",
        slug="duplicate-field",
        message=f"`{name}` is stated twice in {owner}",
        span=span,
        label="stated again",
        labels=(Label(first, "first stated here"),),
        help="keep one of the two",
    )


def missing(
    span: Span, *, owner: str, names: Sequence[str], docs: Sequence[str], lines: Sequence[str]
) -> Diagnostic:
    """INF107: fields and parts without which the block means nothing."""
    *rest, last = names
    listed = f"{quoted(rest)} and `{last}`" if rest else f"`{last}`"
    return Diagnostic(
        code="INF107",
        slug="missing-field",
        message=f"{owner} lacks {listed}",
        span=span,
        notes=tuple(f"`{name}`: {doc}" for name, doc in zip(names, docs, strict=True)),
        help=f"add {quoted(lines, ' and ')}",
    )


def wrong_label(span: Span, *, kind: str, expected: str, example: str) -> Diagnostic:
    """INF115: a block has too many names, none, or one of the wrong sort."""
    return Diagnostic(
        code="INF115",
        slug="wrong-label",
        message=f"{article(kind)} block {expected}",
        span=span,
        help=f"write `{example}`",
    )


def circular(span: Span, *, what: str, chain: Sequence[Label]) -> Diagnostic:
    """INF120: a value, or a parent, that needs itself."""
    return Diagnostic(
        code="INF120",
        slug="circular-definition",
        message=f"{what} is defined by itself",
        span=span,
        labels=tuple(chain),
        help="break the circle: give one of them a value of its own",
    )


def unknown_metric(span: Span, *, name: str, known: Sequence[str]) -> Diagnostic:
    """INF124: an SLA line about something that is not measured."""
    close = close_to(name, known)
    return Diagnostic(
        code="INF124",
        slug="unknown-metric",
        message=f"there is no metric `{name}`",
        span=span,
        notes=listing("the metrics are", known, close),
        help=did_you_mean(close, "use one of those"),
        fixes=replace_by_first(span, close),
    )


def percentile_impossible(
    span: Span, *, metric: str, percentile: str, reason: str, fix_span: Span | None = None
) -> Diagnostic:
    """INF123: a percentile of something that has none, or that does not exist."""
    return Diagnostic(
        code="INF123",
        slug="impossible-percentile",
        message=f"`{percentile} {metric}` does not exist: {reason}",
        span=span,
        help=f"write `{metric}` without a percentile" if fix_span else "use p50, p90, p95 or p99",
        fixes=(Fix(title=f"remove `{percentile}`", edits=(Edit(fix_span, ""),)),)
        if fix_span
        else (),
    )


def wrong_direction(span: Span, *, metric: str, operator: str, better: str) -> Diagnostic:
    """INF125: an SLA line that asks for the worse."""
    other = "<=" if better == "lower" else ">="
    return Diagnostic(
        code="INF125",
        slug="wrong-comparison",
        message=f"`{metric}` cannot be limited with `{operator}`: {better} is better",
        span=span,
        help=f"write `{metric} {other} …`",
    )


def not_restricted(span: Span, *, name: str, operator: str, owner: str) -> Diagnostic:
    """INF132: a constraint on a field that the planner does not choose."""
    return Diagnostic(
        code="INF132",
        slug="cannot-restrict",
        message=f"`{name}` of {owner} is yours to state, so `{operator}` leaves it open",
        span=span,
        notes=("only fields that the planner decides can be narrowed",),
        help=f"give it a value: `{name} = …`",
    )


def not_a_planner_field(span: Span, *, name: str, known: Sequence[str]) -> Diagnostic:
    """INF130: a pin of something that is not decided by the planner."""
    return Diagnostic(
        code="INF130",
        slug="not-a-planner-field",
        message=f"`{name}` is not decided by the planner, so there is nothing to pin",
        span=span,
        notes=(f"the planner decides {quoted(known)}",) if known else (),
        help="state it in its block, or put it into `assume` if it is a guess",
    )


def stated_and_assumed(span: Span, *, path: str, first: Span) -> Diagnostic:
    """INF131: an assumption about something that the file states."""
    return Diagnostic(
        code="INF131",
        slug="stated-and-assumed",
        message=f"`{path}` is assumed although the file states it",
        span=span,
        labels=(Label(first, "stated here"),),
        help="remove the assumption, or the statement",
    )


def unknown_path(
    span: Span, *, step: str, path: str, owner: str, known: Sequence[str]
) -> Diagnostic:
    """INF129: a path to a field that leads nowhere."""
    close = close_to(step, known)
    return Diagnostic(
        code="INF129",
        slug="unknown-path",
        message=f"the path `{path}` leads nowhere: {owner} has no `{step}`",
        span=span,
        notes=listing("it has", known, close),
        help=did_you_mean(close, "correct the path"),
        fixes=replace_by_first(span, close),
    )


def unknown_env(span: Span | None, *, name: str, known: Sequence[str]) -> Diagnostic:
    """INF128: no overlay has the name that was asked for."""
    close = close_to(name, known)
    listed = f"the file has {quoted(known)}" if known else "the file has no `env` block"
    return Diagnostic(
        code="INF128",
        slug="unknown-environment",
        message=f"there is no environment `{name}`",
        span=span,
        notes=(listed,),
        help=did_you_mean(close, f"write `env {name} {{ … }}`, or ask for another"),
    )


def unknown_param(*, name: str, known: Sequence[str]) -> Diagnostic:
    """INF126: a value was given for a parameter that the file does not have."""
    close = close_to(name, known)
    listed = f"the file has {quoted(known)}" if known else "the file has no parameters"
    return Diagnostic(
        code="INF126",
        slug="unknown-parameter",
        message=f"there is no parameter `{name}`",
        span=None,
        notes=(listed,),
        help=did_you_mean(close, "leave it out, or write `param` in the file"),
    )


def wrong_parent(
    span: Span, *, child: str, parent: str, expected: str, first: Span | None
) -> Diagnostic:
    """INF135: a block extends something of another kind."""
    return Diagnostic(
        code="INF135",
        slug="wrong-kind",
        message=f"{child} can extend {article(expected)} only, not {parent}",
        span=span,
        labels=(Label(first, "defined here"),) if first else (),
        help=f"name {article(expected)}",
    )


def outside_topology(span: Span, *, kind: str, name: str) -> Diagnostic:
    """INF135: a reference to a block that no topology holds."""
    return Diagnostic(
        code="INF135",
        slug="wrong-kind",
        message=f"{kind} `{name}` stands outside the topology, so nothing can run with it",
        span=span,
        help=f"make one in the topology: `{kind} my_{name} extends {name} {{ }}`",
    )


def unknown_decorator(span: Span, *, name: str, known: Sequence[str]) -> Diagnostic:
    """INF134: a decorator that means nothing."""
    close = close_to(name, known)
    return Diagnostic(
        code="INF134",
        slug="wrong-decorator",
        message=f"there is no decorator `@{name}`",
        span=span,
        notes=(f"there are {quoted([f'@{item}' for item in known])}",),
        help=did_you_mean([f"@{item}" for item in close], "remove it"),
    )


def wrong_decorator(span: Span, *, name: str, example: str) -> Diagnostic:
    """INF134: a decorator with the wrong arguments."""
    return Diagnostic(
        code="INF134",
        slug="wrong-decorator",
        message=f"`@{name}` has the wrong arguments",
        span=span,
        help=f"write `{example}`",
    )


def wrong_clause(span: Span, *, keyword: str, where: str, allowed: Sequence[str]) -> Diagnostic:
    """INF133: a clause that means nothing behind its statement."""
    may = f"{where} may have {quoted(allowed)}" if allowed else f"{where} has no clauses"
    return Diagnostic(
        code="INF133",
        slug="wrong-clause",
        message=f"`{keyword}` means nothing behind {where}",
        span=span,
        notes=(may,),
        help="remove the clause",
    )


def misplaced_statement(span: Span, *, what: str, owner: str, advice: str) -> Diagnostic:
    """INF136: a statement that means nothing in its block."""
    return Diagnostic(
        code="INF136",
        slug="misplaced-statement",
        message=f"{what} means nothing in {owner}",
        span=span,
        help=advice,
    )


def nothing_to_compile(span: Span | None, *, path: str) -> Diagnostic:
    """INF138: a file without a topology."""
    return Diagnostic(
        code="INF138",
        slug="no-topology",
        message=f"`{path}` has no topology",
        span=span,
        help="add `topology NAME { … }`; `inferc init` writes a starter",
    )


def too_much(span: Span, *, what: str, limit: str) -> Diagnostic:
    """INF139: a program that asks for more work than any design needs."""
    return Diagnostic(
        code="INF139",
        slug="too-much-work",
        message=f"{what} is too much for the compiler",
        span=span,
        notes=(f"the limit is {limit}",),
        help="make it smaller",
    )


def not_yet(span: Span, *, what: str, advice: str = "") -> Diagnostic:
    """INF190: something of the language that is read and not acted on."""
    return Diagnostic(
        code="INF190",
        slug="not-yet-supported",
        message=f"{what} is part of the language, but this version does not act on it yet",
        span=span,
        help=advice or "remove it for now: nothing is ignored silently",
    )


def assertion_failed(
    span: Span, *, message: str, condition: str, values: Sequence[str]
) -> Diagnostic:
    """INF301: an assertion of the file does not hold."""
    return Diagnostic(
        code="INF301",
        slug="assertion-failed",
        message=message or f"`{condition}` does not hold",
        span=span,
        label="does not hold",
        notes=tuple(values),
        help="change the values, or the rule",
    )
