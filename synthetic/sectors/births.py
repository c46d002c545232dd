"""Births in the community as the state's register has them: weight, weeks, care before birth."""

from __future__ import annotations

from synthetic.sectors.planted import happens

PARTNER = "birth_registry"
YEARS_BEFORE = 5  # the first file tells of the births of five years before it too

BIRTH = f"""
create or replace table fact_birth as
with years as (select min(school_year) as first_year, max(school_year) as last_year from days),
homes as (
    select family, min_by(zip_code, school_year) as zip_code, min_by(tract_id, school_year) as tract_id
    from household_year group by all
),
born as (
    select inhabitant.*, first_year, is_usually_poor as is_poor,
        inhabitant.race_ethnicity = 'black_or_african_american' as is_black
    from inhabitant inner join family using (family) cross join years
    where is_born_here and school_year_of(inhabitant.birth_date) between first_year - {YEARS_BEFORE} and
        last_year
),
weighed as (
    select *, {happens("low_birth_weight", "true_person_id")} as is_light,
        {happens("early_prenatal_care", "true_person_id")} as is_cared_for
    from born
)
select
    '{PARTNER}' as partner_id, number_of(true_person_id, '{PARTNER}') as student_id, true_person_id,
    greatest(school_year_of(weighed.birth_date), first_year) as school_year, weighed.birth_date,
    cast(case when is_light then 1400 + whole(true_person_id, 'grams', 1100)
        else least(greatest(3350 + 430 * bell(true_person_id, 'grams'), 2500), 4900) end as bigint) as
            birth_weight_grams,
    case when is_light then 31 + whole(true_person_id, 'weeks', 7) else 37 + whole(true_person_id, 'weeks',
        5) end
        as gestation_weeks,
    case when is_cared_for then 1 + whole(true_person_id, 'month', 3) when chance(true_person_id, 'no care')
        < 0.08 then 0
        else 4 + whole(true_person_id, 'month', 5) end as prenatal_care_month,
    case when prenatal_care_month = 0 then 0 else 12 - prenatal_care_month + whole(true_person_id, 'visits',
        4) end
        as prenatal_visits,
    case when is_twin then 2 else 1 end as plurality,
    date_diff('year', mother.birth_date, weighed.birth_date) as mother_age_years,
    case when is_poor and chance(true_person_id, 'payer') < 0.8 then 'medicaid'
        when chance(true_person_id, 'payer') < 0.95 then 'private' else 'uninsured' end as payer_type,
            zip_code, tract_id
from weighed
inner join homes using (family)
inner join (select family, birth_date from inhabitant where role = 'adult' and true_person_id % 2 = 0) as
    mother
    using (family)
order by school_year, student_id
"""
