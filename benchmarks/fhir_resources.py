"""Resources of FHIR as SQL that makes them up: as wide as those of a health system, each row one resource."""

CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
PATIENT = """
    select
        'Patient' as "resourceType", 'p' || i as id, {profile: ['$core-patient']} as meta,
        {status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">' || repeat('Generated. ', 40)
            || '</div>'} as text,
        [
            {url: '$core-race', extension: [{url: 'ombCategory', "valueCoding": {
                code: ['2106-3', '2054-5', '2028-9'][1 + i % 3], display: 'told'}}]},
            {url: '$core-ethnicity', extension: [{url: 'ombCategory', "valueCoding": {
                code: ['2135-2', '2186-5'][1 + i % 2], display: 'told'}}]}
        ] as extension,
        [{system: 'urn:mrn', value: 'mrn' || i}] as identifier,
        [{use: 'official', family: 'Last' || i % 4999, given: ['First' || i % 997, 'Middle']}] as name,
        ['female', 'male'][1 + i % 2] as gender,
        (date '2010-01-01' + (i * 37 % 5000)::int)::varchar as "birthDate",
        [{use: 'home', line: [i || ' Elm Street'], city: 'Rivertown', state: 'VA',
            "postalCode": '23220'}] as address
    from range($n) as r(i)
"""
IMMUNIZATION = """
    select
        'Immunization' as "resourceType", 'i' || i as id, {profile: ['$core-immunization']} as meta,
        'completed' as status,
        {coding: [{system: 'http://hl7.org/fhir/sid/cvx', code: ['08', '20', '10', '03', '21'][1 + i % 5],
            display: 'A vaccine by its full name'}], text: 'A vaccine by its full name'} as "vaccineCode",
        {reference: 'Patient/p' || i // 3} as patient, {reference: 'Encounter/e' || i} as encounter,
        (date '2015-01-01' + (i * 13 % 3000)::int)::varchar || 'T10:00:00-05:00' as "occurrenceDateTime",
        true as "primarySource",
        {reference: 'Location/l' || i % 40, display: 'A clinic by its full name'} as location
    from range($n) as r(i)
"""
ENCOUNTER = """
    select
        'Encounter' as "resourceType", 'e' || i as id, {profile: ['$core-encounter']} as meta,
        [{use: 'official', system: 'https://ehr.example/encounters', value: 'e' || i}] as identifier,
        'finished' as status,
        {system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB'} as class,
        [{coding: [{system: 'http://snomed.info/sct',
            code: ['410620009', '185347001', '185345009'][1 + i % 3],
            display: 'An encounter by its full name'}], text: 'An encounter by its full name'}] as type,
        {reference: 'Patient/p' || i // 3, display: 'A patient by name'} as subject,
        [{individual: {reference: 'Practitioner/d' || i % 99, display: 'A doctor by name'}}] as participant,
        {start: (date '2015-01-01' + (i * 17 % 3000)::int)::varchar || 'T09:00:00-05:00',
            "end": (date '2015-01-01' + (i * 17 % 3000)::int)::varchar || 'T09:30:00-05:00'} as period,
        [{location: {reference: 'Location/l' || i % 40, display: 'A clinic by its full name'}}] as location,
        {reference: 'Organization/o' || i % 20, display: 'An organization by name'} as "serviceProvider"
    from range($n) as r(i)
"""
# one in twenty is a blood lead test, the others a child's height
OBSERVATION = """
    select
        'Observation' as "resourceType", 'o' || i as id, {profile: ['$core-observation-lab']} as meta,
        'final' as status,
        [{coding: [{system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs', display: 'Vital signs'}]}] as category,
        {coding: [{system: 'http://loinc.org',
            code: case when i % 20 = 0 then '10368-9' else '8302-2' end,
            display: 'A measurement by its full name'}], text: 'A measurement by its full name'} as code,
        {reference: 'Patient/p' || i // 8} as subject, {reference: 'Encounter/e' || i % 1000} as encounter,
        (date '2015-01-01' + (i * 7 % 3000)::int)::varchar || 'T09:10:00-05:00' as "effectiveDateTime",
        (date '2015-01-01' + (i * 7 % 3000)::int)::varchar || 'T09:10:00.000-05:00' as issued,
        {value: (i % 100) / 10, unit: 'ug/dL', system: 'http://unitsofmeasure.org',
            code: 'ug/dL'} as "valueQuantity"
    from range($n) as r(i)
"""
MADE = {
    "Patient": PATIENT,
    "Immunization": IMMUNIZATION,
    "Encounter": ENCOUNTER,
    "Observation": OBSERVATION,
}


def resources(kind: str, n: int) -> str:
    """A select of `n` resources of a kind, whose columns are its elements."""
    return MADE[kind].replace("$core", f"{CORE}us-core").replace("$n", str(n))
