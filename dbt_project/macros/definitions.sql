{# The versions of an indicator in force in a school year, as a join; parameters come from the registry as texts. #}
{% macro join_definitions(indicator_id, rows) -%}
    inner join {{ source('reference', 'indicator_definitions') }} as definitions
        on
            definitions.indicator_id = '{{ indicator_id }}'
            and {{ rows }}.school_year between
            coalesce(definitions.first_year, 0) and coalesce(definitions.last_year, 9999)
            -- a version that counts whole years has no value before the year is over
            and (
                {{ rows }}.collection = 'annual'
                or coalesce(definitions.parameters['collections'], 'all') = 'all'
            )
{%- endmacro %}

{% macro parameter(name, type='decimal(18, 4)') -%}
    cast(definitions.parameters['{{ name }}'] as {{ type }})
{%- endmacro %}
