"""A state's grade-7 file: ids that repeat across districts, cut labels, unknown codes, percentages over 100."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Deployment

pytestmark = [pytest.mark.samples, pytest.mark.slow, pytest.mark.xdist_group("montucky")]

COMMUNITY = """
    community: montucky
    name: Montucky
    school_years: {first: 2018, last: 2018}
    collections:
      annual: {maturity: final}
    partners:
      state_agency: {title: State education agency, sector: k12}
    disclosure: {minimum_denominator: 10}
    publication:
      community: {singles: all, pairs: all}
      district: {singles: all}
      school: {singles: [race_ethnicity, gender]}
    indicators: all
"""
AGREEMENTS = """
    agreements:
      open_data:
        parties: [state_agency]
        purpose: teaching material
        extracts: all
        starts: 2018-01-01
        expires: 2099-12-31
"""
# The file's own quirk: `sid` is unique only inside a district, so the id is qualified by it.
STUDENT = """sql: "sch_g7_lea_id || '-' || sid", required: true, pii: direct"""
UNUSED = (
    "age, scale_score_7_math, scale_score_7_read, gifted_7, cohort_year, any_grad, disappeared, dropout, early_grad, late_grad, "
    "ontime_grad, still_enrolled, transferout, sch_g7_enroll, sch_g7_male_per, sch_g7_frpl_per, sch_g7_lep_per, "
    "sch_g7_gifted_per, sch_g7_poverty_desig, vendor_ews_score, coop_name_g7"
)
HEAD = """
    partner: state_agency
    entity: {entity}
    title: {title}
    agreement: open_data
    file: "montucky_current*.csv*"
    key: {key}
    school_year: {{sql: "try_cast(try_cast(year as double) as integer)"}}
    ignore: [{ignore}]
"""
EXTRACTS = {
    "person": (
        "One row per student",
        "[student_id]",
        f"""
    columns:
      student_id: {{{STUDENT}}}
      gender: {{from: [male]}}
      race_ethnicity: {{from: [race_ethnicity]}}
""",
    ),
    "student_status": (
        "Programme flags, one row per student",
        "[student_id]",
        f"""
    columns:
      student_id: {{{STUDENT}}}
      is_economically_disadvantaged: {{sql: "nullif(frpl_7, '9.0')", type: boolean, true: ["1.0", "2.0"], false: ["0.0"]}}
      is_english_learner: {{from: [ell_7], type: boolean, true: ["1.0"], false: ["0.0"]}}
      has_disability: {{from: [iep_7], type: boolean, true: ["1.0"], false: ["0.0"]}}
""",
    ),
    "school": (
        "Schools, read off the student rows",
        "[school_id]",
        """
    rows: {distinct: true}
    columns:
      school_id: {from: [sch_g7_code], required: true}
      school_name: {from: [sch_g7_name], required: true}
      district_id: {from: [sch_g7_lea_id]}
      district_name: {from: [sch_g7_lea_name]}
""",
    ),
    "enrollment": (
        "One enrolment per student",
        "[student_id, school_id]",
        f"""
    columns:
      student_id: {{{STUDENT}}}
      school_id: {{from: [sch_g7_code], required: true}}
      grade_level: {{from: [grade], required: true}}
      entry_date: {{value: "2017-08-15", type: date, required: true}}
""",
    ),
    "attendance": (
        "Percent of days absent, turned into days of a 180-day year",
        "[student_id, school_id]",
        f"""
    columns:
      student_id: {{{STUDENT}}}
      school_id: {{from: [sch_g7_code], required: true}}
      days_enrolled: {{value: "180", required: true}}
      days_absent: {{sql: "round(try_cast(pct_days_absent_7 as double) * 1.8)", required: true}}
    gate:
      - expect_column_pair_values_a_to_be_greater_than_b: {{column_A: days_enrolled, column_B: days_absent, or_equal: true}}
        severity: quarantine
""",
    ),
}
CROSSWALK = """
    field,partner_code,conformed_code,first_year,last_year
    gender,1.0,male,,
    gender,0.0,female,,
    race_ethnicity,White,white,,
    race_ethnicity,Hispan...,hispanic_or_latino,,
    race_ethnicity,Black ...,black_or_african_american,,
    race_ethnicity,Asian,asian,,
    race_ethnicity,Demogr...,two_or_more_races,,
    race_ethnicity,Native...,native_hawaiian_or_pacific_islander,,
    race_ethnicity,Americ...,american_indian_or_alaska_native,,
    grade_level,7,07,,
