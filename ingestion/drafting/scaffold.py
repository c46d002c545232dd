"""A first contract drafted from a file's headers, for a person to finish; no value gets into it."""

import difflib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.contracts.contract import sql_headers
from ingestion.contracts.entities import Entity, EntityColumn, load_entities
from ingestion.contracts.file_names import parse_school_year
from ingestion.contracts.layout import layout_files, load_layout
from ingestion.drafting.header_row import refuse_record, values_in_header
from ingestion.drafting.sampling import Sample, sample_of
from ingestion.errors import ContractError
from ingestion.readers.value_like import DATE_FORMATS, is_date
from ingestion.scratch import scratch_folder
from ingestion.yaml_file import near_miss

FIRST_AGREEMENT = "first_agreement"  # the one that `milepost init` writes
YEAR_HEADERS = ("schoolyear", "year", "academicyear", "schoolyr", "sy", "yr", "schyear")
COLLECTIONS = ("annual", "fall", "winter", "spring", "summer")
# what partners call a canonical column, where its own name would not be found in the header
OTHER_NAMES = {
    "student_id": (
        *("studentnumber", "studentno", "pupil", "pupilid", "pupilnumber", "localid", "localstudentid"),
        *("stuid", "stunum", "sid", "student", "learnerid", "districtstudentid", "permnumber", "lasid"),
        "pupilno",
        *(
            "child",
            "childid",
            "kid",
            "kidid",
            "youthid",
            "clientid",
            "patientid",
            "memberid",
            "participantid",
        ),
    ),
    "state_student_id": ("stateid", "ssid", "sasid", "statestudentnumber", "suid", "uniqueid", "uic"),
    "first_name": ("first", "fname", "givenname", "firstname", "studentfirstname", "legalfirst"),
    "middle_name": ("middle", "mname", "middleinitial", "mi"),
    "last_name": ("last", "lname", "surname", "familyname", "studentlastname", "legallast"),
    "birth_date": ("dob", "birthday", "dateofbirth", "bdate", "birthdt"),
    "gender": ("sex", "gendercode", "sexcode"),
    "race_ethnicity": (
        *("race", "ethnicity", "races", "racecodes", "racecode", "ethniccode", "ethcd", "raceethnic"),
    ),
    "hispanic_ethnicity": ("hispanic", "hispaniclatino", "ishispanic", "latino"),
    "home_language": ("language", "primarylanguage", "nativelanguage", "languagecode"),
    "zip_code": ("zip", "postalcode", "zipcode5"),
    "address": ("street", "streetaddress", "homeaddress", "address1"),
    "school_id": (
        *("schoolcode", "schoolnumber", "schoolno", "schoolnum", "campus", "campusid", "campuscode"),
        *("building", "buildingid", "buildingcode", "school", "site", "siteid", "sitecode", "locationid"),
        "bldg",
    ),
    "school_name": ("name", "campusname", "buildingname", "sitename"),
    "district_id": ("districtcode", "districtnumber", "leaid", "lea"),
    "nces_school_id": ("nces", "ncesid", "ncescode"),
    "school_level": ("level", "schooltype"),
    "grade_level": ("grade", "gradelevel", "gradecode", "gr", "yeargroup", "currentgrade"),
    "entry_date": (
        *("entry", "enterdate", "enterdt", "enrolldate", "enrollmentdate", "startdate"),
        *("admissiondate", "begindate"),
    ),
    "exit_date": ("exit", "withdrawaldate", "withdrawdate", "enddate", "leavedate", "leavedt"),
    "exit_code": ("exitreason", "withdrawalcode", "withdrawalreason", "reason", "leavecode", "leaver"),
    "days_enrolled": (
        *("membershipdays", "daysmembership", "daysinmembership", "daysonroll", "enrolled"),
        *("enrolleddays", "daysmember", "membership", "dayspossible", "possibledays", "totaldays"),
    ),
    "days_absent": ("absences", "absent", "daysmissed", "absentdays", "totalabsences", "daysaway"),
    "is_economically_disadvantaged": (
        *("econdis", "frl", "frpl", "freereducedlunch", "economicallydisadvantaged", "lowincome"),
        *("ecodis", "econdisadv", "sesdisadvantaged"),
    ),
    "is_english_learner": ("el", "ell", "lep", "englishlearner", "eld", "emergentbilingual", "esl"),
    "has_disability": ("iep", "sped", "disability", "specialed", "swd", "specialeducation"),
    "is_homeless": ("homeless", "mckinneyvento"),
    "is_in_foster_care": ("foster", "fostercare"),
    "is_migrant": ("migrant",),
    "is_military_connected": ("military", "militaryfamily"),
    "administered_date": ("dategiven", "vaccinationdate", "shotdate", "dateadministered"),
    "assessment_id": ("test", "testname", "testid", "assessment", "assessmentname", "exam"),
    "subject": ("testsubject", "contentarea", "subjectcode"),
    "scale_score": ("score", "scaledscore", "ss", "totalscore"),
    "performance_level": ("proficiencylevel", "perflevel", "achievementlevel", "level"),
    "is_proficient": ("proficient", "met", "passed"),
    "test_date": ("date", "testdate", "dateoftest", "administrationdate"),
    "incident_id": ("incident", "incidentnumber", "referralid"),
    "action_code": ("action", "disposition", "consequence", "actiontaken"),
    "action_date": ("incidentdate", "dispositiondate", "consequencedate"),
    "days_removed": ("dayssuspended", "suspensiondays", "daysassigned"),
    "course_id": ("course", "coursecode", "coursenumber", "courseno"),
    "course_name": ("coursetitle", "coursedescription"),
    "subject_area": ("department", "coursesubject"),
    "term": ("semester", "quarter", "markingperiod", "termcode"),
    "mark": ("grade", "finalgrade", "finalmark", "lettergrade"),
    "credits_attempted": ("attempted", "creditattempted", "potentialcredit"),
    "credits_earned": ("earned", "creditearned", "credits", "credit"),
    "diploma_type": ("diploma", "diplomacode", "credentialtype"),
    "diploma_date": ("graduationdate", "graddate", "awarddate"),
    "college_code": ("collegeid", "opeid", "institutioncode", "schoolcode", "collegecodebranch"),
    "college_name": ("college", "institution", "institutionname"),
    "enrollment_begin_date": ("enrollmentbegin", "begindate", "startdate", "termbegin"),
    "enrollment_end_date": ("enrollmentend", "enddate", "termend"),
    "enrollment_status": ("status", "enrollstatus"),
}


