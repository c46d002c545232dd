"""Indicators of what others than schools tell, by plain SQL over the truth: who counts, and who succeeds."""

from __future__ import annotations

from tests.end_to_end.truth_accounts import CHILD_YEAR, LINKED
from tests.end_to_end.truth_of_school_indicators import KNOWN, enrolled

SCHOOL_YEAR_OF = "year({0}) + cast(month({0}) >= 7 as integer)"

# Patients of the two health systems, by the year for which they are told of.
PATIENTS = f"""
create table patients as
select distinct person_id, school_year, birth_date
from truth.health_coverage {LINKED} inner join born using (person_id)
"""
SCREENED = f"""
create table screened as
select person_id, school_year, screening_type, screened_date, screening_result, numeric_result
from truth.screening {LINKED}
"""

# seven vaccines of Riverbend's schedule: family -> its CVX code, doses by the second birthday
SERIES = {
    **{"dtap": ("20", 4), "polio": ("10", 3), "mmr": ("03", 1), "hib": ("48", 3)},
    **{"hepb": ("08", 3), "varicella": ("21", 1), "pcv": ("133", 4)},
}
COMPLETE = " and ".join(
    f"count(distinct administered_date) filter (vaccine_code = '{code}' and administered_date between "
    f"{'one - 4' if family in ('mmr', 'varicella') else 'birth_date'} and two) >= {n}"
    for family, (code, n) in SERIES.items()
)
# Whether the series was complete is known if one partner that knows the child tells of its first two years.
VACCINATED = f"""
create table vaccinated as
with told as (
    select partner_id, list(distinct school_year) as years, max(administered_date) as last_day
    from truth.immunization group by all
),
children as (
    select distinct person_id, partner_id, student_id, years, last_day, birth_date,
        cast(birth_date + interval 1 year as date) as one, cast(birth_date + interval 2 years as date) as two
    from links inner join told using (partner_id) inner join born using (person_id)
)
select person_id, {SCHOOL_YEAR_OF.format("two")} as school_year, {COMPLETE} as is_complete,
    bool_or(
        list_has_all(years, range({SCHOOL_YEAR_OF.format("birth_date")}, {SCHOOL_YEAR_OF.format("two")} + 1))
        and two <= last_day
    ) as is_told
from children left join truth.immunization using (partner_id, student_id)
group by person_id, birth_date, one, two
"""

# The first diploma of whatever kind but a certificate, at the school that gave it.
GRADUATES = f"""
create table graduates as
select person_id, school_year, 'annual' as collection,
    partner_id || ':' || lower(school_id) as organization_id,
    make_date(school_year, 8, 15) as fall_begins, make_date(school_year, 10, 31) as fall_ends
from truth.diploma {KNOWN} and diploma_type <> 'certificate'
qualify row_number() over (partition by person_id order by diploma_date, school_year) = 1
"""
COLLEGE = f"""
create table college as
select person_id, enrollment_begin_date as first_day,
    coalesce(enrollment_end_date, enrollment_begin_date) as last_day
from truth.postsecondary_enrollment {KNOWN}
"""
# A year's file tells of every graduate it was asked for, and of the fall and winter of its school year.
ASKED = f"""
create table asked as
select person_id, max(school_year) as last_asked
from truth.person {KNOWN} and partner_id = 'college_tracker' group by all
"""
WAGES = f"""
create table earned as
select person_id, wage_year, count(distinct wage_quarter) as n_quarters, sum(wages) as wages
from truth.employment {LINKED} where wages > 0 group by all
"""

PREPARED = (PATIENTS, SCREENED, VACCINATED, GRADUATES, COLLEGE, ASKED, WAGES)


def born(success: str) -> str:
    """Children with a birth record, in the school year of the birth; of a year that files are from."""
    return f"""
        select person_id, {SCHOOL_YEAR_OF.format("birth_date")} as school_year, 'annual' as collection,
            cast(null as varchar) as organization_id, {success} as success
        from truth.birth {LINKED} where {SCHOOL_YEAR_OF.format("birth_date")} >= 2020
    """


def at_birthday(years: int, kind: str, since: str) -> str:
    """Patients by whether they were screened by a birthday in the year that a health system knows them."""
    birthday = f"cast(birth_date + interval {years} years as date)"
    return f"""
        select person_id, school_year, 'annual' as collection, cast(null as varchar) as organization_id,
            exists (
                from screened where screened.person_id = patients.person_id and screening_type = '{kind}'
                    and screened_date <= {birthday} and screened_date > {since}
            ) as success
        from patients where school_year = {SCHOOL_YEAR_OF.format(birthday)}
            and {since} >= (
                select make_date({SCHOOL_YEAR_OF.format("min(screened_date)")} - 1, 7, 1) from screened
                where screening_type = '{kind}'
            )
    """


def lead(level: float) -> str:
    return f"""
        select person_id, school_year, 'annual' as collection, cast(null as varchar) as organization_id,
            max(numeric_result) >= {level} as success
        from screened where screening_type = 'lead' group by all
    """


def in_college(first: str, last: str) -> str:
    return (
        "exists (from college where college.person_id = graduates.person_id "
        f"and college.first_day <= {last} and college.last_day >= {first})"
    )


def graduated(success: str, where: str) -> str:
    return (
        f"select {CHILD_YEAR}, organization_id, {success} as success from graduates "
        f"left join asked using (person_id) where {where}"
    )


