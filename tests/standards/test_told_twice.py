"""What a partner's own extract and its standard delivery both tell of one period is not in force from both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from one_partner import OnePartner, write_csv

from expectations.judging import judge
from ingestion.contracts.entities import load_entities
from ingestion.lake.lake import withdraw_together
from ingestion.lake.ledger import Ledger
from publishing.dbt_project import DBT_PROJECT
from tests.standards.test_edfi import RESOURCES, resources

OWN = """
entity: attendance
title: Attendance
files: ["ours_days_{school_year}.csv", "ours_days_{school_year}_{collection}.csv"]
columns:
  student_id: {from: [id], required: true}
  school_id: {from: [school], required: true}
  days_enrolled: {from: [days], type: decimal}
  days_absent: {from: [absent], type: decimal}
"""
EVENT = {
    "studentReference": {"studentUniqueId": "1"},
    "schoolReference": {"schoolId": 7},
    "sessionReference": {"schoolYear": 2025, "sessionName": "Fall"},
    "eventDate": "2024-10-01",
    "attendanceEventCategoryDescriptor": "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Excused Absence",
}
EVENTS = "edfi_student_school_attendance_event"

# entity -> why a second telling of it changes no number
HARMLESS = {
    "assessment": "of several results of a child one decides, and tests differ by name",
    "diploma": "a child has one or has none",
    "organization": "the latest description is taken",
    "person": "of one child what is known is put together",
    "program": "the latest description is taken",
    "school": "the latest description is taken",
    "service": "the latest description is taken",
    "service_at_site": "the latest description is taken",
    "site": "the latest description is taken",
    "student_status": "a circumstance holds if anybody tells it",
}


@pytest.fixture
def both(partner: OnePartner) -> OnePartner:
    """A partner with a contract for Ed-Fi and one for attendance of its own."""
    partner.contract("edfi_json")
    partner.contract("attendance", OWN)
    text = (partner.community / "community.yml").read_text()
    collections = "collections: {annual: {maturity: final}, fall: {maturity: interim}}"
    (partner.community / "community.yml").write_text(
        text.replace("collections: {annual: {maturity: final}}", collections)
    )
    return partner


def own(partner: OnePartner, period: str = "2025") -> Path:
    """Two children, the second absent on as many days as the file's name has letters: no two files are equal."""
    rows = ["1,7,180,9", f"2,7,180,{len(period)}"]
    return write_csv(partner.sent / f"ours_days_{period}.csv", "id,school,days,absent", rows)


def standard(partner: OnePartner, events: list[dict[str, Any]] | None = None) -> Path:
    held = RESOURCES | ({"studentSchoolAttendanceEvents": events} if events is not None else {})
    return resources(partner, held)


def outcomes(loaded: dict[str, Any]) -> set[str]:
    return {outcome.outcome for outcome in loaded.values()}


def test_an_extract_of_what_the_standard_tells_already_is_refused(both: OnePartner) -> None:
    assert outcomes(both.load(standard(both, [EVENT]))) == {"accepted"}
    (refused,) = both.load(own(both)).values()
    assert refused.outcome == "rejected"
    held = Ledger(both.home.ledger).in_force(f"ours.{EVENTS}.edfi_json", 2025, "annual")
    assert held is not None
    assert refused.reason == (
        "ours_days_2025.csv: what attendance tells of 2025-annual is in force already from"
        f" ours.{EVENTS}.edfi_json. A partner tells of a period in one extract or in one standard, or its rows"
        " would count twice. If this file is to count, take out the other: milepost withdraw"
        f" {held.load_id}. If both are to count, leave {EVENTS} out of the archive."
    )
    assert "attendance" not in both.in_force()


def test_a_standard_that_tells_what_an_extract_does_already_is_refused_whole(both: OnePartner) -> None:
    assert outcomes(both.load(own(both))) == {"accepted"}
    refused = both.load(standard(both, [EVENT]))
    assert outcomes(refused) == {"rejected"}
    assert "is in force already from ours.attendance." in refused[f"{EVENTS}.edfi_json"].reason
    assert both.in_force() == ["attendance"]


def test_what_the_standard_does_not_tell_comes_from_an_extract(both: OnePartner) -> None:
    assert outcomes(both.load(standard(both))) == {"accepted"}
    assert outcomes(both.load(own(both))) == {"accepted"}
    # its table without rows counts nothing
    assert outcomes(both.load(standard(both, []))) <= {"accepted", "unchanged"}
    assert "attendance" in both.in_force()


def test_another_year_or_collection_is_no_second_telling(both: OnePartner) -> None:
    assert outcomes(both.load(standard(both, [EVENT]))) == {"accepted"}
    for period in ("2024", "2025_fall"):
        assert outcomes(both.load(own(both, period))) == {"accepted"}, period


def test_a_delivery_supersedes_its_own_and_withdrawn_makes_room(both: OnePartner) -> None:
    both.load(standard(both, [EVENT]))
    again = both.load(standard(both, [EVENT, EVENT | {"eventDate": "2024-10-02"}]))
    assert again[f"{EVENTS}.edfi_json"].outcome == "accepted"
    assert both.load(own(both))["attendance"].outcome == "rejected"
    every = [
        state.load_id for state in Ledger(both.home.ledger).state() if ".edfi_" in state.delivery.extract_id
    ]
    withdraw_together(both.home, every)
    assert both.load(own(both))["attendance"].outcome == "accepted"


@pytest.mark.parametrize("late", ["attendance", EVENTS])
def test_what_came_into_force_while_a_file_was_judged_is_seen_before_it_does_too(
    both: OnePartner, late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"attendance": own(both), EVENTS: standard(both, [EVENT])}
    (early,) = files.keys() - {late}

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr("expectations.loading.judge", judge)
        assert outcomes(both.load(files[early])) == {"accepted"}
        return judge(*given)

    monkeypatch.setattr("expectations.loading.judge", overtaken)
    loaded = both.load(files[late])
    assert outcomes(loaded) == {"rejected"}
    (reason,) = (outcome.reason for name, outcome in loaded.items() if name.startswith(late))
    assert "is in force already" in reason
    assert ("attendance" in both.in_force(), EVENTS in both.in_force()) == (
        early == "attendance",
        early == EVENTS,
    )
    assert not list(both.home.staged.glob("*.parquet"))


def test_two_standards_of_one_partner_do_not_both_tell_of_enrollment() -> None:
    entities = load_entities()
    roster, spells = entities["oneroster_user"], entities["edfi_student_school_association"]
    assert roster.counts_twice_beside(spells)
    assert spells.counts_twice_beside(roster)
    assert not roster.counts_twice_beside(entities["oneroster_class"])
    assert not entities["hmis_enrollment"].counts_twice_beside(entities["hmis_enrollment"])


def test_every_model_of_a_standard_has_a_table_that_counts_as_its_entity_unless_it_does_no_harm_twice() -> (
    None
):
    macro = (DBT_PROJECT / "macros" / "standard_models.sql").read_text()
    told = {
        (model.partition("__")[0], entity)
        for entity, models in re.findall(r"'(\w+)': \[(.*)\]", macro)
        for model in re.findall(r"\w+", models)
    }
    counted = {(table.standard, entity) for table in load_entities().values() for entity in table.counts_as}
    assert counted <= told
    assert {entity for _, entity in told - counted} == {*HARMLESS}
