{% set all = disaggregates() %}
{% set attributes = all | map(attribute = 'column') | list %}
{% set parts = profile_parts(all) %}
{% set measured = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection'] %}
{% set child_year = ['community_id', 'person_id', 'school_year', 'collection'] %}
{% set homes = ['zip_code', 'tract_id'] %}

-- depends_on: {{ ref('disaggregates') }}
-- what a child is disaggregated by, and where it lives, as one number each: to group by it takes half the time
with profiled as (

    select
        {{ child_year | join(', ') }},
        {% for part in parts %}
            {{ row_hash(part.columns) }} as {{ part.name }}_key,
        {% endfor %}
        {% for home in homes %}
            {{ row_hash([home]) }} as {{ home }}_key{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_student_year') }}

),

results as (

    select
        {{ row_hash(measured | map('replace', '', 'outcomes.', 1) | list) }} as series_key,
        {{ (measured | map('replace', '', 'outcomes.', 1) | list) | join(', ') }},
        {{ row_hash(['outcomes.organization_id']) }} as organization_key,
        {% for part in parts %}
            profiled.{{ part.name }}_key,
        {% endfor %}
        {% for home in homes %}
            profiled.{{ home }}_key,
        {% endfor %}
        case when profiled.person_id is null then outcomes.person_id end as other_person_id,
        outcomes.is_success
    from {{ ref('int_indicator_outcomes') }} as outcomes
    left join profiled
        on
            outcomes.community_id = profiled.community_id
            and outcomes.person_id = profiled.person_id
            and outcomes.school_year = profiled.school_year
            and outcomes.collection = profiled.collection

),

-- all in one pass: by school and by home with each part of what is told of a child, and what the numbers of series
-- stand for. Who is counted in a year without a school (a newborn, a dropout in a graduation cohort) stands alone
counted as (

    select
        {{ measured | join(', ') }},
        series_key,
        organization_key,
        {% for home in homes %}
            {{ home }}_key,
        {% endfor %}
        case
            {% for part in parts %}
                when grouping({{ part.name }}_key) = 0 then '{{ part.name }}'
            {% endfor %}
        end as profile_part,
        coalesce(
            {% for part in parts %}
                {{ part.name }}_key{% if not loop.last %},{% endif %}
            {% endfor %}
        ) as profile_key,
        other_person_id,
        case
            when grouping(indicator_id) = 0 then 'series'
            when grouping(other_person_id) = 0 then 'other'
            when grouping(organization_key) = 0 then 'organization_id'
            {% for home in homes %}
                when grouping({{ home }}_key) = 0 then '{{ home }}'
            {% endfor %}
        end as counted_by,
        count(*) as denominator,
        count(*) filter (where is_success) as numerator
    from results
    -- the linter's DuckDB knows no grouping sets
    group by grouping sets ( -- noqa: PRS
        (series_key, {{ measured | join(', ') }}),
        (series_key, organization_key, other_person_id),
        {% for part in parts %}
            (series_key, organization_key, {{ part.name }}_key),
            {% for home in homes %}
                (series_key, {{ home }}_key, {{ part.name }}_key){% if not loop.last %},{% endif %}
            {% endfor %}
            {% if not loop.last %},{% endif %}
        {% endfor %}
    )

),

series as (

    select
        series_key,
        {{ measured | join(', ') }}
    from counted
    where counted_by = 'series'

),

others as (

    select distinct
        series.community_id,
        counted.other_person_id as person_id,
        series.school_year,
        series.collection
    from counted
    inner join series on counted.series_key = series.series_key
    where counted.counted_by = 'other' and counted.other_person_id is not null

),

-- who was at a school before is what it was last known to be
last_known as (

    select
        others.community_id,
        others.person_id,
        others.school_year,
        {% for part in parts %}
            max_by(profiled.{{ part.name }}_key, profiled.school_year) as {{ part.name }}_key,
        {% endfor %}
        {% for home in homes %}
            max_by(profiled.{{ home }}_key, profiled.school_year) as {{ home }}_key{% if not loop.last %},{% endif %}
        {% endfor %}
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

described_in_full as (

    select
        {{ child_year | join(', ') }},
        {{ homes | join(', ') }},
        {% for attribute in attributes %}
            {%- set said = attribute if attribute in told_of_others() else 'null' %}
            coalesce({{ said }}, 'unknown')
                as {{ attribute }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from described

),

profiles as (

    {% for part in parts %}
        {% for relation in [ref('fct_student_year'), 'described_in_full'] %}
            select distinct
                '{{ part.name }}' as profile_part,
                {{ row_hash(part.columns) }} as profile_key,
                {{ profile(part.columns) }} as profile
            from {{ relation }}
            {% if not loop.last %}union{% endif %}
        {% endfor %}
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

{% for home in homes %}
    {{ home }}s as (

        select distinct
            {{ row_hash([home]) }} as {{ home }}_key,
            {{ home }}
        from {{ ref('fct_student_year') }}

    ),

{% endfor %}

others_profiled as (

    select
        counted.series_key,
        counted.organization_key,
        {% for home in homes %}
            coalesce({{ home }}s.{{ home }}, described_in_full.{{ home }}, 'unknown') as {{ home }},
        {% endfor %}
        {% for part in parts %}
            coalesce(
                last_known.{{ part.name }}_key,
                {{ row_hash(part.columns | map('replace', '', 'described_in_full.', 1) | list) }}
            ) as {{ part.name }}_key,
        {% endfor %}
        counted.denominator,
        counted.numerator
    from counted
    inner join series on counted.series_key = series.series_key
    left join last_known
        on
            series.community_id = last_known.community_id
            and counted.other_person_id = last_known.person_id
            and series.school_year = last_known.school_year
    left join described_in_full
        on
            series.community_id = described_in_full.community_id
            and counted.other_person_id = described_in_full.person_id
            and series.school_year = described_in_full.school_year
            and series.collection = described_in_full.collection
    {% for home in homes %}
        left join {{ home }}s on last_known.{{ home }}_key = {{ home }}s.{{ home }}_key
    {% endfor %}
    where counted.counted_by = 'other' and counted.other_person_id is not null

),

at_school as (

    select
        series_key,
        organization_key,
        profile_part,
        profile_key,
        denominator,
        numerator
    from counted
    where counted_by = 'organization_id' and profile_key is not null
    {% for part in parts %}
        union all
        select
            series_key,
            organization_key,
            '{{ part.name }}' as profile_part,
            {{ part.name }}_key as profile_key,
            denominator,
            numerator
        from others_profiled
    {% endfor %}

),

placed as (

    select
        at_school.series_key,
        series.community_id,
        case
            when dim_school.is_described or undescribed.organization_id is not null then dim_school.organization_id
            else coalesce({{ unlisted('dim_school.partner_id') }}, 'unknown')
        end as organization_id,
        coalesce(dim_school.district_id, 'unknown') as district_id,
        at_school.profile_part,
        at_school.profile_key,
        at_school.denominator,
        at_school.numerator
    from at_school
    inner join series on at_school.series_key = series.series_key
    left join {{ ref('dim_school') }} as dim_school
        on
            at_school.organization_key = {{ row_hash(['dim_school.organization_id']) }}
            and series.community_id = dim_school.community_id
    left join {{ ref('int_undescribed_schools') }} as undescribed
        on
            dim_school.organization_id = undescribed.organization_id
            and series.community_id = undescribed.community_id
            and series.school_year = undescribed.school_year

),

{% for home in homes %}
    at_{{ home }} as (

        select
            counted.series_key,
            coalesce({{ home }}s.{{ home }}, 'unknown') as {{ home }},
            counted.profile_part,
            counted.profile_key,
            counted.denominator,
            counted.numerator
        from counted
        left join {{ home }}s on counted.{{ home }}_key = {{ home }}s.{{ home }}_key
        where counted.counted_by = '{{ home }}' and counted.profile_key is not null
        {% for part in parts %}
            union all
            select
                series_key,
                {{ home }},
                '{{ part.name }}' as profile_part,
                {{ part.name }}_key as profile_key,
                denominator,
                numerator
            from others_profiled
        {% endfor %}

    ),

{% endfor %}

cells as (

    {% for level, id in geography_levels().items() %}
        select
            series_key,
            '{{ level }}' as geography_level,
            {{ id }} as geography_id,
            profile_part,
            profile_key,
            cast(sum(denominator) as bigint) as denominator,
            cast(sum(numerator) as bigint) as numerator
        from {{ 'at_' ~ id if id in homes else 'placed' }}
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    {{ (measured | map('replace', '', 'series.', 1) | list) | join(', ') }},
    cells.geography_level,
    cells.geography_id,
    cells.profile_part,
    profiles.profile,
    cells.denominator,
    cells.numerator
from cells
inner join series on cells.series_key = series.series_key
inner join profiles on cells.profile_part = profiles.profile_part and cells.profile_key = profiles.profile_key
