"""Health care of children under seven: who is whose patient, doses, visits, screenings, coverage."""

from __future__ import annotations

from synthetic.sectors.planted import happens

SYSTEMS = ("riverbend_health", "prairie_childrens")
REGISTRY = "immunization_registry"
FIRST_SENT = 2023  # the school year in which the health systems joined
LAST_AGE = 6  # years on 1 September
# CVX code, dose, days after birth when it is due; the schedule of the first six years
DOSES = (
    *(("08", dose, due) for dose, due in enumerate((0, 45, 185), 1)),
    *(("20", dose, due) for dose, due in enumerate((61, 122, 184, 460, 1500), 1)),
    *(("48", dose, due) for dose, due in enumerate((61, 122, 184, 380), 1)),
    *(("10", dose, due) for dose, due in enumerate((61, 122, 184, 1500), 1)),
    *(("133", dose, due) for dose, due in enumerate((61, 122, 184, 380), 1)),
    *(("116", dose, due) for dose, due in enumerate((61, 122, 184), 1)),
    *(("03", dose, due) for dose, due in enumerate((380, 1500), 1)),
    *(("21", dose, due) for dose, due in enumerate((380, 1500), 1)),
    *(("83", dose, due) for dose, due in enumerate((380, 570), 1)),
)
LATE = 25  # days a dose comes late at most; seven at birth
WELL_CHILD_DAYS = (14, 61, 122, 184, 275, 370, 460, 550, 735, 915, 1100, 1465, 1830, 2195)
SCREENING_DAYS = (275, 550, 915)  # of them, those with a developmental questionnaire
LEAD_DAYS = (370, 735)

# A family has a health system, some have both, some neither.
PATIENT = f"""
create or replace table patient as
select true_person_id, child, family, birth_date, system, partner_id
from (
    select distinct true_person_id, child, family, birth_date, chance(family, 'health system') as system
    from child_here where age <= {LAST_AGE}
)
inner join (values ('{SYSTEMS[0]}', 0.0, 0.58), ('{SYSTEMS[1]}', 0.50, 0.90)) as systems (partner_id, least,
    most)
    on system >= least and system < most
order by all
"""

# Who does not complete the series by two has gone without the first dose against measles, and some others.
IMMUNIZATION = f"""
create or replace table dose as
with children as (
    select child_here.true_person_id, child, birth_date, min(child_here.school_year) as first_year,
        max(child_here.school_year) as last_year, bool_or(is_usually_poor) as is_poor
    from child_here inner join family using (family) where age <= {LAST_AGE} group by all
),
series as (
    select *, {happens("fully_immunized_by_two", "true_person_id")} as is_complete,
        child * 100 + place as key
    from children, (
        select *, row_number() over () as place from (values {", ".join(map(str, DOSES))}) as doses
            (vaccine_code, dose_number, due)
    )
)
select true_person_id, vaccine_code, dose_number, is_complete, key,
    cast(birth_date + cast(due + whole(key, 'late', case when due = 0 then 7 else {LATE} end) as integer) as
        date)
        as administered_date, school_year_of(administered_date) as school_year
from series
where (is_complete or not (vaccine_code = '03' or (due > 100 and chance(key, 'gone without') < 0.3)))
    and (due < 1500 or chance(key, 'before school') < 0.9)
    and school_year_of(administered_date) between first_year and last_year
order by true_person_id, vaccine_code, dose_number
"""

# A dose is given by one of a child's systems, or elsewhere; the register hears of nearly all.
IMMUNIZATION_FACTS = f"""
create or replace table fact_immunization as
with given as (
    select dose.*, partner_id, row_number() over (partition by key order by chance(key, partner_id)) as place
    from dose inner join patient using (true_person_id)
)
select partner_id, number_of(true_person_id, partner_id) as student_id, true_person_id, school_year,
    vaccine_code,
    administered_date, dose_number, case when dose_number = 1 and vaccine_code = '08' then 'historical' else
        'administered'
        end as immunization_source, 'completed' as immunization_status, key
from given where place = 1 and school_year >= {FIRST_SENT} and chance(key, 'elsewhere') < 0.93
union all
select '{REGISTRY}', number_of(true_person_id, '{REGISTRY}'), true_person_id, school_year, vaccine_code,
    administered_date, dose_number, case when chance(key, 'from papers') < 0.1 then 'historical' else
        'administered' end,
    'completed', key
from dose where chance(key, 'told the register') < 0.96
order by partner_id, school_year, student_id, vaccine_code, administered_date
"""


