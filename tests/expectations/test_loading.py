"""Whole deliveries through their lives: files in, verdict, lake, quarantine, feedback and ledger out."""

import csv
import gzip
import os
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
from tiny_deliveries import ATTENDANCE
from tiny_deployment import DIPLOMA, HEADER, PERSON, Deployment

from expectations.loading import load_file
from ingestion.errors import ContractError, DeliveryError
from ingestion.landing.receive import receive
from ingestion.spreadsheets import neutral

SECRET = "Q7SECRET"


@pytest.fixture
def here(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def attendance(n: int, absent: int = 5) -> str:
    return HEADER + "".join(f"c{i},S1,180,{absent}\n" for i in range(n))


def rows_of(path: Path) -> list[tuple[object, ...]]:
    return duckdb.sql(f"from '{path}'").fetchall()


def test_a_good_file_is_in_force_and_the_partner_is_thanked(here: Deployment) -> None:
    outcome = here.load("attendance_2024.csv", attendance(40))
    assert (outcome.outcome, outcome.rows, outcome.quarantined, outcome.reason) == ("accepted", 40, 0, "")
    raw = here.home.raw_file("attendance", "rivers.attendance", 2024, "annual")
    assert duckdb.sql(f"select count(*), min(_row_number), max(_row_number) from '{raw}'").fetchone() == (
        40,
        2,
        41,
    )
    page = here.home.feedback_page("rivers", outcome.delivery.load_id).read_text()
    assert "all 40 rows are loaded" in page
    assert "&lt;River&gt; Schools" in page
    assert here.events() == ["received", "accepted"]


def test_bad_rows_go_to_quarantine_and_are_named_to_the_partner(here: Deployment) -> None:
    text = attendance(98) + f"c98,S1,{SECRET},1\nc99,S1,400,1\n"
    outcome = here.load("attendance_2024.csv", text)
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted_with_quarantine", 100, 2)
    held = here.home.quarantine_file("attendance", outcome.delivery.load_id)
    assert duckdb.sql(f"select _row_number, reasons, offending_columns from '{held}'").fetchall() == [
        (100, ["days_enrolled_is_a_number"], ["days_enrolled"]),
        (101, ["days_enrolled_is_in_range"], ["days_enrolled"]),
    ]
    with here.home.feedback_csv("rivers", outcome.delivery.load_id).open(encoding="utf-8-sig") as file:
        lines = [(line["row"], line["column"], line["rule"], line["rows"]) for line in csv.DictReader(file)]
    assert lines == [
        ("", "DaysEnrolled", "days_enrolled_is_a_number", "1"),
        ("", "DaysEnrolled", "days_enrolled_is_in_range", "1"),
        ("100", "DaysEnrolled", "days_enrolled_is_a_number", "1"),
        ("101", "DaysEnrolled", "days_enrolled_is_in_range", "1"),
    ]
    page = here.home.feedback_page("rivers", outcome.delivery.load_id).read_text()
    assert "98 of 100 rows are loaded" in page


def test_no_value_of_a_child_leaves_lake_and_quarantine(here: Deployment) -> None:
    here.load("attendance_2024.csv", attendance(98) + f"c98,S1,{SECRET},1\n{SECRET},S1,400,1\n")
    here.load("attendance_2025.csv", attendance(3) + f"{SECRET},S1,{SECRET},1\n")
    told = [here.home.ledger, *here.home.gate.rglob("*"), *here.home.feedback.rglob("*")]
    assert not [path for path in told if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_gate_results_are_a_table_of_counts_and_names(here: Deployment) -> None:
    outcome = here.load("attendance_2024.csv", attendance(99) + "c99,S1,400,1\n")
    table = duckdb.sql(f"from '{here.home.gate_file(outcome.delivery.load_id)}'")
    assert table.columns == [
        *("load_id", "extract_id", "rule", "expectation", "column_name", "severity", "passed"),
        *("violations", "share", "rows", "explanation"),
    ]
    failed = (
        table.filter("not passed").project("rule, column_name, severity, violations, share, rows").fetchall()
    )
    assert failed == [("days_enrolled_is_in_range", "days_enrolled", "quarantine", 1, 0.01, 100)]


def test_the_same_delivery_again_writes_nothing(here: Deployment) -> None:
    here.load("attendance_2024.csv", attendance(40))
    before = here.written()
    outcome = here.load("attendance_2024.csv", attendance(40))
    assert (outcome.outcome, outcome.rows) == ("unchanged", 40)
    assert here.written() == before


def test_a_file_of_headers_alone_is_a_report_where_the_contract_says_so(here: Deployment) -> None:
    header = "Student,Incident,Action\n"
    contract = """\
        partner: rivers
        entity: discipline
        title: Incidents
        agreement: rivers_2024
        file: "incidents_{school_year}.csv"
        columns:
          student_id:  {from: [Student], required: true}
          incident_id: {from: [Incident], required: true}
          action_code: {from: [Action], required: true}
        """
    here.contract("discipline", dedent(contract))
    rejected = here.load("incidents_2024.csv", header)
    assert "header only" in rejected.reason
    assert "`tolerance: {empty: true}`" in rejected.results[0].advice
    assert "tolerance" not in rejected.results[0].explanation
    here.contract("discipline", dedent(contract) + "tolerance: {empty: true}\n")
    outcome = here.load("incidents_2024.csv", header)
    assert (outcome.outcome, outcome.rows) == ("accepted", 0)
    raw = here.home.raw_file("discipline", "rivers.discipline", 2024, "annual")
    assert rows_of(raw) == []
    assert (
        here.load("incidents_2025.csv", header).outcome == "accepted"
    )  # another year without any is no mistake
    here.load("incidents_2024.csv", header + "".join(f"c{i},i{i},expulsion\n" for i in range(20)))
    # none after some is a change of 100 %: more than is expected unless the contract expects it
    outcome = here.load("incidents_2025.csv", header + "\n")
    assert (outcome.outcome, "0 rows, 100.0% fewer than the 20 of 2024" in outcome.reason) == (
        "rejected",
        True,
    )
    with pytest.raises(DeliveryError, match="empty"):
        here.load("incidents_2025.csv", "")


def test_a_file_of_no_lines_reports_nothing_where_the_contract_says_so(here: Deployment) -> None:
    contract = """\
        partner: rivers
        entity: discipline
        title: Incidents
        agreement: rivers_2024
        file: "incidents_{school_year}.jsonl"
        columns:
          student_id:  {from: [Student], required: true}
          incident_id: {from: [Incident], required: true}
          action_code: {from: [Action], required: true}
        """
    here.contract("discipline", dedent(contract))
    with pytest.raises(DeliveryError, match=r"the file is empty.*`tolerance: \{empty: true\}`"):
        here.load("incidents_2024.jsonl", "")
    here.contract("discipline", dedent(contract) + "tolerance: {empty: true}\n")
    for year in (2024, 2025):
        outcome = here.load(f"incidents_{year}.jsonl", "")
        assert (outcome.outcome, outcome.rows) == ("accepted", 0)
    assert rows_of(here.home.raw_file("discipline", "rivers.discipline", 2025, "annual")) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (attendance(1) + "c1,S1,400,1\n", "would be held back"),
        (HEADER, "header only"),
        (HEADER.replace("Absent", "Absences") + "c1,S1,1,1\n", "DaysAbsences"),
        (attendance(19), "The file has 19 rows, 52.5% fewer than the 40 of 2024"),
    ],
)
def test_a_rejected_file_leaves_what_was_in_force(here: Deployment, content: str, says: str) -> None:
    here.load("attendance_2024.csv", attendance(40))
    here.load("attendance_2025.csv", attendance(39))
    before = here.in_force()
    outcome = here.load("attendance_2025_again.csv".replace("_again", ""), content)
    assert outcome.outcome == "rejected"
    assert says in outcome.reason
    assert outcome.reason.startswith("attendance_2025.csv: ")
    assert here.in_force() == before
    assert here.events()[-1] == "rejected"
    page = here.home.feedback_page("rivers", outcome.delivery.load_id).read_text()
    assert "what you sent before stays in use" in page
    again = here.load("attendance_2025.csv", content)
    assert again.outcome == "rejected"
    assert here.events().count("rejected") == 1


