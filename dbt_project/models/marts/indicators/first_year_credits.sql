with definitions as (

    {{ definitions('first_year_credits', {
        'minimum_credits': 'decimal(6, 2)',
    }) }}

),

-- a file may tell again what an earlier one told: an enrollment counts once
spells as (

    select
        community_id,
        person_id,
        college_code,
        enrollment_begin_date,
        max(credits_earned) as credits_earned
    from {{ ref('fct_postsecondary_enrollment') }}
    group by community_id, person_id, college_code, enrollment_begin_date

),

-- credits told of enrollments that begin in the first year at college, once it is over
first_years as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        students.collection,
        students.organization_id,
        sum(spells.credits_earned) as credits_earned
    from {{ ref('int_college_years') }} as students
    inner join spells
        on
            students.community_id = spells.community_id
            and students.person_id = spells.person_id
            and students.first_begin_date <= spells.enrollment_begin_date
            and {{ years_after('students.first_begin_date', 1) }} > spells.enrollment_begin_date
    where students.told_until_date >= {{ years_after('students.first_begin_date', 1) }}
    group by all
    having count(spells.credits_earned) > 0

)

select
    first_years.community_id,
    first_years.person_id,
    first_years.school_year,
    first_years.collection,
    first_years.organization_id,
    'first_year_credits' as indicator_id,
    definitions.definition_version,
    first_years.credits_earned >= definitions.minimum_credits as is_success
from first_years
{{ join_definitions('first_years') }}