"""
# The second computation: plain SQL over the raw file, nothing of Milepost in it.
STUDENTS = """
    select
        sch_g7_lea_id as district,
        sch_g7_code as school,
        coalesce(case male when '1.0' then 'male' when '0.0' then 'female' end, 'unknown') as gender,
        case
            when race_ethnicity like 'White%' then 'white' when race_ethnicity like 'Hispan%' then 'hispanic_or_latino'
            when race_ethnicity like 'Black%' then 'black_or_african_american' when race_ethnicity like 'Asian%' then 'asian'
            when race_ethnicity like 'Demogr%' then 'two_or_more_races'
            when race_ethnicity like 'Native%' then 'native_hawaiian_or_pacific_islander'
            when race_ethnicity like 'Americ%' then 'american_indian_or_alaska_native' else 'unknown'
        end as race_ethnicity,
        case when frpl_7 in ('1.0', '2.0') then 'yes' when frpl_7 = '0.0' then 'no' else 'unknown' end
            as economic_disadvantage,
        case ell_7 when '1.0' then 'yes' when '0.0' then 'no' else 'unknown' end as english_learner,
        case iep_7 when '1.0' then 'yes' when '0.0' then 'no' else 'unknown' end as disability,
        round(cast(pct_days_absent_7 as double) * 180 / 100) >= 18 as is_chronic
    from read_csv('{file}', all_varchar = true)
    where pct_days_absent_7 is not null and cast(pct_days_absent_7 as double) <= 100
"""


@pytest.fixture(scope="module")
def montucky(outside: Callable[[str], Deployment], samples: Path) -> Deployment:
    here = outside("montucky")
    here.write("montucky/community.yml", COMMUNITY)
    here.write("montucky/agreements.yml", AGREEMENTS)
    here.write("montucky/crosswalks/state_agency.csv", CROSSWALK)
    for entity, (title, key, body) in EXTRACTS.items():
        head = HEAD.format(entity=entity, title=title, key=key, ignore=UNUSED)
        here.write(f"montucky/extracts/state_agency__{entity}.yml", head + body)
    here.run("load", str(samples / "opensdp_montucky" / "montucky_current.csv.gz"))
    here.run("refresh")
    return here


@pytest.fixture(scope="module")
def students(samples: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    file = samples / "opensdp_montucky" / "montucky_current.csv.gz"
    con.execute(f"create table student as {STUDENTS.format(file=file)}")
    return con


def test_rows_over_100_percent_and_without_a_percentage_are_held_back(
    montucky: Deployment, samples: Path
) -> None:
    file = samples / "opensdp_montucky" / "montucky_current.csv.gz"
    bad = duckdb.sql(
        f"select count(*) from read_csv('{file}', all_varchar = true) "
        "where pct_days_absent_7 is null or cast(pct_days_absent_7 as double) > 100"
    ).fetchone()
    held = duckdb.sql(
        f"select count(*) from read_parquet('{montucky.home}/quarantine/attendance/*.parquet')"
    ).fetchone()
    assert held == bad


def test_every_student_is_one_person_although_ids_repeat_across_districts(
    montucky: Deployment, students: duckdb.DuckDBPyConnection
) -> None:
    rows = montucky.query(
        "select denominator from published.indicator_values where indicator_id = 'chronic_absence' "
        "and definition_version = 'ten_percent' and geography_level = 'community' and disaggregate = 'all'"
    )
    assert [(row["denominator"],) for row in rows] == students.execute(
        "select count(*) from student"
    ).fetchall()


def test_what_the_partner_did_not_send_is_not_reported(montucky: Deployment) -> None:
    rows = montucky.query("select * from published.indicator_values where indicator_id = 'suspension'")
    assert rows == []


@pytest.mark.parametrize("level", ["community", "district", "school"])
@pytest.mark.parametrize(
    "disaggregate",
    ["all", "gender", "race_ethnicity", "economic_disadvantage", "english_learner", "disability"],
)
def test_published_chronic_absence_equals_plain_sql_over_the_raw_file(
    montucky: Deployment, students: duckdb.DuckDBPyConnection, level: str, disaggregate: str
) -> None:
    place = {"community": "'montucky'", "district": "lower(district)", "school": "lower(school)"}[level]
    subgroup = "'all'" if disaggregate == "all" else disaggregate
    expected = {
        (row[0], row[1]): (row[2], row[3])
        for row in students.execute(
            f"select {place}, {subgroup}, count(*), count(*) filter (is_chronic) from student group by all"
        ).fetchall()
    }
    published = montucky.query(
        "select geography_id, subgroup, denominator, numerator, value, suppression from published.indicator_values "
        "where indicator_id = 'chronic_absence' and definition_version = 'ten_percent' "
        f"and geography_level = '{level}' and disaggregate = '{disaggregate}'"
    )
    if level == "school" and disaggregate in {"economic_disadvantage", "english_learner", "disability"}:
        assert published == []  # not in this community's publication plan
        return
    shown = [row for row in published if not row["suppression"]]
    assert shown
    for row in shown:
        geography = str(row["geography_id"]).split(":")[-1].lower()
        denominator, numerator = expected[geography, str(row["subgroup"])]
        assert (row["denominator"], row["numerator"]) == (denominator, numerator)
        assert float(str(row["value"])) == pytest.approx(numerator / denominator, abs=1e-9)
    for row in published:
        if row["suppression"] == "suppressed":
            assert row["denominator"] is row["numerator"] is row["value"] is None
    for row in published:
        geography = str(row["geography_id"]).split(":")[-1].lower()
        if expected[geography, str(row["subgroup"])][0] < 10:
            assert row["suppression"] == "suppressed"
