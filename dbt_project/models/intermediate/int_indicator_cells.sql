{% set attributes = disaggregates() | map(attribute = 'column') | list %}
{% set measured = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection'] %}

-- depends_on: {{ ref('disaggregates') }}
with school_cells as (

    select
        {{ measured | join(', ') }},
        organization_id,
        {{ attributes | join(', ') }},
        count(*) as denominator,
        count(*) filter (where is_success) as numerator
    from {{ ref('int_indicator_results') }}
    group by all

),

placed_cells as (

    select
        school_cells.*,
        coalesce(dim_school.district_id, 'unknown') as district_id
    from school_cells
    left join {{ ref('dim_school') }} as dim_school
        on
            school_cells.organization_id = dim_school.organization_id
            and school_cells.community_id = dim_school.community_id

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
