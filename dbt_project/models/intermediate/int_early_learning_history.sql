with attended as (

    select
        community_id,
        person_id,
        min(school_year) as first_school_year
    from {{ ref('fct_early_learning') }}
    where program_type in ({{ preschool_program_types() }}) and coalesce(days_attended, 1) > 0
    group by community_id, person_id

),

kindergartners as (

    select
        community_id,
        person_id,
        min(school_year) as kindergarten_year
    from {{ ref('int_accountable_schools') }}
    where grade_level = 'k' and collection = 'annual'
    group by community_id, person_id

)

select
    coalesce(attended.community_id, kindergartners.community_id) as community_id,
    coalesce(attended.person_id, kindergartners.person_id) as person_id,
    attended.first_school_year,
    kindergartners.kindergarten_year
from attended
full outer join kindergartners
    on attended.community_id = kindergartners.community_id and attended.person_id = kindergartners.person_id
