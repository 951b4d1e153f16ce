"""The command line around the commands: help, mistakes, streams, interruptions."""

import json
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from support.commands import call, run

from inferc import __version__
from inferc.cli import main
from inferc.cli.internal_error import report
from inferc.cli.runner import load, plain_arguments
from inferc.cli.table import COMMANDS, EXIT_CODES


def test_version() -> None:
    done = call("version")
    assert (done.code, done.out, done.err) == (0, f"inferc {__version__}\n", "")
    assert call("--version") == call("-V") == done


def test_version_as_json() -> None:
    done = call("version", "--json")
    assert json.loads(done.out)["inferc"] == __version__
    assert json.loads(done.out)["format_version"] == "1.0"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_names_every_command_and_exit_code(arguments: tuple[str, ...]) -> None:
    done = call(*arguments)
    assert done.code == 0
    assert all(f"  {name} " in done.out for name in COMMANDS)
    assert all(text in done.out for text in EXIT_CODES.values())
    assert all(len(line) <= 100 for line in done.out.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches(name: str) -> None:
    done = call(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: inferc {name}")
    assert COMMANDS[name] in " ".join(done.out.split())
    assert "Examples:" in done.out
    assert f"inferc {name}" in done.out.partition("Examples:")[2]
    assert call("help", name) == done


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_over_two_lines_can_be_pasted(name: str) -> None:
    lines = load(name)[0].EPILOG.splitlines()
    for first, second in pairwise(lines):
        if second.startswith("    --"):
            assert first.endswith("\\")


MISTAKES = [
    # arguments, what standard error says
    (("chekc", "a.infer"), "did you mean `inferc check`?"),
    (("topology.infer",), "`inferc plan topology.infer`"),
    (("frobnicate",), "inferc --help"),
    (("--colour",), "there is no option `--colour`"),
    (("check",), "PATH"),
    (("check", "a.infer", "--bogus"), "--bogus"),
    (("plan", "a.infer", "-p", "novalue"), "NAME=VALUE"),
    (("plan", "a.infer", "--deny", "everything"), "assumption:low"),
    (("plan", "a.infer", "--format", "yaml"), "yaml"),
    (("compile", "a.infer", "-t", "kubernets"), "did you mean kubernetes?"),
    (("compile", "a.infer", "-t", ","), "name one of kubernetes"),
    (("explain",), "CODE|FILE"),
    (("explain", "INF999"), "there is no diagnostic `INF999`"),
    (("check", "no-such.infer"), "INF720"),
    (("plan", "no-such.infer"), "INF720"),
    (("compile", "no-such.infer"), "INF720"),
    (("graph", "no-such.infer"), "INF720"),
    (("fmt", "no-such.infer"), "INF720"),
    (("explain", "no-such.infer", "chat.replicas"), "INF720"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_a_mistake_of_the_command_ends_with_2(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_inferc_is_reported_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as fault:
        {}["chat"]
    assert report(fault.value) == 2
    said = capsys.readouterr().err
    assert "error[INF900]" in said
    assert "KeyError: 'chat'" in said
    assert "test_cli_basics.py" in said


def test_a_fault_shows_its_traceback_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERC_DEBUG", "1")
    with pytest.raises(KeyError):
        report(KeyError("chat"))


@pytest.mark.parametrize("flags", [(), ("--format", "human")], ids=["plain", "parsed"])
def test_no_fault_ends_in_a_traceback(flags: tuple[str, ...], tmp_path: Path) -> None:
    """A broken installation, here a module that cannot be imported, is the fault at hand."""
    program = (
        "import sys; sys.modules['inferc.compiler.pipeline'] = None\n"
        "from inferc.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", tmp_path / "a.infer", *flags],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "error[INF900]" in done.stderr
    assert "Traceback" not in done.stderr


PLAIN = [
    # command, arguments, what the function is called with; None: the parser must look at them
    ("check", ["a", "b"], (["a", "b"],)),
    ("check", ["-"], (["-"],)),
    ("check", [], None),
    ("check", ["a", "--format", "json"], None),
    ("check", ["--help"], None),
    ("plan", ["a"], ("a",)),
    ("plan", ["a", "b"], None),
    ("plan", [], None),
    ("init", [], ()),
    ("init", ["a"], ("a",)),
    ("explain", ["INF402"], ("INF402",)),
    ("explain", ["a.infer", "chat.replicas"], ("a.infer", "chat.replicas")),
    ("version", [], ()),
]


@pytest.mark.parametrize(("name", "arguments", "values"), PLAIN)
def test_arguments_without_flags_need_no_parser(
    name: str, arguments: list[str], values: tuple[object, ...] | None
) -> None:
    assert plain_arguments(load(name)[1], arguments) == values


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")
class TestStreams:
    """What happens to the streams and the process from outside."""

    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        listing = (
            "import time; time.sleep(0.3)\n"
            "from inferc.cli import main; raise SystemExit(main(['explain', '--list']))"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", listing], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.close()
        _, err = process.communicate()
        assert process.returncode == 141
        assert err == b""

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
    def test_a_full_disk_is_said(self) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "inferc", "--help"],
                check=False,
                stdout=full,
                stderr=subprocess.PIPE,
            )
        assert done.returncode == 2
        assert b"cannot be written: No space left on device" in done.stderr
        assert b"Traceback" not in done.stderr

    def test_a_closed_standard_output_is_no_fault(self) -> None:
        command = f'"{sys.executable}" -m inferc version >&-'
        done = subprocess.run(["sh", "-c", command], check=False, capture_output=True)  # noqa: S607
        assert done.returncode in {0, 2}
        assert b"Traceback" not in done.stderr

    @pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_ends_it_quietly(self, sent: signal.Signals, code: int) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "inferc", "check", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell has its background jobs ignore interrupts, and what they start inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads
        )
        assert process.stdin is not None
        process.stdin.write(b"#" * (1 << 18))  # more than a pipe holds: now it reads
        process.stdin.flush()
        process.send_signal(sent)
        _, err = process.communicate()
        assert process.returncode == code
        assert b"Traceback" not in err

    def test_results_are_utf8_in_any_locale(self) -> None:
        world = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        done = run("explain", "--list", world=world)
        assert done.code == 0
        assert "INF900" in done.out


def test_a_closed_standard_input_is_said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # as the interpreter has it after `<&-`
    for command in ("check", "plan", "fmt"):
        assert main([command, "-"]) == 2
        assert "INF723" in capfd.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_standard_error_that_takes_nothing_leaves_the_exit_code() -> None:
    command = f'"{sys.executable}" -m inferc plan no.infer 2>/dev/full'
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 2  # noqa: S607


def test_a_name_that_is_no_text_is_data(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"n\xff.infer")
    path.write_text("infer 1\ntopology x {", encoding="utf-8")
    done = run("check", str(path), "--format", "sarif")
    assert done.code == 1
    (result, *_) = json.loads(done.out)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"].endswith("/n%FF.infer")


def test_the_module_runs() -> None:
    assert run("version").out == f"inferc {__version__}\n"
