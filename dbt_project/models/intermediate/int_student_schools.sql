{{ config(materialized = 'view') }}

-- texts are slow to compare within groups: a partner is its place in the alphabet, a grade with the day it is of one
-- number
with partners as (

    select {{ different_values('partner_id') }} as partner_ids
    from (
        select partner_id from {{ ref('fct_attendance') }}
        union
        select partner_id from {{ ref('fct_enrollment') }}
    ) as found

),

evidence as (

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
        cast(null as bigint) as latest_grade,
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
        -- days since year 1, then two digits for the grade; one that no crosswalk knows is none
        {{ days_between("date '0001-01-01'", "coalesce(spells.entry_date, date '0001-01-01')") }} * 100
        + grade_levels.sort_order as latest_grade,
        spells.is_primary
    from {{ ref('fct_enrollment') }} as spells
    left join {{ ref('grade_level') }} as grade_levels on spells.grade_level = grade_levels.code

),

schools as (

    select
        evidence.community_id,
        evidence.person_id,
        evidence.school_year,
        evidence.collection,
        evidence.organization_id,
        min({{ position_of('evidence.partner_id', 'partners.partner_ids') }}) as partner_number,
        cast(sum(evidence.attendance_days) as decimal(18, 4)) as attendance_days,
        cast(sum(evidence.days_absent) as decimal(18, 4)) as days_absent,
        cast(sum(evidence.days_spanned) as integer) as days_spanned,
        max(evidence.entry_date) as latest_entry_date,
        -- the latest that is known; of two on one day the higher
        max(evidence.latest_grade) as latest_grade,
        bool_or(evidence.is_primary) as is_primary
    from evidence
    cross join partners
    group by
        evidence.community_id, evidence.person_id, evidence.school_year, evidence.collection, evidence.organization_id

)

select
    schools.community_id,
    schools.person_id,
    schools.school_year,
    schools.collection,
    schools.organization_id,
    {{ at_position('partners.partner_ids', 'schools.partner_number') }} as partner_id,
    schools.attendance_days,
    schools.days_absent,
    schools.days_spanned,
    schools.latest_entry_date,
    schools.latest_grade,
    schools.is_primary
from schools
cross join partners