@dataclass(frozen=True)
class Draft:
    """The text of a contract, and what was noticed of the file, which stands in the text's comments too."""

    text: str
    noticed: tuple[str, ...]


def draft_contract(
    path: Path,
    partner: str,
    entity: str,
    *,
    agreement: str = FIRST_AGREEMENT,
    has_headers: bool = False,
) -> Draft:
    """A first contract for `path`: headers matched to the entity's columns by their names.

    What could not be matched is marked with a question mark and the column's meaning. ContractError for an
    unknown entity, ReadError for a file that cannot be read, or whose first row may be a child's record and
    is not said to be headers.
    """
    entities = load_entities()
    if entity not in entities:
        raise ContractError(f"unknown entity '{entity}'", next_step=near_miss(entity, entities))
    with scratch_folder("draft") as folder:
        sample = sample_of(path, folder)
    found = match_headers(sample.headers, entities[entity])
    if not has_headers:
        refuse_record(sample, found, path.name)
    hidden = values_in_header(sample)
    found = {column: header for column, header in found.items() if header not in hidden}
    pattern = file_pattern(path.name)
    noticed = (*sample.noticed, *_year_not_in_name(pattern, sample.headers))
    lines = [
        f"# Drafted from the headers of {path.name}: go through every line, then run milepost check.",
        *(f"# Noticed: {sentence}" for sentence in noticed),
        f"partner: {partner}",
        f"entity: {entity}",
        f"title: {entities[entity].title}",
        f"agreement: {agreement}    # as it is called in agreements.yml",
        "expects: {annual: 08-15}    # when it is due, month and day, for each collection they send",
        f"file: {_quoted(pattern)}",
        *([f"sheet: {_quoted(sample.sheet)}"] if sample.sheet else []),
        *([f"reader: {{{_fields(sample.reader)}}}"] if sample.reader else []),
        "columns:",
        *_column_lines(entities[entity], found, sample),
    ]
    unused = [h for h in sample.headers if h and h not in found.values() and h not in hidden]
    places = [str(place) for place, header in enumerate(sample.headers, start=1) if header in hidden]
    if places:
        lines.append(f"# look like values, not headers, and are left out: in columns {', '.join(places)}")
    if unused:
        # for a person to decide: a header in neither is refused when the file is read
        listed = json.dumps(unused, ensure_ascii=False)
        lines.append(f"# headers not used yet, put each into `from:` or `ignore:`: {listed}")
    return Draft("\n".join(lines) + "\n", noticed)


