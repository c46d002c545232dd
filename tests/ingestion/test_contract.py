"""A contract is read strictly: every mistake is told at once, with its line and the nearest right name."""

import datetime as dt
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.contracts.contract import match_file
from ingestion.contracts.file_names import match_pattern, parse_school_year
from ingestion.contracts.loading import load_contract
from ingestion.contracts.sql_expression import check_expression
from ingestion.errors import ContractError
from ingestion.yaml_file import read_yaml
from tests.ingestion.configuration import ATTENDANCE, PERSON, millbrook


def written(folder: Path, text: str, name: str = "mill_schools__attendance.yml") -> Path:
    path = folder / name
    path.write_text(dedent(text).lstrip("\n"))
    return path


def refusal(folder: Path, text: str, name: str = "mill_schools__attendance.yml") -> str:
    with pytest.raises(ContractError) as refused:
        load_contract(written(folder, text, name))
    return str(refused.value)


def test_a_contract_carries_the_facts_of_its_entity(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, ATTENDANCE))
    assert contract.extract_id == "mill_schools.attendance"
    student, enrolled = contract.columns["student_id"], contract.columns["days_enrolled"]
    assert (student.type, student.required, student.pii) == ("text", True, "direct")
    assert (enrolled.type, enrolled.between) == ("integer", (0, 366))
    assert contract.file_headers == ("Student", "StudentID", "School", "Enrolled", "Present")


def test_without_a_key_the_entitys_key_holds_as_far_as_it_is_delivered(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, PERSON, "mill_schools__person.yml"))
    assert contract.key == ("student_id",)


def test_codes_stay_as_they_were_written(tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path, PERSON, "mill_schools__person.yml"))
    assert contract.columns["gender"].allowed == ("01", "02")


def test_conformed_codes_stay_as_they_were_written_too(tmp_path: Path) -> None:
    text = """
        partner: mill_schools
        entity: enrollment
        title: Enrollment
        agreement: mill_2025
        file: "roster_{school_year}.csv"
        columns:
          student_id:  {from: [Student]}
          school_id:   {from: [School]}
          grade_level: {from: [Gr], codes: {KG: k, 1: 01, 2: "02"}}
          entry_date:  {from: [Entered]}
    """
    contract = load_contract(written(tmp_path, text, "mill_schools__enrollment.yml"))
    assert contract.columns["grade_level"].codes == {"KG": "k", "1": "01", "2": "02"}
    message = refusal(tmp_path, text.replace("1: 01", "1: 1"), "mill_schools__enrollment.yml")
    assert "mill_schools__enrollment.yml:9: '1' is no conformed code of 'grade_level'" in message


def test_an_empty_file_is_one_mistake(tmp_path: Path) -> None:
    path = tmp_path / "mill_schools__attendance.yml"
    assert refusal(tmp_path, "") == (
        f"{path}:1: the file is empty. Write it, with 'columns', 'partner', 'entity', 'title', 'agreement' at"
        " least, or remove it."
    )


def test_the_fingerprint_follows_what_changes_rows_and_nothing_else(tmp_path: Path) -> None:
    first = load_contract(written(tmp_path, ATTENDANCE)).fingerprint
    retitled = ATTENDANCE.replace("Attendance totals", "Days").replace("08-15", "09-01")
    assert load_contract(written(tmp_path, retitled)).fingerprint == first
    assert load_contract(written(tmp_path, "# a comment\n" + dedent(ATTENDANCE))).fingerprint == first
    changed = ATTENDANCE.replace("[Student, StudentID]", "[Student]")
    assert load_contract(written(tmp_path, changed)).fingerprint != first


def test_every_problem_of_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = (
        ATTENDANCE.replace("title:", "titel:")
        .replace("days_absent:", "days_absnt:")
        .replace("[School]}", "[School], requird: true}")
        .replace("key: [student_id", "key: [studnt_id")
    ) + "    title: Attendance\n"
    message = refusal(tmp_path, text)
    path = tmp_path / "mill_schools__attendance.yml"
    assert f"{path}:3: unknown field 'titel'. Did you mean 'title'?" in message
    assert f"{path}:7: the key column 'studnt_id' is not declared under columns" in message
    assert f"{path}:10: unknown field 'columns.school_id.requird'. Did you mean 'required'?" in message
    assert (
        f"{path}:12: 'days_absnt' is not a column of the entity attendance. Did you mean 'days_absent'?"
        in message
    )
    assert "the column 'days_absent', which every attendance extract must have, is missing" in message
    lines = [int(line.split(".yml:")[1].split(":")[0]) for line in message.splitlines()[1:]]
    assert lines == sorted(lines)


