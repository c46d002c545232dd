{{ config(materialized = 'view') }}

select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    partner_id,
    grade_level,
    true as is_enrolled,
    n_schools,
    days_enrolled,
    days_absent
from {{ ref('int_enrolled_years') }}
union all
select
    community_id,
    person_id,
    school_year,
    collection,
    organization_id,
    partner_id,
    null as grade_level,
    false as is_enrolled,
    n_schools,
    null as days_enrolled,
    null as days_absent
from {{ ref('int_unenrolled_years') }}
