"""River City Schools: CSV whose headers change every other year, US dates, one sheet for two entities."""

from __future__ import annotations

from collections.abc import Callable

from synthetic.calendars import Collection, instruction_dates
from synthetic.codes import IDENTITY, coded, coded_list, known
from synthetic.deliveries import Series, always, each_term, is_annual
from synthetic.formats import Format, delimited, fixed_width, workbook
from synthetic.outcomes import BENCHMARK_DAYS, STATE_TEST_DAY, SUBJECTS
from synthetic.population import RACE_SETS
from synthetic.words import words

PARTNER = "river_city_schools"
FOLDER = "river_city"

GENDERS_TO_2022 = {"male": "1", "female": "2", "nonbinary": "3"}
GENDERS = {"male": "M", "female": "F", "nonbinary": "X"}
# The state swapped the last two numbers in 2022: the same code means another race from then on.
RACES_TO_2021 = {
    "american_indian_or_alaska_native": "1",
    "asian": "2",
    "black_or_african_american": "3",
    "white": "4",
    "native_hawaiian_or_pacific_islander": "5",
}
RACES = {**RACES_TO_2021, "native_hawaiian_or_pacific_islander": "4", "white": "5"}
HISPANIC = {"yes": "Y", "no": "N"}
LANGUAGES = {
    "english": "ENG", "spanish": "SPA", "vietnamese": "VIE", "arabic": "ARA", "somali": "SOM", "hmong": "HMN",
    "chinese": "CHI",
}  # fmt: skip
EXITS = {
    "transferred_out": "W1", "continuing": "W2", "dropped_out": "W3", "emigrated": "W4", "deceased": "W5",
    "graduated": "W6", "completed_other": "W7",
}  # fmt: skip
LEVELS = {"elementary": "ELEM", "middle": "MIDDLE", "high": "HIGH"}
ACTIONS = {"in_school_suspension": "1", "out_of_school_suspension": "2", "expulsion": "3", "other": "9"}
AREAS = {"english": "ELA", "math": "MAT", "science": "SCI", "social_studies": "SOC", "other": "ELE"}
MARKS = {
    "a": "A", "b": "B", "c": "C", "d": "D", "f": "F", "pass": "P", "incomplete": "I", "withdrawn": "W",
}  # fmt: skip
DIPLOMAS = {"regular": "10", "alternative": "20", "equivalency": "30", "certificate": "40"}
POSITIONS = {"teacher": "TCH", "school_counselor": "CNS", "other": "SUP"}
PERFORMANCE_LEVELS = {f"level_{level}": str(level) for level in range(1, 5)}

# Conformed column -> (codes, first year, last year): what the crosswalk must say of this partner.
CROSSWALK: list[tuple[str, dict[str, str], int | None, int | None]] = [
    ("gender", GENDERS_TO_2022, None, 2022),
    ("gender", GENDERS, 2023, None),
    ("race_ethnicity", RACES_TO_2021, None, 2021),
    ("race_ethnicity", RACES, 2022, None),
    ("hispanic_ethnicity", HISPANIC, None, None),
    ("home_language", LANGUAGES, None, None),
    ("exit_code", EXITS, None, None),
    ("school_level", LEVELS, None, None),
    ("action_code", ACTIONS, None, None),
    ("subject_area", AREAS, None, None),
    ("mark", MARKS, None, None),
    ("diploma_type", DIPLOMAS, None, None),
    ("performance_level", PERFORMANCE_LEVELS, None, None),
    ("staff_classification", POSITIONS, None, None),
]

STUDENT = ("StudentID", "student_number", "Student Number")
SCHOOL = ("SchoolCode", "school_code", "School Code")
GRADE = ("Grade", "grade_level", "Grade Level")
BIRTH = ("BirthDate", "birth_date", "Date of Birth")


def header(names: tuple[str, str, str], collection: Collection) -> str:
    """The header in that year: a new student information system in 2022, a new export in 2024."""
    return names[(collection.school_year >= 2022) + (collection.school_year >= 2024)]


def _date(column: str) -> str:
    return f"strftime({column}, '%m/%d/%Y')"


def _grade() -> str:
    return "case grade_level when 'k' then 'K' else grade_level end"


def _from(entity: str, collection: Collection, label: str = "") -> str:
    extract = f"{PARTNER}.{entity}" + (f".{label}" if label else "")
    return known(entity, extract, collection.school_year, collection.name)


def _races(collection: Collection) -> dict[str, str]:
    return RACES if collection.school_year >= 2022 else RACES_TO_2021


