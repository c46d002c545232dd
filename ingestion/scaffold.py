"""A first contract drafted from a file's headers, for a person to finish; no value gets into it."""

import csv
import datetime as dt
import difflib
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import duckdb

from ingestion.entities import Entity, EntityColumn, load_entities
from ingestion.errors import ContractError, ReadError
from ingestion.file_names import parse_school_year
from ingestion.readers.text_encoding import as_utf8
from ingestion.readers.unpacking import Part, unpack
from ingestion.sql_text import literal
from ingestion.yaml_file import near_miss

SAMPLE_ROWS = 1000
FIRST_AGREEMENT = "first_agreement"  # the one that `milepost init` writes
DELIMITERS = (",", "\t", ";", "|")
DATE_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%d/%m/%Y",
    "%Y%m%d",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%Y-%m-%d %H:%M:%S",
)
COLLECTIONS = ("annual", "fall", "winter", "spring", "summer")
# what partners call a canonical column, where its own name would not be found in the header
OTHER_NAMES = {
    "student_id": (
        *("studentnumber", "studentno", "pupil", "pupilid", "pupilnumber", "localid", "localstudentid"),
        *("stuid", "stunum", "sid", "student", "learnerid", "districtstudentid", "permnumber", "lasid"),
    ),
    "state_student_id": ("stateid", "ssid", "sasid", "statestudentnumber", "suid", "uniqueid", "uic"),
    "first_name": ("first", "fname", "givenname", "firstname", "studentfirstname"),
    "middle_name": ("middle", "mname", "middleinitial", "mi"),
    "last_name": ("last", "lname", "surname", "familyname", "studentlastname"),
    "birth_date": ("dob", "birthday", "dateofbirth", "bdate", "birthdt"),
    "gender": ("sex", "gendercode", "sexcode"),
    "race_ethnicity": ("race", "ethnicity", "races", "racecodes", "racecode", "ethniccode", "raceethnic"),
    "hispanic_ethnicity": ("hispanic", "hispaniclatino", "ishispanic", "latino"),
    "home_language": ("language", "primarylanguage", "nativelanguage", "languagecode"),
    "zip_code": ("zip", "postalcode", "zipcode5"),
    "address": ("street", "streetaddress", "homeaddress", "address1"),
    "school_id": (
        *("schoolcode", "schoolnumber", "schoolno", "schoolnum", "campus", "campusid", "campuscode"),
        *("building", "buildingid", "buildingcode", "school", "site", "siteid", "sitecode", "locationid"),
    ),
    "school_name": ("name", "campusname", "buildingname", "sitename"),
    "district_id": ("districtcode", "districtnumber", "leaid", "lea"),
    "nces_school_id": ("nces", "ncesid", "ncescode"),
    "school_level": ("level", "schooltype"),
    "grade_level": ("grade", "gradelevel", "gradecode", "gr", "yeargroup", "currentgrade"),
    "entry_date": ("entry", "enrolldate", "enrollmentdate", "startdate", "admissiondate", "begindate"),
    "exit_date": ("exit", "withdrawaldate", "withdrawdate", "enddate", "leavedate"),
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
class _Sample:
    """The headers of a file and its first rows as text."""

    headers: list[str]
    rows: list[Sequence[str | None]] = field(repr=False)
    delimiter: str | None = None

    def values(self, header: str) -> list[str]:
        position = self.headers.index(header)
        cells = ((row[position] or "").strip() for row in self.rows if len(row) > position)
        return [cell for cell in cells if cell]


def draft_contract(path: Path, partner: str, entity: str, *, agreement: str = FIRST_AGREEMENT) -> str:
    """The text of a first contract for `path`: headers matched to the entity's columns by their names.

    What could not be matched is marked with a question mark and the column's meaning. ContractError for an
    unknown entity, ReadError for a file without headers or that cannot be read.
    """
    entities = load_entities()
    if entity not in entities:
        raise ContractError(f"unknown entity '{entity}'", next_step=near_miss(entity, entities))
    with tempfile.TemporaryDirectory(prefix="milepost-") as folder:
        part = unpack(path, None, Path(folder))[0]
        try:
            sample = _sample(part, Path(folder))
        except (csv.Error, duckdb.Error, ValueError) as error:  # their messages may quote a value
            kind = type(error).__name__
            raise ReadError(f"cannot be read ({kind})", where=part.name, next_step="Check the file") from None
    found = match_headers(sample.headers, entities[entity])
    lines = [
        f"# Drafted from the headers of {path.name}: go through every line, then run milepost check.",
        f"partner: {partner}",
        f"entity: {entity}",
        f"title: {entities[entity].title}",
        f"agreement: {agreement}    # as it is called in agreements.yml",
        "expects: {annual: 08-15}    # when it is due, month and day, for each collection they send",
        f"file: {json.dumps(file_pattern(path.name))}",
        *(
            [f"reader: {{delimiter: {json.dumps(sample.delimiter)}}}"]
            if sample.delimiter not in (None, ",")
            else []
        ),
        "columns:",
        *_column_lines(entities[entity], found, sample),
    ]
    unused = [header for header in sample.headers if header not in found.values()]
    if unused:
        lines += [
            "# no column was found for these headers",
            f"ignore: {json.dumps(unused, ensure_ascii=False)}",
        ]
    return "\n".join(lines) + "\n"


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
    scored = sorted(
        ((_likeness(header, column), column, header) for column in entity.columns for header in headers),
        key=lambda candidate: -candidate[0],
    )
    found: dict[str, str] = {}
    for score, column, header in scored:
        if score >= 0.8 and column not in found and header not in found.values():
            found[column] = header
    return found


def _likeness(header: str, column: str) -> float:
    plain, name = (re.sub(r"[^a-z0-9]", "", text.lower()) for text in (header, column))
    if plain == name:
        return 1.0
    if plain in OTHER_NAMES.get(column, ()):
        return 0.95
    return 0.9 * difflib.SequenceMatcher(None, plain, name).ratio()


def _column_lines(entity: Entity, found: dict[str, str], sample: _Sample) -> list[str]:
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


def _date_format(column: EntityColumn, header: str, sample: _Sample) -> str:
    """The first format that every value of the sample has; ISO dates need none."""
    values = sample.values(header) if column.type == "date" else []
    fits = [form for form in DATE_FORMATS if values and all(_is_date(value, form) for value in values)]
    return f", format: [{_quoted(fits[0])}]" if fits and fits[0] != DATE_FORMATS[0] else ""


def _is_date(text: str, form: str) -> bool:
    try:
        dt.datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _sample(part: Part, folder: Path) -> _Sample:
    suffix = PurePath(part.name.lower().removesuffix(".gz")).suffix
    match suffix:
        case ".xlsx" | ".xlsm":
            return _sheet_sample(part)
        case ".parquet":
            return _table_sample(f"read_parquet({literal(str(part.path))})")
        case ".json" | ".ndjson" | ".jsonl":
            return _table_sample(f"read_json({literal(str(part.path))})")
    text = as_utf8(part, None, None, folder)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        delimiter = max(DELIMITERS, key=first.count)
        file.seek(0)
        records = [
            record
            for record, _ in zip(csv.reader(file, delimiter=delimiter), range(SAMPLE_ROWS), strict=False)
        ]
    return _with_headers(part, records, delimiter)


def _sheet_sample(part: Part) -> _Sample:
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(str(part.path)).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=True, nrows=SAMPLE_ROWS)
    return _with_headers(part, [[str(cell) for cell in row] for row in rows], None)


def _table_sample(source: str) -> _Sample:
    with duckdb.connect(config={"threads": 1}) as con:
        headers = [row[0] for row in con.execute(f"describe from {source}").fetchall()]
        rows = con.execute(f"select columns(*)::varchar from {source} limit {SAMPLE_ROWS}").fetchall()
    return _Sample(headers, list(rows))


def _with_headers(part: Part, records: Sequence[Sequence[str]], delimiter: str | None) -> _Sample:
    headers = [header.strip() for header in records[0]] if records else []
    if not any(headers):
        raise ReadError("the file has no headers", where=part.name, next_step="Name another file")
    while headers and not headers[-1]:
        headers.pop()
    return _Sample(headers, list(records[1:]), delimiter)
