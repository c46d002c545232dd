"""Ed-Fi's own sample interchanges, loaded by the layout and staged."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from identity.accounts import STANDARDS
from identity.linking import link_persons
from ingestion.home import Home
from tests.dbt_in_process import parse_project
from tests.standards.one_partner import OnePartner
from tests.standards.staged import build_staging, staged_rows

pytestmark = pytest.mark.samples


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return parse_project(Home(tmp_path_factory.mktemp("parse")).create())


def loaded(samples: Path, root: Path, name: str, school_year: int) -> OnePartner:
    """A partner that sent the XML of a sample as a folder, and nothing was refused."""
    partner = OnePartner(root)
    partner.contract("edfi_xml_bulk")
    sent = partner.sent / "ours_edfi"
    sent.mkdir()
    for file in (samples / name).glob("*.xml"):
        shutil.copy(file, sent)
    outcomes = partner.load(sent, school_year)
    assert {outcome.outcome for outcome in outcomes.values()} == {"accepted"}
    return partner


def staged(manifest: Any, partner: OnePartner, *models: str) -> None:
    """Build staging models that ask who a child is, which needs the children first."""
    build_staging(manifest, partner, *STANDARDS)
    link_persons(partner.home, has_views=True)
    build_staging(manifest, partner, *models)


def test_a_school_of_data_standard_2_is_staged(manifest: Any, samples: Path, tmp_path: Path) -> None:
    """Counts of the sample's README; every child against the flattened file beside it."""
    partner = loaded(samples, tmp_path, "edfi_sdg_grand_bend_hs", 2017)
    staged(manifest, partner, "stg_person", "stg_enrollment", "stg_student_status")
    groups = """
        select hispanic_ethnicity, race_ethnicity, gender, count(*) from staging.stg_person group by all order by all
    """
    assert staged_rows(partner, groups) == [
        ("no", "asian", "female", 61),
        ("no", "asian", "male", 82),
        ("no", "black_or_african_american", "female", 339),
        ("no", "black_or_african_american", "male", 37),
        ("no", "white", "female", 201),
        ("no", "white", "male", 522),
        ("yes", "hispanic_or_latino", "female", 70),
        ("yes", "hispanic_or_latino", "male", 88),
    ]
    grades = "select grade_level, count(*) from staging.stg_enrollment group by all order by all"
    assert staged_rows(partner, grades) == [("09", 400), ("10", 400), ("11", 300), ("12", 300)]
    told = """
        select student_id, first_name, last_name, birth_date::varchar, address, zip_code,
            is_economically_disadvantaged
        from staging.edfi__person join staging.edfi__student_status using (student_id) order by 1
    """
    flat = duckdb.sql(f"""
        select StudentUniqueId, FirstName, LastSurname, BirthDate, Street, PostalCode,
            coalesce(EconomicDisadvantaged = 'true', false)
        from read_csv('{samples}/edfi_sdg_grand_bend_hs/students_flattened.csv', all_varchar = true) order by 1
    """).fetchall()
    assert staged_rows(partner, told) == flat
    homeless = "select count(*) from staging.stg_student_status where is_homeless"
    # <CodeValue>Homeless</CodeValue> stands in the file four times
    assert staged_rows(partner, homeless) == [(4,)]


def test_a_district_of_data_standard_5_is_staged(manifest: Any, samples: Path, tmp_path: Path) -> None:
    """Counts of the sample's README; without the interchange of enrollments nobody is enrolled."""
    partner = loaded(samples, tmp_path, "edfi_grand_bend_xml", 2022)
    counted = {
        "edfi_student": 960,
        "edfi_student_school_attendance_event": 1917,
        "edfi_discipline_action": 25,
        "edfi_student_assessment": 335 + 39 + 34,  # ACT, SAT, and the state's as counted in the file
        "edfi_school": 3,
    }
    assert {table: partner.rows(table, "select count(*) from raw")[0][0] for table in counted} == counted
    programs = "select association, count(*) from raw where association in ('migrant', 'special_education',"
    programs += " 'school_food_service', 'language_instruction') group by all order by all"
    assert partner.rows("edfi_student_program_association", programs) == [
        ("language_instruction", 38),
        ("migrant", 275),
        ("school_food_service", 82),
        ("special_education", 97),
    ]
    models = ("stg_person", "stg_school", "stg_discipline", "stg_assessment", "stg_attendance")
    staged(manifest, partner, *models)
    assert staged_rows(partner, "select count(*) from staging.stg_person") == [(960,)]
    schools = "select school_name, district_name, school_level from staging.stg_school order by 1"
    assert staged_rows(partner, schools) == [
        ("Grand Bend Elementary School", "Grand Bend ISD", "elementary"),
        ("Grand Bend High School", "Grand Bend ISD", "high"),
        ("Grand Bend Middle School", "Grand Bend ISD", "middle"),
    ]
    # 24 in-school suspensions and an expulsion; <ActualDisciplineActionLength> is 19 times 1, three times 3 and 5
    days = "select sum(days_removed)::int, count(*) filter (where action_code = 'expulsion') from staging.stg_discipline"
    assert staged_rows(partner, days) == [(43, 1)]
    kinds = "select assessment_type, count(*) from staging.stg_assessment where assessment_id like 'ACT%' group by all"
    assert staged_rows(partner, kinds) == [("college_admission", 335)]
    assert staged_rows(partner, "select count(*) from staging.stg_attendance") == [(0,)]
    # as `grep -c` counts <AttendanceEventCategory>: 1077 excused, 773 unexcused, 1 partial, 66 tardy
    meanings = """
        select conformed_code, sum(n_rows)::int from staging.stg_code_values
        where field = 'attendance_event_category' group by all order by all
    """
    assert staged_rows(partner, meanings) == [("absent", 1850), ("partly_absent", 1), ("present", 66)]