def _demographics(collection: Collection) -> str:
    """Person and statuses in one row."""
    year = collection.school_year
    birth = _date("birth_date") if year < 2024 else "strftime(birth_date, '%Y-%m-%d')"
    gender = coded("gender", GENDERS if year >= 2023 else GENDERS_TO_2022)
    race = coded_list("race_ethnicity", RACE_SETS, _races(collection), ",")
    flags = {
        "EconDis": "is_economically_disadvantaged",
        "EL": "is_english_learner",
        "IEP": "has_disability",
        "Homeless": "is_homeless",
        "Foster": "is_in_foster_care",
        "Migrant": "is_migrant",
        **({"Military": "is_military_connected"} if year >= 2022 else {}),
    }
    flag_columns = ", ".join(
        f"case when {flag} then 'Y' else 'N' end as \"{name}\"" for name, flag in flags.items()
    )
    return f"""
        select person.source_id as _source, person.true_person_id as _person, person.is_single as _single,
            person.student_id as "{header(STUDENT, collection)}", state_student_id as "StateID",
            last_name as "LastName", first_name as "FirstName", middle_name as "MI",
            {birth} as "{header(BIRTH, collection)}", {gender} as "Gender", {race} as "RaceCodes",
            {coded("hispanic_ethnicity", HISPANIC)} as "Hispanic", {coded("home_language", LANGUAGES)} as
                "HomeLang",
            address as "Street", zip_code as "Zip", tract_id as "Tract", {flag_columns}
        from (select * from {_from("person", collection)}) as person
        inner join (select * from {_from("student_status", collection)}) as status using (source_id)
        order by _source"""


