{{ config(materialized = 'by_school_year') }}

{% set disaggregated = disaggregates() %}
{% set attributes = disaggregated | map(attribute = 'column') | list %}
{% set parts = profile_parts(disaggregated) %}
{% set place_columns = [
    'community_id', 'indicator_id', 'definition_version', 'school_year', 'collection', 'geography_level', 'geography_id',
] %}

-- depends_on: {{ ref('disaggregates') }}
with places as (

    -- one number for seven columns: grouping by it takes a third of the time. Ordered, so that it is the same one twice
    select
        row_number() over (order by {{ place_columns | join(', ') }}) as place_id,
        {{ place_columns | join(', ') }}
    from (
        select distinct {{ place_columns | join(', ') }}
        from {{ ref('int_indicator_cells') }}
        where {{ is_to_be_made('school_year') }}
    ) as found

),

profiles as (

    select distinct
        profile_part,
        profile
    from {{ ref('int_indicator_cells') }}

),

subgroups as (

    select {{ different_values('subgroup') }} as subgroup_names
    from (
        select {{ split_rows('profile', '|') }} as subgroup
        from profiles
    ) as found

),

-- subgroups by their position in the list: 78 sets of numbers are grouped in half the time of as many of texts
{% for part in parts %}
    {{ part.name }}_profiles as (

        select
            profiles.profile,
            {% for attribute in part.columns %}
                {%- set said = "split_part(profiles.profile, '|', " ~ loop.index ~ ")" %}
                cast({{ position_of(said, 'subgroups.subgroup_names') }} as smallint)
                    as {{ attribute }}{% if not loop.last %},{% endif %}
            {% endfor %}
        from profiles
        cross join subgroups
        where profiles.profile_part = '{{ part.name }}'

    ),

    {{ part.name }}_cells as (

        select
            places.place_id,
            places.geography_level in ('zip', 'tract') as is_residence,
            {% for attribute in part.columns %}
                profiles.{{ attribute }},
            {% endfor %}
            -- no cell has two thousand million children, and the smaller type adds up faster
            cast(cells.denominator as integer) as denominator,
            cast(cells.numerator as integer) as numerator
        from {{ ref('int_indicator_cells') }} as cells
        inner join places
            using ({{ place_columns | join(', ') }})
        inner join {{ part.name }}_profiles as profiles on cells.profile = profiles.profile
        where cells.profile_part = '{{ part.name }}'

    ),

{% endfor %}

mature_places as (

    select
        places.*,
        case
            -- of the community: a school's or district's own children are there or they are not
            when collections.maturity = 'final' and incomplete.indicator_id is not null then 'preliminary'
            else coalesce(collections.maturity, 'preliminary')
        end as data_maturity
    from places
    left join {{ source('reference', 'collections') }} as collections
        on
            places.community_id = collections.community_id
            and places.collection = collections.collection
    left join {{ ref('int_incomplete_years') }} as incomplete
        on
            places.geography_level = 'community'
            and places.community_id = incomplete.community_id
            and places.indicator_id = incomplete.indicator_id
            and places.school_year = incomplete.school_year
            and places.collection = incomplete.collection

),

-- where children live tells more of them than where they go to school, so there no pairs are made
{% for part in parts %}
    {% for is_residence in [false, true] %}
        {{ part.name }}_counted_at_{{ 'home' if is_residence else 'school' }} as (

            select
                place_id,
                {{ disaggregate_name(part.disaggregates) }} as disaggregate,
                {% for attribute in attributes %}
                    {{ attribute if attribute in part.columns else 'cast(null as smallint)' }} as {{ attribute }},
                {% endfor %}
                cast(sum(denominator) as bigint) as denominator,
                cast(sum(numerator) as bigint) as numerator
            from {{ part.name }}_cells
            where {{ '' if is_residence else 'not ' }}is_residence
            -- the linter's DuckDB knows no grouping sets
            group by {{ disaggregate_grouping_sets(['place_id'], part, with_pairs=not is_residence) }} -- noqa: PRS

        ),

    {% endfor %}
{% endfor %}

counted as (

    {% for part in parts %}
        select * from {{ part.name }}_counted_at_school
        union all
        select * from {{ part.name }}_counted_at_home
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    places.community_id,
    places.indicator_id,
    places.definition_version,
    places.school_year,
    places.collection,
    places.data_maturity,
    places.geography_level,
    places.geography_id,
    counted.disaggregate,
    {{ subgroup_name(disaggregated, 'subgroups.subgroup_names') }} as subgroup,
    counted.denominator,
    counted.numerator,
    cell_years.inputs_hash
from counted
cross join subgroups
inner join mature_places as places on counted.place_id = places.place_id
inner join {{ ref('int_cell_years') }} as cell_years on places.school_year = cell_years.school_year
