{# TRUE where two relations agree in these columns, none of which is ever NULL. #}
{% macro same_columns(columns, one, other) -%}
    {%- for column in columns -%}
        {%- if not loop.first %} and {% endif -%}{{ one }}.{{ column }} = {{ other }}.{{ column }}
    {%- endfor -%}
{%- endmacro %}

{# One hash of the rows of a table, in any order. #}
{% macro content_hash(columns) -%}
    md5(string_agg(concat_ws('|', {{ columns | join(', ') }}), ';' order by {{ columns | join(', ') }}))
{%- endmacro %}
