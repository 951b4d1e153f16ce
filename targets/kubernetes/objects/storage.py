"""The weights: a volume, and the Job that fills it once."""

import json
import posixpath

from inferc.targets.base import Data
from inferc.targets.kubernetes.objects import hub, machines, pods
from inferc.targets.kubernetes.objects.deployed import gibibytes
from inferc.targets.kubernetes.objects.manifest import Manifest, api_version
from inferc.targets.kubernetes.objects.names import digest, dns_label
from inferc.targets.kubernetes.objects.nodes import node_labels
from inferc.targets.kubernetes.objects.releases import Release
from inferc.targets.kubernetes.objects.serving import Serving

MOUNT = "/models"
EVERYWHERE = "ReadWriteMany"
MARKER = ".inferc-complete"
"""Written when a download is complete; the engine waits for it."""

EXCLUDED = "original/*"
"""Meta's repositories hold all weights a second time, in another format, in this folder."""

JOB_RETRIES = 6
JOB_TTL_S = 86400
DIGEST_CHARS = 10
TMP_GIB = 2

FETCH_SCRIPT = """\
if test -f "$DIRECTORY/$MARKER"; then exit 0; fi
"$@"
: > "$DIRECTORY/$MARKER"
"""
"""Run the command in the arguments unless its work is done; the names are never part of it."""


def directory(serving: Serving) -> str:
    """Return where the weights lie: another revision of them lies elsewhere."""
    revision = f"-{digest(serving.revision)}" if serving.revision else ""
    return posixpath.join(MOUNT, dns_label(serving.repository) + revision)


def claim_name(serving: Serving) -> str:
    """Return the name of the volume of the weights.

    A claim's class and access modes cannot be changed, its size cannot shrink and grows with some
    classes only, so its name carries a digest of them and of what lies there: other weights are on
    another volume, and replicas that still run keep theirs. A volume that one node holds carries
    one of its nodes, too: a download on others would wait for it until the last replica goes.
    """
    content: list[Data] = [directory(serving), _claim_spec(serving)]
    if serving.access_mode != EVERYWHERE:
        content.append(dict(node_labels(serving.place)))
    text = json.dumps(content, sort_keys=True)
    return serving.named("weights", digest(text, DIGEST_CHARS))


def claim(serving: Serving) -> Manifest:
    """Return the volume of the weights."""
    return Manifest(
        api_version=api_version("PersistentVolumeClaim"),
        kind="PersistentVolumeClaim",
        name=claim_name(serving),
        namespace=serving.namespace,
        concern="storage",
        labels=serving.labels_of("weights"),
        body={"spec": _claim_spec(serving)},
    )


def _claim_spec(serving: Serving) -> dict[str, Data]:
    spec: dict[str, Data] = {
        "accessModes": [serving.access_mode],
        "resources": {"requests": {"storage": gibibytes(serving.storage_gib)}},
    }
    if serving.settings["storage_class"]:
        spec["storageClassName"] = serving.settings["storage_class"]
    return spec


def prefetch(serving: Serving, release: Release) -> Manifest:
    """Return the Job that downloads the weights.

    A Job's template cannot be changed, so its name carries a digest of it: another template is
    another Job, and the same one is left alone.
    """
    template: dict[str, Data] = {
        "metadata": {"labels": serving.labels_of("prefetch")},
        "spec": _pod(serving, release),
    }
    spec: dict[str, Data] = {
        "backoffLimit": JOB_RETRIES,
        "activeDeadlineSeconds": JOB_RETRIES * serving.download_s,
        "ttlSecondsAfterFinished": JOB_TTL_S,
        "template": template,
    }
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return Manifest(
        api_version=api_version("Job"),
        kind="Job",
        name=serving.named("prefetch", digest(text, DIGEST_CHARS)),
        namespace=serving.namespace,
        concern="storage",
        labels=serving.labels_of("prefetch"),
        body={"spec": spec},
    )


def download_command(serving: Serving, release: Release) -> list[str]:
    """Return the command that downloads the weights."""
    revision = [f"--revision={serving.revision}"] if serving.revision else []
    return [
        *release.downloader,
        serving.repository,
        *revision,
        f"--local-dir={directory(serving)}",
        f"--exclude={EXCLUDED}",
    ]


def _pod(serving: Serving, release: Release) -> dict[str, Data]:
    fetches = hub.fetches(serving.choices)
    command = [pods.literal(word) for word in download_command(serving, release)]
    bounded: dict[str, Data] = {
        "memory": gibibytes(machines.download_memory_gib(serving.place)),
        "ephemeral-storage": gibibytes(TMP_GIB),
    }
    container: dict[str, Data] = {
        "name": "prefetch",
        "image": pods.image(serving),
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-ceu", FETCH_SCRIPT if fetches else hub.CHECK_SCRIPT, "prefetch"],
        **({"args": command} if fetches else {}),
        "env": [
            *pods.environment(
                (
                    ("DIRECTORY", directory(serving)),
                    ("MARKER", MARKER),
                    ("HOME", "/tmp"),  # noqa: S108 - of the container, not of this machine
                    ("HF_HOME", "/tmp/hf"),  # noqa: S108
                    ("HF_HUB_DISABLE_TELEMETRY", "1"),
                    ("HF_XET_CHUNK_CACHE_SIZE_BYTES", "0"),  # it would fill /tmp
                    *hub.endpoint(serving.choices),
                )
            ),
            *([_token(serving)] if fetches else []),
        ],
        "resources": {
            "requests": {"cpu": str(machines.download_cpus(serving.place)), **bounded},
            "limits": bounded,
        },
        "securityContext": pods.container_security(read_only_root=True),
        "volumeMounts": [
            {"name": "weights", "mountPath": MOUNT},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }
    return {
        "restartPolicy": "OnFailure",
        **pods.identity(serving),
        **pods.placement(serving),
        "securityContext": pods.pod_security(),
        "containers": [container],
        "volumes": [
            {"name": "weights", "persistentVolumeClaim": {"claimName": claim_name(serving)}},
            {"name": "tmp", "emptyDir": {"sizeLimit": gibibytes(TMP_GIB)}},
        ],
    }


def _token(serving: Serving) -> dict[str, Data]:
    """Return the hub's token: by reference, and optional, since open weights need none."""
    reference: dict[str, Data] = {
        "name": serving.choices.hf_token_secret,
        "key": "token",
        "optional": True,
    }
    return {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": reference}}
