"""The floor's first half: SQL that reads every file of Riverbend once, by heart, into typed tables of conformed codes."""

# ruff: noqa: E501  (SQL reads better in its own lines)
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.riverbend import COMMUNITY, FLAGS, LAKE, LAKE_DISTRICT, PERIOD, RIVER, codes

YEAR = f"2000 + cast(regexp_extract(filename, '{PERIOD}', 1) as integer) as year"
COLLECTION = f"regexp_extract(filename, '{PERIOD}', 2) as collection"
RIVER_STUDENT = 'coalesce(StudentID, student_number, "Student Number") as student_id'
RIVER_SCHOOL = f"""'{RIVER}:' || lower(coalesce(SchoolCode, school_code, "School Code")) as organization_id"""
RIVER_GRADE = 'lower(coalesce(Grade, grade_level, "Grade Level")) as grade'
TAB = r"\t"
LAKE_SCHOOL = f"'{LAKE}:' || lower(school) as organization_id"


def conformed(partner: str, field: str, column: str) -> str:
    """SQL from a partner's code to the conformed one, as the crosswalk says; other codes stay."""
    cases = " ".join(f"when '{code}' then '{conformed}'" for code, conformed, _, _ in codes(partner, field))
    return f"case {column} {cases} else lower({column}) end" if cases else f"lower({column})"


def reading(deliveries: Path, flat: Path) -> dict[str, str]:
    """Table -> query over the files; every file is read once, columns typed, codes conformed."""
    files = Files(deliveries, flat)
    of_files = (_children, _schooling, _results, _events)
    return _reference() | {table: sql for part in of_files for table, sql in part(files).items()}


@dataclass(frozen=True)
class Files:
    """SQL that reads the partners' files: `flat` holds the workbooks as text."""

    deliveries: Path
    flat: Path

    def text(self, pattern: str, delimiter: str = ",", options: str = "", folder: Path | None = None) -> str:
        # quote and escape are named because looking for them costs more than reading the small files
        return (
            f"read_csv('{folder or self.deliveries}/{pattern}', delim = '{delimiter}', quote = '\"', escape = '\"', header = true,"
            " all_varchar = true,"
            f" filename = true, union_by_name = true{options})"
        )

    def json(self, pattern: str, columns: str) -> str:
        names = ", ".join(f"{name}: 'varchar'" for name in columns.split())
        return f"read_json('{self.deliveries}/{pattern}', columns = {{{names}}}, filename = true)"


def _reference() -> dict[str, str]:
    """What the community says of codes and cut scores."""
    crosswalk_rows = ", ".join(
        f"('{partner}', '{field}', '{code}', '{conformed}', {first}, {last})"
        for partner in (RIVER, LAKE)
        for field in ("gender", "race_ethnicity", "hispanic_ethnicity", "home_language")
        for code, conformed, first, last in codes(partner, field)
    )
    return {
        "crosswalk": f"from (values {crosswalk_rows}) as codes (partner, field, code, conformed, first_year, last_year)",
        "cut_score": f"from read_csv('{COMMUNITY}/cut_scores.csv', types = {{'grade_level': 'varchar'}})",
    }  # fmt: skip


def _children(files: Files) -> dict[str, str]:
    """Who the children are, each with one number behind the partners' own, and their statuses."""
    river_flags = ", ".join(f"{river} = 'Y' as {name}" for name, (river, _) in FLAGS.items())
    lake_flags = ", ".join(
        f"try_cast({lake} as boolean) and is_in_year as {name}"
        if lake
        else f"cast(null as boolean) as {name}"
        for name, (_, lake) in FLAGS.items()
    )
    return {
        # the old system could not write UTF-8
        "demographics": f"""
            select '{RIVER}' as partner, {RIVER_STUDENT}, StateID as state_id, coalesce(Gender, '') as gender_code,
                coalesce(RaceCodes, '') as race_codes, coalesce(Hispanic, '') as hispanic,
                coalesce(HomeLang, '') as language_code, Zip as zip, Tract as tract, {river_flags}, {YEAR}, {COLLECTION}
            from (
                from {files.text("river_city/demographics_20[12][90]-2[01]_*.csv", options=", encoding = 'latin-1'")}
                union all by name
                from {files.text("river_city/demographics_202[1234]-2[2345]_*.csv")}
            )""",
        "person": f"""
            select partner, student_id, state_id, gender_code, race_codes, hispanic, language_code, zip, tract, year,
                collection
            from demographics
            union all
            select '{LAKE}', stu_id, state_id, coalesce(gender, ''), coalesce(race, ''), coalesce(hispanic, ''),
                coalesce(language, ''), zip, null, {YEAR}, {COLLECTION}
            from {files.text("lakeshore/lus_students_*.txt", "|")}""",
        "child": "select partner, student_id, max(cast(state_id as bigint)) as child from person group by all",
        "status": f"""
            select child, year, collection, {", ".join(FLAGS)} from demographics join child using (partner, student_id)
            union all
            select child, year, collection, {lake_flags}
            from (
                select *, {YEAR}, {COLLECTION}, try_cast(start_date as date) as first_day,
                    try_cast(end_date as date) as last_day,
                    coalesce(last_day >= make_date(year - 1, 7, 1), true)
                        and coalesce(first_day <= make_date(year, 6, 30), true)
                        and coalesce(first_day <= last_day, true) as is_in_year
                from {files.text("lakeshore/lus_programs_*.txt", "|")}
            ) join child on partner = '{LAKE}' and student_id = stu_id""",
    }  # fmt: skip


