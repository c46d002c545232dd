{# A count of rows as it may be published: rounded to tens, none told from 1 to 9. #}
{% macro told_count(count) -%}
    cast(case when {{ count }} = 0 or {{ count }} >= 10 then round({{ count }} / 10.0) * 10 end as bigint)
{%- endmacro %}
