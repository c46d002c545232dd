{% set attributes = disaggregates() | map(attribute = 'column') | list %}
{% set residence = ['zip_code', 'tract_id'] %}
{% set measured = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection'] %}

-- depends_on: {{ ref('disaggregates') }}
-- what a child is disaggregated by, and where it lives, as one number each: to group by it takes half the time
with profiled as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        {{ row_hash(attributes) }} as profile_key,
        {{ row_hash(residence) }} as residence
    from {{ ref('fct_student_year') }}

),

profiles as (

    select distinct
        {{ row_hash(attributes) }} as profile_key,
        {{ profile(attributes) }} as profile
    from {{ ref('fct_student_year') }}

),

residences as (

    select distinct
        {{ row_hash(residence) }} as residence,
        {{ residence | join(', ') }}
    from {{ ref('fct_student_year') }}

),

-- a child counted in a year it was at no school (a newborn, a dropout in a graduation cohort) stands by itself
counted as (

    select
        {{ (measured | map('replace', '', 'outcomes.', 1) | list) | join(', ') }},
        outcomes.organization_id,
        profiled.profile_key,
        profiled.residence,
        case when profiled.person_id is null then outcomes.person_id end as other_person_id,
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

others as (

    select distinct
        community_id,
        other_person_id as person_id,
        school_year,
        collection
    from counted
    where other_person_id is not null

),

-- who was at a school before is what it was last known to be
last_known as (

    select
        others.community_id,
        others.person_id,
        others.school_year,
        max_by(profiled.profile_key, profiled.school_year) as profile_key,
        max_by(profiled.residence, profiled.school_year) as residence
    from others
    inner join profiled
        on
            others.community_id = profiled.community_id
            and others.person_id = profiled.person_id
            and others.school_year > profiled.school_year
    where profiled.collection = 'annual'
    group by others.community_id, others.person_id, others.school_year

),

-- and who came to none yet is what others say of it
described as (

    select
        others.community_id,
        others.person_id,
        others.school_year,
        others.collection,
        coalesce(demographics.race_ethnicity, dim_person.race_ethnicity) as race_ethnicity,
        coalesce(demographics.gender, dim_person.gender) as gender,
        coalesce(demographics.home_language, dim_person.home_language) as home_language,
        {{ race_attributes('coalesce(demographics.races, dim_person.races)') }},
        {{ circumstance_attributes('null', 'dim_person.birth_year') }},
        demographics.neighborhood,
        demographics.zip_code,
        demographics.tract_id
    from others
    left join {{ ref('int_student_year_demographics') }} as demographics
        on
            others.community_id = demographics.community_id
            and others.person_id = demographics.person_id
            and others.school_year = demographics.school_year
            and others.collection = demographics.collection
    left join {{ ref('dim_person') }} as dim_person
        on
            others.community_id = dim_person.community_id
            and others.person_id = dim_person.person_id
    {{ join_circumstances('others') }}

),

others_profiled as (

    select
        community_id,
        person_id,
        school_year,
        collection,
        zip_code,
        tract_id,
        {{ row_hash(attributes) }} as profile_key,
        {{ profile(attributes) }} as profile
    from (
        select
            community_id,
            person_id,
            school_year,
            collection,
            zip_code,
            tract_id,
            {% for attribute in attributes %}
                {%- set said = attribute if attribute in told_of_others() else 'null' %}
                coalesce({{ said }}, 'unknown')
                    as {{ attribute }}{% if not loop.last %},{% endif %}
            {% endfor %}
        from described
    )

),

all_profiles as (

    select
        profile_key,
        profile
    from profiles
    union
    select
        profile_key,
        profile
    from others_profiled

),

-- the many who were at a school need no look at who else they may be
with_profile as (

    select
        {{ measured | join(', ') }},
        organization_id,
        residence,
        null as zip_code,
        null as tract_id,
        profile_key,
        denominator,
        numerator
    from counted
    where other_person_id is null
    union all
    select
        {{ (measured | map('replace', '', 'counted.', 1) | list) | join(', ') }},
        counted.organization_id,
        last_known.residence,
        others_profiled.zip_code,
        others_profiled.tract_id,
        coalesce(last_known.profile_key, others_profiled.profile_key) as profile_key,
        counted.denominator,
        counted.numerator
    from counted
    left join last_known
        on
            counted.community_id = last_known.community_id
            and counted.other_person_id = last_known.person_id
            and counted.school_year = last_known.school_year
    left join others_profiled
        on
            counted.community_id = others_profiled.community_id
            and counted.other_person_id = others_profiled.person_id
            and counted.school_year = others_profiled.school_year
            and counted.collection = others_profiled.collection
    where counted.other_person_id is not null

),

placed as (

    select
        {{ (measured | map('replace', '', 'with_profile.', 1) | list) | join(', ') }},
        case
            when dim_school.is_described or undescribed.organization_id is not null then dim_school.organization_id
            else coalesce({{ unlisted('dim_school.partner_id') }}, 'unknown')
        end as organization_id,
        coalesce(dim_school.district_id, 'unknown') as district_id,
        {% for attribute in residence %}
            coalesce(residences.{{ attribute }}, with_profile.{{ attribute }}, 'unknown') as {{ attribute }},
        {% endfor %}
        with_profile.profile_key,
        with_profile.denominator,
        with_profile.numerator
    from with_profile
    left join residences on with_profile.residence = residences.residence
    left join {{ ref('dim_school') }} as dim_school
        on
            with_profile.organization_id = dim_school.organization_id
            and with_profile.community_id = dim_school.community_id
    left join {{ ref('int_undescribed_schools') }} as undescribed
        on
            with_profile.organization_id = undescribed.organization_id
            and with_profile.community_id = undescribed.community_id
            and with_profile.school_year = undescribed.school_year

),

cells as (

    {% for level, id in geography_levels().items() %}
        select
            {{ measured | join(', ') }},
            '{{ level }}' as geography_level,
            {{ id }} as geography_id,
            profile_key,
            cast(sum(denominator) as bigint) as denominator,
            cast(sum(numerator) as bigint) as numerator
        from placed
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    {{ (measured | map('replace', '', 'cells.', 1) | list) | join(', ') }},
    cells.geography_level,
    cells.geography_id,
    all_profiles.profile,
    cells.denominator,
    cells.numerator
from cells
inner join all_profiles on cells.profile_key = all_profiles.profile_key
