"""StudentTracker's detail file: loaded right however its columns and rows stand, refused where it is another file."""

import csv
import io
import random
from pathlib import Path

import duckdb
import pytest
from tiny_deployment import PERSON, Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.contracts.entities import LAYOUTS
from ingestion.contracts.layout import load_layout
from ingestion.errors import DeliveryError
from ingestion.landing.receive import receive

HEADERS = [
    *("Your Unique Identifier", "First Name", "Middle Initial", "Last Name", "Name Suffix"),
    *("Requester Return Field", "Record Found Y/N", "Search Date", "College Code/Branch", "College Name"),
    *("College State", "2-year / 4-year", "Public / Private", "Enrollment Begin", "Enrollment End"),
    *("Enrollment Status", "Class Level", "Enrollment Major 1", "Enrollment CIP 1", "Enrollment Major 2"),
    *("Enrollment CIP 2", "Graduated?", "Graduation Date", "Degree Title", "Degree Major 1", "Degree CIP 1"),
    *("Degree Major 2", "Degree CIP 2", "Degree Major 3", "Degree CIP 3", "Degree Major 4", "Degree CIP 4"),
    "College Sequence",
]
Row = dict[str, str]


def student(number: str, first: str, last: str, **more: str) -> Row:
    named = {"Your Unique Identifier": f"{number}_", "First Name": first, "Last Name": last}
    return {
        **named,
        "Requester Return Field": "OAK HS",
        "Search Date": "20240815",
        "Record Found Y/N": "N",
        **more,
    }


def enrolled(who: Row, college: str, begin: str, end: str, status: str, sequence: str) -> Row:
    place = {
        "College Code/Branch": college,
        "College Name": f"COLLEGE {college[:6]}",
        "College Sequence": sequence,
    }
    spell = {"Enrollment Begin": begin, "Enrollment End": end, "Enrollment Status": status, "Graduated?": "N"}
    return {**who, "Record Found Y/N": "Y", **place, **spell}


def graduated(who: Row, college: str, day: str, title: str, major: str, cip: str) -> Row:
    place = {
        "College Code/Branch": college,
        "College Name": f"COLLEGE {college[:6]}",
        "College Sequence": "1",
    }
    degree = {"Graduation Date": day, "Degree Title": title, "Degree Major 1": major, "Degree CIP 1": cip}
    return {**who, "Record Found Y/N": "Y", **place, "Graduated?": "Y", **degree}


ADA, BO, CY = student("A1", "ADA", "LEE"), student("B2", "BO", "RAY"), student("C3", "CY", "FOX")
ROWS = [
    enrolled(ADA, "001234-00", "20240901", "20241220", "F", "1"),
    enrolled(ADA, "001234-00", "20250110", "20250515", "H", "1"),
    enrolled(ADA, "002345-01", "20250601", "20250731", "L", "2"),
    graduated(ADA, "001234-00", "20250515", "A.A.S.", "NURSING", "513801"),
    enrolled(BO, "002345-01", "20240820", "20241215", "", "1"),
    CY,
]


def text(rows: list[Row], headers: list[str] = HEADERS, names: dict[str, str] | None = None) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([(names or {}).get(header, header) for header in headers])
    writer.writerows([[row.get(header, "") for header in headers] for row in rows])
    return out.getvalue()


class Tracker:
    """A deployment whose partner sends StudentTracker files."""

    def __init__(self, here: Deployment) -> None:
        self.here = here
        here.contract(
            "nsc_studenttracker", "partner: rivers\nlayout: nsc_studenttracker\nagreement: rivers_2024\n"
        )

    def send(self, content: str, name: str = "rivers_StudentTracker.csv") -> dict[str, LoadOutcome]:
        communities = self.here.communities()
        deliveries = receive(self.here.home, communities, self.here.send(name, content))
        outcomes = load_file(self.here.home, communities, deliveries)
        return {outcome.delivery.entity: outcome for outcome in outcomes}

    def rows(self, table: str, columns: str) -> list[tuple[object, ...]]:
        files = f"{self.here.home.raw}/{table}/*/*.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()

    def facts(self) -> dict[str, list[tuple[object, ...]]]:
        return {
            "search": self.rows("nsc_search", "student_id, search_date::varchar, is_found"),
            "person": self.rows("person", "student_id, first_name, last_name"),
            "enrollment": self.rows(
                "postsecondary_enrollment",
                "student_id, college_code, enrollment_begin_date::varchar, enrollment_end_date::varchar,"
                " enrollment_status",
            ),
            "award": self.rows(
                "postsecondary_award",
                "student_id, college_code, award_date::varchar, degree_title, award_level, major, cip_code",
            ),
        }


