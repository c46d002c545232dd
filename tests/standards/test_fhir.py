"""FHIR bulk exports: what each resource becomes, and what is refused or held back."""

import csv
import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fhir_export import (
    CORE,
    CPT,
    CVX,
    ICD_10,
    LOINC,
    SNOMED,
    categories,
    concept,
    dose,
    encounter,
    observation,
    patient,
    write_export,
)
from one_partner import OnePartner, failed_rules, write_csv

from identity.linking import link_persons
from ingestion.contracts.entities import load_entities
from ingestion.contracts.layout import load_layout
from publishing.dbt_project import DBT_PROJECT


@pytest.fixture
def clinic(partner: OnePartner) -> OnePartner:
    partner.contract("fhir_r4_bulk")
    return partner


def export(clinic: OnePartner, **files: Any) -> Path:
    return write_export(clinic.sent / "ours_fhir_2024", **{"Patient": [patient("p1")], **files})


def test_a_patient_is_a_person_with_every_race_told(clinic: OnePartner) -> None:
    names = [
        {"use": "maiden", "family": "Old", "given": ["Rosa"]},
        {"use": "official", "family": "Diaz", "given": ["Rosa", "Maria"]},
    ]
    homes = [
        {"use": "old", "line": ["9 Far Rd"], "postalCode": "10001"},
        {"use": "home", "line": ["1 Elm St", "Apt 2"], "postalCode": "23220"},
    ]
    extension = [
        categories("us-core-race", "2106-3", "2054-5"),
        categories("us-core-ethnicity", "2135-2"),
        {"url": CORE + "us-core-birthsex", "valueCode": "F"},
    ]
    full = patient(
        "p1", name=names, address=homes, extension=extension, gender="unknown", _birthDate={"extension": []}
    )
    spanish = [{"language": {"coding": [{"code": "es"}]}}]
    plain = patient("p2", name=[{"family": "Poe", "given": ["Ann"]}], communication=spanish, gender="male")
    outcomes = clinic.load(export(clinic, Patient=[full, plain, patient("p3")]))
    assert {e: (o.outcome, o.rows) for e, o in outcomes.items()} == {"person.fhir_r4_bulk": ("accepted", 3)}
    assert clinic.rows(
        "person",
        "select student_id, first_name, middle_name, last_name, birth_date::varchar, gender, race_ethnicity,"
        " hispanic_ethnicity, home_language, address, zip_code from raw order by 1",
    ) == [
        ("p1", "Rosa", "Maria", "Diaz", "2020-03-01", "F", "2106-3;2054-5", "2135-2", None, "1 Elm St Apt 2", "23220"),
        ("p2", "Ann", None, "Poe", "2020-03-01", "male", None, None, "es", None, None),
        ("p3", None, None, None, "2020-03-01", "female", None, None, None, None, None),
    ]  # fmt: skip


def test_a_state_id_is_read_where_a_contract_names_its_system(partner: OnePartner) -> None:
    partner.contract(
        "fhir_r4_bulk",
        """
        extracts:
          person: {columns: {state_student_id: {sql: "fhir_value(identifier, 'https://state.example/id')"}}}
        """,
    )
    ids = [{"system": "urn:mrn", "value": "77"}, {"system": "https://state.example/id", "value": "S1"}]
    partner.load(export(partner, Patient=[patient("p1", identifier=ids)]))
    assert partner.rows("person", "select student_id, state_student_id from raw") == [("p1", "S1")]


def test_every_way_to_refer_to_a_patient_ends_in_the_same_id(clinic: OnePartner) -> None:
    doses = [
        dose("Patient/p1", "08", "2020-03-01"),
        dose("urn:uuid:p1", "10", "2020-05-01T10:00:00Z", primarySource=True),
        dose("https://ehr.example/fhir/R4/Patient/p1/_history/3", "03", "2021-03-01T23:30:00-05:00"),
    ]
    doses[2] |= {
        "primarySource": False,
        "protocolApplied": [{"doseNumberPositiveInt": 1}],
        "status": "not-done",
    }
    # a product has codes of several systems, and CVX counts
    doses[1]["vaccineCode"] = concept(("http://hl7.org/fhir/sid/ndc", "49281-860-10"), (CVX, "10"))
    outcome = clinic.load(export(clinic, Immunization=doses))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 3)
    assert clinic.rows(
        "immunization",
        "select student_id, vaccine_code, administered_date::varchar, dose_number, immunization_source,"
        " immunization_status from raw order by _row_number",
    ) == [
        ("p1", "08", "2020-03-01", None, None, "completed"),
        ("p1", "10", "2020-05-01", None, "administered", "completed"),
        ("p1", "03", "2021-03-01", 1, "historical", "not-done"),
    ]


