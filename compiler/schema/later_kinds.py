"""Kinds of the language that are read and not acted on yet."""

from inferc.compiler.schema.build import ANY, kind
from inferc.compiler.schema.spec import Kind

_NAMES = {
    "args": "Flags handed to the engine as they are.",
    "audit": "What is kept of requests and answers.",
    "cache": "A store of answers or of prefixes.",
    "currency": "A currency and its rate.",
    "eval": "A measure of quality.",
    "policy": "Rules of an organisation.",
    "queue": "Requests that may wait.",
    "redact": "What is removed from texts.",
    "rollback": "When a rollout is undone.",
    "rollout": "How a new model takes over.",
    "router": "What spreads requests over replicas.",
    "tenant": "A group of callers with limits of its own.",
}

LATER_KINDS: tuple[Kind, ...] = tuple(
    kind(name, doc, label="optional", free=ANY, status="later") for name, doc in _NAMES.items()
)
