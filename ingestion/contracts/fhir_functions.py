"""SQL functions over elements of FHIR as JSON text: codes, references, names and addresses, extensions.

They take the text of an element, NULL where it is absent, and give NULL for what is not JSON.
"""

from ingestion.sql_text import literal

# LOINC: a child's lead tests, as HEDIS counts them, and with them all screenings (docs/standards/fhir.md)
LEAD_TESTS = (
    *("5671-3", "10368-9", "77307-7", "14807-2"),
    *("5674-7", "10912-4", "17052-2", "25459-9", "27129-6", "32325-3"),
)
SCREENINGS = (*LEAD_TESTS, "62770-3", "62981-6", "62740-6", "54108-6", "54109-4")

# systems of diagnoses: ICD-10-CM first, whose codes tell by their beginning what kind of condition they are
DIAGNOSES = (
    *("http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90"),
    "http://hl7.org/fhir/sid/icd-10",
    *("http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"),
    *("http://hl7.org/fhir/sid/icd-9-cm", "urn:oid:2.16.840.1.113883.6.103"),
)

# what the macros are made of: JSON text of an element, and its parts when it is a list
_JSON = "(case when json_valid({0}) then {0} end)"
_EACH = f"json_extract({_JSON}, '$[*]')"
_CODED = (
    f"list_filter(json_extract({_JSON.format('t')}, '$.coding[*]'),"
    " lambda one: json_extract_string(one, '$.code') is not null)"
)
_ID = "[A-Za-z0-9.-]+"  # a limit of 64 would take three times as long
_REFERENCE = f"'^(?:urn:(?:uuid|oid):|(?:[^?#|]*/)?' || kind || '/)({_ID})(?:/_history/{_ID})?$'"


def _use_is(use: str) -> str:
    return f"list_filter(fhir_current(t), lambda one: json_extract_string(one, '$.use') {use})[1]"


# name -> (parameters, expression)
FHIR_FUNCTIONS: dict[str, tuple[str, str]] = {
    # the codes that a CodeableConcept, or a list of them, has of these systems
    "fhir_codes": (
        "t, systems",
        "list_transform(list_filter("
        f"list_concat(json_extract({_JSON.format('t')}, '$.coding[*]'),"
        f" json_extract({_JSON.format('t')}, '$[*].coding[*]')),"
        " lambda one: list_contains(systems, json_extract_string(one, '$.system'))),"
        " lambda one: json_extract_string(one, '$.code'))",
    ),
    # the LOINC codes that a CodeableConcept has
    "fhir_loinc": ("t", "fhir_codes(t, ['http://loinc.org', 'urn:oid:2.16.840.1.113883.6.1'])"),
    # what a CodeableConcept is called: its text, else the first display of its codings
    "fhir_display": (
        "t",
        f"coalesce(json_extract_string({_JSON.format('t')}, '$.text'),"
        f" list_filter(json_extract_string({_JSON.format('t')}, '$.coding[*].display'),"
        " lambda one: one is not null)[1])",
    ),
    # the Coding of a condition: of the first of DIAGNOSES that it has one of, else the first with a code
    "fhir_diagnosis": (
        "t",
        f"coalesce(list_filter(list_transform([{', '.join(map(literal, DIAGNOSES))}],"
        f" lambda wanted: list_filter({_CODED},"
        " lambda one: json_extract_string(one, '$.system') = wanted)[1]),"
        f" lambda found: found is not null)[1], {_CODED}[1])",
    ),
    # the code of a status, which has one coding; releases before R4 had the bare code
    "fhir_status": (
        "t",
        f"coalesce(json_extract_string({_CODED}[1], '$.code'), case when not json_valid(t) then t end)",
    ),
    # the day of a time or date; a year or a month alone is no day
    "fhir_day": (
        "t",
        "case when not regexp_full_match(t, '[0-9]{4}(-[0-9]{2})?') then left(t, 10) end",
    ),
    # the id in a Reference to a resource of a kind: of Patient/123, urn:uuid:123 and https://…/Patient/123
    "fhir_id": (
        "t, kind",
        f"nullif(regexp_extract(json_extract_string({_JSON.format('t')}, '$.reference'),"
        f" {_REFERENCE}, 1), '')",
    ),
    # the id of the patient that this one was merged into
    "fhir_replaced_by": (
        "t",
        f"fhir_id(json_extract(list_filter({_EACH.format('t')},"
        " lambda one: json_extract_string(one, '$.type') = 'replaced-by')[1], '$.other')::varchar,"
        " 'Patient')",
    ),
    # whether the code is one of SCREENINGS; a look at its text spares most observations the parsing
    "fhir_is_screening": (
        "code",
        f"regexp_matches(code, '{'|'.join(SCREENINGS)}')"
        f" and list_has_any(fhir_loinc(code), [{', '.join(map(literal, SCREENINGS))}])",
    ),
    "lead_tests": ("", f"[{', '.join(map(literal, LEAD_TESTS))}]"),
    # of names or addresses those that no period has ended and that are not called old, else all
    "fhir_current": (
        "t",
        f"coalesce(nullif(list_filter({_EACH.format('t')},"
        " lambda one: json_extract_string(one, '$.period.end') is null"
        " and json_extract_string(one, '$.use') is distinct from 'old'), []::json[]),"
        f" {_EACH.format('t')})",
    ),
    # of the current ones the one with this use, else one with the second, else one without, else the first
    "fhir_used": (
        "t, first, second",
        f"coalesce({_use_is('= first')}, {_use_is('= second')}, {_use_is('is null')}, fhir_current(t)[1])",
    ),
    # of identifiers or telecoms the value of the first one of this system
    "fhir_value": (
        "t, system",
        f"json_extract_string(list_filter({_EACH.format('t')},"
        " lambda one: json_extract_string(one, '$.system') = system)[1], '$.value')",
    ),
    # the codes within a complex extension, such as the categories of us-core-race
    "fhir_extension_codes": (
        "t, url, part",
        f"list_transform(list_filter(flatten(list_transform(list_filter({_EACH.format('t')},"
        " lambda one: json_extract_string(one, '$.url') = url),"
        " lambda one: json_extract(one, '$.extension[*]'))),"
        " lambda one: json_extract_string(one, '$.url') = part),"
        " lambda one: json_extract_string(one, '$.valueCoding.code'))",
    ),
    # the code of a simple extension, such as us-core-birthsex
    "fhir_extension_code": (
        "t, url",
        f"json_extract_string(list_filter({_EACH.format('t')},"
        " lambda one: json_extract_string(one, '$.url') = url)[1], '$.valueCode')",
    ),
}