def test_a_dose_that_corrects_an_error_is_not_lost_with_it(clinic: OnePartner) -> None:
    doses = [
        dose("Patient/p1", "08", "2020-03-01", status="entered-in-error"),
        dose("Patient/p1", "08", "2020-03-01"),
        dose("Patient/p1", "10", "2020-05-01", status="entered-in-error"),
    ]
    outcome = clinic.load(export(clinic, Immunization=doses))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 1)
    assert clinic.rows("immunization", "select vaccine_code, immunization_status from raw") == [
        ("08", "completed")
    ]


def test_records_of_one_dose_that_differ_are_all_taken(clinic: OnePartner) -> None:
    doses = [
        dose("Patient/p1", "08", "2020-03-01", primarySource=True),
        dose("Patient/p1", "08", "2020-03-01", primarySource=False),
        dose("Patient/p1", "20", "2020-05-01", status="not-done"),
        dose("Patient/p1", "20", "2020-05-01"),
        dose("Patient/p1", "20", "2020-05-01", lotNumber="B7"),
    ]
    outcome = clinic.load(export(clinic, Immunization=doses))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted", 0), outcome.reason
    told = "select vaccine_code, immunization_source, immunization_status from raw order by _row_number"
    assert clinic.rows("immunization", told) == [
        ("08", "administered", "completed"),
        ("08", "historical", "completed"),
        ("20", None, "not-done"),
        ("20", None, "completed"),
    ]


def test_a_kind_of_resource_may_lie_in_several_files(clinic: OnePartner) -> None:
    folder = export(clinic, Immunization=[dose("Patient/p1", "08", "2020-03-01")])
    (folder / "Patient.001.ndjson").write_text(json.dumps(patient("p2")) + "\n")
    (folder / "2.immunization.ndjson").write_text(json.dumps(dose("Patient/p2", "08", "2020-03-02")) + "\n")
    outcomes = clinic.load(folder)
    assert {e: (o.outcome, o.rows) for e, o in outcomes.items()} == {
        "person.fhir_r4_bulk": ("accepted", 2),
        "immunization.fhir_r4_bulk": ("accepted", 2),
    }


# what HEDIS counts as a lead test of a child (LSC)
LEAD = ["5671-3", "5674-7", "10368-9", "10912-4", "14807-2"]
LEAD += ["17052-2", "25459-9", "27129-6", "32325-3", "77307-7"]


@pytest.mark.parametrize("layout", ["fhir_r4_bulk", "synthea_csv", "synthea_csv_2021"])
def test_every_lead_test_is_taken(partner: OnePartner, layout: str) -> None:
    partner.contract(layout)
    folder = partner.sent / f"ours_{layout.split('_')[0]}_2024"
    if layout == "fhir_r4_bulk":
        write_export(folder, Patient=[patient("p1")], Observation=[observation(code) for code in LEAD])
    else:
        (extract,) = [e for e in load_layout(layout).extracts if e.member == "patients.csv"]
        headers = ["Id", *(h for c in list(extract.columns.values())[1:] for h in c.headers), *extract.ignore]
        write_csv(folder / "patients.csv", ",".join(headers), ["p1" + "," * (len(headers) - 1)])
        rows = [f"2024-05-06,p1,e,laboratory,{code},Test {code},4.2,ug/dL,numeric" for code in LEAD]
        header = "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE"
        write_csv(folder / "observations.csv", header, rows)
    partner.load(folder)
    assert sorted(partner.rows("screening", "select screening_type, instrument from raw")) == sorted(
        ("lead", f"Test {code}") for code in LEAD
    )


