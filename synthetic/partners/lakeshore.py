"""Lakeshore Unified: pipes, tabs, JSON and archives, ISO dates, codes in words, a file of many years."""

from __future__ import annotations

from collections.abc import Callable

from synthetic.calendars import Collection
from synthetic.codes import IDENTITY, coded, coded_list, known
from synthetic.deliveries import Series, always, annual_since, each_term, is_annual
from synthetic.formats import Format, delimited, gzipped, json_array, json_lines, zipped
from synthetic.population import RACE_SETS
from synthetic.staff import LAKESHORE_SINCE

PARTNER = "lakeshore_unified"
FOLDER = "lakeshore"
# The years the assessment office could only send in one file.
HISTORY_LAST_YEAR = 2022

GENDERS = {"male": "M", "female": "F", "nonbinary": "X"}
RACES = {
    "american_indian_or_alaska_native": "American Indian", "asian": "Asian",
    "black_or_african_american": "Black",
    "native_hawaiian_or_pacific_islander": "Pacific Islander", "white": "White",
}  # fmt: skip
HISPANIC = {"yes": "1", "no": "0"}
LANGUAGES = {
    "english": "en", "spanish": "es", "vietnamese": "vi", "arabic": "ar", "somali": "so", "hmong": "hmn",
    "chinese": "zh",
}  # fmt: skip
GRADES = {"k": "KG", **{f"{grade:02d}": str(grade) for grade in range(1, 13)}}
EXITS = {
    "transferred_out": "T", "continuing": "M", "dropped_out": "D", "emigrated": "E", "deceased": "X",
    "graduated": "G", "completed_other": "C",
}  # fmt: skip
LEVELS = {"elementary": "E", "middle": "M", "high": "H"}
SUBJECTS = {"reading": "RLA", "math": "MATH"}
PERFORMANCE_LEVELS = {
    "level_1": "Below Basic", "level_2": "Basic", "level_3": "Proficient", "level_4": "Advanced",
}  # fmt: skip
ACTIONS = {
    "in_school_suspension": "ISS",
    "out_of_school_suspension": "OSS",
    "expulsion": "EXP",
    "other": "OTH",
}
AREAS = {
    "english": "Language Arts", "math": "Mathematics", "science": "Science", "social_studies": "History",
    "other": "Elective",
}  # fmt: skip
MARKS = {
    "a": "4", "b": "3", "c": "2", "d": "1", "f": "0", "pass": "PASS", "incomplete": "INC", "withdrawn": "WD",
}  # fmt: skip
DIPLOMAS = {
    "regular": "STANDARD",
    "alternative": "ALTERNATE",
    "equivalency": "HSE",
    "certificate": "COMPLETION",
}

POSITIONS = {"teacher": "Teacher", "school_counselor": "Counselor", "other": "Other"}

# Conformed column -> (codes, first year, last year): what the crosswalk must say of this partner.
CROSSWALK: list[tuple[str, dict[str, str], int | None, int | None]] = [
    (field, codes, None, None)
    for field, codes in (
        ("gender", GENDERS),
        ("race_ethnicity", RACES),
        ("hispanic_ethnicity", HISPANIC),
        ("home_language", LANGUAGES),
        ("grade_level", GRADES),
        ("exit_code", EXITS),
        ("school_level", LEVELS),
        ("subject", SUBJECTS),
        ("performance_level", PERFORMANCE_LEVELS),
        ("action_code", ACTIONS),
        ("subject_area", AREAS),
        ("mark", MARKS),
        ("diploma_type", DIPLOMAS),
        ("staff_classification", POSITIONS),
    )
]


def _from(entity: str, collection: Collection, label: str = "") -> str:
    extract = f"{PARTNER}.{entity}" + (f".{label}" if label else "")
    return known(entity, extract, collection.school_year, collection.name)


