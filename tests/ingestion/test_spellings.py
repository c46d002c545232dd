"""Headers that a contract knows by another name, with a year in it, in parts, or not at all."""

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.contract import Contract
from ingestion.contracts.loading import load_contract
from ingestion.errors import ContractError, ReadError
from ingestion.mapping.mapping import map_source
from ingestion.readers import read_source
from ingestion.readers.headers import is_ignored
from ingestion.readers.spellings import as_declared

HEAD = "partner: mill\nentity: assessment\ntitle: Tests\nagreement: mill_2025\nfile: tests.csv\n"
COLUMNS = """\
columns:
  student_id: {from: [Student ID]}
  assessment_id: {value: test}
  subject: {value: reading}
"""


def contract(folder: Path, body: str) -> Contract:
    path = folder / "mill__assessment.yml"
    path.write_text(HEAD + body)
    return load_contract(path)


def rows(folder: Path, body: str, file: str, columns: str) -> list[tuple[object, ...]]:
    (folder / "tests.csv").write_text(file)
    loaded = contract(folder, body)
    with duckdb.connect() as con:
        mapped = map_source(con, read_source(con, folder / "tests.csv", [loaded]), loaded)
        return con.execute(f"select {columns} from {mapped.table} order by all").fetchall()


@pytest.mark.parametrize("header", ["STUDENT_ID", "StudentID", "student-id", " Student  ID "])
def test_loose_headers_count_by_their_letters_and_digits(tmp_path: Path, header: str) -> None:
    loose = contract(tmp_path, COLUMNS + "loose_headers: true\n")
    assert as_declared([header], [loose]) == ["Student ID"]
    strict = contract(tmp_path, COLUMNS)
    assert as_declared([header], [strict]) == [header]


def test_two_names_alike_in_letters_mean_nothing_loosely(tmp_path: Path) -> None:
    both = contract(tmp_path, COLUMNS + "loose_headers: true\nignore: [Student/ID]\n")
    assert as_declared(["student_id"], [both]) == ["student_id"]


def test_another_spelling_is_taken_unless_the_name_itself_is_there(tmp_path: Path) -> None:
    spelled = contract(tmp_path, COLUMNS + "headers: {Student ID: [Pupil, SID]}\n")
    assert as_declared(["sid", "Pupil ID"], [spelled]) == ["Student ID", "Pupil ID"]
    assert as_declared(["SID", "Student ID"], [spelled]) == ["SID", "Student ID"]


@pytest.mark.parametrize("year", ["2022/2023", "2022-23", "2023", "22-23", "2022 - 2023"])
def test_a_year_within_a_name_may_be_any(tmp_path: Path, year: str) -> None:
    body = COLUMNS + '  scale_score: {from: ["Fall {year} Score"]}\n'
    file = f"Student ID,Fall {year} Score\nA1,7\n"
    assert rows(tmp_path, body, file, "student_id, scale_score::integer") == [("A1", 7)]


def test_one_column_of_two_years_is_refused(tmp_path: Path) -> None:
    body = COLUMNS + '  scale_score: {from: ["Fall {year} Score"]}\n'
    with pytest.raises(ReadError, match=r"more than once: 'Fall \{year\} Score'"):
        rows(tmp_path, body, "Student ID,Fall 2022 Score,Fall 2023 Score\nA1,7,8\n", "*")


def test_headers_of_several_parts_become_rows(tmp_path: Path) -> None:
    body = """\
unpivot:
  each: {season: [Fall, Spring], skill: {letters: [Letters, Letter Names], words: [Words]}}
  into: {score: "{season} {skill} Score", level: ["{season} {skill} Level", "{season} {skill} Risk"]}
columns:
  student_id: {from: [Student ID]}
  assessment_id: {value: test}
  subject: {value: reading}
  domain: {from: [skill]}
  season: {from: [season]}
  scale_score: {from: [score]}
  performance_level: {from: [level]}
"""
    file = (
        "Student ID,Fall Letter Names Score,Fall Letter Names Risk,Spring Letters Score,Fall Words Score\n"
        "A1,3,low,,\nA2,,,8,5\n"
    )
    assert rows(
        tmp_path, body, file, "student_id, season, domain, scale_score::integer, performance_level"
    ) == [
        ("A1", "Fall", "letters", 3, "low"),
        ("A2", "Fall", "words", 5, None),
        ("A2", "Spring", "letters", 8, None),
    ]


@pytest.mark.parametrize(
    ("unpivot", "said"),
    [
        ("{into: {score: {a: A}}}", "give one of name and each"),
        ("{name: x, each: {y: [A]}, into: {score: {a: A}}}", "give one of name and each"),
        ('{name: x, into: {score: "{x} Score"}}', "into has headers with the parts in braces"),
        ("{each: {x: [A]}, into: {score: {a: A}}}", "into has headers with the parts in braces"),
        ('{each: {score: [A]}, into: {score: "{score}"}}', "must differ"),
    ],
)
def test_an_unpivot_says_either_repeats_or_parts(tmp_path: Path, unpivot: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        contract(tmp_path, f"unpivot: {unpivot}\n{COLUMNS}")


def test_an_optional_header_of_an_expression_may_be_absent(tmp_path: Path) -> None:
    body = COLUMNS + "  scale_score: {sql: 'coalesce(\"New Score\", Score)'}\n"
    file = "Student ID,Score\nA1,7\n"
    with pytest.raises(ReadError, match="'New Score'"):
        rows(tmp_path, body, file, "*")
    optional = body + "optional: [New Score]\n"
    assert rows(tmp_path, optional, file, "scale_score::integer") == [(7,)]


def test_ignored_headers_may_have_anything_in_their_middle_and_stand_twice(tmp_path: Path) -> None:
    body = COLUMNS + 'ignore: ["Growth * to *", "*Percentile"]\n'
    loaded = contract(tmp_path, body)
    assert is_ignored("Growth from Fall to Winter", loaded)
    assert is_ignored("National percentile", loaded)
    assert not is_ignored("Growth", loaded)
    file = "Student ID,Growth Fall to Winter,Growth Fall to Winter\nA1,1,2\n"
    assert rows(tmp_path, body, file, "student_id") == [("A1",)]


def test_a_column_that_is_taken_may_not_stand_twice(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="names a column more than once: 'Student ID', 'STUDENT ID'"):
        rows(tmp_path, COLUMNS, "Student ID,STUDENT ID\nA1,A2\n", "*")


@pytest.mark.parametrize(("day", "year"), [("06/30/2024", 2024), ("07/01/2024", 2025), ("2024-12-31", 2025)])
def test_a_day_tells_its_school_year(tmp_path: Path, day: str, year: int) -> None:
    body = 'school_year: {from: [Taken], format: ["%m/%d/%Y"]}\n' + COLUMNS
    assert rows(tmp_path, body, f"Student ID,Taken\nA1,{day}\n", "school_year") == [(year,)]


def test_a_format_of_a_school_year_is_checked(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is not a whole date"):
        contract(tmp_path, 'school_year: {from: [Taken], format: ["%m/%Y"]}\n' + COLUMNS)
