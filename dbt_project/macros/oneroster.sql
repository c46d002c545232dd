{# Of a row of OneRoster that is not called gone; some systems write ToBeDeleted. #}
{% macro is_not_deleted(status='status') -%}
    coalesce(lower(trim({{ status }})), '') <> 'tobedeleted'
{%- endmacro %}