def _fields(reader: dict[str, object]) -> str:
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in reader.items())


def _year_not_in_name(pattern: str, headers: Sequence[str]) -> list[str]:
    """Which other way there is to know the school year, where the file's name does not tell it."""
    if "{school_year}" in pattern:
        return []
    no_year = "The file's name holds no school year."
    column = next((h for h in headers if re.sub(r"[^a-z]", "", h.lower()) in YEAR_HEADERS), None)
    if column:
        own = f"school_year: {{from: [{_quoted(column)}]}}"
        return [f"{no_year} If it stands in a column: `{own}`."]
    return [
        f"{no_year} Say it at each load (--school-year 2025), have the partner put it into the name, or name"
        " the column it stands in under `school_year:`."
    ]


def file_pattern(file_name: str) -> str:
    """A file's name with placeholders for the school year and collection it carries."""
    stem, dot, suffixes = file_name.partition(".")
    for found in re.finditer(r"\d{4}[-_]?\d{4}|\d{4}[-_]?\d{2}|\d{4}", stem):
        if parse_school_year(found[0]):
            stem = stem[: found.start()] + "{school_year}" + stem[found.end() :]
            break
    for name in COLLECTIONS:
        stem = re.sub(rf"(?<![a-z]){name}(?![a-z])", "{collection}", stem, count=1, flags=re.IGNORECASE)
    return stem + dot + suffixes


def match_headers(headers: Sequence[str], entity: Entity) -> dict[str, str]:
    """Canonical column -> header: equal and known names first, then the most alike; each header once."""
    known = _known_names(entity.entity)
    scored = sorted(
        (
            (_likeness(header, column, known.get(column, frozenset())), column, header)
            for column in entity.columns
            for header in headers
        ),
        key=lambda candidate: -candidate[0],
    )
    found: dict[str, str] = {}
    for score, column, header in scored:
        if score >= 0.8 and column not in found and header not in found.values():
            found[column] = header
    return found


def _likeness(header: str, column: str, known: Collection[str]) -> float:
    plain, name = _plain(header), _plain(column)
    if plain == name:
        return 1.0
    if plain in OTHER_NAMES.get(column, ()):
        return 0.95
    if plain in known:
        return 0.92
    return 0.9 * difflib.SequenceMatcher(None, plain, name).ratio()


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@cache
def _known_names(entity: str) -> dict[str, frozenset[str]]:
    """Canonical column -> what files of the layouts that ship call it, where it is a header as it stands."""
    names: dict[str, set[str]] = {}
    for layout in map(load_layout, layout_files()):
        for extract in layout.extracts:
            for name, column in extract.columns.items() if extract.entity == entity else ():
                is_plain = column.sql and re.fullmatch(r'(coalesce\()?("[^"]+"(, )?)+\)?', column.sql)
                headers = sql_headers(column.sql) if column.sql and is_plain else column.headers
                names.setdefault(name, set()).update(map(_plain, headers))
    return {name: frozenset(found) for name, found in names.items()}


def _column_lines(entity: Entity, found: dict[str, str], sample: Sample) -> list[str]:
    lines = []
    for name, column in entity.columns.items():
        if name in found:
            lines.append(
                f"  {name}: {{from: [{_quoted(found[name])}]{_date_format(column, found[name], sample)}}}"
            )
        elif column.required:
            lines.append(f'  {name}: {{from: ["?"]}}    # which header? {column.description}')
    optional = [name for name, column in entity.columns.items() if name not in found and not column.required]
    if optional:
        lines.append(f"  # not found, and not required: {', '.join(optional)}")
    return lines


def _date_format(column: EntityColumn, header: str, sample: Sample) -> str:
    """The first format that every value of the sample has; ISO dates need none."""
    values = sample.values(header) if column.type == "date" else []
    fits = [form for form in DATE_FORMATS if values and all(is_date(value, form) for value in values)]
    return f", format: [{_quoted(fits[0])}]" if fits and fits[0] != DATE_FORMATS[0] else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
