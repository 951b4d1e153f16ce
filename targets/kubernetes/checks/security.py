"""Every pod template meets the level "restricted" of the Pod Security Standards.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator, Mapping, Sequence

from inferc.targets.base import Data
from inferc.targets.kubernetes.checks.lookup import Pod, get, pods, rows, text
from inferc.targets.kubernetes.checks.names import Finding
from inferc.targets.kubernetes.objects import Manifest
from inferc.targets.kubernetes.objects.namespace import ENFORCED, PRIVILEGED
from inferc.targets.kubernetes.objects.pods import LOCKS_MEMORY

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")
CAPABILITY = "NET_BIND_SERVICE"
SECCOMP = ("RuntimeDefault", "Localhost")


def check_security(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield what admission would refuse, long after the object itself was accepted."""
    spaces = [one for one in manifests if one.kind == "Namespace"]
    open_ones = {one.name for one in spaces if one.labels.get(ENFORCED) == PRIVILEGED}
    own = {one.name for one in spaces}
    for manifest in manifests:
        # Of another's namespace nobody here knows what it allows.
        may_lock = manifest.namespace in open_ones or manifest.namespace not in own
        for pod in pods(manifest):
            yield from _pod(pod)
            yield from _token(pod, manifests)
            for container in pod.containers:
                for problem in _container(pod, container, may_lock=may_lock):
                    yield manifest.id, f"container `{text(container, 'name')}`: {problem}"


def _pod(pod: Pod) -> Iterator[Finding]:
    for field in HOST_FIELDS:
        if get(pod.spec, field):
            yield pod.owner.id, f"a pod may not have {field}"
    for volume in rows(pod.spec, "volumes"):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield pod.owner.id, f"a pod may not have a volume of {', '.join(sorted(kinds))}"


def _token(pod: Pod, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield a pod that has a token without a right that it could use it for, or the reverse."""
    account = text(pod.spec, "serviceAccountName")
    bound = any(
        text(subject, "name") == account
        for one in manifests
        if one.kind == "RoleBinding" and one.namespace == pod.owner.namespace
        for subject in rows(one.body, "subjects")
    )
    if get(pod.spec, "automountServiceAccountToken") is not bound:
        problem = (
            "asks the API server, and has no token"
            if bound
            else ("that asks the API server for nothing needs no token")
        )
        yield pod.owner.id, f"a pod {problem}"


def _container(pod: Pod, container: Mapping[str, Data], *, may_lock: bool) -> Iterator[str]:
    own = get(container, "securityContext")
    shared = get(pod.spec, "securityContext")

    def either(*path: str) -> Data:
        value = get(own, *path)
        return get(shared, *path) if value is None else value

    if get(own, "allowPrivilegeEscalation") is not False:
        yield "privilege escalation must be off"
    if get(own, "privileged"):
        yield "it may not be privileged"
    if get(own, "capabilities", "drop") != ["ALL"]:
        yield "all capabilities must be dropped"
    added = get(own, "capabilities", "add")
    if added not in (None, [], [CAPABILITY]) and not (may_lock and added == [LOCKS_MEMORY]):
        yield "no capability may be added"
    if either("runAsNonRoot") is not True:
        yield "it must not run as root"
    if either("runAsUser") == 0:
        yield "its user must not be 0"
    if either("seccompProfile", "type") not in SECCOMP:
        yield "it needs a seccomp profile"
    if any(get(port, "hostPort") for port in rows(container, "ports")):
        yield "it may not take a port of the host"
