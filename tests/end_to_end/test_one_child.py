"""One child from birth to wage, known to five partners under five numbers and three spellings of a name."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from ingestion.home import Home
from ingestion.warehouse_file import open_warehouse
from tests.conftest import Deployment

COMMUNITY = """
    community: riverside
    name: Riverside
    school_years: {first: 2004, last: 2026}
    collections:
      annual: {maturity: final}
    partners:
      births: {title: Register of births, sector: health}
      sprouts: {title: Sprouts preschool, sector: early_learning}
      north: {title: North schools, sector: k12}
      colleges: {title: Colleges, sector: postsecondary}
      labor: {title: Department of labor, sector: workforce}
    disclosure: {minimum_denominator: 10}
    publication:
      community: {singles: all}
    indicators: all
"""
AGREEMENTS = """
    agreements:
      all_2004:
        parties: [births, sprouts, north, colleges, labor]
        purpose: to follow children from cradle to career
        extracts: all
        starts: 2004-01-01
        expires: 2099-12-31
"""
NAMES = """
      first_name: {from: [First], pii: direct}
      last_name: {from: [Last], pii: direct}
      birth_date: {from: [Born], type: date, format: ["%Y-%m-%d"], pii: direct}
"""
# partner, file, entity, further columns of the contract
EXTRACTS = [
    ("births", "births", "birth", "birth_date: {from: [Born], type: date, format: ['%Y-%m-%d'], required: true, pii: direct}"),
    ("sprouts", "sprouts", "early_learning", "program_id: {from: [Program], required: true}\n      start_date: {from: [Start], type: date, format: ['%Y-%m-%d'], required: true}"),
    ("north", "enrolled", "enrollment", "school_id: {from: [School], required: true}\n      grade_level: {from: [Grade], required: true}\n      entry_date: {from: [Entry], type: date, format: ['%Y-%m-%d'], required: true}"),
    ("north", "tests", "assessment", "assessment_id: {from: [Test], required: true}\n      subject: {from: [Subject], required: true}\n      grade_level: {from: [Grade]}\n      scale_score: {from: [Score], type: decimal}"),
    ("north", "diplomas", "diploma", "diploma_type: {from: [Diploma], required: true}\n      diploma_date: {from: [Day], type: date, format: ['%Y-%m-%d']}"),
    ("colleges", "degrees", "postsecondary_award", "college_code: {from: [College], required: true}\n      award_date: {from: [Day], type: date, format: ['%Y-%m-%d']}"),
    ("labor", "wages", "employment", "wage_year: {from: [Year], type: integer, required: true}\n      wage_quarter: {from: [Quarter], type: integer, required: true}\n      wages: {from: [Wages], type: decimal}"),
]  # fmt: skip
CHILDREN = 60
FIRST = "Zephyrinella"
LAST = "Quillfeather"
STREET_FREE = (FIRST, LAST, "2004-03-17")  # what must be nowhere outside the vault and what partners sent
LETTERS = "bcdfghklmnprstvw"


def _names(rng: random.Random) -> tuple[str, str]:
    def word(n: int) -> str:
        return "".join(rng.choice(LETTERS) + rng.choice("aeiou") for _ in range(n)).capitalize()

    return word(3), word(4)


@pytest.fixture(scope="module")
def riverside(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Sixty children of one cohort, one of them planted, loaded and refreshed through the commands."""
    here = Deployment(tmp_path_factory.mktemp("riverside"))
    here.write("riverside/community.yml", COMMUNITY)
    here.write("riverside/agreements.yml", AGREEMENTS)
    for partner, file, entity, columns in EXTRACTS:
        for of, said in ((entity, columns), ("person", dedent(NAMES).strip().replace("\n", "\n      "))):
            key = {"early_learning": ", program_id, start_date", "enrollment": ", school_id, entry_date",
                   "assessment": ", assessment_id, subject", "postsecondary_award": ", college_code",
                   "employment": ", wage_year, wage_quarter"}.get(of, "")  # fmt: skip
            name = partner if of == "person" and file != "tests" and file != "diplomas" else None
            if of == "person" and name is None:
                continue
            here.write(
                f"riverside/extracts/{partner}__{of}.yml",
                f"""
    partner: {partner}
    entity: {of}
    title: {of} of {partner}
    agreement: all_2004
    file: "{file}_{{school_year}}_annual.csv"
    key: [student_id{key}]
    columns:
      student_id: {{from: [Number], required: true, pii: direct}}
      {said}
    tolerance: {{quarantined: 0.10, year_over_year: 1.0}}
""",
            )
    paths = [here.send(name, "\n".join(rows) + "\n") for name, rows in files().items()]
    here.run("load", *paths)
    here.run("refresh")
    return here