def _enrollment(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as "{header(STUDENT, collection)}", school_id as
            "{header(SCHOOL, collection)}",
            {_grade()} as "{header(GRADE, collection)}", {_date("entry_date")} as "EntryDate",
            {_date("exit_date")} as "ExitDate", {coded("exit_code", EXITS)} as "ExitCode"
        from {_from("enrollment", collection)}"""


def _attendance(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as "{header(STUDENT, collection)}", school_id as
            "{header(SCHOOL, collection)}",
            cast(cast(days_enrolled as integer) as varchar) as "DaysPossible",
            cast(cast(days_enrolled - days_absent as integer) as varchar) as "DaysPresent"
        from {_from("attendance", collection)}"""


_TEST_GRADE = "lpad(cast(grade as varchar), 2, '0')"  # nobody in kindergarten is tested


def _wide(columns: str, table: str, collection: Collection, source: str = "score.source_id") -> str:
    """A file as wide as the table of scores; its facts, with `source`, have a row per subject or season."""
    return f"""
        select {source} as _source, true_person_id as _person, score.is_single as _single,
            student_id_river_city as "{header(STUDENT, collection)}", {columns}
        from {table} as score
        inner join child on child.child = score.child
        inner join school on school.school = score.school
        where partner_id = cast('{PARTNER}' as partner_name) and score.school_year = {collection.school_year}
        order by _source"""


def _test_day(collection: Collection, day: int) -> str:
    return f"'{instruction_dates(collection.school_year)[day].item():%m/%d/%Y}'"


def _state_test(collection: Collection) -> str:
    """Reading and math in one row; the score says who is proficient, the file does not."""
    scores = ", ".join(
        f"""cast({subject}_score as varchar) as "{title}Score",
            cast({subject}_level as varchar) as "{title}Level\""""
        for subject, title in zip(SUBJECTS, ("Reading", "Math"), strict=True)
    )
    columns = f"""
            school_id as "{header(SCHOOL, collection)}", {_TEST_GRADE} as "{header(GRADE, collection)}",
            {_test_day(collection, STATE_TEST_DAY)} as "TestDate", {scores}"""
    return _wide(columns, "state_score", collection, "score.source_id * 2")


def _benchmark(collection: Collection) -> str:
    """Three seasons in one row per child and subject; 0 is not taken."""
    seasons = ", ".join(
        f"""case when score_{number} > 0 then {_test_day(collection, day)} end as "{title}Date",
            case when score_{number} > 0 then cast(score_{number} as varchar) end as "{title}Score\""""
        for number, (day, title) in enumerate(zip(BENCHMARK_DAYS, ("Fall", "Winter", "Spring"), strict=True))
    )
    columns = f"""
            {_TEST_GRADE} as "Grade", school_id as "{header(SCHOOL, collection)}",
            {words([subject.upper() for subject in SUBJECTS], "subject")} as "Subject", {seasons}"""
    return _wide(columns, "benchmark_score", collection)


def _discipline(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as "{header(STUDENT, collection)}", school_id as
            "{header(SCHOOL, collection)}",
            incident_id as "IncidentNo", {_date("action_date")} as "ActionDate",
            {coded("action_code", ACTIONS)} as "ActionCode",
            cast(cast(days_removed as decimal(5, 1)) as varchar) as "Days"
        from {_from("discipline", collection)}"""


MARK_WIDTHS = {
    "student": (1, 8), "school": (9, 3), "course": (13, 8), "title": (21, 20), "area": (41, 3),
    "term": (44, 2), "mark": (46, 2), "attempted": (48, 5), "earned": (53, 5),
}  # fmt: skip


def _marks(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, student_id as student, school_id as school, course_id as course, course_name as
            title,
            {coded("subject_area", AREAS)} as area, term, {coded("mark", MARKS)} as mark,
            cast(cast(credits_attempted as decimal(5, 2)) as varchar) as attempted,
            cast(cast(credits_earned as decimal(5, 2)) as varchar) as earned
        from {_from("course_mark", collection)}"""


def _diplomas(collection: Collection) -> str:
    """Excel keeps days since the end of 1899."""
    return f"""
        select {IDENTITY}, student_id as "Student Number", school_id as "School Code",
            cast(date_diff('day', date '1899-12-30', diploma_date) as varchar) as "Diploma Date",
            {coded("diploma_type", DIPLOMAS)} as "Diploma Type"
        from {_from("diploma", collection)}"""


def _schools(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, '{collection.label}' as "School Year", school_id as "School Code", school_name as
            "School Name", district_id as "District Code",
            district_name as "District Name", nces_school_id as "NCES ID", {coded("school_level", LEVELS)} as
                "Level",
            zip_code as "Zip", tract_id as "Tract"
        from {_from("school", collection)}"""


def _staff(collection: Collection) -> str:
    return f"""
        select {IDENTITY}, staff_id as "Employee ID", school_id as "School Code",
            {coded("staff_classification", POSITIONS)} as "Job Class",
            cast(cast(full_time_equivalent as decimal(3, 1)) as varchar) as "FTE",
            {coded_list("race_ethnicity", RACE_SETS, _races(collection), ",")} as "Race Codes",
            {coded("hispanic_ethnicity", HISPANIC)} as "Hispanic"
        from {_from("staff_assignment", collection)}"""


def _demographics_format(collection: Collection) -> Format:
    """The old system could not write UTF-8."""
    return delimited(encoding="latin-1" if collection.school_year <= 2021 else "utf-8")


def _attendance_format(collection: Collection) -> Format:
    return delimited(footer="Total records: {rows}" if collection.school_year == 2023 else "")


def _enrollment_format(collection: Collection) -> Format:
    windows = collection.school_year >= 2022
    return delimited(bom=windows, crlf=windows)


def _series(
    name: str,
    suffix: str,
    entities: tuple[str, ...],
    query: Callable[[Collection], str],
    file_format: Callable[[Collection], Format],
    sent: Callable[[Collection], bool] = is_annual,
    rows_per_source: int = 1,
) -> Series:
    file = f"{FOLDER}/{name}_{{label}}_{{collection}}.{suffix}"
    extracts = tuple(f"{PARTNER}.{entity}" for entity in entities)
    return Series(f"river_city.{name}", file, extracts, query, file_format, sent, rows_per_source)


def _plain(_: Collection) -> Format:
    return delimited()


SERIES = (
    _series("schools", "xlsx", ("school",), _schools, lambda _: workbook("Schools")),
    _series("demographics", "csv", ("person", "student_status"), _demographics, _demographics_format, always),
    _series("enrollment", "csv", ("enrollment",), _enrollment, _enrollment_format, always),
    _series("attendance", "csv", ("attendance",), _attendance, _attendance_format, always),
    _series("state_test", "csv", ("assessment",), _state_test, _plain, rows_per_source=2),
    _series("benchmark", "csv", ("assessment.benchmark",), _benchmark, _plain),
    _series("discipline", "csv", ("discipline",), _discipline, _plain, always),
    _series("marks", "txt", ("course_mark",), _marks, lambda _: fixed_width(MARK_WIDTHS), each_term),
    _series(
        "diplomas", "xlsx", ("diploma",), _diplomas, lambda _: workbook("Diplomas", numeric=("Diploma Date",))
    ),
    _series("staff", "xlsx", ("staff_assignment",), _staff, lambda _: workbook("Staff", numeric=("FTE",))),
)
