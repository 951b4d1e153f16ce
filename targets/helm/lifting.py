"""Objects to templates: what an installer may turn becomes a value, the rest stays as it is.

The templates are made from the very objects that the kubernetes target writes, so that the chart
with its own values renders to them, whatever they are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from inferc.targets.base import Data
from inferc.targets.helm import pods, scaling, shapes, storage
from inferc.targets.helm.context import Chart
from inferc.targets.helm.gotext import template
from inferc.targets.helm.scope import COMPONENT, RUNS_ONCE, Scope, Tree, is_pod

JOB_NAME = re.compile(r"(.*-)([0-9a-f]{10})")
DIGEST_NOTE = "inferc.dev/plan-digest"
NAMESPACE_KEYS = ("namespace", "kubernetes.io/metadata.name")
RELEASE = "release"
"""The label by which Prometheus selects what it is told."""
MONITORING = ("monitoring", "rules")
LABELS = """\
{{- with include "%s.labels" (list .Values.extraLabels %s) }}
{{- . | nindent @ }}
{{- end }}"""


def lifted(chart: Chart, scope: Scope) -> str:
    """Return the template of one object; the values that it refers to are then in ``chart``."""
    text = template(_document(chart, scope), chart.marks)
    condition = _condition(scope)
    if condition:
        text = f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n"
    text = scaling.guard(scope) + text
    return scope.declared(text, _components(scope)) + text


def _components(scope: Scope) -> tuple[str, ...]:
    """Return the components of the pods of an object beside its own."""
    found: dict[str, None] = {}
    rest: list[Data] = [scope.manifest.body]
    while rest:
        value = rest.pop()
        if isinstance(value, Mapping):
            found[_within(scope, value).pod] = None
            rest.extend(value.values())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            rest.extend(value)
    return tuple(sorted(found))


def _condition(scope: Scope) -> str:
    """Return when the object is there; empty for always."""
    if scope.pod and scope.manifest.kind in scaling.SCALERS:
        return f"{scope.variable}.scaler.enabled"
    if scope.manifest.concern in MONITORING:
        return ".Values.monitoring.enabled"
    if scope.manifest.kind == "NetworkPolicy":
        return ".Values.networkPolicies.enabled"
    return ""


def _document(chart: Chart, scope: Scope) -> dict[str, Data]:
    manifest = scope.manifest
    body = {key: _body(chart, scope, key, value) for key, value in manifest.body.items()}
    head: dict[str, Data] = {"apiVersion": manifest.api_version, "kind": manifest.kind}
    return {**head, "metadata": _metadata(chart, scope), **body}


def _body(chart: Chart, scope: Scope, key: str, value: Data) -> Data:
    if key != "spec" or not isinstance(value, Mapping):
        return _value(chart, scope, key, value)
    if scope.manifest.kind == "PersistentVolumeClaim":
        return storage.claim(chart, scope, value)
    if scope.manifest.kind in scaling.SCALERS and scope.pod:
        value = scaling.scaler(chart, scope, value)
    else:
        value = scaling.replicas(chart, scope, value)
    return _value(chart, scope, key, value)


def _metadata(chart: Chart, scope: Scope) -> dict[str, Data]:
    made: dict[str, Data] = {}
    for key, value in scope.manifest.metadata().items():
        if key == "name":
            made[key] = _name(chart, scope)
        elif key == "labels" and isinstance(value, Mapping):
            made[key] = _labels(chart, scope, value)
        else:
            made[key] = _value(chart, scope, key, value)
    if scope.manifest.kind == "PersistentVolumeClaim" and "annotations" not in made:
        made.update(storage.kept(chart.marks))
    return made


def _name(chart: Chart, scope: Scope) -> str:
    """Return the name: that of a Job follows from the values that shape its pods."""
    found = JOB_NAME.fullmatch(scope.manifest.name)
    if scope.manifest.kind not in RUNS_ONCE or found is None or not scope.pod:
        return scope.manifest.name
    return found.group(1) + pods.job_digest(chart, scope, found.group(2))


def _labels(chart: Chart, scope: Scope, labels: Tree) -> dict[str, Data]:
    """Return labels, and after them those that an installer adds."""
    made = dict(labels)
    if RELEASE in made and scope.manifest.concern in MONITORING:
        made[RELEASE] = chart.marks.inline(".Values.monitoring.releaseLabel | quote")
    of_service = "$service.labels" if scope.service else "dict"
    if scope.service:
        about = "Labels of its objects and pods beside the planned ones"
        chart.knob(scope.path("labels"), {}, shapes.extra_labels(chart.taken), about)
    return {**made, **chart.marks.lines(LABELS % (chart.name, of_service))}


def _value(chart: Chart, scope: Scope, key: str, value: Data) -> Data:
    """Return any value of a document with marks where values of the chart go."""
    if isinstance(value, Mapping):
        return _tree(chart, scope, value)
    if isinstance(value, str):
        return _text(chart, key, value)
    if isinstance(value, Sequence):
        return [_value(chart, scope, key, item) for item in value]
    return value


def _tree(chart: Chart, scope: Scope, value: Tree) -> dict[str, Data]:
    scope = _within(scope, value)
    if is_pod(value):
        return pods.pod(chart, scope, value, lambda inner: _value(chart, scope, "", inner))
    made = {key: _value(chart, scope, key, item) for key, item in value.items()}
    metadata, spec, secret = value.get("metadata"), value.get("spec"), value.get("secretKeyRef")
    if isinstance(metadata, Mapping) and isinstance(spec, Mapping) and is_pod(spec):
        made["metadata"] = _pod_metadata(chart, scope, metadata)
    if isinstance(secret, Mapping) and secret.get("name") == chart.layout.choices.hf_token_secret:
        name = chart.marks.inline(".Values.hfToken.secretName | quote")
        token_key = chart.marks.inline(".Values.hfToken.key | quote")
        made["secretKeyRef"] = {**secret, "name": name, "key": token_key}
    return made


def _within(scope: Scope, value: Tree) -> Scope:
    """Return the scope of a pod's template, where an object has pods of several components."""
    metadata, spec = value.get("metadata"), value.get("spec")
    if not (isinstance(metadata, Mapping) and isinstance(spec, Mapping) and is_pod(spec)):
        return scope
    labels = metadata.get("labels")
    component = labels.get(COMPONENT) if isinstance(labels, Mapping) else None
    own = scope.manifest.labels.get(COMPONENT)
    if not scope.pod or not isinstance(component, str) or component == own:
        return scope
    return replace(scope, pod=component)


