{# The rows of a source of files, or none with the same columns while no such file is there: a home before its first
   delivery has no gate results and no ledger, and a reader of Parquet or JSON fails on nothing. #}
{% macro rows_of_files(relation, pattern, columns) %}
    {%- if not execute or milepost.has_files(pattern) -%}
    select
        {%- for column in columns %}
        found.{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ relation }} as found
    {%- else -%}
    select
        {%- for column, type in columns.items() %}
        cast(null as {{ type }}) as {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    where false
    {%- endif -%}
{% endmacro %}

{% macro has_files(pattern) %}
    {% set path = env_var('MILEPOST_HOME', '../.milepost') ~ '/' ~ pattern %}
    {% set found = run_query("select count(*) from glob('" ~ path | replace("'", "''") ~ "')") %}
    {{ return(found.columns[0].values()[0] > 0) }}
{% endmacro %}