def test_history_is_read_from_what_the_earlier_load_recorded(here: Deployment) -> None:
    # 100 rows were delivered last year, of which one was held back: 70 of them is a change of exactly 30 %
    here.load("attendance_2024.csv", attendance(99) + "c99,S1,400,1\n")
    outcome = here.load("attendance_2025.csv", attendance(70))
    (rows,) = [r for r in outcome.results if r.rule == "row_count_is_like_last_time"]
    assert (rows.passed, "than the 100 of 2024" in rows.explanation) == (True, True)


def test_checking_writes_nothing(here: Deployment) -> None:
    communities = here.communities()
    (delivery,) = receive(
        here.home, communities, here.send("attendance_2024.csv", attendance(1) + "c1,S1,400,1\n")
    )
    before = here.written()
    (outcome,) = load_file(here.home, communities, [delivery], check_only=True)
    assert (outcome.outcome, outcome.bad_rows[0].row_number) == ("rejected", 3)
    assert here.written() == before


def test_a_file_of_several_years_is_one_delivery_per_year(here: Deployment) -> None:
    text = "Year,StudentID,Type\n2023,a,regular\n2024,a,regular\n2024,b,regular\n1999,z,regular\n,n,regular\n"
    here.contract("diploma", DIPLOMA + "tolerance: {quarantined: 0.5, year_over_year: 2}\n")
    outcome = here.load("diplomas.csv", text)
    parts = [(p.delivery.school_year, p.outcome, p.rows, p.quarantined) for p in outcome.parts]
    # the row that says no year is held back with the last year's
    assert parts == [
        (1999, "rejected", 0, 0),
        (2023, "accepted", 1, 0),
        (2024, "accepted_with_quarantine", 3, 1),
    ]
    assert "outside the community's range" in outcome.reason
    held = here.home.quarantine_file("diploma", outcome.parts[2].delivery.load_id)
    assert duckdb.sql(f"select _row_number, reasons from '{held}'").fetchall() == [
        (6, ["school_year_is_present"])
    ]
    assert here.events()[-1] == "split"
    before = here.written()
    again = here.load("diplomas.csv", text)
    assert [p.outcome for p in again.parts] == ["rejected", "unchanged", "unchanged"]
    assert here.written() == before


