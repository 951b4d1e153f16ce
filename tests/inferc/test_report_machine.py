"""Diagnostics for other tools, read back by what reads them there."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.commands import call
from support.repository import ROOT

from inferc.dsl import Diagnostic, Severity, SourceFile, Span
from inferc.dsl.diagnostics import Edit, Fix, Label
from inferc.report.machine import FORMS, render

WRONG = "infer 1\nimport std.catalog as cat\n\ntopology desk {\n  device box { hardwar = 3 }\n}\n"
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")

TEXTS = st.text(min_size=0, max_size=40) | st.sampled_from(
    [
        "::error::x",
        "a\nb\r",
        "%0A",
        ",line=9",
        "]]>",
        "<x/>",
        "\x00\x1b[31m",
        "\ud7ff\U0001f600",
        '"',
    ]
)


@st.composite
def diagnostics(draw: st.DrawFn) -> list[Diagnostic]:
    """Return diagnostics with whatever a user may have written in them."""
    text = draw(st.text(min_size=1, max_size=60))
    source = SourceFile(draw(TEXTS.filter(bool)), text)
    found = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        span = Span(source, start, draw(st.integers(start, len(text))))
        found.append(
            Diagnostic(
                code=draw(st.sampled_from(["INF101", "INF402", "INF999"])),
                slug="some-thing",
                message=draw(TEXTS),
                span=draw(st.sampled_from([span, None])),
                severity=draw(st.sampled_from(list(Severity))),
                label=draw(TEXTS),
                labels=(Label(span, draw(TEXTS)),),
                notes=(draw(TEXTS),),
                help=draw(TEXTS),
                fixes=(Fix("do", (Edit(span, draw(TEXTS)),)),),
            )
        )
    return found


def read_sarif(text: str) -> dict[str, object]:
    """Return a SARIF document; its model reads every member of it, and no other."""
    from sarif_pydantic import Sarif

    data: dict[str, object] = json.loads(text)
    read = Sarif.model_validate(data).model_dump(by_alias=True, exclude_none=True, mode="json")
    assert _members(data) <= _members(read)
    return data


def _members(data: object, path: str = "") -> set[str]:
    if isinstance(data, dict):
        return {
            name
            for key, value in data.items()
            for name in {f"{path}.{key}", *_members(value, f"{path}.{key}")}
        }
    if isinstance(data, list):
        return {name for item in data for name in _members(item, path)}
    return set()


@settings(deadline=None, max_examples=60)
@given(found=diagnostics())
def test_sarif_is_sarif(found: list[Diagnostic]) -> None:
    (run,) = read_sarif(render(found, "sarif"))["runs"]  # type: ignore[misc]
    assert [item["ruleId"] for item in run["results"]] == [item.code for item in found]
    rules = run["tool"]["driver"]["rules"]
    for item in run["results"]:
        assert rules[item["ruleIndex"]]["id"] == item["ruleId"]


@settings(deadline=None, max_examples=100)
@given(found=diagnostics())
def test_a_workflow_command_is_one_line_and_holds_what_was_said(found: list[Diagnostic]) -> None:
    lines = render(found, "github").split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(found)
    for line, item in zip(lines, found, strict=True):
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = dict(part.split("=", 1) for part in match[2].split(","))
        assert pairs["title"] == f"{item.code} some-thing"
        assert set(pairs) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert _read(match[3]).startswith(item.message)


def _read(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@settings(deadline=None, max_examples=100)
@given(found=diagnostics())
def test_junit_counts_what_it_holds(found: list[Diagnostic]) -> None:
    (suite,) = ET.fromstring(render(found, "junit", files=["clean.infer"]))  # noqa: S314 - ours
    errors = [item for item in found if item.severity is Severity.ERROR]
    assert suite.get("tests") == str(len(suite))
    assert suite.get("failures") == str(len(errors)) == str(len(suite.findall(".//failure")))
    assert suite[0].get("classname") == "clean.infer"


def test_a_fix_is_an_edit_that_can_be_applied() -> None:
    source = SourceFile("a.infer", "one\ntwo three\n")
    span = Span(source, 8, 13)
    item = Diagnostic(
        code="INF101",
        slug="x",
        message="m",
        span=span,
        fixes=(Fix("write it", (Edit(span, "four"),)),),
    )
    document = json.loads(render([item], "sarif"))
    (change,) = document["runs"][0]["results"][0]["fixes"][0]["artifactChanges"]
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    line = source.text.split("\n")[region["startLine"] - 1]
    start, end = region["startColumn"] - 1, region["endColumn"] - 1
    assert line[:start] + replacement["insertedContent"]["text"] + line[end:] == "two four"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", ["check", "plan", "compile"])
def test_commands_have_the_forms(tmp_path: Path, form: str, command: str) -> None:
    path = tmp_path / "desk.infer"
    path.write_text(WRONG)
    extra = ("-o", tmp_path / "out") if command == "compile" else ()
    done = call(command, path, "--format", form, *extra)
    assert done.code == 1
    assert "hardwar" in done.out
    assert done.err == ""


def test_a_refusal_is_a_finding() -> None:
    done = call("plan", ROOT / "examples/impossible-pi/topology.infer", "--format", "sarif")
    assert done.code == 3
    found = read_sarif(done.out)
    assert "INF402" in json.dumps(found)


def test_a_file_without_errors_is_a_passed_test() -> None:
    path = ROOT / "examples/support-chat/topology.infer"
    (suite,) = ET.fromstring(call("check", path, "--format", "junit").out)  # noqa: S314 - ours
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert call("check", path, "--format", "github").out == ""


def test_each_line_of_an_sla_is_a_test(tmp_path: Path) -> None:
    example = ROOT / "examples/support-chat/topology.infer"
    (suite,) = ET.fromstring(call("plan", example, "--format", "junit").out)  # noqa: S314 - ours
    cases = {
        case.get("name"): case for case in suite if case.get("classname") == "support_chat.chat"
    }
    assert set(cases) == {"p95 ttft"}  # the other one is a wish
    assert cases["p95 ttft"].find("failure") is not None  # conditional: missed at the planned peak
    calm = tmp_path / "calm.infer"
    calm.write_text(example.read_text().replace("1000 req/min", "300 req/min"))
    (suite,) = ET.fromstring(call("plan", calm, "--format", "junit").out)  # noqa: S314 - ours
    (case,) = [case for case in suite if case.get("name") == "p95 ttft"]
    assert case.find("failure") is None
    assert "limit <= 500 ms" in str(case.findtext("system-out"))


@settings(deadline=None, max_examples=40)
@given(found=diagnostics())
def test_every_result_has_a_place_and_every_rule_its_texts(found: list[Diagnostic]) -> None:
    """GitHub refuses the whole of a file in which one has none."""
    (run,) = json.loads(render(found, "sarif", asked=["my designs/a.infer"]))["runs"]
    for result, item in zip(run["results"], found, strict=True):
        (place,) = result["locations"]
        place = place["physicalLocation"]
        if item.span is None:
            assert place["artifactLocation"]["uri"] == "my%20designs/a.infer"
        assert place["region"]["startLine"] >= 1
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "no.infer"),
        ("plan", "no.infer"),
        ("plan", "calm.infer", "--locked"),
        ("plan", "calm.infer", "--service", "chatt"),
        ("check", "calm.infer", "-p", "rate=1 bananas"),
    ],
)
def test_there_is_one_document_and_what_is_wrong_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    example = (ROOT / "examples/support-chat/topology.infer").read_text()
    text = example.replace("topology support_chat", "param rate: rate = 1 req/s\ntopology t")
    assert text != example
    Path("calm.infer").write_text(text)
    done = call(*arguments, "--format", form)
    assert (done.code, done.err) == (2, "")
    match form:
        case "sarif":
            (run,) = json.loads(done.out)["runs"]
            (result,) = [item for item in run["results"] if item["level"] == "error"]
            (place,) = result["locations"]
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri == arguments[1]
        case "junit":
            (suite,) = ET.fromstring(done.out)  # noqa: S314 - ours
            assert len([one for one in suite.iter("failure") if one.get("type") != "missed"]) == 1
            if arguments[1] == "no.infer":
                assert suite.find("testcase[@name='no errors']") is None
        case _:
            errors = [line for line in done.out.splitlines() if line.startswith("::error ")]
            assert len(errors) == 1
            assert "file=-p" not in done.out


@pytest.mark.parametrize("form", FORMS)
def test_a_report_goes_where_it_is_asked_to(tmp_path: Path, form: str) -> None:
    example = ROOT / "examples/support-chat/topology.infer"
    done = call("plan", example, "--format", form, "-o", tmp_path / "report")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "report").read_text() == call("plan", example, "--format", form).out
