-- first-time kindergartners, by the annual collection: a second year in kindergarten is not another child
with kindergartners as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id
    from {{ ref('fct_student_year') }}
    where grade_level = 'k' and collection = 'annual' and is_enrolled
    qualify row_number() over (partition by community_id, person_id order by school_year) = 1

)

select
    kindergartners.community_id,
    kindergartners.person_id,
    kindergartners.school_year,
    kindergartners.collection,
    kindergartners.organization_id,
    -- NULL where nobody tells of both years before: then only who went could be known
    case
        when
            {{ has_value('told.early_learning_years', 'kindergartners.school_year - 2') }}
            and {{ has_value('told.early_learning_years', 'kindergartners.school_year - 1') }}
            then coalesce(history.first_school_year < kindergartners.school_year, false)
    end as has_been_in_preschool
from kindergartners
left join {{ ref('int_told_circumstances') }} as told
    on kindergartners.community_id = told.community_id and kindergartners.school_year = told.school_year
left join {{ ref('int_early_learning_history') }} as history
    on kindergartners.community_id = history.community_id and kindergartners.person_id = history.person_id
