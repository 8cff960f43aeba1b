"""Every public report of the table has its input, and every input its report."""

from __future__ import annotations

import re

from tests.whole_way.reports.rates import RATES
from tests.whole_way.reports.sounds import SOUNDS
from tests.whole_way.reports.table import REPORTS
from tests.whole_way.reports.test_report_files import DIRECTORIES, TABLES
from tests.whole_way.reports.texts import TEXTS


def test_every_report_has_its_case() -> None:
    cases = [*SOUNDS, *DIRECTORIES, *TABLES, *TEXTS, *RATES]
    assert len(cases) >= 60
    assert [report.id for report in REPORTS] == cases


def test_every_report_names_its_thread() -> None:
    for report in REPORTS:
        assert re.fullmatch(r"\S.*? #\d+", report.thread), report
        assert report.statement.endswith(".") and report.answer.endswith("."), report