def files() -> dict[str, list[str]]:
    """Each partner's files; the planted child is the second of each, by its own number and spelling."""
    rng = random.Random(7)
    children = [_names(rng) for _ in range(CHILDREN)]
    born = [f"2004-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}" for _ in children]
    children[1], born[1] = (FIRST, LAST), "2004-03-17"
    said = [f"{first},{last},{day}" for (first, last), day in zip(children, born, strict=True)]
    later = [f"{first},{last.upper()},{day}" for (first, last), day in zip(children, born, strict=True)]
    joined = list(said)
    joined[1] = f"{FIRST},{LAST}-Okonkwo,2004-03-17"  # the other parent's name joined on
    who = "First,Last,Born"
    return {
        "births_2004_annual.csv": [f"Number,{who}", *(f"B{i:03d},{x}" for i, x in enumerate(said))],
        "sprouts_2008_annual.csv": [f"Number,{who},Program,Start",
            *(f"S-{900 - i},{x},sprouts,2007-09-04" for i, x in enumerate(said))],
        "enrolled_2010_annual.csv": [f"Number,{who},School,Grade,Entry",
            *(f"{1000 + i},{x},Elm,K,2009-09-01" for i, x in enumerate(later))],
        "tests_2013_annual.csv": ["Number,Test,Subject,Grade,Score",
            *(f"{1000 + i},state,reading,03,{400 + i}" for i in range(CHILDREN))],
        "tests_2018_annual.csv": ["Number,Test,Subject,Grade,Score",
            *(f"{1000 + i},state,math,08,{500 + i}" for i in range(CHILDREN))],
        "diplomas_2022_annual.csv": ["Number,Diploma,Day",
            *(f"{1000 + i},regular,2022-06-10" for i in range(CHILDREN))],
        "degrees_2026_annual.csv": [f"Number,{who},College,Day",
            *(f"C{i * 7},{x},001234,2026-05-20" for i, x in enumerate(joined))],
        "wages_2026_annual.csv": [f"Number,{who},Year,Quarter,Wages",
            *(f"W{i + 5000},{x},2026,1,{9000 + i}" for i, x in enumerate(later))],
    }  # fmt: skip


CHAIN = """
    select b.person_id, b.school_year as birth, p.school_year as pre_k, e.grade_level as k,
           r.scale_score as grade_3, m.scale_score as grade_8, d.school_year as diploma, a.school_year as degree, w.wages
    from marts.fct_birth as b
    join marts.fct_early_learning as p using (person_id)
    join marts.fct_enrollment as e using (person_id)
    join marts.fct_assessment as r on b.person_id = r.person_id and r.grade_level = '03'
    join marts.fct_assessment as m on b.person_id = m.person_id and m.grade_level = '08'
    join marts.fct_diploma as d on b.person_id = d.person_id
    join marts.fct_postsecondary_award as a on b.person_id = a.person_id
    join marts.fct_employment as w on b.person_id = w.person_id
"""


@pytest.mark.slow
def test_a_query_over_marts_follows_one_child_from_birth_to_wage(riverside: Deployment) -> None:
    with open_warehouse(Home(riverside.home)) as con:
        rows = con.execute(f"select * exclude (person_id) from ({CHAIN}) where wages = 9001").fetchall()
    assert rows == [(2004, 2008, "k", 401, 501, 2022, 2026, 9001)]


@pytest.mark.slow
def test_no_two_children_of_the_cohort_are_one(riverside: Deployment) -> None:
    links = riverside.home / "identity" / "person_links.parquet"
    (most, persons), *_ = duckdb.sql(
        f"select max(n), count(*) from (select person_id, partner_id, count(*) as n from '{links}' group by all)"
    ).fetchall()
    assert most == 1
    assert persons == CHILDREN * 5


# what partners sent lies there as it was sent, readable by its owner alone; everything else must not know a child
AS_SENT = {"inbox", "landing", "staged", "raw", "snapshot", "superseded", "quarantine", "spill"}


