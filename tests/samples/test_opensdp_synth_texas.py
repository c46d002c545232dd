"""Texas-like test results, grades 3 to 8 over thirteen years in one file: one delivery per year of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Deployment

pytestmark = [pytest.mark.samples, pytest.mark.slow, pytest.mark.xdist_group("texas")]

READING_CUT = 1468
MATH_CUT = 1700
COMMUNITY = """
    community: texas
    name: Synthetic Texas
    school_years: {first: 2002, last: 2014}
    collections:
      annual: {maturity: final}
    partners:
      test_agency: {title: State test agency, sector: k12}
    disclosure: {minimum_denominator: 10}
    publication:
      community: {singles: all, pairs: all}
      district: {singles: all}
      school: {singles: [race_ethnicity, gender]}
    indicators: all
"""
AGREEMENTS = """
    agreements:
      open_data: {parties: [test_agency], purpose: teaching material, extracts: all, starts: 2002-01-01, expires: 2099-12-31}
"""
HEAD = """
    partner: test_agency
    entity: {entity}
    title: {title}
    agreement: open_data
    file: "synth_texas*.csv"
    reader: {{format: csv}}
    missing: ["", "NA"]
    key: {key}
    school_year: {{from: [year]}}
    tolerance: {{quarantined: 0.05, year_over_year: 1000}}    # the sample thins out towards both ends
    ignore: [title_1, migrant, wrtg_ss, composition]
"""
EXTRACTS = {
    "person": (
        "One row per student and year",
        "[student_id]",
        """
    rows: {distinct: true}
    columns:
      student_id: {from: [sid], required: true}
      gender: {from: [male]}
      race_ethnicity: {from: [race_ethnicity]}
""",
    ),
    "student_status": (
        "Programme flags",
        "[student_id]",
        """
    rows: {distinct: true}
    columns:
      student_id: {from: [sid], required: true}
      is_economically_disadvantaged: {from: [eco_dis], type: boolean, true: ["1", "2", "9"], false: ["0"]}
      is_english_learner: {from: [lep]}
      has_disability: {from: [iep]}
""",
    ),
    "school": (
        "School codes only, the file has no names",
        "[school_id]",
        """
    rows: {distinct: true}
    columns:
      school_id: {from: [school_code], required: true}
      school_name: {sql: "school_code", required: true}
""",
    ),
    "enrollment": (
        "One enrolment per student, school and year",
        "[student_id, school_id]",
        """
    rows: {distinct: true}
    columns:
      student_id: {from: [sid], required: true}
      school_id: {from: [school_code], required: true}
      grade_level: {from: [grade_level], required: true}
      entry_date: {sql: "(try_cast(\\"year\\" as integer) - 1) || '-08-15'", type: date, required: true}
""",
    ),
    "assessment": (
        "Reading and math in one row, unpivoted",
        "[student_id, assessment_id, subject, grade_level]",
        """
    unpivot:
      name: subject
      into: {scale_score: {reading: rdg_ss, math: math_ss}}
    columns:
      student_id: {from: [sid], required: true}
      school_id: {from: [school_code]}
      assessment_id: {value: state_test, required: true}
      subject: {from: [subject], required: true}
      grade_level: {from: [grade_level]}
      scale_score: {from: [scale_score]}
""",
    ),
}
CROSSWALK = """
    field,partner_code,conformed_code,first_year,last_year
    gender,M,male,,
    gender,F,female,,
    race_ethnicity,W,white,,
    race_ethnicity,H,hispanic_or_latino,,
    race_ethnicity,B,black_or_african_american,,
    race_ethnicity,A,asian,,
    race_ethnicity,D,two_or_more_races,,
    race_ethnicity,N,american_indian_or_alaska_native,,
    grade_level,3,03,,
    grade_level,4,04,,
    grade_level,5,05,,
    grade_level,6,06,,
    grade_level,7,07,,
    grade_level,8,08,,
"""
CUTS = f"""
    assessment_id,subject,grade_level,first_year,last_year,proficient_score
    state_test,reading,03,,,{READING_CUT}
    state_test,math,08,,,{MATH_CUT}