def _schooling(files: Files) -> dict[str, str]:
    """The schools, and where children were enrolled and how often absent."""
    return {
        "school": f"""
            select '{RIVER}:' || lower("School Code") as organization_id, any_value("District Code") as district_id
            from {files.text("schools_*.csv", folder=files.flat)} group by all
            union all
            select distinct {LAKE_SCHOOL}, '{LAKE_DISTRICT}' from {files.text("lakeshore/lus_schools_*.tsv", TAB)}""",
        "enrollment": f"""
            select child, partner, organization_id, year, collection, grade, entry_date, exit_date, exit_code
            from (
                select '{RIVER}' as partner, {RIVER_STUDENT}, {RIVER_SCHOOL}, {RIVER_GRADE}, {YEAR}, {COLLECTION},
                    cast(try_strptime(EntryDate, '%m/%d/%Y') as date) as entry_date,
                    cast(try_strptime(ExitDate, '%m/%d/%Y') as date) as exit_date,
                    {conformed(RIVER, "exit_code", "ExitCode")} as exit_code
                from {files.text("river_city/enrollment_*.csv")}
                union all by name
                select '{LAKE}' as partner, stu_id as student_id, {LAKE_SCHOOL}, {YEAR}, {COLLECTION},
                    {conformed(LAKE, "grade_level", "grade")} as grade, try_cast(entry as date) as entry_date,
                    try_cast("exit" as date) as exit_date, {conformed(LAKE, "exit_code", "exit_reason")} as exit_code
                from {files.text("lakeshore/lus_enrollment_*.tsv", TAB)}
            ) join child using (partner, student_id)""",
        # a footer of one cell stands below one year's file
        "attendance": f"""
            select child, partner, organization_id, year, collection, days_enrolled, days_absent
            from (
                select '{RIVER}' as partner, {RIVER_STUDENT}, {RIVER_SCHOOL}, {YEAR}, {COLLECTION},
                    cast(DaysPossible as double) as days_enrolled,
                    cast(DaysPossible as double) - cast(DaysPresent as double) as days_absent
                from {files.text("river_city/attendance_*.csv", options=", null_padding = true")}
                union all by name
                select '{LAKE}' as partner, stu_id as student_id, {LAKE_SCHOOL}, {YEAR}, {COLLECTION},
                    cast(member_days as double) as days_enrolled, cast(absences as double) as days_absent
                from {files.text("lakeshore/lus_attendance_*.tsv.gz", TAB)}
            ) join child using (partner, student_id)""",
    }  # fmt: skip


