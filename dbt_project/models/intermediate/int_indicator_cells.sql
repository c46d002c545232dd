{% set attributes = disaggregates() | map(attribute = 'column') | list %}
{% set measured = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection'] %}

-- depends_on: {{ ref('disaggregates') }}
-- what a child is disaggregated by, as one number: to group by it takes half the time
with profiled as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        {{ row_hash(attributes) }} as profile
    from {{ ref('fct_student_year') }}

),

profiles as (

    select
        {{ row_hash(attributes) }} as profile,
        {{ attributes | join(', ') }}
    from {{ ref('fct_student_year') }}
    group by all

),

-- a child counted in a year it was not enrolled (a dropout in a graduation cohort) stands by itself
counted as (

    select
        {{ (measured | map('replace', '', 'outcomes.', 1) | list) | join(', ') }},
        outcomes.organization_id,
        profiled.profile,
        case when profiled.person_id is null then outcomes.person_id end as unenrolled_person_id,
        count(*) as denominator,
        count(*) filter (where outcomes.is_success) as numerator
    from {{ ref('int_indicator_outcomes') }} as outcomes
    left join profiled
        on
            outcomes.community_id = profiled.community_id
            and outcomes.person_id = profiled.person_id
            and outcomes.school_year = profiled.school_year
            and outcomes.collection = profiled.collection
    group by all

),

-- and is what it was last known to be
last_known as (

    select
        unenrolled.community_id,
        unenrolled.unenrolled_person_id,
        unenrolled.school_year,
        max_by(profiled.profile, profiled.school_year) as profile
    from (
        select distinct
            community_id,
            unenrolled_person_id,
            school_year
        from counted
        where unenrolled_person_id is not null
    ) as unenrolled
    inner join profiled
        on
            unenrolled.community_id = profiled.community_id
            and unenrolled.unenrolled_person_id = profiled.person_id
            and unenrolled.school_year > profiled.school_year
    where profiled.collection = 'annual'
    group by unenrolled.community_id, unenrolled.unenrolled_person_id, unenrolled.school_year

),

placed_cells as (

    select
        {{ (measured | map('replace', '', 'counted.', 1) | list) | join(', ') }},
        counted.organization_id,
        coalesce(dim_school.district_id, 'unknown') as district_id,
        {% for attribute in attributes %}
            coalesce(profiles.{{ attribute }}, 'unknown') as {{ attribute }},
        {% endfor %}
        counted.denominator,
        counted.numerator
    from counted
    left join last_known
        on
            counted.community_id = last_known.community_id
            and counted.unenrolled_person_id = last_known.unenrolled_person_id
            and counted.school_year = last_known.school_year
    left join profiles on coalesce(counted.profile, last_known.profile) = profiles.profile
    left join {{ ref('dim_school') }} as dim_school
        on
            counted.organization_id = dim_school.organization_id
            and counted.community_id = dim_school.community_id

)

{% for level, id in {'school': 'organization_id', 'district': 'district_id', 'community': 'community_id'}.items() %}
    select
        {{ measured | join(', ') }},
        '{{ level }}' as geography_level,
        {{ id }} as geography_id,
        {{ attributes | join(', ') }},
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(numerator) as bigint) as numerator
    from placed_cells
    group by all
    {% if not loop.last %}union all{% endif %}
{% endfor %}
