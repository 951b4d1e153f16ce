"""What the Kubernetes target may have to say beyond what every target has."""

from inferc.dsl import Diagnostic, Severity, Span

REPORT = "this is a fault of the compiler: please report it with the file that you compiled"


def replica_exceeds_node(
    *,
    service: str,
    engine: str,
    shape: tuple[int, int],
    per_node: int,
    able: tuple[str, ...],
    span: Span | None,
) -> Diagnostic:
    """INF604: a replica takes several nodes, and the engine's release knows no way to."""
    tensor, pipeline = shape
    need = tensor * pipeline
    smaller = (
        f"pin {service}.tensor_parallel and {service}.pipeline_parallel such that their "
        f"product is at most {per_node}"
    )
    return Diagnostic(
        code="INF604",
        slug="replica-exceeds-node",
        message=f"{engine} cannot be started on several nodes, as a replica of `{service}` is",
        span=span,
        notes=(
            f"need: tensor_parallel {tensor} x pipeline_parallel {pipeline} = {need} accelerators",
            f"have: {per_node} on a node",
            f"versions that can: {', '.join(able) or 'none'}",
        ),
        help=f"set the engine's version and image to {able[-1]}, or {smaller}" if able else smaller,
    )


def no_rdma(*, service: str, network: str, nodes: int, span: Span | None) -> Diagnostic:
    """INF618: the planned network is had by RDMA only, which the pods may not use."""
    return Diagnostic(
        code="INF618",
        slug="rdma-not-offered",
        message=f"pods use {network}, planned for the replicas of `{service}`, by RDMA only",
        span=span,
        notes=(
            f"a replica is {nodes} pods on {nodes} nodes, and over TCP they would be far slower",
            "RDMA takes the capability IPC_LOCK, which the level `restricted` forbids",
        ),
        help='name the resource of your RDMA device plugin, such as `rdma = "rdma/ib"`, in '
        "`emit kubernetes`: its namespace then allows privileged pods; or state the Ethernet "
        "between the nodes as the pool's `network`",
    )


def no_handover(*, service: str, span: Span | None) -> Diagnostic:
    """INF622: nothing tells a replica that answers which one computes the prompt."""
    return Diagnostic(
        code="INF622",
        slug="prompts-not-handed-over",
        message=f"nothing picks the replica of `{service}` that computes a prompt",
        span=span,
        notes=(
            "it has replicas for prompts and others for answers",
            "an endpoint picker chooses one of each, and comes with a gateway",
        ),
        help=f"add a gateway that leads to `{service}` and picks, `gateway edge {{ … }}` with "
        f"`routing = prefix_aware`, or pin `{service}.serving = aggregated`",
    )


def not_claimed(*, what: str, span: Span | None) -> Diagnostic:
    """INF623: accelerators of this kind cannot be claimed, or not together with an option."""
    return Diagnostic(
        code="INF623",
        slug="accelerators-not-claimed",
        message=f"`dra` does not go together with {what}",
        span=span,
        notes=("claims are emitted for whole NVIDIA accelerators of language models",),
        help="leave `dra` out of `emit kubernetes`, or emit those services in a topology of their "
        "own",
    )


def stays_awake(*, service: str, span: Span | None) -> Diagnostic:
    """INF624: a replica is kept that the plan lets sleep."""
    return Diagnostic(
        code="INF624",
        slug="service-stays-awake",
        severity=Severity.WARNING,
        message=f"`{service}` sleeps in the plan while nobody asks, and here one replica stays",
        span=span,
        notes=(
            "the engine's own metrics are gone with its last replica, so nothing would wake it",
            "the plan's cost does not count the hours of that replica",
        ),
        help=f"state a `warm_pool` of one instance for `{service}`, so that its cost is counted",
    )


def unknown_release(
    *,
    service: str,
    engine: str,
    version: str,
    known: tuple[str, ...],
    called: str,
    span: Span | None,
) -> Diagnostic:
    """INF605: nobody has checked the flags of this release of the engine."""
    if known:
        step = f"set the engine's version and image to {known[-1]}"
    elif called:
        step = f"call its block by the engine's name: `engine {called} extends cat.engine.{called}`"
    else:
        step = "choose another engine for this service"
    return Diagnostic(
        code="INF605",
        slug="unknown-engine-release",
        message=f"the flags of {engine} {version}, which runs `{service}`, are not known",
        span=span,
        notes=(f"releases of {engine} with known flags: {', '.join(known) or 'none'}",)
        if not called
        else ("flags are known by the name of an engine, and this block has another",),
        help=step,
    )


def unknown_flag(
    *, service: str, engine: str, version: str, flag: str, nearest: str, span: Span | None
) -> Diagnostic:
    """INF606: the engine's parser would refuse a flag."""
    return Diagnostic(
        code="INF606",
        slug="unknown-engine-flag",
        message=f"{engine} {version}, which runs `{service}`, has no flag `{flag}`",
        span=span,
        help=f"did you mean `{nearest}`? Correct the engine's `flags`"
        if nearest
        else "correct the engine's `flags`",
    )


def no_flag_for_decision(
    *, service: str, engine: str, field: str, value: str, why: str, span: Span | None
) -> Diagnostic:
    """INF617: a decision of the plan cannot be handed to the engine."""
    return Diagnostic(
        code="INF617",
        slug="decision-has-no-flag",
        message=f"`{field} = {value}` of `{service}` cannot be handed to {engine}",
        span=span,
        notes=(why,),
        help=f"take the decision back: pin another `{field}`, or forbid this one with `{field} not "
        f"in [{value}]`",
    )