FACTS = {
    "search": [("A1", "2024-08-15", True), ("B2", "2024-08-15", True), ("C3", "2024-08-15", False)],
    "person": [("A1", "ADA", "LEE"), ("B2", "BO", "RAY"), ("C3", "CY", "FOX")],
    "enrollment": [
        ("A1", "001234-00", "2024-09-01", "2024-12-20", "F"),
        ("A1", "001234-00", "2025-01-10", "2025-05-15", "H"),
        ("A1", "002345-01", "2025-06-01", "2025-07-31", "L"),
        ("B2", "002345-01", "2024-08-20", "2024-12-15", None),
    ],
    "award": [("A1", "001234-00", "2025-05-15", "A.A.S.", "associate", "NURSING", "51.3801")],
}


@pytest.fixture
def tracker(tmp_path: Path) -> Tracker:
    return Tracker(Deployment(tmp_path))


def test_a_row_is_an_enrollment_a_degree_or_a_search_that_found_nobody(tracker: Tracker) -> None:
    outcomes = tracker.send(text(ROWS))
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert tracker.facts() == FACTS


def test_the_search_date_tells_the_school_year(tracker: Tracker) -> None:
    outcomes = tracker.send(text(ROWS))
    assert {outcome.delivery.period for outcome in outcomes.values()} == {"2025-annual"}


def test_the_name_tells_the_school_year_before_the_search_date(tracker: Tracker) -> None:
    outcomes = tracker.send(text(ROWS), "rivers_StudentTracker_2023-24.csv")
    assert {outcome.delivery.period for outcome in outcomes.values()} == {"2024-annual"}
    assert tracker.facts() == FACTS


