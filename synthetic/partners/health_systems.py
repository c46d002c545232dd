"""Two health systems: FHIR R4 bulk exports, NDJSON of each resource in a zip, patients under seven."""

from __future__ import annotations

from synthetic.calendars import Collection
from synthetic.codes import coded
from synthetic.deliveries import Series, annual_since
from synthetic.formats import archive, lines
from synthetic.sectors.health import FIRST_SENT, SYSTEMS

FHIR = "http://hl7.org/fhir"
HL7 = "http://terminology.hl7.org/CodeSystem"
US_CORE = f"{FHIR}/us/core/StructureDefinition"
RACE_SYSTEM = "urn:oid:2.16.840.1.113883.6.238"
RACES = {
    "american_indian_or_alaska_native": "1002-5",
    "asian": "2028-9",
    "black_or_african_american": "2054-5",
    "native_hawaiian_or_pacific_islander": "2076-8",
    "white": "2106-3",
}
# Source of Payment Typology
PAYERS = {"medicaid": "2", "private": "5", "uninsured": "81"}
LEAD, QUESTIONNAIRE, CHECK_UP = "5671-3", "62770-3", "410620009"  # LOINC, LOINC, SNOMED CT
TITLES = {"riverbend_health": "Riverbend Health", "prairie_childrens": "Prairie Children's Hospital"}


def _resource(fields: dict[str, str], source: str, order: str) -> str:
    """SELECT of a line per row: a JSON object of the fields, without those that are null."""
    packed = ", ".join(f"'{name}': {value}" for name, value in fields.items())
    # FHIR has no null; ours are whole members only
    without_nulls = "',\"[A-Za-z]+\":null', '', 'g'"
    return (
        f"select regexp_replace(cast(to_json({{{packed}}}) as varchar), {without_nulls}) as line"
        f" from {source} order by {order}"
    )


def _concept(system: str, code: str, text: str) -> str:
    return f"{{'coding': [{{'system': '{system}', 'code': {code}}}], 'text': {text}}}"


def _reference(kind: str, number: str) -> str:
    return f"{{'reference': '{kind}/' || {number}}}"


FIRST_PLACE, FIRST_ORGANIZATION = (_reference(kind, "'1'") for kind in ("Location", "Organization"))


def _patient(system: str, year: int) -> str:
    race = coded("race", RACES)
    races = f"""list_transform(string_split(coalesce(races, ''), ';'), lambda race: {{'url': 'ombCategory',
        'valueCoding': {{'system': '{RACE_SYSTEM}', 'code': {race}}}}})"""
    ethnicity = f"""[{{'url': 'ombCategory', 'valueCoding': {{'system': '{RACE_SYSTEM}',
        'code': case hispanic_ethnicity when 'yes' then '2135-2' else '2186-5' end}}}}]"""
    fields = {
        "resourceType": "'Patient'",
        "id": "student_id",
        "extension": f"[{{'url': '{US_CORE}/us-core-race', 'extension': {races}}},"
        f" {{'url': '{US_CORE}/us-core-ethnicity', 'extension': {ethnicity}}}]",
        "name": "[{'use': 'official', 'family': last_name, 'given': list_filter([first_name, middle_name],"
        " lambda given: given is not null)}]",
        "gender": "case gender when 'nonbinary' then 'other' else gender end",
        "birthDate": "strftime(birth_date, '%Y-%m-%d')",
        "address": "[{'use': 'home', 'line': [address], 'city': 'Riverbend', 'state': 'ST',"
        " 'postalCode': zip_code}]",
        "managingOrganization": FIRST_ORGANIZATION,
    }
    source = f"""(
        select partner_person.*, address, zip_code from partner_person
        semi join (from fact_health_coverage where school_year = {year}) as covered using (partner_id,
            student_id)
        inner join inhabitant on inhabitant.true_person_id = partner_person.true_person_id
        inner join household_year on household_year.family = inhabitant.family and school_year = {year}
        where partner_id = '{system}'
    )"""
    return _resource(fields, source, "student_id")


def _immunization(system: str, year: int) -> str:
    fields = {
        "resourceType": "'Immunization'",
        "id": "'i-' || number_of(key, partner_id)",
        "status": "immunization_status",
        "vaccineCode": _concept(f"{FHIR}/sid/cvx", "vaccine_code", "'CVX ' || vaccine_code"),
        "patient": _reference("Patient", "student_id"),
        "occurrenceDateTime": "strftime(administered_date, '%Y-%m-%d')",
        "primarySource": "immunization_source = 'administered'",
        "protocolApplied": "[{'doseNumberPositiveInt': dose_number}]",
    }
    return _resource(fields, _of("fact_immunization", system, year), "student_id, key")