def test_a_year_that_cannot_be_read_is_told_from_one_that_is_missing(here: Deployment) -> None:
    here.contract("diploma", DIPLOMA + "tolerance: {quarantined: 0.9}\n")
    outcome = here.load("diplomas.csv", "Year,StudentID,Type\n2024,a,regular\nSY25,b,regular\n,c,regular\n")
    (part,) = outcome.each
    failed = {r.rule: (r.violations, r.explanation) for r in part.results if not r.passed}
    assert failed == {
        "school_year_can_be_read": (
            1,
            "A school year could not be read; it is written 2025, 2024-25, 2024-2025 or 202425.",
        ),
        "school_year_is_present": (1, "Every row must say which school year it tells of."),
    }
    none = here.load("diplomas.csv", "Year,StudentID,Type\nSY25,b,regular\n")
    assert "the school year of no row can be read. It is written 2025, 2024-25" in none.reason
    assert "SY25" not in none.reason


def test_one_file_feeds_several_entities_with_one_reading(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations import landed_file

    here.contract("person", PERSON.format(file="attendance_{school_year}.csv"))
    read = []
    real = landed_file.read_source
    monkeypatch.setattr(landed_file, "read_source", lambda *a, **k: read.append(1) or real(*a, **k))
    communities = here.communities()
    text = "StudentID,SchoolCode,DaysEnrolled,DaysAbsent,Gender\nc1,S1,180,1,female\n"
    deliveries = receive(here.home, communities, here.send("attendance_2024.csv", text))
    outcomes = load_file(here.home, communities, deliveries)
    assert [o.outcome for o in outcomes] == ["accepted", "accepted"]
    assert len(read) == 1


def with_held_back(n: int, held: int) -> str:
    """A file of `n` rows, of which the last `held` have no number of days and are held back."""
    return attendance(n - held) + "".join(f"h{i},S1,many,\n" for i in range(held))


def test_state_ids_that_are_none_are_told_and_a_column_of_them_is_refused(here: Deployment) -> None:
    contract = PERSON.format(file="people_{school_year}.csv") + "  state_student_id: {from: [State]}\n"
    here.contract("person", contract)
    header, own = "StudentID,Gender,State\n", "".join(f"c{n},W,S{n}7\n" for n in range(7))
    few = here.load("people_2023.csv", header + own + "d1,W,0000\nd2,W,N/A\nd3,W,\nd4,W,S07\n")
    (found,) = [r for r in few.results if r.rule == "state_ids_are_of_one_child_each"]
    # d1 and d2 have placeholders, S07 is an id of two, d3 has none to be wrong about
    assert (few.outcome, found.passed, found.severity, found.violations) == ("accepted", False, "warn", 2)
    most = here.load("people_2024.csv", header + own + "".join(f"d{n},W,S1\n" for n in range(8)))
    assert most.outcome == "rejected"
    assert '8 children have in "State" a placeholder, or an id that more than 2 children share' in most.reason


@pytest.mark.parametrize("lost", ["nothing", "gate", "gate and quarantine"])
def test_a_delivery_is_compared_with_all_that_was_sent_before(here: Deployment, lost: str) -> None:
    here.contract("attendance", ATTENDANCE + "tolerance: {quarantined: 0.5, year_over_year: 0.30}\n")
    here.load("attendance_2024.csv", with_held_back(100, held=40))
    for folder in [home for home in (here.home.gate, here.home.quarantine) if home.name in lost]:
        for path in folder.rglob("*.parquet"):
            path.unlink()
    # 30 % of the 100 rows sent, not of the 60 accepted
    assert here.load("attendance_2025.csv", attendance(69)).outcome == "rejected"
    outcome = here.load("attendance_2025.csv", attendance(70))
    (count,) = [r for r in outcome.results if r.rule == "row_count_is_like_last_time"]
    assert "The file has 70 rows, 30.0% fewer than the 100 of 2024" in count.explanation
    assert outcome.outcome == "accepted"
    if lost != "gate and quarantine":  # what held back rows lacked is not to be known without them
        (empty,) = [r for r in outcome.results if r.rule == "days_absent_is_as_full_as_last_time"]
        assert empty.explanation == '0.0% of "DaysAbsent" is empty, 40.0% was in 2024.'


def test_a_packed_file_is_unpacked_in_the_home_and_nowhere_else(
    here: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ingestion import readers

    elsewhere, places = tmp_path / "elsewhere", []
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    real = readers.unpack
    monkeypatch.setattr(readers, "unpack", lambda p, m, f: places.append(f) or real(p, m, f))
    here.contract("attendance", ATTENDANCE.replace(".csv", ".csv.gz"))
    outcome = here.load("attendance_2024.csv.gz", gzip.compress(attendance(40).encode()))
    assert outcome.outcome == "accepted"
    (place,) = places
    # so that `clear_spill` finds what a kill leaves there
    assert place.parent == here.home.spill
    assert place.name.startswith(f"{os.getpid()}-")
    assert [*here.home.spill.glob("*-read-*"), *elsewhere.iterdir()] == []


def test_a_second_entity_is_loaded_from_a_file_whose_first_is_in_force_already(here: Deployment) -> None:
    # as after a kill between the two; the pattern names a folder, which landing does not keep
    here.contract("attendance", ATTENDANCE.replace('"attendance', '"rivers/attendance'))
    here.contract("person", PERSON.format(file="rivers/attendance_{school_year}.csv"))
    (here.sent / "rivers").mkdir()
    text = "StudentID,SchoolCode,DaysEnrolled,DaysAbsent,Gender\nc1,S1,180,1,female\n"
    communities = here.communities()
    deliveries = receive(here.home, communities, here.send("rivers/attendance_2024.csv", text))
    for delivery in deliveries:
        assert load_file(here.home, communities, [delivery])[0].outcome == "accepted"


def test_codes_are_known_by_the_crosswalk_of_their_year(here: Deployment) -> None:
    # W is translated until 2024 only; female is a conformed code; X is nobody's
    here.contract("person", PERSON.format(file="people_{school_year}.csv"))
    text = "StudentID,Gender\na,W\nb,Female\nc,X\n"
    unknown = []
    for year in (2024, 2025):
        outcome = here.load(f"people_{year}.csv", text + f"y{year},female\n")
        unknown += [r.violations for r in outcome.results if r.rule == "gender_is_a_known_code"]
        assert outcome.outcome == "accepted"
    assert unknown == [1, 2]


def test_a_wrong_gate_entry_is_the_contracts_fault_not_the_files(here: Deployment) -> None:
    here.contract(
        "attendance", ATTENDANCE + "gate:\n  - expect_column_valus_to_be_null: {column: days_absent}\n"
    )
    with pytest.raises(ContractError, match=r"rivers__attendance.yml:13: .*expect_column_values_to_be_null"):
        here.load("attendance_2024.csv", attendance(3))
    assert here.events() == ["received"]


def test_a_full_disk_is_told_and_the_delivery_can_be_loaded_again(
    here: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations import verdicts

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(verdicts, "write_quarantine", full)
        with pytest.raises(DeliveryError, match="disk space"):
            here.load("attendance_2024.csv", attendance(99) + "c99,S1,400,1\n")
    assert here.in_force() == {}
    assert (
        here.load("attendance_2024.csv", attendance(99) + "c99,S1,400,1\n").outcome
        == "accepted_with_quarantine"
    )


@pytest.mark.parametrize(
    "fault", [OSError(28, SECRET), MemoryError(SECRET), duckdb.OutOfMemoryException(SECRET)]
)
def test_a_machine_that_cannot_read_a_file_does_not_reject_it(
    here: Deployment, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    from expectations import landed_file

    def fails(*_: object, **__: object) -> str:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(landed_file, "read_source", fails)
        with pytest.raises(DeliveryError) as told:
            here.load("attendance_2024.csv", attendance(40))
    assert str(told.value).startswith(
        "attendance_2024.csv: rivers.attendance 2024-annual could not be read ("
    )
    assert "memory and disk space" in str(told.value)
    assert SECRET not in str(told.value)
    assert here.events() == ["received"]
    assert here.load("attendance_2024.csv", attendance(40)).outcome == "accepted"


def test_a_truncated_file_is_one_clear_sentence(here: Deployment) -> None:
    here.contract("attendance", ATTENDANCE.replace(".csv", ".csv.gz"))
    outcome = here.load("attendance_2024.csv.gz", gzip.compress(attendance(40).encode())[:-20])
    assert outcome.outcome == "rejected"
    assert outcome.reason.startswith("attendance_2024.csv.gz")
    assert "Traceback" not in outcome.reason


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_looks_like_a_formula_is_made_text(start: str) -> None:
    assert neutral(f'{start}HYPERLINK("x")') == f'\'{start}HYPERLINK("x")'


def test_names_from_outside_cannot_inject_into_page_or_csv(here: Deployment) -> None:
    formula = "=HYPERLINK(1)<script>alert(1)</script>"
    here.contract(
        "attendance",
        ATTENDANCE.replace("[DaysAbsent]", f"[DaysAbsent, '{formula}']").replace(
            "[DaysEnrolled]", f"['{formula}2', DaysEnrolled]"
        ),
    )
    here.contract(
        "attendance",
        here.folder.joinpath("river/extracts/rivers__attendance.yml")
        .read_text()
        .replace("attendance_{school_year}.csv", "*attendance_{school_year}.csv"),
    )
    text = (
        f"StudentID,SchoolCode,{formula}2,DaysAbsent\n"
        + "".join(f"c{i},S1,180,1\n" for i in range(60))
        + "x,S1,400,1\n"
    )
    outcome = here.load("=<b>attendance_2024.csv", text)
    assert outcome.outcome == "accepted_with_quarantine"
    page = here.home.feedback_page("rivers", outcome.delivery.load_id).read_text()
    assert "<script>" not in page
    assert "<b>" not in page
    with here.home.feedback_csv("rivers", outcome.delivery.load_id).open(newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert cells[0] == "\ufeffrow"  # by the mark Excel knows UTF-8
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