@pytest.mark.parametrize(
    "name", ["rivers_StudentTracker_11302023.csv", "rivers_DETLRPT_SE_11302023091500_x.csv"]
)
def test_a_date_in_the_name_is_no_school_year(tracker: Tracker, name: str) -> None:
    outcomes = tracker.send(text(ROWS), name)
    assert {outcome.delivery.period for outcome in outcomes.values()} == {"2025-annual"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_columns_and_rows_may_stand_in_any_order(tracker: Tracker, seed: int) -> None:
    shuffle = random.Random(seed)
    tracker.send(text(shuffle.sample(ROWS, len(ROWS)), shuffle.sample(HEADERS, len(HEADERS))))
    assert tracker.facts() == FACTS


OTHER_NAMES = {
    "Your Unique Identifier": "YOUR_UNIQUE_IDENTIFIER",
    "Middle Initial": "MIDDLE_NAME",
    "Record Found Y/N": "RECORD_FOUND_Y_N",
    "Search Date": "SEARCH_DATE",
    "College Code/Branch": "COLLEGE_CODE",
    "2-year / 4-year": "2-Year/4-Year",
    "Public / Private": "PUBLIC_PRIVATE",
    "Enrollment Begin": "Enrollment_Begin",
    "Graduated?": "GRADUATED",
    "Degree Major 1": "MAJOR",
}


def test_other_spellings_are_the_same_columns(tracker: Tracker) -> None:
    tracker.send(text(ROWS, names=OTHER_NAMES))
    assert tracker.facts() == FACTS


def test_an_older_file_without_cip_codes_is_read(tracker: Tracker) -> None:
    older = [header for header in HEADERS if "CIP" not in header and not header.endswith((" 2", " 3", " 4"))]
    tracker.send(text(ROWS, older, OTHER_NAMES))
    (award,) = tracker.facts()["award"]
    assert award == (*FACTS["award"][0][:-1], None)


def test_the_high_school_version_has_more_columns(tracker: Tracker) -> None:
    more = {"High School Code": "123456", "High School Grad Date": "20240601"}
    headers = [*HEADERS[:5], *more, *HEADERS[5:]]
    names = {"High School Code": "HIGH_SCHOOL_CODE", "High School Grad Date": "HIGH_SCHOOL_GRAD_DATE"}
    tracker.send(text([{**row, **more} for row in ROWS], headers, names))
    assert tracker.facts() == FACTS
    columns = "high_school_code, high_school_graduation_date::varchar, requester_return_field"
    assert set(tracker.rows("nsc_search", columns)) == {("123456", "2024-06-01", "OAK HS")}


def test_values_that_stand_under_other_headers_are_refused(tracker: Tracker) -> None:
    tracker.send(text(ROWS))
    before = tracker.here.in_force()
    moved = text(ROWS).splitlines()
    moved[0] = ",".join([*HEADERS[1:], HEADERS[0]])
    outcomes = tracker.send("\n".join(moved) + "\n", "rivers_StudentTracker_2024-25.csv")
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert "held back" in outcomes["nsc_search"].reason or "quarantine" in outcomes["nsc_search"].reason
    assert tracker.here.in_force() == before


AGGREGATE = """\
Cohort,Count of Students,Enrolled in College First Fall,Percent Enrolled First Fall,Enrolled First Year,Percent Enrolled First Year
2023,120,70,58.3,75,62.5
"""


@pytest.mark.parametrize("name", ["rivers_StudentTracker.csv", "rivers_StudentTracker_2024-25.csv"])
def test_the_aggregate_report_is_told_from_the_detail_file(tracker: Tracker, name: str) -> None:
    tracker.send(text(ROWS), "rivers_StudentTracker_2023-24.csv")
    before = tracker.here.in_force()
    try:
        outcomes = tracker.send(AGGREGATE, name)
        reasons = {outcome.reason for outcome in outcomes.values()}
        assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    except DeliveryError as error:
        reasons = {str(error)}
    assert all("StudentTracker, student detail file" in reason for reason in reasons)
    assert all(word not in reason for reason in reasons for word in ("Cohort", "120"))
    assert tracker.here.in_force() == before


def test_a_column_nobody_knows_is_refused_by_name(tracker: Tracker) -> None:
    with pytest.raises(DeliveryError, match=r"undeclared column 'Parent Income'.*to `ignore`"):
        tracker.send(text(ROWS, [*HEADERS, "Parent Income"]))
    assert tracker.here.in_force() == {}


def test_without_search_date_and_year_the_school_year_has_to_be_said(tracker: Tracker) -> None:
    rows = [{**row, "Search Date": ""} for row in ROWS]
    with pytest.raises(DeliveryError, match=r"neither the file's name nor the contract.*--school-year"):
        tracker.send(text(rows))


def test_nobody_found_at_all_is_still_a_search(tracker: Tracker) -> None:
    outcomes = tracker.send(text([ADA, BO, CY]))
    assert {entity: (o.outcome, o.rows) for entity, o in outcomes.items()} == {
        "nsc_search": ("accepted", 3),
        "person": ("accepted", 3),
        "postsecondary_enrollment": ("accepted", 0),
        "postsecondary_award": ("accepted", 0),
    }


TITLES = {
    "CERTIFICATE": ["CERTIFICATE", "Certificate of Completion", "POST-BACCALAUREATE CERTIFICATE", "Graduate Certificate",
                    "TECHNICAL DIPLOMA", "Practical Nursing Cert", "Teaching Credential"],
    "ASSOCIATE": ["ASSOCIATE OF ARTS", "Associates in Science", "A.A.", "AA", "A.A.S.", "AAS NURSING", "AS",
                  "Associate Degree in Nursing (Diploma)"],
    "BACHELOR": ["BACHELOR OF SCIENCE", "Bachelors", "B.A.", "BS", "BBA", "B.S.N.", "BSED", "Baccalaureate"],
    "MASTER": ["MASTER OF ARTS", "Masters", "M.B.A.", "MED", "MS", "Executive Master of Business"],
    "DOCTORAL": ["DOCTOR OF PHILOSOPHY", "PH.D.", "JURIS DOCTOR", "J.D.", "M.D.", "PHARMD", "Ed.D."],
    "OTHER": ["EDUCATION SPECIALIST"],
    "UNKNOWN": ["", "DEGREE", "BASKET WEAVING", "MAJOR", "ASTRONOMY", "DOWNTOWN"],
}  # fmt: skip


@pytest.mark.parametrize(("level", "title"), [(level.lower(), t) for level, ts in TITLES.items() for t in ts])
def test_a_degree_title_tells_its_level(level: str, title: str) -> None:
    layout = load_layout("nsc_studenttracker")
    (award,) = [extract for extract in layout.extracts if extract.entity == "postsecondary_award"]
    row = "(select nullif(?, '') as \"Degree Title\")"
    assert duckdb.execute(f"select {award.columns['award_level'].sql} from {row}", [title]).fetchall() == [
        (level,)
    ]


def test_every_column_of_the_published_list_is_known() -> None:
    known = (LAYOUTS / "nsc" / "nsc_studenttracker.yml").read_text()
    assert [header for header in HEADERS if header not in known] == []


def test_graduates_are_on_no_roster_of_the_year_and_are_none(tracker: Tracker) -> None:
    tracker.here.contract("person", PERSON.format(file="children_{school_year}.csv"))
    pupils = "StudentID,Gender\n" + "".join(f"P{n},f\n" for n in range(5))
    assert tracker.here.load("children_2025.csv", pupils).outcome == "accepted"
    assert {outcome.outcome for outcome in tracker.send(text(ROWS)).values()} == {"accepted"}
    attendance = "StudentID,SchoolCode,DaysEnrolled,DaysAbsent\n" + "".join(
        f"P{n},oak,180,1\n" for n in range(5)
    )
    assert tracker.here.load("attendance_2025.csv", attendance).outcome == "accepted"
    assert tracker.here.load("attendance_2025.csv", attendance.replace("P", "Q")).outcome == "rejected"