WRONG = {
    "duplicate key": (("title: A", "partner: x\n    title: A"), ":3: the key 'partner' is there twice"),
    "broken yaml": (("{from: [School]}", "{from: [School}"), "not valid YAML"),
    "unknown entity": (("entity: attendance", "entity: attendence"), "Did you mean 'attendance'?"),
    "identifier with a quote": (("student_id: {", "\"student'_id\": {"), "to 'student_id' perhaps"),
    "accent in an identifier": (("partner: mill", "partner: Otoño"), "to 'otono_schools' perhaps"),
    "capital in an identifier": (("partner: mill", "partner: Mill"), "is not a name Milepost can use"),
    "type against the entity": (("type: integer", "type: date"), "declared as date, but is decimal"),
    "unknown type": (("type: integer", "type: integr"), "Did you mean 'integer'?"),
    "header in two columns": (("[School]", "[School, student]"), "feeds the column 'student_id'"),
    "two origins": (("[School]", "[School], value: x"), "exactly one of from, sql and value"),
    "no origin": (("{from: [School]}", "{required: true}"), "exactly one of from, sql and value"),
    "sql that is none": (("- try_cast(Present", "- try_cst(Present"), "columns.days_absent.sql"),
    "unknown placeholder": (("{school_year}.csv", "{schol_year}.csv"), "Did you mean 'school_year'?"),
    "year said twice": (("title: A", "school_year: {from: [Year]}\n    title: A"), "Write * for {school_year}"),
    "no day of the year": (("08-15", "02-30"), "no day of the year"),
    "format of a number": (("type: integer", "type: integer, format: '%Y'"), "'format' says nothing"),
    "name of the file": (("partner: mill_schools", "partner: mill_clinic"), "Name it mill_clinic__att"),
    "no column at all": (("columns:", "columns_:"), "the field 'columns' is missing"),
    "tolerance over one": (("title: A", "tolerance: {quarantined: 2}\n    title: A"), "less than or equal"),
    "gate without rule": (("title: A", "gate: [{severity: warn}]\n    title: A"), "one expectation"),
    "gate with two": (("title: A", "gate: [{expect_a: {}, expect_b: {}}]\n    title: A"), "one expectation"),
    "gate rule of odd name": (("title: A", "gate: [{values_be_unique: {}}]\n    title: A"), "expect_"),
}  # fmt: skip


def test_codes_of_a_yes_or_no_point_to_true_and_false(tmp_path: Path) -> None:
    text = """
        partner: mill_schools
        entity: student_status
        title: Status
        agreement: mill_2023
        file: "status_{school_year}.csv"
        columns:
          student_id: {from: [Student]}
          is_homeless: {from: [Homeless], codes: {H: yes}}
    """
    message = refusal(tmp_path, text, "mill_schools__student_status.yml")
    assert "mill_schools__student_status.yml:8: 'codes' says nothing for 'is_homeless'" in message
    assert "`true: [...]` and `false: [...]`" in message


FORMATS = {
    "dd.mm.yyyy": "'dd.mm.yyyy' is not a date format. Did you mean %d.%m.%Y?",
    "DD/MM/YYYY": "'DD/MM/YYYY' is not a date format. Did you mean %d/%m/%Y?",
    "dd/mm/aaaa": "'dd/mm/aaaa' is not a date format. Did you mean %d/%m/%Y?",
    "days since 1960": "Did you mean days since 1960-01-01?",
    "days since 1960-02-30": "is not a date format. Write it as %d.%m.%Y, in the letters of strptime;",
    "Excel": "Did you mean excel?",
    "american": "'american' is not a date format. Write it as",
    "%d.%m": "'%d.%m' is not a whole date: it lacks the year",
    "%Y": "it lacks the day and the month",
    "%d.%m.%Q": "'%d.%m.%Q' is not a date format: %Q stands for nothing",
}
DIPLOMA = """
    partner: mill_schools
    entity: diploma
    title: Diplomas
    agreement: mill_2023
    file: "diplomas_{school_year}.csv"
    columns:
      student_id: {from: [Student]}
      diploma_type: {from: [Diploma]}
      diploma_date: {from: [Awarded], format: ["%Y-%m-%d", "FORMAT"]}
"""


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_format_of_a_whole_date_is_refused_with_its_line(form: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, DIPLOMA.replace("FORMAT", form), "mill_schools__diploma.yml")
    assert "mill_schools__diploma.yml:9: " in message
    assert FORMATS[form] in message


