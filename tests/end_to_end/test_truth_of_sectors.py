"""The facts of every sector in the demo's marts against the synthetic truth; persons are known by partner alone."""

from __future__ import annotations

import duckdb
import pytest

from tests.conftest import Deployment
from tests.end_to_end.differences import difference

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

Demo = tuple[Deployment, duckdb.DuckDBPyConnection]
WHO = "person_id, partner_id, school_year"
PROGRAM = "partner_id || ':' || lower(program_id)"
SITE = "partner_id || ':' || lower(site_id)"

# mart -> (its columns, the same from the truth)
OF_PERSONS = {
    "fct_birth": (
        "birth_year, birth_weight_grams, gestation_weeks, prenatal_care_month, prenatal_visits, plurality, mother_age_years, payer_type, zip_code, tract_id",
        "year(birth_date), birth_weight_grams, gestation_weeks, prenatal_care_month, prenatal_visits, plurality, mother_age_years, payer_type, zip_code, tract_id",
    ),
    "fct_immunization": (
        "vaccine_code, administered_date, dose_number, immunization_source",
        "vaccine_code, administered_date, dose_number, immunization_source",
    ),
    "fct_screening": (
        "screening_type, instrument, screened_date, screening_result, numeric_result, result_unit",
        "screening_type, instrument, screened_date, screening_result, numeric_result, result_unit",
    ),
    "fct_health_coverage": ("payer_type, start_date, end_date", "payer_type, start_date, end_date"),
    "fct_housing_episode": (
        "relationship_to_head, project_type, entry_date, move_in_date, exit_date, prior_living_situation, exit_destination, has_disabling_condition",
        "relationship_to_head, project_type, entry_date, move_in_date, "
        "exit_date, prior_living_situation, exit_destination, has_disabling_condition",
    ),
    "fct_housing_assistance": (
        "relationship_to_head, program_type, assistance_action, effective_date, start_date, end_date, was_homeless_at_admission, bedrooms, household_size, annual_income, zip_code, tract_id",
        "relationship_to_head, program_type, assistance_action, effective_date, start_date, end_date, was_homeless_at_admission, bedrooms, household_size, annual_income, zip_code, tract_id",
    ),
    "fct_early_learning": (
        "program_id, program_type, site_id, start_date, end_date, days_enrolled, days_attended, hours_per_week, is_subsidized",
        f"{PROGRAM}, program_type, {SITE}, start_date, end_date, days_enrolled, days_attended, hours_per_week, is_subsidized",
    ),
    "fct_participation": (
        "program_id, start_date, end_date, sessions_offered, sessions_attended, hours_attended, has_attended",
        f"{PROGRAM}, start_date, end_date, sessions_offered, sessions_attended, hours_attended, has_attended",
    ),
    "fct_postsecondary_award": ("college_code, award_date", "college_code, award_date"),
    "fct_employment": (
        "employer_id, industry_code, wage_year, wage_quarter, wages, work_state",
        "employer_id, industry_code, wage_year, wage_quarter, wages, work_state",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mart", OF_PERSONS)
def test_a_mart_holds_exactly_the_truth(demo: Demo, mart: str) -> None:
    _, con = demo
    columns, truth = OF_PERSONS[mart]
    fact = mart.removeprefix("fct_")
    ours = f"select {WHO}, {columns} from warehouse.marts.{mart}"
    assert (
        difference(
            con,
            ours,
            f"select {WHO}, {truth} from truth.{fact} inner join links using (partner_id, student_id)",
        )
        == []
    )
    counts = f"select (select count(*) from warehouse.marts.{mart}), (select count(*) from truth.{fact})"
    n_ours, n_true = con.execute(counts).fetchall()[0]
    assert n_ours == n_true > 0


def test_evictions_are_the_courts_cases(demo: Demo) -> None:
    _, con = demo
    columns = "partner_id, school_year, filed_date, judgment, judgment_date, executed_date, amount_claimed, zip_code, tract_id"
    ours = f"select {columns} from warehouse.marts.fct_eviction where not has_child"
    assert difference(con, ours, f"select {columns} from truth.eviction") == []


def test_estimates_have_their_margins_and_hidden_numbers_are_hidden(demo: Demo) -> None:
    _, con = demo
    ours = (
        "select school_year, area_type, area_id, measure_id, value, margin_of_error, confidence_level "
        "from warehouse.marts.fct_area_measure where partner_id = 'census_bureau'"
    )
    truth = (
        "select school_year, 'tract', tract_id, 'B14003_001', children, children_margin, 0.90 from truth.acs_estimate "
        "union all select school_year, 'tract', tract_id, 'B14003_004', in_school, in_school_margin, 0.90 from truth.acs_estimate"
    )
    assert difference(con, ours, truth) == []
    ours = (
        "select school_year, area_id, subgroup, numerator, denominator, is_suppressed, suppression_marker "
        "from warehouse.marts.fct_area_measure where partner_id = 'state_education'"
    )
    truth = (
        "select school_year, area_id, case when student_group <> 'All Students' then student_group end, "
        "case when not is_suppressed then numerator end, case when not is_suppressed then denominator end, is_suppressed, "
        "case when is_suppressed then '*' end from truth.report_card"
    )
    assert difference(con, ours, truth) == []


def test_the_directory_has_its_organizations_places_and_services(demo: Demo) -> None:
    _, con = demo
    counts = [
        con.execute(
            f"select count(*) from warehouse.marts.{table} where partner_id = 'service_directory'"
        ).fetchall()[0][0]
        for table in ("dim_organization", "dim_site", "dim_service", "dim_service_at_site")
    ]
    assert counts == [6, 17, 6, 17]


def test_partners_beside_schools_are_linked_by_what_they_say_of_children(demo: Demo) -> None:
    _, con = demo
    methods = con.execute(
        "select distinct method from links inner join truth.partner_person using (partner_id, student_id) order by 1"
    ).fetchall()
    assert methods == [("linked",), ("partner_id",)]
    known = "select count(*) from truth.partner_person {} join links using (partner_id, student_id)"
    assert con.execute(known.format("anti")).fetchall() == [(0,)]
    # the readiness test and the wage records are told of by state number, so they are the schools' children already
    shared = (
        "select count(*), count(*) filter (person_id not in (select person_id from identity)) from links "
        "where partner_id in ('readiness_office', 'wage_records')"
    )
    n, strangers = con.execute(shared).fetchall()[0]
    assert n > 500
    assert strangers == 0
    # pairs of records of two partners, by counting: of one child by the truth, called one child, and both
    pairs = con.execute("""
        with known as (from links inner join truth.who_is_who using (partner_id, student_id)),
        counted as (
            select
                (select count(*) from known a join known b using (true_person_id) where a.partner_id < b.partner_id)
                    as n_true,
                (select count(*) from known a join known b using (person_id) where a.partner_id < b.partner_id)
                    as n_found,
                (select count(*) from known a join known b using (true_person_id, person_id)
                    where a.partner_id < b.partner_id) as n_right
        )
        select n_right / n_found, n_right / n_true from counted
    """).fetchall()[0]
    assert pairs[0] > 0.99, "precision"
    assert pairs[1] > 0.90, "recall; one partner tells neither birth dates nor addresses"


# seven vaccines of Riverbend's schedule: family -> its CVX code, doses by the second birthday
SERIES = {
    **{"dtap": ("20", 4), "polio": ("10", 3), "mmr": ("03", 1), "hib": ("48", 3)},
    **{"hepb": ("08", 3), "varicella": ("21", 1), "pcv": ("133", 4)},
}


def test_the_series_at_two_is_counted_from_all_years_files(demo: Demo) -> None:
    _, con = demo
    counts = ", ".join(
        f"case when birth_date is not null then count(distinct administered_date) filter (vaccine_code = '{code}' and administered_date"
        f" between {'one - 4' if family in ('mmr', 'varicella') else 'birth_date'} and two) end as n_{family}_doses"
        for family, (code, _) in SERIES.items()
    )
    complete = " and ".join(f"n_{family}_doses >= {n}" for family, (_, n) in SERIES.items())
    columns = ", ".join(f"n_{family}_doses" for family in SERIES)
    # from that of the birth to that of the second birthday, two years on
    school_years = (
        "range(year(birth_date) + (month(birth_date) >= 7)::int, year(two) + (month(two) >= 7)::int + 1)"
    )
    # of children with a birth record, whose day that is, and by all who vaccinate; who was linked wrongly is left out here
    truth = f"""
        with told as (
            select partner_id, list(distinct school_year) as years, max(administered_date) as last_day
            from truth.immunization group by all
        ),
        persons as (
            select person_id, any_value(true_person_id) as true_person_id, bool_or(partner_id = 'birth_registry') as is_born
            from links inner join truth.who_is_who using (partner_id, student_id)
            group by person_id having count(distinct true_person_id) = 1
        ),
        children as (
            select person_id, links.partner_id, links.student_id, years, last_day, born.birth_date,
                cast(born.birth_date + interval 1 year as date) as one,
                cast(born.birth_date + interval 2 years as date) as two
            from persons
            inner join truth.birth as born using (true_person_id)
            inner join links using (person_id)
            inner join told on links.partner_id = told.partner_id
            where is_born and born.birth_date + interval 2 years >= date '2019-07-01'
        ),
        counted as (
            select person_id, bool_or(list_has_all(years, {school_years}) and two <= last_day) as is_told, {counts}
            from children left join truth.immunization using (partner_id, student_id)
            group by person_id, birth_date, one, two
        )
        select person_id, case when {complete} then true when is_told then false end, {columns}
        from counted
    """
    ours = (
        f"select person_id, is_up_to_date_24m, {columns} from warehouse.intermediate.int_immunization_series "
        f"where person_id in (select person_id from ({truth}))"
    )
    assert difference(con, ours, truth) == []
    verdicts = con.execute(
        "select count(*) filter (is_up_to_date_24m), count(*) filter (not is_up_to_date_24m)"
        " from warehouse.intermediate.int_immunization_series"
    ).fetchall()[0]
    assert min(verdicts) > 50
