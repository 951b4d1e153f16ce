"""What others run: the hooks of pre-commit, and the workflow of the docs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.commands import call
from support.repository import ROOT

WORKFLOW = ROOT / "docs/ci/github.yml"
EXAMPLE = ROOT / "examples/cloud-instances/topology.infer"


def test_pre_commit_reads_the_hooks() -> None:
    from pre_commit.clientlib import load_manifest  # type: ignore[import-untyped]

    hooks = {hook["id"]: hook for hook in load_manifest(ROOT / ".pre-commit-hooks.yaml")}
    assert set(hooks) == {"inferc-fmt", "inferc-check", "inferc-locked"}


@pytest.mark.parametrize("hook", yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()))
def test_the_command_of_a_hook_runs_on_a_file(hook: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "topology.infer"
    path.write_bytes(EXAMPLE.read_bytes())
    call("lock", path)
    program, *words = hook["entry"].split()
    assert program == "inferc"
    assert call(*words, path).code == 0
    path.write_text(path.read_text().replace("= 12 req/s", "= 40 rq/s"))
    assert call(*words, path).code != 0 or hook["id"] == "inferc-fmt"


def test_github_takes_the_workflow() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.github-workflows",
            WORKFLOW,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_steps_of_the_workflow_do_what_they_say(tmp_path: Path) -> None:
    """Each step but the installation, in a repository with a base branch and a change."""
    work, programs = tmp_path / "work", tmp_path / "programs"
    work.mkdir()
    programs.mkdir()
    stand_in(programs / "gh", 'printf "%s\\n" "$@" > "$RECORD"')
    stand_in(programs / "inferc", f'exec {sys.executable} -m inferc "$@"')
    (work / "topology.infer").write_bytes(EXAMPLE.read_bytes())
    git(work, "init", "-q", "-b", "main")
    commit(work)
    git(work, "update-ref", "refs/remotes/origin/main", "main")
    path = work / "topology.infer"
    path.write_text(path.read_text().replace("= 12 req/s", "= 14 req/s"))
    call("lock", path)
    commit(work)
    world = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "RECORD": str(tmp_path / "asked"),
        "DESIGN": "topology.infer",
        "BASE": "origin/main",
        "NUMBER": "7",
    }
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["plan"]["steps"]
    ran = [step for step in steps if "run" in step and step["name"] != "Install"]
    assert [step["name"] for step in ran] == ["Check", "Plan", "Say what changes"]
    for step in ran:
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],  # noqa: S607 - as the runner has it
            cwd=work,
            env=world,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{step['name']}: {done.stdout}{done.stderr}"
    assert (tmp_path / "asked").read_text().splitlines()[:3] == ["pr", "comment", "7"]
    assert "| decisions |" in (work / "changes.md").read_text()


def test_a_comment_says_nothing_that_is_read_as_markup(tmp_path: Path) -> None:
    path = tmp_path / "a.infer"
    path.write_bytes(EXAMPLE.read_bytes())
    lines = call("diff", path, "--env", "dev", "--format", "markdown").out.splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert rows
    assert all(line.replace("\\|", "").count("|") == rows[0].count("|") for line in rows)
    assert json.loads(call("diff", path, "--env", "dev", "--format", "json").out)["differs"]


def stand_in(path: Path, command: str) -> None:
    """Write a program that stands for one that a runner has."""
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def git(folder: Path, *words: str) -> None:
    """Run git in ``folder``."""
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)  # noqa: S607


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "one")
