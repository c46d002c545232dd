{% set attributes = disaggregates() | map(attribute = 'column') | list %}
{% set measured = ['community_id', 'indicator_id', 'definition_version', 'school_year', 'collection'] %}
{% set place = ['geography_level', 'geography_id'] %}

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

),

-- one table of cells per geography level first: grouping sets over all levels at once take three times as long
cells as (

    {% for level, id in {'school': 'organization_id', 'district': 'district_id', 'community': 'community_id'}.items() %}
        select
            {{ measured | join(', ') }},
            '{{ level }}' as geography_level,
            {{ id }} as geography_id,
            {{ attributes | join(', ') }},
            sum(denominator) as denominator,
            sum(numerator) as numerator
        from placed_cells
        group by all
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

rolled_up as (

    select
        {{ measured | join(', ') }},
        {{ place | join(', ') }},
        {{ disaggregate_name() }} as disaggregate,
        {{ subgroup_name() }} as subgroup,
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(numerator) as bigint) as numerator
    from cells
    group by {{ disaggregate_grouping_sets(measured + place) }}

)

select
    rolled_up.community_id,
    rolled_up.indicator_id,
    rolled_up.definition_version,
    rolled_up.school_year,
    rolled_up.collection,
    coalesce(collections.maturity, 'preliminary') as data_maturity,
    rolled_up.geography_level,
    rolled_up.geography_id,
    rolled_up.disaggregate,
    rolled_up.subgroup,
    rolled_up.denominator,
    rolled_up.numerator
from rolled_up
left join {{ source('reference', 'collections') }} as collections
    on
        rolled_up.community_id = collections.community_id
        and rolled_up.collection = collections.collection
