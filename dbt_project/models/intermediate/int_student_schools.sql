{{ config(materialized = 'view') }}

with evidence as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        partner_id,
        days_enrolled as attendance_days,
        days_absent,
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