"""


@pytest.fixture(scope="module")
def texas(outside: Callable[[str], Deployment], samples: Path) -> Deployment:
    here = outside("texas")
    here.write("texas/community.yml", COMMUNITY)
    here.write("texas/agreements.yml", AGREEMENTS)
    here.write("texas/crosswalks/test_agency.csv", CROSSWALK)
    here.write("texas/cut_scores.csv", CUTS)
    for entity, (title, key, body) in EXTRACTS.items():
        here.write(
            f"texas/extracts/test_agency__{entity}.yml",
            HEAD.format(entity=entity, title=title, key=key) + body,
        )
    here.run("load", str(samples / "opensdp_synth_texas" / "synth_texas.csv"))
    here.run("refresh")
    return here


@pytest.fixture(scope="module")
def results(samples: Path) -> duckdb.DuckDBPyConnection:
    """The second computation: who was proficient, in plain SQL over the raw file."""
    con = duckdb.connect()
    con.execute(f"""
        create table result as
        select
            cast(year as integer) as school_year,
            lower(school_code) as school,
            case male when 'M' then 'male' when 'F' then 'female' else 'unknown' end as gender,
            case race_ethnicity
                when 'W' then 'white' when 'H' then 'hispanic_or_latino' when 'B' then 'black_or_african_american'
                when 'A' then 'asian' when 'D' then 'two_or_more_races' when 'N' then 'american_indian_or_alaska_native'
                else 'unknown'
            end as race_ethnicity,
            case when eco_dis = '0' then 'no' when eco_dis in ('1', '2', '9') then 'yes' else 'unknown' end
                as economic_disadvantage,
            case lep when '1' then 'yes' when '0' then 'no' else 'unknown' end as english_learner,
            case iep when '1' then 'yes' when '0' then 'no' else 'unknown' end as disability,
            case grade_level when '3' then 'early_grade_reading' when '8' then 'middle_grade_math' end as indicator_id,
            case grade_level
                when '3' then cast(rdg_ss as double) >= {READING_CUT}
                when '8' then cast(math_ss as double) >= {MATH_CUT}
            end as is_proficient
        from read_csv('{samples / "opensdp_synth_texas" / "synth_texas.csv"}', all_varchar = true, nullstr = 'NA')
        where grade_level in ('3', '8')
    """)
    return con


def test_one_file_becomes_one_delivery_per_school_year(texas: Deployment) -> None:
    rows = duckdb.sql(
        f"select school_year, count(*) from read_parquet('{texas.home}/raw/person/test_agency.person/*.parquet') "
        "group by all order by school_year"
    ).fetchall()
    assert rows == [
        (2002, 4), (2003, 260), (2004, 1404), (2005, 2790), (2006, 4021), (2007, 4970), (2008, 4988),
        (2009, 4742), (2010, 3625), (2011, 2247), (2012, 1012), (2013, 59), (2014, 12),
    ]  # fmt: skip


@pytest.mark.parametrize("indicator", ["early_grade_reading", "middle_grade_math"])
@pytest.mark.parametrize("level", ["community", "school"])
@pytest.mark.parametrize(
    "disaggregate",
    ["all", "gender", "race_ethnicity", "economic_disadvantage", "english_learner", "disability"],
)
def test_published_proficiency_equals_plain_sql_over_the_raw_file(
    texas: Deployment, results: duckdb.DuckDBPyConnection, indicator: str, level: str, disaggregate: str
) -> None:
    place = {"community": "'texas'", "school": "school"}[level]
    subgroup = "'all'" if disaggregate == "all" else disaggregate
    expected = {
        row[:3]: row[3:]
        for row in results.execute(
            f"select school_year, {place}, {subgroup}, count(*), count(*) filter (is_proficient) from result "
            f"where indicator_id = '{indicator}' group by all"
        ).fetchall()
    }
    published = texas.query(
        "select school_year, geography_id, subgroup, denominator, numerator, suppression "
        f"from published.indicator_values where indicator_id = '{indicator}' "
        f"and geography_level = '{level}' and disaggregate = '{disaggregate}'"
    )
    if level == "school" and disaggregate in {"economic_disadvantage", "english_learner", "disability"}:
        assert published == []  # not in this community's publication plan
        return
    assert [row for row in published if not row["suppression"]]
    for row in published:
        key = (row["school_year"], str(row["geography_id"]).split(":")[-1].lower(), row["subgroup"])
        denominator, numerator = expected[key]
        if not row["suppression"]:
            assert (row["denominator"], row["numerator"]) == (denominator, numerator)
        if denominator < 10:
            assert row["suppression"] == "suppressed"
    if level == "community" and disaggregate == "all":
        large = {key[0] for key, (denominator, _) in expected.items() if denominator >= 100}
        assert large <= {row["school_year"] for row in published if not row["suppression"]}