def test_only_screenings_are_taken_of_observations(clinic: OnePartner) -> None:
    micrograms = {"value": 4.2, "unit": "ug/dL"}
    rows = [
        observation("10368-9", valueQuantity=micrograms, interpretation=[concept(("i", "H"))]),
        observation("77307-7", valueQuantity={**micrograms, "comparator": "<"}),
        observation("62981-6", valueInteger=45),
        observation("62981-6", valueInteger=45),  # told twice in the same words
        observation("54108-6", valueCodeableConcept=concept((LOINC, "LA10393-9"))),
        observation("54109-4", dataAbsentReason=concept(("d", "not-performed"))),
        observation("8302-2", valueQuantity={"value": 99, "unit": "cm"}),  # body height
        observation("8302-2", note=[{"text": "not 10368-9"}]),
        observation("5671-3", status="entered-in-error", valueQuantity=micrograms),
    ]
    outcome = clinic.load(export(clinic, Observation=rows))["screening.fhir_r4_bulk_observation"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 5)
    assert clinic.rows(
        "screening",
        "select screening_type, instrument, domain, screened_date::varchar, screening_result,"
        " numeric_result::double, result_unit from raw order by _row_number",
    ) == [
        ("lead", "Test 10368-9", None, "2024-05-06", "H", 4.2, "ug/dL"),
        ("lead", "Test 77307-7", None, "2024-05-06", "completed", None, "ug/dL"),
        ("developmental", "Test 62981-6", "communication", "2024-05-06", "completed", 45, None),
        ("hearing", "Test 54108-6", "left ear", "2024-05-06", "LA10393-9", None, None),
        ("hearing", "Test 54109-4", "right ear", "2024-05-06", "incomplete", None, None),
    ]


