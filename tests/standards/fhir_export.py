"""A small FHIR export, a resource at a time."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
CVX, LOINC = "http://hl7.org/fhir/sid/cvx", "http://loinc.org"
SNOMED, CPT = "http://snomed.info/sct", "http://www.ama-assn.org/go/cpt"
ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
STATUS = "http://terminology.hl7.org/CodeSystem/"
Resource = dict[str, Any]


def concept(*codings: tuple[str, str], text: str | None = None) -> Resource:
    """A CodeableConcept of (system, code) pairs."""
    made: Resource = {"coding": [{"system": system, "code": code} for system, code in codings]}
    return made if text is None else {**made, "text": text}


def patient(number: str, **facts: Any) -> Resource:
    """A patient born on 2020-03-01, unless said otherwise; None takes an element away."""
    born: Resource = {"resourceType": "Patient", "id": number, "gender": "female", "birthDate": "2020-03-01"}
    return {name: value for name, value in {**born, **facts}.items() if value is not None}


def categories(extension: str, *codes: str) -> Resource:
    """us-core-race or us-core-ethnicity with these categories, and the text that goes with them."""
    parts = [{"url": "ombCategory", "valueCoding": {"code": code}} for code in codes]
    return {"url": CORE + extension, "extension": [*parts, {"url": "text", "valueString": "as told"}]}


def dose(subject: str, code: str, day: str, **facts: Any) -> Resource:
    """An immunization of the patient that `subject` refers to."""
    given = {"status": "completed", "vaccineCode": concept((CVX, code)), "occurrenceDateTime": day}
    return {"resourceType": "Immunization", "patient": {"reference": subject}, **given, **facts}


def observation(code: str, subject: str | None = "Patient/p1", **facts: Any) -> Resource:
    """A final observation of 2024-05-06."""
    made: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept((LOINC, code), text=f"Test {code}"),
        "effectiveDateTime": "2024-05-06T09:00:00-04:00",
        **facts,
    }
    return made if subject is None else {**made, "subject": {"reference": subject}}


def encounter(day: str, **facts: Any) -> Resource:
    """A finished encounter of the patient p1."""
    made = {"resourceType": "Encounter", "status": "finished", "subject": {"reference": "Patient/p1"}}
    return {**made, "period": {"start": f"{day}T08:00:00Z"}, **facts}


def condition(code: Any, **facts: Any) -> Resource:
    """An active, confirmed condition of the patient p1; None takes an element away."""
    made = {
        "resourceType": "Condition",
        "clinicalStatus": concept((STATUS + "condition-clinical", "active")),
        "verificationStatus": concept((STATUS + "condition-ver-status", "confirmed")),
        "code": code,
        "subject": {"reference": "Patient/p1"},
        **facts,
    }
    return {name: value for name, value in made.items() if value is not None}


def write_export(folder: Path, **files: Sequence[Resource | str]) -> Path:
    """A folder of NDJSON files; `Patient=[...]` is Patient.000.ndjson, a text is a line as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, resources in files.items():
        lines = [one if isinstance(one, str) else json.dumps(one) for one in resources]
        (folder / f"{kind}.000.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
