{{ config(materialized = 'view') }}

with evidence as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        partner_id,
        -- half a report tells where a child was, but no rate: days that nobody counted are neither absent nor present
        case when days_absent is not null then days_enrolled end as attendance_days,
        case when days_enrolled is not null then days_absent end as days_absent,
        cast(null as integer) as days_spanned,
        cast(null as date) as entry_date,
        cast(null as varchar) as latest_grade,
        cast(null as boolean) as is_primary
    from {{ ref('fct_attendance') }}
    union all
    select
        spells.community_id,
        spells.person_id,
        spells.school_year,
        spells.collection,
        spells.organization_id,
        spells.partner_id,
        null as attendance_days,
        null as days_absent,
        spells.days_spanned,
        spells.entry_date,
        -- to be compared as text; a grade that no crosswalk knows is none
        cast(coalesce(spells.entry_date, date '1900-01-01') as varchar)
        || lpad(cast(grade_levels.sort_order as varchar), 2, '0') || grade_levels.code as latest_grade,
        spells.is_primary
    from {{ ref('fct_enrollment') }} as spells
    left join {{ ref('grade_level') }} as grade_levels on spells.grade_level = grade_levels.code

)

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    min(partner_id) as partner_id,
    sum(attendance_days) as attendance_days,
    sum(days_absent) as days_absent,
    sum(days_spanned) as days_spanned,
    max(entry_date) as latest_entry_date,
    -- the latest that is known; of two on one day the higher
    max(latest_grade) as latest_grade,
    bool_or(is_primary) as is_primary
from evidence
group by community_id, person_id, school_year, collection, organization_id