def test_low_is_a_concern_but_of_lead(clinic: OnePartner) -> None:
    low = [concept(("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "L"))]
    rows = [observation(code, valueInteger=10, interpretation=low) for code in ("62981-6", "10368-9")]
    clinic.load(export(clinic, Observation=rows))
    told = clinic.rows("screening", "select screening_type, screening_result from raw order by 1")
    codes = load_layout("fhir_r4_bulk").codes["screening_result"]
    assert [(kind, codes[result]) for kind, result in told] == [
        ("developmental", "concern"),
        ("lead", "typical"),
    ]


def test_a_well_child_visit_is_told_by_any_of_three_code_systems(clinic: OnePartner) -> None:
    rows = [
        encounter("2024-01-02", type=[concept((SNOMED, "410620009"))]),
        encounter("2024-01-02", type=[concept((CPT, "99392"))]),  # the same day, told a second time
        encounter("2024-02-02", type=[concept(("local", "x")), concept((CPT, "99381"))]),
        encounter("2024-03-02", type=[concept((CPT, "99213"))], reasonCode=[concept((ICD_10, "Z00.129"))]),
        encounter("2024-04-02", type=[concept((CPT, "99386"))]),  # an adult of 40 or more
        encounter("2024-05-02", type=[concept(("local", "99392"))]),
        encounter("2024-06-02", status="cancelled", type=[concept((SNOMED, "410620009"))]),
    ]
    outcome = clinic.load(export(clinic, Encounter=rows))["screening.fhir_r4_bulk_encounter"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 3)
    assert clinic.rows("screening", "select student_id, screening_type, screened_date::varchar from raw order by 3") == [
        ("p1", "well_child_visit", "2024-01-02"),
        ("p1", "well_child_visit", "2024-02-02"),
        ("p1", "well_child_visit", "2024-03-02"),
    ]  # fmt: skip


def test_who_pays_is_told_by_the_typology_or_by_name(clinic: OnePartner) -> None:
    def coverage(kind: Any, start: str, **facts: Any) -> dict[str, Any]:
        made = {"resourceType": "Coverage", "status": "active", "type": kind, "period": {"start": start}}
        return {**made, "beneficiary": {"reference": "Patient/p1"}, **facts}

    payor = [{"display": "State Plan"}]
    rows = [
        coverage(concept(("https://nahdo.org/sopt", "2111")), "2023-01-01", payor=payor),
        coverage(concept(("https://nahdo.org/sopt", "361")), "2023-02-01"),
        coverage(concept(("http://terminology.hl7.org/CodeSystem/v3-ActCode", "EHCPOL")), "2023-03-01"),
        coverage({"text": "Medicaid"}, "2023-04-01"),
        coverage({"text": "Medicaid"}, "2023-05-01", status="entered-in-error"),
        coverage({"text": "Medicaid"}, "2023-06-01", status="cancelled"),
    ]
    rows[1]["period"]["end"] = "2023-12-31"
    outcome = clinic.load(export(clinic, Coverage=rows))["health_coverage.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 4)
    assert clinic.rows("health_coverage", "select payer_type, plan_name, end_date::varchar from raw order by start_date") == [
        ("2", "State Plan", None),
        ("361", None, "2023-12-31"),
        ("EHCPOL", None, None),
        ("Medicaid", None, None),
    ]  # fmt: skip


def test_places_belong_to_organizations_and_kinds_of_places_are_none(clinic: OnePartner) -> None:
    phone = [{"system": "fax", "value": "1"}, {"system": "phone", "value": "555-0101"}]
    organization = {"resourceType": "Organization", "id": "o1", "name": "Clinic", "telecom": phone}
    address = {"line": ["1 Oak St"], "city": "Rich", "state": "VA", "postalCode": "23220"}
    place = {"resourceType": "Location", "id": "l1", "name": "Oak House", "address": address}
    place |= {"managingOrganization": {"reference": "Organization/o1"}, "position": {"latitude": 37.5}}
    home = {"resourceType": "Location", "id": "l2", "mode": "kind", "description": "Patient's home"}
    clinic.load(export(clinic, Organization=[organization], Location=[place, home]))
    assert clinic.rows("organization", "select organization_id, organization_name, phone from raw") == [
        ("o1", "Clinic", "555-0101")
    ]
    assert clinic.rows("site", "select site_id, organization_id, city, latitude::double from raw") == [
        ("l1", "o1", "Rich", 37.5)
    ]


def test_a_broken_line_is_named_and_the_rest_not_lost(clinic: OnePartner) -> None:
    doses: list[Any] = [dose("Patient/p1", "08", f"2021-01-{day:02}") for day in range(1, 29)]
    doses += [dose("Patient/p1", "10", f"2021-01-{day:02}") for day in range(1, 29)]
    doses.insert(30, json.dumps(doses[0])[:40])
    outcome = clinic.load(export(clinic, Immunization=doses))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted_with_quarantine", 57, 1)
    assert [(row.row_number, row.rules) for row in outcome.bad_rows] == [(31, ("line_is_valid_json",))]
    assert clinic.rows("immunization", "select count(*) from raw") == [(56,)]


def test_a_bundle_is_refused_and_what_was_in_force_stays(clinic: OnePartner) -> None:
    clinic.load(export(clinic))
    before = clinic.rows("person", "select * from raw")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient("p9")}]}
    outcomes = clinic.load(export(clinic, Patient=[bundle]))
    assert outcomes["person.fhir_r4_bulk"].outcome == "rejected"
    reason = outcomes["person.fhir_r4_bulk"].reason
    assert "Patient.000.ndjson, line 1: this is a FHIR Bundle, not one resource per line" in reason
    assert "Ask the partner for the NDJSON of a bulk export" in reason
    assert clinic.rows("person", "select * from raw") == before


def test_a_file_of_another_resource_than_its_name_says_is_refused(clinic: OnePartner) -> None:
    outcomes = clinic.load(
        export(clinic, Immunization=[dose("Patient/p1", "08", "2021-01-01"), patient("p2")])
    )
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    reason = outcomes["immunization.fhir_r4_bulk"].reason
    assert "Immunization.000.ndjson, line 2: 1 line has another resourceType than Immunization" in reason
    assert clinic.in_force() == []


def test_an_observation_without_a_child_is_held_back(clinic: OnePartner) -> None:
    days = [f"2023-{month:02}-{day:02}" for month in range(1, 11) for day in range(1, 11)]
    rows = [observation("10368-9", effectiveDateTime=day) for day in days]
    lost = [observation("5671-3", subject=None), observation("77307-7", subject="Group/g1")]
    outcome = clinic.load(export(clinic, Observation=[*rows[:30], *lost, *rows[30:]]))[
        "screening.fhir_r4_bulk_observation"
    ]
    assert (outcome.outcome, outcome.rows, outcome.quarantined) == ("accepted_with_quarantine", 102, 2)
    assert failed_rules(outcome) == {"student_id_is_present": 2}
    assert [row.row_number for row in outcome.bad_rows] == [31, 32]
    assert clinic.rows("screening", "select count(*), count(student_id) from raw") == [(100, 100)]


def test_an_unknown_vaccine_code_is_kept_and_warned_of(clinic: OnePartner) -> None:
    rows = [dose("Patient/p1", code, "2021-01-01") for code in ("08", "777", "MMR")]
    outcome = clinic.load(export(clinic, Immunization=rows))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted", 0)
    (warned,) = [result for result in outcome.results if not result.passed]
    assert (warned.column, warned.severity, warned.violations) == ("vaccine_code", "warn", 2)
    assert clinic.rows("immunization", "select vaccine_code from raw order by 1") == [
        ("08",),
        ("777",),
        ("MMR",),
    ]


def test_every_vaccine_of_the_series_is_a_known_code() -> None:
    pattern = load_entities()["immunization"].columns["vaccine_code"].pattern
    assert pattern
    with (DBT_PROJECT / "seeds" / "vaccine_families.csv").open() as file:
        codes = {row["cvx_code"] for row in csv.DictReader(file)}
    assert len(codes) >= 40
    assert all(re.fullmatch(pattern, code) and re.fullmatch(pattern, code.zfill(2)) for code in codes)
    assert not any(re.fullmatch(pattern, code) for code in ("0", "00", "270", "777", "1234", "MMR", "08x"))


def test_a_dose_without_a_cvx_code_is_held_back(clinic: OnePartner) -> None:
    rows = [dose("Patient/p1", "08", f"2021-{m:02}-{d:02}") for m in range(1, 6) for d in range(1, 13)]
    ndc = concept(("http://hl7.org/fhir/sid/ndc", "49281-860-10"))
    rows.append({**dose("Patient/p1", "", "2022-01-01"), "vaccineCode": ndc})
    outcome = clinic.load(export(clinic, Immunization=rows))["immunization.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 1)
    assert failed_rules(outcome) == {"vaccine_code_is_present": 1}


def test_a_patient_without_a_birth_date_is_kept(clinic: OnePartner) -> None:
    outcome = clinic.load(export(clinic, Patient=[patient("p1"), patient("p2", birthDate=None)]))
    assert outcome["person.fhir_r4_bulk"].outcome == "accepted"
    assert clinic.rows("person", "select student_id, birth_date::varchar from raw order by 1") == [
        ("p1", "2020-03-01"),
        ("p2", None),
    ]


def test_half_a_birth_date_is_no_date_and_loses_no_patient(clinic: OnePartner) -> None:
    patients = [patient("p1"), patient("p2", birthDate="2020-03"), patient("p3", birthDate="2020")]
    outcome = clinic.load(export(clinic, Patient=patients))["person.fhir_r4_bulk"]
    assert (outcome.outcome, outcome.rows) == ("accepted", 3), outcome.reason
    assert clinic.rows("person", "select student_id from raw where birth_date is null order by 1") == [
        ("p2",),
        ("p3",),
    ]
    wrong = clinic.load(export(clinic, Patient=[patient("p1", birthDate="03/01/2020")]))
    assert "birth_date_is_a_date (birth_date: 1)" in wrong["person.fhir_r4_bulk"].reason


def test_names_and_addresses_of_which_the_time_is_over_come_last(clinic: OnePartner) -> None:
    over, since = {"start": "2018-01-01", "end": "2021-01-01"}, {"start": "2021-01-02"}
    names = [
        {"use": "official", "family": "Before", "period": over},
        {"use": "official", "family": "Now", "period": since},
    ]
    homes = [
        {"use": "home", "line": ["1 Old St"], "postalCode": "10001", "period": over},
        {"use": "old", "line": ["2 Old St"], "postalCode": "10002"},
        {"use": "temp", "line": ["3 New St"], "postalCode": "23220"},
    ]
    only = [{"use": "home", "line": ["4 Last St"], "postalCode": "23221", "period": over}]
    patients = [patient("p1", name=names, address=homes), patient("p2", name=names[:1], address=only)]
    clinic.load(export(clinic, Patient=patients))
    assert clinic.rows("person", "select last_name, address, zip_code from raw order by student_id") == [
        ("Now", "3 New St", "23220"),
        ("Before", "4 Last St", "23221"),
    ]


def test_a_patient_merged_into_another_is_one_child_with_it(clinic: OnePartner) -> None:
    def link(kind: str) -> list[dict[str, Any]]:
        return [{"other": {"reference": "Patient/p1"}, "type": kind}]

    patients = [patient("p1"), patient("old", active=False, link=link("replaced-by"))]
    patients.append(patient("like", link=link("seealso")))
    clinic.load(export(clinic, Patient=patients, Immunization=[dose("Patient/old", "08", "2020-03-01")]))
    told = "select student_id, replaced_by_student_id from raw order by 1"
    assert clinic.rows("person", told) == [("like", None), ("old", "p1"), ("p1", None)]
    link_persons(clinic.home)
    links = f"from read_parquet('{clinic.home.person_links}')"
    persons = dict(duckdb.sql(f"select student_id, person_id {links}").fetchall())
    assert persons["old"] == persons["p1"] != persons["like"]


def test_an_element_that_is_no_part_of_r4_is_refused(clinic: OnePartner) -> None:
    outcome = clinic.load(export(clinic, Patient=[patient("p1", ssn="987-65-4320")]))["person.fhir_r4_bulk"]
    assert outcome.outcome == "rejected"
    assert "undeclared column 'ssn'" in outcome.reason
    assert "987" not in outcome.reason


def test_an_export_without_patients_is_refused_and_other_resources_are_let_be(clinic: OnePartner) -> None:
    folder = write_export(
        clinic.sent / "ours_fhir_2024", Immunization=[dose("Patient/p1", "08", "2021-01-01")]
    )
    (outcome,) = {o.reason for o in clinic.load(folder).values()}
    assert "the archive has no Patient.ndjson" in outcome
    export(clinic, Condition=[{"resourceType": "Condition"}], ImmunizationRecommendation=[{"a": 1}])
    assert {e: o.outcome for e, o in clinic.load(folder).items()} == {
        "person.fhir_r4_bulk": "accepted",
        "immunization.fhir_r4_bulk": "accepted",
    }


def test_a_zip_is_read_like_a_folder_and_packed_members_are_refused(clinic: OnePartner) -> None:
    folder = export(clinic, Immunization=[dose("Patient/p1", "08", "2021-01-01")])
    path = clinic.sent / "ours_fhir_2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in folder.iterdir():
            archive.write(member, f"export/{member.name}")
    assert {e: o.outcome for e, o in clinic.load(path).items()} == {
        "person.fhir_r4_bulk": "accepted",
        "immunization.fhir_r4_bulk": "accepted",
    }
    (folder / "Observation.000.ndjson.gz").write_bytes(gzip.compress(b"{}"))
    outcomes = clinic.load(folder)
    assert {o.outcome for o in outcomes.values()} == {"rejected"}
    assert (
        "a member that FHIR R4 bulk export (NDJSON) does not know" in outcomes["person.fhir_r4_bulk"].reason
    )


def test_codes_of_the_standard_are_conformed() -> None:
    codes = load_layout("fhir_r4_bulk").codes
    assert codes["race_ethnicity"]["2054-5"] == "black_or_african_american"
    assert codes["hispanic_ethnicity"] == {
        "2135-2": "yes",
        "2186-5": "no",
        "UNK": "unknown",
        "ASKU": "unknown",
    }
    assert codes["immunization_status"]["not-done"] == "not_done"
    assert codes["screening_result"]["LA10393-9"] == "concern"