@pytest.mark.parametrize(
    "form", ["%-d/%-m/%y", "%d %B %Y", "%Y-%j", "%G-W%V-%u", "%x", "excel", "days since 1960-01-01"]
)
def test_formats_of_a_whole_date_are_taken(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, DIPLOMA.replace("FORMAT", form), "mill_schools__diploma.yml")
    assert load_contract(path).columns["diploma_date"].formats[1] == form


def test_a_placeholder_of_a_draft_is_named_for_each_column_it_stands_in(tmp_path: Path) -> None:
    message = refusal(tmp_path, ATTENDANCE.replace("[School]", '["?"]').replace("[Enrolled]", '["?"]'))
    path = tmp_path / "mill_schools__attendance.yml"
    assert (
        f"{path}:10: the placeholder '?' of the column 'school_id' is still there. Put the file's header for it, "
        "or an `sql:` over headers, in its place"
    ) in message
    assert f"{path}:11: the placeholder '?' of the column 'days_enrolled' is still there" in message
    assert "already feeds" not in message


def test_what_the_entity_always_requires_a_contract_cannot_waive(tmp_path: Path) -> None:
    path = tmp_path / "mill_schools__attendance.yml"
    message = refusal(tmp_path, ATTENDANCE.replace("{from: [School]}", "{from: [School], required: false}"))
    assert (
        f"{path}:10: 'school_id' is always required in the entity attendance, whatever a contract says. "
        "Take it out; `rows: where` leaves rows out"
    ) in message
    # what an entity lets be empty may be so in words
    text = PERSON.replace("columns:", "columns:\n      home_language: {from: [Lang], required: false}")
    loaded = load_contract(written(tmp_path, text, "mill_schools__person.yml"))
    assert not loaded.columns["home_language"].required


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_a_contract_is_named(tmp_path: Path, case: str) -> None:
    (old, new), says = WRONG[case]
    assert old in ATTENDANCE
    message = refusal(tmp_path, ATTENDANCE.replace(old, new, 1))
    assert says in message
    assert "mill_schools__attendance.yml:" in message


def test_a_gate_rule_has_severity_and_words_beside_it(tmp_path: Path) -> None:
    rule = """
    gate:
      - expect_column_values_to_be_between: {column: days_enrolled, max_value: 200}
        severity: warn
        how_to_fix: Count days, not periods
    """
    contract = load_contract(written(tmp_path, dedent(ATTENDANCE) + dedent(rule)))
    (found,) = contract.gate
    assert found.expectation == "expect_column_values_to_be_between"
    assert found.arguments == {"column": "days_enrolled", "max_value": 200}
    assert type(found.arguments["max_value"]) is int
    assert (found.severity, found.how_to_fix) == ("warn", "Count days, not periods")


def test_an_unpivot_makes_headers_of_its_own(tmp_path: Path) -> None:
    text = """
    partner: mill_schools
    entity: assessment
    title: Scores
    agreement: mill_2023
    file: "scores_{school_year}.csv"
    unpivot: {name: season, into: {score: {fall: FallScore, spring: [SpringScore, Spr]}}}
    columns:
      student_id: {from: [Student]}
      assessment_id: {value: map_growth}
      subject: {value: reading}
      scale_score: {from: [score]}
    collection: {sql: "case season when 'fall' then 'fall' else 'annual' end"}
    """
    contract = load_contract(written(tmp_path, text, "mill_schools__assessment.yml"))
    assert contract.unpivot is not None
    assert contract.unpivot.repeats == (("fall",), ("spring",))
    assert contract.file_headers == ("Student", "FallScore", "SpringScore", "Spr")


def test_partner_agreement_and_collections_are_checked_against_the_community(tmp_path: Path) -> None:
    text = ATTENDANCE.replace("mill_2023", "mill_2032").replace("fall: 11", "fal: 11")
    with pytest.raises(ContractError) as refused:
        millbrook(tmp_path, **{"extracts/mill_schools__attendance.yml": text})
    assert "unknown agreement 'mill_2032'. Did you mean 'mill_2023'?" in str(refused.value)
    assert "unknown collection 'fal'. Did you mean 'fall'?" in str(refused.value)


def test_an_agreement_must_name_the_partner_and_cover_the_extract(tmp_path: Path) -> None:
    text = ATTENDANCE.replace("mill_2023", "clinic_2023")
    with pytest.raises(ContractError) as refused:
        millbrook(tmp_path, **{"extracts/mill_schools__attendance.yml": text})
    assert "not a party" in str(refused.value)
    assert "does not cover mill_schools.attendance" in str(refused.value)


