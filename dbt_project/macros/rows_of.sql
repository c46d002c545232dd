{# The models that bring a canonical entity its rows from a standard's tables (entity -> models), beside the extracts that
   map to it straight. Each ends in the columns of the entity's raw files; their order does not matter. #}
{% macro standard_models() %}
    {{ return({
        'enrollment': ['oneroster__enrollment'],
        'person': ['oneroster__person'],
        'school': ['oneroster__school'],
    }) }}
{% endmacro %}

{# Every row of an entity, as a table to select from: its files, and what standards contribute. Where no standard does it
   is the source alone, so that the entity costs nothing more. #}
{% macro rows_of(entity) -%}
    {%- set models = milepost.standard_models().get(entity, []) -%}
    {%- if not models -%}
    {{ source('raw', entity) }}
    {%- else -%}
    {%- set columns = milepost.raw_columns(entity) | join(', ') -%}
    (
        select {{ columns }} from {{ source('raw', entity) }}
        {%- for model in models %}
        union all
        select {{ columns }} from {{ ref(model) }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
