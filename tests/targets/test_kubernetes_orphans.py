"""The script that lists what earlier plans left, run with a kubectl that knows a few objects."""

import os
import subprocess
from pathlib import Path

import pytest
from support import topologies
from support.kubernetes import objects
from support.kubernetes import one as only

from inferc.compiler.topology import Topology
from inferc.targets.kubernetes.emitter import TARGET

KUBECTL = """#!/bin/sh
if [ "$1" != get ]; then echo "it may only read" >&2; exit 9; fi
kind=$2
case $kind in
{cases}
*) echo "error: the server doesn't have a resource type \\"$kind\\"" >&2; exit 1 ;;
esac
"""

CLAIM = only(objects(topologies.support_chat()), "PersistentVolumeClaim")["metadata"]["name"]

HELD = {
    "deployment.apps": ("deployment.apps/chat",),
    "service": ("service/chat",),
    "persistentvolumeclaim": (f"persistentvolumeclaim/{CLAIM}",),
}
"""Part of what the topology consists of."""


def run(
    tmp_path: Path, held: dict[str, tuple[str, ...]], topology: Topology | None = None
) -> tuple[int, str]:
    """Return exit code and output of the script on a cluster that holds ``held``."""
    emitted = TARGET.emit(topology or topologies.support_chat(), {})
    (script,) = (one for one in emitted.artifacts if one.path == "orphans.sh")
    assert script.executable
    (tmp_path / "orphans.sh").write_bytes(script.content)
    cases = (
        f"{kind}) {'; '.join(f'echo {name}' for name in names)} ;;" for kind, names in held.items()
    )
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL.format(cases="\n".join(cases)), "utf-8")
    kubectl.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "orphans.sh")],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_what_is_planned_is_not_listed(tmp_path: Path) -> None:
    assert run(tmp_path, HELD) == (0, "")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("deployment.apps", "deployment.apps/tagger"),
        ("deployment.apps", "deployment.apps/chat-2"),
        ("networkpolicy.networking.k8s.io", "networkpolicy.networking.k8s.io/old"),
        ("priorityclass.scheduling.k8s.io", "priorityclass.scheduling.k8s.io/support-chat-old"),
    ],
)
def test_what_is_left_is_listed_with_the_command_that_deletes_it(
    kind: str, name: str, tmp_path: Path
) -> None:
    code, out = run(tmp_path, {**HELD, kind: (*HELD.get(kind, ()), name)})
    assert code == 1
    assert out == (
        f"left     {name}\n\nTo delete what is left:\n  kubectl -n support-chat delete {name}\n"
    )


def test_a_volume_is_named_apart_and_by_no_other_command(tmp_path: Path) -> None:
    volume, job = "persistentvolumeclaim/tagger-weights", "job.batch/tagger-prefetch-0"
    held = {**HELD, "persistentvolumeclaim": (volume,), "job.batch": (job,)}
    code, out = run(tmp_path, held)
    assert code == 1
    assert f"volume   {volume}\n" in out
    commands = [line.strip() for line in out.splitlines() if line.startswith("  kubectl")]
    assert commands == [
        f"kubectl -n support-chat delete {job}",
        f"kubectl -n support-chat delete {volume}",
    ]
    assert "Volumes stay until somebody deletes them, with the data that they hold" in out


def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    held = {**HELD, "service": ("error: not allowed >&2; exit 1",)}
    code, out = run(tmp_path, held)
    assert code == 2
    assert out.startswith("unseen   service: ")


@pytest.mark.parametrize("name", ["pipelined", "two_services"])
def test_every_object_that_is_emitted_is_known(name: str, tmp_path: Path) -> None:
    import yaml

    topology = topologies.every()[name]
    held: dict[str, tuple[str, ...]] = {}
    for one in TARGET.emit(topology, {}).artifacts:
        if not one.path.endswith(".yaml") or one.path.endswith("kustomization.yaml"):
            continue
        for document in yaml.safe_load_all(one.content):
            if "metadata" in document:
                group = document["apiVersion"].rpartition("/")[0]
                kind = f"{document['kind'].lower()}{'.' if group else ''}{group}"
                held[kind] = (*held.get(kind, ()), f"{kind}/{document['metadata']['name']}")
    assert "deployment.apps" in held or "leaderworkerset.leaderworkerset.x-k8s.io" in held
    assert run(tmp_path, held, topology) == (0, "")
