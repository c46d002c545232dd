"""A tiny community of one district, its files, and a home, all in a temporary folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.home import Home
from orchestration import console, settings

COMMUNITY = """\
community: lakeside
name: Lakeside
school_years: {first: 2024, last: 2025}
collections:
  annual: {maturity: final}
  fall: {maturity: interim}
partners:
  north: {title: North District, sector: k12, district_id: "1"}
publication:
  community: {singles: all}
"""
AGREEMENTS = """\
agreements:
  all_in:
    parties: [north]
    purpose: tests
    starts: 2020-01-01
    expires: 2099-12-31
    retention_years: 7
"""
ATTENDANCE = """\
partner: north
entity: attendance
title: Attendance totals
agreement: all_in
expects: {annual: 08-15, fall: 11-15}
file: "attendance_{school_year}*.csv"
columns:
  student_id: {from: [StudentID]}
  school_id: {from: [School]}
  days_enrolled: {from: [Enrolled]}
  days_absent: {from: [Absent]}
tolerance: {quarantined: 0.5}
"""
PERSON = """\
partner: north
entity: person
title: Students
agreement: all_in
expects: {annual: 08-15}
file: "students_{school_year}.csv"
columns:
  student_id: {from: [StudentID]}
  state_student_id: {from: [StateID]}
  gender: {from: [Sex]}
"""
GOOD = "StudentID,School,Enrolled,Absent\n1,A,180,5\n2,A,180,20\n3,A,90,0\n4,B,180,1\n"
ONE_BAD_ROW = "StudentID,School,Enrolled,Absent\n1,A,180,5\n2,A,180,20\n3,A,990,0\n4,B,180,1\n"
NO_SCHOOL = "StudentID,Enrolled,Absent\n1,180,5\n"
STUDENTS = "StudentID,StateID,Sex\n1,S1,F\n2,S2,M\n3,S3,F\n4,,M\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    folder = tmp_path / "communities" / "lakeside"
    (folder / "extracts").mkdir(parents=True)
    (folder / "community.yml").write_text(COMMUNITY)
    (folder / "agreements.yml").write_text(AGREEMENTS)
    (folder / "extracts" / "north__attendance.yml").write_text(ATTENDANCE)
    (folder / "extracts" / "north__person.yml").write_text(PERSON)
    monkeypatch.setenv("MILEPOST_COMMUNITIES", str(tmp_path / "communities"))
    monkeypatch.setenv("MILEPOST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MILEPOST_PERSON_KEY", "a key for tests")
    monkeypatch.setenv("DAGSTER_HOME", "")  # set anew below; restored after the test
    monkeypatch.delenv("MILEPOST_WEBHOOK", raising=False)
    return settings.prepare_environment(Home(tmp_path / "home")).create()


@pytest.fixture
def drop(home: Home) -> Callable[[str, str], Path]:
    """Puts a file into the inbox."""

    def put(name: str, text: str) -> Path:
        path = home.inbox / name
        path.write_text(text)
        return path

    return put


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed goes to 80 columns; it is as wide as it needs to be otherwise."""
    for each in (console.out, console.err):
        monkeypatch.setattr(each, "_width", 80)
