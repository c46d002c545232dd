with attendance as (

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

),

enrollment as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        organization_id,
        partner_id,
        cast(null as decimal(18, 4)) as attendance_days,
        cast(null as decimal(18, 4)) as days_absent,
        days_spanned,
        entry_date,
        grade_level
    from {{ ref('fct_enrollment') }}

),

-- children known from nothing else still have a place: the school of their test, mark, action or diploma
other_evidence as (

    {% for entity in ['assessment', 'course_mark', 'discipline', 'diploma'] %}
        select distinct
            community_id,
            person_id,
            school_year,
            collection,
            coalesce(organization_id, partner_id || ':unknown') as organization_id,
            partner_id
        from {{ ref('stg_' ~ entity) }}
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

known_years as (

    select distinct
        community_id,
        person_id,
        school_year,
        collection
    from attendance
    union
    select distinct
        community_id,
        person_id,
        school_year,
        collection
    from enrollment

),

evidence as (

    select *
    from attendance
    union all
    select *
    from enrollment
    union all
    select
        other_evidence.community_id,
        other_evidence.person_id,
        other_evidence.school_year,
        other_evidence.collection,
        other_evidence.organization_id,
        other_evidence.partner_id,
        null,
        null,
        null,
        null,
        null
    from other_evidence
    left join known_years
        on
            other_evidence.community_id = known_years.community_id
            and other_evidence.person_id = known_years.person_id
            and other_evidence.school_year = known_years.school_year
            and other_evidence.collection = known_years.collection
    where known_years.person_id is null

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
    max_by(grade_level, entry_date) filter (where entry_date is not null) as grade_level
from evidence
group by community_id, person_id, school_year, collection, organization_id
