"""Flat files of housing agencies and courts: codes of the form, what is not read, what is held back."""

from pathlib import Path

import duckdb
import pytest
from tiny_deployment import Deployment

from expectations.loading import load_file
from expectations.outcome import LoadOutcome
from ingestion.contracts.layout import load_layout
from ingestion.landing.receive import receive

ASSISTED = """\
PHACode,Program,ActionType,EffectiveDate,AdmissionDate,HouseholdID,MemberID,Relation,FirstName,LastName,DOB,Sex,Race,Ethnicity,SSN,TotalAnnualIncome,HomelessAtAdmission,Bedrooms,UnitZIP
VA001,VO,1,03/01/2024,03/01/2024,F1,M1,H,Rosa,Diaz,05/20/1990,F,"1,2",1,987654321,12000,Y,2,23220
VA001,VO,1,03/01/2024,03/01/2024,F1,M2,Y,Luis,Diaz,06/01/2015,M,1,1,987654322,12000,Y,2,23220
VA001,VO,6,06/01/2024,03/01/2024,F1,M2,Y,Luis,Diaz,06/01/2015,M,1,1,987654322,12000,Y,2,23220
"""
FILINGS = """\
CaseNumber,FiledDate,Disposition,DispositionDate,Address,ZIP,DefendantName,ChildID
24-1,01/05/2024,Default judgment,02/01/2024,1 Elm St,23220,Rosa Diaz,A1
24-1,01/05/2024,Default judgment,02/01/2024,1 Elm St,23220,Rosa Diaz,A2
24-2,01/09/2024,Dismissed,02/02/2024,2 Elm St,23221,Ann Poe,
"""


class Sector:
    """A partner that sends one layout."""

    def __init__(self, folder: Path, layout: str) -> None:
        self.here = Deployment(folder)
        self.here.contract(layout, f"partner: rivers\nlayout: {layout}\nagreement: rivers_2024\n")

    def send(self, name: str, text: str) -> dict[str, LoadOutcome]:
        communities = self.here.communities()
        deliveries = receive(self.here.home, communities, self.here.send(name, text))
        return {o.delivery.entity: o for o in load_file(self.here.home, communities, deliveries)}

    def rows(self, entity: str, columns: str) -> list[tuple[object, ...]]:
        files = f"{self.here.home.raw}/{entity}/*/2024-annual.parquet"
        return duckdb.sql(f"select {columns} from '{files}' order by all").fetchall()


@pytest.fixture
def agency(tmp_path: Path) -> Sector:
    return Sector(tmp_path, "hud_50058")


@pytest.fixture
def court(tmp_path: Path) -> Sector:
    return Sector(tmp_path, "eviction_filings")


def test_an_action_is_a_row_and_a_member_one_person(agency: Sector) -> None:
    outcomes = agency.send("rivers_50058_2024.csv", ASSISTED)
    assert {e: (o.outcome, o.rows) for e, o in outcomes.items()} == {
        "housing_assistance": ("accepted", 3),
        "person": ("accepted", 2),
    }
    assert agency.rows(
        "housing_assistance", "student_id, assistance_action, effective_date::varchar, annual_income::integer"
    ) == [
        ("M1", "1", "2024-03-01", 12000),
        ("M2", "1", "2024-03-01", 12000),
        ("M2", "6", "2024-06-01", 12000),
    ]
    assert agency.rows("person", "student_id, race_ethnicity, birth_date::varchar") == [
        ("M1", "1;2", "1990-05-20"),
        ("M2", "1", "2015-06-01"),
    ]


def test_the_forms_codes_are_conformed() -> None:
    codes = load_layout("hud_50058").codes
    assert codes["assistance_action"]["6"] == "end_of_participation"
    assert {f"{n}" for n in range(1, 16)} == codes["assistance_action"].keys()
    assert codes["relationship_to_head"].keys() == set("HSKFYELA")
    assert codes["race_ethnicity"].keys() == set("12345")


def test_a_social_security_number_is_not_read(agency: Sector) -> None:
    agency.send("rivers_50058_2024.csv", ASSISTED)
    home = agency.here.home
    kept = [path for path in home.root.rglob("*") if path.is_file() and home.landing not in path.parents]
    assert kept
    assert not any(b"98765432" in path.read_bytes() for path in kept)


def test_a_row_without_an_action_date_is_held_back_and_the_file_refused(agency: Sector) -> None:
    agency.send("rivers_50058_2024.csv", ASSISTED)
    before = agency.here.in_force()
    outcomes = agency.send("rivers_50058_2024.csv", ASSISTED.replace("06/01/2024", "soon"))
    assert outcomes["housing_assistance"].outcome == outcomes["person"].outcome == "rejected"
    assert "effective_date_is_a_date (effective_date: 1)" in outcomes["housing_assistance"].reason
    assert agency.here.in_force() == before


def test_a_filing_has_a_row_per_child(court: Sector) -> None:
    outcome = court.send("rivers_evictions_2024.csv", FILINGS)["eviction"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 3)
    assert court.rows("eviction", "case_id, student_id, filed_date::varchar, judgment") == [
        ("24-1", "A1", "2024-01-05", "Default judgment"),
        ("24-1", "A2", "2024-01-05", "Default judgment"),
        ("24-2", None, "2024-01-09", "Dismissed"),
    ]


def test_one_filing_told_in_two_ways_is_held_back(court: Sector) -> None:
    twice = FILINGS + "24-2,01/10/2024,Dismissed,02/02/2024,2 Elm St,23221,Ann Poe,\n"
    outcome = court.send("rivers_evictions_2024.csv", twice)["eviction"]
    assert outcome.outcome == "rejected"
    assert court.here.in_force() == {}