TOLD = [name.encode() for name in (FIRST, LAST, LAST.upper(), "2004-03-17")]


def where_a_child_is_told_of(home: Path) -> tuple[int, list[str]]:
    """How many files are neither the vault nor as partners sent them, and which of those know the planted child."""
    walked, found = 0, []
    for file in sorted(path for path in home.rglob("*") if path.is_file()):
        if file.relative_to(home).parts[0] in AS_SENT:
            continue
        walked += 1
        content = file.read_bytes() + b"".join(contents(file))
        found += [f"{file}: {text!r}" for text in TOLD if text in content]
    return walked, found


@pytest.mark.slow
def test_a_childs_name_is_in_what_was_sent_and_in_the_vault_and_nowhere_else(riverside: Deployment) -> None:
    walked, found = where_a_child_is_told_of(riverside.home)
    assert found == []
    assert walked > 30
    assert riverside.home.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_nor_is_it_where_things_went_wrong(riverside: Deployment) -> None:
    """Files without a header, with shifted columns, with a row too long, and a refresh that fails; then a site."""
    planted, who = f"{FIRST},{LAST},2004-03-17", "First,Last,Born"
    others = [f"{2000 + i},Ann,Other,2004-05-{i + 1:02d},Elm,K,2010-09-01" for i in range(25)]
    bad = {
        # the first row of data where the header should be
        "births_2005_annual.csv": [f"B001,{planted}", "B002,Ann,Other,2004-04-01"],
        # every value one column to the left: a name where a day should be, in a few rows of many
        "enrolled_2011_annual.csv": [f"Number,{who},School,Grade,Entry", *others, f"{planted},Elm,K,2010-09-01,1001"],
        "sprouts_2009_annual.csv": [f"Number,{who},Program,Start", f"S-1,{planted},sprouts,2008-09-04,{planted}"],
        # one child twice, and a quote that is never closed
        "degrees_2025_annual.csv": [f"Number,{who},College,Day", *[f"C7,{planted},001234,2025-05-20"] * 2],
        "wages_2025_annual.csv": [f"Number,{who},Year,Quarter,Wages", f'W5001,"{planted},2025,1,9001'],
    }  # fmt: skip
    outcomes = set()
    for name, rows in bad.items():
        for command in ("check", "load"):
            done = riverside.call(command, riverside.send(name, "\n".join(rows) + "\n"))
            assert not [text for text in TOLD if text.decode() in done.output], done.output
            outcomes.add((command, done.exit_code))
    assert ("load", 1) in outcomes
    assert riverside.call("refresh").exit_code == 0
    riverside.write("riverside/crosswalks/north.csv", f"field,code\n{LAST},{FIRST}\n")
    failed = riverside.call("refresh")
    assert failed.exit_code != 0
    (riverside.communities / "riverside/crosswalks/north.csv").unlink()
    assert riverside.call("site").exit_code == 0
    _, found = where_a_child_is_told_of(riverside.home)
    assert found == []


def contents(file: Path) -> list[bytes]:
    """Every text of every table of a database or Parquet file, which are compressed in it."""
    if file.suffix == ".parquet":
        return [text_of(duckdb.sql(f"from '{file}'"))]
    if file.suffix == ".db" or file.name.startswith("runs"):
        with sqlite3.connect(file) as con:
            names = [name for (name,) in con.execute("select name from sqlite_master where type = 'table'")]
            return [
                json.dumps([list(map(str, row)) for row in con.execute(f'select * from "{name}"')]).encode()
                for name in names
            ]
    if file.suffix == ".duckdb" and file.name != "vault.duckdb":
        is_warehouse = file.name == "warehouse.duckdb"
        with (
            open_warehouse(Home(file.parent))
            if is_warehouse
            else duckdb.connect(str(file), read_only=True) as con
        ):
            tables = con.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
            ).fetchall()
            assert tables
            return [text_of(con.sql(f'from "{schema}"."{table}"')) for schema, table in tables]
    return []


def text_of(relation: duckdb.DuckDBPyRelation) -> bytes:
    return "\n".join(
        str(row)
        for (row,) in relation.project("columns(*)::varchar")
        .project("concat_ws(chr(31), *columns(*))")
        .fetchall()
    ).encode()
