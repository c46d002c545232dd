"""Public tables of two states: Kentucky's graduation cohort of 2013 and seven years of Colorado's chronic absence."""

import csv
from pathlib import Path

import pytest

from tests.standards.one_partner import OnePartner, failed_rules

pytestmark = pytest.mark.samples

KENTUCKY = """
file: "GRADUATION_RATE_COHORT_*.csv"
school_year: {from: [SCH_YEAR]}
extracts:
  area_measure:
    columns:
      # three digits are a district, six a school, 999 the state
      area_type: {sql: "case when SCH_CD = '999' then 'state' when length(SCH_CD) = 3 then 'district' else 'school' end", required: true}
      area_id: {from: [SCH_CD], required: true}
      area_name: {sql: "coalesce(SCH_NAME, DIST_NAME)"}
      measure_id: {value: graduation_rate_4_year, required: true}
      value_kind: {value: percent, required: true}
    ignore: [CATEGORY, DISAGG_ORDER, COHORT_GOAL_2014, COHORT_GOAL_2015, RECONFIG]
"""
# computed with pandas when the sample was taken; its README has them
STATE_2013 = {
    None: 86.1,
    "Male": 84.0,
    "Female": 88.7,
    "White (Non-Hispanic)": 87.6,
    "African American": 78.4,
    "Hispanic": 79.8,
    "Asian": 87.7,
    "Free/Reduced-Price Meals": 85.4,
    "Disability-With IEP (Total)": 74.3,
    "Limited English Proficiency": 63.7,
}
COLORADO = """
entity: area_measure
title: Chronic absence by district, whose layout changes from year to year
file: "{school_year}_ChronicAbsenteeism.xlsx"
sheet: "data|Sheet1"
reader: {header_has: [District Code, District Name], footer: '^\\*'}
columns:
  area_type: {sql: "case when \\"District Code\\" is null then 'state' else 'district' end", required: true}
  area_id: {sql: "coalesce(\\"District Code\\", '08')", required: true}
  area_name: {from: [District Name]}
  measure_id: {value: chronic_absence, required: true}
  value_kind: {value: share, required: true}
  value: {from: ["% Chronically Absent", Chronically Absent Rate]}
  numerator: {from: [Number of Students with Chronic Absenteeism, "Number of Students with Chronic Absenteeism*", Chronic Absent Count]}
  denominator:
    from:
      - Student Fall K-12 Enrollment
      - 2019-2020 Student Count
      - 2020-2021 Student Count
      - 2021-2022 Student Count
      - K-12 Student Count (used in Chronic Absent Rate)
ignore:
  - School Year
  - County Code
  - County Name
  - PK-12 Student Count
  - Truancy Rate
  - Truancy Rate*
  - Students Habitually Truant (4 Unexcused Absences in 1 Month)
  - Students Habitually Truant (4 Unexcused Absences in 1 Month)*
  - Students Habitually Truant (10 Unexcused Absences in School Year)
  - Students Habitually Truant (10 Unexcused Absences in the School Year)*
  - Students Habitually Truant (Met Both Conditions)
  - Students Habitually Truant (Met Both Conditions)*
"""
# the last two numbers of each workbook's line for the state, as a person reads them
STATE_OF_COLORADO = {
    2017: (162457, 872333),
    2018: (212797, 876996),
    2019: (197392, 877308),
    2021: (229963, 882896),
    2023: (269582, 866788),
}


@pytest.fixture
def partner(tmp_path: Path) -> OnePartner:
    return OnePartner(tmp_path)


def test_kentuckys_rates_are_those_it_published(samples: Path, partner: OnePartner) -> None:
    partner.contract("state_report_card", KENTUCKY)
    outcomes = partner.load(samples / "ky_report_card" / "GRADUATION_RATE_COHORT_1213.csv")
    (outcome,) = outcomes.values()
    assert (outcome.outcome, outcome.rows) == ("accepted", 6000)
    assert partner.rows("area_measure", "select distinct school_year from raw") == [(2013,)]
    state = partner.rows("area_measure", "select subgroup, value::double from raw where area_type = 'state'")
    assert {group: value for group, value in state if group in STATE_2013} == STATE_2013
    total = "select numerator::integer, denominator::integer from raw where area_type = 'state' and subgroup is null"
    assert partner.rows("area_measure", total) == [(42177, 48976)]


def test_what_kentucky_hides_is_null_with_its_marker(samples: Path, partner: OnePartner) -> None:
    partner.contract("state_report_card", KENTUCKY)
    partner.load(samples / "ky_report_card" / "GRADUATION_RATE_COHORT_1213.csv")
    hidden = (
        "select suppression_marker, count(*), count(value), count(numerator) from raw group by 1 order by 1"
    )
    assert partner.rows("area_measure", hidden) == [("***", 3044, 0, 0), (None, 2956, 2956, 2956)]
    wrong = (
        "select count(*) from raw where round(100 * numerator / denominator, 1) <> value or denominator < 10"
    )
    assert partner.rows("area_measure", wrong) == [(0,)]
    # districts and the state differ, as the README notes: nothing was made to fit
    districts = "select sum(numerator)::integer, sum(denominator)::integer from raw where area_type = 'district' and subgroup is null"
    assert partner.rows("area_measure", districts) == [(42058, 48027)]
    by_type = "select area_type, count(distinct area_id) from raw group by 1 order by 1"
    assert partner.rows("area_measure", by_type) == [("district", 169), ("school", 230), ("state", 1)]


def test_colorados_seven_layouts_are_one_contract(samples: Path, partner: OnePartner) -> None:
    partner.contract("area_measure", COLORADO)
    for path in sorted((samples / "co_chronic_absence" / "data").glob("20??-20??_Chronic*.xlsx")):
        (outcome,) = partner.load(path).values()
        assert outcome.outcome == "accepted", (path.name, outcome.reason, failed_rules(outcome))
    loaded = partner.rows(
        "area_measure",
        "select school_year, area_id, numerator::integer, denominator::integer from raw where area_type = 'district'",
    )
    by_district = {(year, area): (absent, of) for year, area, absent, of in loaded}
    with (
        samples / "co_chronic_absence" / "output" / "2016-2023-master_chronic_absenteeism.csv"
    ).open() as file:
        extracted = {
            (int(row["school_year"][5:]), row["district_code"]): (
                int(row["absentee_students"]),
                int(row["total_students"]),
            )
            for row in csv.DictReader(file)
            if row["absentee_students"] != "NA"  # a district that was not there in the year
        }
    assert len(extracted) == 7 * 178 - 3
    assert {key: by_district.get(key) for key in extracted} == extracted
    state = "select school_year, numerator::integer, denominator::integer from raw where area_type = 'state'"
    told = {year: (absent, of) for year, absent, of in partner.rows("area_measure", state)}
    assert {year: told.get(year) for year in STATE_OF_COLORADO} == STATE_OF_COLORADO
