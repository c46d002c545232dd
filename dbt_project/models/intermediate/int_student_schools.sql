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
        cast(null as varchar) as grade_level
    from {{ ref('fct_attendance') }}
    union all
    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        partner_id,
        null as attendance_days,
        null as days_absent,
        days_spanned,
        entry_date,
        grade_level
    from {{ ref('fct_enrollment') }}

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
    -- the latest one; of two on one day always the same
    substring(max(cast(entry_date as varchar) || grade_level), 11) as grade_level
from evidence
group by community_id, person_id, school_year, collection, organization_id
