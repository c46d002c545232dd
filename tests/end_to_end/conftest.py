"""A tiny community of one district with 40 children, small enough to write bad files for by hand; the demo and its truth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingestion.home import Home
from ingestion.warehouse_file import attach_warehouse
from tests.conftest import Deployment

COMMUNITY = """
    community: tinytown
    name: Tinytown
    school_years: {first: 2023, last: 2025}
    collections:
      annual: {maturity: final}
      fall: {maturity: interim}
    partners:
      tiny_schools: {title: Tiny Schools, sector: k12}
    disclosure: {minimum_denominator: 10}
    publication:
      community: {singles: all, pairs: all}
      district: {singles: all}
      school: {singles: [gender]}
    indicators: all
"""
AGREEMENTS = """
    agreements:
      tiny_2023:
        parties: [tiny_schools]
        purpose: to see who misses school
        extracts: all
        starts: 2023-01-01
        expires: 2099-12-31
"""
ATTENDANCE = """
    partner: tiny_schools
    entity: attendance
    title: Attendance totals
    agreement: tiny_2023
    file: "attendance_{school_year}_{collection}.*"
    key: [student_id, school_id]
    columns:
      student_id: {from: [Student], required: true, pii: direct}
      school_id: {from: [School], required: true}
      days_enrolled: {from: [Enrolled], type: decimal, between: [0, 366], required: true}
      days_absent: {from: [Absent], type: decimal, required: true}
    gate:
      - expect_column_pair_values_a_to_be_greater_than_b: {column_A: days_enrolled, column_B: days_absent, or_equal: true}
        severity: quarantine
    tolerance: {quarantined: 0.10, year_over_year: 0.30}
"""
ENROLLMENT = """
    partner: tiny_schools
    entity: enrollment
    title: Enrolments
    agreement: tiny_2023
    file: "enrollment_{school_year}_{collection}.csv"
    key: [student_id, school_id, entry_date]
    columns:
      student_id: {from: [Student], required: true, pii: direct}
      school_id: {from: [School], required: true}
      grade_level: {from: [Grade], required: true}
      entry_date: {from: [Entry], type: date, format: ["%m/%d/%Y", "%Y-%m-%d"], required: true}
      exit_date: {from: [Exit], type: date, format: ["%m/%d/%Y", "%Y-%m-%d"]}
      exit_code: {from: [Reason]}
    tolerance: {quarantined: 0.10, year_over_year: 0.30}
"""
CHILDREN = 40


def attendance(n: int = CHILDREN, absent: int = 3) -> str:
    """A good attendance file: children S001…, two schools, 180 days enrolled."""
    rows = [f"S{i:03d},{'North' if i % 2 else 'South'},180,{absent + i % 5}" for i in range(1, n + 1)]
    return "\n".join(["Student,School,Enrolled,Absent", *rows, ""])


def enrollment(year: int, n: int = CHILDREN) -> str:
    """A good enrolment file: everyone enters on one day, nobody leaves."""
    rows = [
        f"S{i:03d},{'North' if i % 2 else 'South'},{1 + i % 12:02d},08/15/{year - 1},,"
        for i in range(1, n + 1)
    ]
    return "\n".join(["Student,School,Grade,Entry,Exit,Reason", *rows, ""])


@pytest.fixture
def tinytown(tmp_path: Path) -> Deployment:
    """Configured, nothing sent yet."""
    here = Deployment(tmp_path)
    here.write("tinytown/community.yml", COMMUNITY)
    here.write("tinytown/agreements.yml", AGREEMENTS)
    here.write("tinytown/extracts/tiny_schools__attendance.yml", ATTENDANCE)
    here.write("tinytown/extracts/tiny_schools__enrollment.yml", ENROLLMENT)
    return here


@pytest.fixture
def loaded(tinytown: Deployment) -> Deployment:
    """The same with the attendance of 2024 in force."""
    done = tinytown.call("load", tinytown.send("attendance_2024_annual.csv", attendance()))
    assert done.exit_code == 0, done.output
    return tinytown


DEMO_CHILDREN = 3000
# a home of `milepost demo --children 3000` to read, instead of making one for these tests
DEMO_HOME = os.environ.get("MILEPOST_TEST_DEMO")
IDENTITY = """
create table identity as
select distinct true_person_id, person_id from truth.person inner join links using (partner_id, student_id)
"""
# the readiness test gives one row of five scores
ASSESSMENTS = """
create view assessments as
with scores as (
    select true_person_id, school_year, 'annual' as collection, 'kra' as assessment_id, 'screener' as assessment_type,
        test_date, case when part.domain is null then performance_level end as performance_level, false as
        is_held_back, part.domain, part.subject, part.scale_score
    from (
        select *, unnest([
            {'domain': null, 'subject': 'other', 'scale_score': overall},
            {'domain': 'language_and_literacy', 'subject': 'reading', 'scale_score': language_score},
            {'domain': 'mathematics', 'subject': 'math', 'scale_score': mathematics},
            {'domain': 'social_foundations', 'subject': 'other', 'scale_score': social},
            {'domain': 'physical_development', 'subject': 'other', 'scale_score': physical}
        ]) as part
        from truth.readiness
    )
)
from truth.assessment union all by name from scores
"""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, duckdb.DuckDBPyConnection]]:
    """`milepost demo` with few children, its marts attached as `warehouse` beside the truth in schema `truth`.

    `links` are the warehouse's own ids of persons by partner, `identity` those of children in schools and colleges.
    """
    here = Deployment(tmp_path_factory.mktemp("demo"))
    here.communities = Path(__file__).parents[2] / "communities"
    if DEMO_HOME:
        here.home = Path(DEMO_HOME)
    else:
        here.run("demo", "--children", str(DEMO_CHILDREN), seconds=3600)
    with duckdb.connect() as con:
        attach_warehouse(con, Home(here.home))
        con.execute("create schema truth")
        for table in (here.home / "demo" / "truth").glob("*.parquet"):
            con.execute(f"create table truth.{table.stem} as from '{table}'")
        con.execute(f"create table links as from '{here.home}/identity/person_links.parquet'")
        con.execute(IDENTITY)
        con.execute(ASSESSMENTS)
        yield here, con
