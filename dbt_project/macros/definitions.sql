{# The definition versions of an indicator, a row for each year in force (to join on it as equal is twice as fast as by
   a range), with the parameters a model asks for as typed columns. #}
{% macro definitions(indicator_id, parameters={}) -%}
    select
        definition_version,
        {{ whole_numbers('coalesce(first_year, 1900)', 'coalesce(last_year, 2100)') }} as year_in_force,
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
            {{ rows }}.school_year = definitions.year_in_force
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
