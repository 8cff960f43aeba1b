"""A summary as JUnit XML, which CI systems show as tests: a suite per artefact, a case per gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from reports.summaries.declare import Summary, plain_text
from reports.transcripts import visible


class _Case(NamedTuple):
    """A test of a suite; it failed where there is a failure."""

    name: str
    failure: str | None = None


def junit(summaries: Sequence[Summary]) -> str:
    """One test suite per artefact: its gates, its faults, and the headline as its output."""
    root = Xml.Element("testsuites")
    for summary in summaries:
        _add_suite(root, summary)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _add_suite(root: Xml.Element, summary: Summary) -> None:
    cases = list(_cases(summary))
    failed = sum(case.failure is not None for case in cases)
    name = visible(f"{summary.kind} {summary.directory}")
    counts = {"name": name, "tests": f"{len(cases)}", "failures": f"{failed}", "errors": "0"}
    suite = Xml.SubElement(root, "testsuite", counts)
    for case in cases:
        element = Xml.SubElement(suite, "testcase", classname=name, name=visible(case.name))
        if case.failure is not None:
            Xml.SubElement(element, "failure", message=visible(case.failure))
    alerts = [f"{alert.level}: {alert.what}" for alert in summary.headline.alerts]
    lines = "\n".join(map(visible, [plain_text(summary.headline.sentence), *alerts]))
    Xml.SubElement(suite, "system-out").text = lines


def _cases(summary: Summary) -> Iterator[_Case]:
    for gate in summary.gates:
        yield _Case(gate.gate, gate.figure if gate.failed else None)
    faults = [alert.what for alert in summary.headline.alerts if alert.level == "fault"]
    yield _Case("no fault", "\n".join(faults) or None)
