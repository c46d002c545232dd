-- the latest moment of each child that is still enrolled: its year's annual collection, else the last interim one
with latest_years as (

    select
        community_id,
        max(school_year) as school_year
    from {{ ref('fct_student_year') }}
    where is_enrolled
    group by community_id

),

moments as (

    select
        students.community_id,
        students.person_id,
        students.school_year,
        students.collection,
        students.organization_id,
        students.grade_level
    from {{ ref('fct_student_year') }} as students
    inner join latest_years
        on students.community_id = latest_years.community_id and students.school_year = latest_years.school_year
    left join {{ source('reference', 'collections') }} as collections
        on students.community_id = collections.community_id and students.collection = collections.collection
    where students.is_enrolled
    qualify
        row_number() over (
            partition by students.community_id, students.person_id
            order by
                case when students.collection = 'annual' then 1 else 0 end desc,
                collections.sort_order desc nulls last,
                students.collection asc
        ) = 1

),

-- off track is the side of an indicator that is not the better one, by its definition in force
off_track as (

    select
        outcomes.community_id,
        outcomes.person_id,
        outcomes.school_year,
        outcomes.collection,
        outcomes.indicator_id
    from {{ ref('int_indicator_outcomes') }} as outcomes
    inner join {{ source('reference', 'indicators') }} as indicators
        on outcomes.indicator_id = indicators.indicator_id
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            outcomes.indicator_id = definitions.indicator_id
            and outcomes.definition_version = definitions.definition_version
            and definitions.is_default
            and outcomes.school_year between
            coalesce(definitions.first_year, 0) and coalesce(definitions.last_year, 9999)
    where
        outcomes.indicator_id in ({{ early_warning_indicators() }})
        and outcomes.is_success = (indicators.better = 'down')

)

select
    moments.community_id,
    moments.person_id,
    moments.school_year,
    moments.collection,
    moments.organization_id,
    moments.grade_level,
    cast(count(*) as integer) as n_flags,
    {{ joined('off_track.indicator_id') }} as flags
from moments
inner join off_track
    on
        moments.community_id = off_track.community_id
        and moments.person_id = off_track.person_id
        and moments.school_year = off_track.school_year
        and moments.collection = off_track.collection
group by all
