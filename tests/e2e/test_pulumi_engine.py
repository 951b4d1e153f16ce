"""Emitted Pulumi programs under the true engine: preview, up, up again, another plan, destroy.

It needs `pulumi` on PATH, and the network for the SDKs and for the provider's plugin. The cluster
is that of the other tests here, and the state is in a folder of the test: nothing else is touched.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import cluster_checks, cluster_deploy, cluster_plans
from support.cluster import Cluster, storage_class
from support.pulumi_monitor import Stack

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "support-chat" / "topology.infer"
CLASS = "pulumi-test"
COMMAND_LIMIT_S = 900
ANOTHER_PLAN = """
  pin {
    chat.tensor_parallel = 8 because "a plan that differs"
  }
}
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program in a folder, with a stack whose state is in another."""

    tree: cluster_plans.Tree
    source: Path
    out: Path
    cluster: Cluster
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where the program is."""
        return self.tree.folder

    def pulumi(self, *words: str, folder: Path | None = None) -> str:
        """Run the engine; return what it writes."""
        return self.run("pulumi", *words, "--non-interactive", folder=folder)

    def run(self, *command: str, folder: Path | None = None) -> str:
        """Run a program beside the emitted one; whatever fails is told in full."""
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_LIMIT_S,
        )
        told = f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, told
        return done.stdout

    def output(self, name: str) -> object:
        """Return one output of the stack."""
        return json.loads(self.pulumi("stack", "output", name, "--json"))

    def topology(self) -> cluster_plans.Tree:
        """Compile the source again, into the same folder."""
        [found] = cluster_plans.write_trees(self.source, self.out, "pulumi")
        return found

    def check_pods(self, tree: cluster_plans.Tree) -> None:
        """Wait for exactly the planned pods."""
        wanted = cluster_plans.wanted(tree.topology)

        def lacking() -> str:
            seen = cluster_checks.look(self.cluster, "support-chat")
            found = [item for one in wanted for item in cluster_checks.count_problems(seen, one)]
            return "\n".join([*found, *cluster_checks.pod_problems(seen)])

        self.cluster.wait("the planned pods", lacking)


@pytest.fixture(scope="module")
def engine() -> str:
    """Return the engine; this is the one thing that CI may lack."""
    found = shutil.which("pulumi")
    if found is None:
        pytest.skip("no `pulumi` on PATH: see https://www.pulumi.com/docs/install/")
    return found


@pytest.fixture(scope="module")
def program(
    engine: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    del engine
    folder = tmp_path_factory.mktemp("engine")
    (folder / "state").mkdir()
    source = folder / "topology.infer"
    # Its volumes are bound at once: the provider waits for that, and for nothing else of them.
    text = EXAMPLE.read_text("utf-8")
    assert "platform = kubernetes\n" in text
    named = f'platform = kubernetes\n    storage_class = "{CLASS}"\n'
    source.write_text(text.replace("platform = kubernetes\n", named), "utf-8")
    [tree] = cluster_plans.write_trees(source, folder / "out", "pulumi")
    made = Program(
        tree=tree,
        source=source,
        out=folder / "out",
        cluster=cluster,
        environment={
            **cluster.environment,
            "HOME": os.environ["HOME"],  # plugins are kept there
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
    )
    documents = list(Stack(project="support-chat").preview(tree.folder).objects.values())
    cluster.need_kinds(documents)
    cluster.apply([{**storage_class(CLASS), "volumeBindingMode": "Immediate"}])
    cluster.add_volumes(cluster_plans.of_kind(documents, "PersistentVolumeClaim"))
    space = cluster_deploy.namespace_of(documents)
    nodes = cluster_plans.nodes_of(tree.topology)
    with cluster.nodes(nodes), cluster.cleared(space):
        yield made
        cluster.kubectl("delete", "priorityclass", "--ignore-not-found", *classes(documents))
        cluster.kubectl("delete", "storageclass", CLASS)


def classes(documents: list[dict[str, object]]) -> list[str]:
    """Return the names of the priority classes."""
    found = [one for one in documents if one["kind"] == "PriorityClass"]
    return [str(one["metadata"]["name"]) for one in found]  # type: ignore[index]


def test_the_true_sequence(program: Program) -> None:
    """What a person does with a program, from the first day to the last."""
    program.pulumi("install")
    program.pulumi("stack", "init", "dev")
    program.pulumi("config", "set", "maxReplicas.chat", "9", "--path")  # more than is planned
    program.pulumi("preview")

    program.pulumi("up", "--yes", "--skip-preview")
    program.check_pods(program.tree)
    assert program.output("planDigest") == program.tree.topology.digest
    assert program.output("endpoints") == {"chat": "http://chat.support-chat.svc"}
    program.cluster.tally.names.append("support_chat by the true Pulumi engine")

    program.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")

    mine = (program.folder / "Pulumi.dev.yaml").read_text("utf-8")
    text = program.source.read_text("utf-8")
    program.source.write_text(text.rstrip().removesuffix("}") + ANOTHER_PLAN, "utf-8")
    other = program.topology()
    assert other.topology.digest != program.tree.topology.digest
    assert (program.folder / "Pulumi.dev.yaml").read_text("utf-8") == mine
    program.pulumi("up", "--yes", "--skip-preview")
    program.check_pods(other)
    assert program.output("planDigest") == other.topology.digest

    program.pulumi("refresh", "--yes", "--skip-preview")
    program.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")

    pack = program.folder / "policy"
    program.run(sys.executable, "-m", "venv", ".venv", folder=pack)
    program.run(".venv/bin/pip", "install", "-q", "-r", "requirements.txt", folder=pack)
    program.pulumi("preview", "--policy-pack", "policy")

    program.pulumi("destroy", "--yes", "--skip-preview")
    assert not program.cluster.exists("namespace", "support-chat")
    for name in classes(
        list(Stack(project="support-chat").preview(program.folder).objects.values())
    ):
        assert not program.cluster.exists("priorityclass", name)
    program.pulumi("stack", "rm", "dev", "--yes")
