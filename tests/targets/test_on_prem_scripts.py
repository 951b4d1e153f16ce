"""The scripts for a machine, run with doubles of what only such a machine has."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.boxes import box, files

OWNERS = """#!/bin/sh
# Makes folders as install would, and leaves owners alone: only root may give files away.
while [ "$#" -gt 0 ]; do
  case $1 in
    -d) ;;
    -m | -o | -g) shift ;;
    *) mkdir -p "$1" ;;
  esac
  shift
done
"""
NOTHING = "#!/bin/sh\nexit 0\n"

MACHINE: Mapping[str, str] = {
    "docker": NOTHING,
    "nvidia-ctk": NOTHING,
    "ss": NOTHING,
    "df": "#!/bin/sh\necho header\necho x 9 9 99999999999 9 /\n",
    "awk": '#!/bin/sh\ncase "$*" in *MemTotal*) echo 512 ;; *) exec /usr/bin/awk "$@" ;; esac\n',
    "nvidia-smi": "#!/bin/sh\nfor _ in 1 2 3 4 5 6 7 8; do echo 'NVIDIA A100-SXM4-80GB'; done\n",
}
"""What a machine that is fine answers."""


def run(
    folder: Path, script: str, text: str, doubles: Mapping[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    """Run ``text`` with programs that come before those of this machine."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, body in doubles.items():
        (programs / name).write_text(body, "utf-8")
        (programs / name).chmod(0o755)
    path = folder / script
    path.write_text(text, "utf-8")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", **more}
    return subprocess.run(
        ["/bin/sh", path],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )


def setup(folder: Path, **more: str) -> Path:
    """Return the folder that the script has set up."""
    place = folder / "srv"
    text = files(box(), directory=str(place))["setup.sh"]
    done = run(folder, "setup.sh", text, {"install": OWNERS, "chown": NOTHING}, **more)
    assert done.returncode == 0, done.stderr
    return place


def test_setup_makes_what_the_containers_find(tmp_path: Path):
    place = setup(tmp_path, HF_TOKEN="a-token")  # noqa: S106 - no secret
    made = {path.relative_to(place).as_posix() for path in place.rglob("*")}
    assert {"models", "cache/chat-0", "cache/chat-1", "prometheus", "grafana"} <= made
    token, password = place / "secrets/hf-token", place / "secrets/grafana-admin"
    assert token.read_text("utf-8") == "a-token"
    assert len(password.read_text("utf-8").strip()) == 32
    assert {path.stat().st_mode & 0o777 for path in (token, password)} == {0o400}


def test_setup_again_keeps_the_secrets(tmp_path: Path):
    place = setup(tmp_path)
    before = (place / "secrets/grafana-admin").read_bytes()
    for token in ("first", "second"):
        setup(tmp_path, HF_TOKEN=token)
        assert (place / "secrets/grafana-admin").read_bytes() == before
        # Nobody who forgot the token has to find and delete an empty file.
        assert (place / "secrets/hf-token").read_bytes() == b"first"


def test_every_mount_of_the_machine_is_set_up(tmp_path: Path):
    import yaml

    place = setup(tmp_path)
    text = files(box(), directory=str(place))["compose.yaml"]
    for one in yaml.safe_load(text)["services"].values():
        for mount in one.get("volumes", ()):
            if not mount["source"].startswith("./"):
                assert Path(mount["source"]).exists(), mount["source"]


def test_every_mount_of_configuration_is_emitted():
    import yaml

    found = files(box())
    for one in yaml.safe_load(found["compose.yaml"])["services"].values():
        for mount in one.get("volumes", ()):
            if mount["source"].startswith("./"):
                path = mount["source"].removeprefix("./")
                assert any(name == path or name.startswith(f"{path}/") for name in found), path


def test_preflight_is_content_with_a_machine_that_has_everything(tmp_path: Path):
    done = run(tmp_path, "preflight.sh", files(box())["preflight.sh"], MACHINE)
    assert done.returncode == 0, done.stdout
    assert "lacking" not in done.stdout


@pytest.mark.parametrize(
    ("name", "body", "lacks"),
    [
        ("docker", "#!/bin/sh\nexit 1\n", "Docker with Compose"),
        ("nvidia-smi", "#!/bin/sh\necho 'NVIDIA A100-SXM4-80GB'\n", "4 GPUs"),
        ("nvidia-smi", MACHINE["nvidia-smi"].replace("A100", "H100"), "GPUs of the kind"),
        ("awk", MACHINE["awk"].replace("echo 512", "echo 8"), "GiB of memory"),
        ("df", "#!/bin/sh\necho header\necho x 9 9 1048576 9 /\n", "GiB of disk"),
        ("ss", "#!/bin/sh\necho LISTEN\n", "port 8000, free"),
    ],
)
def test_preflight_names_what_lacks(name: str, body: str, lacks: str, tmp_path: Path):
    doubles = {**MACHINE, name: body}
    done = run(tmp_path, "preflight.sh", files(box())["preflight.sh"], doubles)
    assert done.returncode == 1
    assert any(lacks in line for line in done.stdout.splitlines() if line.startswith("lacking"))
