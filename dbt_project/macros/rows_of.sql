{# The models that bring a canonical entity its rows from a standard's tables (entity -> models), beside the extracts that
   map to it straight. Each ends in the columns of the entity's raw files; their order does not matter. #}
{% macro standard_models() %}
    {{ return({
        'enrollment': ['oneroster__enrollment'],
        'organization': ['hsds__organization'],
        'person': ['oneroster__person'],
        'program': ['hsds__program'],
        'school': ['oneroster__school'],
        'service': ['hsds__service'],
        'service_at_site': ['hsds__service_at_site'],
        'site': ['hsds__site'],
    }) }}
{% endmacro %}

{# Every row of an entity, as a table to select from: its files, and what standards contribute. `contributed` is for
   tests. While no standard does it is the source alone, so that a community without standards reads nothing more. #}
{% macro rows_of(entity, contributed=none) -%}
    {%- set models = (contributed or milepost.standard_models()).get(entity, []) -%}
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
