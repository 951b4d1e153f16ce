"""``inferc explain --certificate``: what it prints, for whom, and how it ends."""

import json

from support import recompute
from support.commands import call
from support.repository import ROOT

CHAT = str(ROOT / "examples" / "support-chat" / "topology.infer")
PI = str(ROOT / "examples" / "impossible-pi" / "topology.infer")


def test_bounds_that_fail_are_proved_with_every_number() -> None:
    done = call("explain", "--certificate", PI)
    assert done.code == 0
    assert "INF402 the weights must fit" in done.out
    assert "fails: 131 GiB of 4 GiB, 32.9x too much" in done.out
    assert "= 68,451,041,280 * 2 + 2,102,665,216 * 2" in done.out
    assert done.err == ""


def test_bounds_that_hold_are_proved_too_with_the_room_they_leave() -> None:
    done = call("explain", "--certificate", CHAT, "chat")
    assert done.code == 0
    assert "fails" not in done.out
    assert "holds: 131 GiB of 640 GiB, 20.5%" in done.out
    assert "examples/support-chat/topology.infer:" in done.out


def test_the_data_is_what_other_code_works_out() -> None:
    for file in (PI, CHAT):
        done = call("explain", "--certificate", file, "--format", "json")
        bounds, steps, wrong = recompute.check(json.loads(done.out))
        assert wrong == []
        assert bounds >= 6
        assert steps > 100


def test_a_service_that_is_not_there_is_said_with_those_that_are() -> None:
    done = call("explain", "--certificate", CHAT, "chta")
    assert done.code == 2
    assert "has no service `chta`" in done.err
    assert "`chat`" in done.err


def test_a_file_that_is_not_there_is_an_error() -> None:
    done = call("explain", "--certificate", "nowhere.infer")
    assert done.code != 0
    assert "nowhere.infer" in done.err
    assert done.out == ""
