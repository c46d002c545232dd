-- an assisted household's members, whoever has a stay or a session in the year; what nobody tells of has no row. A
-- record of the end tells of a household that was assisted in the year
with assisted as (

    select distinct
        community_id,
        person_id,
        school_year
    from {{ ref('fct_housing_assistance') }}
    union
    select
        households.community_id,
        households.person_id,
        years.school_year
    from {{ ref('int_household_records') }} as households
    inner join {{ ref('int_told_circumstances') }} as years
        on
            households.community_id = years.community_id
            and households.start_date < make_date(years.school_year, 7, 1)
            and households.end_date > make_date(years.school_year - 1, 7, 1)
    where households.evidence = 'housing_assistance'

),

circumstances as (

    select
        community_id,
        person_id,
        school_year,
        'assisted' as circumstance
    from assisted
    union all
    select
        community_id,
        person_id,
        school_year,
        'homeless_system' as circumstance
    from {{ ref('int_homeless_at_date') }}
    union all
    select
        community_id,
        person_id,
        school_year,
        'participant' as circumstance
    from {{ ref('fct_participation') }}
    where {{ was_there() }}

)

select
    community_id,
    person_id,
    school_year,
    bool_or(circumstance = 'assisted') as is_assisted,
    bool_or(circumstance = 'homeless_system') as is_in_homeless_system,
    bool_or(circumstance = 'participant') as is_participant
from circumstances
group by community_id, person_id, school_year