def working(success: str, where: str) -> str:
    """Graduates and the second calendar year after high school, if files tell of wages in each quarter of it."""
    return f"""
        select {CHILD_YEAR}, organization_id, {success} as success
        from graduates
        left join (select * exclude wage_year, wage_year - 2 as school_year from earned)
            using (person_id, school_year)
        where school_year + 2 in (
            select wage_year from truth.employment group by wage_year having count(distinct wage_quarter) = 4
        ) and {where}
    """


A_YEAR_ON = "cast({} + interval 1 year as date)"
DEFINITIONS = {
    ("low_birth_weight", "under_2500_grams"): born("birth_weight_grams < 2500"),
    ("early_prenatal_care", "first_trimester"): born("prenatal_care_month between 1 and 3"),
    ("developmental_screening", "before_third_birthday"): at_birthday(
        3, "developmental", "birth_date + interval 2 years"
    ),
    ("blood_lead_tested", "by_second_birthday"): at_birthday(2, "lead", "birth_date"),
    ("elevated_blood_lead", "reference_value_2021"): lead(3.5),
    ("elevated_blood_lead", "reference_value_2012"): lead(5.0),
    ("immunized_by_24_months", "series_4313314"): """
        select person_id, school_year, 'annual' as collection, cast(null as varchar) as organization_id,
            is_complete as success
        from vaccinated where is_told and school_year <= 2025
    """,
    ("well_child_visits", "one_a_year"): """
        select person_id, school_year, 'annual' as collection, cast(null as varchar) as organization_id,
            (person_id, school_year) in (
                select (person_id, school_year) from screened where screening_type = 'well_child_visit'
            ) as success
        from patients
        where birth_date > make_date(school_year - 7, 10, 1)
            and birth_date <= make_date(school_year - 4, 10, 1)
    """,
    # nobody here has insurance without a payer
    ("health_coverage", "covered_on_1_january"): f"""
        select person_id, school_year, 'annual' as collection, cast(null as varchar) as organization_id,
            bool_or(payer_type <> 'uninsured') as success
        from truth.health_coverage {LINKED}
        where make_date(school_year, 1, 1) between start_date and coalesce(end_date, date '9999-12-31')
        group by all
    """,
    ("preschool_before_kindergarten", "any_preschool"): f"""
        select {CHILD_YEAR}, organization_id, early_learning_history = 'yes' as success
        from first_kindergarten
        where school_year - 2 in (select school_year from truth.early_learning)
            and school_year - 1 in (select school_year from truth.early_learning)
    """,
    # who repeats kindergarten is not tested again
    ("kindergarten_readiness", "whole_child"): f"""
        select {CHILD_YEAR}, organization_id, is_ready as success
        from (select person_id, school_year, is_ready from truth.readiness {LINKED})
        inner join years using (person_id, school_year) where grade_level = 'k' and collection = 'annual'
    """,
    ("kindergarten_readiness_coverage", "tested"): f"""
        select {CHILD_YEAR}, organization_id, (person_id, school_year) in (
            select (person_id, school_year) from truth.readiness {LINKED}
        ) as success
        from first_kindergarten where school_year in (select school_year from truth.readiness)
    """,
    ("assisted_housing", "any_assistance"): enrolled(
        "housing_assistance = 'yes'", "collection = 'annual' and housing_assistance <> 'unknown'"
    ),
    ("program_participation", "any_program"): enrolled(
        "program_participation = 'yes'", "collection = 'annual' and program_participation <> 'unknown'"
    ),
    # the last exit to a place that decides, of those from a bed or rehousing
    ("exits_to_permanent_housing", "last_exit"): """
        select stays.person_id, stays.school_year, 'annual' as collection, organization_id,
            exit_destination = 'permanent' as success
        from stays
        left join years on years.person_id = stays.person_id and years.school_year = stays.school_year
            and years.collection = 'annual'
        where exit_date between make_date(stays.school_year - 1, 7, 1) and make_date(stays.school_year, 6, 30)
            and project_type <> 'street_outreach'
            and exit_destination in ('permanent', 'temporary', 'homeless', 'institutional', 'other')
        qualify row_number() over (
            partition by stays.person_id, stays.school_year order by exit_date desc, entry_date desc
        ) = 1
    """,
    ("postsecondary_enrollment", "fall"): graduated(
        in_college("fall_begins", "fall_ends"), "last_asked > school_year"
    ),
    ("postsecondary_enrollment", "within_one_year"): graduated(
        in_college("fall_begins", "make_date(school_year + 1, 6, 30)"), "last_asked > school_year"
    ),
    # back in the next fall, or done by then
    ("postsecondary_persistence", "second_fall"): graduated(
        f"{in_college(A_YEAR_ON.format('fall_begins'), A_YEAR_ON.format('fall_ends'))} or person_id in ("
        f"select person_id from truth.postsecondary_award {LINKED} "
        f"where award_date <= {A_YEAR_ON.format('fall_ends')})",
        f"last_asked > school_year + 1 and {in_college('fall_begins', 'fall_ends')}",
    ),
    ("employment", "two_quarters_second_year"): working("coalesce(n_quarters, 0) >= 2", "true"),
    ("living_wage_job", "second_year"): working("wages >= 35000", "wages is not null"),
}
