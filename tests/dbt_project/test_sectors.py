"""Entities of other sectors than school, from rows of the lake to the marts."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_warehouse import Lake, Row, Warehouse

from ingestion.contracts.entities import canonical_entities
from publishing.release_contents import direct_identifiers

BUILT = ("--exclude", "path:models/disclosure", "path:models/published")


def crosswalk(partner: str, field: str, code: str, conformed: str) -> dict[str, object]:
    whose = {"community_id": "riverbend", "partner_id": partner, "field": field}
    return {**whose, "partner_code": code, "conformed_code": conformed}


def of_housing(lake: Lake) -> None:
    """A family in a shelter, HMIS codes; a voucher; two filings, one of which tells of no child."""
    lake.reference["crosswalks"] += [
        crosswalk("coc", "project_type", "0", "emergency_shelter"),
        crosswalk("coc", "exit_destination", "410", "permanent"),
        crosswalk("coc", "relationship_to_head", "2", "child"),
    ]
    stay: dict[str, object] = {"project_id": "P7", "project_type": "0", "entry_date": "2024-10-01"}
    lake.deliver(
        "housing_episode",
        2025,
        [
            {**stay, "student_id": "m", "household_id": "H1", "relationship_to_head": "self"},
            {
                **stay,
                "student_id": "k",
                "household_id": "H1",
                "relationship_to_head": "2",
                "exit_date": "2025-02-01",
                "exit_destination": "410",
                "prior_living_situation": "916",
            },
            {**stay, "student_id": "z"},
        ],
        partner="coc",
    )
    lake.deliver(
        "person",
        2025,
        [{"student_id": "m", "birth_date": "1990-05-05"}, {"student_id": "k", "birth_date": "2015-05-05"}],
        partner="coc",
    )
    voucher = {"program_type": "housing_choice_voucher", "effective_date": "2025-01-01", "bedrooms": 2}
    lake.deliver("housing_assistance", 2025, [{"student_id": "k", **voucher}], partner="pha")
    filing = {"filed_date": "2025-03-01", "judgment": "settled", "address": "1 Elm Street"}
    lake.deliver(
        "eviction",
        2025,
        [{"case_id": "24-1", "student_id": "k", **filing}, {"case_id": "24-2", **filing}],
        partner="court",
    )


def of_health(lake: Lake) -> None:
    lake.deliver("birth", 2025, [{"student_id": "b", "birth_date": "2022-01-10", "birth_weight_grams": 2499}])
    lake.deliver(
        "immunization",
        2025,
        [{"student_id": "b", "vaccine_code": "020", "administered_date": "2022-03-10"}],
    )
    result = {"screening_type": "lead", "numeric_result": 3.5, "result_unit": "ug/dL"}
    lake.deliver("screening", 2025, [{"student_id": "b", "screened_date": "2023-01-10", **result}])
    lake.deliver(
        "health_coverage", 2025, [{"student_id": "b", "payer_type": "Medicaid ", "start_date": "2022-01-10"}]
    )
    asthma = {"condition_code": "J4520", "code_system": "icd_10_cm", "onset_date": "2024-02-10"}
    ruled_out = {"condition_code": "E10.9", "code_system": "icd_10_cm", "verification_status": "refuted"}
    mistaken = {**ruled_out, "verification_status": "entered_in_error"}
    # nobody says how sure the first is, and it is one
    rows: list[dict[str, object]] = [{"student_id": "b", **told} for told in (asthma, ruled_out, mistaken)]
    lake.deliver("condition", 2025, rows)


def of_services(lake: Lake) -> None:
    for year, name in ((2024, "Reading help"), (2025, "Reading Buddies")):
        program = {"program_id": "R1", "program_name": name, "organization_id": "O1"}
        lake.deliver("program", year, [{**program, "program_type": "tutoring"}])
    lake.deliver("organization", 2025, [{"organization_id": "O1", "organization_name": "Helping Hands"}])
    lake.deliver("site", 2025, [{"site_id": "S1", "site_name": "Library", "organization_id": "O1"}])
    lake.deliver("service", 2025, [{"service_id": "V1", "service_name": "Tutoring", "program_id": "R1"}])
    lake.deliver("service_at_site", 2025, [{"service_id": "V1", "site_id": "S1"}])
    session = {"program_id": "R1", "site_id": "S1", "start_date": "2024-10-01"}
    lake.deliver("participation", 2025, [{"student_id": "b", **session, "hours_attended": 1.5}])
    place = {"program_id": "E1", "program_type": "head_start", "start_date": "2024-09-01"}
    lake.deliver("early_learning", 2025, [{"student_id": "b", **place, "days_attended": 140}])


def of_staff(lake: Lake) -> None:
    """An academy of two children that sent its staff of 2024, and owes those of 2025."""
    for year in (2024, 2025):
        entered = {"school_id": "A", "grade_level": "05", "entry_date": f"{year - 1}-08-15"}
        rows: list[Row] = [{"student_id": student, **entered} for student in ("s1", "s2")]
        lake.deliver("enrollment", year, rows, partner="academy")
    lake.deliver("person", 2024, [{"student_id": "s1", "race_ethnicity": "asian"}], partner="academy")
    teacher = {"staff_id": "T-77", "school_id": "A", "staff_classification": "teacher"}
    lake.deliver(
        "staff_assignment",
        2024,
        [
            {**teacher, "full_time_equivalent": 0.8, "race_ethnicity": "asian;white"},
            {**teacher, "staff_classification": "school_counselor", "full_time_equivalent": 0.2},
        ],
        partner="academy",
    )
    whose = {"community_id": "riverbend", "partner_id": "academy", "entity": "staff_assignment"}
    lake.reference["due_dates"] += [{**whose, "collection": "annual", "school_year": year} for year in (2024, 2025)]


def of_later_life(lake: Lake) -> None:
    award = {"college_code": "001234-00", "award_date": "2024-05-20", "award_level": "associate"}
    lake.deliver("postsecondary_award", 2025, [{"student_id": "g", **award}])
    wages = {"employer_id": "E9", "wage_year": 2024, "wage_quarter": 4, "wages": 9100.25}
    lake.deliver("employment", 2025, [{"student_id": "g", **wages}])
    number: dict[str, object] = {
        "area_type": "tract",
        "area_id": "51760030200",
        "measure_id": "B17001",
        "value_kind": "count",
    }
    lake.deliver(
        "area_measure",
        2025,
        [
            {**number, "value": 120, "margin_of_error": 35, "confidence_level": 0.9},
            {**number, "subgroup": "under 5", "value": -1, "suppression_marker": "*"},
            {**number, "subgroup": "5 to 9", "value_low": 0, "value_high": 9, "suppression_marker": "n<10"},
        ],
        partner="census",
    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Warehouse:
    lake = Lake(tmp_path_factory.mktemp("home"))
    for sector in (of_housing, of_health, of_services, of_staff, of_later_life):
        sector(lake)
    built = Warehouse(manifest, lake.finish())
    built.build(*BUILT)
    return built


def test_members_of_a_household_share_a_key_that_is_nobodys_number(warehouse: Warehouse) -> None:
    rows = warehouse.query("""
        select person_id, household_key, relationship_to_head, project_id, project_type, exit_destination,
               prior_living_situation
        from marts.fct_housing_episode order by 1
    """)
    shelter = ("coc:p7", "emergency_shelter")
    assert rows == [
        ("person_k", "person_k", "child", *shelter, "permanent", "unmapped"),
        ("person_m", "person_k", "self", *shelter, None, None),
        ("person_z", None, None, *shelter, None, None),
    ]


def test_a_code_of_another_sector_that_nobody_knows_is_counted(warehouse: Warehouse) -> None:
    assert warehouse.query("select extract_id, field, n_rows from marts.unmapped_codes") == [
        ("coc__housing_episode", "prior_living_situation", 1)
    ]


def test_a_filing_without_a_child_is_kept_and_the_case_is_not_told(warehouse: Warehouse) -> None:
    rows = warehouse.query("select person_id, has_child, judgment from marts.fct_eviction order by 1")
    assert rows == [("person_k", True, "settled"), (None, False, "settled")]


def test_what_a_source_hides_is_null_with_its_marker(warehouse: Warehouse) -> None:
    rows = warehouse.query("""
        select subgroup, value::integer, value_low::integer, value_high::integer, is_suppressed, suppression_marker
        from marts.fct_area_measure order by subgroup nulls first
    """)
    assert rows == [
        (None, 120, None, None, False, None),
        ("5 to 9", None, 0, 9, True, "n<10"),
        ("under 5", None, None, None, True, "*"),
    ]


def test_dimensions_hold_the_latest_account_under_ids_of_the_partner(warehouse: Warehouse) -> None:
    assert warehouse.query("select * exclude (description, organization_place_id) from marts.dim_program") == [
        ("riverbend", "north:r1", "north", "Reading Buddies", "tutoring", "north:o1", None, None, None, None, 2024, 2025)
    ]
    assert warehouse.query("""
        select organization_name, site_name, service_name
        from marts.dim_service_at_site
        join marts.dim_service using (community_id, service_id)
        join marts.dim_site using (community_id, site_id)
        join marts.dim_program using (community_id, program_id)
        join marts.dim_organization on dim_program.organization_id = dim_organization.organization_id
    """) == [("Helping Hands", "Library", "Tutoring")]
    assert warehouse.query("select person_id, program_id, site_id, hours_attended::varchar from marts.fct_participation") == [
        ("person_b", "north:r1", "north:s1", "1.5000")
    ]


def test_every_entity_that_was_delivered_has_its_rows_in_a_mart(warehouse: Warehouse) -> None:
    tables = {name for (name,) in warehouse.query("select table_name from duckdb_tables() where schema_name = 'marts'")}
    for entity in set(canonical_entities()) - {"person", "student_status"}:
        assert {f"fct_{entity}", f"dim_{entity}"} & tables, entity
    for fact, kept in {
        "birth": "birth_year = 2022 and birth_weight_grams = 2499",
        "immunization": "vaccine_code = '020'",
        "screening": "screening_type = 'lead' and numeric_result = 3.5",
        "health_coverage": "payer_type = 'medicaid'",
        "condition": "condition_category = 'asthma' and condition_code = 'J45.20' and onset_date = '2024-02-10'",
        "early_learning": "program_type = 'head_start' and program_id = 'north:e1' and days_attended = 140",
        "housing_assistance": "program_type = 'housing_choice_voucher' and bedrooms = 2",
        "postsecondary_award": "award_level = 'associate'",
        "employment": "wages = 9100.25",
    }.items():
        assert warehouse.query(f"select count(*), count(*) filter ({kept}) from marts.fct_{fact}") == [(1, 1)], fact


def test_staff_of_a_year_that_was_not_received_are_no_shortage(warehouse: Warehouse) -> None:
    """One member of staff teaches and counsels: the two children have a counselor, and nothing is told of teachers' races,
    for there is one teacher. Of 2025 nothing is known, so there is no cell and the year is incomplete."""
    assert warehouse.query(
        "select staff_key, staff_classification, full_time_equivalent::varchar, races from marts.fct_staff_assignment order by 2"
    ) == [(1, "school_counselor", "0.2000", None), (1, "teacher", "0.8000", "asian;white")]
    mine = "indicator_id in ('counselor_access', 'educator_representation')"
    assert warehouse.query(f"""
        select indicator_id, definition_version, school_year, denominator, numerator from marts.indicator_cells
        where {mine} and geography_level = 'community' and disaggregate = 'all' order by all
    """) == [
        ("counselor_access", "asca_ratio", 2024, 2, 2),
    ]
    owed = f"select indicator_id, school_year from intermediate.int_incomplete_years where {mine} order by all"
    assert warehouse.query(owed) == [("counselor_access", 2025), ("educator_representation", 2025)]


def test_rules_that_need_the_day_of_birth_let_only_the_verdict_out(warehouse: Warehouse) -> None:
    # one dose, and no file yet of a day after the second birthday
    assert warehouse.query("select is_up_to_date_24m, n_dtap_doses from intermediate.int_immunization_series") == [(None, 1)]
    # the mother is grown up, and of z nobody knows
    assert warehouse.query("select person_id, is_sheltered_on_count_date from intermediate.int_homeless_at_date") == [
        ("person_k", True)
    ]


def test_no_direct_identifier_is_in_a_table_of_the_warehouse(warehouse: Warehouse) -> None:
    columns = warehouse.query("""
        select distinct table_schema || '.' || table_name, column_name from information_schema.columns
        where table_schema in ('intermediate', 'marts')
    """)
    names = direct_identifiers() - {"person_id"}
    assert [(table, column) for table, column in columns if column in names] == []
    # of staging, views over the lake, only the partner's own number of the child is there, but for what identity
    # reads of the tables of standards
    staged = warehouse.query(r"""
        select column_name from information_schema.columns
        where table_schema = 'staging' and table_name not like '%\_\_%' escape '\'
    """)
    assert {column for (column,) in staged} & names == {"student_id"}