def _iso(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%d')"


def _number(column: str, digits: int) -> str:
    return f"cast(cast({column} as decimal(9, {digits})) as varchar)"


def _students(collection: Collection) -> str:
    """Names in capitals, and races in one cell."""
    return f"""
        select {IDENTITY}, student_id as stu_id, state_student_id as state_id, upper(last_name) as last_name,
            upper(first_name) as first_name, {_iso("birth_date")} as dob, {coded("gender", GENDERS)} as
                gender,
            {coded_list("race_ethnicity", RACE_SETS, RACES, "/")} as race,
            {coded("hispanic_ethnicity", HISPANIC)} as hispanic,
            {coded("home_language", LANGUAGES)} as language, address, zip_code as zip
        from {_from("person", collection)}"""


def _programs(collection: Collection) -> str:
    """The year's programs, and an episode for each homeless spell."""
    names = {
        "frl": "is_economically_disadvantaged",
        "ell": "is_english_learner",
        "sped": "has_disability",
        "homeless": "is_homeless",
        "foster": "is_in_foster_care",
        "migrant": "is_migrant",
    }
    flags = ", ".join(f"cast(cast({flag} as integer) as varchar) as {name}" for name, flag in names.items())
    return f"""
        select {IDENTITY}, student_id as stu_id, {_iso("status_start_date")} as start_date,
            {_iso("status_end_date")} as end_date, {flags}
        from {_from("student_status", collection)}"""


def _schools(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, '{collection.school_year}' as year, school_id as school, school_name as name,
            nces_school_id as nces,
            {coded("school_level", LEVELS)} as level, zip_code as zip, tract_id as tract
        from {_from("school", collection)}"""


def _enrollment(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as stu_id, school_id as school, {coded("grade_level", GRADES)} as grade,
            {_iso("entry_date")} as entry, {_iso("exit_date")} as exit, {coded("exit_code", EXITS)} as
                exit_reason
        from {_from("enrollment", collection)}"""


def _attendance(collection: Collection) -> str:
    """Absences in half days."""
    return f"""
        select {IDENTITY}, student_id as stu_id, school_id as school,
            cast(cast(days_enrolled as integer) as varchar) as member_days, {_number("days_absent", 1)} as
                absences
        from {_from("attendance", collection)}"""


def _state_test(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, {_test_columns()} from {_from("assessment", collection)}"""


def _test_columns() -> str:
    return f"""student_id as stu_id, school_id as school, {coded("grade_level", GRADES)} as grade,
            {coded("subject", SUBJECTS)} as subject, {_iso("test_date")} as test_date,
            {_number("scale_score", 0)} as score, {coded("performance_level", PERFORMANCE_LEVELS)} as level,
            cast(cast(is_proficient as integer) as varchar) as proficient"""


def _history(_: Collection) -> str:
    """All the years up to the history's last in one file."""
    return f"""
        select {IDENTITY}, (school_year - 1) || '-' || school_year as year, {_test_columns()}
        from fact_assessment where extract_id = cast('{PARTNER}.assessment.history' as extract_name)"""


def _literacy(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as "stuId", school_id as school, {coded("grade_level", GRADES)} as
            grade,
            {_iso("test_date")} as "screenedOn", {_number("scale_score", 0)} as "compositeScore"
        from {_from("assessment", collection, "literacy")}"""


def _discipline(collection: Collection) -> str:
    """The incident system keeps days since 1960."""
    return f"""
        select {IDENTITY}, student_id as stu_id, school_id as school, incident_id as incident,
            {coded("action_code", ACTIONS)} as action,
            cast(date_diff('day', date '1960-01-01', action_date) as varchar) as action_day,
            {_number("days_removed", 1)} as days
        from {_from("discipline", collection)}"""


def _marks(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as "stuId", school_id as school, course_id as course, course_name as
            title,
            {coded("subject_area", AREAS)} as area, term, {coded("mark", MARKS)} as mark,
            {_number("credits_attempted", 2)} as "creditsAttempted", {_number("credits_earned", 2)} as
                "creditsEarned"
        from {_from("course_mark", collection)}"""


def _diplomas(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as stu_id, school_id as school, {_iso("diploma_date")} as awarded,
            {coded("diploma_type", DIPLOMAS)} as diploma
        from {_from("diploma", collection)}"""


def _staff(collection: Collection) -> str:
    """Who leaves in the year and who follows, each with the days."""
    return f"""
        select {IDENTITY}, staff_id as emp_id, school_id as school,
            {coded("staff_classification", POSITIONS)} as position,
            {_number("full_time_equivalent", 1)} as fte,
            {coded_list("race_ethnicity", RACE_SETS, RACES, "/")} as race,
            {coded("hispanic_ethnicity", HISPANIC)} as hispanic, {_iso("start_date")} as started,
            {_iso("end_date")} as ended
        from {_from("staff_assignment", collection)}"""


def _is_current(collection: Collection) -> bool:
    return is_annual(collection) and collection.school_year > HISTORY_LAST_YEAR


def _is_history(collection: Collection) -> bool:
    """Sent once, with the history's last year."""
    return is_annual(collection) and collection.school_year == HISTORY_LAST_YEAR


def _series(
    name: str,
    suffix: str,
    entity: str,
    query: Callable[[Collection], str],
    file_format: Format,
    sent: Callable[[Collection], bool] = is_annual,
) -> Series:
    file = f"{FOLDER}/lus_{name}_{{year}}_{{collection}}.{suffix}"
    return Series(f"lakeshore.{name}", file, (f"{PARTNER}.{entity}",), query, lambda _: file_format, sent)


PIPE, TAB = delimited("|"), delimited("\t")
SERIES = (
    _series("schools", "tsv", "school", _schools, TAB),
    _series("students", "txt", "person", _students, PIPE, always),
    _series("programs", "txt", "student_status", _programs, PIPE, always),
    _series("enrollment", "tsv", "enrollment", _enrollment, TAB, always),
    _series("attendance", "tsv.gz", "attendance", _attendance, gzipped(TAB), always),
    _series("state_test", "csv", "assessment", _state_test, delimited(), _is_current),
    Series(
        "lakeshore.history",
        f"{FOLDER}/lus_state_test_history.csv",
        (f"{PARTNER}.assessment.history",),
        _history,
        lambda _: delimited(),
        _is_history,
    ),
    _series("literacy", "json", "assessment.literacy", _literacy, json_array()),
    _series("discipline", "zip", "discipline", _discipline, zipped(delimited(), "incidents.csv"), always),
    _series("marks", "ndjson", "course_mark", _marks, json_lines(), each_term),
    _series("diplomas", "txt", "diploma", _diplomas, PIPE),
    _series("staff", "txt", "staff_assignment", _staff, PIPE, annual_since(LAKESHORE_SINCE)),
)
