"""What may be wrong with a topology. All of it is a fault of the compiler, not of the user."""

from inferc.dsl import Diagnostic

REPORT = "this is a fault of the compiler: please report it with the file that you compiled"


def _fault(code: str, slug: str, message: str, *notes: str) -> Diagnostic:
    return Diagnostic(code=code, slug=slug, message=message, span=None, notes=notes, help=REPORT)


def duplicate_node(*, node: str, times: int) -> Diagnostic:
    """INF910: two nodes have one id."""
    return _fault("INF910", "duplicate-node", f"the topology has {times} nodes called `{node}`")


def dangling_edge(*, source: str, target: str, missing: str) -> Diagnostic:
    """INF911: an edge names a node that does not exist."""
    return _fault(
        "INF911",
        "dangling-edge",
        f"an edge of the topology leads to a node that does not exist: `{missing}`",
        f"the edge is `{source}` -> `{target}`",
    )


def unreachable_node(*, node: str, kind: str, root: str) -> Diagnostic:
    """INF912: a request never gets to a node, and nothing else does."""
    return _fault(
        "INF912",
        "unreachable-node",
        f"no request can get to the {kind} `{node}`",
        f"requests start at `{root}`",
    )


def rates_do_not_add_up(
    *, node: str, in_per_s: float, out_per_s: float, other: str = "go out"
) -> Diagnostic:
    """INF913: requests appear or vanish at a node."""
    return _fault(
        "INF913",
        "rates-do-not-add-up",
        f"the rates at `{node}` do not add up",
        f"{in_per_s:.6g} req/s come in, {out_per_s:.6g} req/s {other}",
    )


def accelerator_used_twice(*, gpu: str, users: tuple[str, ...]) -> Diagnostic:
    """INF914: two replicas run on one accelerator, or one replica twice."""
    return _fault(
        "INF914",
        "accelerator-used-twice",
        f"the accelerator `{gpu}` is used more than once",
        f"used by {', '.join(f'`{user}`' for user in users)}",
    )


def not_placed(*, service: str, need: int, width: int, have: int, total: int) -> Diagnostic:
    """INF915: a replica has not the accelerators that its plan asks for."""
    return _fault(
        "INF915",
        "not-placed",
        f"`{service}` is not placed as planned",
        f"the plan asks for {need} replicas on {width} accelerators each, {have} are placed so; "
        f"the place has {total} accelerators",
    )


def refused_plan(*, topology: str, verdict: str) -> Diagnostic:
    """INF916: a refused design was to be drawn or deployed."""
    return _fault(
        "INF916",
        "refused-plan",
        f"`{topology}` is {verdict}: there is nothing to deploy",
    )
