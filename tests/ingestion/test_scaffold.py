"""A drafted contract is a start: what is clear is filled in, what is not is asked for."""

import json
from pathlib import Path

import pytest

from ingestion.contract import load_contract
from ingestion.errors import ContractError, ReadError
from ingestion.scaffold import draft_contract, file_pattern


def drafted(folder: Path, name: str, text: str | bytes, entity: str) -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return draft_contract(path, "hill_schools", entity)


def test_a_draft_of_clear_headers_is_a_valid_contract(tmp_path: Path) -> None:
    rows = "Pupil,Campus,Days enrolled,Days missed,Lunch\nH1,Oak,180,4,F\n"
    text = drafted(tmp_path, "hill_attendance_2024-25_annual.csv", rows, "attendance")
    path = tmp_path / "hill_schools__attendance.yml"
    path.write_text(text)
    contract = load_contract(path)
    assert contract.file == "hill_attendance_{school_year}_{collection}.csv"
    assert {name: column.headers for name, column in contract.columns.items()} == {
        "student_id": ("Pupil",),
        "school_id": ("Campus",),
        "days_enrolled": ("Days enrolled",),
        "days_absent": ("Days missed",),
    }
    assert contract.ignore == ("Lunch",)


def test_what_is_not_found_is_asked_for_by_its_meaning(tmp_path: Path) -> None:
    text = drafted(tmp_path, "a.csv", "Pupil;Oddity\n1;2\n", "attendance")
    assert 'days_absent: {from: ["?"]}    # which header? Days absent for any reason' in text
    assert 'reader: {delimiter: ";"}' in text


def test_the_format_of_dates_is_read_off_the_rows_and_no_value_gets_into_the_draft(tmp_path: Path) -> None:
    rows = "Student ID,DOB,Sex,Zoë\nSECRET1,12/31/2015,F,\nSECRET2,1/2/2016,M,\n".encode("latin-1")
    text = drafted(tmp_path, "students.csv", rows, "person")
    assert 'birth_date: {from: ["DOB"], format: ["%m/%d/%Y"]}' in text
    assert 'gender: {from: ["Sex"]}' in text
    assert json.dumps(["Zoë"], ensure_ascii=False) in text
    assert "SECRET" not in text
    assert "2015" not in text


def test_workbooks_and_json_have_headers_too(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["StudentID", "School", "Enrolled", "Absent"])
    book.active.append(["1", "Oak", 180, 2])
    book.save(tmp_path / "a.xlsx")
    assert '["Absent"]' in draft_contract(tmp_path / "a.xlsx", "hill_schools", "attendance")
    lines = '{"StudentID": "1", "School": "Oak"}\n'
    assert '["School"]' in drafted(tmp_path, "a.ndjson", lines, "attendance")


def test_an_unknown_entity_and_a_file_without_headers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="Did you mean 'attendance'"):
        drafted(tmp_path, "a.csv", "x\n", "attendence")
    with pytest.raises(ReadError, match="no headers"):
        drafted(tmp_path, "a.csv", "\n", "attendance")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("att_2025.csv", "att_{school_year}.csv"),
        ("att_202425_FALL.csv.gz", "att_{school_year}_{collection}.csv.gz"),
        ("students.xlsx", "students.xlsx"),
        ("downfall_1234.csv", "downfall_1234.csv"),
    ],
)
def test_a_files_name_becomes_a_pattern(name: str, pattern: str) -> None:
    assert file_pattern(name) == pattern
