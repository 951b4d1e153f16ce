"""JUnit's XML: a test for each file and each finding, which every CI system shows.

Source: the schema of the Jenkins xUnit plugin, which the others follow,
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET

from inferc.dsl import Diagnostic, Severity

if TYPE_CHECKING:
    from inferc.compiler.plan import Plan

NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document can hold. Source: XML 1.0, production 2, Char."""


class Case(NamedTuple):
    """A test that is no diagnostic: a line of an SLA."""

    where: str
    """The service: ``support_chat.chat``."""
    name: str
    text: str
    """What was predicted, and the limit."""
    missed: bool


def cases_of(plans: "Iterable[Plan]") -> tuple[Case, ...]:
    """Return a test for each line of an SLA that is asked for, not only wished."""
    from inferc.compiler.wording.amounts import line_amount, line_name

    return tuple(
        Case(
            where=f"{plan.topology}.{item.service.name}",
            name=line_name(margin.objective),
            text=f"predicted {line_amount(margin.predicted, margin.objective)}, limit "
            f"{margin.objective.operator} "
            f"{line_amount(margin.objective.limit.value, margin.objective)}",
            missed=margin.ratio > 1,
        )
        for plan in plans
        for item in plan.planned
        for margin in item.margins
        if margin.objective.hard
    )


def to_junit(
    diagnostics: Sequence[Diagnostic], files: Sequence[str], cases: Sequence[Case] = ()
) -> str:
    """Return a suite: a failed test for each error, a passed one for each file without.

    Warnings are passed tests with their text as output; so are ``cases`` that hold.
    """
    errors = [item for item in diagnostics if item.severity is Severity.ERROR]
    wrong = {_path(item) for item in errors}
    clean = [path for path in dict.fromkeys(files) if path not in wrong]
    others = [item for item in diagnostics if item.severity is not Severity.ERROR]
    suite = ET.Element(
        "testsuite",
        name="inferc",
        tests=str(len(errors) + len(others) + len(clean) + len(cases)),
        failures=str(len(errors) + sum(case.missed for case in cases)),
        errors="0",
    )
    for path in clean:
        ET.SubElement(suite, "testcase", classname=_plain(path), name="no errors")
    for item in errors:
        failure = ET.SubElement(_case(suite, item), "failure", message=_plain(item.message))
        failure.set("type", item.code)
        failure.text = _plain(_words(item))
    for item in others:
        ET.SubElement(_case(suite, item), "system-out").text = _plain(_words(item))
    for case in cases:
        test = ET.SubElement(suite, "testcase", classname=_plain(case.where), name=case.name)
        if case.missed:
            ET.SubElement(test, "failure", message=_plain(case.text), type="missed")
        else:
            ET.SubElement(test, "system-out").text = _plain(case.text)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, item: Diagnostic) -> ET.Element:
    where = f" at line {item.span.line}" if item.span is not None else ""
    name = f"{item.code} {item.slug}{where}"
    return ET.SubElement(suite, "testcase", classname=_plain(_path(item)), name=_plain(name))


def _path(item: Diagnostic) -> str:
    return "inferc" if item.span is None else item.span.source.path


def _words(item: Diagnostic) -> str:
    place = [] if item.span is None else [str(item.span)]
    help_line = [f"help: {item.help}"] if item.help else []
    return "\n".join((*place, item.message, *item.notes, *help_line))


def _plain(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
