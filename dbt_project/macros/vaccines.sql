{# Whether a number is among those that the CDC has given out to vaccines, as the entity immunization has them. #}
{% macro is_cvx_code(number) -%}
    ({{ number }} between 1 and 239 or {{ number }} between 300 and 339 or {{ number }} between 500 and 529
    or {{ number }} in (801, 998, 999))
{%- endmacro %}