def _listed(days: tuple[int, ...]) -> str:
    return ", ".join(map(str, days))


SCREENING = f"""
create or replace table visit as
with due as (
    select patient.*, due, child * 100 + place as key,
        cast(birth_date + cast(due + whole(key, 'visit', 20) as integer) as date) as visit_date,
        row_number() over (partition by key order by chance(key, partner_id)) as turn
    from patient, (select due, row_number() over () as place from (values
        {", ".join(f"({d})" for d in WELL_CHILD_DAYS)})
        as days (due))
)
select due.* exclude (turn), household_year.school_year, is_poor, coalesce(birth_weight_grams < 2500, false)
    as is_low_birth_weight
from due
inner join household_year on household_year.family = due.family and household_year.school_year =
    school_year_of(visit_date)
semi join child_here on child_here.child = due.child and child_here.school_year = household_year.school_year
left join fact_birth on fact_birth.true_person_id = due.true_person_id
where turn = 1 and {happens("well_child_visit_kept", "key")}
order by partner_id, true_person_id, due
"""
SCREENING_FACTS = f"""
create or replace table fact_screening as
with results as (
    select *, 'well_child_visit' as screening_type, cast(null as varchar) as instrument, 'completed' as
        screening_result,
        cast(null as decimal(18, 4)) as numeric_result, cast(null as varchar) as result_unit
    from visit
    union all
    select *, 'developmental', 'ASQ-3', case when {happens("developmental_concern", "child")} then 'concern'
        when chance(key, 'watch') < 0.1 then 'monitor' else 'typical' end, null, null
    from visit where due in ({_listed(SCREENING_DAYS)}) and chance(key, 'asked') < 0.8
    union all
    select * exclude (grams), 'lead', 'Blood lead', case when grams >= 35 then 'concern' else 'typical' end,
        cast(grams as decimal(18, 4)) / 10, 'ug/dL'
    from (
        select *, case when {happens("elevated_blood_lead", "child")} then 35 + whole(key, 'lead', 90)
            else 4 + whole(key, 'lead', 28) end as grams
        from visit where due in ({_listed(LEAD_DAYS)}) and {happens("tested_for_lead", "key")}
    )
)
select partner_id, number_of(true_person_id, partner_id) as student_id, true_person_id, school_year,
    screening_type,
    instrument, visit_date as screened_date, screening_result, numeric_result, result_unit, key
from results where school_year >= {FIRST_SENT} order by partner_id, school_year, student_id, screening_type,
    screened_date
"""

COVERAGE = f"""
create or replace table fact_health_coverage as
select partner_id, number_of(child_here.true_person_id, partner_id) as student_id, child_here.true_person_id,
    child_here.school_year,
    case when is_poor and chance(child_here.family * 100 + child_here.school_year % 100, 'payer') < 0.82 then
        'medicaid'
        when chance(child_here.family * 100 + child_here.school_year % 100, 'payer') < 0.95 then 'private'
            else 'uninsured' end as payer_type,
    greatest(make_date(child_here.school_year - 1, 7, 1), child_here.birth_date) as start_date,
    make_date(child_here.school_year, 6, 30) as end_date
from patient
inner join child_here using (child)
inner join household_year on household_year.family = child_here.family
    and household_year.school_year = child_here.school_year
where age <= {LAST_AGE} and child_here.school_year >= {FIRST_SENT}
order by partner_id, child_here.school_year, student_id
"""

TABLES = (PATIENT, IMMUNIZATION, IMMUNIZATION_FACTS, SCREENING, SCREENING_FACTS, COVERAGE)
PEOPLE = {
    **{
        system: f"select true_person_id from fact_health_coverage where partner_id = '{system}'"
        for system in SYSTEMS
    },
    REGISTRY: f"select true_person_id from fact_immunization where partner_id = '{REGISTRY}'",
}
