{# The definition versions of an indicator, one row each, with the parameters a model asks for as typed columns. #}
{% macro definitions(indicator_id, parameters={}) -%}
    select
        definition_version,
        coalesce(first_year, 0) as first_year,
        coalesce(last_year, 9999) as last_year,
        {%- for name, type in parameters.items() %}
        cast(parameters['{{ name }}'] as {{ type }}) as {{ name }},
        {%- endfor %}
        coalesce(parameters['collections'], 'all') = 'all' as has_interim
    from {{ source('reference', 'indicator_definitions') }}
    where indicator_id = '{{ indicator_id }}'
{%- endmacro %}

{# Versions in force in the school year of a row; one that counts whole years has no value before the year is over. #}
{% macro join_definitions(rows) -%}
    inner join definitions
        on
            {{ rows }}.school_year between definitions.first_year and definitions.last_year
            and ({{ rows }}.collection = 'annual' or definitions.has_interim)
{%- endmacro %}

{# The registered indicators that any community has selected, or all if none has: nobody looks at the others, and each
   costs time. While dbt parses, and SQL lint renders, all. #}
{% macro selected_indicators() %}
    {% for indicator in registered_indicators() %}{% do ref(indicator) %}{% endfor %}
    {% if not execute %}{{ return(registered_indicators()) }}{% endif %}
    {% set rows = run_query('select distinct indicator_id from ' ~ source('reference', 'indicator_selection')) %}
    {% set selected = rows.columns[0].values() | list %}
    {% set found = registered_indicators() | select('in', selected) | list %}
    {{ return(found or registered_indicators()) }}
{% endmacro %}

{# `places`: the school that answers for a child's year, of whoever counts by what others tell; none where it has none. #}
{% macro join_school_of_year(rows) -%}
    left join {{ ref('fct_student_year') }} as places
        on
            {{ rows }}.community_id = places.community_id
            and {{ rows }}.person_id = places.person_id
            and {{ rows }}.school_year = places.school_year
            and {{ rows }}.collection = places.collection
{%- endmacro %}
