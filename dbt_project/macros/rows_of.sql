{# Every row of an entity, as a table to select from: its files, and what standards contribute. Where no standard does it
   is the source alone, so that the entity costs nothing more. #}
{% macro rows_of(entity) -%}
    {%- set models = standard_models().get(entity, []) -%}
    {%- if not models -%}
    {{ source('raw', entity) }}
    {%- else -%}
    {%- set columns = raw_columns(entity) | join(', ') -%}
    (
        select {{ columns }} from {{ source('raw', entity) }}
        {%- for model in models %}
        union all
        select {{ columns }} from {{ ref(model) }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
