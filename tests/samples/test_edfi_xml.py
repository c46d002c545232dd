"""Ed-Fi's own sample interchanges, read as they are."""

import re
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.loading import load_contract
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source

pytestmark = pytest.mark.samples
ATTENDANCE = """\
partner: gbisd
entity: attendance
title: Events
agreement: a
file: "*.xml"
reader: {record: StudentSchoolAttendanceEvent}
columns:
  student_id: {sql: "json_extract_string(StudentReference, '$.StudentIdentity.StudentUniqueId')"}
  school_id: {sql: "json_extract_string(SchoolReference, '$.SchoolIdentity.SchoolId')"}
  days_enrolled: {value: "180"}
  days_absent: {sql: "json_extract_string(AttendanceEvent, '$.EventDuration')"}
ignore: [SessionReference, SchoolAttendanceDuration, ArrivalTime]
"""
STUDENTS = """\
partner: gbisd
entity: person
title: Students
agreement: a
file: "*.xml"
reader: {record: Student, lists: [Address]}
columns:
  student_id: {from: [StudentUniqueId]}
  last_name: {sql: "json_extract_string(Name, '$.LastSurname')"}
  birth_date: {sql: "json_extract_string(BirthData, '$.BirthDate')"}
  gender: {from: [Sex]}
  race_ethnicity: {from: [Race]}
  zip_code: {sql: "json_extract_string(Address, '$[0].PostalCode')"}
ignore: ["@id", StudentIdentificationCode, Telephone, ElectronicMail, HispanicLatinoEthnicity, Language,
  EconomicDisadvantaged, LimitedEnglishProficiency, SchoolFoodServicesEligibility, StudentCharacteristic,
  StudentIndicator, ProgramParticipation]
"""


def test_attendance_events_agree_with_a_count_of_the_text(samples: Path, tmp_path: Path) -> None:
    path = samples / "edfi_grand_bend_xml" / "StudentSchoolAttendance.xml"
    (tmp_path / "gbisd__attendance.yml").write_text(ATTENDANCE)
    contract = load_contract(tmp_path / "gbisd__attendance.yml")
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, path, [contract]), contract).table
        rows = con.execute(
            f"select count(*), count(distinct student_id), count(days_absent), max(_row_number) from {table}"
        ).fetchall()
    text = path.read_text(encoding="utf-8")
    events = text.count("<StudentSchoolAttendanceEvent>")
    children = len(set(re.findall(r"<StudentUniqueId>(\d+)<", text)))
    durations = text.count("<EventDuration>")
    assert events == 1917  # as the README of the sample says
    assert rows == [(events, children, durations, events)]


def test_students_agree_with_the_flattened_file(samples: Path, tmp_path: Path) -> None:
    folder = samples / "edfi_sdg_grand_bend_hs"
    (tmp_path / "gbisd__person.yml").write_text(STUDENTS)
    contract = load_contract(tmp_path / "gbisd__person.yml")
    path = folder / "Student-Grand_Bend_High_School.xml"
    with duckdb.connect() as con:
        table = map_source(con, read_source(con, path, [contract]), contract).table
        flat = f"read_csv('{folder / 'students_flattened.csv'}', all_varchar = true)"
        differing = con.execute(f"""
            select count(*) from {table} as ours full join {flat} as theirs
                on ours.student_id = theirs.StudentUniqueId
            where ours.last_name is distinct from theirs.LastSurname
                or ours.birth_date::varchar is distinct from theirs.BirthDate
                or ours.gender is distinct from theirs.Sex
                or ours.zip_code is distinct from theirs.PostalCode
        """).fetchall()
        assert con.execute(f"select count(*) from {table}").fetchall() == [(1400,)]
    assert differing == [(0,)]
