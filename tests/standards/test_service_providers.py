"""Program rosters, sign-in sheets and hours by month, from CSV and from workbooks with titles and notes."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from one_partner import OnePartner, failed_rules, write_csv

ROSTER = "Participant ID,First Name,Last Name,DOB,Gender,Program,Program Type,Site,Start Date,End Date,Sessions Attended,Total Hours"
LOG = "Participant ID,Program ID,Program,Site,Date,Attended,Hours"


def test_a_roster_tells_of_people_programs_and_dosage(partner: OnePartner) -> None:
    partner.contract("program_roster")
    path = write_csv(
        partner.sent / "ours_roster_2025.csv",
        ROSTER,
        [
            "1,Ada,Lee,4/2/2015,F,Reading Buddies,Tutoring,Oak,9/3/2024,6/1/2025,40,30.5",
            "2,Bo,Lim,5/3/2015,M,Reading Buddies,Tutoring,Oak,9/3/2024,,12,",
            "1,Ada,Lee,4/2/2015,F,Chess,After school,Elm,1/8/2025,,5,5",
        ],
    )
    outcomes = {name.split(".")[0]: (o.outcome, o.rows) for name, o in partner.load(path).items()}
    assert outcomes == {
        "person": ("accepted", 2),
        "program": ("accepted", 2),
        "participation": ("accepted", 3),
    }
    dosage = "select student_id, program_id, site_id, start_date::varchar, sessions_attended, hours_attended::double from raw order by _row_number"
    assert partner.rows("participation", dosage) == [
        ("1", "Reading Buddies", "Oak", "2024-09-03", 40, 30.5),
        ("2", "Reading Buddies", "Oak", "2024-09-03", 12, None),
        ("1", "Chess", "Elm", "2025-01-08", 5, 5),
    ]
    assert partner.rows("program", "select program_id, program_type from raw order by 1") == [
        ("Chess", "After school"),
        ("Reading Buddies", "Tutoring"),
    ]


def test_one_child_of_two_birth_dates_is_not_believed(partner: OnePartner) -> None:
    partner.contract("program_roster")
    path = write_csv(
        partner.sent / "ours_roster_2025.csv",
        ROSTER,
        [
            "1,Ada,Lee,4/2/2015,F,Chess,Other,Oak,9/3/2024,,1,1",
            "1,Ada,Lee,4/2/2014,F,Go,Other,Oak,9/3/2024,,1,1",
        ],
    )
    outcomes = {name.split(".")[0]: o for name, o in partner.load(path).items()}
    assert outcomes["person"].outcome == "rejected"
    assert failed_rules(outcomes["person"])["key_is_unique"] == 2
    assert partner.in_force() == []


def test_a_participation_that_ends_before_it_begins_is_held_back(partner: OnePartner) -> None:
    partner.contract("program_roster", "tolerance: {quarantined: 0.5}")
    path = write_csv(
        partner.sent / "ours_roster_2025.csv",
        ROSTER,
        [
            "1,Ada,Lee,4/2/2015,F,Chess,Other,Oak,9/3/2024,8/1/2024,1,1",
            "2,Bo,Lim,4/2/2014,M,Chess,Other,Oak,9/3/2024,12/1/2024,1,1",
        ],
    )
    outcomes = {name.split(".")[0]: o for name, o in partner.load(path).items()}
    assert (outcomes["participation"].outcome, outcomes["participation"].quarantined) == (
        "accepted_with_quarantine",
        1,
    )
    assert partner.rows("participation", "select student_id from raw") == [("2",)]


def as_file(path: Path, lines: Sequence[str]) -> Path:
    if path.suffix == ".csv":
        return write_csv(path, lines[0], lines[1:])
    from openpyxl import Workbook

    book = Workbook()
    for line in lines:
        book.active.append(line.split(","))
    book.save(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sign_in_sheet_is_a_row_per_child_and_session(partner: OnePartner, ending: str) -> None:
    partner.contract(
        "participation_log", "reader: {header_has: [Participant ID, Date], footer: '^(Total|Printed)'}"
    )
    path = as_file(
        partner.sent / f"ours_log_2025.{ending}",
        [
            "Boys and Girls Club of Oak",
            "Sign-in sheet",
            LOG,
            "1,P7,Chess,Oak,10/1/2024,Y,1.5",
            "2,P7,Chess,Oak,10/1/2024,N,",
            "1,P7,Chess,Oak,10/8/2024,late,1",
            "Total,3,,,,,",
            "Printed on 1 June,,,,,,",
        ],
    )
    outcomes = {name.split(".")[0]: o for name, o in partner.load(path).items()}
    assert {name: (o.outcome, o.rows, o.reason) for name, o in outcomes.items()} == {
        "program": ("accepted", 1, ""),
        "participation": ("accepted", 3, ""),
    }
    came = "select student_id, program_id, start_date::varchar, has_attended, sessions_attended, hours_attended::double from raw order by _row_number"
    assert partner.rows("participation", came) == [
        ("1", "P7", "2024-10-01", True, 1, 1.5),
        ("2", "P7", "2024-10-01", False, 0, None),
        ("1", "P7", "2024-10-08", True, 1, 1),
    ]


def test_hours_are_counted_from_signing_in_to_signing_out(partner: OnePartner) -> None:
    partner.contract("participation_log")
    path = write_csv(
        partner.sent / "ours_log_2025.csv",
        "Student ID,Name,Activity,Date,Time In,Time Out",
        ["1,Ada Lee,Chess,2024-10-01,3:30 PM,5:00 PM", "2,Bo Lim,Chess,2024-10-01,15:15,16:00"],
    )
    outcomes = partner.load(path)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
    hours = "select student_id, hours_attended::double, has_attended from raw order by 1"
    assert partner.rows("participation", hours) == [("1", 1.5, None), ("2", 0.75, None)]
    assert not any(b"Ada" in path.read_bytes() for path in partner.home.raw.rglob("*.parquet"))


def test_what_is_neither_present_nor_absent_is_held_back(partner: OnePartner) -> None:
    partner.contract("participation_log", "tolerance: {quarantined: 0.5}")
    path = write_csv(
        partner.sent / "ours_log_2025.csv",
        LOG,
        [
            "1,P7,Chess,Oak,10/1/2024,Y,1",
            "2,P7,Chess,Oak,10/1/2024,perhaps,1",
            "3,P7,Chess,Oak,13/1/2024,Y,1",
            "4,P7,Chess,Oak,10/1/2024,Y,1",
        ],
    )
    outcome = next(o for name, o in partner.load(path).items() if name.startswith("participation."))
    failed = failed_rules(outcome)
    assert (failed["has_attended_is_yes_or_no"], failed["start_date_is_a_date"]) == (1, 1)
    assert partner.rows("participation", "select student_id from raw order by 1") == [("1",), ("4",)]


def test_hours_by_month_are_a_row_per_month(partner: OnePartner) -> None:
    partner.contract("participation_hours")
    path = write_csv(
        partner.sent / "ours_hours.csv",
        "Participant ID,Program,School Year,Sept,October,Jan,Jan Sessions,May,Total",
        ["1,Chess,2024-25,4,3.5,,,2,9.5", "2,Chess,2024-25,,,6,4,,6", "2,Chess,2026,1,,,,,1"],
    )
    outcomes = partner.load(path)
    assert {o.outcome for o in outcomes.values()} == {"accepted"}, [o.reason for o in outcomes.values()]
    months = (
        "select school_year, student_id, start_date::varchar, end_date::varchar, hours_attended::double, sessions_attended"
        " from raw order by student_id, start_date"
    )
    assert partner.rows("participation", months) == [
        (2025, "1", "2024-09-01", "2024-09-30", 4, None),
        (2025, "1", "2024-10-01", "2024-10-31", 3.5, None),
        (2025, "1", "2025-05-01", "2025-05-31", 2, None),
        (2025, "2", "2025-01-01", "2025-01-31", 6, 4),
        (2026, "2", "2025-09-01", "2025-09-30", 1, None),
    ]


def test_a_log_without_days_is_refused(partner: OnePartner) -> None:
    partner.contract("participation_log")
    path = write_csv(partner.sent / "ours_log_2025.csv", "Participant ID,Program,Hours", ["1,Chess,2"])
    outcomes = {name.split(".")[0]: o for name, o in partner.load(path).items()}
    assert "the required column 'start_date' has no header in the file" in outcomes["participation"].reason
    assert partner.in_force() == []
