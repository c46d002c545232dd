"""Ed-Fi: interchanges in XML and resources in JSON become the same tables, and what is refused of them."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from one_partner import OnePartner, failed_rules

NAMESPACE = 'xmlns="http://ed-fi.org/5.2.0"'
TABLES = (
    "edfi_student",
    "edfi_student_education_organization_association",
    "edfi_student_school_association",
)


def student(number: int) -> str:
    return (
        f"<Student><StudentUniqueId>{number}</StudentUniqueId><Name><FirstName>Ana</FirstName>"
        "<LastSurname>Oak</LastSurname></Name><BirthData><BirthDate>2015-03-04</BirthDate></BirthData></Student>"
    )


def reference(name: str, key: str, value: object) -> str:
    return f"<{name}Reference><{name}Identity><{key}>{value}</{key}></{name}Identity></{name}Reference>"


ANA = reference("Student", "StudentUniqueId", 1)
ORGANIZATION = (
    f"<StudentEducationOrganizationAssociation>{ANA}"
    f"{reference('EducationOrganization', 'EducationOrganizationId', 9)}"
    "<Sex>uri://ed-fi.org/SexDescriptor#Female</Sex><HispanicLatinoEthnicity>0</HispanicLatinoEthnicity>"
    "<Race>uri://ed-fi.org/RaceDescriptor#Asian</Race><Race>uri://ed-fi.org/RaceDescriptor#White</Race>"
    "<Language><Language>uri://ed-fi.org/LanguageDescriptor#spa</Language>"
    "<LanguageUse>uri://ed-fi.org/LanguageUseDescriptor#Home language</LanguageUse></Language>"
    "<Address><AddressType>uri://ed-fi.org/AddressTypeDescriptor#Mailing</AddressType>"
    "<StreetNumberName>PO Box 1</StreetNumberName></Address>"
    "<Address><AddressType>uri://ed-fi.org/AddressTypeDescriptor#Home</AddressType>"
    "<StreetNumberName>2 Oak St</StreetNumberName><PostalCode>12345</PostalCode></Address>"
    "<StudentCharacteristic><StudentCharacteristic>uri://ed-fi.org/StudentCharacteristicDescriptor#Homeless"
    "</StudentCharacteristic><Period><BeginDate>2024-08-01</BeginDate><EndDate>2024-12-01</EndDate></Period>"
    "</StudentCharacteristic></StudentEducationOrganizationAssociation>"
)
SPELL = (
    f"<StudentSchoolAssociation>{ANA}{reference('School', 'SchoolId', 7)}<SchoolYear>2024-2025</SchoolYear>"
    "<EntryDate>2024-08-20</EntryDate><EntryGradeLevel>uri://state.example/GradeLevelDescriptor#First grade"
    "</EntryGradeLevel><PrimarySchool>true</PrimarySchool></StudentSchoolAssociation>"
)
RESOURCES: dict[str, list[dict[str, Any]]] = {
    "students": [
        {
            **{"id": "a", "studentUniqueId": "1", "firstName": "Ana", "lastSurname": "Oak"},
            **{"birthDate": "2015-03-04", "_etag": "5", "_ext": {"state": {"x": 1}}},
        }
    ],
    "studentEducationOrganizationAssociations": [
        {
            "id": "b",
            "studentReference": {"studentUniqueId": "1", "link": {"rel": "Student"}},
            "educationOrganizationReference": {"educationOrganizationId": 9},
            "sexDescriptor": "uri://ed-fi.org/SexDescriptor#Female",
            "hispanicLatinoEthnicity": False,
            "races": [
                {"raceDescriptor": "uri://ed-fi.org/RaceDescriptor#Asian"},
                {"raceDescriptor": "uri://ed-fi.org/RaceDescriptor#White"},
            ],
            "languages": [
                {
                    "languageDescriptor": "uri://ed-fi.org/LanguageDescriptor#spa",
                    "uses": [
                        {"languageUseDescriptor": "uri://ed-fi.org/LanguageUseDescriptor#Home language"}
                    ],
                }
            ],
            "addresses": [
                {
                    "addressTypeDescriptor": "uri://ed-fi.org/AddressTypeDescriptor#Mailing",
                    "streetNumberName": "PO Box 1",
                },
                {
                    "addressTypeDescriptor": "uri://ed-fi.org/AddressTypeDescriptor#Home",
                    "streetNumberName": "2 Oak St",
                    "postalCode": "12345",
                },
            ],
            "studentCharacteristics": [
                {
                    "studentCharacteristicDescriptor": "uri://ed-fi.org/StudentCharacteristicDescriptor#Homeless",
                    "periods": [{"beginDate": "2024-08-01", "endDate": "2024-12-01"}],
                }
            ],
        }
    ],
    "studentSchoolAssociations": [
        {
            "id": "c",
            "studentReference": {"studentUniqueId": "1"},
            "schoolReference": {"schoolId": 7},
            "schoolYearTypeReference": {"schoolYear": 2025},
            "entryDate": "2024-08-20",
            "entryGradeLevelDescriptor": "uri://state.example/GradeLevelDescriptor#First grade",
            "primarySchool": True,
        }
    ],
}


def interchange(*records: str, head: str = "") -> str:
    return f"<?xml version='1.0' encoding='UTF-8'?>{head}<InterchangeStudent {NAMESPACE}>{''.join(records)}</InterchangeStudent>"


def xml(partner: OnePartner, **members: str) -> Path:
    path = partner.sent / "ours_edfi_2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.xml", text)
    return path


def resources(partner: OnePartner, held: dict[str, list[dict[str, Any]]], ending: str = "json") -> Path:
    path = partner.sent / "ours_edfi_2025.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, records in held.items():
            lines = [json.dumps(record) for record in records]
            text = f"[{','.join(lines)}]" if ending == "json" else "".join(f"{line}\n" for line in lines)
            archive.writestr(f"ed-fi/{name}.{ending}", text)
    return path


def told(partner: OnePartner) -> list[list[tuple[Any, ...]]]:
    columns = (
        "student_unique_id, first_name, last_surname, birth_date::varchar",
        "student_unique_id, education_organization_id, sex, hispanic_latino_ethnicity, races, street_number_name,"
        " postal_code, characteristics, home_language",
        "student_unique_id, school_id, entry_date::varchar, entry_grade_level, told_school_year, is_primary",
    )
    return [partner.rows(t, f"select {c} from raw") for t, c in zip(TABLES, columns, strict=True)]


EXPECTED = [
    [("1", "Ana", "Oak", "2015-03-04")],
    [("1", "9", "Female", False, "Asian;White", "2 Oak St", "12345", "Homeless|2024-12-01", "spa")],
    [("1", "7", "2024-08-20", "First grade", 2025, True)],
]


def test_xml_is_read_by_its_elements_in_whatever_file_they_stand(partner: OnePartner) -> None:
    partner.contract("edfi_xml_bulk")
    outcomes = partner.load(
        xml(partner, Everything1=interchange(student(1), ORGANIZATION), Other=interchange(SPELL))
    )
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert told(partner) == EXPECTED


@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_json_fills_the_same_tables(partner: OnePartner, ending: str) -> None:
    partner.contract("edfi_json")
    outcomes = partner.load(resources(partner, RESOURCES, ending))
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    assert told(partner) == EXPECTED


def guardians(partner: OnePartner, label: str) -> list[tuple[Any, ...]]:
    told = "student_id, guardian_id, guardian_relationship, lives_with, is_legal_guardian"
    return partner.rows("guardian", f"select {told} from raw where extract_id like '%{label}'")


def test_parents_of_older_data_standards_and_contacts_of_newer_ones_are_guardians(
    partner: OnePartner,
) -> None:
    partner.contract("edfi_json")
    who = {"relationDescriptor": "uri://ed-fi.org/RelationDescriptor#Mother", "livesWith": True}
    child = {"studentReference": {"studentUniqueId": "1"}}
    contact = {**child, **who, "contactReference": {"contactUniqueId": "C7"}, "legalGuardian": True}
    parent = {**child, **who, "parentReference": {"parentUniqueId": "P7"}, "emergencyContactStatus": True}
    contacts = {"studentContactAssociations": [contact], "studentParentAssociations": [parent]}
    partner.load(resources(partner, {**RESOURCES, **contacts}))
    assert guardians(partner, "contacts") == [("1", "C7", "Mother", True, True)]
    assert guardians(partner, "parents") == [("1", "P7", "Mother", True, None)]


def test_guardians_of_interchanges_in_xml(partner: OnePartner) -> None:
    partner.contract("edfi_xml_bulk")
    who = "<Relation>uri://ed-fi.org/RelationDescriptor#Aunt</Relation><LivesWith>false</LivesWith>"
    parent = f"<StudentParentAssociation>{ANA}{reference('Parent', 'ParentUniqueId', 'P7')}{who}</StudentParentAssociation>"
    contact = f"<StudentContactAssociation>{ANA}{reference('Contact', 'ContactUniqueId', 'C7')}{who}</StudentContactAssociation>"
    partner.load(xml(partner, Student=interchange(student(1), SPELL), Parents=interchange(parent, contact)))
    assert guardians(partner, "parents") == [("1", "P7", "Aunt", False, None)]
    assert guardians(partner, "contacts") == [("1", "C7", "Aunt", False, None)]


BOMB = '<!DOCTYPE x [<!ENTITY a "Ana"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (interchange(student(1), head=BOMB), "declares a document type"),
        (interchange(student(1), head=OUTSIDE), "declares a document type"),
        (interchange(student(1))[:-30], "not well-formed XML, or cut off"),
        (interchange(student(1).replace("Ana", "A & B")), "not well-formed XML, or cut off"),
        (interchange(SPELL), "no element is named 'Student'"),
        (interchange(student(1).replace("</Student>", "<Ssn>1</Ssn></Student>")), "undeclared column 'Ssn'"),
    ],
)
def test_bad_xml_refuses_the_whole_delivery(partner: OnePartner, text: str, reason: str) -> None:
    partner.contract("edfi_xml_bulk")
    partner.load(xml(partner, Student=interchange(student(1), SPELL)))
    before = told(partner)
    outcomes = partner.load(xml(partner, AnOrganization=interchange(ORGANIZATION), Student=text))
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert any(reason in outcome.reason for outcome in outcomes.values())
    assert not any("Ana" in outcome.reason for outcome in outcomes.values())
    assert told(partner) == before


def test_two_children_of_one_number_are_held_back(partner: OnePartner) -> None:
    partner.contract("edfi_xml_bulk", "extracts: {edfi_student: {tolerance: {quarantined: 0.9}}}")
    other = student(2).replace("Ana", "Another")
    text = interchange(student(1), student(2), other, SPELL)
    outcome = partner.load(xml(partner, Student=text))["edfi_student.edfi_xml_bulk"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 2)
    assert failed_rules(outcome) == {"key_is_unique": 2}
    assert partner.rows("edfi_student", "select student_unique_id from raw") == [("1",)]


def test_an_association_of_nobody_is_held_back(partner: OnePartner) -> None:
    partner.contract("edfi_json", "tolerance: {quarantined: 0.9}")
    nobody = {**RESOURCES["studentSchoolAssociations"][0], "studentReference": {"studentUniqueId": "99"}}
    held = {**RESOURCES, "studentSchoolAssociations": [*RESOURCES["studentSchoolAssociations"], nobody]}
    outcome = partner.load(resources(partner, held))["edfi_student_school_association.edfi_json"]
    assert (outcome.outcome, outcome.quarantined) == ("accepted_with_quarantine", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"student": []}, "a member that Ed-Fi resources in JSON does not know"),
        ({"students": []}, "the file is empty"),
        ({"students": [{**RESOURCES["students"][0], "ssn": "1"}]}, "undeclared column 'ssn'"),
        ({"students": [{"id": "a", "firstName": "Ana"}]}, "'student_unique_id' has no header in the file"),
    ],
)
def test_bad_json_refuses_the_whole_delivery(
    partner: OnePartner, change: dict[str, list[dict[str, Any]]], reason: str
) -> None:
    partner.contract("edfi_json")
    partner.load(resources(partner, RESOURCES))
    outcomes = partner.load(resources(partner, {**RESOURCES, **change}))
    assert {outcome.outcome for outcome in outcomes.values()} == {"rejected"}
    assert any(reason in outcome.reason for outcome in outcomes.values()), [
        o.reason for o in outcomes.values()
    ]
    assert told(partner) == EXPECTED