def _of(fact: str, system: str, year: int, where: str = "true") -> str:
    return f"(from {fact} where partner_id = '{system}' and school_year = {year} and {where}) as facts"


def _observation(system: str, year: int) -> str:
    """Questionnaires on development have a result in words, lead one in numbers."""
    # HL7 has no code for what is between the two
    result = "case screening_result when 'typical' then 'N' when 'concern' then 'A' else screening_result end"
    lead = _concept("http://loinc.org", f"'{LEAD}'", "'Blood lead'")
    questionnaire = _concept("http://loinc.org", f"'{QUESTIONNAIRE}'", "'ASQ-3'")
    fields = {
        "resourceType": "'Observation'",
        "id": "'o-' || screening_type || '-' || number_of(key, partner_id)",
        "status": "'final'",
        "code": f"case screening_type when 'lead' then {lead} else {questionnaire} end",
        "subject": _reference("Patient", "student_id"),
        "effectiveDateTime": "strftime(screened_date, '%Y-%m-%d')",
        "valueQuantity": "case screening_type when 'lead'"
        " then {'value': cast(numeric_result as decimal(6, 1)),"
        " 'unit': result_unit} end",
        "interpretation": f"[{_concept(f'{HL7}/v3-ObservationInterpretation', result, 'screening_result')}]",
    }
    source = _of("fact_screening", system, year, "screening_type <> 'well_child_visit'")
    return _resource(fields, source, "student_id, key, screening_type")


def _encounter(system: str, year: int) -> str:
    day = "strftime(screened_date, '%Y-%m-%d')"
    check_up = _concept("http://snomed.info/sct", f"'{CHECK_UP}'", "'Well child visit'")
    fields = {
        "resourceType": "'Encounter'",
        "id": "'e-' || number_of(key, partner_id)",
        "status": "'finished'",
        "class": "{'system': 'http://terminology.hl7.org/CodeSystem/v3-ActCode', 'code': 'AMB'}",
        "type": f"[{check_up}]",
        "subject": _reference("Patient", "student_id"),
        "period": f"{{'start': {day}, 'end': {day}}}",
        "location": f"[{{'location': {FIRST_PLACE}}}]",
    }
    source = _of("fact_screening", system, year, "screening_type = 'well_child_visit'")
    return _resource(fields, source, "student_id, key")


def _coverage(system: str, year: int) -> str:
    payer = coded("payer_type", PAYERS)
    fields = {
        "resourceType": "'Coverage'",
        "id": f"'c-' || student_id || '-{year}'",
        "status": "'active'",
        "type": _concept("https://nahdo.org/sopt", payer, "payer_type"),
        "beneficiary": _reference("Patient", "student_id"),
        "period": "{'start': strftime(start_date, '%Y-%m-%d'), 'end': strftime(end_date, '%Y-%m-%d')}",
        "payor": f"[{FIRST_ORGANIZATION}]",
    }
    return _resource(fields, _of("fact_health_coverage", system, year), "student_id")


def _place(system: str, kind: str) -> str:
    title = TITLES[system].replace("'", "''")
    fields = {"resourceType": f"'{kind}'", "id": "'1'", "name": f"'{title}'"}
    if kind == "Location":
        fields |= {
            "status": "'active'",
            "address": "{'city': 'Riverbend', 'state': 'ST', 'postalCode': '55101'}",
        }
    return _resource(fields, "(select 1 as one)", "one")


def _members(system: str, collection: Collection) -> dict[str, str]:
    year = collection.school_year
    return {
        "Patient.ndjson": _patient(system, year),
        "Immunization.ndjson": _immunization(system, year),
        "Observation.ndjson": _observation(system, year),
        "Encounter.ndjson": _encounter(system, year),
        "Coverage.ndjson": _coverage(system, year),
        "Location.ndjson": _place(system, "Location"),
        "Organization.ndjson": _place(system, "Organization"),
    }


EXTRACTS = (
    "person.fhir_r4_bulk",
    "immunization.fhir_r4_bulk",
    "screening.fhir_r4_bulk_observation",
    "screening.fhir_r4_bulk_encounter",
    "health_coverage.fhir_r4_bulk",
    "organization.fhir_r4_bulk",
    "site.fhir_r4_bulk",
)


def _series(system: str) -> Series:
    return Series(
        f"{system}.fhir",
        f"{system}/fhir_bulk_{{label}}.zip",
        tuple(f"{system}.{extract}" for extract in EXTRACTS),
        lambda collection: (
            f"select 1 as one from {_of('fact_health_coverage', system, collection.school_year)}"
        ),
        lambda collection: archive(
            {name: (query, lines()) for name, query in _members(system, collection).items()}
        ),
        annual_since(FIRST_SENT),
    )


SERIES = tuple(_series(system) for system in SYSTEMS)
