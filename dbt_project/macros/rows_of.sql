{# Every row of an entity, as a table to select from: its files, and what standards contribute. Stated here is which models
   do, as {'housing_episode': ['hmis__housing_episode']}; each has the columns of the entity's raw files, in any order.
   Where none does it is the source alone, so that a community without standards reads nothing more. #}
{% macro rows_of(entity) -%}
    {%- set standards = {} -%}
    {%- set models = standards.get(entity, []) -%}
    {%- if not models -%}
    {{ source('raw', entity) }}
    {%- else -%}
    (
        select {{ raw_columns(entity) }} from {{ source('raw', entity) }}
        {%- for model in models %}
        union all
        select {{ raw_columns(entity) }} from {{ ref(model) }}
        {%- endfor %}
    )
    {%- endif -%}
{%- endmacro %}
