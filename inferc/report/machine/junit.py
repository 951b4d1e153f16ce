"""JUnit's XML: a test for each file and each finding, which every CI system shows.

Source: the schema of the Jenkins xUnit plugin, which the others follow,
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from inferc.dsl import Diagnostic, Severity

NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document can hold. Source: XML 1.0, production 2, Char."""


def to_junit(diagnostics: Sequence[Diagnostic], files: Sequence[str]) -> str:
    """Return a suite: a failed test for each error, a passed one for each file without.

    Warnings are passed tests with their text as output.
    """
    errors = [item for item in diagnostics if item.severity is Severity.ERROR]
    wrong = {_path(item) for item in errors}
    clean = [path for path in dict.fromkeys(files) if path not in wrong]
    others = [item for item in diagnostics if item.severity is not Severity.ERROR]
    suite = ET.Element(
        "testsuite",
        name="inferc",
        tests=str(len(errors) + len(others) + len(clean)),
        failures=str(len(errors)),
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
