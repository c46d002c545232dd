"""A small community on disk for the tests of this package: one district, two extracts."""

from pathlib import Path
from textwrap import dedent

from ingestion.configuration.community import Communities, load_communities

COMMUNITY = """
    community: millbrook
    name: Millbrook
    school_years: {first: 2023, last: 2025}
    collections:
      annual: {maturity: final}
      fall: {maturity: interim}
    partners:
      mill_schools: {title: Mill Schools, sector: k12, district_id: M1}
      mill_clinic: {title: Mill Clinic, sector: health}
    disclosure: {minimum_denominator: 12}
    publication:
      community: {singles: all, pairs: all}
      school: {singles: [gender], pairs: [gender_x_disability]}
"""
AGREEMENTS = """
    agreements:
      mill_2023:
        parties: [mill_schools]
        purpose: to see who misses school
        extracts: all
        starts: 2023-01-01
        expires: 2026-06-30
        retention_years: 7
      clinic_2023:
        parties: [mill_clinic]
        purpose: to see who is well
        extracts: [mill_clinic.person]
        starts: 2023-01-01
        expires: 2099-12-31
"""
ATTENDANCE = """
    partner: mill_schools
    entity: attendance
    title: Attendance totals
    agreement: mill_2023
    expects: {annual: 08-15, fall: 11-15}
    files: ["attendance_{school_year}.csv", "attendance_{school_year}_{collection}.csv"]
    key: [student_id, school_id]
    columns:
      student_id: {from: [Student, StudentID]}
      school_id: {from: [School]}
      days_enrolled: {from: [Enrolled], type: integer}
      days_absent: {sql: "try_cast(Enrolled as integer) - try_cast(Present as integer)"}
"""
PERSON = """
    partner: mill_schools
    entity: person
    title: Students
    agreement: mill_2023
    file: "students*.csv"
    columns:
      student_id: {from: [Student]}
      gender: {from: [Sex], in: [01, 02]}
    school_year: {from: [Year]}
"""


def write_community(folder: Path, **files: str) -> Path:
    """Write Millbrook below `folder`; `files` replace its files or add to them."""
    texts = {
        "community.yml": COMMUNITY,
        "agreements.yml": AGREEMENTS,
        "extracts/mill_schools__attendance.yml": ATTENDANCE,
        "extracts/mill_schools__person.yml": PERSON,
    }
    for name, text in (texts | files).items():
        path = folder / "millbrook" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
    return folder


def millbrook(folder: Path, **files: str) -> Communities:
    return load_communities(write_community(folder, **files))