def _pod_metadata(chart: Chart, scope: Scope, metadata: Tree) -> dict[str, Data]:
    made = {key: _value(chart, scope, key, item) for key, item in metadata.items()}
    labels = metadata.get("labels")
    if isinstance(labels, Mapping):
        made["labels"] = _labels(chart, scope, labels)
    return made


def _text(chart: Chart, key: str, text: str) -> str:
    """Return a text, its mentions of the namespace and of Prometheus' address replaced."""
    namespace, marks = chart.layout.namespace, chart.marks
    if key in NAMESPACE_KEYS and text == namespace:
        return marks.inline(".Release.Namespace")
    if key == DIGEST_NOTE:
        return marks.inline(".Values.plan.digest | quote")
    if text == chart.layout.settings["prometheus"]:
        return marks.inline(".Values.prometheus.address | quote")
    pattern = _mentions(namespace)
    return pattern.sub(lambda _: marks.inline(".Release.Namespace"), text)


def _mentions(namespace: str) -> re.Pattern[str]:
    """Return what finds the namespace in queries and in addresses, and nowhere else."""
    name = re.escape(namespace)
    before = "|".join(
        f"(?<={re.escape(word)})"
        for word in ('namespace="', 'namespace=~"', 'namespace=\\"', 'namespace=~\\"')
    )
    return re.compile(
        rf'(?:{before}){name}(?=\\?")|(?:(?<==")|(?<==\\")|(?<==~")){name}(?=/)'
        rf"|(?<=\.){name}(?=\.svc\b)"
    )
