"""SQL functions over elements of FHIR as JSON text: codes, references, names and addresses, extensions.

They take the text of an element, NULL where it is absent, and give NULL for what is not JSON.
"""

# what the macros are made of: JSON text of an element, and its parts when it is a list
_JSON = "(case when json_valid({0}) then {0} end)"
_EACH = f"json_extract({_JSON}, '$[*]')"
_ID = "[A-Za-z0-9.-]+"  # a limit of 64 would take three times as long
_REFERENCE = f"'^(?:urn:(?:uuid|oid):|(?:[^?#|]*/)?' || kind || '/)({_ID})(?:/_history/{_ID})?$'"


def _use_is(use: str) -> str:
    return f"list_filter({_EACH.format('t')}, lambda one: json_extract_string(one, '$.use') {use})[1]"


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
    # the id in a Reference to a resource of a kind: of Patient/123, urn:uuid:123 and https://…/Patient/123
    "fhir_id": (
        "t, kind",
        f"nullif(regexp_extract(json_extract_string({_JSON.format('t')}, '$.reference'),"
        f" {_REFERENCE}, 1), '')",
    ),
    # of names or addresses the one with this use, else one with the second, else one without, else the first
    "fhir_used": (
        "t, first, second",
        f"coalesce({_use_is('= first')}, {_use_is('= second')}, {_use_is('is null')},"
        f" {_EACH.format('t')}[1])",
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
