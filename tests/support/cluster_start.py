"""Starting and stopping the programs of a cluster."""

import ctypes
import json
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support import cluster_programs
from support.cluster import DEFAULT_CLASS, POLL_S, Cluster, ClusterError, storage_class

READY_LIMIT_S: Final = 180
STOP_LIMIT_S: Final = 20
LOG_TAIL: Final = 3000
PR_SET_PDEATHSIG: Final = 1
"""Source: ``linux/prctl.h``."""


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    """Run a cluster whose files are in ``folder``; whatever happens, its programs are ended.

    Raises:
        Missing: If a program is not here and cannot be built.
    """
    found = cluster_programs.programs(*cluster_programs.CLUSTER)
    stages = cluster_programs.stages()
    folder.mkdir(parents=True, exist_ok=True)
    running: list[tuple[str, subprocess.Popen[bytes]]] = []
    cluster = Cluster(
        folder=folder,
        programs=found,
        url=f"https://127.0.0.1:{free_port()}",
        token=secrets.token_hex(16),
    )
    try:
        for name, command in _commands(cluster, stages):
            running.append((name, _start(cluster, name, command)))
            _wait_until_ready(cluster, name, running)
        cluster.kubectl(
            "apply", "-f", "-", given=json.dumps(storage_class(DEFAULT_CLASS, default=True))
        )
        yield cluster
    finally:
        for _, process in reversed(running):
            _stop(process)


def log_tail(cluster: Cluster, name: str, limit: int = LOG_TAIL) -> str:
    """Return the last lines that a program of the cluster has written."""
    path = cluster.folder / f"{name}.log"
    return path.read_text("utf-8", "replace")[-limit:] if path.is_file() else ""


def free_port() -> int:
    """Return a port of loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _commands(cluster: Cluster, stages: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the programs in the order in which they must start."""
    folder = cluster.folder
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    yield (
        "etcd",
        [
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        ],
    )
    yield "kube-apiserver", _api_server(cluster, client)
    _write_kubeconfig(cluster)
    common = [f"--kubeconfig={cluster.kubeconfig}", "--leader-elect=false", "--secure-port=0"]
    yield (
        "kube-controller-manager",
        [
            *common,
            f"--service-account-private-key-file={folder / 'accounts.key'}",
            f"--root-ca-file={folder / 'certificates' / 'apiserver.crt'}",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--concurrent-namespace-syncs=4",
        ],
    )
    yield "kube-scheduler", common
    yield (
        "kwok",
        [
            f"--kubeconfig={cluster.kubeconfig}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            *(f"--config={path}" for path in _stage_files(stages)),
        ],
    )


def _stage_files(stages: Path) -> list[Path]:
    names = ("node/fast", "node/heartbeat", "pod/fast")
    files = [path for name in names for path in sorted((stages / name).glob("*.yaml"))]
    return [path for path in files if path.name != "kustomization.yaml"]


def _api_server(cluster: Cluster, store: str) -> list[str]:
    folder = cluster.folder
    (folder / "accounts.key").write_text(_private_key(), "utf-8")
    (folder / "tokens.csv").write_text(f'{cluster.token},admin,admin,"system:masters"\n', "utf-8")
    port = cluster.url.rpartition(":")[2]
    return [
        f"--etcd-servers={store}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=Node,RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--allow-privileged=true",
        "--profiling=false",
    ]


def _private_key() -> str:
    """Return a new key on the curve P-256, as PEM.

    Any number below the order of the curve is a private key, and the point that is its public
    half may be left out. Source: RFC 5915.
    """
    order_is_above = 0xFFFFFFFF00000000FFFFFFFF00000000
    scalar = (secrets.randbelow(order_is_above << 128) + 1).to_bytes(32, "big")
    curve = bytes.fromhex("a00a06082a8648ce3d030107")
    body = bytes.fromhex("0201010420") + scalar + curve
    text = b64encode(bytes((0x30, len(body))) + body).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n"


def _write_kubeconfig(cluster: Cluster) -> None:
    certificate = cluster.folder / "certificates" / "apiserver.crt"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "test",
                "cluster": {"server": cluster.url, "certificate-authority": str(certificate)},
            }
        ],
        "users": [{"name": "admin", "user": {"token": cluster.token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
    cluster.kubeconfig.write_text(json.dumps(config), "utf-8")


def _start(cluster: Cluster, name: str, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    with (cluster.folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(cluster.programs[name]), *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=cluster.folder,
            # A Ctrl-C at the terminal must end the tests first, and they then end the programs.
            start_new_session=True,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - it calls one function of the C library
        )


def _end_with_the_tests() -> None:
    """Have Linux end this process when the tests are killed and can end nothing any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_ready(
    cluster: Cluster, name: str, running: Sequence[tuple[str, "subprocess.Popen[bytes]"]]
) -> None:
    """Wait for the API server; see of the others only that they go on."""
    deadline = time.monotonic() + READY_LIMIT_S
    while True:
        for program, process in running:
            if process.poll() is not None:
                message = f"{program} has ended:\n{log_tail(cluster, program)}"
                raise ClusterError(message)
        if name != "kube-apiserver" or _answers(cluster):
            return
        if time.monotonic() > deadline:
            message = f"{name} is not ready:\n{log_tail(cluster, name)}"
            raise ClusterError(message)
        time.sleep(POLL_S)


def _answers(cluster: Cluster) -> bool:
    """Return whether the API server says that it is ready."""
    certificate = cluster.folder / "certificates" / "apiserver.crt"
    if not certificate.is_file():
        return False
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{cluster.url}/readyz", headers={"Authorization": f"Bearer {cluster.token}"}
    )
    try:
        trust = ssl.create_default_context(cafile=str(certificate))
        with urllib.request.urlopen(request, timeout=5, context=trust) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_LIMIT_S)


def remove(folder: Path) -> None:
    """Delete what a cluster has left; read-only files too."""
    shutil.rmtree(folder, ignore_errors=True)
