with high_school_spells as (

    select
        community_id,
        person_id,
        school_year,
        organization_id,
        partner_id,
        entry_date,
        exit_date,
        exit_code,
        grade_level
    from {{ ref('fct_enrollment') }}
    where collection = 'annual' and grade_level in ('09', '10', '11', '12')

),

-- the first high school year fixes the cohort for good: a repeated grade does not move a child to a later one
entries as (

    select
        community_id,
        person_id,
        min(school_year) as first_high_school_year,
        min_by(grade_level, school_year * 100 + cast(grade_level as integer)) as entry_grade_level
    from high_school_spells
    group by community_id, person_id

),

cohorts as (

    select
        *,
        first_high_school_year + 12 - cast(entry_grade_level as integer) as cohort_year
    from entries

),

-- the rate of four years and the extended ones
lengths as (

    select {{ whole_numbers(4, 6) }} as n_years

),

-- the spell that ends last (one without an end first), and of those the one that began last
last_spells as (

    select
        cohorts.community_id,
        cohorts.person_id,
        cohorts.cohort_year,
        lengths.n_years,
        cohorts.cohort_year + lengths.n_years - 4 as last_school_year,
        cohorts.first_high_school_year,
        cohorts.entry_grade_level,
        spells.organization_id,
        spells.partner_id,
        spells.exit_code
    from cohorts
    inner join high_school_spells as spells
        on cohorts.community_id = spells.community_id and cohorts.person_id = spells.person_id
    cross join lengths
    where spells.school_year <= cohorts.cohort_year + lengths.n_years - 4
    qualify
        row_number() over (
            partition by cohorts.community_id, cohorts.person_id, lengths.n_years
            order by
                spells.school_year desc,
                spells.exit_date desc nulls first,
                spells.entry_date desc,
                spells.organization_id asc,
                spells.exit_code asc nulls last,
                spells.grade_level desc
        ) = 1

),

partner_years as (

    select distinct
        community_id,
        partner_id,
        school_year
    from {{ ref('fct_enrollment') }}
    where collection = 'annual'

),

-- a year that is missing hides who left in it
whole_cohorts as (

    select
        last_years.community_id,
        last_years.partner_id,
        last_years.school_year as last_school_year,
        lengths.n_years
    from partner_years as last_years
    cross join lengths
    inner join partner_years as years
        on
            last_years.community_id = years.community_id
            and last_years.partner_id = years.partner_id
            and years.school_year between last_years.school_year - lengths.n_years + 1 and last_years.school_year
    group by last_years.community_id, last_years.partner_id, last_years.school_year, lengths.n_years
    having count(*) = lengths.n_years

),

diploma_years as (

    select distinct
        community_id,
        partner_id,
        school_year
    from {{ ref('fct_diploma') }}
    where collection = 'annual'

),

regular_diplomas as (

    select
        community_id,
        person_id,
        min(school_year) as school_year
    from {{ ref('fct_diploma') }}
    where diploma_type = 'regular' and collection = 'annual'
    group by community_id, person_id

)

select
    last_spells.community_id,
    last_spells.person_id,
    last_spells.cohort_year,
    cast(last_spells.n_years as integer) as n_years,
    last_spells.organization_id,
    last_spells.first_high_school_year,
    last_spells.entry_grade_level,
    last_spells.exit_code,
    case
        when diplomas.school_year <= last_spells.last_school_year then 'graduated'
        when last_spells.exit_code in ('transferred_out', 'emigrated', 'deceased') then 'removed'
        else 'not_graduated'
    end as outcome
from last_spells
-- only cohorts that can be known whole: all their years and the diplomas of the last were delivered
inner join whole_cohorts
    on
        last_spells.community_id = whole_cohorts.community_id
        and last_spells.partner_id = whole_cohorts.partner_id
        and last_spells.last_school_year = whole_cohorts.last_school_year
        and last_spells.n_years = whole_cohorts.n_years
inner join diploma_years
    on
        last_spells.community_id = diploma_years.community_id
        and last_spells.partner_id = diploma_years.partner_id
        and last_spells.last_school_year = diploma_years.school_year
left join regular_diplomas as diplomas
    on
        last_spells.community_id = diplomas.community_id
        and last_spells.person_id = diplomas.person_id
