"""Vendors' files made by hand: what a product's layout takes from them, and what it says of a file it does not know."""

from pathlib import Path

import duckdb
import pytest
from tiny_deployment import Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.landing.receive import receive

CONTRACT = "partner: rivers\nlayout: {layout}\nagreement: rivers_2024\n"
COLUMNS = (
    "school_year, student_id, subject, domain, season, grade_level, test_date::varchar, scale_score::double,"
    " performance_level, is_proficient"
)


class Product:
    """A deployment whose partner sends the files of one product."""

    def __init__(self, here: Deployment, layout: str) -> None:
        self.here = here
        here.contract(layout, CONTRACT.format(layout=layout))

    def load(self, name: str, content: str, school_year: int | None = None) -> LoadOutcome:
        communities = self.here.communities()
        sent = self.here.send(name, content)
        deliveries = receive(self.here.home, communities, sent, school_year=school_year)
        (outcome,) = load_file(self.here.home, communities, deliveries)
        return outcome

    def rows(self, columns: str = COLUMNS) -> list[tuple[object, ...]]:
        files = f"{self.here.home.raw}/assessment/*/*.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()


@pytest.fixture
def here(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


GOLD = """\
ChildID,SourceChildID,SourceSiteID,Fall 2024/2025 Age/Grade,Fall 2024/2025 Checkpoint Due Date,Fall 2024/2025 Literacy Date Finalized,\
Fall 2024/2025 Obj 15.a,Fall 2024/2025 Literacy Raw Score,Fall 2024/2025 Literacy Scale Score,Fall 2024/2025 Literacy WHE,\
Fall 2024/2025 Mathematics Scale Score,Fall 2024/2025 Mathematics WHE
77,A1,OAK,Kindergarten,10/25/2024,10/20/2024,5,44,495,Meet,,
78,,OAK,Pre-K 4,10/25/2024,,,,,,400,Below
"""


def test_gold_has_a_year_in_its_headers(here: Deployment) -> None:
    product = Product(here, "ts_gold")
    assert product.load("rivers_GOLD.csv", GOLD).outcome == "accepted"
    assert product.rows() == [
        (2025, "A1", "reading", "literacy", "Fall", "Kindergarten", "2024-10-20", 495.0, "Meet", None),
        (2025, "gold-78", "math", "mathematics", "Fall", "Pre-K 4", "2024-10-25", 400.0, "Below", None),
    ]


MAP = """\
TermName,StudentID,Subject,TestName,TestStartDate,TestRITScore,AchievementQuintile,Goal1Name,Goal1RitScore,Goal1StdErr,Goal1Adjective
Winter 2024-2025,A1,Mathematics,Growth: Math 2-5,01/15/2025,205,Avg,Geometry,210,6.1,HiAvg
Winter 2024-2025,A2,Mathematics,Growth: Math 2-5,01/16/2025,,,,,,
"""


def test_map_growth_has_goals_below_its_tests(here: Deployment) -> None:
    product = Product(here, "nwea_map_growth")
    assert product.load("rivers_MAP_Growth.csv", MAP).outcome == "accepted"
    assert product.rows() == [
        (2025, "A1", "Mathematics", "Geometry", "Winter", None, "2025-01-15", 210.0, "HiAvg", None),
        (2025, "A1", "Mathematics", None, "Winter", None, "2025-01-15", 205.0, "Avg", None),
    ]


SAT = """\
AI_CODE,CB_ID,DISTRICT_STUDENT_ID,LATEST_SAT_DATE,LATEST_SAT_TOTAL,LATEST_SAT_EBRW,LATEST_SAT_MATH_SECTION,\
ADMIN2_SAT_DATE,ADMIN2_SAT_TOTAL,ADMIN3_SAT_DATE,ADMIN3_SAT_TOTAL,EBRW_CCR_BENCHMARK,MATH_CCR_BENCHMARK
1,c1,A1,10/05/2024,1100,600,500,08/24/2024,1000,10/07/2023,900,Y,N
1,c2,A2,03/09/2024,1200,,,,,,,,
"""


def test_sat_is_of_the_last_school_year_in_the_file(here: Deployment) -> None:
    """The sittings of 2023-24 in this file are those of today's students: to take them for the year would take the
    others' away."""
    product = Product(here, "sat")
    assert product.load("rivers_SAT_2024.csv", SAT).outcome == "accepted"
    columns = "school_year, student_id, subject, test_date::varchar, scale_score::integer, is_proficient"
    assert product.rows(columns) == [
        (2025, "A1", "math", "2024-10-05", 500, False),
        (2025, "A1", "other", "2024-08-24", 1000, None),
        (2025, "A1", "other", "2024-10-05", 1100, None),
        (2025, "A1", "reading", "2024-10-05", 600, True),
    ]


IREADY = "Student ID,Academic Year,Student Grade,Norming Window,Completion Date,Overall Scale Score,Overall Relative Placement\n"
IREADY_ROW = "A1,2024-2025,3,Fall (Beginning of Year - November 15),9/10/2024,520,Early On Grade Level\n"


def test_iready_names_its_window(here: Deployment) -> None:
    product = Product(here, "iready_math")
    assert product.load("rivers_iReady_math.csv", IREADY + IREADY_ROW).outcome == "accepted"
    assert product.rows() == [
        (2025, "A1", "math", None, "Fall", "3", "2024-09-10", 520.0, "Early On Grade Level", None)
    ]


def test_a_new_column_of_a_product_is_refused_with_what_to_declare(here: Deployment) -> None:
    product = Product(here, "iready_math")
    product.load("rivers_iReady_math.csv", IREADY + IREADY_ROW)
    before = product.here.in_force()
    newer = IREADY.replace("\n", ",Fluency Scale Score\n") + IREADY_ROW.replace("\n", ",300\n")
    outcome = product.load("rivers_iReady_math_new.csv", newer)
    assert outcome.outcome == "rejected"
    assert "undeclared column 'Fluency Scale Score'" in outcome.reason
    assert "Add it to `from` of a column, or to `ignore`" in outcome.reason
    assert product.here.in_force() == before


def test_what_is_new_is_declared_in_the_contract(here: Deployment) -> None:
    product = Product(here, "iready_math")
    more = "extracts: {assessment: {ignore: ['Fluency *']}}\n"
    here.contract("iready_math", CONTRACT.format(layout="iready_math") + more)
    newer = IREADY.replace("\n", ",Fluency Scale Score\n") + IREADY_ROW.replace("\n", ",300\n")
    assert product.load("rivers_iReady_math.csv", newer).outcome == "accepted"


def test_the_file_of_another_product_is_told_apart(here: Deployment) -> None:
    product = Product(here, "iready_math")
    outcome = product.load("rivers_iReady_math.csv", MAP)
    assert outcome.outcome == "rejected"
    assert "another file (expected is: i-Ready Diagnostic, mathematics results)" in outcome.reason
    assert "Winter" not in outcome.reason
    assert product.here.in_force() == {}


STATE = """\
SSID,Content Area,Tested Grade,Date Tested,Scaled Score,Achievement Level,Met Standard,Student First Name
S1,ELA,Grade 3,05/01/2025,512,Level 3,Y,ADA
S1,Mathematics,Grade 3,05/02/2025,480,Level 2,N,ADA
"""


def test_a_states_file_is_read_by_the_names_that_states_give(here: Deployment) -> None:
    product = Product(here, "state_test")
    assert product.load("rivers_state_test_2025.csv", STATE).outcome == "accepted"
    assert product.rows() == [
        (2025, "S1", "ELA", None, None, "Grade 3", "2025-05-01", 512.0, "Level 3", True),
        (2025, "S1", "Mathematics", None, None, "Grade 3", "2025-05-02", 480.0, "Level 2", False),
    ]
