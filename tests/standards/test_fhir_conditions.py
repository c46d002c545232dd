"""FHIR's conditions: taken by a contract of their own, what of them, and what never leaves landing."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fhir_export import ICD_10, SNOMED, STATUS, concept, condition, dose, patient, write_export
from one_partner import OnePartner, failed_rules

from identity.linking import link_persons
from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.staged import build_staging, staged_rows

ASTHMA = concept((ICD_10, "J45.20"))
CONDITIONS = "condition.fhir_r4_condition"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


@pytest.fixture
def clinic(partner: OnePartner) -> OnePartner:
    partner.contract("fhir_r4_condition")
    return partner


def export(clinic: OnePartner, *conditions: Any) -> Path:
    return write_export(clinic.sent / "ours_fhir_2024", Patient=[patient("p1")], Condition=conditions)


def told(clinic: OnePartner, columns: str) -> list[tuple[Any, ...]]:
    return clinic.rows("condition", f"select {columns} from raw order by _row_number")


def status(kind: str, code: str) -> dict[str, Any]:
    return concept((STATUS + kind, code))


def test_nobody_takes_conditions_in_who_has_not_said_so(partner: OnePartner) -> None:
    partner.contract("fhir_r4_bulk")
    folder = export(partner, condition(ASTHMA))
    assert {*partner.load(folder)} == {"person.fhir_r4_bulk"}
    assert partner.in_force() == ["person"]
    partner.contract("fhir_r4_condition")
    outcomes = partner.load(folder)
    assert outcomes[CONDITIONS].outcome == "accepted"
    assert partner.in_force() == ["condition", "person"]


def test_a_condition_has_one_code_and_the_days_that_are_told(clinic: OnePartner) -> None:
    several = concept(("https://ehr.example/dx", "77"), (SNOMED, "195967001"), (ICD_10, "J45.909"))
    later = {"onsetPeriod": {"start": "2021-03-01", "end": "2021-04-01"}, "recordedDate": "2021-03-04"}
    rows = [
        condition(several, onsetDateTime="2020-02-01T23:30:00-05:00", recordedDate="2020-02-03T08:00:00Z"),
        condition(concept((SNOMED, "80967001")), **later, abatementPeriod={"end": "2021-05-01"}),
        condition(concept(("https://ehr.example/dx", "77")), onsetAge={"value": 3, "unit": "a"}),
        condition(ASTHMA, onsetString="as a toddler", abatementString="last spring"),
        condition(ASTHMA, onsetDateTime="2020", abatementDateTime="2021-05", recordedDate="2022-01-01"),
        condition(ASTHMA, onsetRange={"low": {"value": 3}}, recordedDate="2023-01-01"),
    ]
    outcome = clinic.load(export(clinic, *rows))[CONDITIONS]
    assert (outcome.outcome, outcome.quarantined) == ("accepted", 0), outcome.reason
    days = "onset_date::varchar, abatement_date::varchar, recorded_date::varchar"
    assert told(clinic, f"condition_code, code_system, {days}") == [
        ("J45.909", ICD_10, "2020-02-01", None, "2020-02-03"),
        ("80967001", SNOMED, "2021-03-01", "2021-05-01", "2021-03-04"),
        ("77", "https://ehr.example/dx", None, None, None),
        ("J45.20", ICD_10, None, None, None),
        ("J45.20", ICD_10, None, None, "2022-01-01"),
        ("J45.20", ICD_10, None, None, "2023-01-01"),
    ]


def test_what_is_refuted_or_an_error_is_no_condition(clinic: OnePartner) -> None:
    sure = "condition-ver-status"
    rows = [
        condition(ASTHMA, verificationStatus=status(sure, "refuted")),
        condition(ASTHMA, verificationStatus=status(sure, "entered-in-error"), clinicalStatus=None),
        condition(ASTHMA, verificationStatus="refuted"),  # as releases before R4 wrote it
        condition(ASTHMA, verificationStatus=status(sure, "provisional")),
        condition(ASTHMA, verificationStatus=None),
        condition(ASTHMA, clinicalStatus=None),
        condition(ASTHMA, clinicalStatus=status("condition-clinical", "resolved")),
        condition(ASTHMA, clinicalStatus=status("condition-clinical", "resolved")),  # told twice
    ]
    outcome = clinic.load(export(clinic, *rows))[CONDITIONS]
    assert (outcome.outcome, outcome.quarantined) == ("accepted", 0), outcome.reason
    assert told(clinic, "clinical_status, verification_status") == [
        ("active", "provisional"),
        ("active", None),
        (None, "confirmed"),
        ("resolved", "confirmed"),
    ]


def test_an_export_without_any_status_or_day_is_taken(clinic: OnePartner) -> None:
    bare = condition(ASTHMA, clinicalStatus=None, verificationStatus=None)
    outcome = clinic.load(export(clinic, bare))[CONDITIONS]
    assert outcome.outcome == "accepted", outcome.reason
    assert told(clinic, "student_id, condition_code, clinical_status, verification_status, onset_date") == [
        ("p1", "J45.20", None, None, None)
    ]


def test_what_is_told_in_words_never_leaves_landing(clinic: OnePartner) -> None:
    words = {**concept((ICD_10, "J45.20"), text="wheezes at Aunt May's"), "id": "c"}
    words["coding"][0]["display"] = "SecretDisplay"
    noted = {"note": [{"text": "SecretNote"}], "onsetString": "SecretOnset", "abatementString": "SecretEnd"}
    evidence = [{"code": [{"text": "SecretEvidence"}]}]
    clinic.load(export(clinic, condition(words, **noted, evidence=evidence)))
    (row,) = told(clinic, "*")
    assert not re.search("Secret|Aunt", str(row))
    assert "Secret" in "".join(str(p.read_bytes()) for p in clinic.sent.rglob("Condition*"))


def test_a_condition_without_a_code_or_a_child_is_held_back(clinic: OnePartner) -> None:
    days = [f"2023-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 15)]
    rows = [condition(ASTHMA, recordedDate=day) for day in days]
    rows.insert(10, condition({"text": "asthma, in words"}))
    rows.insert(11, condition(ASTHMA, subject={"reference": "Group/g1"}))
    rows.insert(12, condition(ASTHMA, onsetDateTime="05/06/2023"))
    outcome = clinic.load(export(clinic, *rows))[CONDITIONS]
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 3), outcome.reason
    assert [row.row_number for row in outcome.bad_rows] == [11, 12, 13]
    broken = failed_rules(outcome)
    assert {name: broken[name] for name in ("condition_code_is_present", "student_id_is_present", "onset_date_is_a_date")} == {
        "condition_code_is_present": 1,
        "student_id_is_present": 1,
        "onset_date_is_a_date": 1,
    }  # fmt: skip
    assert len(told(clinic, "1")) == 168


def test_an_export_without_the_file_of_conditions_is_refused(clinic: OnePartner) -> None:
    folder = write_export(clinic.sent / "ours_fhir_2024", Patient=[patient("p1")])
    (folder / "Immunization.ndjson").write_text(json.dumps(dose("Patient/p1", "08", "2020-03-01")))
    outcome = clinic.load(folder)[CONDITIONS]
    assert outcome.outcome == "rejected"
    assert "the archive has no Condition.ndjson" in outcome.reason


def test_a_contract_takes_only_the_conditions_it_names(partner: OnePartner) -> None:
    partner.contract(
        "fhir_r4_condition",
        f"""
        extracts:
          condition:
            rows:
              distinct: true
              where: |
                coalesce(fhir_status(verificationStatus), 'confirmed') not in ('refuted', 'entered-in-error')
                and len(list_filter(fhir_codes(code, ['{ICD_10}']), lambda one: starts_with(one, 'J45'))) > 0
        """,
    )
    rows = [condition(ASTHMA), condition(concept((ICD_10, "T74.12XA"))), condition(concept((SNOMED, "1")))]
    partner.load(export(partner, *rows))
    assert told(partner, "condition_code") == [("J45.20",)]


def test_conditions_are_staged_by_category_of_the_children_of_the_export(
    clinic: OnePartner, manifest: Any
) -> None:
    clinic.contract("fhir_r4_bulk")
    caries = concept((SNOMED, "80967001"))
    clinic.load(export(clinic, condition(ASTHMA), condition(caries), condition(concept(("urn:mine", "J45")))))
    link_persons(clinic.home)
    build_staging(manifest, clinic, "stg_condition")
    links = f"from read_parquet('{clinic.home.person_links}')"
    ((person,),) = duckdb.sql(f"select person_id {links}").fetchall()
    columns = (
        "person_id, condition_category, condition_code, code_system, clinical_status, verification_status"
    )
    assert staged_rows(clinic, f"select {columns} from staging.stg_condition order by _row_number") == [
        (person, "asthma", "J45.20", "icd_10_cm", "active", "confirmed"),
        (person, "dental_caries", "80967001", "snomed_ct", "active", "confirmed"),
        (person, "unknown", "J45", "unmapped", "active", "confirmed"),
    ]


def test_no_indicator_and_no_published_table_is_made_of_conditions(manifest: Any) -> None:
    for model in ("stg_condition", "fct_condition"):
        below = {node for node in manifest.child_map[f"model.milepost.{model}"] if node.startswith("model.")}
        assert below == ({"model.milepost.fct_condition"} if model == "stg_condition" else set())