def no_scaling_metric(
    *, service: str, engine: str, signal: str, known: tuple[str, ...], span: Span | None
) -> Diagnostic:
    """INF607: nothing measures the signal that the plan scales by."""
    return Diagnostic(
        code="INF607",
        slug="no-scaling-metric",
        message=f"nothing measures `{signal}` of {engine}, which `{service}` is scaled by",
        span=span,
        notes=(f"metrics of {engine}: {', '.join(known) or 'none'}",),
        help=f'add `{signal}` to the engine\'s `metrics`, or set `scaler = "none"`',
    )


def bad_repository(*, service: str, repository: str, span: Span | None) -> Diagnostic:
    """INF608: the weights cannot be fetched from there."""
    what = f"`{repository}` is no repository" if repository else "no repository is named"
    return Diagnostic(
        code="INF608",
        slug="bad-weights-repository",
        message=f"the weights of `{service}` cannot be fetched: {what}",
        span=span,
        notes=("it is written `owner/name`",),
        help='name the repository of the model: `repository = "owner/name"`',
    )


def bad_revision(*, service: str, revision: str, span: Span | None) -> Diagnostic:
    """INF608: the weights cannot be fetched at that commit."""
    return Diagnostic(
        code="INF608",
        slug="bad-weights-repository",
        message=f"the weights of `{service}` cannot be fetched: `{revision}` is no revision",
        span=span,
        notes=("a revision is a commit, a tag or a branch",),
        help='name the commit of the weights: `revision = "0123abc…"`',
    )


def bad_namespace(*, namespace: str, proposed: str, span: Span | None) -> Diagnostic:
    """INF609: the API server would refuse the namespace."""
    return Diagnostic(
        code="INF609",
        slug="bad-namespace",
        message=f"`{namespace}` cannot be the name of a namespace",
        span=span,
        notes=("it takes lower-case letters, digits and `-`, at most 63, a letter first",),
        help=f"write `{proposed}`",
    )


def revision_not_pinned(*, service: str, repository: str, span: Span | None) -> Diagnostic:
    """INF610: the weights may change without a change of the file."""
    return Diagnostic(
        code="INF610",
        slug="weights-not-pinned",
        severity=Severity.WARNING,
        message=f"the weights of `{service}` are whatever `{repository}` holds on the day of the "
        "download",
        span=span,
        help='name a commit in the `llm` block: `revision = "0123abc…"`',
    )


def quantised_weights_needed(
    *, service: str, precision: str, repository: str, span: Span | None
) -> Diagnostic:
    """INF611: the engine does not make weights of this precision itself."""
    return Diagnostic(
        code="INF611",
        slug="quantised-weights-needed",
        severity=Severity.WARNING,
        message=f"`{service}` runs at {precision}, which must already be so in `{repository}`",
        span=span,
        help=f"make sure that the repository holds {precision} weights, or name one that does",
    )


def several_clusters(*, clusters: tuple[str, ...]) -> Diagnostic:
    """INF612: the objects would belong to different clusters."""
    return Diagnostic(
        code="INF612",
        slug="several-clusters",
        message="the topology's services run on several clusters, and one output serves one",
        span=None,
        notes=(f"clusters: {', '.join(clusters)}",),
        help="split it into one topology for each cluster",
    )


def volume_not_writable(*, service: str, stated: str, span: Span | None) -> Diagnostic:
    """INF613: nothing could put the weights onto the volume."""
    return Diagnostic(
        code="INF613",
        slug="volume-not-writable",
        message=f"the weights of `{service}` cannot be put onto a volume that is only read",
        span=span,
        notes=(f"access_mode = {stated}",),
        help="write `access_mode = read_write_many`, with a storage class that has it",
    )


def volume_not_shared(*, service: str, stated: str, nodes: int, span: Span | None) -> Diagnostic:
    """INF614: pods on several nodes cannot mount the volume."""
    return Diagnostic(
        code="INF614",
        slug="volume-not-shared",
        message=f"the pods of `{service}` cannot all mount the volume of its weights",
        span=span,
        notes=(
            f"access_mode = {stated}: one node at a time",
            f"the download and the replicas may be on any of {nodes} nodes",
        ),
        help="write `access_mode = read_write_many`, with a storage class that has it",
    )


def image_not_pinned(*, service: str, image: str, span: Span | None) -> Diagnostic:
    """INF615: each start of a pod may bring another engine."""
    return Diagnostic(
        code="INF615",
        slug="image-not-pinned",
        severity=Severity.WARNING,
        message=f"the image `{image}`, which runs `{service}`, has no fixed version",
        span=span,
        help=f'name a version, or better a digest: `image = "{image.partition(":")[0]}:…"`',
    )


def bad_value(*, field: str, value: str, expected: str, span: Span | None) -> Diagnostic:
    """INF616: a field has a value that no Kubernetes object can hold where it goes."""
    return Diagnostic(
        code="INF616",
        slug="bad-kubernetes-value",
        message=f"`{field}` cannot be `{value}` on Kubernetes",
        span=span,
        notes=(f"it must be {expected}",),
        help=f"correct `{field}`",
    )


def inconsistent(*, code: str, slug: str, where: str, message: str) -> Diagnostic:
    """INF690 to INF698: an emitted object would not work, or not as planned."""
    return Diagnostic(
        code=code,
        slug=slug,
        message=f"{where}: {message}",
        span=None,
        help=REPORT,
    )