@pytest.mark.parametrize(
    ("collection", "due"),
    [("annual", dt.date(2025, 8, 15)), ("fall", dt.date(2024, 11, 15)), ("winter", None)],
)
def test_interim_files_are_due_within_the_school_year(
    tmp_path: Path, collection: str, due: dt.date | None
) -> None:
    assert load_contract(written(tmp_path, ATTENDANCE)).due_date(2025, collection) == due


# ---- file names


@given(
    st.integers(1900, 2998),
    st.sampled_from(["{0}-{2:02d}", "{0}_{1}", "{0}{2:02d}", "{0}-{1}", "{1}", " {0}/{1} "]),
)
def test_every_way_to_write_a_school_year_is_the_year_it_ends_in(first: int, form: str) -> None:
    assert parse_school_year(form.format(first, first + 1, (first + 1) % 100)) == first + 1


@given(st.text(max_size=12))
def test_any_other_text_is_no_school_year_or_a_plausible_one(text: str) -> None:
    year = parse_school_year(text)
    assert year is None or 1900 <= year <= 3000


@pytest.mark.parametrize(
    "text", ["2024-26", "2024-24", "202", "20242", "24-25", "", "1700", "2024-2026", "9999"]
)
def test_what_is_not_one_school_year_is_refused(text: str) -> None:
    assert parse_school_year(text) is None


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("a_{school_year}*.csv", "A_2024-25_final.CSV", (2025, None)),
        ("a_{school_year}_{collection}.csv", "a_202425_Fall.csv", (2025, "fall")),
        ("a_{school_year}_{collection}.csv", "a_2024–25_mid_year.csv", (2025, "mid_year")),
        ("{collection}_{school_year}.csv", "mid_year_2025.csv", (2025, "mid_year")),
        ("a_{school_year}.csv", "a_2024-26.csv", None),
        ("mill/{school_year}/a*.csv", "/srv/inbox/mill/2025/a1.csv", (2025, None)),
        ("mill/a.csv", "/srv/inbox/other/a.csv", None),
        ("a*.csv", "sub/folder/a1.csv", (None, None)),
        ("a*.csv", "ab/c.csv", None),
        ("a[1].csv", "a[1].csv", (None, None)),
        ("a[1].csv", "a1.csv", None),
        ("{school_year}/a_{school_year}.csv", "2025/a_2024.csv", None),
    ],
)
def test_a_file_name_tells_year_and_collection(
    pattern: str, name: str, found: tuple[int, str] | None
) -> None:
    match = match_pattern(pattern, name)
    assert (match and (match.school_year, match.collection)) == found


def test_the_pattern_that_tells_most_wins(tmp_path: Path) -> None:
    contract = load_contract(
        written(tmp_path, ATTENDANCE.replace('{school_year}.csv"', '{school_year}*.csv"'))
    )
    match = match_file(contract, "attendance_2025_fall.csv")
    assert match is not None
    assert match.collection == "fall"


# ---- expressions


@pytest.mark.parametrize(
    ("sql", "headers"),
    [
        ('try_cast(a as integer) - try_cast("Days Present" as integer)', ("a", "Days Present")),
        ("extract(year from try_cast(a as date))", ("a",)),
        ("list_transform(string_split(a, ','), x -> trim(x))[1]", ("a",)),
        ("case when a in ('1', '2') then lower(b) end -- why", ("a", "b")),
        ("concat_ws(';', a, nullif(b, ''))", ("a", "b")),
    ],
)
def test_an_expression_tells_its_headers(sql: str, headers: tuple[str, ...]) -> None:
    found = check_expression(sql)
    assert (found.problem, found.headers) == ("", headers)


@pytest.mark.parametrize(
    "sql",
    [
        "read_text('/etc/passwd')",
        "(select content from read_text('/etc/passwd'))",
        "a in (select 1)",
        "exists(from 'x.csv')",
        "a); drop table x; select (1",
        "a) from read_csv('x') where (true",
        "sum(a)",
        "row_number() over ()",
        "unnest([1, 2])",
        "random()",
        "current_date",
        "now()",
        "getenv('HOME')",
        "current_setting('home_directory')",
        "json_serialize_plan('from glob(' || a || ')')",
        "age(a::timestamp)",
        "error(a)",
        "a - b",
        "*",
        "$1",
        "lowr(a)",
        "",
        "a, b",
        "a +",
    ],
)
def test_anything_but_a_plain_expression_is_refused(sql: str) -> None:
    assert check_expression(sql).problem


def test_aliases_of_yaml_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yml"
    path.write_text("a: &a [x, x]\nb: &b [*a, *a]\n")
    with pytest.raises(ContractError, match=r"bomb\.yml:2: the alias '\*a' is not allowed"):
        read_yaml(path)