def _results(files: Files) -> dict[str, str]:
    """Tests, staff, and what became of graduates in college."""
    return {
        "state_test": f"""
            select child, partner, organization_id, year, 'annual' as collection, grade, subject, test_date, score,
                is_proficient
            from (
                select '{RIVER}' as partner, {RIVER_STUDENT}, {RIVER_SCHOOL}, {RIVER_GRADE}, {YEAR},
                    unnest(['reading', 'math']) as subject,
                    unnest([try_cast(ReadingScore as integer), try_cast(MathScore as integer)]) as score,
                    cast(try_strptime(TestDate, '%m/%d/%Y') as date) as test_date, cast(null as boolean) as is_proficient
                from {files.text("river_city/state_test_*.csv")}
                union all by name
                select '{LAKE}' as partner, stu_id as student_id, {LAKE_SCHOOL},
                    {conformed(LAKE, "grade_level", "grade")} as grade, year,
                    {conformed(LAKE, "subject", "subject")} as subject, try_cast(score as integer) as score,
                    try_cast(test_date as date) as test_date, try_cast(proficient as boolean) as is_proficient
                from (
                    select * replace (cast(right(year, 4) as integer) as year)
                    from {files.text("lakeshore/lus_state_test_history.csv")}
                    union all by name
                    select *, {YEAR} from {files.text("lakeshore/lus_state_test_2*.csv")}
                )
            ) join child using (partner, student_id)""",
        # nothing below asks for the other tests, staff and college, but the files are there to be taken in
        "other_test": f"""
            select '{RIVER}' as partner, {RIVER_STUDENT}, {YEAR}, lower(Subject) as subject,
                unnest([FallDate, WinterDate, SpringDate]) as test_date,
                unnest([FallScore, WinterScore, SpringScore]) as score
            from {files.text("river_city/benchmark_*.csv")}
            union all
            select '{LAKE}', "stuId", {YEAR}, 'reading', "screenedOn", "compositeScore"
            from {files.json("lakeshore/lus_literacy_*.json", "stuId school grade screenedOn compositeScore")}
            union all
            select 'admissions_test', "State ID", cast(regexp_extract(filename, '\\d+') as integer),
                unnest(['reading', 'math']), "Date", unnest([Reading, Math])
            from {files.text("admissions_*.csv", folder=files.flat)}""",
        "staff": f"""
            select '{RIVER}' as partner, columns(* exclude (filename)), {YEAR}, {COLLECTION}
            from {files.text("staff_*.csv", folder=files.flat)}
            union all by name
            select '{LAKE}' as partner, columns(* exclude (filename)), {YEAR}, {COLLECTION}
            from {files.text("lakeshore/lus_staff_*.txt", "|")}""",
        "college": f"""
            select "Your Unique Identifier", "College Code/Branch", "Enrollment Begin", "Enrollment End",
                "Enrollment Status"
            from {files.text("college_tracker/*.csv")}""",
    }  # fmt: skip


def _events(files: Files) -> dict[str, str]:
    """Disciplinary actions, course marks and diplomas."""
    return {
        "discipline": f"""
            select child, partner, year, collection, action_code
            from (
                select '{RIVER}' as partner, {RIVER_STUDENT}, {YEAR}, {COLLECTION},
                    {conformed(RIVER, "action_code", "ActionCode")} as action_code
                from {files.text("river_city/discipline_*.csv")}
                union all by name
                select '{LAKE}' as partner, stu_id as student_id, {YEAR}, {COLLECTION},
                    {conformed(LAKE, "action_code", "action")} as action_code
                from {files.text("lus_discipline_*.csv", folder=files.flat)}
            ) join child using (partner, student_id)""",
        "mark": f"""
            select child, partner, year, collection, course_id, term, subject_area, mark, attempted, earned
            from (
                select '{RIVER}' as partner, trim(substr(line, 1, 8)) as student_id, {YEAR}, {COLLECTION},
                    trim(substr(line, 13, 8)) as course_id, substr(line, 44, 2) as term,
                    {conformed(RIVER, "subject_area", "trim(substr(line, 41, 3))")} as subject_area,
                    {conformed(RIVER, "mark", "trim(substr(line, 46, 2))")} as mark,
                    try_cast(trim(substr(line, 48, 5)) as double) as attempted, try_cast(trim(substr(line, 53, 5)) as double) as earned
                from read_csv('{files.deliveries}/river_city/marks_*.txt', columns = {{line: 'varchar'}}, delim = '\x1f',
                    quote = '', escape = '', header = false, auto_detect = false, filename = true)
                union all by name
                select '{LAKE}' as partner, "stuId" as student_id, {YEAR}, {COLLECTION}, course as course_id, term,
                    {conformed(LAKE, "subject_area", "area")} as subject_area,
                    {conformed(LAKE, "mark", "mark")} as mark,
                    try_cast("creditsAttempted" as double) as attempted, try_cast("creditsEarned" as double) as earned
                from {files.json("lakeshore/lus_marks_*.ndjson",
                           "stuId course area term mark creditsAttempted creditsEarned")}
            ) join child using (partner, student_id)""",
        "diploma": f"""
            select child, partner, year, diploma_type
            from (
                select '{RIVER}' as partner, "Student Number" as student_id, {YEAR},
                    {conformed(RIVER, "diploma_type", '"Diploma Type"')} as diploma_type
                from {files.text("diplomas_*.csv", folder=files.flat)}
                union all by name
                select '{LAKE}' as partner, stu_id as student_id, {YEAR},
                    {conformed(LAKE, "diploma_type", "diploma")} as diploma_type
                from {files.text("lakeshore/lus_diplomas_*.txt", "|")}
            ) join child using (partner, student_id)""",
    }  # fmt: skip
